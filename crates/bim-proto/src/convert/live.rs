//! Live groups: what they are, and entering them.

use std::time::Duration;

use bim_types::{
    Attributes, Conversation, DiscontinuityReason, GroupInfo, GroupInfoChange, PerPriority, ResumeVerdict,
    Wall,
};

use crate::convert::common::{short_id, uid};
use crate::convert::{millis, seconds};
use crate::error::DecodeError;
use crate::message::{JoinLive, Joined, Page};
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
            online_count_age_ms: millis(conversation.online_count_age),
            mute_all: wire::MuteAll::from(conversation.mute_all).into(),
            slow_mode_ms: millis(conversation.slow_mode),
            dissolve_after_idle_s: seconds(conversation.dissolve_after_idle),
            mark_types: conversation.mark_types,
            me: conversation.me.map(Into::into),
        }
    }
}

impl TryFrom<wire::LiveGroup> for Conversation {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveGroup) -> Result<Self, DecodeError> {
        let (role, mute_all) = (wire.role().into(), wire.mute_all().into());
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
            online_count_age: Duration::from_millis(wire.online_count_age_ms),
            joined: wire.joined,
            dissolved: wire.dissolved,
            mute_all,
            slow_mode: Duration::from_millis(wire.slow_mode_ms),
            dissolve_after_idle: Duration::from_secs(wire.dissolve_after_idle_s),
            mark_types: wire.mark_types,
            me: wire.me.map(TryInto::try_into).transpose()?,
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

impl From<JoinLive> for wire::JoinLiveGroup {
    fn from(join: JoinLive) -> Self {
        Self {
            short_id: join.group.value(),
            resume: join.resume.map(Into::into),
            info: join.info.map(Into::into),
        }
    }
}

impl TryFrom<wire::JoinLiveGroup> for JoinLive {
    type Error = DecodeError;

    fn try_from(wire: wire::JoinLiveGroup) -> Result<Self, DecodeError> {
        Ok(Self {
            group: short_id(wire.short_id, "short_id")?,
            resume: wire.resume.map(Into::into),
            info: wire.info.map(Into::into),
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
            attributes: (joined.attributes != Attributes::default()).then(|| joined.attributes.into()),
            counters: joined.counters,
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
            attributes: wire.attributes.unwrap_or_default().try_into()?,
            counters: wire.counters,
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
