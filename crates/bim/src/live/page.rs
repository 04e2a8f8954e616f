//! What calls give: pages of lists, and results with more than one part.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_types::{Attributes, Conversation, Member, Message, Seq, Uid, Wall};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the order of their ids.
    pub list: Vec<T>,
    /// What to give as cursor for the next page.
    pub next_cursor: i64,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// One page of messages, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The messages.
    pub list: Vec<Message>,
    /// What to give as first number for the next page.
    pub next_seq: Seq,
    /// Whether the wanted range goes on.
    pub has_more: bool,
}

/// One page of messages, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveMessageListResult {
    /// The messages.
    pub list: Vec<Message>,
    /// What to give as cursor for the next page, when there is one.
    pub next_cursor: Seq,
    /// Whether there are older messages.
    pub has_more: bool,
}

/// Where a page of members begins: at the start, or after a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberCursor(pub(super) Option<Uid>);

impl MemberCursor {
    /// The first page, as [`Default`] does.
    pub const START: Self = Self(None);

    /// What comes after this member, in the order of uids. Whether it is a member does not matter.
    #[must_use]
    pub fn after(uid: Uid) -> Self {
        Self(Some(uid))
    }

    /// The member after which the page begins; `None` for the first page.
    #[must_use]
    pub fn uid(&self) -> Option<&Uid> {
        self.0.as_ref()
    }
}

/// One page of members, in the order of their uids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberListResult {
    /// The members.
    pub list: Vec<Member>,
    /// What to give as cursor for the next page.
    pub next_cursor: MemberCursor,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// A live group that was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveJoinGroupResult {
    /// The group, with this user's own record in it.
    pub conversation: Conversation,
    /// The last message before this client came in: where reading back begins; zero when there was none, and reading
    /// back from there gives nothing. See
    /// [`get_live_group_history_message_list`](crate::LiveGroups::get_live_group_history_message_list).
    pub join_message_cursor: Seq,
    /// The group's attributes.
    pub attributes: Attributes,
    /// The group's counters.
    pub counters: BTreeMap<String, u64>,
}

/// How many users are in a live group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnlineCount {
    /// How many there were when they were counted. Each user counts once, however many devices it has.
    pub count: u64,
    /// How long before the answer they were counted.
    pub age: Duration,
}

/// Whether a user is in a live group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveMemberOnlineInfo {
    /// Who.
    pub uid: Uid,
    /// Whether it is in now.
    pub is_in_group: bool,
    /// When it came in, with its first device; `None` when it is not in.
    pub join_time: Option<Wall>,
    /// When anything was last heard from it; `None` when it is not in.
    pub last_ping_time: Option<Wall>,
}

impl From<Member> for LiveMemberOnlineInfo {
    fn from(member: Member) -> Self {
        Self {
            uid: member.uid,
            is_in_group: member.presence.is_some(),
            join_time: member.presence.map(|presence| presence.joined_at),
            last_ping_time: member.presence.map(|presence| presence.last_seen_at),
        }
    }
}

impl<T> From<bim_core::Page<T>> for Page<T> {
    fn from(page: bim_core::Page<T>) -> Self {
        Self { list: page.entries, next_cursor: page.next_cursor, has_more: page.has_more }
    }
}

impl From<bim_core::HistoryPage> for HistoryPage {
    fn from(page: bim_core::HistoryPage) -> Self {
        Self { list: page.messages, next_seq: page.next, has_more: page.has_more }
    }
}
