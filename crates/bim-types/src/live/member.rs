//! Members of live groups.

use std::collections::BTreeMap;

use crate::ids::Uid;
use crate::time::Wall;

/// A user's standing in a live group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Anyone who is in the room.
    #[default]
    Normal,
    /// The one who may dissolve and transfer it.
    Owner,
    /// May moderate.
    Admin,
}

/// What a user says about itself in one group. Ordinary members are known only while they are in; of owner and
/// admins it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberInfo {
    /// The name it goes by here; at most 100 characters.
    pub alias: String,
    /// Where its picture is; at most 1 KiB.
    pub avatar_url: String,
    /// The app's own values; at most 16 keys and 4 KiB together.
    pub ext: BTreeMap<String, String>,
}

/// What to change of a [`MemberInfo`]; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberInfoChange {
    /// The new name; at most 100 characters.
    pub alias: Option<String>,
    /// Where the new picture is; at most 1 KiB.
    pub avatar_url: Option<String>,
    /// All of the app's own values anew; at most 16 keys and 4 KiB together.
    pub ext: Option<BTreeMap<String, String>>,
}

impl MemberInfoChange {
    /// What the information is after the change. Not checked against its limits; see [`MemberInfo::check`].
    #[must_use]
    pub fn apply(self, info: MemberInfo) -> MemberInfo {
        MemberInfo {
            alias: self.alias.unwrap_or(info.alias),
            avatar_url: self.avatar_url.unwrap_or(info.avatar_url),
            ext: self.ext.unwrap_or(info.ext),
        }
    }
}

impl From<MemberInfo> for MemberInfoChange {
    /// Everything anew.
    fn from(info: MemberInfo) -> Self {
        let MemberInfo { alias, avatar_url, ext } = info;
        Self { alias: Some(alias), avatar_url: Some(avatar_url), ext: Some(ext) }
    }
}

/// How long a mute or a block lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    /// Until this time of the server's clock.
    At(Wall),
    /// For ever.
    Forever,
}

/// A user of a live group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub uid: Uid,
    /// Its standing.
    pub role: Role,
    /// What it says about itself.
    pub info: MemberInfo,
    /// The marks it was given.
    pub marks: Vec<String>,
    /// Until when it is muted; `None`: not muted.
    pub muted: Option<Until>,
    /// Until when it is blocked; `None`: not blocked, or not for this user to know.
    pub blocked: Option<Until>,
    /// Whether it may speak while all are muted.
    pub exempt: bool,
    /// Its presence; `None` when it is not in.
    pub presence: Option<Presence>,
}

impl Member {
    /// A user of whom nothing is known.
    #[must_use]
    pub fn unknown(uid: Uid) -> Self {
        Self {
            uid,
            role: Role::Normal,
            info: MemberInfo::default(),
            marks: Vec::new(),
            muted: None,
            blocked: None,
            exempt: false,
            presence: None,
        }
    }

    /// Whether it is in the group now.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.presence.is_some()
    }
}

/// Since when a user is in a group, and when it was last heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// When it came in, with its first device.
    pub joined_at: Wall,
    /// When anything was last heard from any of its devices.
    pub last_seen_at: Wall,
}

/// Which members of a group to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MemberList {
    /// Owner and admins, whether they are in or not.
    Resident,
    /// Who is in now.
    Online,
    /// Who is muted.
    Muted,
    /// Who may speak while all are muted.
    Exempt,
    /// Who can not come in.
    Blocked,
}

impl MemberList {
    /// Every list.
    pub const ALL: [Self; 5] = [Self::Resident, Self::Online, Self::Muted, Self::Exempt, Self::Blocked];
}
