//! The client's end of one live group.
//!
//! *What it is.* [`Viewer`]: one value for each group a client is in or enters. It says of every frame whether
//! the app has to hear of it.
//!
//! *What it owns.* Whether the client is in; how far each class is accounted for ([`Cursor`]); the newest
//! state of the group and of the user in it; the ids of the client's own messages, so that a sender sees each
//! of them once; changes that overtook the message they change.
//!
//! *What it never does.* It sends nothing and asks for nothing: the session does, with
//! [`Viewer::resume_cursor`].
//!
//! *How it flows.*
//!
//! ```text
//!             joined                      lost
//!   Joining ──────────► Joined ─────────────────────► Rejoining
//!                         ▲   resumed, discontinuous      │
//!                         └───────────────────────────────┘
//!
//!   message of class c, number n, after previous[c]:
//!      n <= cursor[c]            known, ignored
//!      previous[c] > cursor[c]   something is missing that no gap marker spoke of: the path is not trusted
//!      else                      cursor[c] = n, and so in every class whose cursor has reached its previous;
//!                                own message? kept quiet, the verdict reports it; hidden? nobody hears of it;
//!                                else received
//! ```
//!
//! A change or removal of a message is a message of class HIGH. It may overtake the message it is about, which
//! then shows as it was changed to, or not at all.
//!
//! Numbers of one class rise but have holes, because the classes share them. What was left out is said by gap
//! markers, and a marker moves the cursor of its class.

mod late_changes;
mod own_sends;
mod standing;

use bim_proto::{Joined, LiveChange, LiveChanged, LivePush};
use bim_types::{
    ClientMessageId, Conversation, ConversationShortId, Cursor, Defect, DiscontinuityReason, ErrorCode,
    LiveGap, Message, PerPriority, Position, Priority, ResumeVerdict, Seq, Uid,
};

pub use late_changes::LATE_CHANGES_MAX;
use late_changes::{LateChange, LateChanges};
pub use own_sends::OWN_SENDS_MAX;
use own_sends::{Copy, OwnSends};

/// One live group as the client sees it.
#[derive(Clone, Debug)]
pub struct Viewer {
    me: Uid,
    presence: Presence,
    conversation: Option<Conversation>,
    own: OwnSends,
    late: LateChanges,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// Asked for, not answered yet.
    Joining,
    /// In the group.
    Joined(Cursor),
    /// Was in the group when the connection ended.
    Rejoining(Cursor),
}

/// What an answered join means for what was received before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinOutcome {
    /// The first join: there is nothing to continue.
    Fresh,
    /// Everything missed follows, save what these gaps count.
    Resumed(Vec<LiveGap>),
    /// What was missed can not be had; the viewer stands at `to` now.
    Discontinuous {
        /// Why.
        reason: DiscontinuityReason,
        /// How far the viewer had been accounted for.
        from: Cursor,
        /// From where on it is accounted for now.
        to: Cursor,
    },
}

/// Whether a frame that has a position is the next of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Known,
    Next,
    Broken,
}

/// What the app has to hear of a message, or of a change to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A new message of somebody else, or of another device of this user.
    Received(Message),
    /// An own message whose verdict never came: here is the proof that it was accepted.
    Sent(Message),
    /// A message says something else.
    Updated {
        /// The message as it stands now.
        message: Message,
        /// Who changed it.
        operator: Uid,
    },
    /// A message is gone.
    Deleted {
        /// Of which group.
        group: ConversationShortId,
        /// Where it stood.
        position: Position,
        /// Who removed it.
        operator: Uid,
    },
    /// Nothing: known, hidden, or an own message whose verdict reports it.
    Quiet,
    /// The connection can not be trusted any more: a message is missing that no gap marker spoke of, or the
    /// frame belongs to another life of the log. Nothing was taken; a rejoin will tell.
    Broken,
}

impl Viewer {
    /// A group that this user is about to enter.
    #[must_use]
    pub fn joining(me: Uid) -> Self {
        Self {
            me,
            presence: Presence::Joining,
            conversation: None,
            own: OwnSends::default(),
            late: LateChanges::default(),
        }
    }

