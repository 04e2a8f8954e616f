//! An app of a fake server, with its secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bim_server::Clock;
use bim_server_core::token;
use bim_types::{AppId, AppSecret, Token, Uid};

/// An app, and what its back end would have: the key to make tokens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FakeApp {
    app: AppId,
    key_id: String,
    secret: AppSecret,
    clock: Clock,
    /// Tells tokens of the same second apart.
    made: Arc<AtomicU64>,
}

impl FakeApp {
    pub(crate) fn new(app: AppId, key_id: String, secret: AppSecret, clock: Clock) -> Self {
        Self { app, key_id, secret, clock, made: Arc::default() }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> AppId {
        self.app
    }

    /// A token for a user that lives for so long from now, whether the server would accept that or not.
    #[must_use]
    pub fn token(&self, uid: Uid, ttl: Duration) -> Token {
        token::mint(&self.key_id, &self.secret, &self.claims(uid, ttl))
    }

    /// As [`token`](Self::token), for the app's own server: its sessions may do in every live group what its owner
    /// may.
    #[must_use]
    pub fn app_server_token(&self, uid: Uid, ttl: Duration) -> Token {
        let claims = token::Claims { app_server: true, ..self.claims(uid, ttl) };
        token::mint(&self.key_id, &self.secret, &claims)
    }

    fn claims(&self, uid: Uid, ttl: Duration) -> token::Claims {
        let nonce = self.made.fetch_add(1, Ordering::Relaxed);
        token::claims(self.app, uid, self.clock.now().wall, ttl, nonce.into())
    }
}
