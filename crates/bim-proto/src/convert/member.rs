//! Members of live groups: who they are, and which are asked for.

use bim_types::{Member, MemberInfo, MemberInfoChange, MemberList, Presence, Role, Until, Wall};

use crate::convert::common::{short_id, uid};
use crate::error::DecodeError;
use crate::message::{MemberPage, MemberQuery, SetMemberInfo};
use crate::wire;

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

impl From<MemberInfo> for wire::LiveMemberInfo {
    fn from(info: MemberInfo) -> Self {
        let MemberInfo { alias, avatar_url, ext } = info;
        Self { alias, avatar_url, ext }
    }
}

impl From<wire::LiveMemberInfo> for MemberInfo {
    fn from(wire: wire::LiveMemberInfo) -> Self {
        let wire::LiveMemberInfo { alias, avatar_url, ext } = wire;
        Self { alias, avatar_url, ext }
    }
}

/// The start of 1970 is long past: it travels as the moment after, since 0 means for ever.
impl From<Until> for wire::Until {
    fn from(until: Until) -> Self {
        let at_ms = match until {
            Until::At(at) => at.as_millis().max(1),
            Until::Forever => 0,
        };
        Self { at_ms }
    }
}

impl From<wire::Until> for Until {
    fn from(wire: wire::Until) -> Self {
        match wire.at_ms {
            0 => Self::Forever,
            at => Self::At(Wall::from_millis(at)),
        }
    }
}

impl From<Member> for wire::LiveMember {
    fn from(member: Member) -> Self {
        let presence = member.presence;
        Self {
            uid: Some(member.uid.into()),
            role: wire::Role::from(member.role).into(),
            info: (member.info != MemberInfo::default()).then(|| member.info.into()),
            marks: member.marks,
            muted: member.muted.map(Into::into),
            blocked: member.blocked.map(Into::into),
            exempt: member.exempt,
            online: presence.is_some(),
            joined_at_ms: presence.map_or(0, |presence| presence.joined_at.as_millis()),
            last_seen_at_ms: presence.map_or(0, |presence| presence.last_seen_at.as_millis()),
        }
    }
}

impl TryFrom<wire::LiveMember> for Member {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMember) -> Result<Self, DecodeError> {
        let role = wire.role().into();
        let presence = Presence {
            joined_at: Wall::from_millis(wire.joined_at_ms),
            last_seen_at: Wall::from_millis(wire.last_seen_at_ms),
        };
        Ok(Self {
            uid: uid(wire.uid, "LiveMember.uid")?,
            role,
            info: wire.info.unwrap_or_default().into(),
            marks: wire.marks,
            muted: wire.muted.map(Into::into),
            blocked: wire.blocked.map(Into::into),
            exempt: wire.exempt,
            presence: wire.online.then_some(presence),
        })
    }
}

/// Reads a list of members.
pub(crate) fn members(wire: Vec<wire::LiveMember>) -> Result<Vec<Member>, DecodeError> {
    wire.into_iter().map(TryInto::try_into).collect()
}

impl From<SetMemberInfo> for wire::SetLiveMemberInfo {
    fn from(set: SetMemberInfo) -> Self {
        let MemberInfoChange { alias, avatar_url, ext } = set.change;
        Self {
            short_id: set.group.value(),
            alias,
            avatar_url,
            ext: ext.map(|entries| wire::Ext { entries }),
            uid: set.uid.map(Into::into),
        }
    }
}

impl TryFrom<wire::SetLiveMemberInfo> for SetMemberInfo {
    type Error = DecodeError;

    fn try_from(wire: wire::SetLiveMemberInfo) -> Result<Self, DecodeError> {
        let ext = wire.ext.map(|ext| ext.entries);
        let whose = wire.uid.map(|whose| uid(Some(whose), "SetLiveMemberInfo.uid")).transpose()?;
        Ok(Self {
            group: short_id(wire.short_id, "short_id")?,
            uid: whose,
            change: MemberInfoChange { alias: wire.alias, avatar_url: wire.avatar_url, ext },
        })
    }
}

impl From<MemberQuery> for wire::ListLiveMembers {
    fn from(query: MemberQuery) -> Self {
        Self {
            short_id: query.group.value(),
            list: wire::LiveMemberList::from(query.list).into(),
            after: query.after.map(Into::into),
            count: query.count,
            mark: query.mark.unwrap_or_default(),
        }
    }
}

impl TryFrom<wire::ListLiveMembers> for MemberQuery {
    type Error = DecodeError;

    fn try_from(wire: wire::ListLiveMembers) -> Result<Self, DecodeError> {
        let list = wire::LiveMemberList::try_from(wire.list)
            .map_err(|_| DecodeError::field("ListLiveMembers.list"))?;
        let after = wire.after.map(|after| uid(Some(after), "ListLiveMembers.after")).transpose()?;
        Ok(Self {
            group: short_id(wire.short_id, "short_id")?,
            list: list.into(),
            after,
            count: wire.count,
            mark: (!wire.mark.is_empty()).then_some(wire.mark),
        })
    }
}

impl From<MemberList> for wire::LiveMemberList {
    fn from(list: MemberList) -> Self {
        match list {
            MemberList::Online => Self::Online,
            MemberList::Muted => Self::Muted,
            MemberList::Exempt => Self::Exempt,
            MemberList::Blocked => Self::Blocked,
            _ => Self::Resident,
        }
    }
}

impl From<wire::LiveMemberList> for MemberList {
    fn from(wire: wire::LiveMemberList) -> Self {
        match wire {
            wire::LiveMemberList::Resident => Self::Resident,
            wire::LiveMemberList::Online => Self::Online,
            wire::LiveMemberList::Muted => Self::Muted,
            wire::LiveMemberList::Exempt => Self::Exempt,
            wire::LiveMemberList::Blocked => Self::Blocked,
        }
    }
}

impl From<MemberPage> for wire::LiveMemberPage {
    fn from(page: MemberPage) -> Self {
        Self { members: page.members.into_iter().map(Into::into).collect(), has_more: page.has_more }
    }
}

impl TryFrom<wire::LiveMemberPage> for MemberPage {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMemberPage) -> Result<Self, DecodeError> {
        Ok(Self { members: members(wire.members)?, has_more: wire.has_more })
    }
}
