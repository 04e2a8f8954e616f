//! Puts a server together and starts it.

use std::sync::Arc;
use std::time::Duration;

use bim_server_core::Engine;
use bim_store::ServerLog;
use bim_transport::Listener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::census::Census;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::connection::ARRIVALS_MAX;
use crate::counters::Counters;
use crate::door::{Door, Hall};
use crate::fanout::Fanout;
use crate::moderation::{Desk, Moderator};
use crate::pump::{CONTROLS_MAX, Machine, Pump, Sources};
use crate::recording;
use crate::running::Running;
use crate::start_error::StartError;
use crate::store::{Store, StoreMode};

/// How long the engine may take to read what it needs before anyone is let in.
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// The parts of a server that does not run yet: settings, a log, listeners of any kind.
///
/// ```
/// use std::sync::Arc;
/// use bim_server::{Server, ServerConfig, Stopped};
/// use bim_store::memory::MemoryLog;
/// use bim_transport::memory;
/// use bim_types::Epoch;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), bim_server::StartError> {
/// let (listener, _dialer) = memory::hub("doc", memory::MemoryConfig::default());
/// let log = Arc::new(MemoryLog::new(Epoch(1)));
/// let server = Server::start(ServerConfig::default(), log, vec![Box::new(listener)]).await?;
/// assert_eq!(server.endpoints()[0].to_string(), "memory://doc");
/// assert_eq!(server.drain().await, Stopped::Orderly);
/// # Ok(())
/// # }
/// ```
pub struct Server {
    config: ServerConfig,
    log: Arc<dyn ServerLog>,
    listeners: Vec<Box<dyn Listener>>,
    clock: Option<Clock>,
    store: StoreMode,
    seed: Option<u64>,
    moderator: Option<Arc<dyn Moderator>>,
}

impl Server {
    /// A server on a log that is open, with no listeners yet.
    #[must_use]
    pub fn new(config: ServerConfig, log: Arc<dyn ServerLog>) -> Self {
        Self {
            config,
            log,
            listeners: Vec::new(),
            clock: None,
            store: StoreMode::default(),
            seed: None,
            moderator: None,
        }
    }

    /// Adds a listener.
    #[must_use]
    pub fn listener(mut self, listener: Box<dyn Listener>) -> Self {
        self.listeners.push(listener);
        self
    }

    /// Goes by this clock; by default by the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Does the log's work there; by default on threads of its own.
    #[must_use]
    pub fn store_mode(mut self, mode: StoreMode) -> Self {
        self.store = mode;
        self
    }

    /// Draws ids and jitter from this seed, so that they repeat; by default from the system's random source.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Has every message of a user judged by this moderator, within `limits.moderation_timeout`. Without one no
    /// message waits, whatever [`EngineConfig::moderates`](bim_server_core::EngineConfig::moderates) says.
    #[must_use]
    pub fn moderator(mut self, moderator: Arc<dyn Moderator>) -> Self {
        self.moderator = Some(moderator);
        self
    }

    /// Starts a server on a log that is open. Of the settings, only limits, workers and the recording matter.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub async fn start(
        config: ServerConfig,
        log: Arc<dyn ServerLog>,
        listeners: Vec<Box<dyn Listener>>,
    ) -> Result<Running, StartError> {
        let mut server = Self::new(config, log);
        server.listeners = listeners;
        server.run().await
    }

    /// Opens the database of the data directory, binds what the settings say, and starts.
    ///
    /// # Errors
    ///
    /// See [`StartError`]: everything a person can get wrong has its own.
    #[cfg(feature = "redb")]
    pub async fn open(config: ServerConfig) -> Result<Running, StartError> {
        crate::open::open(config, None).await
    }

    /// As [`open`](Self::open), with a moderator of the host's own.
    ///
    /// # Errors
    ///
    /// As for `open`; and the settings name a word list too, as there is only one moderator.
    #[cfg(feature = "redb")]
    pub async fn open_with_moderator(
        config: ServerConfig,
        moderator: Arc<dyn Moderator>,
    ) -> Result<Running, StartError> {
        crate::open::open(config, Some(moderator)).await
    }

    /// Starts. Returns when the engine has read what it needs; from then on connections are accepted.
    ///
    /// # Errors
    ///
    /// The settings do not fit together, the log cannot be read, the recording cannot be made, or the system gives
    /// no thread.
    pub async fn run(self) -> Result<Running, StartError> {
        self.run_with(|engine| engine).await
    }

    /// As [`run`](Self::run), with a machine that stands around the engine.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub async fn run_with<M: Machine>(self, wrap: impl FnOnce(Engine) -> M) -> Result<Running, StartError> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => getrandom::u64().map_err(|error| StartError::System(error.into()))?,
        };
        let mut limits = self.config.limits.engine.clone();
        limits.moderates = self.moderator.is_some();
        let engine = match self.config.record.file.clone() {
            None => Engine::new(limits, seed),
            Some(path) => {
                let recording = recording::begin(path, self.config.record.bodies).await?;
                Engine::recorded(limits, seed, recording)
            }
        };
        self.run_machine(wrap(engine)).await
    }

    /// Starts with any machine in place of the engine; the seed is not used then. For a machine around the engine,
    /// [`run_with`](Self::run_with) makes the engine that fits the settings.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run), where a machine that does not say [`Ready`](bim_server_core::Output::Ready)
    /// within a minute counts as a log that cannot be read.
    pub async fn run_machine(self, machine: impl Machine) -> Result<Running, StartError> {
        self.config.check()?;
        let counters = Arc::new(Counters::default());
        let store = Store::start(self.log, self.store, Arc::clone(&counters)).map_err(StartError::System)?;
        let (to_pump, arrivals) = mpsc::channel(ARRIVALS_MAX);
        let (controls, asked) = mpsc::channel(CONTROLS_MAX);
        let (ready, is_ready) = oneshot::channel();
        let fanout = Fanout::start(self.config.shards());
        let clock = self.clock.unwrap_or_else(Clock::system);
        let sources = Sources { arrivals, controls: asked, ready };
        let desk = Desk::new(self.moderator, &self.config.limits.engine, Arc::clone(&counters));
        let pump = Pump::new(machine, clock, fanout, store, desk, sources, Arc::clone(&counters));
        let over = CancellationToken::new();
        let guard = over.clone().drop_guard();
        let pump = AbortOnDropHandle::new(tokio::spawn(async move {
            let _guard = guard;
            pump.run().await
        }));
        match timeout(READY_TIMEOUT, is_ready).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(StartError::LogUnreadable),
        }
        let limits = &self.config.limits;
        let hall = Hall {
            pump: to_pump,
            census: Census::new(limits.connections.clone(), self.config.trusted_proxies.clone()),
            counters,
            queue: limits.queue,
            numbers: Arc::default(),
            shut: CancellationToken::new(),
            kill: CancellationToken::new(),
        };
        let endpoints = self.listeners.iter().map(|listener| listener.local()).collect();
        let doors = self
            .listeners
            .into_iter()
            .map(|listener| AbortOnDropHandle::new(tokio::spawn(Door::new(hall.clone(), listener).serve())));
        let doors = doors.collect();
        Ok(Running {
            endpoints,
            fingerprint: None,
            controls,
            hall,
            doors,
            pump,
            #[cfg(feature = "redb")]
            service: None,
            over,
        })
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("listeners", &self.listeners.len()).finish_non_exhaustive()
    }
}
