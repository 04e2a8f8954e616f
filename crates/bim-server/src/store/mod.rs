//! Carries the engine's reads and writes to the log, and their results back.
//!
//! *How results come back.* The log's threads put them into a [`Completions`] list and wake the pump; they
//! never wait. The list can hold no more than what is in flight, and that is bounded: beyond
//! [`WRITES_IN_FLIGHT_MAX`] and [`READS_IN_FLIGHT_MAX`] an operation is answered with
//! [`StoreFailure::Busy`], as it is when the log's own queue is full.
//!
//! *Order.* Writes are answered in the order in which they were asked for, refused ones included.

mod completions;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bim_server_core::{Input, Loaded, LogQuery, StoreFailure};
use bim_store::{LogError, LogReader, LogThread, LogThreadOptions, ReadLimit, ServerLog, SubmitError};
use bim_types::store::{LogOp, LogOutcome, OpId, RecordKey, VersionedRecord};

use crate::counters::Counters;
use completions::{Completion, Completions};

/// Writes that may be on their way. More are answered as busy. The engine is to stop before it comes to that,
/// because a message that is refused here may be overtaken by one that is on its way already.
pub(crate) const WRITES_IN_FLIGHT_MAX: usize = 32_768;

/// Reads that may be on their way. More are answered as busy.
const READS_IN_FLIGHT_MAX: usize = 1_024;

/// Threads that read. One keeps the answers in order.
const READ_THREADS: usize = 1;

/// Where the log's work is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreMode {
    /// On threads of its own: for logs that wait for a disk.
    #[default]
    Threads,
    /// At once, on the task that asks: for logs in memory. With it a server is deterministic, and paused
    /// time does not run away while a commit is on its way.
    InPlace,
}

/// The pump's side of the log.
#[derive(Debug)]
pub(crate) struct Store {
    log: Log,
    completions: Arc<Completions>,
    /// Writes in the order they were asked for; those answered early wait for the ones before.
    writes: VecDeque<(OpId, Option<WriteResult>)>,
    /// Whether the log's thread has not been woken for some of them.
    queued: bool,
    /// Refused writes of which the engine has not heard.
    refused: usize,
    reads: usize,
    ready: VecDeque<Input>,
    counters: Arc<Counters>,
}

type WriteResult = Result<Vec<LogOutcome>, StoreFailure>;

enum Log {
    Threads { commits: LogThread, reader: LogReader, log: Arc<dyn ServerLog> },
    InPlace(Arc<dyn ServerLog>),
}

impl Store {
    /// Starts the threads, if the mode asks for them.
    pub(crate) fn start(
        log: Arc<dyn ServerLog>,
        mode: StoreMode,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let log = match mode {
            StoreMode::InPlace => Log::InPlace(log),
            StoreMode::Threads => Log::Threads {
                commits: LogThread::start(Arc::clone(&log), LogThreadOptions::default())?,
                reader: LogReader::start(Arc::clone(&log), READ_THREADS)?,
                log,
            },
        };
        let (writes, ready) = (VecDeque::new(), VecDeque::new());
        let completions = Arc::default();
        Ok(Self { log, completions, writes, queued: false, refused: 0, reads: 0, ready, counters })
    }

    /// Queues a write. It starts at the latest with [`send_off`](Self::send_off).
    pub(crate) fn write(&mut self, op: OpId, ops: Vec<LogOp>) {
        // What follows a refused write must not overtake it: all are refused until the engine has heard of it.
        if self.writes.len() >= WRITES_IN_FLIGHT_MAX || self.refused > 0 {
            return self.refuse_write(op, SubmitError::Full);
        }
        match &self.log {
            Log::InPlace(log) => {
                let result = log.commit(&ops).map_err(failed);
                self.writes.push_back((op, Some(result)));
            }
            Log::Threads { commits, .. } => {
                let completions = Arc::clone(&self.completions);
                let done = move |result: Result<_, LogError>| {
                    completions.push(Completion::Written(op, result.map_err(failed)));
                };
                match commits.submit_more(ops, Box::new(done)) {
                    Ok(()) => {
                        self.writes.push_back((op, None));
                        self.queued = true;
                    }
                    Err(error) => self.refuse_write(op, error),
                }
            }
        }
        self.release_writes();
    }

    /// Starts the writes that were queued, as one commit if the log is idle.
    pub(crate) fn send_off(&mut self) {
        if let Log::Threads { commits, .. } = &self.log
            && std::mem::take(&mut self.queued)
        {
            commits.wake();
        }
    }

    /// Starts a read.
    pub(crate) fn read(&mut self, op: OpId, query: LogQuery) {
        self.reads += 1;
        let submitted = match &self.log {
            Log::InPlace(log) => {
                self.completions.push(Completion::Loaded(op, load(log, query)));
                Ok(())
            }
            Log::Threads { .. } if self.reads > READS_IN_FLIGHT_MAX => Err(SubmitError::Full),
            Log::Threads { reader, log, .. } => {
                let answer = Answer { completions: Arc::clone(&self.completions), op };
                submit_read(reader, log, answer, query)
            }
        };
        if let Err(error) = submitted {
            let failure = self.refusal(error);
            self.completions.push(Completion::Loaded(op, Err(failure)));
        }
    }

