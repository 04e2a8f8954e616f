//! What an app hears without having asked, streams and listeners alike.

use bim_core::LeftReason;
use bim_types::{
    ConnectStatus, Conversation, ConversationShortId, Cursor, DiscontinuityReason, ErrorCode, LiveGap,
    Message, Position,
};

/// What happens in the live groups the client is in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LiveEvent {
    /// Somebody else's message, or one of another device of this user.
    Received(Message),
    /// An own message has its position. Once for each message, also when the send was repeated.
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
    /// Messages of one class that this viewer was not sent. They can be read with
    /// [`get_live_group_history`](crate::LiveGroups::get_live_group_history) while they are kept.
    LeftOut(LiveGap),
    /// The group's information, roles or online count changed.
    StateChanged(Conversation),
    /// What was missed while away can not be replayed. Comes before any later message of the group.
    Discontinuity(Discontinuity),
    /// The client is not in the group any more, and did not ask for it.
    Left {
        /// Which group.
        group: ConversationShortId,
        /// Why.
        reason: LeftReason,
    },
    /// This reader was too slow for its buffer: so many events are missing here.
    Lagged {
        /// How many.
        count: u64,
    },
}

/// A cursor that could not be continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discontinuity {
    /// Of which group.
    pub group: ConversationShortId,
    /// Why.
    pub reason: DiscontinuityReason,
    /// How far this viewer had been accounted for.
    pub from: Cursor,
    /// From where on it is accounted for now.
    pub to: Cursor,
}

/// What happens to the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectEvent {
    /// The status; first the present one, then every change.
    Status(ConnectStatus),
    /// The server does not accept the token any more, or never did.
    TokenInvalid(ErrorCode),
    /// This reader was too slow for its buffer: so many events are missing here.
    Lagged {
        /// How many.
        count: u64,
    },
}

/// An event that can stand for those that a slow reader missed.
pub(crate) trait MayLag: Clone + Send + 'static {
    fn lagged(count: u64) -> Self;
}

impl MayLag for LiveEvent {
    fn lagged(count: u64) -> Self {
        Self::Lagged { count }
    }
}

impl MayLag for ConnectEvent {
    fn lagged(count: u64) -> Self {
        Self::Lagged { count }
    }
}

impl From<bim_core::LiveEvent> for LiveEvent {
    fn from(event: bim_core::LiveEvent) -> Self {
        use bim_core::LiveEvent as Core;
        match event {
            Core::Received(message) => Self::Received(message),
            Core::Sent(message) => Self::Sent(message),
            Core::Updated(message) => Self::Updated(message),
            Core::Deleted { group, position } => Self::Deleted { group, position },
            Core::LeftOut(gap) => Self::LeftOut(gap),
            Core::StateChanged(conversation) => Self::StateChanged(conversation),
            Core::Discontinuity { group, reason, from, to } => {
                Self::Discontinuity(Discontinuity { group, reason, from, to })
            }
            Core::Left { group, reason } => Self::Left { group, reason },
        }
    }
}
