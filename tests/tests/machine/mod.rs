//! A machine whose power can be cut, with a log that is opened anew when it is back.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use bim_store::crash::{Chance, CrashDisk, Moment};
use bim_store::redb::{RedbLog, RedbOptions};
use bim_store::{LogError, ReadLimit, ServerLog};
use bim_types::store::{
    LogOp, LogOutcome, LogRecord, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{Epoch, Seq};

const EPOCH: Epoch = Epoch(7);
const OPTIONS: RedbOptions = RedbOptions { cache_bytes: 256 * 1024, journal_bytes: 64 * 1024, verify: true };

/// A log over all the lives of its machine: each call goes to the present one.
#[derive(Debug)]
pub(crate) struct Machine {
    disk: Mutex<CrashDisk>,
    log: RwLock<RedbLog>,
}

impl Machine {
    pub(crate) fn started() -> Self {
        let disk = CrashDisk::blank();
        let log = RedbLog::open_on(&disk, EPOCH, OPTIONS).expect("a new log opens");
        Self { disk: Mutex::new(disk), log: RwLock::new(log) }
    }

    /// The disk of the present life.
    pub(crate) fn disk(&self) -> CrashDisk {
        self.present().clone()
    }

    /// Takes what a power cut left of the disk and opens the log on it; half of the time after the power went
    /// once more in the recovery.
    pub(crate) fn start_again(&self, chance: &mut Chance) {
        let mut image = self.present().crash(chance);
        if chance.one_in(2) {
            let dying = CrashDisk::new(image);
            dying.cut_power_at(Moment::Sync(1 + chance.below(3)));
            let opened = RedbLog::open_on(&dying, EPOCH, OPTIONS);
            image = dying.crash(chance);
            drop(opened);
        }
        self.open_anew(CrashDisk::new(image));
    }

    /// Opens the log anew on the disk as it is: the process died, the machine did not.
    pub(crate) fn restart_the_process(&self) {
        let disk = self.present().kill();
        self.open_anew(disk);
    }

    fn open_anew(&self, disk: CrashDisk) {
        let log = RedbLog::open_on(&disk, Epoch(1), OPTIONS).expect("whatever happened, the log opens");
        assert_eq!(log.epoch(), EPOCH, "the log is the one it was");
        *self.present() = disk;
        *self.log.write().unwrap_or_else(PoisonError::into_inner) = log;
    }

    fn present(&self) -> MutexGuard<'_, CrashDisk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> RwLockReadGuard<'_, RedbLog> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerLog for Machine {
    fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        self.log().commit(ops)
    }

    fn head(&self, stream: StreamId) -> Result<StreamHead, LogError> {
        self.log().head(stream)
    }

    fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError> {
        self.log().read(stream, after, limit)
    }

    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
        self.log().record(key)
    }

    fn records(
        &self,
        range: &RecordRange,
        after: u64,
        limit: usize,
    ) -> Result<Vec<VersionedRecord>, LogError> {
        self.log().records(range, after, limit)
    }

    fn epoch(&self) -> Epoch {
        EPOCH
    }
}
