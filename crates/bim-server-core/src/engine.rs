//! The engine: its doors, and who is called for what.

use std::time::Duration;

use bim_proto::{Accepted, ClientFrame, Goodbye, Response, ResponseBody, ServerFrame};
use bim_types::store::{LogOutcome, OpId};
use bim_types::{ConnectionId, Entropy, ErrorCode, Mono, Now, Refusal};
use bytes::Bytes;

use crate::apps::Apps;
use crate::config::EngineConfig;
use crate::io::{Input, Loaded, Notice, Output, StoreFailure};
use crate::live::{Broadcasts, Checks, Rooms};
use crate::ops::{Asker, Ops, PendingRead, PendingWrite};
use crate::outputs::Outputs;
use crate::recording::{Recording, Tape};
use crate::session::{FailedLogins, Sessions};

/// Bytes that may wait for the store. More are refused as busy here, where the order of a sender's messages is
/// kept; so it is half of what a store's own queue has room for.
const WRITE_BYTES_IN_FLIGHT_MAX: usize = 32 * 1024 * 1024;

/// When to come back after too many writes wait.
const BUSY_RETRY: Duration = Duration::from_millis(50);

/// When to come back after having been too slow.
const SLOW_RETRY: Duration = Duration::from_secs(1);

/// Clients of a server that stops are spread between these two.
const COME_BACK_FIRST: Duration = Duration::from_millis(500);
const COME_BACK_LAST: Duration = Duration::from_millis(2_500);

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
    pub(crate) checks: Checks,
    pub(crate) broadcasts: Broadcasts,
    pub(crate) health: Health,
    pub(crate) accepted: u64,
    tape: Option<Box<Tape>>,
}

/// What the engine does no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// It is being stopped: no logins, no changes.
    pub(crate) is_draining: bool,
    /// It was stopped: everyone was told goodbye.
    pub(crate) is_drained: bool,
    /// The store failed: nothing is acknowledged any more; what is in memory is still read.
    pub(crate) store_failed: bool,
}

impl Engine {
    /// An engine that knows nothing yet: it asks for its apps first and says [`Output::Ready`] when it has
    /// them. `seed` feeds ids and jitter; the same seed and inputs give the same outputs.
    #[must_use]
    pub fn new(config: EngineConfig, seed: u64) -> Self {
        let mut engine = Self {
            failed_logins: FailedLogins::new(&config),
            rooms: Rooms::default(),
            checks: Checks::default(),
            broadcasts: Broadcasts::default(),
            entropy: Entropy::new(seed),
            out: Outputs::default(),
            ops: Ops::default(),
            apps: Apps::default(),
            sessions: Sessions::default(),
            health: Health::default(),
            accepted: 0,
            tape: None,
            config,
        };
        engine.read_apps(0);
        engine
    }

    /// As [`Engine::new`], and records everything that it is told from the beginning; see [`crate::recording`].
    #[must_use]
    pub fn recorded(config: EngineConfig, seed: u64, recording: Recording) -> Self {
        let tape = Tape::new(recording, &config, seed);
        let mut engine = Self::new(config, seed);
        engine.tape = Some(Box::new(tape));
        engine.record_outputs(0);
        engine
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input) {
        let waiting = self.out.len();
        if let Some(tape) = &mut self.tape {
            tape.hear(now, &input);
        }
        self.act(now, input);
        self.record_outputs(waiting);
    }

    /// As [`handle`](Self::handle) with a frame that was read already.
    pub(crate) fn handle_read(
        &mut self,
        now: Now,
        connection: ConnectionId,
        frame: Bytes,
        read: ClientFrame,
    ) {
        let waiting = self.out.len();
        if let Some(tape) = &mut self.tape {
            tape.hear(now, &Input::Frame { connection, frame });
        }
        if let Some(is_user) = self.hear(now, connection) {
            self.on_decoded(now, connection, is_user, Ok(read));
        }
        self.settle(now);
        self.record_outputs(waiting);
    }

    fn act(&mut self, now: Now, input: Input) {
        match input {
            Input::Opened { connection, peer } => self.on_opened(now, connection, peer),
            Input::Frame { connection, frame } => self.on_frame(now, connection, frame),
            Input::Closed { connection } => self.on_closed(now, connection),
            Input::TooSlow { connection } => self.on_too_slow(now, connection),
            Input::Moderated { id, verdict } => self.on_moderated(now, id, verdict),
            Input::Remove { group, seq } => self.on_remove(now, group, seq),
            Input::Written { op, result } => self.on_written(now, op, result),
            Input::Loaded { op, result } => self.on_loaded(now, op, result),
            Input::Admin { id, command } => self.on_admin(now, id, command),
            Input::Drain => self.on_drain(),
            Input::Tick => self.on_tick(now),
        }
        self.settle(now);
    }

    fn settle(&mut self, now: Now) {
        self.finish_drain(now);
        self.plan_wakes(now);
    }

