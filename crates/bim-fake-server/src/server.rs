//! A server in process.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bim_server::admin::AdminHandle;
use bim_server::admin::command;
use bim_server::moderation::Moderator;
use bim_server::{Clock, Counters, Running, Server, ServerConfig, StartError, Stopped, StoreMode};
use bim_server_core::AdminReply;
use bim_server_core::script::{Script, Scripted};
use bim_store::ServerLog;
use bim_transport::memory::{MemoryConfig, hub};
use bim_transport::{Endpoint, Listener};
use bim_types::{AppId, Token, Uid};
use tokio::sync::watch;

use crate::app::FakeApp;
use crate::builder::{FakeServerBuilder, FakeServerError};
use crate::dialer::{NAME, ServerDialer};

/// How long a token of [`FakeServer::token`] lives.
const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// What every life of a server is made of.
pub(crate) struct Parts {
    pub(crate) config: ServerConfig,
    pub(crate) memory: MemoryConfig,
    pub(crate) clock: Clock,
    pub(crate) log: Arc<dyn ServerLog>,
    pub(crate) store: StoreMode,
    pub(crate) seed: u64,
    pub(crate) moderator: Option<Arc<dyn Moderator>>,
    pub(crate) is_scripted: bool,
    pub(crate) script: Script,
    /// Counts what the script has to tell.
    pub(crate) news: watch::Sender<u64>,
}

/// The real engine in process. See the [crate] for what it is. Dropping it is a crash.
///
/// All methods take `&self`, so that it can be shared in an [`Arc`].
pub struct FakeServer {
    pub(crate) parts: Parts,
    app: FakeApp,
    pub(crate) dialer: ServerDialer,
    present: Mutex<Present>,
}

/// The present life, if it is alive.
#[derive(Default)]
struct Present {
    running: Option<Running>,
    /// How often it was started.
    lives: u64,
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
    ) -> Result<Self, FakeServerError> {
        let dialer = ServerDialer::nowhere();
        let running = parts.run(0, &dialer, listeners).await?;
        let app = make_app(&running.admin(), parts.clock, "fake").await?;
        let present = Mutex::new(Present { running: Some(running), lives: 1 });
        Ok(Self { parts, app, dialer, present })
    }

    /// The id of its app.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        self.app.id()
    }

    /// Its app.
    #[must_use]
    pub fn app(&self) -> &FakeApp {
        &self.app
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
        self.app.token(uid.try_into().expect("a test names its users rightly"), ttl)
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
        self.app.app_server_token(uid, TOKEN_LIFETIME)
    }

    /// Makes one more app.
    ///
    /// # Errors
    ///
    /// The server is stopped or its log fails.
    pub async fn make_app(&self, name: &str) -> Result<FakeApp, FakeServerError> {
        make_app(&self.admin(), self.parts.clock, name).await
    }

    /// The way to it, for clients. It stays the same over crashes and restarts.
    #[must_use]
    pub fn dialer(&self) -> ServerDialer {
        self.dialer.clone()
    }

    /// Where it listens: in memory, and wherever it was given listeners.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.with_running(|running| running.endpoints().to_vec())
    }

    /// The way in for operators. It belongs to the present life.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    #[must_use]
    pub fn admin(&self) -> AdminHandle {
        self.with_running(Running::admin)
    }

    /// What happened in the present life, in numbers.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.with_running(|running| Arc::clone(running.counters()))
    }

    /// The clock it goes by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.parts.clock
    }

    /// The log it keeps everything in.
    #[must_use]
    pub fn log(&self) -> Arc<dyn ServerLog> {
        Arc::clone(&self.parts.log)
    }

    /// Stops it as `kill -9` would: connections are cut, nobody is told, nothing is flushed. What was
    /// acknowledged is in the log. Does nothing while it is stopped.
    ///
    /// # Cancel safety
    ///
    /// When dropped, everything stops all the same, a little later.
    pub async fn crash(&self) {
        if let Some(running) = self.take() {
            running.abort().await;
            self.parts.script.server_is_gone();
        }
    }

    /// Stops it in order: everyone is told goodbye. Does nothing while it is stopped.
    ///
    /// # Cancel safety
    ///
    /// When dropped, the rest is cut.
    pub async fn shutdown(&self) -> Stopped {
        let Some(running) = self.take() else { return Stopped::Orderly };
        let stopped = running.drain().await;
        self.parts.script.server_is_gone();
        stopped
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
        self.crash().await;
        let life = self.present().lives;
        let running = self.parts.run(life, &self.dialer, listeners).await?;
        let mut present = self.present();
        present.lives += 1;
        present.running = Some(running);
        Ok(())
    }

    fn take(&self) -> Option<Running> {
        self.dialer.set(None);
        self.present().running.take()
    }

    fn with_running<T>(&self, read: impl FnOnce(&Running) -> T) -> T {
        read(self.present().running.as_ref().expect("the fake server is stopped; restart it first"))
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeServer").field("app", &self.app.id()).finish_non_exhaustive()
    }
}

impl Parts {
    async fn run(
        &self,
        life: u64,
        dialer: &ServerDialer,
        listeners: Vec<Box<dyn Listener>>,
    ) -> Result<Running, StartError> {
        let (listener, hub) = hub(NAME, self.memory.clone());
        // Another life draws other ids.
        let server = Server::new(self.config.clone(), Arc::clone(&self.log))
            .clock(self.clock)
            .store_mode(self.store)
            .seed(self.seed.wrapping_add(life))
            .listener(Box::new(listener));
        let server = self.moderator.iter().cloned().fold(server, Server::moderator);
        let server = listeners.into_iter().fold(server, Server::listener);
        let running = if self.is_scripted {
            server.run_with(|engine| Scripted::new(engine, self.script.clone())).await?
        } else {
            server.run().await?
        };
        dialer.set(Some(hub));
        Ok(running)
    }
}

async fn make_app(admin: &AdminHandle, clock: Clock, name: &str) -> Result<FakeApp, FakeServerError> {
    let command = command::create_app(name).map_err(FakeServerError::App)?;
    match admin.call(command).await.map_err(FakeServerError::App)? {
        AdminReply::AppCreated { app, key_id, secret } => Ok(FakeApp::new(app, key_id, secret, clock)),
        _ => Err(FakeServerError::App(bim_server::admin::AdminError::Protocol)),
    }
}
