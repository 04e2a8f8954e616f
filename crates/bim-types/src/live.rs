//! Live groups as records: what a group is, what a message is, what a gap is.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error_code::ErrorCode;
use crate::ids::{ClientMessageId, ConversationShortId, Uid};
use crate::position::{Position, Seq};
use crate::priority::Priority;
use crate::refusal::Refusal;
use crate::time::Wall;

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
    /// Connections in the room when this was read.
    pub online_count: u64,
    /// Whether the asking user's device is in the room.
    pub joined: bool,
    /// Whether it was dissolved; nothing can be sent any more.
    pub dissolved: bool,
}

/// The content of a message: at most [`crate::limits::MESSAGE_BODY_BYTES_MAX`] bytes of UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageBody {
    /// Plain text.
    Text(Arc<str>),
    /// The app's own format, usually JSON; bim does not look inside.
    Custom(Arc<str>),
    /// A kind this version does not know; kept, never acted on.
    Unknown {
        /// The number of the kind.
        kind: i32,
    },
}

impl MessageBody {
    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Custom(text) => text.len(),
            Self::Unknown { .. } => 0,
        }
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a text message or the data of a custom one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Custom(text) => Some(text),
            Self::Unknown { .. } => None,
        }
    }
}

/// A message of a live group that has a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which group.
    pub conversation_short_id: ConversationShortId,
    /// Where it stands.
    pub position: Position,
    /// What its sender's device called it.
    pub client_message_id: ClientMessageId,
    /// Who sent it, stamped by the server from the verified token.
    pub sender: Uid,
    /// Its class.
    pub priority: Priority,
    /// When the server accepted it.
    pub accepted_at: Wall,
    /// How often it was edited.
    pub edits: u32,
    /// What it says.
    pub body: MessageBody,
}

/// Messages of one class that this viewer was not sent. It comes before the next message of that class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveGap {
    /// Which group.
    pub conversation_short_id: ConversationShortId,
    /// Which class.
    pub priority: Priority,
    /// How many messages of that class were left out.
    pub count: u64,
    /// The first number that may be missing.
    pub from: Seq,
    /// The last number that is missing.
    pub to: Seq,
}

impl Conversation {
    /// The string id of a live group: `live:` and its short id.
    #[must_use]
    pub fn live_group_id(short_id: ConversationShortId) -> String {
        format!("live:{short_id}")
    }
}
