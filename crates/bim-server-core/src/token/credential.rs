//! What a session keeps of the token it runs on.

use std::sync::Arc;

use bim_proto::stored::JTI_HASH_BYTES;
use bim_types::Wall;
use sha2::{Digest, Sha256};

use super::Claims;

/// What a session keeps of the token it runs on: enough to see whether it was revoked, and not the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The key it was signed with.
    pub(crate) key_id: Arc<str>,
    /// Which token it is.
    pub(crate) token: TokenId,
    /// When it was made.
    pub(crate) issued_at: Wall,
    /// From when on it is not valid.
    pub(crate) expires_at: Wall,
}

/// Which token it is: a hash of its `jti`, so that a session keeps as much of a long one as of a short one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TokenId(pub(crate) [u8; JTI_HASH_BYTES]);

impl Credential {
    /// Of a verified token.
    pub(crate) fn new(key_id: &str, claims: &Claims) -> Self {
        Self {
            key_id: key_id.into(),
            token: TokenId::of(&claims.id),
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
        }
    }
}

impl TokenId {
    /// Of a `jti`.
    pub(crate) fn of(jti: &str) -> Self {
        let mut hash = [0; JTI_HASH_BYTES];
        hash.iter_mut().zip(Sha256::digest(jti)).for_each(|(kept, byte)| *kept = byte);
        Self(hash)
    }
}
