//! What an app hears without having asked.

use bim_types::{
    ConnectStatus, Conversation, ConversationShortId, Cursor, DiscontinuityReason, ErrorCode, LiveGap,
    Message, Position,
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
    /// A message was changed.
    Updated(Message),
    /// A message was removed.
    Deleted {
        /// Of which group.
        group: ConversationShortId,
        /// Which message.
        position: Position,
    },
    /// Messages of one class were not sent to this viewer.
    LeftOut(LiveGap),
    /// The group's information, roles or online count changed.
    StateChanged(Conversation),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftReason {
    /// It was dissolved.
    Dissolved,
    /// The server did not let the client back in after a reconnect.
    Refused(ErrorCode),
}
