//! A server log in a file.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ::redb::{ReadableDatabase, WriteTransaction};
use bim_types::store::{
    LogOp, LogOutcome, LogRecord, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{Epoch, Seq};
use bytes::Bytes;

use super::change::Change;
#[cfg(feature = "crash-image")]
use super::crash_backend;
use super::fault::{Fault, contained};
use super::file::{self, Access};
use super::format::{Entry, HEADS, Head, LOG, LogKey, RECORDS, decode_record, log_key, seq_of, stream_key};
use super::held::Held;
use super::journal::{Header, Journal};
use super::log_file::{self, LogFile};
use super::open_error::OpenError;
use super::shared_file::SharedFile;
use crate::server_log::{LogError, ReadLimit, ServerLog, record_bounds};

/// Memory that caches pages of a log, in bytes, unless told otherwise. Older pages are read again.
pub const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// Length of the journal of a new log, in bytes, unless told otherwise.
pub const JOURNAL_BYTES: u64 = 4 * 1024 * 1024;

/// Shortest and longest journal, in bytes.
const JOURNAL_BYTES_RANGE: std::ops::RangeInclusive<u64> = 64 * 1024..=1024 * 1024 * 1024;

/// How a log is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedbOptions {
    /// Memory that caches pages, in bytes; by default [`CACHE_BYTES`].
    pub cache_bytes: usize,
    /// Length of the journal when the log is made, in bytes, from 64 KiB to 1 GiB; by default
    /// [`JOURNAL_BYTES`]. What is shorter, longer or no multiple of 4 KiB is taken as the nearest length that
    /// is right. A log that exists keeps its own. A commit that is longer than it costs more.
    pub journal_bytes: u64,
    /// Whether to check every page before use. Reads the whole file, so off by default; without it damage
    /// is found when it is met.
    pub verify: bool,
}

impl Default for RedbOptions {
    fn default() -> Self {
        Self { cache_bytes: CACHE_BYTES, journal_bytes: JOURNAL_BYTES, verify: false }
    }
}

/// A [`ServerLog`] in one file, durable when a commit returns.
///
/// A commit is one write to a journal and one sync, however many streams it touches. The database behind it
/// is made durable after 1,024 operations, in two phases, with what is needed after a crash; opening carries
/// out at most those again, so that it takes less than a second however large the file is.
#[derive(Debug)]
pub struct RedbLog {
    database: Held,
    epoch: Epoch,
    journal: Mutex<Journal>,
    file: Arc<SharedFile>,
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
        let (path, access) = (path.as_ref(), options.into());
        let salt = RandomState::new().hash_one(fresh_epoch.0);
        file::open(
            path,
            |backend| log_file::make(backend, fresh_epoch, options.header(salt), access),
            |backend| Self::recovered(log_file::open(backend, access)?),
        )
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
        let access = options.into();
        crash_backend::open(
            disk,
            |backend| log_file::make(backend, fresh_epoch, options.header(fresh_epoch.0), access),
            |backend| Self::recovered(log_file::open(backend, access)?),
        )
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

    /// Carries out again what the database does not have.
    pub(super) fn recovered(opened: LogFile) -> Result<Self, Fault> {
        let LogFile { database, epoch, mut journal, file } = opened;
        journal.recover(|serial, ops| {
            let transaction = file::visible(&database)?;
            carry_out(&transaction, serial, ops)?;
            Ok(transaction.commit()?)
        })?;
        let (database, journal) = (database.into(), Mutex::new(journal));
        Ok(Self { database, epoch, journal, file, failed: AtomicBool::new(false) })
    }

    fn checked<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, LogError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(LogError::Failed);
        }
        Ok(contained(work)?)
    }

    fn apply(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, Fault> {
        // A panic with the lock held has ended the log.
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let journalled = journal.prepare(ops);
        let transaction =
            if journalled { file::visible(&self.database) } else { file::durable(&self.database) }?;
        let (outcomes, changed) = carry_out(&transaction, journal.next(), ops)?;
        if !changed {
            transaction.abort()?;
        } else if journalled {
            journal.append(ops)?;
            transaction.commit()?;
        } else {
            transaction.commit()?;
            journal.restart();
        }
        Ok(outcomes)
    }
}

/// The outcomes, and whether there is anything to keep. What there is gets the number `serial`.
fn carry_out(
    transaction: &WriteTransaction,
    serial: u64,
    ops: &[LogOp],
) -> Result<(Vec<LogOutcome>, bool), Fault> {
    let mut change = Change::begin(transaction)?;
    let outcomes = ops.iter().map(|op| change.carry_out(op)).collect::<Result<_, _>>()?;
    Ok((outcomes, change.finish(serial)?))
}

impl RedbOptions {
    fn header(self, salt: u64) -> Header {
        let (least, most) = (*JOURNAL_BYTES_RANGE.start(), *JOURNAL_BYTES_RANGE.end());
        let journal_bytes = self.journal_bytes.clamp(least, most).next_multiple_of(4_096);
        Header { journal_bytes, salt }
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
            self.file.stop();
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
