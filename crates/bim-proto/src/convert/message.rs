//! Messages of live groups: sent, accepted, pushed, changed, read.

use bim_types::{LiveGap, Message, MessageBody, PerPriority, Seq, Wall};

use crate::convert::common::{client_message_id, content, message_body, priority, said, short_id, uid};
use crate::error::DecodeError;
use crate::message::{
    Accepted, Broadcast, HistoryPage, HistoryQuery, LiveChange, LiveChanged, LivePush, SendLive,
};
use crate::wire;

impl From<SendLive> for wire::SendLiveMessage {
    fn from(send: SendLive) -> Self {
        Self {
            short_id: send.group.value(),
            client_message_id: send.client_message_id.to_bytes().to_vec().into(),
            priority: wire::Priority::from(send.priority).into(),
            content: content(send.body),
            follows: send.follows.map(|id| id.to_bytes().to_vec()).unwrap_or_default().into(),
        }
    }
}

impl TryFrom<wire::SendLiveMessage> for SendLive {
    type Error = DecodeError;

    fn try_from(wire: wire::SendLiveMessage) -> Result<Self, DecodeError> {
        let body = said(wire.content, "SendLiveMessage.content")?;
        let follows = match wire.follows.len() {
            0 => None,
            _ => Some(client_message_id(&wire.follows, "SendLiveMessage.follows")?),
        };
        Ok(Self {
            group: short_id(wire.short_id, "short_id")?,
            client_message_id: client_message_id(
                &wire.client_message_id,
                "SendLiveMessage.client_message_id",
            )?,
            priority: priority(wire.priority, "SendLiveMessage.priority")?,
            body,
            follows,
        })
    }
}

impl From<Broadcast> for wire::BroadcastToLiveGroups {
    fn from(broadcast: Broadcast) -> Self {
        Self {
            client_message_id: broadcast.client_message_id.to_bytes().to_vec().into(),
            priority: wire::Priority::from(broadcast.priority).into(),
            content: content(broadcast.body),
        }
    }
}

impl TryFrom<wire::BroadcastToLiveGroups> for Broadcast {
    type Error = DecodeError;

    fn try_from(wire: wire::BroadcastToLiveGroups) -> Result<Self, DecodeError> {
        Ok(Self {
            client_message_id: client_message_id(
                &wire.client_message_id,
                "BroadcastToLiveGroups.client_message_id",
            )?,
            priority: priority(wire.priority, "BroadcastToLiveGroups.priority")?,
            body: said(wire.content, "BroadcastToLiveGroups.content")?,
        })
    }
}

impl From<Accepted> for wire::LiveMessageAccepted {
    fn from(accepted: Accepted) -> Self {
        Self {
            position: Some(accepted.position.into()),
            accepted_at_ms: accepted.accepted_at.as_millis(),
            only_for_sender: accepted.only_for_sender,
            rewritten: accepted.rewritten.map(|body| content(body).unwrap_or_default()),
        }
    }
}

impl TryFrom<wire::LiveMessageAccepted> for Accepted {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessageAccepted) -> Result<Self, DecodeError> {
        Ok(Self {
            position: wire.position.ok_or(DecodeError::field("LiveMessageAccepted.position"))?.into(),
            accepted_at: Wall::from_millis(wire.accepted_at_ms),
            only_for_sender: wire.only_for_sender,
            rewritten: wire.rewritten.map(|content| message_body(Some(content))),
        })
    }
}

impl From<Message> for wire::LiveMessage {
    fn from(message: Message) -> Self {
        Self {
            short_id: message.conversation_short_id.value(),
            position: Some(message.position.into()),
            sender: Some(message.sender.into()),
            client_message_id: message.client_message_id.to_bytes().to_vec().into(),
            priority: wire::Priority::from(message.priority).into(),
            accepted_at_ms: message.accepted_at.as_millis(),
            content: content(message.body),
            edits: message.edits,
            previous_low: 0,
            previous_normal: 0,
            previous_high: 0,
            hidden: false,
        }
    }
}

impl TryFrom<wire::LiveMessage> for Message {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessage) -> Result<Self, DecodeError> {
        Ok(Self {
            conversation_short_id: short_id(wire.short_id, "LiveMessage.short_id")?,
            position: wire.position.ok_or(DecodeError::field("LiveMessage.position"))?.into(),
            client_message_id: client_message_id(&wire.client_message_id, "LiveMessage.client_message_id")?,
            sender: uid(wire.sender, "LiveMessage.sender")?,
            priority: priority(wire.priority, "LiveMessage.priority")?,
            accepted_at: Wall::from_millis(wire.accepted_at_ms),
            edits: wire.edits,
            body: message_body(wire.content),
        })
    }
}

/// What is hidden is not sent, whatever the message holds.
impl From<LivePush> for wire::LiveMessage {
    fn from(push: LivePush) -> Self {
        let PerPriority { low: Seq(low), normal: Seq(normal), high: Seq(high) } = push.previous;
        let message = match push.hidden {
            true => Message { body: MessageBody::Unknown { kind: 0 }, ..push.message },
            false => push.message,
        };
        Self {
            previous_low: low,
            previous_normal: normal,
            previous_high: high,
            hidden: push.hidden,
            ..message.into()
        }
    }
}