    /// Takes the answer to a join. What was known before decides how it is read: a cursor is only ever
    /// continued when there was one.
    pub fn on_joined(&mut self, joined: Joined) -> JoinOutcome {
        let Joined { conversation, cursor: new, verdict, .. } = joined;
        let group = conversation.conversation_short_id;
        self.enter(conversation);
        let (outcome, cursor) = match (self.presence, verdict) {
            (Presence::Joining, _) => (JoinOutcome::Fresh, new),
            // Joined twice on one connection: frames between the answers count from the first.
            (Presence::Joined(old), _) if old.epoch == new.epoch => (JoinOutcome::Resumed(Vec::new()), old),
            (Presence::Rejoining(old), ResumeVerdict::Resumed { left_out }) if old.epoch == new.epoch => {
                let mut gaps = Vec::new();
                let mut cursor = old;
                for class in Priority::ALL {
                    cursor.seqs[class] = old.seqs[class].max(new.seqs[class]);
                    if left_out[class] > 0 {
                        gaps.push(left_out_gap(group, class, left_out[class], &old, &new));
                    }
                }
                (JoinOutcome::Resumed(gaps), cursor)
            }
            (Presence::Joined(old) | Presence::Rejoining(old), verdict) => {
                let reason = match verdict {
                    ResumeVerdict::Discontinuity(reason) => reason,
                    _ if old.epoch != new.epoch => DiscontinuityReason::NewEpoch,
                    ResumeVerdict::Fresh | ResumeVerdict::Resumed { .. } => DiscontinuityReason::BeyondWindow,
                };
                (JoinOutcome::Discontinuous { reason, from: old, to: new }, new)
            }
        };
        if self.cursor().is_some_and(|old| old.epoch != cursor.epoch) {
            self.late = LateChanges::default();
        }
        self.presence = Presence::Joined(cursor);
        self.own.stand_at(&cursor);
        self.late.passed(cursor.lowest());
        outcome
    }

    /// Takes a message of the group. A hidden one is accounted for like any other; nobody hears of it, except
    /// that it answers for an own message whose verdict may never come.
    pub fn on_message(&mut self, push: LivePush) -> Delivery {
        let LivePush { mut message, previous, mut hidden } = push;
        let (position, class) = (message.position, message.priority);
        match self.place(position, class, &previous) {
            Place::Known => return Delivery::Quiet,
            Place::Broken => return Delivery::Broken,
            Place::Next => {}
        }
        match self.late.take(position.seq) {
            Some(LateChange::Deleted) => hidden = true,
            Some(LateChange::Updated { body, edits }) if edits > message.edits => {
                message.body = body;
                message.edits = edits;
            }
            Some(LateChange::Updated { .. }) | None => {}
        }
        let copy = if message.sender == self.me { self.own.on_copy(&message) } else { Copy::NotOwn };
        self.advance(position.seq, &previous);
        match copy {
            Copy::Awaited => Delivery::Quiet,
            Copy::NotOwn | Copy::ClearsDoubt if hidden => Delivery::Quiet,
            Copy::NotOwn => Delivery::Received(message),
            Copy::ClearsDoubt => Delivery::Sent(message),
        }
    }

    /// Takes a change or removal of a message. It is accounted for as a message of class HIGH.
    pub fn on_change(&mut self, change: LiveChange) -> Delivery {
        let group = change.group();
        let LiveChange { position, previous, operator, what } = change;
        match self.place(position, Priority::High, &previous) {
            Place::Known => return Delivery::Quiet,
            Place::Broken => return Delivery::Broken,
            Place::Next => {}
        }
        self.advance(position.seq, &previous);
        let target = match &what {
            LiveChanged::Updated(message) => message.position,
            LiveChanged::Deleted { position, .. } => *position,
        };
        if target.epoch != position.epoch {
            return Delivery::Quiet;
        }
        if self.cursor().is_some_and(|cursor| target.seq > cursor.lowest()) {
            self.late.note(target.seq, &what);
        }
        match what {
            LiveChanged::Updated(message) => Delivery::Updated { message, operator },
            LiveChanged::Deleted { position, .. } => Delivery::Deleted { group, position, operator },
        }
    }

    /// Takes a gap marker: it accounts for its class up to its last number. `None` when that was known.
    pub fn on_gap(&mut self, gap: LiveGap) -> Option<LiveGap> {
        let Presence::Joined(cursor) = &mut self.presence else { return None };
        if cursor.covers(gap.priority, gap.to) {
            return None;
        }
        cursor.seqs[gap.priority] = gap.to;
        self.late.passed(cursor.lowest());
        self.own.passed(gap.priority, gap.to);
        Some(gap).filter(|_| !Defect::SilentGap.is_planted())
    }

