//! Tokens of an app that are not taken any more.

use std::collections::{BTreeMap, BTreeSet};

use bim_types::{Uid, Wall};
use bytes::Bytes;
use prost::Message as _;

use crate::convert::uid;
use crate::error::DecodeError;
use crate::stored::read;
use crate::wire;

/// Length of the hash that stands for a `jti`: the beginning of its SHA-256 hash, in bytes.
pub const JTI_HASH_BYTES: usize = 16;

/// Which tokens of an app are not taken any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredRevocations {
    /// By user: tokens made before this are not taken.
    pub users: BTreeMap<Uid, Wall>,
    /// By the hash of a token's `jti`: when it was revoked.
    pub tokens: BTreeMap<[u8; JTI_HASH_BYTES], Wall>,
    /// Keys none of whose tokens is taken.
    pub key_ids: BTreeSet<String>,
    /// No token made before this is taken; zero: none is refused for its age alone.
    pub all_issued_before: Wall,
}

impl StoredRevocations {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let users = self.users.iter().map(|(uid, before)| wire::StoredRevokedUser {
            uid: Some(uid.clone().into()),
            issued_before_ms: before.as_millis(),
        });
        let tokens = self.tokens.iter().map(|(hash, at)| wire::StoredRevokedToken {
            jti_hash: hash.to_vec().into(),
            revoked_at_ms: at.as_millis(),
        });
        let wire = wire::StoredRevocations {
            users: users.collect(),
            tokens: tokens.collect(),
            key_ids: self.key_ids.iter().cloned().collect(),
            all_issued_before_ms: self.all_issued_before.as_millis(),
        };
        wire.encode_to_vec().into()
    }

    /// Reads the record. Of two entries for one user or token the later counts.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire: wire::StoredRevocations = read(bytes)?;
        let users = wire.users.into_iter().map(|user| {
            let before = Wall::from_millis(user.issued_before_ms);
            Ok((uid(user.uid, "StoredRevokedUser.uid")?, before))
        });
        let tokens = wire.tokens.into_iter().map(|token| {
            let hash = token.jti_hash.as_ref().try_into();
            let hash = hash.map_err(|_| DecodeError::field("StoredRevokedToken.jti_hash"))?;
            Ok((hash, Wall::from_millis(token.revoked_at_ms)))
        });
        Ok(Self {
            users: users.collect::<Result<_, DecodeError>>()?,
            tokens: tokens.collect::<Result<_, DecodeError>>()?,
            key_ids: wire.key_ids.into_iter().collect(),
            all_issued_before: Wall::from_millis(wire.all_issued_before_ms),
        })
    }
}
