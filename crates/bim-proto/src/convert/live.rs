//! The messages of live groups.

use bim_types::{
    ClientMessageId, Conversation, ConversationShortId, DiscontinuityReason, GroupInfo, GroupInfoChange,
    LiveGap, Message, PerPriority, ResumeVerdict, Role, Seq, Wall,
};

use crate::convert::common::{content, message_body, priority, uid};
use crate::error::DecodeError;
use crate::message::{Accepted, HistoryPage, Joined, LivePush, Page};
use crate::wire::{self, joined_live_group::Verdict};

impl From<GroupInfo> for wire::GroupInfo {
    fn from(info: GroupInfo) -> Self {
        let GroupInfo { name, description, notice, avatar_url, ext } = info;
        Self { name, description, notice, avatar_url, ext }
    }
}

impl From<wire::GroupInfo> for GroupInfo {
    fn from(wire: wire::GroupInfo) -> Self {
        let wire::GroupInfo { name, description, notice, avatar_url, ext } = wire;
        Self { name, description, notice, avatar_url, ext }
    }
}

/// The group is not part of the change.
impl From<GroupInfoChange> for wire::SetLiveGroupInfo {
    fn from(change: GroupInfoChange) -> Self {
        let GroupInfoChange { name, description, notice, avatar_url, ext } = change;
        let ext = ext.map(|entries| wire::Ext { entries });
        Self { short_id: 0, name, description, notice, avatar_url, ext }
    }
}

impl From<wire::SetLiveGroupInfo> for GroupInfoChange {
    fn from(wire: wire::SetLiveGroupInfo) -> Self {
        let wire::SetLiveGroupInfo { short_id: _, name, description, notice, avatar_url, ext } = wire;
        Self { name, description, notice, avatar_url, ext: ext.map(|ext| ext.entries) }
    }
}

impl From<Role> for wire::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            _ => Self::Normal,
        }
    }
}

impl From<wire::Role> for Role {
    fn from(wire: wire::Role) -> Self {
        match wire {
            wire::Role::Owner => Self::Owner,
            wire::Role::Admin => Self::Admin,
            wire::Role::Normal => Self::Normal,
        }
    }
}

impl From<Conversation> for wire::LiveGroup {
    fn from(conversation: Conversation) -> Self {
        Self {
            short_id: conversation.conversation_short_id.value(),
            info: Some(conversation.info.into()),
            owner: Some(conversation.owner.into()),
            role: wire::Role::from(conversation.role).into(),
            created_at_ms: conversation.created_at.as_millis(),
            version: conversation.version,
            online_count: conversation.online_count,
            joined: conversation.joined,
            dissolved: conversation.dissolved,
        }
    }
}

impl TryFrom<wire::LiveGroup> for Conversation {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveGroup) -> Result<Self, DecodeError> {
        let role = wire.role().into();
        let short_id = short_id(wire.short_id, "LiveGroup.short_id")?;
        Ok(Self {
            conversation_short_id: short_id,
            conversation_id: Self::live_group_id(short_id),
            info: wire.info.ok_or(DecodeError::field("LiveGroup.info"))?.into(),
            owner: uid(wire.owner, "LiveGroup.owner")?,
            role,
            created_at: Wall::from_millis(wire.created_at_ms),
            version: wire.version,
            online_count: wire.online_count,
            joined: wire.joined,
            dissolved: wire.dissolved,
        })
    }
}

impl From<Page<Conversation>> for wire::LiveGroupPage {
    fn from(page: Page<Conversation>) -> Self {
        Self {
            groups: page.entries.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
            has_more: page.has_more,
        }
    }
}

impl TryFrom<wire::LiveGroupPage> for Page<Conversation> {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveGroupPage) -> Result<Self, DecodeError> {
        Ok(Self {
            entries: wire.groups.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            next_cursor: wire.next_cursor,
            has_more: wire.has_more,
        })
    }
}

impl From<Joined> for wire::JoinedLiveGroup {
    fn from(joined: Joined) -> Self {
        let verdict = match joined.verdict {
            ResumeVerdict::Fresh => Verdict::Fresh(wire::FreshVerdict {}),
            ResumeVerdict::Resumed { left_out } => Verdict::Resumed(wire::ResumedVerdict {
                left_out_low: left_out.low,
                left_out_normal: left_out.normal,
            }),
            ResumeVerdict::Discontinuity(reason) => Verdict::Discontinuity(wire::DiscontinuityVerdict {
                reason: wire::DiscontinuityReason::from(reason).into(),
            }),
        };
        Self {
            group: Some(joined.conversation.into()),
            cursor: Some(joined.cursor.into()),
            verdict: Some(verdict),
        }
    }
}

