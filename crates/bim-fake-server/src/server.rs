//! A server in process.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bim_server::admin::AdminHandle;
use bim_server::{Clock, Counters, Running, StartError, Stopped};
use bim_store::ServerLog;
use bim_transport::{Endpoint, Listener};
use bim_types::{AppId, Token, Uid};

use crate::app::FakeApp;
use crate::builder::{FakeServerBuilder, FakeServerError};
use crate::dialer::ServerDialer;
use crate::faults::Faults;
use crate::lives::{Lives, Parts, make_app};
use crate::storm::Storm;

/// How long a token of [`FakeServer::token`] lives.
const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The real engine in process. See the [crate] for what it is. Dropping it is a crash.
///
/// All methods take `&self`, so that it can be shared in an [`Arc`].
pub struct FakeServer {
    pub(crate) lives: Arc<Lives>,
    storm: Option<Storm>,
}

/// A fake server with default limits and one app.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub async fn serve() -> FakeServer {
    FakeServer::builder().start().await.expect("a server in memory with default limits starts")
}

impl FakeServer {
    /// Settings, to be started.
    pub fn builder() -> FakeServerBuilder {
        FakeServerBuilder::new()
    }

    pub(crate) async fn start(
        parts: Parts,
        listeners: Vec<Box<dyn Listener>>,
        storm: Option<(Faults, u64)>,
    ) -> Result<Self, FakeServerError> {
        let lives = Arc::new(Lives::begin(parts, listeners).await?);
        let storm = storm.map(|(faults, seed)| Storm::begin(&lives, &faults, seed));
        Ok(Self { lives, storm })
    }

    /// The id of its app.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        self.lives.app.id()
    }

    /// Its app.
    #[must_use]
    pub fn app(&self) -> &FakeApp {
        &self.lives.app
    }

    /// A token for a user, such as `"alice"` or `7_i64`, that lives an hour.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn token<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> Token {
        self.token_for(uid, TOKEN_LIFETIME)
    }

    /// A token for a user that lives for so long, whether the server would accept that or not.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn token_for<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U, ttl: Duration) -> Token {
        self.lives.app.token(uid.try_into().expect("a test names its users rightly"), ttl)
    }

    /// A token for the app's own server, such as `"backend"`, that lives an hour. Its sessions may do in every live
    /// group what its owner may.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn app_server_token<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> Token {
        let uid = uid.try_into().expect("a test names its users rightly");
        self.lives.app.app_server_token(uid, TOKEN_LIFETIME)
    }

    /// Makes one more app.
    ///
    /// # Errors
    ///
    /// The server is stopped or its log fails.
    pub async fn make_app(&self, name: &str) -> Result<FakeApp, FakeServerError> {
        make_app(&self.admin(), self.lives.parts.clock, name).await
    }

    /// The way to it, for clients. It stays the same over crashes and restarts.
    #[must_use]
    pub fn dialer(&self) -> ServerDialer {
        self.lives.dialer.clone()
    }

    /// Where it listens: in memory, and wherever it was given listeners.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.lives.with_running(|running| running.endpoints().to_vec())
    }

    /// The way in for operators. It belongs to the present life.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    #[must_use]
    pub fn admin(&self) -> AdminHandle {
        self.lives.with_running(Running::admin)
    }

    /// What happened in the present life, in numbers.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.lives.with_running(|running| Arc::clone(running.counters()))
    }

    /// The clock it goes by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.lives.parts.clock
    }

    /// The log it keeps everything in.
    #[must_use]
    pub fn log(&self) -> Arc<dyn ServerLog> {
        Arc::clone(&self.lives.parts.log)
    }

    /// Stops it as `kill -9` would: connections are cut, nobody is told, nothing is flushed. What was
    /// acknowledged is in the log. Does nothing while it is stopped.
    ///
    /// # Cancel safety
    ///
    /// When dropped, everything stops all the same, a little later.
    pub async fn crash(&self) {
        self.lives.crash().await;
    }

    /// Stops it in order: everyone is told goodbye. Does nothing while it is stopped.
    ///
    /// # Cancel safety
    ///
    /// When dropped, the rest is cut.
    pub async fn shutdown(&self) -> Stopped {
        self.lives.shutdown().await
    }

    /// Starts it anew on the same log, with the same app. Stops it first, as a crash, if it runs.
    ///
    /// # Panics
    ///
    /// When the log fails.
    pub async fn restart(&self) {
        self.restart_with(Vec::new()).await.expect("a log that worked before can be read again");
    }

    /// As [`restart`](Self::restart), with more listeners.
    ///
    /// # Errors
    ///
    /// The log fails.
    pub async fn restart_with(&self, listeners: Vec<Box<dyn Listener>>) -> Result<(), StartError> {
        self.lives.restart(listeners).await
    }

    /// Ends the [`faults`](FakeServerBuilder::faults) for good: the network is whole again for everyone, and the server
    /// is up. From then on everything must come right.
    ///
    /// # Panics
    ///
    /// When the log fails.
    pub async fn end_faults(&self) {
        if let Some(storm) = &self.storm {
            storm.end();
            self.lives.dialer.network().mend();
            if !self.lives.is_up() {
                self.restart().await;
            }
        }
    }

    /// What the faults are drawn from, if there are any.
    #[must_use]
    pub fn fault_seed(&self) -> Option<u64> {
        self.storm.as_ref().map(Storm::seed)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.lives.parts
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        // A fault that is being carried out may hold the server a moment longer.
        self.lives.end();
    }
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeServer").field("app", &self.lives.app.id()).finish_non_exhaustive()
    }
}
