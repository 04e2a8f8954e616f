//! Stores on disks that lose their power: the log of the server, and what a device keeps.
//!
//! *What it is.* The real database on a disk in memory. Power goes in the middle of a write or a sync, or the process
//! dies alone; what was not synced is lost, kept, reordered or torn, and sometimes power goes once more while the
//! database recovers. *What it owns.* The disks, and beside the log a second one in memory that takes the same commits:
//! after every crash the two must hold the same, but for the one commit that was under way, which is there whole or not
//! at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use bim_fake_server::step::Disk;
use bim_store::crash::{Chance, CrashDisk, Moment};
use bim_store::memory::{MemoryClientStore, MemoryLog};
use bim_store::redb::{RedbClientStore, RedbLog, RedbOptions};
use bim_store::{ClientStore, ClientStoreError, LogError, ReadLimit, ServerLog};
use bim_types::store::{
    ClientBatch, ClientOp, DeviceRecord, LogOp, LogOutcome, LogRecord, RecordKey, RecordRange, SessionRecord,
    StreamHead, StreamId, VersionedRecord,
};
use bim_types::{Entropy, Epoch, Seq};

/// Memory that caches pages, in bytes: so little that pages are read again.
const CACHE_BYTES: usize = 256 * 1024;

/// Writes and syncs until the power goes, at most.
const CUT_WITHIN: u64 = 6;

/// Everything of a stream.
const EVERYTHING: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

/// What was durable against the odds: operations, and what came of them.
pub(crate) type Survivors = (Vec<LogOp>, Vec<LogOutcome>);

/// The power of the server's disk.
#[derive(Clone)]
pub(crate) struct Power(Arc<Mutex<State>>);

struct State {
    disk: CrashDisk,
    /// The power goes with the next crash, at the latest.
    is_cut: bool,
    /// What must be there.
    mirror: MemoryLog,
    streams: BTreeSet<StreamId>,
    keys: BTreeMap<Vec<u8>, RecordKey>,
    /// The commit of which nobody knows whether it is there.
    doubtful: Option<Vec<LogOp>>,
    survivors: Option<Survivors>,
    wrong: Option<String>,
}

/// The log, and beside it what must be in it.
struct PoweredLog {
    log: RedbLog,
    power: Power,
}

impl Power {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            disk: CrashDisk::blank(),
            is_cut: false,
            mirror: MemoryLog::new(Epoch(1)),
            streams: BTreeSet::new(),
            keys: BTreeMap::new(),
            doubtful: None,
            survivors: None,
            wrong: None,
        })))
    }

    /// Lets the power go in the middle of one of the next writes or syncs. The next crash is one of the machine.
    pub(crate) fn cut(&self, dice: u64) {
        let mut state = self.state();
        state.is_cut = true;
        cut_soon(&state.disk, dice);
    }

    /// What was found in the log that nobody had been told is there.
    pub(crate) fn take_survivors(&self) -> Option<Survivors> {
        self.state().survivors.take()
    }

    /// What is not as it must be.
    pub(crate) fn take_wrong(&self) -> Option<String> {
        self.state().wrong.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics with it")
    }
}

impl Disk for Power {
    fn open(&mut self) -> Arc<dyn ServerLog> {
        let disk = self.state().disk.clone();
        let log = open(&disk).unwrap_or_else(|error| panic!("the log does not open again: {error}"));
        self.state().compare(&log);
        Arc::new(PoweredLog { log, power: self.clone() })
    }

    fn crash(&mut self, dice: &mut Entropy) {
        let mut state = self.state();
        if !std::mem::take(&mut state.is_cut) && state.disk.has_power() {
            state.disk = state.disk.kill();
            return;
        }
        let mut chance = Chance::seeded(dice.bits());
        let mut image = state.disk.crash(&mut chance);
        if dice.bits().is_multiple_of(3) {
            let recovering = CrashDisk::new(image);
            cut_soon(&recovering, dice.bits());
            drop(open(&recovering));
            image = recovering.crash(&mut chance);
        }
        state.disk = CrashDisk::new(image);
    }
}

impl State {
    fn note(&mut self, ops: &[LogOp]) {
        for op in ops {
            match op {
                LogOp::Append(append) => drop(self.streams.insert(append.stream)),
                LogOp::Put(put) => drop(self.keys.insert(put.key.to_bytes(), put.key.clone())),
                LogOp::Replace(_) | LogOp::Trim(_) => {}
            }
        }
    }

    /// What was acknowledged is there, and of what was not, one commit or nothing.
    fn compare(&mut self, log: &RedbLog) {
        let doubtful = self.doubtful.take();
        let Err(what) = self.same(log) else { return };
        let Some(ops) = doubtful else {
            self.wrong = Some(what);
            return;
        };
        let outcomes = self.mirror.commit(&ops).expect("memory does not fail");
        match self.same(log) {
            Ok(()) => self.survivors = Some((ops, outcomes)),
            Err(_) => self.wrong = Some(format!("{what}, nor is the last commit there whole")),
        }
    }

