//! Messages of live groups, and the gaps between them.

use std::sync::Arc;

use crate::ids::{ClientMessageId, ConversationShortId, Uid};
use crate::position::{Position, Seq};
use crate::priority::Priority;
use crate::time::Wall;

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
