//! The attributes of a live group.

use std::collections::BTreeMap;

use bim_types::Attribute;
use bytes::Bytes;
use prost::Message as _;

use crate::convert::attributes;
use crate::error::DecodeError;
use crate::stored::read;
use crate::wire;

/// The attributes of a live group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLiveAttributes {
    /// By key; the key of an entry is that of its attribute.
    pub attributes: BTreeMap<String, Attribute>,
    /// The version of the last write.
    pub version: u64,
}

impl StoredLiveAttributes {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let wire = wire::StoredLiveAttributes {
            attributes: self.attributes.values().cloned().map(Into::into).collect(),
            version: self.version,
        };
        wire.encode_to_vec().into()
    }

    /// Reads the record. Of two attributes with one key the later counts.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire: wire::StoredLiveAttributes = read(bytes)?;
        let attributes = attributes(wire.attributes)?.into_iter();
        Ok(Self {
            attributes: attributes.map(|attribute| (attribute.key.clone(), attribute)).collect(),
            version: wire.version,
        })
    }
}
