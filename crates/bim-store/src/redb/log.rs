//! A server log in a file.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ::redb::{Database, ReadableDatabase};
use bim_types::store::{
    LogOp, LogOutcome, LogRecord, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{Epoch, Seq};
use bytes::Bytes;

use super::change::Change;
#[cfg(feature = "crash-image")]
use super::crash_backend::{self, CRASH_DISK};
use super::fault::{Fault, contained};
use super::file::{self, Access, Identity};
use super::format::{
    Entry, HEADS, Head, Kind, LOG, LogKey, RECORDS, decode_record, log_key, seq_of, stream_key,
};
use super::held::Held;
use super::open_error::OpenError;
use crate::server_log::{LogError, ReadLimit, ServerLog, record_bounds};

/// Memory that caches pages of a log, in bytes, unless told otherwise. Older pages are read again.
pub const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// How a log is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedbOptions {
    /// Memory that caches pages, in bytes; by default [`CACHE_BYTES`].
    pub cache_bytes: usize,
    /// Whether to check every page before use. Reads the whole file, so off by default; without it damage
    /// is found when it is met.
    pub verify: bool,
}

impl Default for RedbOptions {
    fn default() -> Self {
        Self { cache_bytes: CACHE_BYTES, verify: false }
    }
}

/// A [`ServerLog`] in one file, durable when a commit returns.
///
/// Commits are two-phase, and the state needed after a crash is kept up to date with each of them, so that
/// opening takes milliseconds however large the file is.
#[derive(Debug)]
pub struct RedbLog {
    database: Held,
    epoch: Epoch,
    failed: AtomicBool,
}

impl RedbLog {
    /// Opens the log at `path`, or makes it, with directories, if there is no file. `fresh_epoch` is used
    /// only when it is made.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. An existing file is never replaced and never given another epoch.
    pub fn open(path: impl AsRef<Path>, fresh_epoch: Epoch, options: RedbOptions) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let fresh = Identity { kind: Kind::ServerLog, epoch: Some(fresh_epoch) };
        let (database, identity) = file::open(path, fresh, options.into())?;
        let epoch = identity.epoch.ok_or_else(|| OpenError::Damaged { path: path.to_owned() })?;
        Ok(Self::with_database(database, epoch))
    }

    /// Opens the log on a disk in memory, or makes it on a blank one, as [`open`](Self::open) does with a
    /// file. A disk that is in use by another store is refused.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; its path is `crash disk`.
    #[cfg(feature = "crash-image")]
    pub fn open_on(
        disk: &crate::crash::CrashDisk,
        fresh_epoch: Epoch,
        options: RedbOptions,
    ) -> Result<Self, OpenError> {
        let fresh = Identity { kind: Kind::ServerLog, epoch: Some(fresh_epoch) };
        let (database, identity) = crash_backend::open(disk, fresh, options.into())?;
        let epoch = identity.epoch.ok_or_else(|| OpenError::Damaged { path: CRASH_DISK.into() })?;
        Ok(Self::with_database(database, epoch))
    }

    /// Checks every page of the log; `false` when something had to be repaired. Reads the whole of it.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or not be repaired.
    #[cfg(feature = "crash-image")]
    pub fn check_integrity(&mut self) -> Result<bool, LogError> {
        let Self { database, .. } = self;
        Ok(contained(|| Ok(database.check_integrity()?))?)
    }

    pub(super) fn with_database(database: Database, epoch: Epoch) -> Self {
        Self { database: database.into(), epoch, failed: AtomicBool::new(false) }
    }

    fn checked<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, LogError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(LogError::Failed);
        }
        Ok(contained(work)?)
    }

    fn apply(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, Fault> {
        file::write_if(&self.database, |transaction| {
            let mut change = Change::begin(transaction)?;
            let outcomes = ops.iter().map(|op| change.carry_out(op)).collect::<Result<_, _>>()?;
            Ok((outcomes, change.finish()?))
        })
    }
}

impl From<RedbOptions> for Access {
    fn from(options: RedbOptions) -> Self {
        Self { cache_bytes: options.cache_bytes, verify: options.verify }
    }
}

impl ServerLog for RedbLog {
    fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        let outcomes = self.checked(|| if ops.is_empty() { Ok(Vec::new()) } else { self.apply(ops) });
        if outcomes.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        outcomes
    }

    fn head(&self, stream: StreamId) -> Result<StreamHead, LogError> {
        self.checked(|| {
            let heads = self.database.begin_read()?.open_table(HEADS)?;
            let row = heads.get(&stream_key(stream))?;
            let head = row.map_or(Head::UNWRITTEN, |row| Head::decode(row.value()));
            Ok(StreamHead { epoch: self.epoch, first: head.first, last: head.last })
        })
    }

    fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError> {
        self.checked(|| {
            let mut found = Vec::new();
            if after == Seq(u64::MAX) {
                return Ok(found);
            }
            let log = self.database.begin_read()?.open_table(LOG)?;
            let stream = stream_key(stream);
            let (from, to) = (log_key(&stream, after.next()), log_key(&stream, Seq(u64::MAX)));
            let mut bytes = 0_usize;
            for row in log.range::<&LogKey>(&from..=&to)? {
                let (key, value) = row?;
                let entry = Entry::decode(value.value())?;
                if !limit.admits(found.len(), bytes, entry.record.len()) {
                    break;
                }
                bytes += entry.record.len();
                let record = Bytes::copy_from_slice(entry.record);
                found.push(LogRecord { seq: seq_of(key.value()), at: entry.at, record });
            }
            Ok(found)
        })
    }

    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
        self.checked(|| {
            let records = self.database.begin_read()?.open_table(RECORDS)?;
            let row = records.get(key.to_bytes().as_slice())?;
            row.map(|row| versioned(key.clone(), row.value())).transpose()
        })
    }

    fn records(
        &self,
        range: &RecordRange,
        after: u64,
        limit: usize,
    ) -> Result<Vec<VersionedRecord>, LogError> {
        self.checked(|| {
            let Some((from, to)) = record_bounds(range, after) else {
                return Ok(Vec::new());
            };
            let records = self.database.begin_read()?.open_table(RECORDS)?;
            let rows = records.range::<&[u8]>((
                std::ops::Bound::Excluded(from.as_slice()),
                std::ops::Bound::Included(to.as_slice()),
            ))?;
            rows.take(limit)
                .map(|row| {
                    let (key, value) = row?;
                    versioned(RecordKey::from_bytes(key.value()).ok_or(Fault::Damaged)?, value.value())
                })
                .collect()
        })
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }
}

fn versioned(key: RecordKey, row: &[u8]) -> Result<VersionedRecord, Fault> {
    let (version, value) = decode_record(row)?;
    Ok(VersionedRecord { key, version, value: Bytes::copy_from_slice(value) })
}
