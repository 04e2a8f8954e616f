//! Members of live groups: who they are, and what they say about themselves.

use std::collections::BTreeSet;

use bim_core::{Answer, Ask, MemberPage, MemberQuery, SetMemberInfo};
use bim_types::{ConversationShortId, Member, MemberInfo, MemberInfoChange, MemberList, Uid};

use super::{LiveGroups, LiveMemberOnlineInfo, MemberCursor, MemberListResult};
use crate::client::unfit;
use crate::error::Error;

impl LiveGroups {
    /// Lists the resident members, owner and admins, whether they are in or not.
    ///
    /// `cursor` is [`MemberCursor::START`] for the first page, then the page's `next_cursor`; `count` is 1 to 50, 0
    /// means 50.
    ///
    /// # Errors
    ///
    /// 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_member_list(
        &self,
        id: ConversationShortId,
        cursor: MemberCursor,
        count: u32,
    ) -> Result<MemberListResult, Error> {
        self.members(id, MemberList::Resident, cursor, count, None).await
    }

    /// Lists who is in now, with `mark` only those who were given that mark; otherwise as
    /// [`get_live_group_member_list`](Self::get_live_group_member_list).
    ///
    /// # Errors
    ///
    /// 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_member_online_list(
        &self,
        id: ConversationShortId,
        cursor: MemberCursor,
        count: u32,
        mark: Option<&str>,
    ) -> Result<MemberListResult, Error> {
        self.members(id, MemberList::Online, cursor, count, mark).await
    }

    /// Lists who is muted, for owner and admins; `count` is 1 to 20, 0 means 20. Otherwise as
    /// [`get_live_group_member_list`](Self::get_live_group_member_list).
    ///
    /// # Errors
    ///
    /// 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_member_silent_list(
        &self,
        id: ConversationShortId,
        cursor: MemberCursor,
        count: u32,
    ) -> Result<MemberListResult, Error> {
        self.members(id, MemberList::Muted, cursor, count, None).await
    }

    /// Lists who may speak while all are muted; otherwise as
    /// [`get_live_group_member_silent_list`](Self::get_live_group_member_silent_list).
    ///
    /// # Errors
    ///
    /// 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_member_silent_white_list(
        &self,
        id: ConversationShortId,
        cursor: MemberCursor,
        count: u32,
    ) -> Result<MemberListResult, Error> {
        self.members(id, MemberList::Exempt, cursor, count, None).await
    }

    /// Lists who can not come in; otherwise as
    /// [`get_live_group_member_silent_list`](Self::get_live_group_member_silent_list).
    ///
    /// # Errors
    ///
    /// 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_member_block_list(
        &self,
        id: ConversationShortId,
        cursor: MemberCursor,
        count: u32,
    ) -> Result<MemberListResult, Error> {
        self.members(id, MemberList::Blocked, cursor, count, None).await
    }

    /// Reads the records of 1 to 200 users, who need not be in; in the order of `uids`, each once. Large records take
    /// more than one round trip.
    ///
    /// # Errors
    ///
    /// 4 with the limit for no users or too many; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_member_info(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<Vec<Member>, Error> {
        let mut seen = BTreeSet::new();
        let mut uids: Vec<Uid> = uids.into();
        uids.retain(|uid| seen.insert(uid.clone()));
        let mut members = Vec::new();
        loop {
            let MemberPage { members: page, has_more } = self.page(Ask::GetMembers(id, uids.clone())).await?;
            let last = page.last().and_then(|last| uids.iter().position(|uid| *uid == last.uid));
            members.extend(page);
            match last {
                _ if !has_more => return Ok(members),
                Some(last) if last + 1 < uids.len() => drop(uids.drain(..=last)),
                // There is more, and nothing more was asked for.
                _ => return Err(unfit()),
            }
        }
    }

    /// Says of 1 to 200 users whether they are in, since when, and when they were last heard; otherwise as
    /// [`get_live_group_member_info`](Self::get_live_group_member_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_member_online_info(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<Vec<LiveMemberOnlineInfo>, Error> {
        let members = self.get_live_group_member_info(id, uids).await?;
        Ok(members.into_iter().map(Into::into).collect())
    }

    /// Changes all that this user says about itself in a live group: what is empty becomes empty. It is said again
    /// whenever the client enters the group again after a reconnect; the server keeps it while the user is in, and
    /// that of owner and admins for ever.
    ///
    /// # Errors
    ///
    /// 4 with the limit for a text that is too long; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_member_info(
        &self,
        id: ConversationShortId,
        info: MemberInfo,
    ) -> Result<Member, Error> {
        self.set_info(id, None, info.into()).await
    }

    /// Changes the name this user goes by in a live group, and nothing else; otherwise as
    /// [`set_live_group_member_info`](Self::set_live_group_member_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_member_alias(
        &self,
        id: ConversationShortId,
        alias: impl Into<String>,
    ) -> Result<Member, Error> {
        let change = MemberInfoChange { alias: Some(alias.into()), ..MemberInfoChange::default() };
        self.set_info(id, None, change).await
    }

    /// Changes where this user's picture is in a live group, and nothing else; otherwise as
    /// [`set_live_group_member_info`](Self::set_live_group_member_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_member_avatar(
        &self,
        id: ConversationShortId,
        avatar_url: impl Into<String>,
    ) -> Result<Member, Error> {
        let change = MemberInfoChange { avatar_url: Some(avatar_url.into()), ..MemberInfoChange::default() };
        self.set_info(id, None, change).await
    }

    /// Changes what any user says about itself in a live group. App servers only: those whose token says so. What the
    /// change leaves out stays as it is.
    ///
    /// # Errors
    ///
    /// 4 with the limit for a text that is too long; 11 not an app server; 13 no such group, or the user is not in it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_member_info_of(
        &self,
        id: ConversationShortId,
        uid: Uid,
        change: MemberInfoChange,
    ) -> Result<Member, Error> {
        self.set_info(id, Some(uid), change).await
    }

    async fn set_info(
        &self,
        group: ConversationShortId,
        uid: Option<Uid>,
        change: MemberInfoChange,
    ) -> Result<Member, Error> {
        match self.ask(Ask::SetMemberInfo(SetMemberInfo { group, uid, change })).await? {
            Answer::Member(member) => Ok(member),
            _ => Err(unfit()),
        }
    }

    async fn members(
        &self,
        group: ConversationShortId,
        list: MemberList,
        cursor: MemberCursor,
        count: u32,
        mark: Option<&str>,
    ) -> Result<MemberListResult, Error> {
        let mark = mark.map(str::to_owned);
        let query = MemberQuery { group, list, after: cursor.0.clone(), count, mark };
        let MemberPage { members, has_more } = self.page(Ask::ListMembers(query)).await?;
        let next_cursor = members.last().map_or(cursor, |last| MemberCursor::after(last.uid.clone()));
        Ok(MemberListResult { list: members, next_cursor, has_more })
    }

    async fn page(&self, ask: Ask) -> Result<MemberPage, Error> {
        match self.ask(ask).await? {
            Answer::Members(page) => Ok(page),
            _ => Err(unfit()),
        }
    }
}