    /// The next thing to do, in order; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Mono> {
        [self.sessions.next_deadline(), self.rooms.next_deadline(), self.checks.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Answers a request, if its connection is still there.
    pub(crate) fn respond(&mut self, asker: Asker, body: Result<ResponseBody, Refusal>) {
        if self.sessions.answered(asker.connection) {
            let response = ServerFrame::Response(Response { id: asker.request, body });
            self.out.send(asker.connection, response);
        }
    }

    /// Tells the verdict on a message, if its connection is still there.
    pub(crate) fn respond_accepted(&mut self, asker: Asker, accepted: &Accepted) {
        if self.sessions.answered(asker.connection) {
            let frame = accepted.encode(asker.request);
            self.out.push(Output::Send { connection: asker.connection, frame });
        }
    }

    /// Says goodbye to a connection, closes it and takes it out of its groups: nothing comes after the goodbye.
    pub(crate) fn end(&mut self, now: Now, connection: ConnectionId, reason: Refusal) {
        if self.sessions.begin_leaving(connection) {
            let code = reason.code;
            self.out.push(Output::Notice(Notice::Ended { connection, code }));
            self.out.send(connection, ServerFrame::Goodbye(Goodbye { reason: Some(reason) }));
            self.out.push(Output::Close { connection });
            self.leave_all_groups(now, connection);
        }
    }

    /// Why a change can not be made now, if it can not.
    pub(crate) fn check_writable(&mut self) -> Result<(), Refusal> {
        if self.health.store_failed {
            return Err(ErrorCode::StorageUnavailable.into());
        }
        if self.health.is_draining {
            return Err(self.come_back_later());
        }
        if self.ops.writes() >= self.config.writes_in_flight || self.ops.bytes() >= WRITE_BYTES_IN_FLIGHT_MAX
        {
            return Err(Refusal::new(ErrorCode::ServerBusy).retry_after(BUSY_RETRY));
        }
        Ok(())
    }

    /// What everyone is told while the engine is being stopped: come back, but not all at once.
    pub(crate) fn come_back_later(&mut self) -> Refusal {
        let after = COME_BACK_FIRST + self.entropy.up_to(COME_BACK_LAST - COME_BACK_FIRST);
        Refusal::new(ErrorCode::ServerDraining).retry_after(after)
    }

    /// Records what was wanted beside what waited before.
    fn record_outputs(&mut self, waiting: usize) {
        if self.tape.is_none() {
            return;
        }
        let deadline = self.next_deadline();
        self.tape.take_if(|tape| !tape.note(self.out.iter().skip(waiting), deadline));
    }

    fn on_too_slow(&mut self, now: Now, connection: ConnectionId) {
        self.end(now, connection, Refusal::new(ErrorCode::SlowConsumer).retry_after(SLOW_RETRY));
    }

    fn on_written(&mut self, now: Now, op: OpId, result: Result<Vec<LogOutcome>, StoreFailure>) {
        let Some(pending) = self.ops.written(op) else { return };
        if result == Err(StoreFailure::Failed) {
            self.on_store_failed();
        }
        match pending {
            PendingWrite::Send { group, sending } => self.on_send_written(now, group, sending, result),
            PendingWrite::Create { asker, key, group } => {
                self.on_create_written(now, asker, key, *group, result);
            }
            PendingWrite::Change { asker, key, change } => {
                self.on_change_written(now, asker, key, *change, result);
            }
            PendingWrite::Taps { asker, key, taps } => self.on_taps_written(asker, key, &taps, result),
            PendingWrite::Dissolve { asker, key } => self.on_dissolve_written(now, asker, key, result),
            PendingWrite::App { admin, app, record, created } => {
                self.on_app_written(now, admin, app, *record, created, result);
            }
            PendingWrite::Revocations { admin, sessions } => {
                self.on_revocations_written(admin, sessions, &result);
            }
            PendingWrite::Upkeep { key, through } => self.on_upkeep_written(key, through, &result),
        }
    }

    fn on_loaded(&mut self, now: Now, op: OpId, result: Result<Loaded, StoreFailure>) {
        let Some(pending) = self.ops.loaded(op) else { return };
        match (pending, result) {
            (PendingRead::Apps { .. }, Ok(Loaded::Records(records))) => self.on_apps_loaded(records),
            (PendingRead::Apps { after }, _) => self.read_apps(after),
            (PendingRead::Revocations { next, .. }, Ok(Loaded::Records(records))) => {
                self.on_revocations_loaded(now, records);
                self.continue_apps(next);
            }
            (PendingRead::Revocations { page, next }, _) => self.read_revocations(page, next),
            (pending, result) => self.on_live_loaded(now, pending, result),
        }
    }

    fn on_store_failed(&mut self) {
        if !self.health.store_failed {
            self.health.store_failed = true;
            self.out.push(Output::Notice(Notice::StoreFailed));
        }
    }

    fn on_drain(&mut self) {
        self.health.is_draining = true;
    }

    fn finish_drain(&mut self, now: Now) {
        if self.health.is_draining && self.ops.writes() == 0 && !self.health.is_drained {
            self.health.is_drained = true;
            for connection in self.sessions.connections() {
                let refusal = self.come_back_later();
                self.end(now, connection, refusal);
            }
            self.out.push(Output::Drained);
        }
    }

    fn on_tick(&mut self, now: Now) {
        self.tick_sessions(now);
        self.tick_checks(now);
        self.tick_rooms(now);
    }
}
