//! The members of a room as others see them, and what they say about themselves.

use std::collections::BTreeSet;
use std::ops::Bound;

use bim_proto::stored::{StoredLiveGroup, StoredLiveRoll};
use bim_types::{
    ConnectionId, ErrorCode, Member, MemberInfo, MemberInfoChange, MemberList, Presence, Refusal, Role, Uid,
    Wall,
};

use super::roll::{Roll, change_member};
use super::{Actor, Room};
use crate::authority::Operation;
use crate::roster::{Entry as RosterEntry, PulseParts};

/// What a user says about itself from now on.
#[derive(Debug, PartialEq, Eq)]
pub struct InfoPlan {
    /// Who.
    pub uid: Uid,
    /// What it says.
    pub info: MemberInfo,
    /// The roll after it, for owner and admins, of whom it is kept.
    pub roll: Option<StoredLiveRoll>,
}

impl Room {
    /// One user's record. `heard` says when a connection was last heard; blocks are told only to those who may
    /// read the lists.
    #[must_use]
    pub fn member(&self, uid: &Uid, heard: &dyn Fn(ConnectionId) -> Wall, sees_blocks: bool) -> Member {
        let presence = self.roster.joined_at(uid).map(|joined_at| {
            let last_seen_at = self.roster.connections_of(uid).map(heard).max().unwrap_or(joined_at);
            Presence { joined_at, last_seen_at }
        });
        let blocked = self.roll.find(uid).and_then(|member| member.blocked).filter(|_| sees_blocks);
        Member { blocked, ..record(&self.group, &self.roll, uid, self.info(uid), presence) }
    }

    /// The uids of a list after one of them, in order, those with a mark only when one is named.
    pub fn listed<'a>(
        &'a self,
        list: MemberList,
        after: Option<&'a Uid>,
        mark: Option<&'a str>,
    ) -> Box<dyn Iterator<Item = &'a Uid> + 'a> {
        let has_mark = move |uid: &&Uid| match mark {
            Some(mark) => {
                self.roll.find(uid).is_some_and(|member| member.marks.iter().any(|given| given == mark))
            }
            None => true,
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rolled = self.roll.stored().members.range::<Uid, _>((from, Bound::Unbounded));
        match list {
            // There are far fewer users with a mark than users.
            MemberList::Online if mark.is_some() => {
                Box::new(rolled.map(|(uid, _)| uid).filter(has_mark).filter(|uid| self.roster.is_in(uid)))
            }
            MemberList::Online => Box::new(self.roster.after(after).map(|(uid, _)| uid)),
            MemberList::Muted => {
                Box::new(rolled.filter(|(_, m)| m.muted.is_some()).map(|(uid, _)| uid).filter(has_mark))
            }
            MemberList::Exempt => {
                Box::new(rolled.filter(|(_, m)| m.exempt).map(|(uid, _)| uid).filter(has_mark))
            }
            MemberList::Blocked => {
                Box::new(rolled.filter(|(_, m)| m.blocked.is_some()).map(|(uid, _)| uid).filter(has_mark))
            }
            _ => {
                let residents: BTreeSet<&Uid> =
                    std::iter::once(&self.group.owner).chain(&self.group.admins).collect();
                let is_after = move |uid: &&Uid| after.is_none_or(|after| *uid > after);
                Box::new(residents.into_iter().filter(is_after).filter(has_mark))
            }
        }
    }

    /// What a user says about itself: what it said since it came in, or what is kept of it.
    #[must_use]
    pub fn info(&self, uid: &Uid) -> Option<&MemberInfo> {
        self.roster.info(uid).or_else(|| self.roll.info(uid))
    }

    /// What a change of a user's information comes to. The caller makes the roll durable, if there is one, and
    /// then calls [`Room::set_info`].
    ///
    /// # Errors
    ///
    /// The refusal to answer with: not allowed, too long, or about somebody who is not in.
    pub fn plan_info(
        &self,
        actor: &Actor,
        uid: Option<Uid>,
        change: MemberInfoChange,
    ) -> Result<InfoPlan, Refusal> {
        let uid = uid.unwrap_or_else(|| actor.uid.clone());
        let is_own = uid == actor.uid && !actor.is_app_server;
        let operation = if is_own { Operation::SetOwnInfo } else { Operation::SetInfoOfOthers };
        self.permit(operation, actor)?;
        let info = change.apply(self.info(&uid).cloned().unwrap_or_default());
        info.check()?;
        let is_resident = self.role(&uid) != Role::Normal;
        if !is_resident && !self.roster.is_in(&uid) {
            return Err(Refusal::new(ErrorCode::UserNotInGroup).hint("the user is not in the group"));
        }
        let roll = is_resident.then(|| {
            let mut roll = self.roll.stored().clone();
            change_member(&mut roll, &uid, |member| member.info = Some(info.clone()));
            roll
        });
        Ok(InfoPlan { uid, info, roll })
    }

    /// Takes what a user says about itself.
    pub fn set_info(&mut self, uid: &Uid, info: MemberInfo) {
        self.roster.set_info(uid, info);
    }

    /// What the next pulse says of members; `None` when there is nothing to tell.
    pub fn take_pulse(&mut self, now: Wall) -> Option<PulseParts> {
        let (group, roll) = (&self.group, &self.roll);
        self.roster.take_pulse(
            |uid| role_in(group, uid) != Role::Normal || roll.is_marked(uid),
            |uid, entry| {
                let presence =
                    entry.map(|entry| Presence { joined_at: entry.joined_at(), last_seen_at: now });
                let info = entry.map(RosterEntry::info).or_else(|| roll.info(uid));
                record(group, roll, uid, info, presence)
            },
        )
    }
}

/// A user's record; blocks are left out.
fn record(
    group: &StoredLiveGroup,
    roll: &Roll,
    uid: &Uid,
    info: Option<&MemberInfo>,
    presence: Option<Presence>,
) -> Member {
    let known = roll.find(uid);
    Member {
        uid: uid.clone(),
        role: role_in(group, uid),
        info: info.cloned().unwrap_or_default(),
        marks: known.map(|member| member.marks.clone()).unwrap_or_default(),
        muted: known.and_then(|member| member.muted),
        blocked: None,
        exempt: known.is_some_and(|member| member.exempt),
        presence,
    }
}

/// A user's role.
pub(super) fn role_in(group: &StoredLiveGroup, uid: &Uid) -> Role {
    if group.owner == *uid {
        Role::Owner
    } else if group.admins.contains(uid) {
        Role::Admin
    } else {
        Role::Normal
    }
}
