//! What an app hears without having asked.

use std::collections::BTreeMap;

use bim_types::{
    Attributes, AttributesChanged, ConnectStatus, Conversation, ConversationShortId, Cursor,
    DiscontinuityReason, ErrorCode, GroupEvent, LiveGap, LivePulse, Message, Position, Refusal, Uid,
};

/// What an app hears without having asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The long connection changed.
    StatusChanged(ConnectStatus),
    /// The server does not accept the token any more, or never did.
    TokenInvalid(ErrorCode),
    /// Something happened in a live group.
    Live(LiveEvent),
}

/// What happens in the live groups the client is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveEvent {
    /// Somebody else's message, or one of another device of this user.
    Received(Message),
    /// An own message has its position.
    Sent(Message),
    /// A message was changed. The message itself may come later: it then says what it was changed to.
    Updated {
        /// The message as it stands now.
        message: Message,
        /// Who changed it.
        operator: Uid,
    },
    /// A message was removed. It does not come any more if it had not come yet.
    Deleted {
        /// Of which group.
        group: ConversationShortId,
        /// Which message.
        position: Position,
        /// Who removed it.
        operator: Uid,
    },
    /// Messages of one class were not sent to this viewer.
    LeftOut(LiveGap),
    /// The group's information, roles, online count, or this user's own record in it changed.
    StateChanged(Box<Conversation>),
    /// Something was done to members.
    Members(GroupEvent),
    /// Who came and went, and whose record changed, since the last one.
    Pulse(LivePulse),
    /// Attributes were set or removed.
    AttributesChanged(AttributesChanged),
    /// Attributes changed while the client was away: this is all of them as they stand now.
    AttributesSnapshot {
        /// Of which group.
        group: ConversationShortId,
        /// All that there are.
        attributes: Attributes,
    },
    /// Counters changed.
    CountersChanged {
        /// Of which group.
        group: ConversationShortId,
        /// Those that changed, as they stand.
        counters: BTreeMap<String, u64>,
    },
    /// Taps came to nothing.
    TapsRefused {
        /// Of which group.
        group: ConversationShortId,
        /// How much of each counter. When the session or the membership ended while a batch was on its way, it
        /// is in here although it may have been counted.
        lost: BTreeMap<String, u64>,
        /// Why.
        reason: Refusal,
    },
    /// What was missed while away can not be had. Comes before any later message of the group.
    Discontinuity {
        /// Of which group.
        group: ConversationShortId,
        /// Why.
        reason: DiscontinuityReason,
        /// How far this viewer had been accounted for.
        from: Cursor,
        /// From where on it is accounted for now.
        to: Cursor,
    },
    /// The client is not in the group any more, and did not ask for it.
    Left {
        /// Which group.
        group: ConversationShortId,
        /// Why.
        reason: LeftReason,
    },
}

/// Why the client is not in a group any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftReason {
    /// It was dissolved.
    Dissolved,
    /// The server did not let the client back in after a reconnect.
    Refused(ErrorCode),
    /// This user was removed.
    Kicked {
        /// Whether it can not come back for now.
        blocked: bool,
        /// By whom; `None` when the server does not say.
        operator: Option<Uid>,
    },
}