    /// Notes that the connection ended.
    pub fn on_lost(&mut self) {
        self.own.answers_are_lost();
        if let Presence::Joined(cursor) = self.presence {
            self.presence = Presence::Rejoining(cursor);
        }
    }

    /// Notes that a message goes out. Its copy is kept quiet from now on.
    pub fn on_send(&mut self, id: ClientMessageId) {
        self.own.begin(id, self.cursor());
    }

    /// Notes that a message was accepted. Says whether the app has to hear of it: not when an earlier call
    /// with the same id was answered before this one began.
    pub fn on_accepted(&mut self, id: ClientMessageId, position: Position, class: Priority) -> bool {
        let covered = self
            .cursor()
            .is_some_and(|cursor| cursor.epoch == position.epoch && cursor.covers(class, position.seq));
        self.own.accepted(id, position, class, covered)
    }

    /// Notes that a message was refused with this code. If it was accepted all the same, its copy reports it: the
    /// verdict of an earlier connection may have been lost, and a failing disk may have kept what it says it has not.
    pub fn on_refused(&mut self, id: ClientMessageId, code: ErrorCode) {
        self.own.refused(id, code);
    }

    /// Notes that no verdict will come for a message: if it was accepted after all, its copy reports it.
    pub fn on_no_verdict(&mut self, id: ClientMessageId) {
        self.own.no_verdict(id);
    }

    /// The own messages that no verdict will come for, and whose copy may still come.
    pub fn unresolved(&self) -> impl Iterator<Item = ClientMessageId> {
        self.own.unresolved()
    }

    /// The copy of an own message, when it came before its verdict. The body is
    /// [`MessageBody::Unknown`](bim_types::MessageBody::Unknown) when the message was removed since.
    #[must_use]
    pub fn copy_of(&self, id: ClientMessageId) -> Option<&Message> {
        self.own.copy_of(id)
    }

    /// How far this viewer is accounted for; `None` before the first join was answered.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        match self.presence {
            Presence::Joining => None,
            Presence::Joined(cursor) | Presence::Rejoining(cursor) => Some(cursor),
        }
    }

    /// What to present after a lost connection; `None` when there is nothing to continue.
    #[must_use]
    pub fn resume_cursor(&self) -> Option<Cursor> {
        match self.presence {
            Presence::Rejoining(_) if Defect::ForgottenCursor.is_planted() => None,
            Presence::Rejoining(cursor) => Some(cursor),
            Presence::Joining | Presence::Joined(_) => None,
        }
    }

    /// Whether the client is in the group on the present connection.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        matches!(self.presence, Presence::Joined(_))
    }

    /// The newest known state.
    #[must_use]
    pub fn conversation(&self) -> Option<&Conversation> {
        self.conversation.as_ref()
    }

    fn place(&self, position: Position, class: Priority, previous: &PerPriority<Seq>) -> Place {
        let Presence::Joined(cursor) = &self.presence else { return Place::Known };
        if position.epoch != cursor.epoch {
            Place::Broken
        } else if cursor.covers(class, position.seq) {
            Place::Known
        } else if !cursor.covers(class, previous[class]) {
            Place::Broken
        } else {
            Place::Next
        }
    }

    /// Accounts for a number, in every class whose cursor has reached what came before it.
    fn advance(&mut self, seq: Seq, previous: &PerPriority<Seq>) {
        let Presence::Joined(cursor) = &mut self.presence else { return };
        for class in Priority::ALL {
            let is_accounted =
                cursor.covers(class, previous[class]) || Defect::CursorBeforeMessage.is_planted();
            if is_accounted && !cursor.covers(class, seq) {
                cursor.seqs[class] = seq;
                self.own.passed(class, seq);
            }
        }
        self.late.passed(cursor.lowest());
    }
}

/// The verdict counts, and its cursor tells how far; when it does not, the count is the least that is known.
fn left_out_gap(
    group: ConversationShortId,
    class: Priority,
    count: u64,
    old: &Cursor,
    new: &Cursor,
) -> LiveGap {
    let last = Seq(old.seqs[class].0.saturating_add(count)).max(new.seqs[class]);
    let from = old.seqs[class].next();
    LiveGap { conversation_short_id: group, priority: class, count, from, to: last }
}

#[cfg(test)]
mod model_test;
#[cfg(test)]
mod standing_test;
#[cfg(test)]
mod viewer_test;
