//! Reads and writes that wait for the store, and what is to be done when they come back.

use std::collections::BTreeMap;

use bim_livegroup::room::Actor;
use bim_proto::stored::{StoredApp, StoredLiveGroup, StoredLiveMessage};
use bim_proto::{HistoryQuery, RequestId};
use bim_types::store::{LogOp, OpId};
use bim_types::{AppId, ConnectionId, ConversationShortId, GroupKey, MessageBody, Seq, Window};

use crate::io::{LogQuery, Output};
use crate::live::Change;
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

impl Asker {
    /// Nobody: what the engine does by itself is answered to nobody.
    pub(crate) const NOBODY: Self = Self { connection: ConnectionId(u64::MAX), request: RequestId(0) };

    /// Whether it is nobody.
    pub(crate) fn is_nobody(self) -> bool {
        self.connection == Self::NOBODY.connection
    }
}

/// Where a message on its way to the log comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// A request, which is answered.
    Request(Asker),
    /// A broadcast, which counts it.
    Broadcast(u64),
}

/// A message on its way to the log.
#[derive(Debug)]
pub(crate) struct Sending {
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// As it is to be stored.
    pub(crate) message: StoredLiveMessage,
    /// A hash of what its device said.
    pub(crate) content: [u8; 16],
    /// What its device said, when a moderator rewrote it.
    pub(crate) said: Option<MessageBody>,
}

/// A page of messages that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingHistory {
    /// Who wants it.
    pub(crate) asker: Asker,
    /// Of which group.
    pub(crate) key: GroupKey,
    /// What is wanted.
    pub(crate) query: HistoryQuery,
    /// The last number wanted: one that is announced, or zero for nothing.
    pub(crate) to: Seq,
    /// Messages at most.
    pub(crate) limit: usize,
}

/// A message that is being read to be changed, or removed without a body.
#[derive(Debug)]
pub(crate) struct PendingEdit {
    /// Who wants it.
    pub(crate) asker: Asker,
    /// In whose name.
    pub(crate) actor: Actor,
    /// Of which group.
    pub(crate) key: GroupKey,
    /// Which message.
    pub(crate) seq: Seq,
    /// What it is to say.
    pub(crate) body: Option<MessageBody>,
}

/// A write that waits.
#[derive(Debug)]
pub(crate) enum PendingWrite {
    /// A message is being appended.
    Send { group: GroupKey, sending: Sending },
    /// A group is being made.
    Create { asker: Asker, key: GroupKey, group: Box<StoredLiveGroup> },
    /// A group's state is being changed.
    Change { asker: Asker, key: GroupKey, change: Box<Change> },
    /// Taps are being appended.
    Taps { asker: Asker, key: GroupKey, taps: BTreeMap<String, u64> },
    /// A group is being dissolved.
    Dissolve { asker: Asker, key: GroupKey },
    /// Counters are being kept up to a batch, and old messages and taps removed.
    Upkeep { key: GroupKey, through: Seq },
    /// An app is being written for an operator.
    App { admin: u64, app: AppId, record: Box<StoredApp>, created: bool },
    /// What is revoked of an app is being written for an operator.
    Revocations { admin: u64, sessions: u64 },
}

/// A read that waits.
#[derive(Debug)]
pub(crate) enum PendingRead {
    /// The apps, at the start.
    Apps { after: u64 },
    /// What is revoked of a page of apps, at the start; then the page after it, if there is one.
    Revocations { page: Vec<AppId>, next: Option<u64> },
    /// How many groups an app has, before one more is made.
    CountGroups { asker: Asker, app: AppId, group: Box<StoredLiveGroup> },
    /// A group that is wanted in memory.
    Room { key: GroupKey },
    /// The last messages of a group that is wanted in memory.
    Recall { key: GroupKey },
    /// The last taps of a group that is wanted in memory.
    RecallTaps { key: GroupKey },
    /// The groups that end when they are idle, at the start.
    IdleGroups { app: AppId, after: u64 },
    /// The groups that a broadcast goes to.
    BroadcastTo { broadcast: u64, app: AppId },
    /// The message that is to be changed or removed.
    Edited(Box<PendingEdit>),
    /// A page of groups.
    List { asker: Asker, app: AppId, count: usize },
    /// A page of the index of own groups.
    ListMine { asker: Asker, app: AppId, count: usize },
    /// The groups of a page of the index.
    ListKeys { asker: Asker, app: AppId, next: Option<ConversationShortId>, has_more: bool },
    /// A page of messages.
    History(PendingHistory),
    /// The message that a resend named.
    Original { asker: Asker, key: GroupKey, seq: Seq, said: MessageBody },
}

/// Everything that waits for the store.
#[derive(Debug, Default)]
pub(crate) struct Ops {
    last: u64,
    writes: Window<OpId, (PendingWrite, usize)>,
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
        LogOp::Replace(replace) => replace.record.len(),
        LogOp::Trim(_) => 0,
    }
}