    /// Resolves when [`take`](Self::take) has something to give.
    pub(crate) async fn arrived(&self) {
        if self.ready.is_empty() {
            self.completions.arrived().await;
        }
    }

    /// The next result, as the engine wants to hear it.
    pub(crate) fn take(&mut self) -> Option<Input> {
        if self.ready.is_empty() {
            for completion in self.completions.take() {
                self.on_completion(completion);
            }
        }
        let next = self.ready.pop_front()?;
        if matches!(next, Input::Written { result: Err(StoreFailure::Busy), .. }) {
            self.refused = self.refused.saturating_sub(1);
        }
        Some(next)
    }

    /// Commits what waits and ends the threads. Blocks.
    pub(crate) fn close(&self) {
        if let Log::Threads { commits, reader, .. } = &self.log {
            commits.close();
            reader.close();
        }
    }

    fn on_completion(&mut self, completion: Completion) {
        match completion {
            Completion::Loaded(op, result) => {
                self.reads = self.reads.saturating_sub(1);
                self.ready.push_back(Input::Loaded { op, result });
            }
            Completion::Written(op, result) => {
                if let Some((_, slot)) = self.writes.iter_mut().find(|(waiting, _)| *waiting == op) {
                    *slot = Some(result);
                }
                self.release_writes();
            }
        }
    }

    fn refuse_write(&mut self, op: OpId, error: SubmitError) {
        let failure = self.refusal(error);
        self.refused += usize::from(failure == StoreFailure::Busy);
        self.writes.push_back((op, Some(Err(failure))));
        self.release_writes();
    }

    fn release_writes(&mut self) {
        while let Some((op, Some(_))) = self.writes.front() {
            let op = *op;
            if let Some((_, Some(result))) = self.writes.pop_front() {
                self.ready.push_back(Input::Written { op, result });
            }
        }
    }

    fn refusal(&self, error: SubmitError) -> StoreFailure {
        match error {
            SubmitError::Full => {
                self.counters.count_store_busy();
                StoreFailure::Busy
            }
            // Closed, failed, or whatever a later log may say.
            _ => StoreFailure::Failed,
        }
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Threads { .. } => "Threads",
            Self::InPlace(_) => "InPlace",
        })
    }
}

fn failed(error: LogError) -> StoreFailure {
    tracing::error!(%error, "the log failed");
    StoreFailure::Failed
}

fn load(log: &dyn ServerLog, query: LogQuery) -> Result<Loaded, StoreFailure> {
    let loaded = match query {
        LogQuery::Records { range, after, limit } => log.records(&range, after, limit).map(Loaded::Records),
        LogQuery::Keys(keys) => existing(log, &keys).map(Loaded::Records),
        LogQuery::Room { keys, stream } => {
            log.head(stream).and_then(|head| Ok(Loaded::Room(existing(log, &keys)?, head)))
        }
        LogQuery::Messages { stream, after, records, bytes } => {
            log.read(stream, after, ReadLimit { records, bytes }).map(Loaded::Messages)
        }
    };
    loaded.map_err(failed)
}

/// One turn of the reading thread for each query: where it takes several reads, the first one is queued and
/// the others follow on the same thread.
fn submit_read(
    reader: &LogReader,
    log: &Arc<dyn ServerLog>,
    answer: Answer,
    query: LogQuery,
) -> Result<(), SubmitError> {
    match query {
        LogQuery::Records { range, after, limit } => {
            reader.records(range, after, limit, move |read| answer.give(read.map(Loaded::Records)))
        }
        LogQuery::Messages { stream, after, records, bytes } => {
            let limit = ReadLimit { records, bytes };
            reader.read(stream, after, limit, move |read| answer.give(read.map(Loaded::Messages)))
        }
        LogQuery::Keys(keys) => {
            let mut keys = keys.into_iter();
            let Some(first) = keys.next() else {
                answer.give(Ok(Loaded::Records(Vec::new())));
                return Ok(());
            };
            let log = Arc::clone(log);
            reader.record(first, move |first| {
                let others = keys.map(|key| log.record(&key));
                let read = std::iter::once(first).chain(others).filter_map(Result::transpose);
                answer.give(read.collect::<Result<_, _>>().map(Loaded::Records));
            })
        }
        LogQuery::Room { keys, stream } => {
            let log = Arc::clone(log);
            reader.head(stream, move |head| {
                answer.give(head.and_then(|head| Ok(Loaded::Room(existing(&*log, &keys)?, head))));
            })
        }
    }
}

/// The records of these keys that exist, in the order of the keys.
fn existing(log: &dyn ServerLog, keys: &[RecordKey]) -> Result<Vec<VersionedRecord>, LogError> {
    keys.iter().filter_map(|key| log.record(key).transpose()).collect()
}

/// Who waits for a read.
struct Answer {
    completions: Arc<Completions>,
    op: OpId,
}

impl Answer {
    fn give(self, result: Result<Loaded, LogError>) {
        self.completions.push(Completion::Loaded(self.op, result.map_err(failed)));
    }
}

#[cfg(test)]
#[path = "store_test.rs"]
mod tests;
