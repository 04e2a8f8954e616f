//! What a store leaves behind on a disk that failed, and in memory.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use bim_types::store::{Expected, LogOp, Put, RecordKey};
use bim_types::{AppId, Epoch};
use bytes::Bytes;

use super::*;
use crate::crash::Moment;
use crate::redb::file::Access;
use crate::redb::log_file;
use crate::redb::{RedbLog, RedbOptions};
use crate::server_log::{LogError, ServerLog};

const EPOCH: Epoch = Epoch(5);
const ACCESS: Access = Access { cache_bytes: 64 * 1024, verify: false };

#[test]
fn a_log_without_power_is_dropped_whole_and_leaves_its_disk_alone() {
    let disk = CrashDisk::blank();
    let log = open_log(&disk);
    disk.cut_power_at(Moment::Sync(1));
    log.commit(&[put(1)]).unwrap_err();
    let image = disk.crash(&mut Chance::seeded(3));
    drop(log);
    assert_eq!(disk.crash(&mut Chance::seeded(3)), image);
    assert_eq!(disk.handles(), 1, "the log kept its disk");
}

#[test]
fn a_panic_inside_a_commit_ends_the_log_and_the_commit_is_not_there_after_opening_anew() {
    for number in 0..8 {
        let disk = CrashDisk::blank();
        drop(open_log(&disk));
        let fuse = Arc::new(AtomicI64::new(i64::MAX));
        let explosive = Explosive { backend: Backend(disk.clone()), fuse: Arc::clone(&fuse) };
        let log = RedbLog::recovered(log_file::open(explosive, ACCESS).unwrap()).unwrap();
        log.commit(&[put(1)]).unwrap();

        fuse.store(number, Ordering::Relaxed);
        let panicked = log.commit(&[put(2)]);
        if fuse.load(Ordering::Relaxed) >= 0 {
            assert!(panicked.is_ok(), "the commit was done before call {number}");
            continue;
        }
        assert_eq!(panicked, Err(LogError::Damaged), "call {number}");
        assert_eq!(log.commit(&[put(3)]), Err(LogError::Failed));
        assert_eq!(log.record(&key()), Err(LogError::Failed));
        drop(log);

        let log = open_log(&disk.kill());
        let version = log.record(&key()).unwrap().unwrap().version;
        assert!((1..=2).contains(&version), "call {number}: {version}");
        log.commit(&[put(4)]).unwrap();
    }
}

#[test]
fn a_commit_is_one_sync_and_two_when_the_journal_begins_anew() {
    let disk = CrashDisk::blank();
    // With memory for every page that is to be written later.
    let options = RedbOptions { journal_bytes: 64 * 1024, ..RedbOptions::default() };
    let log = RedbLog::open_on(&disk, EPOCH, options).unwrap();
    let syncs = |_| {
        let before = disk.counts().syncs;
        log.commit(&[put(1)]).unwrap();
        disk.counts().syncs - before
    };
    let syncs: Vec<_> = (0..40).map(syncs).collect();
    let dear: Vec<_> = (0..40).filter(|number| syncs[*number] > 1).collect();
    assert_eq!(dear, [2, 16, 33], "the file grows once, and 16 records fill the journal");
    assert!(syncs.iter().all(|syncs| (1..=2).contains(syncs)));
}

#[test]
fn a_commit_that_changes_nothing_leaves_the_disk_alone() {
    let disk = CrashDisk::blank();
    let log = open_log(&disk);
    let counts = disk.counts();
    let refused = Put { key: key(), expected: Expected::Version(9), value: None };
    log.commit(&[LogOp::Put(refused)]).unwrap();
    assert_eq!(disk.counts(), counts);
}

#[test]
fn readers_see_a_commit_only_when_it_is_durable() {
    let disk = CrashDisk::blank();
    drop(open_log(&disk));
    let (reader, seen) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
    let backend =
        Watched { backend: Backend(disk.clone()), reader: Arc::clone(&reader), seen: Arc::clone(&seen) };
    let log = Arc::new(RedbLog::recovered(log_file::open(backend, ACCESS).unwrap()).unwrap());
    reader.set(Arc::downgrade(&log)).unwrap();

    log.commit(&[put(1)]).unwrap();
    assert_eq!(*seen.lock().unwrap(), [None], "while it was synced");
    assert_eq!(log.record(&key()).unwrap().unwrap().version, 1);
}

fn open_log(disk: &CrashDisk) -> RedbLog {
    RedbLog::open_on(
        disk,
        EPOCH,
        RedbOptions { cache_bytes: 64 * 1024, journal_bytes: 64 * 1024, verify: false },
    )
    .unwrap()
}

fn put(content: u8) -> LogOp {
    LogOp::Put(Put { key: key(), expected: Expected::Any, value: Some(Bytes::from(vec![content; 900])) })
}

fn key() -> RecordKey {
    RecordKey::App(AppId::new(1).unwrap())
}

/// Panics at the write or sync after so many others.
#[derive(Debug)]
struct Explosive {
    backend: Backend,
    fuse: Arc<AtomicI64>,
}

impl Explosive {
    fn burn(&self) {
        assert!(self.fuse.fetch_sub(1, Ordering::Relaxed) != 0, "as planned");
    }
}

/// Looks at the record of a log before each sync of it.
#[derive(Debug)]
struct Watched {
    backend: Backend,
    reader: Arc<OnceLock<Weak<RedbLog>>>,
    seen: Arc<Mutex<Vec<Option<u64>>>>,
}

impl StorageBackend for Watched {
    fn len(&self) -> io::Result<u64> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.backend.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.backend.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if let Some(log) = self.reader.get().and_then(Weak::upgrade) {
            let record = log.record(&key()).unwrap();
            self.seen.lock().unwrap().push(record.map(|record| record.version));
        }
        self.backend.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.backend.write(offset, data)
    }
}

impl StorageBackend for Explosive {
    fn len(&self) -> io::Result<u64> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.backend.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.burn();
        self.backend.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.burn();
        self.backend.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.burn();
        self.backend.write(offset, data)
    }
}
