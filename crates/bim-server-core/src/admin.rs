//! What operators ask for.

use std::time::Duration;

use bim_proto::stored::{StoredApp, StoredKey};
use bim_types::limits::GROUP_NAME_CHARS_MAX;
use bim_types::store::{Expected, LogOp, LogOutcome, Put, PutOutcome, RecordKey};
use bim_types::{AppId, AppSecret, ErrorCode, Now, Refusal};

use crate::engine::Engine;
use crate::io::{AdminCommand, AdminReply, Output, StoreFailure};
use crate::ops::PendingWrite;
use crate::token;

impl Engine {
    pub(crate) fn on_admin(&mut self, now: Now, id: u64, command: AdminCommand) {
        let answer = match command {
            AdminCommand::CreateApp { name, secret } => self.create_app(now, id, name, secret).map(|()| None),
            AdminCommand::SetAppDisabled { app, disabled } => {
                self.set_app_disabled(id, app, disabled).map(|()| None)
            }
            AdminCommand::ListApps => Ok(Some(AdminReply::Apps(self.apps.summaries()))),
            AdminCommand::MintToken { app, uid, ttl, nonce, app_server } => {
                let claims = token::claims(app, uid, now.wall, ttl, nonce);
                self.mint_token(ttl, token::Claims { app_server, ..claims }).map(Some)
            }
            AdminCommand::RevokeTokens { app, tokens } => {
                self.revoke_tokens(now, id, app, tokens).map(|()| None)
            }
            AdminCommand::Status => Ok(Some(AdminReply::Status {
                sessions: self.sessions.users() as u64,
                rooms: self.rooms.len() as u64,
                accepted: self.accepted,
            })),
        };
        if let Some(result) = answer.transpose() {
            self.out.push(Output::AdminDone { id, result });
        }
    }

    pub(crate) fn on_app_written(
        &mut self,
        now: Now,
        id: u64,
        app: AppId,
        record: StoredApp,
        created: bool,
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        let done = matches!(result.as_deref(), Ok([LogOutcome::Put(PutOutcome::Done(_))]));
        if !done {
            let result = Err(ErrorCode::StorageUnavailable.into());
            return self.out.push(Output::AdminDone { id, result });
        }
        let reply = match (created, record.keys.first()) {
            (true, Some(key)) => {
                AdminReply::AppCreated { app, key_id: key.key_id.clone(), secret: key.secret.clone() }
            }
            _ => AdminReply::Done,
        };
        let disabled = record.disabled;
        self.apps.insert(app, record);
        self.out.push(Output::AdminDone { id, result: Ok(reply) });
        if disabled {
            for connection in self.sessions.users_where(|user| user.app == app) {
                self.end(now, connection, Refusal::new(ErrorCode::AppNotNormal).hint("the app is disabled"));
            }
        }
    }

    fn create_app(&mut self, now: Now, id: u64, name: String, secret: AppSecret) -> Result<(), Refusal> {
        self.check_writable()?;
        if name.is_empty() || name.chars().count() > GROUP_NAME_CHARS_MAX {
            let refusal = Refusal::new(ErrorCode::InvalidRequest).hint("app name has 1 to 100 characters");
            return Err(refusal.limit(GROUP_NAME_CHARS_MAX as u64));
        }
        if secret.reveal().len() < 32 {
            return Err(Refusal::new(ErrorCode::InvalidRequest).hint("app secret has at least 32 bytes"));
        }
        let app = self.apps.next_id().ok_or(ErrorCode::TouchLimit)?;
        let keys = vec![StoredKey { key_id: format!("{app}.1"), secret }];
        let record = StoredApp { name, created_at: now.wall, disabled: false, keys };
        self.put_app(id, app, record, true);
        Ok(())
    }

    fn set_app_disabled(&mut self, id: u64, app: AppId, disabled: bool) -> Result<(), Refusal> {
        self.check_writable()?;
        let known = self.apps.find(app).ok_or(ErrorCode::AppNotNormal)?;
        let record = StoredApp { disabled, ..known.record.clone() };
        self.put_app(id, app, record, false);
        Ok(())
    }

    fn put_app(&mut self, admin: u64, app: AppId, record: StoredApp, created: bool) {
        let expected = if created { Expected::Absent } else { Expected::Any };
        let put = Put { key: RecordKey::App(app), expected, value: Some(record.encode()) };
        let pending = PendingWrite::App { admin, app, record: Box::new(record), created };
        self.ops.write(&mut self.out, vec![LogOp::Put(put)], pending);
    }

    /// Signs with the first key that is not revoked. A token made in the second of a revocation counts as made after
    /// it.
    fn mint_token(&self, ttl: Duration, mut claims: token::Claims) -> Result<AdminReply, Refusal> {
        let known = self.apps.find(claims.app).ok_or(ErrorCode::AppNotNormal)?;
        let most = self.config.token_lifetime;
        if ttl < Duration::from_secs(1) || ttl > most {
            let refusal = Refusal::new(ErrorCode::InvalidRequest).limit(most.as_secs());
            return Err(
                refusal.hint("time to live is 1 second up to the longest life of a token, in seconds")
            );
        }
        let key = known.record.keys.iter().find(|key| !known.revocations.has_key(&key.key_id));
        let key =
            key.ok_or_else(|| Refusal::new(ErrorCode::AppNotNormal).hint("every key of the app is revoked"))?;
        claims.issued_at = claims.issued_at.max(known.revocations.issued_before(&claims.uid));
        claims.expires_at = claims.expires_at.max(claims.issued_at + Duration::from_secs(1));
        let expires_at = claims.expires_at;
        Ok(AdminReply::Token { token: token::mint(&key.key_id, &key.secret, &claims), expires_at })
    }
}