impl TryFrom<wire::JoinedLiveGroup> for Joined {
    type Error = DecodeError;

    fn try_from(wire: wire::JoinedLiveGroup) -> Result<Self, DecodeError> {
        let verdict = match wire.verdict.ok_or(DecodeError::field("JoinedLiveGroup.verdict"))? {
            Verdict::Fresh(wire::FreshVerdict {}) => ResumeVerdict::Fresh,
            Verdict::Resumed(resumed) => ResumeVerdict::Resumed {
                left_out: PerPriority { low: resumed.left_out_low, normal: resumed.left_out_normal, high: 0 },
            },
            Verdict::Discontinuity(verdict) => ResumeVerdict::Discontinuity(verdict.reason().into()),
        };
        Ok(Self {
            conversation: wire.group.ok_or(DecodeError::field("JoinedLiveGroup.group"))?.try_into()?,
            cursor: wire.cursor.ok_or(DecodeError::field("JoinedLiveGroup.cursor"))?.into(),
            verdict,
        })
    }
}

impl From<DiscontinuityReason> for wire::DiscontinuityReason {
    fn from(reason: DiscontinuityReason) -> Self {
        match reason {
            DiscontinuityReason::NewEpoch => Self::NewEpoch,
            DiscontinuityReason::CursorAhead => Self::CursorAhead,
            _ => Self::BeyondWindow,
        }
    }
}

impl From<wire::DiscontinuityReason> for DiscontinuityReason {
    fn from(wire: wire::DiscontinuityReason) -> Self {
        match wire {
            wire::DiscontinuityReason::NewEpoch => Self::NewEpoch,
            wire::DiscontinuityReason::CursorAhead => Self::CursorAhead,
            wire::DiscontinuityReason::BeyondWindow | wire::DiscontinuityReason::Unspecified => {
                Self::BeyondWindow
            }
        }
    }
}

impl From<Accepted> for wire::LiveMessageAccepted {
    fn from(accepted: Accepted) -> Self {
        Self { position: Some(accepted.position.into()), accepted_at_ms: accepted.accepted_at.as_millis() }
    }
}

impl TryFrom<wire::LiveMessageAccepted> for Accepted {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessageAccepted) -> Result<Self, DecodeError> {
        Ok(Self {
            position: wire.position.ok_or(DecodeError::field("LiveMessageAccepted.position"))?.into(),
            accepted_at: Wall::from_millis(wire.accepted_at_ms),
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
        }
    }
}

impl From<LivePush> for wire::LiveMessage {
    fn from(push: LivePush) -> Self {
        let PerPriority { low, normal, high } = push.previous;
        let (previous_low, previous_normal, previous_high) = (low.0, normal.0, high.0);
        Self { previous_low, previous_normal, previous_high, ..push.message.into() }
    }
}

impl TryFrom<wire::LiveMessage> for LivePush {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessage) -> Result<Self, DecodeError> {
        let (low, normal, high) = (wire.previous_low, wire.previous_normal, wire.previous_high);
        let previous = PerPriority { low: Seq(low), normal: Seq(normal), high: Seq(high) };
        Ok(Self { message: wire.try_into()?, previous })
    }
}

impl TryFrom<wire::LiveMessage> for Message {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMessage) -> Result<Self, DecodeError> {
        Ok(Self {
            conversation_short_id: short_id(wire.short_id, "LiveMessage.short_id")?,
            position: wire.position.ok_or(DecodeError::field("LiveMessage.position"))?.into(),
            client_message_id: ClientMessageId::from_slice(&wire.client_message_id)
                .map_err(|_| DecodeError::field("LiveMessage.client_message_id"))?,
            sender: uid(wire.sender, "LiveMessage.sender")?,
            priority: priority(wire.priority, "LiveMessage.priority")?,
            accepted_at: Wall::from_millis(wire.accepted_at_ms),
            edits: wire.edits,
            body: message_body(wire.content),
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

fn short_id(number: i64, field: &'static str) -> Result<ConversationShortId, DecodeError> {
    ConversationShortId::new(number).map_err(|_| DecodeError::field(field))
}
