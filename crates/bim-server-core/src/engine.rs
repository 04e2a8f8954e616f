//! The engine: its doors, and who is called for what.

use std::collections::VecDeque;

use bim_proto::{Goodbye, Response, ResponseBody, ServerFrame};
use bim_types::store::{LogOutcome, OpId, RecordRange};
use bim_types::{ConnectionId, ErrorCode, Mono, Now, Refusal};

use crate::apps::Apps;
use crate::config::EngineConfig;
use crate::entropy::Entropy;
use crate::io::{Input, Loaded, LogQuery, Notice, Output, StoreFailure};
use crate::live::Rooms;
use crate::ops::{Asker, Ops, PendingRead, PendingWrite};
use crate::session::{FailedLogins, Sessions};

/// Apps read at a time when the engine starts.
const APPS_PAGE: usize = 256;

/// The server as a state machine. See the crate for what it owns and what it never does.
///
/// Feed one [`Input`], then drain [`Engine::poll_output`] to `None`, then feed the next. Call it again with
/// [`Input::Tick`] no later than [`Engine::next_deadline`].
#[derive(Debug)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) entropy: Entropy,
    pub(crate) out: Outputs,
    pub(crate) ops: Ops,
    pub(crate) apps: Apps,
    pub(crate) sessions: Sessions,
    pub(crate) failed_logins: FailedLogins,
    pub(crate) rooms: Rooms,
    pub(crate) health: Health,
    pub(crate) accepted: u64,
    drained: bool,
}

/// What the engine still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// Everything.
    Serving,
    /// It is being stopped: no logins, no changes.
    Draining,
    /// The store failed: nothing is acknowledged any more; what is in memory is still read.
    StoreFailed,
}

/// What the engine wants done, in order.
#[derive(Debug, Default)]
pub(crate) struct Outputs(VecDeque<Output>);

impl Outputs {
    pub(crate) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    /// Queues a frame for one connection.
    pub(crate) fn send(&mut self, connection: ConnectionId, frame: ServerFrame) {
        self.push(Output::Send { connection, frame: frame.encode() });
    }
}

