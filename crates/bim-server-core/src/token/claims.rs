//! What a token says.

use std::time::Duration;

use bim_types::{AppId, ErrorCode, Uid, Wall};
use serde::{Deserialize, Serialize};

use super::TokenRules;

/// The header of a token.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) typ: Option<String>,
    pub(super) kid: String,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenClaims", into = "WrittenClaims")]
pub struct Claims {
    /// For which app.
    pub app: AppId,
    /// For which user.
    pub uid: Uid,
    /// When it was made.
    pub issued_at: Wall,
    /// From when on it is not valid.
    pub expires_at: Wall,
    /// What tells it from others.
    pub id: String,
    /// Whether its sessions are the app's own server. Claim `srv`; absent: no.
    pub app_server: bool,
}

impl Claims {
    pub(super) fn new(app: AppId, uid: Uid, now: Wall, ttl: Duration, nonce: u128) -> Self {
        let issued_at = Wall::from_secs(now.as_secs());
        let expires_at = Wall::from_secs((now + ttl).as_secs());
        Self { app, uid, issued_at, expires_at, id: format!("{nonce:032x}"), app_server: false }
    }

    pub(super) fn check(&self, rules: TokenRules, now: Wall) -> Result<(), ErrorCode> {
        if self.issued_at > now + rules.leeway
            || self.expires_at <= self.issued_at
            || self.expires_at.since(self.issued_at) > rules.lifetime
        {
            return Err(ErrorCode::InvalidToken);
        }
        if now >= self.expires_at { Err(ErrorCode::ExpiredToken) } else { Ok(()) }
    }
}

/// The claims as JSON: seconds, and a uid of either flavour.
#[derive(Clone, Serialize, Deserialize)]
struct WrittenClaims {
    app_id: u32,
    uid: WrittenUid,
    iat: u64,
    exp: u64,
    jti: String,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    srv: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenUid {
    Number(i64),
    Text(String),
}

impl TryFrom<WrittenClaims> for Claims {
    type Error = bim_types::IdError;

    fn try_from(written: WrittenClaims) -> Result<Self, bim_types::IdError> {
        Ok(Self {
            app: AppId::new(written.app_id)?,
            uid: match written.uid {
                WrittenUid::Number(number) => Uid::int(number)?,
                WrittenUid::Text(text) => Uid::string(&text)?,
            },
            issued_at: Wall::from_secs(written.iat),
            expires_at: Wall::from_secs(written.exp),
            id: written.jti,
            app_server: written.srv,
        })
    }
}

impl From<Claims> for WrittenClaims {
    fn from(claims: Claims) -> Self {
        Self {
            app_id: claims.app.value(),
            uid: match claims.uid {
                Uid::Int(number) => WrittenUid::Number(number),
                Uid::Str(text) => WrittenUid::Text(text.as_ref().into()),
            },
            iat: claims.issued_at.as_secs(),
            exp: claims.expires_at.as_secs(),
            jti: claims.id,
            srv: claims.app_server,
        }
    }
}
