//! What a fake server may be made of.

use std::sync::Arc;

use bim_server::admin::AdminError;
use bim_server::moderation::Moderator;
use bim_server::{Clock, ConnectionLimits, ServerConfig, StartError, StoreMode};
use bim_server_core::EngineConfig;
use bim_server_core::queue::QueueLimits;
use bim_server_core::script::Script;
use bim_store::ServerLog;
use bim_store::memory::MemoryLog;
use bim_transport::Listener;
use bim_transport::memory::MemoryConfig;
use bim_types::Epoch;
use tokio::sync::watch;

use crate::faults::Faults;
use crate::lives::{Parts, tell};
use crate::server::FakeServer;
use crate::storm;

/// The epoch of a fresh memory log.
const EPOCH: Epoch = Epoch(1);

/// More messages a second than anything in one process sends.
const UNHINDERED_PER_SECOND: u32 = 1_000_000;

/// What a fake server draws its ids from, unless it is told otherwise.
const SEED: u64 = 0x0062_696d;

/// Settings of a fake server; [`start`](Self::start) makes it.
#[must_use]
pub struct FakeServerBuilder {
    config: ServerConfig,
    memory: MemoryConfig,
    clock: Option<Clock>,
    log: Option<Arc<dyn ServerLog>>,
    store: StoreMode,
    seed: u64,
    listeners: Vec<Box<dyn Listener>>,
    moderator: Option<Arc<dyn Moderator>>,
    is_scripted: bool,
    faults: Option<Faults>,
    fault_seed: Option<u64>,
}

impl FakeServerBuilder {
    pub(crate) fn new() -> Self {
        Self {
            config: ServerConfig { workers: 1, ..ServerConfig::default() },
            memory: MemoryConfig::default(),
            clock: None,
            log: None,
            store: StoreMode::InPlace,
            seed: SEED,
            listeners: Vec::new(),
            moderator: None,
            is_scripted: true,
            faults: None,
            fault_seed: None,
        }
    }

    /// Changes what the engine decides by; by default the defaults of a real server.
    pub fn limits(mut self, change: impl FnOnce(&mut EngineConfig)) -> Self {
        change(&mut self.config.limits.engine);
        self
    }

    /// Changes how much waits for one viewer.
    pub fn queue(mut self, change: impl FnOnce(&mut QueueLimits)) -> Self {
        change(&mut self.config.limits.queue);
        self
    }

    /// Changes how many may connect.
    pub fn connections(mut self, change: impl FnOnce(&mut ConnectionLimits)) -> Self {
        change(&mut self.config.limits.connections);
        self
    }

    /// Changes how much the memory transport holds.
    pub fn memory(mut self, change: impl FnOnce(&mut MemoryConfig)) -> Self {
        change(&mut self.memory);
        self
    }

    /// Fan-out shards; by default 1, which needs no task of its own and keeps events in order.
    pub fn workers(mut self, workers: usize) -> Self {
        self.config.workers = workers;
        self
    }

    /// Goes by this clock; by default by one that moves with tokio's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Keeps everything in this log, which may hold something already; by default in a fresh one in memory.
    /// Its calls are made in place and block; see [`store_mode`](Self::store_mode).
    pub fn log(mut self, log: Arc<dyn ServerLog>) -> Self {
        self.log = Some(log);
        self
    }

    /// Where the log's work is done; by default in place. With threads, paused time may run ahead of them.
    pub fn store_mode(mut self, mode: StoreMode) -> Self {
        self.store = mode;
        self
    }

    /// Draws ids and jitter from this seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a listener beside the memory one, of any transport. It ends with the first stop; see
    /// [`FakeServer::restart_with`].
    pub fn listener(mut self, listener: Box<dyn Listener>) -> Self {
        self.listeners.push(listener);
        self
    }

    /// Has every message of a user judged by this moderator, in every life of the server; see
    /// [`bim_server::moderation`].
    pub fn moderator(mut self, moderator: Arc<dyn Moderator>) -> Self {
        self.moderator = Some(moderator);
        self
    }

    /// Accepts messages as fast as clients can send: budgets of senders and groups do not hinder.
    pub fn without_budgets(self) -> Self {
        self.limits(|limits| {
            limits.sender_per_second = UNHINDERED_PER_SECOND;
            limits.sender_burst = UNHINDERED_PER_SECOND;
            limits.room_high_per_second = UNHINDERED_PER_SECOND;
            limits.room_shared_per_second = UNHINDERED_PER_SECOND;
        })
    }

    /// Has these things go wrong by themselves, for [`STORM_LASTS`](crate::STORM_LASTS) of tokio's clock or until
    /// [`FakeServer::end_faults`]: those of [`STORM_FAULTS`](crate::STORM_FAULTS); the others can only happen in a
    /// [`step`](crate::step) world. It is all drawn from one number. A test that panics meanwhile prints it:
    ///
    /// ```text
    /// the faults of this run come again with BIM_FAULT_SEED=7290
    /// ```
    ///
    /// With paused time and one thread the same seed has the same faults come at the same instants. What clients draw
    /// at random themselves, such as how long they wait to reconnect, is not part of it.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Draws the faults from this number; by default from the environment variable `BIM_FAULT_SEED`, and without one
    /// from another number each time.
    pub fn fault_seed(mut self, seed: u64) -> Self {
        self.fault_seed = Some(seed);
        self
    }

    /// Runs the bare engine, which is a little faster: there is no [`script`](FakeServer::script), nothing is
    /// [`seen`](FakeServer::seen), and the app's own server has no seat. For measuring.
    pub fn unscripted(mut self) -> Self {
        self.is_scripted = false;
        self
    }

    /// Starts the server and makes its app.
    ///
    /// # Errors
    ///
    /// The limits do not fit together, or the log fails.
    pub async fn start(self) -> Result<FakeServer, FakeServerError> {
        let parts = Parts {
            config: self.config,
            memory: self.memory,
            clock: self.clock.unwrap_or_else(Clock::tokio),
            log: self.log.unwrap_or_else(|| Arc::new(MemoryLog::new(EPOCH))),
            store: self.store,
            seed: self.seed,
            moderator: self.moderator,
            is_scripted: self.is_scripted,
            script: Script::new(),
            news: watch::Sender::new(0),
        };
        let news = parts.news.clone();
        parts.script.listen(move || tell(&news));
        let seed = self.fault_seed;
        let storm = self.faults.map(|faults| (faults, seed.unwrap_or_else(storm::any_seed)));
        FakeServer::start(parts, self.listeners, storm).await
    }
}

impl std::fmt::Debug for FakeServerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeServerBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Why a fake server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FakeServerError {
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Its app could not be made.
    #[error("the app could not be made")]
    App(#[source] AdminError),
}
