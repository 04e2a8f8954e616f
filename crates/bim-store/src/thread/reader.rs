//! The threads that read.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bim_types::Seq;
use bim_types::store::{LogRecord, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord};

use super::queue::{Queue, SubmitError, Weight};
use super::writer::join;
use crate::server_log::{LogError, ReadLimit, ServerLog};

/// Reads that may wait. More: refused with [`SubmitError::Full`].
pub const READ_QUEUE_MAX: usize = 1_024;

/// Threads that read, at most. More are not started: reads are cheap, and history is a few pages.
pub const READ_THREADS_MAX: usize = 2;

const ONE: Weight = Weight { ops: 1, bytes: 0 };

type Job = Box<dyn FnOnce(&dyn ServerLog) + Send>;

/// Reads a log beside the thread that writes it, so that a slow read never delays a commit.
///
/// Each call queues one read and returns at once; its callback runs on a reading thread. With more than one
/// thread, answers may overtake one another. Dropping it closes the queue; [`close`](Self::close) also waits.
pub struct LogReader {
    queue: Arc<Queue<Job>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

impl LogReader {
    /// Starts reading threads: at least one, at most [`READ_THREADS_MAX`].
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn start(log: Arc<dyn ServerLog>, threads: usize) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(Weight { ops: READ_QUEUE_MAX, bytes: usize::MAX }));
        let reader = Self { queue, workers: Mutex::new(Vec::new()) };
        for number in 0..threads.clamp(1, READ_THREADS_MAX) {
            let (log, queue) = (Arc::clone(&log), Arc::clone(&reader.queue));
            let worker = std::thread::Builder::new()
                .name(format!("bim-log-read-{number}"))
                .spawn(move || run(&*log, &queue))?;
            reader.workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
        Ok(reader)
    }

    /// Queues [`ServerLog::head`].
    ///
    /// # Errors
    ///
    /// Nothing was queued then, and `done` is dropped without being called.
    pub fn head(
        &self,
        stream: StreamId,
        done: impl FnOnce(Result<StreamHead, LogError>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        self.submit(move |log| log.head(stream), done)
    }

    /// Queues [`ServerLog::read`].
    ///
    /// # Errors
    ///
    /// Nothing was queued then, and `done` is dropped without being called.
    pub fn read(
        &self,
        stream: StreamId,
        after: Seq,
        limit: ReadLimit,
        done: impl FnOnce(Result<Vec<LogRecord>, LogError>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        self.submit(move |log| log.read(stream, after, limit), done)
    }

    /// Queues [`ServerLog::record`].
    ///
    /// # Errors
    ///
    /// Nothing was queued then, and `done` is dropped without being called.
    pub fn record(
        &self,
        key: RecordKey,
        done: impl FnOnce(Result<Option<VersionedRecord>, LogError>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        self.submit(move |log| log.record(&key), done)
    }

    /// Queues [`ServerLog::records`].
    ///
    /// # Errors
    ///
    /// Nothing was queued then, and `done` is dropped without being called.
    pub fn records(
        &self,
        range: RecordRange,
        after: u64,
        limit: usize,
        done: impl FnOnce(Result<Vec<VersionedRecord>, LogError>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        self.submit(move |log| log.records(&range, after, limit), done)
    }

    /// Takes nothing more, answers what waits and waits for the threads to end. May be called again.
    pub fn close(&self) {
        self.queue.close(SubmitError::Closed);
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        workers.into_iter().for_each(|worker| join(Some(worker)));
    }

    fn submit<T: 'static>(
        &self,
        read: impl FnOnce(&dyn ServerLog) -> Result<T, LogError> + Send + 'static,
        done: impl FnOnce(Result<T, LogError>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        let job = move |log: &dyn ServerLog| {
            done(catch_unwind(AssertUnwindSafe(|| read(log))).unwrap_or(Err(LogError::Damaged)));
        };
        self.queue.push(ONE, Box::new(job))?;
        self.queue.wake();
        Ok(())
    }
}

impl Drop for LogReader {
    fn drop(&mut self) {
        self.queue.close(SubmitError::Closed);
    }
}

impl std::fmt::Debug for LogReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogReader").finish_non_exhaustive()
    }
}

fn run(log: &dyn ServerLog, queue: &Queue<Job>) {
    loop {
        let jobs = queue.take(ONE);
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            // A callback that panics must not keep the others from being answered.
            let _ = catch_unwind(AssertUnwindSafe(|| job(log)));
        }
    }
}
