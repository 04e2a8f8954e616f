//! Who may log in.

use bim_proto::{Hello, ResponseBody, ServerFrame, Welcome};
use bim_types::limits::{FRAME_BYTES_MAX, MESSAGE_BODY_BYTES_MAX};
use bim_types::{AppId, ConnectionId, Defect, ErrorCode, Now, Refusal, Token, Uid};

use crate::engine::Engine;
use crate::io::{Notice, Output};
use crate::ops::Asker;
use crate::session::{State, User};
use crate::token::{self, Credential, TokenRules};

/// What a token that is taken says.
struct Verified {
    credential: Credential,
    is_app_server: bool,
}

impl Engine {
    pub(super) fn on_hello(&mut self, now: Now, connection: ConnectionId, hello: Hello) {
        if let Err(refusal) = self.log_in(now, connection, hello) {
            self.end(now, connection, refusal);
        }
    }

    pub(super) fn on_refresh_token(&mut self, now: Now, asker: Asker, token: &Token) {
        let Some(user) = self.sessions.user(asker.connection).cloned() else { return };
        let verified = self.verify(now, token, user.app, &user.uid).and_then(|verified| {
            if verified.is_app_server == user.is_app_server { Ok(verified) } else { Err(changes_standing()) }
        });
        let body = verified.map(|Verified { credential, .. }| {
            let expires_at = credential.expires_at;
            if let Some(session) = self.sessions.find_mut(asker.connection) {
                session.state = State::User(User { credential, ..user });
            }
            self.watch(now, asker.connection);
            ResponseBody::TokenRefreshed(expires_at)
        });
        self.respond(asker, body);
    }

    fn log_in(&mut self, now: Now, connection: ConnectionId, hello: Hello) -> Result<(), Refusal> {
        if self.health.is_draining {
            return Err(self.come_back_later());
        }
        let peer = self.sessions.find(connection).and_then(|session| session.peer.clone());
        if let Some(wait) = self.failed_logins.closed_for(now.mono, &peer) {
            return Err(Refusal::new(ErrorCode::LoginFrequency).retry_after(wait));
        }
        let verified = self.verify(now, &hello.token, hello.app, &hello.uid).inspect_err(|_| {
            self.failed_logins.count(now.mono, &peer);
        })?;
        let Hello { app, uid, device, .. } = hello;
        let Verified { credential, is_app_server } = verified;
        let user = User { app, uid, device, credential, is_app_server };
        self.fence_older(now, &user)?;
        self.welcome(now, connection, user);
        Ok(())
    }

    /// Ends the older session of the same device, and minds how many devices a user has.
    fn fence_older(&mut self, now: Now, user: &User) -> Result<(), Refusal> {
        if Defect::StaleGeneration.is_planted() {
            return Ok(());
        }
        if let Some(older) = self.sessions.of_device(user) {
            self.end(now, older, ErrorCode::Replaced.into());
        } else if self.sessions.devices(user.app, &user.uid) >= self.config.devices_per_uid {
            let limit = self.config.devices_per_uid as u64;
            return Err(Refusal::new(ErrorCode::TooManyDevices).limit(limit));
        }
        Ok(())
    }

    fn welcome(&mut self, now: Now, connection: ConnectionId, user: User) {
        let millis = |duration: std::time::Duration| u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
        let welcome = Welcome {
            generation: self.sessions.next_generation(now.wall),
            server_time: now.wall,
            token_expires_at: user.credential.expires_at,
            ping_interval_ms: millis(self.config.ping_interval),
            liveness_timeout_ms: millis(self.config.liveness_timeout),
            in_flight_max: u32::try_from(self.config.in_flight_requests).unwrap_or(u32::MAX),
            frame_bytes_max: FRAME_BYTES_MAX as u32,
            body_bytes_max: MESSAGE_BODY_BYTES_MAX as u32,
        };
        let (app, uid) = (user.app, user.uid.clone());
        self.out.push(Output::Notice(Notice::LoggedIn { connection, app, uid }));
        self.sessions.identify(connection, user);
        self.out.push(Output::Admit { connection });
        self.out.send(connection, ServerFrame::Welcome(welcome));
        self.watch(now, connection);
    }

    /// Verifies a token for an app and a user.
    fn verify(&self, now: Now, token: &Token, app: AppId, uid: &Uid) -> Result<Verified, Refusal> {
        let known = self.apps.find(app).ok_or(ErrorCode::AppNotNormal)?;
        if known.record.disabled {
            return Err(Refusal::new(ErrorCode::AppNotNormal).hint("the app is disabled"));
        }
        let key_id = token::key_id(token)?;
        let (owner, secret) = self.apps.key(&key_id).ok_or(ErrorCode::InvalidToken)?;
        let rules = TokenRules { lifetime: self.config.token_lifetime, leeway: self.config.token_leeway };
        let claims = token::verify(token, secret, rules, now.wall)?;
        if owner != app || claims.app != app {
            return Err(Refusal::new(ErrorCode::InvalidToken).hint("the token is for another app"));
        }
        if claims.uid != *uid {
            return Err(ErrorCode::UserIdMismatchToken.into());
        }
        let credential = Credential::new(&key_id, &claims);
        if !Defect::RevokedToken.is_planted() {
            known.revocations.check(uid, &credential, now.wall)?;
        }
        Ok(Verified { credential, is_app_server: claims.app_server })
    }
}

fn changes_standing() -> Refusal {
    Refusal::new(ErrorCode::InvalidToken)
        .hint("a newer token can not make a user an app server, or the other way")
}
