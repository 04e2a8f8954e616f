//! Messages that change after they were accepted.
//!
//! A change is a record of the log like a message, of class HIGH and with a number of its own; in the same
//! commit the record of the message itself is replaced. So nobody who resumes misses a change, and whoever
//! reads history reads what a message says now.

use bim_proto::stored::StoredLiveMessage;
use bim_proto::{LiveChange, LiveChanged, LivePush, ServerFrame};
use bim_types::{Message, MessageBody, Mono, Position, Priority, Seq, Uid, Wall};

use super::Room;
use crate::queue::LiveFrame;

/// A change of a message, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Which message.
    pub seq: Seq,
    /// The message from then on.
    pub replacement: StoredLiveMessage,
    /// The record of the change itself.
    pub notice: StoredLiveMessage,
}

impl Edit {
    /// What `original`, which stands at `seq`, comes to when an operator changes what it says, or removes it.
    /// `None` when nothing would change.
    #[must_use]
    pub fn of(
        seq: Seq,
        original: StoredLiveMessage,
        operator: Uid,
        body: Option<MessageBody>,
        now: Wall,
    ) -> Option<Self> {
        if original.deleted || body.as_ref() == Some(&original.body) {
            return None;
        }
        let is_removal = body.is_none();
        let body = body.unwrap_or(MessageBody::Unknown { kind: 0 });
        let replacement = StoredLiveMessage {
            body,
            edits: original.edits.saturating_add(1),
            deleted: is_removal,
            ..original
        };
        let notice = StoredLiveMessage {
            sender: operator,
            priority: Priority::High,
            accepted_at: now,
            deleted: false,
            only_for_sender: replacement.only_for_sender,
            changes: Some(seq),
            changed: (!is_removal).then(|| Box::new(replacement.clone())),
            body: MessageBody::Unknown { kind: 0 },
            ..replacement.clone()
        };
        Some(Self { seq, replacement, notice })
    }
}

impl Room {
    /// Takes a change that the log gave a number, and returns what viewers get. The message itself, if it is
    /// still in the buffer, is replayed as it stands now from here on.
    pub fn accept_change(&mut self, now: Mono, seq: Seq, notice: StoredLiveMessage) -> LiveFrame {
        let target = notice.changes.unwrap_or_default();
        self.buffer.rewrite(target, |push| rewritten(push, &notice));
        let at = Position { epoch: self.epoch, seq: target };
        if notice.changed.is_none() {
            self.buffer.unsay(at);
        }
        let what = match notice.changed {
            Some(message) if !message.only_for_sender => {
                LiveChanged::Updated(message.into_message(self.key.group, at))
            }
            Some(_) | None => LiveChanged::Deleted { group: self.key.group, position: at },
        };
        let change = LiveChange {
            position: Position { epoch: self.epoch, seq },
            previous: self.last,
            operator: notice.sender,
            what,
        };
        self.announce(now, Priority::High, seq, ServerFrame::LiveChange(change).encode())
    }
}

/// The message after a change.
fn rewritten(push: LivePush, change: &StoredLiveMessage) -> LivePush {
    let shown = change.changed.as_deref().filter(|_| !push.hidden).map(|message| message.body.clone());
    let hidden = shown.is_none();
    let body = shown.unwrap_or(MessageBody::Unknown { kind: 0 });
    LivePush { message: Message { body, edits: change.edits, ..push.message }, hidden, ..push }
}
