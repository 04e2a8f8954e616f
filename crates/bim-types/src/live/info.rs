//! What the owner says about a live group.

use std::collections::BTreeMap;

use crate::error_code::ErrorCode;
use crate::refusal::Refusal;

/// What the creator of a live group says about it. Limits: [`crate::limits`], checked by client and server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupInfo {
    /// The name; 1 to 100 characters.
    pub name: String,
    /// The description; at most 1 KiB.
    pub description: String,
    /// The notice; at most 1 KiB.
    pub notice: String,
    /// Where the picture is; at most 1 KiB.
    pub avatar_url: String,
    /// The app's own values; at most 16 keys and 4 KiB together.
    pub ext: BTreeMap<String, String>,
}

/// What to change of a [`GroupInfo`]; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupInfoChange {
    /// The new name; 1 to 100 characters.
    pub name: Option<String>,
    /// The new description; at most 1 KiB.
    pub description: Option<String>,
    /// The new notice; at most 1 KiB.
    pub notice: Option<String>,
    /// Where the new picture is; at most 1 KiB.
    pub avatar_url: Option<String>,
    /// All of the app's own values anew; at most 16 keys and 4 KiB together.
    pub ext: Option<BTreeMap<String, String>>,
}

impl GroupInfoChange {
    /// What the information is after the change. Not checked against its limits; see [`GroupInfo::check`].
    #[must_use]
    pub fn apply(self, info: GroupInfo) -> GroupInfo {
        GroupInfo {
            name: self.name.unwrap_or(info.name),
            description: self.description.unwrap_or(info.description),
            notice: self.notice.unwrap_or(info.notice),
            avatar_url: self.avatar_url.unwrap_or(info.avatar_url),
            ext: self.ext.unwrap_or(info.ext),
        }
    }

    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks every field that is to be changed against its limit.
    ///
    /// # Errors
    ///
    /// As [`GroupInfo::check`], and [`ErrorCode::InvalidRequest`] when nothing is to be changed.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.is_empty() {
            return Err(Refusal::new(ErrorCode::InvalidRequest).hint("nothing of the group is to be changed"));
        }
        let untouched = GroupInfo { name: "unchanged".into(), ..GroupInfo::default() };
        self.clone().apply(untouched).check()
    }
}
