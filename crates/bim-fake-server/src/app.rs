//! An app of a fake server, with its secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bim_server::Clock;
use bim_server_core::token;
use bim_types::{AppId, AppSecret, Token, Uid, Wall};

/// An app, and what its back end would have: the key to make tokens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FakeApp {
    app: AppId,
    key_id: String,
    secret: AppSecret,
    clock: Clock,
    /// Tells tokens of the same second apart.
    made: Arc<AtomicU64>,
    /// The second before which no token says it was made: after a revocation those of its own second are refused.
    earliest: Arc<AtomicU64>,
}

impl FakeApp {
    pub(crate) fn new(app: AppId, key_id: String, secret: AppSecret, clock: Clock) -> Self {
        Self { app, key_id, secret, clock, made: Arc::default(), earliest: Arc::default() }
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

    /// The number of the next token.
    pub(crate) fn made(&self) -> u128 {
        self.made.load(Ordering::Relaxed).into()
    }

    /// Has tokens from now on say that they were made a second from now at the earliest.
    pub(crate) fn make_later_tokens(&self) {
        self.earliest.store(self.clock.now().wall.as_secs() + 1, Ordering::Relaxed);
    }

    fn claims(&self, uid: Uid, ttl: Duration) -> token::Claims {
        let nonce = self.made.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.now().wall.max(Wall::from_secs(self.earliest.load(Ordering::Relaxed)));
        token::claims(self.app, uid, now, ttl, nonce.into())
    }
}
