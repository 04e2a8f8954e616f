//! Messages of live groups, and changes of earlier ones, as they lie in the log.

use bim_types::{
    ClientMessageId, ConversationShortId, DeviceId, Message, MessageBody, Position, Priority, Seq, Uid, Wall,
};
use bytes::Bytes;
use prost::Message as _;

use crate::convert::{client_message_id, content, message_body, priority, uid};
use crate::error::DecodeError;
use crate::quick;
use crate::stored::read;
use crate::wire;

/// A message as it lies in the log; its number is the log's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLiveMessage {
    /// Who sent it; for a change, who made the change.
    pub sender: Uid,
    /// From which device.
    pub device: DeviceId,
    /// What the device called it.
    pub client_message_id: ClientMessageId,
    /// Its class.
    pub priority: Priority,
    /// When it was accepted.
    pub accepted_at: Wall,
    /// How often it was edited.
    pub edits: u32,
    /// What it says; [`MessageBody::Unknown`] when there is nothing, as in a change.
    pub body: MessageBody,
    /// Whether there is nothing to show any more.
    pub deleted: bool,
    /// Whether only its sender sees it.
    pub only_for_sender: bool,
    /// Set for a change of an earlier message: the number of that message, not 0.
    pub changes: Option<Seq>,
    /// For a change: that message as it stands from then on; `None` when it was removed.
    pub changed: Option<Box<Self>>,
}

impl StoredLiveMessage {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        quick::stored(self).unwrap_or_else(|| self.to_wire().encode_to_vec().into())
    }

    pub(crate) fn to_wire(&self) -> wire::StoredLiveMessage {
        wire::StoredLiveMessage {
            sender: Some(self.sender.clone().into()),
            device_id: self.device.to_bytes().to_vec().into(),
            client_message_id: self.client_message_id.to_bytes().to_vec().into(),
            priority: wire::Priority::from(self.priority).into(),
            accepted_at_ms: self.accepted_at.as_millis(),
            content: content(self.body.clone()),
            edits: self.edits,
            deleted: self.deleted,
            only_for_sender: self.only_for_sender,
            changes_seq: self.changes.unwrap_or_default().0,
            changed: self.changed.as_ref().map(|changed| Box::new(changed.to_wire())),
        }
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        Self::from_wire(read(bytes)?)
    }

    fn from_wire(wire: wire::StoredLiveMessage) -> Result<Self, DecodeError> {
        let changed = wire.changed.map(|changed| Self::from_wire(*changed)).transpose()?;
        Ok(Self {
            sender: uid(wire.sender, "StoredLiveMessage.sender")?,
            device: DeviceId::from_slice(&wire.device_id)
                .map_err(|_| DecodeError::field("StoredLiveMessage.device_id"))?,
            client_message_id: client_message_id(
                &wire.client_message_id,
                "StoredLiveMessage.client_message_id",
            )?,
            priority: priority(wire.priority, "StoredLiveMessage.priority")?,
            accepted_at: Wall::from_millis(wire.accepted_at_ms),
            edits: wire.edits,
            body: message_body(wire.content),
            deleted: wire.deleted,
            only_for_sender: wire.only_for_sender,
            changes: (wire.changes_seq > 0).then_some(Seq(wire.changes_seq)),
            changed: changed.map(Box::new),
        })
    }

    /// The message as members see it, once its place is known.
    #[must_use]
    pub fn into_message(self, group: ConversationShortId, position: Position) -> Message {
        Message {
            conversation_short_id: group,
            position,
            client_message_id: self.client_message_id,
            sender: self.sender,
            priority: self.priority,
            accepted_at: self.accepted_at,
            edits: self.edits,
            body: self.body,
        }
    }
}
