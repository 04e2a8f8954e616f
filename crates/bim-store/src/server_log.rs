//! The port to a server's log.

use std::io;
use std::sync::Arc;

use bim_types::store::{
    LogOp, LogOutcome, LogRecord, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{Epoch, Seq};

/// A log of streams with small records beside it. Every call blocks until it is done.
///
/// One thread calls [`commit`](Self::commit); any thread may read at the same time and sees whole commits
/// only. The meaning of each operation is told at [`LogOp`] and proved by the contract suite.
///
/// Everything about a record but its bytes is settled when it is appended. Replacing the bytes keeps its
/// number, its time, and so when it is trimmed, and its id with the hash of what was first appended: a
/// repeated append is still answered with its number and does not bring the old bytes back. A record that is
/// not kept, because it was trimmed or never appended, is answered with `Replaced(false)`; nothing is made
/// in its place.
pub trait ServerLog: Send + Sync + 'static {
    /// Carries out all operations in order, in one durable commit: when this returns, they survive a crash
    /// and a loss of power. One outcome per operation, in order. An operation whose condition fails changes
    /// nothing and does not hinder the others.
    ///
    /// # Errors
    ///
    /// Nothing of the commit is certain then: it is kept whole or not at all. Every later call errs with
    /// [`LogError::Failed`] until the log is opened anew.
    fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError>;

    /// The ends of a stream. A stream that was never written begins at 1 and its last number is 0.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    fn head(&self, stream: StreamId) -> Result<StreamHead, LogError>;

    /// The records of a stream whose number is greater than `after`, in order, up to the limit, all of them
    /// as one commit left them. Records that were trimmed are not there; one that was replaced has, and
    /// counts by, its new bytes.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError>;

    /// One small record.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError>;

    /// At most `limit` small records of a range, in order of the last part of their key, beginning after
    /// that part (0: from the start).
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    fn records(
        &self,
        range: &RecordRange,
        after: u64,
        limit: usize,
    ) -> Result<Vec<VersionedRecord>, LogError>;

    /// Which life of the log this is: given when it was first made, and the same ever since.
    fn epoch(&self) -> Epoch;
}

macro_rules! forward_server_log {
    ($pointer:ident) => {
        impl<T: ServerLog + ?Sized> ServerLog for $pointer<T> {
            fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
                (**self).commit(ops)
            }

            fn head(&self, stream: StreamId) -> Result<StreamHead, LogError> {
                (**self).head(stream)
            }

            fn read(
                &self,
                stream: StreamId,
                after: Seq,
                limit: ReadLimit,
            ) -> Result<Vec<LogRecord>, LogError> {
                (**self).read(stream, after, limit)
            }

            fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
                (**self).record(key)
            }

            fn records(
                &self,
                range: &RecordRange,
                after: u64,
                limit: usize,
            ) -> Result<Vec<VersionedRecord>, LogError> {
                (**self).records(range, after, limit)
            }

            fn epoch(&self) -> Epoch {
                (**self).epoch()
            }
        }
    };
}

forward_server_log!(Box);
forward_server_log!(Arc);

/// How much one read may return. Whichever is reached first ends it, but one record is always returned
/// when there is one, so that a reader makes progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimit {
    /// Records; 0 counts as 1.
    pub records: usize,
    /// Bytes of all records together.
    pub bytes: usize,
}

impl ReadLimit {
    /// Whether a record of `next` bytes may follow `records` records of `bytes` bytes.
    pub(crate) fn admits(self, records: usize, bytes: usize, next: usize) -> bool {
        records == 0 || (records < self.records && bytes.saturating_add(next) <= self.bytes)
    }
}

/// Why a log did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A commit failed before; nothing is certain until the log is opened anew.
    #[error("log failed earlier and must be opened anew")]
    Failed,
    /// Reading or writing failed, with the kind the system gave.
    #[error("log could not be read or written: {0}")]
    Io(io::ErrorKind),
    /// What was read is not what was written.
    #[error("log is damaged")]
    Damaged,
}

/// The keys of a range that come after a last part: exclusive lower and inclusive upper end; `None` when
/// there can be none.
pub(crate) fn record_bounds(range: &RecordRange, after: u64) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut from = range.prefix();
    let mut to = from.clone();
    match range {
        RecordRange::Apps => {
            from.extend_from_slice(&u32::try_from(after).ok()?.to_be_bytes());
            to.extend_from_slice(&u32::MAX.to_be_bytes());
        }
        RecordRange::LiveGroups(_) | RecordRange::LiveGroupsOf(..) => {
            from.extend_from_slice(&i64::try_from(after).ok()?.to_be_bytes());
            to.extend_from_slice(&i64::MAX.to_be_bytes());
        }
    }
    // A range whose ends meet holds nothing, and ordered maps refuse to be asked for it.
    (from < to).then_some((from, to))
}