impl Engine {
    /// An engine that knows nothing yet: it asks for its apps first and says [`Output::Ready`] when it has
    /// them. `seed` feeds ids and jitter; the same seed and inputs give the same outputs.
    #[must_use]
    pub fn new(config: EngineConfig, seed: u64) -> Self {
        let mut engine = Self {
            failed_logins: FailedLogins::new(&config),
            rooms: Rooms::default(),
            entropy: Entropy::new(seed),
            out: Outputs::default(),
            ops: Ops::default(),
            apps: Apps::default(),
            sessions: Sessions::default(),
            health: Health::Serving,
            accepted: 0,
            drained: false,
            config,
        };
        engine.read_apps(0);
        engine
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Opened { connection, peer } => self.on_opened(now, connection, peer),
            Input::Frame { connection, frame } => self.on_frame(now, connection, frame),
            Input::Closed { connection } => self.on_closed(connection),
            Input::TooSlow { connection } => self.on_too_slow(connection),
            Input::Written { op, result } => self.on_written(now, op, result),
            Input::Loaded { op, result } => self.on_loaded(now, op, result),
            Input::Admin { id, command } => self.on_admin(now, id, command),
            Input::Drain => self.on_drain(),
            Input::Tick => self.on_tick(now),
        }
        self.finish_drain();
    }

    /// The next thing to do, in order; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.0.pop_front()
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Mono> {
        match (self.sessions.next_deadline(), self.rooms.next_sweep()) {
            (Some(session), Some(sweep)) => Some(session.min(sweep)),
            (session, sweep) => session.or(sweep),
        }
    }

    /// Answers a request, if its connection is still there.
    pub(crate) fn respond(&mut self, asker: Asker, body: Result<ResponseBody, Refusal>) {
        if self.sessions.answered(asker.connection) {
            let response = ServerFrame::Response(Response { id: asker.request, body });
            self.out.send(asker.connection, response);
        }
    }

    /// Says goodbye to a connection and closes it.
    pub(crate) fn end(&mut self, connection: ConnectionId, reason: Refusal) {
        if self.sessions.begin_leaving(connection) {
            let code = reason.code;
            self.out.push(Output::Notice(Notice::Ended { connection, code }));
            self.out.send(connection, ServerFrame::Goodbye(Goodbye { reason: Some(reason) }));
            self.out.push(Output::Close { connection });
            self.leave_all_groups(connection);
        }
    }

    /// Why a change can not be made now, if it can not.
    pub(crate) fn check_writable(&mut self) -> Result<(), Refusal> {
        match self.health {
            Health::StoreFailed => Err(ErrorCode::StorageUnavailable.into()),
            Health::Draining => {
                let after = self
                    .entropy
                    .between(std::time::Duration::from_millis(500), std::time::Duration::from_millis(2_500));
                Err(Refusal::new(ErrorCode::ServerDraining).retry_after(after))
            }
            Health::Serving if self.ops.writes() >= self.config.writes_in_flight => {
                let after = std::time::Duration::from_millis(50);
                Err(Refusal::new(ErrorCode::ServerBusy).retry_after(after))
            }
            Health::Serving => Ok(()),
        }
    }

    fn read_apps(&mut self, after: u64) {
        let query = LogQuery::Records { range: RecordRange::Apps, after, limit: APPS_PAGE };
        self.ops.read(&mut self.out, query, PendingRead::Apps { after });
    }

    fn on_too_slow(&mut self, connection: ConnectionId) {
        let after = std::time::Duration::from_secs(1);
        self.end(connection, Refusal::new(ErrorCode::SlowConsumer).retry_after(after));
    }

    fn on_written(&mut self, now: Now, op: OpId, result: Result<Vec<LogOutcome>, StoreFailure>) {
        let Some(pending) = self.ops.written(op) else { return };
        if result == Err(StoreFailure::Failed) {
            self.on_store_failed();
        }
        match pending {
            PendingWrite::Send { asker, group, message, content } => {
                self.on_send_written(now, asker, group, *message, content, result);
            }
            PendingWrite::Create { asker, key, group } => self.on_create_written(asker, key, *group, result),
            PendingWrite::Dissolve { asker, key } => self.on_dissolve_written(asker, key, result),
            PendingWrite::App { admin, app, record, created } => {
                self.on_app_written(admin, app, *record, created, result);
            }
            PendingWrite::Trim => {}
        }
    }

    fn on_loaded(&mut self, now: Now, op: OpId, result: Result<Loaded, StoreFailure>) {
        let Some(pending) = self.ops.loaded(op) else { return };
        match (pending, result) {
            (PendingRead::Apps { .. }, Ok(Loaded::Records(records))) => {
                let last = records.len() == APPS_PAGE;
                let after = self.on_apps_loaded(records);
                if last {
                    self.read_apps(after);
                } else {
                    self.out.push(Output::Ready);
                }
            }
            (PendingRead::Apps { after }, _) => self.read_apps(after),
            (pending, result) => self.on_live_loaded(now, pending, result),
        }
    }

    fn on_store_failed(&mut self) {
        if self.health != Health::StoreFailed {
            self.health = Health::StoreFailed;
            self.out.push(Output::Notice(Notice::StoreFailed));
        }
    }

    fn on_drain(&mut self) {
        if self.health == Health::Serving {
            self.health = Health::Draining;
        }
    }

    fn finish_drain(&mut self) {
        if self.health == Health::Draining && self.ops.writes() == 0 && !self.drained {
            self.drained = true;
            for connection in self.sessions.connections() {
                let refusal = self.check_writable().err().unwrap_or(ErrorCode::ServerDraining.into());
                self.end(connection, refusal);
            }
            self.out.push(Output::Drained);
        }
    }

    fn on_tick(&mut self, now: Now) {
        self.tick_sessions(now);
        self.sweep_rooms(now);
    }
}
