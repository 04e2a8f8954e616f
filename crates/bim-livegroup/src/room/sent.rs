//! Which messages of the last minutes came from which client id, so that a resend costs no budget.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bim_proto::Accepted;
use bim_proto::stored::StoredLiveMessage;
use bim_types::{ClientMessageId, DeviceId, Mono, Seq, Uid};

use super::ContentHash;

/// Names a message as its sender's device does. What differs most stands first, so that two names differ at a glance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SentId {
    /// What the device called it.
    pub(super) client_id: ClientMessageId,
    /// From which device.
    pub(super) device: DeviceId,
    /// Who sent it.
    pub(super) sender: Uid,
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
    /// When it was accepted.
    pub(super) at: Mono,
}

/// Names remembered in one room: those of two minutes at the default budget, about 300 bytes each. When full the
/// oldest are forgotten, and a resend of theirs is recognised by the log alone, after it has passed the budget.
const SENT_IDS_MAX: usize = 65_536;

/// The names of the messages that a device may still send again because it lost the connection before the
/// verdict: those of the resume window, however few the room buffer holds.
#[derive(Debug, Default)]
pub(super) struct SentIds {
    sent: BTreeMap<SentId, Sent>,
    /// In the order of their numbers, with when they were accepted.
    by_age: VecDeque<(Seq, Mono, SentId)>,
    /// Messages whose verdict is not known yet, and how often each is: as many as wait for the log or a moderator.
    under_way: BTreeMap<SentId, u32>,
}

impl SentIds {
    /// Remembers a message, and forgets those that are older than a window.
    pub(super) fn insert(&mut self, id: SentId, sent: Sent, window: Duration) {
        self.forget(sent.at, window);
        self.by_age.push_back((sent.accepted.position.seq, sent.at, id.clone()));
        self.sent.insert(id, sent);
    }

    /// What became of a message, if it is remembered.
    pub(super) fn find(&self, id: &SentId) -> Option<&Sent> {
        self.sent.get(id)
    }

    /// A message waits for its verdict.
    pub(super) fn begin(&mut self, id: SentId) {
        *self.under_way.entry(id).or_default() += 1;
    }

    /// A message has its verdict.
    pub(super) fn end(&mut self, id: &SentId) {
        if let Some(times) = self.under_way.get_mut(id) {
            *times -= 1;
            if *times == 0 {
                self.under_way.remove(id);
            }
        }
    }

    /// Whether a message waits for its verdict.
    pub(super) fn is_under_way(&self, id: &SentId) -> bool {
        self.under_way.contains_key(id)
    }

    fn forget(&mut self, now: Mono, window: Duration) {
        while let Some((seq, at, _)) = self.by_age.front() {
            let (seq, is_old) = (*seq, now.since(*at) > window);
            if !is_old && self.by_age.len() < SENT_IDS_MAX {
                return;
            }
            let Some((.., id)) = self.by_age.pop_front() else { return };
            if self.sent.get(&id).is_some_and(|sent| sent.accepted.position.seq == seq) {
                self.sent.remove(&id);
            }
        }
    }
}
