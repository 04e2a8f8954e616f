//! What an app hears without having asked, streams and listeners alike.

use std::collections::BTreeMap;

use bim_core::LeftReason;
use bim_types::{
    Attributes, AttributesChanged, ConnectStatus, Conversation, ConversationShortId, Cursor,
    DiscontinuityReason, ErrorCode, GroupEvent, LiveGap, LivePulse, Message, Position, Refusal, Uid,
};

/// What happens in the live groups the client is in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "a state is rare and moved twice; a box would show in every pattern"
)]
pub enum LiveEvent {
    /// Somebody else's message, or one of another device of this user.
    Received(Message),
    /// An own message has its position. Once for each message, also when the send was repeated.
    Sent(Message),
    /// A message was changed. It may not have come yet: then it comes as it was changed to.
    Updated {
        /// The message as it stands now.
        message: Message,
        /// Who changed it.
        operator: Uid,
    },
    /// A message was removed. It may not have come yet: then it does not come any more.
    Deleted {
        /// Of which group.
        group: ConversationShortId,
        /// Which message.
        position: Position,
        /// Who removed it.
        operator: Uid,
    },
    /// Messages of one class that this viewer was not sent. They can be read with
    /// [`get_live_group_history`](crate::LiveGroups::get_live_group_history) while they are kept.
    LeftOut(LiveGap),
    /// The group's information, roles, online count, or this user's own record in it
    /// ([`me`](Conversation::me)) changed.
    StateChanged(Conversation),
    /// Something was done to members: mutes, roles, kicks, marks.
    Members(GroupEvent),
    /// Who came and went, and whose record changed, since the last pulse. At most a few in a second, however many
    /// come and go: owner, admins and marked members are always named, of the others as many as fit.
    Pulse(LivePulse),
    /// Attributes were set or removed.
    AttributesChanged(AttributesChanged),
    /// Attributes changed while the connection was away: all of them as they stand now.
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
    /// Taps of counters came to nothing.
    TapsRefused {
        /// Of which group.
        group: ConversationShortId,
        /// How much of each counter. When the session or the membership ended while taps were on their way,
        /// they are in here although they may have been counted.
        lost: BTreeMap<String, u64>,
        /// Why.
        reason: Refusal,
    },
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

/// What waits in a queue for its reader. The reader gets it in another form: the one that waits is as small as it can be.
pub(crate) trait Told: Clone + Send + 'static {
    type Shown: Clone + Send + 'static;

    /// What the reader gets.
    fn shown(self) -> Self::Shown;

    /// What a reader that was too slow gets in the place of so many.
    fn lagged(count: u64) -> Self::Shown;
}

impl Told for bim_core::LiveEvent {
    type Shown = LiveEvent;

    fn shown(self) -> LiveEvent {
        self.into()
    }

    fn lagged(count: u64) -> LiveEvent {
        LiveEvent::Lagged { count }
    }
}

impl Told for ConnectEvent {
    type Shown = Self;

    fn shown(self) -> Self {
        self
    }

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
            Core::Updated { message, operator } => Self::Updated { message, operator },
            Core::Deleted { group, position, operator } => Self::Deleted { group, position, operator },
            Core::LeftOut(gap) => Self::LeftOut(gap),
            Core::StateChanged(conversation) => Self::StateChanged(*conversation),
            Core::Members(event) => Self::Members(event),
            Core::Pulse(pulse) => Self::Pulse(pulse),
            Core::AttributesChanged(changed) => Self::AttributesChanged(changed),
            Core::AttributesSnapshot { group, attributes } => Self::AttributesSnapshot { group, attributes },
            Core::CountersChanged { group, counters } => Self::CountersChanged { group, counters },
            Core::TapsRefused { group, lost, reason } => Self::TapsRefused { group, lost, reason },
            Core::Discontinuity { group, reason, from, to } => {
                Self::Discontinuity(Discontinuity { group, reason, from, to })
            }
            Core::Left { group, reason } => Self::Left { group, reason },
        }
    }
}