    fn same(&self, log: &RedbLog) -> Result<(), String> {
        let unreadable = |error: LogError| format!("the log can not be read: {error}");
        for stream in &self.streams {
            let same_head = self.mirror.head(*stream) == log.head(*stream);
            let found = log.read(*stream, Seq::ZERO, EVERYTHING).map_err(unreadable)?;
            let expected = self.mirror.read(*stream, Seq::ZERO, EVERYTHING).map_err(unreadable)?;
            if !same_head || found != expected {
                return Err(format!("{stream:?} holds {} records, not {}", found.len(), expected.len()));
            }
        }
        for key in self.keys.values() {
            let found = log.record(key).map_err(unreadable)?;
            if found != self.mirror.record(key).map_err(unreadable)? {
                return Err(format!("{key:?} is not as it was written"));
            }
        }
        Ok(())
    }
}

impl ServerLog for PoweredLog {
    fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        let done = self.log.commit(ops);
        let mut state = self.power.state();
        state.note(ops);
        match &done {
            Ok(outcomes) if state.mirror.commit(ops).as_ref() != Ok(outcomes) => {
                state.wrong = Some(format!("another outcome than in memory: {outcomes:?}"));
            }
            Ok(_) => {}
            Err(_) => drop(state.doubtful.get_or_insert_with(|| ops.to_vec())),
        }
        done
    }

    fn head(&self, stream: StreamId) -> Result<StreamHead, LogError> {
        self.log.head(stream)
    }

    fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError> {
        self.log.read(stream, after, limit)
    }

    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
        self.log.record(key)
    }

    fn records(
        &self,
        range: &RecordRange,
        after: u64,
        limit: usize,
    ) -> Result<Vec<VersionedRecord>, LogError> {
        self.log.records(range, after, limit)
    }

    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }
}

/// What a device keeps, in memory or on a disk.
pub(crate) enum DeviceStore {
    Memory(MemoryClientStore),
    OnDisk(CrashDisk, RedbClientStore),
}

impl DeviceStore {
    pub(crate) fn new(on_disk: bool) -> Self {
        if on_disk { Self::open(CrashDisk::blank()) } else { Self::Memory(MemoryClientStore::new()) }
    }

    /// The device dies. A commit that was under way is done or not; what was done before is there.
    pub(crate) fn crash(&mut self, batch: Option<&ClientBatch>, dice: &mut Entropy) {
        let known = self.device().ok().flatten();
        match self {
            Self::Memory(store) => {
                if let Some(batch) = batch.filter(|_| dice.bits() & 1 == 0) {
                    store.commit(batch).expect("memory does not fail");
                }
            }
            Self::OnDisk(disk, store) => {
                cut_soon(disk, dice.bits());
                // Whether it was done is seen when the store is opened again.
                let _ = batch.map(|batch| store.commit(batch));
                *self = Self::open(CrashDisk::new(disk.crash(&mut Chance::seeded(dice.bits()))));
            }
        }
        let now = self.device().ok().flatten();
        let written = |device: DeviceRecord| {
            let mut ops = batch.into_iter().flat_map(|batch| &batch.ops);
            ops.any(|op| *op == ClientOp::PutDevice(device))
        };
        assert!(now == known || now.is_some_and(written), "a device has forgotten which one it is");
    }

    fn open(disk: CrashDisk) -> Self {
        let store = RedbClientStore::open_on(&disk);
        let store = store.unwrap_or_else(|error| panic!("a device's store does not open again: {error}"));
        Self::OnDisk(disk, store)
    }
}

impl ClientStore for DeviceStore {
    fn commit(&self, batch: &ClientBatch) -> Result<(), ClientStoreError> {
        match self {
            Self::Memory(store) => store.commit(batch),
            Self::OnDisk(_, store) => store.commit(batch),
        }
    }

    fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError> {
        match self {
            Self::Memory(store) => store.device(),
            Self::OnDisk(_, store) => store.device(),
        }
    }

    fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError> {
        match self {
            Self::Memory(store) => store.session(),
            Self::OnDisk(_, store) => store.session(),
        }
    }
}

/// Lets the power go in the middle of one of the next writes or syncs.
fn cut_soon(disk: &CrashDisk, dice: u64) {
    let (counts, ahead) = (disk.counts(), 1 + (dice >> 8) % CUT_WITHIN);
    disk.cut_power_at(match dice & 3 {
        0 => Moment::Sync(counts.syncs + 1 + (ahead & 1)),
        _ => Moment::Write(counts.writes + ahead),
    });
}

fn open(disk: &CrashDisk) -> Result<RedbLog, bim_store::redb::OpenError> {
    RedbLog::open_on(disk, Epoch(1), RedbOptions { cache_bytes: CACHE_BYTES, ..RedbOptions::default() })
}
