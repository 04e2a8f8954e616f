//! The store as the engine sees it: in order, durable when it says so, and as late as the script wants.

use std::collections::VecDeque;

use bim_proto::stored::StoredLiveMessage;
use bim_server_core::{Input, Loaded, LogQuery, StoreFailure};
use bim_store::memory::MemoryLog;
use bim_store::{ReadLimit, ServerLog};
use bim_types::store::{LogOp, LogRecord, OpId, StreamId};
use bim_types::{Cursor, Epoch, GroupKey, Seq};

/// Writes that may wait at once: what the configuration lets the engine ask for, and what it does by itself.
const WRITES_WAITING_MAX: usize = 256;

/// Reads that may wait at once: those of all requests in flight, and what the engine does by itself.
const READS_WAITING_MAX: usize = 256;

/// A log in memory, and what it was asked and has not done.
pub(super) struct Store {
    log: MemoryLog,
    writes: VecDeque<(OpId, Vec<LogOp>)>,
    reads: VecDeque<(OpId, LogQuery)>,
    last_op: OpId,
    pub(super) holds_writes: bool,
    pub(super) holds_reads: bool,
    pub(super) next_write_is_busy: bool,
    pub(super) next_read_is_busy: bool,
    pub(super) is_broken: bool,
}

impl Store {
    pub(super) fn new() -> Self {
        Self {
            log: MemoryLog::new(Epoch(7)),
            writes: VecDeque::new(),
            reads: VecDeque::new(),
            last_op: OpId(0),
            holds_writes: false,
            holds_reads: false,
            next_write_is_busy: false,
            next_read_is_busy: false,
            is_broken: false,
        }
    }

    pub(super) fn ask_to_write(&mut self, op: OpId, ops: Vec<LogOp>) {
        self.check_number(op);
        assert!(!ops.is_empty(), "a write of nothing");
        self.writes.push_back((op, ops));
        assert!(self.writes.len() <= WRITES_WAITING_MAX, "{} writes wait", self.writes.len());
    }

    pub(super) fn ask_to_read(&mut self, op: OpId, query: LogQuery) {
        self.check_number(op);
        self.reads.push_back((op, query));
        assert!(self.reads.len() <= READS_WAITING_MAX, "{} reads wait", self.reads.len());
    }

    /// Whether nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        self.writes.is_empty() && self.reads.is_empty()
    }

    pub(super) fn has_writes(&self) -> bool {
        !self.writes.is_empty()
    }

    /// The next thing that the store does unless it is held back.
    pub(super) fn work(&mut self) -> Option<Input> {
        let write = (!self.holds_writes).then(|| self.write()).flatten();
        write.or_else(|| (!self.holds_reads).then(|| self.read()).flatten())
    }

    /// Carries out the oldest write.
    pub(super) fn write(&mut self) -> Option<Input> {
        let (op, ops) = self.writes.pop_front()?;
        let is_busy = std::mem::take(&mut self.next_write_is_busy);
        let result = match () {
            () if self.is_broken => Err(StoreFailure::Failed),
            () if is_busy => Err(StoreFailure::Busy),
            () => Ok(self.log.commit(&ops).expect("a log in memory does not fail")),
        };
        Some(Input::Written { op, result })
    }

    /// Answers the oldest read.
    pub(super) fn read(&mut self) -> Option<Input> {
        let (op, query) = self.reads.pop_front()?;
        let is_busy = std::mem::take(&mut self.next_read_is_busy);
        let result = if is_busy { Err(StoreFailure::Busy) } else { Ok(self.answer(query)) };
        Some(Input::Loaded { op, result })
    }

    /// The server dies: so many waiting writes are durable, nobody waits for anything.
    pub(super) fn crash(&mut self, committed: usize) {
        for _ in 0..committed {
            drop(self.write());
        }
        self.writes.clear();
        self.reads.clear();
        self.last_op = OpId(0);
        (self.next_write_is_busy, self.next_read_is_busy) = (false, false);
    }

    /// The message that stands at a number of a group; `None` when there is none (any more).
    pub(super) fn message(&self, group: GroupKey, seq: Seq) -> Option<StoredLiveMessage> {
        let stream = StreamId::LiveGroup(group.app, group.group);
        let limit = ReadLimit { records: 1, bytes: 0 };
        let found = self.log.read(stream, Seq(seq.0.saturating_sub(1)), limit);
        let found =
            found.expect("a log in memory does not fail").into_iter().find(|record| record.seq == seq)?;
        Some(StoredLiveMessage::decode(found.record).expect("the engine writes what it can read"))
    }

    /// The numbers of a group's messages that a cursor does not cover, in order.
    pub(super) fn missed(&self, group: GroupKey, cursor: &Cursor) -> Vec<Seq> {
        let stream = StreamId::LiveGroup(group.app, group.group);
        let limit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
        let records = self.log.read(stream, Seq::ZERO, limit).expect("a log in memory does not fail");
        let read = |record: LogRecord| {
            let message =
                StoredLiveMessage::decode(record.record).expect("the engine writes what it can read");
            (record.seq, message.priority)
        };
        let missed = records.into_iter().map(read).filter(|(seq, priority)| !cursor.covers(*priority, *seq));
        missed.map(|(seq, _)| seq).collect()
    }

    /// The first number of a group that was not trimmed.
    pub(super) fn first(&self, group: GroupKey) -> Seq {
        let stream = StreamId::LiveGroup(group.app, group.group);
        self.log.head(stream).expect("a log in memory does not fail").first
    }

    fn check_number(&mut self, op: OpId) {
        assert!(op > self.last_op, "{op:?} after {:?}", self.last_op);
        self.last_op = op;
    }

    fn answer(&self, query: LogQuery) -> Loaded {
        let record = |key| self.log.record(key).expect("a log in memory does not fail");
        match query {
            LogQuery::Records { range, after, limit } => {
                let records = self.log.records(&range, after, limit);
                Loaded::Records(records.expect("a log in memory does not fail"))
            }
            LogQuery::Keys(keys) => Loaded::Records(keys.iter().filter_map(record).collect()),
            LogQuery::Room { keys, stream } => {
                let head = self.log.head(stream).expect("a log in memory does not fail");
                Loaded::Room(keys.iter().filter_map(record).collect(), head)
            }
            LogQuery::Messages { stream, after, records, bytes } => {
                let found = self.log.read(stream, after, ReadLimit { records, bytes });
                Loaded::Messages(found.expect("a log in memory does not fail"))
            }
        }
    }
}
