//! The thread that commits.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bim_types::store::{LogOp, LogOutcome};

use super::queue::{Queue, SubmitError, Weight};
use crate::server_log::{LogError, ServerLog};

/// Operations merged into one commit; an append counts once for each entry. More wait for the next commit.
pub const COMMIT_OPS_MAX: usize = 4_096;

/// Bytes of records merged into one commit. More wait for the next commit.
pub const COMMIT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Operations that may wait for a commit. More: refused with [`SubmitError::Full`].
pub const QUEUE_OPS_MAX: usize = 65_536;

/// Bytes of records that may wait for a commit. More: refused with [`SubmitError::Full`].
pub const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What one operation takes up beside its record, in bytes, roughly.
const OP_OVERHEAD_BYTES: usize = 128;

/// Called once with the outcomes of one submission, in its order, after they are durable; or with the
/// error of the commit it was part of.
pub type CommitDone = Box<dyn FnOnce(Result<Vec<LogOutcome>, LogError>) + Send>;

/// Limits of a [`LogThread`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogThreadOptions {
    /// Operations in one commit; by default [`COMMIT_OPS_MAX`].
    pub commit_ops_max: usize,
    /// Bytes in one commit; by default [`COMMIT_BYTES_MAX`].
    pub commit_bytes_max: usize,
    /// Operations that wait; by default [`QUEUE_OPS_MAX`].
    pub queue_ops_max: usize,
    /// Bytes that wait; by default [`QUEUE_BYTES_MAX`].
    pub queue_bytes_max: usize,
}

impl Default for LogThreadOptions {
    fn default() -> Self {
        Self {
            commit_ops_max: COMMIT_OPS_MAX,
            commit_bytes_max: COMMIT_BYTES_MAX,
            queue_ops_max: QUEUE_OPS_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
        }
    }
}

/// One thread that owns a log for writing and merges everything that waits into one commit: while one
/// commit is on its way to the disk, the next one gathers.
///
/// After a commit that failed, everyone who waits is told at once and every later submission is refused
/// with [`SubmitError::Failed`]: nothing is retried as if nothing had happened. Dropping it closes the queue
/// and lets the thread finish by itself; [`close`](Self::close) waits for it.
#[derive(Debug)]
pub struct LogThread {
    queue: Arc<Queue<Submission>>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

struct Submission {
    ops: Vec<LogOp>,
    done: CommitDone,
}

impl LogThread {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn start(log: Arc<dyn ServerLog>, options: LogThreadOptions) -> io::Result<Self> {
        let limit = Weight { ops: options.queue_ops_max, bytes: options.queue_bytes_max };
        let merge = Weight { ops: options.commit_ops_max, bytes: options.commit_bytes_max };
        let queue = Arc::new(Queue::new(limit));
        let waiting = Arc::clone(&queue);
        let worker = std::thread::Builder::new()
            .name("bim-log-commit".to_owned())
            .spawn(move || run(&*log, &waiting, merge))?;
        Ok(Self { queue, worker: Mutex::new(Some(worker)) })
    }

    /// Queues operations that are committed together, in order after all that was submitted before. Never
    /// blocks; `done` is called on the log's thread.
    ///
    /// # Errors
    ///
    /// Nothing was queued then, and `done` is dropped without being called.
    pub fn submit(&self, ops: Vec<LogOp>, done: CommitDone) -> Result<(), SubmitError> {
        self.submit_more(ops, done)?;
        self.wake();
        Ok(())
    }

    /// As [`submit`](Self::submit), for one of several that belong into one commit: an idle thread sleeps on until
    /// [`wake`](Self::wake) is called after the last of them.
    ///
    /// # Errors
    ///
    /// As for `submit`.
    pub fn submit_more(&self, ops: Vec<LogOp>, done: CommitDone) -> Result<(), SubmitError> {
        let weight = weigh(&ops);
        self.queue.push(weight, Submission { ops, done })
    }

    /// Has everything committed that was submitted.
    pub fn wake(&self) {
        self.queue.wake();
    }

    /// Takes nothing more, commits what waits and waits for the thread to end. May be called again.
    pub fn close(&self) {
        self.queue.close(SubmitError::Closed);
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        join(worker);
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        self.queue.close(SubmitError::Closed);
    }
}

impl std::fmt::Debug for Submission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Submission").field("ops", &self.ops.len()).finish_non_exhaustive()
    }
}

/// Waits for a thread, unless it is the present one: a callback may close the thread it runs on.
pub(super) fn join(worker: Option<JoinHandle<()>>) {
    if let Some(worker) = worker
        && worker.thread().id() != std::thread::current().id()
    {
        // It ended by a panic or by itself; either way it is gone.
        let _ = worker.join();
    }
}

fn run(log: &dyn ServerLog, queue: &Queue<Submission>, merge: Weight) {
    loop {
        let batch = queue.take(merge);
        if batch.is_empty() {
            return;
        }
        let mut ops = Vec::with_capacity(batch.iter().map(|submission| submission.ops.len()).sum());
        let mut callers = Vec::with_capacity(batch.len());
        for submission in batch {
            callers.push((submission.ops.len(), submission.done));
            ops.extend(submission.ops);
        }
        match commit(log, &ops) {
            Ok(outcomes) => answer(callers, outcomes),
            Err(error) => {
                let waiting = queue.fail();
                callers.into_iter().for_each(|(_, done)| call(done, Err(error)));
                waiting.into_iter().for_each(|submission| call(submission.done, Err(LogError::Failed)));
                return;
            }
        }
    }
}

/// A log that panics, or answers with another number of outcomes than it was asked for, has failed too.
fn commit(log: &dyn ServerLog, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
    let outcomes = catch_unwind(AssertUnwindSafe(|| log.commit(ops))).unwrap_or(Err(LogError::Damaged))?;
    if outcomes.len() == ops.len() { Ok(outcomes) } else { Err(LogError::Damaged) }
}

fn answer(callers: Vec<(usize, CommitDone)>, outcomes: Vec<LogOutcome>) {
    let mut outcomes = outcomes.into_iter();
    for (count, done) in callers {
        call(done, Ok(outcomes.by_ref().take(count).collect()));
    }
}

/// A callback that panics must not keep the others from being told.
fn call(done: CommitDone, result: Result<Vec<LogOutcome>, LogError>) {
    let _ = catch_unwind(AssertUnwindSafe(|| done(result)));
}

fn weigh(ops: &[LogOp]) -> Weight {
    ops.iter().fold(Weight::default(), |sum, op| {
        let (ops, bytes) = match op {
            LogOp::Append(append) => {
                (append.entries.len().max(1), append.entries.iter().map(|entry| entry.record.len()).sum())
            }
            LogOp::Put(put) => (1, put.value.as_ref().map_or(0, bytes::Bytes::len)),
            LogOp::Trim(_) => (1, 0),
            LogOp::Replace(replace) => (1, replace.record.len()),
        };
        Weight { ops: sum.ops + ops, bytes: sum.bytes + bytes + ops * OP_OVERHEAD_BYTES }
    })
}
