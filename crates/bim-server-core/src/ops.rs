//! Reads and writes that wait for the store, and what is to be done when they come back.

use std::collections::BTreeMap;

use bim_proto::stored::{StoredApp, StoredLiveGroup, StoredLiveMessage};
use bim_proto::{HistoryQuery, RequestId};
use bim_types::store::{LogOp, OpId};
use bim_types::{AppId, ConnectionId, ConversationShortId, GroupKey, Seq};

use crate::io::{LogQuery, Output};
use crate::outputs::Outputs;

/// What one operation takes up beside its bytes, roughly.
const OP_OVERHEAD_BYTES: usize = 128;

/// Who waits for an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    /// On which connection.
    pub(crate) connection: ConnectionId,
    /// To which request.
    pub(crate) request: RequestId,
}

/// A write that waits.
#[derive(Debug)]
pub(crate) enum PendingWrite {
    /// A message is being appended.
    Send { asker: Asker, group: GroupKey, message: Box<StoredLiveMessage>, content: [u8; 16] },
    /// A group is being made.
    Create { asker: Asker, key: GroupKey, group: Box<StoredLiveGroup> },
    /// A group's state is being changed.
    Change { asker: Asker, key: GroupKey, group: Box<StoredLiveGroup> },
    /// A group is being dissolved.
    Dissolve { asker: Asker, key: GroupKey },
    /// Old messages are being removed.
    Trim,
    /// An app is being written for an operator.
    App { admin: u64, app: AppId, record: Box<StoredApp>, created: bool },
}

/// A read that waits.
#[derive(Debug)]
pub(crate) enum PendingRead {
    /// The apps, at the start.
    Apps { after: u64 },
    /// How many groups an app has, before one more is made.
    CountGroups { asker: Asker, app: AppId, group: Box<StoredLiveGroup> },
    /// A group that is wanted in memory.
    Room { key: GroupKey },
    /// The last messages of a group that is wanted in memory.
    Recall { key: GroupKey },
    /// A page of groups.
    List { asker: Asker, app: AppId, count: usize },
    /// A page of the index of own groups.
    ListMine { asker: Asker, app: AppId, count: usize },
    /// The groups of a page of the index.
    ListKeys { asker: Asker, app: AppId, next: Option<ConversationShortId>, has_more: bool },
    /// A page of messages.
    History { asker: Asker, key: GroupKey, query: HistoryQuery, limit: usize, head: Seq },
    /// The message that a resend named.
    Original { asker: Asker, key: GroupKey },
}

/// Everything that waits for the store.
#[derive(Debug, Default)]
pub(crate) struct Ops {
    last: u64,
    writes: BTreeMap<OpId, (PendingWrite, usize)>,
    bytes: usize,
    reads: BTreeMap<OpId, PendingRead>,
}

impl Ops {
    /// Asks for a write.
    pub(crate) fn write(&mut self, out: &mut Outputs, ops: Vec<LogOp>, pending: PendingWrite) {
        let op = self.next();
        let weight = weigh(&ops);
        self.bytes += weight;
        self.writes.insert(op, (pending, weight));
        out.push(Output::Write { op, ops });
    }

    /// Asks for a read.
    pub(crate) fn read(&mut self, out: &mut Outputs, query: LogQuery, pending: PendingRead) {
        let op = self.next();
        self.reads.insert(op, pending);
        out.push(Output::Read { op, query });
    }

    /// What was to be done after a write.
    pub(crate) fn written(&mut self, op: OpId) -> Option<PendingWrite> {
        let (pending, weight) = self.writes.remove(&op)?;
        self.bytes -= weight;
        Some(pending)
    }

    /// What was to be done after a read.
    pub(crate) fn loaded(&mut self, op: OpId) -> Option<PendingRead> {
        self.reads.remove(&op)
    }

    /// Writes that wait.
    pub(crate) fn writes(&self) -> usize {
        self.writes.len()
    }

    /// Bytes of the writes that wait, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn next(&mut self) -> OpId {
        self.last += 1;
        OpId(self.last)
    }
}

/// What operations weigh while they wait for the store: their bytes, and something for each.
pub(crate) fn weigh(ops: &[LogOp]) -> usize {
    ops.iter().map(|op| OP_OVERHEAD_BYTES + bytes_of(op)).sum()
}

fn bytes_of(op: &LogOp) -> usize {
    match op {
        LogOp::Append(append) => append.entries.iter().map(|entry| entry.record.len()).sum(),
        LogOp::Put(put) => put.value.as_ref().map_or(0, bytes::Bytes::len),
        LogOp::Trim(_) => 0,
    }
}
