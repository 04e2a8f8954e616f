//! Which messages of the buffer came from which client id, so that a resend costs no budget.

use std::collections::BTreeMap;

use bim_proto::Accepted;
use bim_proto::stored::StoredLiveMessage;
use bim_types::{ClientMessageId, DeviceId, Seq, Uid};

use super::ContentHash;

/// Names a message as its sender's device does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SentId {
    /// Who sent it.
    pub(super) sender: Uid,
    /// From which device.
    pub(super) device: DeviceId,
    /// What the device called it.
    pub(super) client_id: ClientMessageId,
}

impl SentId {
    /// The name of a stored message.
    pub(super) fn of(stored: &StoredLiveMessage) -> Self {
        Self { sender: stored.sender.clone(), device: stored.device, client_id: stored.client_message_id }
    }
}

/// What became of a message.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// Where it stands.
    pub(super) accepted: Accepted,
    /// What it says.
    pub(super) content: ContentHash,
}

/// The names of the messages in a room buffer; as many as it holds, no more.
#[derive(Debug, Default)]
pub(super) struct SentIds {
    sent: BTreeMap<SentId, Sent>,
    by_seq: BTreeMap<Seq, SentId>,
}

impl SentIds {
    /// Remembers a message.
    pub(super) fn insert(&mut self, id: SentId, sent: Sent) {
        self.by_seq.insert(sent.accepted.position.seq, id.clone());
        self.sent.insert(id, sent);
    }

    /// What became of a message, if it is in the buffer.
    pub(super) fn find(&self, id: &SentId) -> Option<&Sent> {
        self.sent.get(id)
    }

    /// Forgets every message up to and including a number.
    pub(super) fn forget_through(&mut self, seq: Seq) {
        let kept = self.by_seq.split_off(&seq.next());
        for id in std::mem::replace(&mut self.by_seq, kept).into_values() {
            self.sent.remove(&id);
        }
    }
}
