//! Live groups themselves: made, read, listed, entered, left, dissolved, and what is said about them.

use bim_core::{Answer, Ask, Joined, ListQuery};
use bim_types::{Conversation, ConversationShortId, ErrorCode, GroupInfo, GroupInfoChange, MemberInfo};

use super::{LiveGroups, LiveJoinGroupResult, OnlineCount, Page};
use crate::client::unfit;
use crate::error::Error;

impl LiveGroups {
    /// Makes a live group, owned by this user. Making it does not join it.
    ///
    /// # Errors
    ///
    /// 4 with the limit for a name that is empty or a field that is too long, checked before anything is sent;
    /// 1001 too many live groups in the app; 2014 when no answer came: the group may
    /// exist then, which [`get_owner_live_group_list`](Self::get_owner_live_group_list) tells.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn create_live_group(&self, info: GroupInfo) -> Result<Conversation, Error> {
        self.conversation(Ask::Create(info)).await
    }

    /// Reads one live group.
    ///
    /// # Errors
    ///
    /// 3 when there is none with this id.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group(&self, id: ConversationShortId) -> Result<Conversation, Error> {
        self.conversation(Ask::Get(id)).await
    }

    /// Lists the live groups of the app, in the order of their ids.
    ///
    /// `cursor` is 0 for the first page, then the page's `next_cursor`; `count` is 1 to 50, 0 means 20.
    ///
    /// # Errors
    ///
    /// 2004 for a negative cursor.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_all_live_group_list(
        &self,
        cursor: i64,
        count: u32,
    ) -> Result<Page<Conversation>, Error> {
        self.list(ListQuery { cursor, count, mine: false }).await
    }

    /// Lists the live groups that this user owns or administers; otherwise as
    /// [`get_all_live_group_list`](Self::get_all_live_group_list).
    ///
    /// # Errors
    ///
    /// 2004 for a negative cursor.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_owner_live_group_list(
        &self,
        cursor: i64,
        count: u32,
    ) -> Result<Page<Conversation>, Error> {
        self.list(ListQuery { cursor, count, mine: true }).await
    }

    /// How many users are in a live group, and how long ago they were counted.
    ///
    /// [`LiveEvent::StateChanged`](crate::LiveEvent::StateChanged) tells it a few times a second to those who are
    /// in: nobody has to ask again and again.
    ///
    /// # Errors
    ///
    /// 3 no such group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_online_count(&self, id: ConversationShortId) -> Result<OnlineCount, Error> {
        let Conversation { online_count, online_count_age, .. } = self.get_live_group(id).await?;
        Ok(OnlineCount { count: online_count, age: online_count_age })
    }

    /// Enters a live group. Its events come from now on, over reconnects, until it is left or this user is removed
    /// from it. Entering a group the client is in already does nothing.
    ///
    /// # Errors
    ///
    /// 3 no such group; 53 this user is blocked there; 1012 in too many groups already.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back: leave the group to be sure.
    pub async fn join_live_group(&self, id: ConversationShortId) -> Result<Conversation, Error> {
        match self.ask(Ask::Join(id, None)).await? {
            Answer::Joined(joined) => Ok(joined.conversation),
            // The client was in already.
            Answer::Conversation(conversation) => Ok(*conversation),
            _ => Err(unfit()),
        }
    }

    /// Enters a live group and says something about this user there: otherwise as
    /// [`join_live_group`](Self::join_live_group). It is said again whenever the client enters the group again after
    /// a reconnect. In a group that the client is in already it replaces what was said before.
    ///
    /// # Errors
    ///
    /// As there, and 4 with the limit for a text that is too long.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back: leave the group to be sure.
    pub async fn join_live_group_with_info(
        &self,
        id: ConversationShortId,
        info: MemberInfo,
    ) -> Result<LiveJoinGroupResult, Error> {
        match self.ask(Ask::Join(id, Some(info))).await? {
            Answer::Joined(joined) => {
                let Joined { conversation, cursor, attributes, counters, .. } = *joined;
                let seqs = cursor.seqs;
                let join_message_cursor = seqs.low.max(seqs.normal).max(seqs.high);
                Ok(LiveJoinGroupResult { conversation, join_message_cursor, attributes, counters })
            }
            _ => Err(unfit()),
        }
    }

    /// Leaves a live group. Taps that were gathered for it go out first.
    ///
    /// # Errors
    ///
    /// 13 not in the group, or no such group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn leave_live_group(&self, id: ConversationShortId) -> Result<(), Error> {
        self.ask(Ask::Leave(id)).await.map(drop)
    }

    /// Changes what is said about a live group: the owner anything, admins anything but the notice. What the
    /// change leaves out stays as it is. Everyone in the group gets
    /// [`LiveEvent::StateChanged`](crate::LiveEvent::StateChanged) with the new state.
    ///
    /// # Errors
    ///
    /// 3 no such group; 4 with the limit for a text that is too long, or when nothing is to be changed; 11 not
    /// allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_info(
        &self,
        id: ConversationShortId,
        change: GroupInfoChange,
    ) -> Result<Conversation, Error> {
        self.conversation(Ask::SetInfo(id, change)).await
    }

    /// Changes the name; otherwise as [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_name(
        &self,
        id: ConversationShortId,
        name: impl Into<String>,
    ) -> Result<Conversation, Error> {
        self.set_live_group_info(id, GroupInfoChange { name: Some(name.into()), ..Default::default() }).await
    }

    /// Changes the description; otherwise as [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_description(
        &self,
        id: ConversationShortId,
        description: impl Into<String>,
    ) -> Result<Conversation, Error> {
        let change = GroupInfoChange { description: Some(description.into()), ..Default::default() };
        self.set_live_group_info(id, change).await
    }

    /// Changes the notice, which only the owner may; otherwise as
    /// [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_notice(
        &self,
        id: ConversationShortId,
        notice: impl Into<String>,
    ) -> Result<Conversation, Error> {
        self.set_live_group_info(id, GroupInfoChange { notice: Some(notice.into()), ..Default::default() })
            .await
    }

    /// Changes where the picture is; otherwise as [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_icon(
        &self,
        id: ConversationShortId,
        avatar_url: impl Into<String>,
    ) -> Result<Conversation, Error> {
        let change = GroupInfoChange { avatar_url: Some(avatar_url.into()), ..Default::default() };
        self.set_live_group_info(id, change).await
    }

    /// Ends a live group for everyone in it. Owner only.
    ///
    /// # Errors
    ///
    /// 3 no such group; 11 this user is not its owner.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn dissolve_live_group(&self, id: ConversationShortId) -> Result<(), Error> {
        self.ask(Ask::Dissolve(id)).await.map(drop)
    }

    async fn list(&self, query: ListQuery) -> Result<Page<Conversation>, Error> {
        if query.cursor < 0 {
            return Err(Error::hint(
                ErrorCode::ParameterError,
                "cursor is negative; expected 0 or the next_cursor of the page before",
            ));
        }
        match self.ask(Ask::List(query)).await? {
            Answer::Page(page) => Ok(page.into()),
            _ => Err(unfit()),
        }
    }
}
