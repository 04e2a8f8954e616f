//! The client's end of one live group.
//!
//! *What it is.* [`Viewer`]: one value for each group a client is in or enters. It says of every frame whether
//! the app has to hear of it.
//!
//! *What it owns.* Whether the client is in; how far each class is accounted for ([`Cursor`]); the newest
//! state of the group; the ids of the client's own messages, so that a sender sees each of them once.
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
//!                                own message? kept quiet, the verdict reports it; else received
//! ```
//!
//! Numbers of one class rise but have holes, because the classes share them. What was left out is said by gap
//! markers, and a marker moves the cursor of its class.

mod own_sends;

use bim_proto::{Joined, LivePush};
use bim_types::{
    ClientMessageId, Conversation, ConversationShortId, Cursor, DiscontinuityReason, LiveGap, Message,
    Position, Priority, ResumeVerdict, Role, Seq, Uid, Wall,
};

pub use own_sends::OWN_SENDS_MAX;
use own_sends::{Copy, OwnSends};

/// One live group as the client sees it.
#[derive(Clone, Debug)]
pub struct Viewer {
    me: Uid,
    presence: Presence,
    conversation: Option<Conversation>,
    own: OwnSends,
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

/// What the app has to hear of a message frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A new message of somebody else, or of another device of this user.
    Received(Message),
    /// An own message whose verdict never came: here is the proof that it was accepted.
    Sent(Message),
    /// Nothing: known, or an own message whose verdict reports it.
    Quiet,
    /// The connection can not be trusted any more: a message is missing that no gap marker spoke of, or the
    /// frame belongs to another life of the log. Nothing was taken; a rejoin will tell.
    Broken,
}

impl Viewer {
    /// A group that this user is about to enter.
    #[must_use]
    pub fn joining(me: Uid) -> Self {
        Self { me, presence: Presence::Joining, conversation: None, own: OwnSends::default() }
    }

    /// Takes the answer to a join. What was known before decides how it is read: a cursor is only ever
    /// continued when there was one.
    pub fn on_joined(&mut self, joined: Joined) -> JoinOutcome {
        let Joined { conversation, cursor: new, verdict } = joined;
        let group = conversation.conversation_short_id;
        self.conversation = Some(Conversation { joined: true, ..conversation });
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
        self.presence = Presence::Joined(cursor);
        self.own.stand_at(&cursor);
        outcome
    }

    /// Takes a message of the group.
    pub fn on_message(&mut self, push: LivePush) -> Delivery {
        let LivePush { message, previous } = push;
        let Presence::Joined(cursor) = &mut self.presence else { return Delivery::Quiet };
        let (Position { epoch, seq }, class) = (message.position, message.priority);
        if epoch != cursor.epoch {
            return Delivery::Broken;
        }
        if cursor.covers(class, seq) {
            return Delivery::Quiet;
        }
        if !cursor.covers(class, previous[class]) {
            return Delivery::Broken;
        }
        let copy = if message.sender == self.me {
            self.own.on_copy(message.client_message_id, message.position, message.accepted_at)
        } else {
            Copy::NotOwn
        };
        for other in Priority::ALL {
            if cursor.covers(other, previous[other]) && !cursor.covers(other, seq) {
                cursor.seqs[other] = seq;
                self.own.passed(other, seq);
            }
        }
        match copy {
            Copy::NotOwn => Delivery::Received(message),
            Copy::Awaited => Delivery::Quiet,
            Copy::ClearsDoubt => Delivery::Sent(message),
        }
    }

    /// Takes a gap marker: it accounts for its class up to its last number. `None` when that was known.
    pub fn on_gap(&mut self, gap: LiveGap) -> Option<LiveGap> {
        let Presence::Joined(cursor) = &mut self.presence else { return None };
        if cursor.covers(gap.priority, gap.to) {
            return None;
        }
        cursor.seqs[gap.priority] = gap.to;
        self.own.passed(gap.priority, gap.to);
        Some(gap)
    }

    /// Takes a state of the group, which does not say this user's role. `None` when nothing is new: it is
    /// older than the known one, or the same.
    pub fn on_state(&mut self, state: Conversation) -> Option<&Conversation> {
        let known = self.conversation.as_mut().filter(|_| matches!(self.presence, Presence::Joined(_)))?;
        if state.version < known.version {
            return None;
        }
        let role = if state.owner == self.me {
            Role::Owner
        } else if known.role == Role::Owner {
            Role::Normal
        } else {
            known.role
        };
        let state = Conversation { role, joined: true, ..state };
        if *known == state {
            return None;
        }
        *known = state;
        Some(known)
    }

    /// Whether a change or removal of this position concerns the app.
    #[must_use]
    pub fn is_current(&self, position: Position) -> bool {
        matches!(self.presence, Presence::Joined(cursor) if cursor.epoch == position.epoch)
    }

    /// Notes that the connection ended.
    pub fn on_lost(&mut self) {
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

    /// Notes that a message was refused.
    pub fn on_refused(&mut self, id: ClientMessageId) {
        self.own.refused(id);
    }

    /// Notes that no verdict will come for a message: if it was accepted after all, its copy reports it.
    pub fn on_no_verdict(&mut self, id: ClientMessageId) {
        self.own.no_verdict(id);
    }

    /// Where an own message stands, and when it was accepted, when its copy came before its verdict.
    #[must_use]
    pub fn copy_of(&self, id: ClientMessageId) -> Option<(Position, Wall)> {
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
mod viewer_test;
