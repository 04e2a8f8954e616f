//! Requests and answers as JSON lines.

use std::time::Duration;

use bim_server_core::{AdminCommand, AdminReply, AppSummary, RevokedTokens};
use bim_types::{AppId, AppSecret, ErrorCode, Refusal, Token, Uid, Wall};
use serde::{Deserialize, Serialize};

use super::hex;

/// One request. Its first field proves that the asker may ask.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) key: String,
    /// Without one, the asker only wants to know who is there.
    pub(super) command: Option<WireCommand>,
}

/// One answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// It was the right key.
    Here,
    /// It was another key, or no request.
    Denied,
    /// The server is stopping.
    Stopped,
    /// The engine refused.
    Refused(WireRefusal),
    /// It was carried out.
    Done(WireReply),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireCommand {
    CreateApp {
        name: String,
        secret: String,
    },
    ListApps,
    SetAppDisabled {
        app: u32,
        disabled: bool,
    },
    MintToken {
        app: u32,
        uid: WireUid,
        ttl_ms: u64,
        nonce: String,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        app_server: bool,
    },
    RevokeTokens {
        app: u32,
        tokens: WireRevokedTokens,
    },
    Status,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireRevokedTokens {
    OfUser { uid: WireUid, issued_before_ms: Option<u64> },
    WithId(String),
    OfKey(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireReply {
    AppCreated { app: u32, key_id: String, secret: String },
    Apps(Vec<WireApp>),
    Done,
    Token { token: String, expires_at_ms: u64 },
    TokensRevoked { sessions: u64 },
    Status { sessions: u64, rooms: u64, accepted: u64 },
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireApp {
    app: u32,
    name: String,
    created_at_ms: u64,
    disabled: bool,
    key_ids: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireRefusal {
    code: i32,
    retry_after_ms: Option<u64>,
    limit: Option<u64>,
    hint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum WireUid {
    Number(i64),
    Text(String),
}

impl From<AdminCommand> for WireCommand {
    fn from(command: AdminCommand) -> Self {
        match command {
            AdminCommand::CreateApp { name, secret } => {
                Self::CreateApp { name, secret: hex::encode(secret.reveal()) }
            }
            AdminCommand::ListApps => Self::ListApps,
            AdminCommand::SetAppDisabled { app, disabled } => {
                Self::SetAppDisabled { app: app.value(), disabled }
            }
            AdminCommand::MintToken { app, uid, ttl, nonce, app_server } => Self::MintToken {
                app: app.value(),
                uid: uid.into(),
                ttl_ms: millis(ttl),
                nonce: hex::encode(&nonce.to_be_bytes()),
                app_server,
            },
            AdminCommand::RevokeTokens { app, tokens } => {
                Self::RevokeTokens { app: app.value(), tokens: tokens.into() }
            }
            AdminCommand::Status => Self::Status,
        }
    }
}

impl WireCommand {
    /// The command; `None` when a part of it is malformed.
    pub(super) fn read(self) -> Option<AdminCommand> {
        Some(match self {
            Self::CreateApp { name, secret } => {
                AdminCommand::CreateApp { name, secret: AppSecret::new(hex::decode(&secret)?) }
            }
            Self::ListApps => AdminCommand::ListApps,
            Self::SetAppDisabled { app, disabled } => {
                AdminCommand::SetAppDisabled { app: AppId::new(app).ok()?, disabled }
            }
            Self::MintToken { app, uid, ttl_ms, nonce, app_server } => AdminCommand::MintToken {
                app: AppId::new(app).ok()?,
                uid: uid.read()?,
                ttl: Duration::from_millis(ttl_ms),
                nonce: u128::from_be_bytes(hex::decode(&nonce)?.try_into().ok()?),
                app_server,
            },
            Self::RevokeTokens { app, tokens } => {
                AdminCommand::RevokeTokens { app: AppId::new(app).ok()?, tokens: tokens.read()? }
            }
            Self::Status => AdminCommand::Status,
        })
    }
}

impl From<Uid> for WireUid {
    fn from(uid: Uid) -> Self {
        match uid {
            Uid::Int(number) => Self::Number(number),
            Uid::Str(text) => Self::Text(text.as_ref().to_owned()),
        }
    }
}

impl WireUid {
    fn read(self) -> Option<Uid> {
        match self {
            Self::Number(number) => Uid::int(number).ok(),
            Self::Text(text) => Uid::string(&text).ok(),
        }
    }
}

impl From<RevokedTokens> for WireRevokedTokens {
    fn from(tokens: RevokedTokens) -> Self {
        match tokens {
            RevokedTokens::OfUser { uid, issued_before } => {
                Self::OfUser { uid: uid.into(), issued_before_ms: issued_before.map(Wall::as_millis) }
            }
            RevokedTokens::WithId(jti) => Self::WithId(jti),
            RevokedTokens::OfKey(key_id) => Self::OfKey(key_id),
        }
    }
}

impl WireRevokedTokens {
    fn read(self) -> Option<RevokedTokens> {
        Some(match self {
            Self::OfUser { uid, issued_before_ms } => RevokedTokens::OfUser {
                uid: uid.read()?,
                issued_before: issued_before_ms.map(Wall::from_millis),
            },
            Self::WithId(jti) => RevokedTokens::WithId(jti),
            Self::OfKey(key_id) => RevokedTokens::OfKey(key_id),
        })
    }
}

impl From<AdminReply> for WireReply {
    fn from(reply: AdminReply) -> Self {
        match reply {
            AdminReply::AppCreated { app, key_id, secret } => {
                Self::AppCreated { app: app.value(), key_id, secret: hex::encode(secret.reveal()) }
            }
            AdminReply::Apps(apps) => Self::Apps(apps.into_iter().map(WireApp::from).collect()),
            AdminReply::Done => Self::Done,
            AdminReply::Token { token, expires_at } => {
                Self::Token { token: token.reveal().to_owned(), expires_at_ms: expires_at.as_millis() }
            }
            AdminReply::TokensRevoked { sessions } => Self::TokensRevoked { sessions },
            AdminReply::Status { sessions, rooms, accepted } => Self::Status { sessions, rooms, accepted },
        }
    }
}

impl WireReply {
    /// The reply; `None` when a part of it is malformed.
    pub(super) fn read(self) -> Option<AdminReply> {
        Some(match self {
            Self::AppCreated { app, key_id, secret } => {
                let secret = AppSecret::new(hex::decode(&secret)?);
                AdminReply::AppCreated { app: AppId::new(app).ok()?, key_id, secret }
            }
            Self::Apps(apps) => AdminReply::Apps(apps.into_iter().map(WireApp::read).collect::<Option<_>>()?),
            Self::Done => AdminReply::Done,
            Self::Token { token, expires_at_ms } => {
                AdminReply::Token { token: Token::new(token), expires_at: Wall::from_millis(expires_at_ms) }
            }
            Self::TokensRevoked { sessions } => AdminReply::TokensRevoked { sessions },
            Self::Status { sessions, rooms, accepted } => AdminReply::Status { sessions, rooms, accepted },
        })
    }
}

impl From<AppSummary> for WireApp {
    fn from(app: AppSummary) -> Self {
        let AppSummary { app, name, created_at, disabled, key_ids } = app;
        Self { app: app.value(), name, created_at_ms: created_at.as_millis(), disabled, key_ids }
    }
}

impl WireApp {
    fn read(self) -> Option<AppSummary> {
        let Self { app, name, created_at_ms, disabled, key_ids } = self;
        let created_at = Wall::from_millis(created_at_ms);
        Some(AppSummary { app: AppId::new(app).ok()?, name, created_at, disabled, key_ids })
    }
}

impl From<Refusal> for WireRefusal {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code.number(),
            retry_after_ms: refusal.retry_after.map(millis),
            limit: refusal.limit,
            hint: refusal.hint.into_owned(),
        }
    }
}

impl From<WireRefusal> for Refusal {
    fn from(refusal: WireRefusal) -> Self {
        let WireRefusal { code, retry_after_ms, limit, hint } = refusal;
        let retry_after = retry_after_ms.map(Duration::from_millis);
        Self { code: ErrorCode::from_number(code), retry_after, limit, hint: hint.into() }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
