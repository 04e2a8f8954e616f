//! Apps of a server, and their keys.

use bim_types::{AppSecret, Wall};
use bytes::Bytes;
use prost::Message as _;

use crate::error::DecodeError;
use crate::stored::read;
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
        let wire: wire::StoredApp = read(bytes)?;
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