impl TryFrom<wire::LiveMessage> for LivePush {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessage) -> Result<Self, DecodeError> {
        let previous = previous(wire.previous_low, wire.previous_normal, wire.previous_high);
        let hidden = wire.hidden;
        let shown = wire.content.filter(|_| !hidden);
        let message = wire::LiveMessage { content: shown, ..wire }.try_into()?;
        Ok(Self { message, previous, hidden })
    }
}

fn previous(low: u64, normal: u64, high: u64) -> PerPriority<Seq> {
    PerPriority { low: Seq(low), normal: Seq(normal), high: Seq(high) }
}

/// A change on the wire: what was done to a message decides which of two messages it is.
pub(crate) enum Change {
    Updated(wire::LiveMessageUpdated),
    Deleted(wire::LiveMessageDeleted),
}

impl From<LiveChange> for Change {
    fn from(change: LiveChange) -> Self {
        let PerPriority { low: Seq(low), normal: Seq(normal), high: Seq(high) } = change.previous;
        let (at, operator) = (Some(change.position.into()), Some(change.operator.into()));
        match change.what {
            LiveChanged::Updated(message) => Self::Updated(wire::LiveMessageUpdated {
                message: Some(message.into()),
                position: at,
                previous_low: low,
                previous_normal: normal,
                previous_high: high,
                operator,
            }),
            LiveChanged::Deleted { group, position } => Self::Deleted(wire::LiveMessageDeleted {
                short_id: group.value(),
                position: Some(position.into()),
                removal: at,
                previous_low: low,
                previous_normal: normal,
                previous_high: high,
                operator,
            }),
        }
    }
}

impl TryFrom<wire::LiveMessageUpdated> for LiveChange {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessageUpdated) -> Result<Self, DecodeError> {
        let message = wire.message.ok_or(DecodeError::field("LiveMessageUpdated.message"))?;
        Ok(Self {
            what: LiveChanged::Updated(message.try_into()?),
            position: wire.position.ok_or(DecodeError::field("LiveMessageUpdated.position"))?.into(),
            previous: previous(wire.previous_low, wire.previous_normal, wire.previous_high),
            operator: uid(wire.operator, "LiveMessageUpdated.operator")?,
        })
    }
}

impl TryFrom<wire::LiveMessageDeleted> for LiveChange {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessageDeleted) -> Result<Self, DecodeError> {
        let group = short_id(wire.short_id, "LiveMessageDeleted.short_id")?;
        let position = wire.position.ok_or(DecodeError::field("LiveMessageDeleted.position"))?.into();
        Ok(Self {
            what: LiveChanged::Deleted { group, position },
            position: wire.removal.ok_or(DecodeError::field("LiveMessageDeleted.removal"))?.into(),
            previous: previous(wire.previous_low, wire.previous_normal, wire.previous_high),
            operator: uid(wire.operator, "LiveMessageDeleted.operator")?,
        })
    }
}

impl From<LiveGap> for wire::LiveGap {
    fn from(gap: LiveGap) -> Self {
        Self {
            short_id: gap.conversation_short_id.value(),
            priority: wire::Priority::from(gap.priority).into(),
            count: gap.count,
            from_seq: gap.from.0,
            to_seq: gap.to.0,
        }
    }
}

impl TryFrom<wire::LiveGap> for LiveGap {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveGap) -> Result<Self, DecodeError> {
        Ok(Self {
            conversation_short_id: short_id(wire.short_id, "LiveGap.short_id")?,
            priority: priority(wire.priority, "LiveGap.priority")?,
            count: wire.count,
            from: Seq(wire.from_seq),
            to: Seq(wire.to_seq),
        })
    }
}

impl From<HistoryQuery> for wire::ReadLiveHistory {
    fn from(query: HistoryQuery) -> Self {
        Self {
            short_id: query.group.value(),
            from_seq: query.from.0,
            to_seq: query.to.unwrap_or_default().0,
            up_to_nothing: query.to == Some(Seq::ZERO),
            limit: query.limit,
            newest_first: query.newest_first,
        }
    }
}

impl TryFrom<wire::ReadLiveHistory> for HistoryQuery {
    type Error = DecodeError;

    fn try_from(wire: wire::ReadLiveHistory) -> Result<Self, DecodeError> {
        Ok(Self {
            group: short_id(wire.short_id, "short_id")?,
            from: Seq(wire.from_seq),
            to: (wire.up_to_nothing || wire.to_seq != 0).then_some(Seq(wire.to_seq)),
            limit: wire.limit,
            newest_first: wire.newest_first,
        })
    }
}

impl From<HistoryPage> for wire::LiveHistoryPage {
    fn from(page: HistoryPage) -> Self {
        Self {
            messages: page.messages.into_iter().map(Into::into).collect(),
            next_seq: page.next.0,
            has_more: page.has_more,
        }
    }
}

impl TryFrom<wire::LiveHistoryPage> for HistoryPage {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveHistoryPage) -> Result<Self, DecodeError> {
        Ok(Self {
            messages: wire.messages.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            next: Seq(wire.next_seq),
            has_more: wire.has_more,
        })
    }
}
