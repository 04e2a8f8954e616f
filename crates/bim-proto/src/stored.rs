//! Records of the server's store: words ↔ bytes.

use bim_types::{
    AppSecret, ClientMessageId, ConversationShortId, DeviceId, GroupInfo, Message, MessageBody, Position,
    Priority, Uid, Wall,
};
use bytes::Bytes;
use prost::Message as _;

use crate::convert::{content, message_body, uid};
use crate::error::DecodeError;
use crate::wire;

/// An app as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredApp {
    /// For people.
    pub name: String,
    /// When it was made.
    pub created_at: Wall,
    /// Whether its users are turned away.
    pub disabled: bool,
    /// What tokens may be signed with.
    pub keys: Vec<StoredKey>,
}

/// A key of an app; HS256 for life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// What tokens call it.
    pub key_id: String,
    /// The key.
    pub secret: AppSecret,
}

/// A live group as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLiveGroup {
    /// What the owner says about it.
    pub info: GroupInfo,
    /// Who owns it.
    pub owner: Uid,
    /// When it was made.
    pub created_at: Wall,
    /// Rises with every change.
    pub version: u64,
    /// Who moderates it.
    pub admins: Vec<Uid>,
}

/// A message as it lies in the log; its number is the log's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLiveMessage {
    /// Who sent it.
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
    /// What it says.
    pub body: MessageBody,
}

impl StoredApp {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let keys = self.keys.iter().map(|key| wire::StoredKey {
            key_id: key.key_id.clone(),
            secret: key.secret.reveal().to_vec().into(),
        });
        let wire = wire::StoredApp {
            name: self.name.clone(),
            created_at_ms: self.created_at.as_millis(),
            disabled: self.disabled,
            keys: keys.collect(),
        };
        wire.encode_to_vec().into()
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Malformed`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire = wire::StoredApp::decode(bytes).map_err(|_| DecodeError::Malformed { kind: 0 })?;
        let keys = wire
            .keys
            .into_iter()
            .map(|key| StoredKey { key_id: key.key_id, secret: AppSecret::new(key.secret.to_vec()) });
        Ok(Self {
            name: wire.name,
            created_at: Wall::from_millis(wire.created_at_ms),
            disabled: wire.disabled,
            keys: keys.collect(),
        })
    }
}

impl StoredLiveGroup {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let wire = wire::StoredLiveGroup {
            info: Some(self.info.clone().into()),
            owner: Some(self.owner.clone().into()),
            created_at_ms: self.created_at.as_millis(),
            version: self.version,
            admins: self.admins.iter().cloned().map(Into::into).collect(),
        };
        wire.encode_to_vec().into()
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire = wire::StoredLiveGroup::decode(bytes).map_err(|_| DecodeError::Malformed { kind: 0 })?;
        let admins = wire.admins.into_iter().map(|admin| uid(Some(admin), "StoredLiveGroup.admins"));
        Ok(Self {
            info: wire.info.ok_or(DecodeError::field("StoredLiveGroup.info"))?.into(),
            owner: uid(wire.owner, "StoredLiveGroup.owner")?,
            created_at: Wall::from_millis(wire.created_at_ms),
            version: wire.version,
            admins: admins.collect::<Result<_, _>>()?,
        })
    }
}

impl StoredLiveMessage {
    /// The record's bytes.
    #[must_use]
    pub fn encode(self) -> Bytes {
        let wire = wire::StoredLiveMessage {
            sender: Some(self.sender.into()),
            device_id: self.device.to_bytes().to_vec().into(),
            client_message_id: self.client_message_id.to_bytes().to_vec().into(),
            priority: wire::Priority::from(self.priority).into(),
            accepted_at_ms: self.accepted_at.as_millis(),
            content: content(self.body),
            edits: self.edits,
        };
        wire.encode_to_vec().into()
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire = wire::StoredLiveMessage::decode(bytes).map_err(|_| DecodeError::Malformed { kind: 0 })?;
        Ok(Self {
            sender: uid(wire.sender, "StoredLiveMessage.sender")?,
            device: DeviceId::from_slice(&wire.device_id)
                .map_err(|_| DecodeError::field("StoredLiveMessage.device_id"))?,
            client_message_id: ClientMessageId::from_slice(&wire.client_message_id)
                .map_err(|_| DecodeError::field("StoredLiveMessage.client_message_id"))?,
            priority: Priority::from_number(wire.priority.into())
                .ok_or(DecodeError::field("StoredLiveMessage.priority"))?,
            accepted_at: Wall::from_millis(wire.accepted_at_ms),
            edits: wire.edits,
            body: message_body(wire.content),
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
