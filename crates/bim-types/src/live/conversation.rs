//! A live group as one user sees it.

use std::time::Duration;

use crate::ids::{ConversationShortId, Uid};
use crate::live::info::GroupInfo;
use crate::live::member::{Member, Role};
use crate::time::Wall;

/// A live group as one user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// The number that calls take.
    pub conversation_short_id: ConversationShortId,
    /// The string id, unique across kinds of conversations.
    pub conversation_id: String,
    /// What the owner says about it.
    pub info: GroupInfo,
    /// Who owns it.
    pub owner: Uid,
    /// The asking user's standing.
    pub role: Role,
    /// When it was created.
    pub created_at: Wall,
    /// Rises with every change of the group's state.
    pub version: u64,
    /// Users in the room when this was counted. Exact at that moment.
    pub online_count: u64,
    /// How long ago they were counted, when this was made.
    pub online_count_age: Duration,
    /// Whether the asking user's device is in the room.
    pub joined: bool,
    /// Whether it was dissolved; nothing can be sent any more.
    pub dissolved: bool,
    /// Who may not speak at present.
    pub mute_all: MuteAll,
    /// How long an ordinary member waits between two messages; zero: not at all.
    pub slow_mode: Duration,
    /// How long nobody may be in before the group is dissolved; zero: for ever.
    pub dissolve_after_idle: Duration,
    /// The marks that members may be given.
    pub mark_types: Vec<String>,
    /// The asking user's own record, if it is known.
    pub me: Option<Member>,
}

/// Who may not speak in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MuteAll {
    /// Nobody is silenced.
    #[default]
    Off,
    /// Ordinary members, save those on the exempt list.
    NormalMembers,
    /// Everyone but the owner, save those on the exempt list.
    Everyone,
}

impl Conversation {
    /// The string id of a live group: `live:` and its short id.
    #[must_use]
    pub fn live_group_id(short_id: ConversationShortId) -> String {
        format!("live:{short_id}")
    }
}
