//! The one task that owns the engine.
//!
//! ```text
//!   connections ─► arrivals ──┐                        ┌─► Fanout ─► mailboxes
//!   log threads ─► results ───┤                        ├─► Store  ─► log threads
//!   operators   ─► controls ──┼─► Engine::handle ──────┼─► Desk   ─► the moderator's hooks
//!   hooks       ─► verdicts ──┤   Engine::poll_output  └─► operators, log
//!   clock       ─► ticks ─────┘
//! ```
//!
//! *How it turns.* It waits until any source has something, takes a bounded share from each, and after each
//! input carries out everything the engine wants. It awaits nothing that a peer can hold up: frames go into
//! mailboxes, results come from a list. Only a fan-out shard that is behind makes it wait, and with it
//! everyone who sends.
//!
//! *How it ends.* When it is told to, when a shard is gone, or by a panic of the engine. Then everything it
//! owned is dropped, and whoever waits for an answer is told.

mod control;
mod machine;
#[cfg(test)]
mod pump_test;

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;

use bim_server_core::queue::LiveFrame;
use bim_server_core::{Input, Output, StoreFailure};
use bim_types::Mono;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep_until;

pub(crate) use control::{AdminResult, CONTROLS_MAX, Control};
pub use machine::Machine;

use crate::clock::Clock;
use crate::connection::Arrival;
use crate::counters::Counters;
use crate::fanout::{Fanout, ShardCommand, ShardGone};
use crate::moderation::Desk;
use crate::notice::report;
use crate::store::Store;

/// Why the pump cannot go on.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Shard(#[from] ShardGone),
    #[error("the log could not be read at the start")]
    LogUnreadable,
}

/// Arrivals handled before the other sources have their turn.
const ARRIVALS_PER_TURN: usize = 256;

/// Store results handled before the other sources have their turn.
const RESULTS_PER_TURN: usize = 256;

/// Decisions of the moderator handled before the other sources have their turn.
const DECISIONS_PER_TURN: usize = 256;

/// Owns the engine and carries out what it wants.
pub(crate) struct Pump<M> {
    machine: M,
    clock: Clock,
    fanout: Fanout,
    store: Store,
    desk: Desk,
    arrivals: mpsc::Receiver<Arrival>,
    controls: mpsc::Receiver<Control>,
    counters: Arc<Counters>,
    ready: Option<oneshot::Sender<()>>,
    drained: Vec<oneshot::Sender<()>>,
    operators: HashMap<u64, oneshot::Sender<AdminResult>>,
    next_admin: u64,
}

/// Where inputs come from, and who waits for the engine to be ready.
pub(crate) struct Sources {
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    pub(crate) controls: mpsc::Receiver<Control>,
    pub(crate) ready: oneshot::Sender<()>,
}

impl<M: Machine> Pump<M> {
    /// A pump at its sources.
    pub(crate) fn new(
        machine: M,
        clock: Clock,
        fanout: Fanout,
        store: Store,
        desk: Desk,
        sources: Sources,
        counters: Arc<Counters>,
    ) -> Self {
        let Sources { arrivals, controls, ready } = sources;
        Self {
            machine,
            clock,
            fanout,
            store,
            desk,
            arrivals,
            controls,
            counters,
            ready: Some(ready),
            drained: Vec::new(),
            operators: HashMap::new(),
            next_admin: 0,
        }
    }

    /// Turns until a shard is gone, or nobody can ask for anything any more. Returns the store for closing.
    pub(crate) async fn run(mut self) -> Store {
        let mut arrived = Vec::with_capacity(ARRIVALS_PER_TURN);
        let mut turned = self.handle(Input::Tick).await;
        while turned.is_ok() {
            self.store.send_off();
            let deadline = self.machine.next_deadline();
            tokio::select! {
                biased;
                control = self.controls.recv() => match control {
                    None | Some(Control::Stop) => break,
                    Some(control) => turned = self.on_control(control).await,
                },
                _ = self.arrivals.recv_many(&mut arrived, ARRIVALS_PER_TURN), if !self.arrivals.is_closed() => {}
                () = self.store.arrived() => {}
                () = self.desk.arrived() => {}
                () = tick_at(&self.clock, deadline) => {}
                () = self.fanout.due() => {}
            }
            if turned.is_ok() {
                turned = self.turn(&mut arrived).await;
            }
            if turned.is_ok() && self.fanout.is_due() {
                turned = self.fanout.send_gathered().await.map_err(Fault::from);
            }
        }
        if let Err(fault) = turned {
            tracing::error!(%fault, "the server stops");
        }
        // What was accepted is told, to whoever is still there.
        let _ = self.fanout.send_gathered().await;
        self.store
    }

    async fn turn(&mut self, arrived: &mut Vec<Arrival>) -> Result<(), Fault> {
        for arrival in arrived.drain(..) {
            self.on_arrival(arrival).await?;
        }
        for _ in 0..RESULTS_PER_TURN {
            let Some(result) = self.store.take() else { break };
            if self.ready.is_some() && is_failure(&result) {
                return Err(Fault::LogUnreadable);
            }
            self.handle(result).await?;
        }
        for _ in 0..DECISIONS_PER_TURN {
            let Some(decision) = self.desk.take() else { break };
            self.handle(decision).await?;
        }
        if self.machine.next_deadline().is_some_and(|deadline| deadline <= self.clock.now().mono) {
            self.handle(Input::Tick).await?;
        }
        Ok(())
    }

    async fn on_arrival(&mut self, arrival: Arrival) -> Result<(), Fault> {
        match arrival {
            Arrival::Opened { connection, peer, mailbox } => {
                self.fanout.obey(ShardCommand::Attach(connection, mailbox)).await?;
                self.handle(Input::Opened { connection, peer }).await
            }
            Arrival::Frame(connection, frame) => self.handle(Input::Frame { connection, frame }).await,
            Arrival::TooSlow(connection) => {
                self.counters.count_slow();
                tracing::info!(connection = connection.0, "connection reads too slowly");
                self.handle(Input::TooSlow { connection }).await
            }
            Arrival::Closed(connection) => {
                self.handle(Input::Closed { connection }).await?;
                Ok(self.fanout.obey(ShardCommand::Detach(connection)).await?)
            }
        }
    }

    async fn on_control(&mut self, control: Control) -> Result<(), Fault> {
        match control {
            Control::Admin { command, answer } => {
                self.next_admin += 1;
                self.operators.insert(self.next_admin, answer);
                self.handle(Input::Admin { id: self.next_admin, command }).await
            }
            Control::Drain { done } => {
                self.drained.push(done);
                self.handle(Input::Drain).await
            }
            Control::Stop => Ok(()),
        }
    }

    async fn handle(&mut self, input: Input) -> Result<(), Fault> {
        self.machine.handle(self.clock.now(), input);
        while let Some(output) = self.machine.poll_output() {
            self.obey(output).await?;
        }
        Ok(())
    }

    async fn obey(&mut self, output: Output) -> Result<(), Fault> {
        match self.carry_out(output) {
            Some(Errand::Broadcast(live)) => Ok(self.fanout.broadcast(live).await?),
            Some(Errand::Command(command)) => Ok(self.fanout.obey(command).await?),
            None => Ok(()),
        }
    }

    /// Carries out what does not concern connections; the rest is for the fan-out.
    fn carry_out(&mut self, output: Output) -> Option<Errand> {
        use ShardCommand as C;
        match output {
            Output::Broadcast(live) => return Some(Errand::Broadcast(live)),
            Output::Send { connection, frame } => return Some(C::Send(connection, frame).into()),
            Output::Replay { connection, live } => return Some(C::Replay(connection, live).into()),
            Output::JoinGroup { group, connection } => return Some(C::Join(group, connection).into()),
            Output::LeaveGroup { group, connection } => return Some(C::Leave(group, connection).into()),
            Output::BroadcastState { group, frame } => return Some(C::BroadcastState(group, frame).into()),
            Output::Admit { connection } => return Some(C::Admit(connection).into()),
            Output::Close { connection } => return Some(C::Close(connection).into()),
            Output::Ready => tell(self.ready.take(), ()),
            Output::Write { op, ops } => self.store.write(op, ops),
            Output::Read { op, query } => self.store.read(op, query),
            Output::Moderate { id, message } => self.desk.moderate(id, message),
            Output::Review { seq, message } => self.desk.review(seq, message),
            Output::AdminDone { id, result } => tell(self.operators.remove(&id), result),
            Output::Drained => self.drained.drain(..).for_each(|done| tell(Some(done), ())),
            Output::Notice(notice) => report(&notice),
        }
        None
    }
}

/// What the fan-out is to do.
enum Errand {
    Broadcast(LiveFrame),
    Command(ShardCommand),
}

impl From<ShardCommand> for Errand {
    fn from(command: ShardCommand) -> Self {
        Self::Command(command)
    }
}

fn is_failure(result: &Input) -> bool {
    matches!(
        result,
        Input::Loaded { result: Err(StoreFailure::Failed), .. }
            | Input::Written { result: Err(StoreFailure::Failed), .. }
    )
}

/// Whoever asked may have stopped waiting.
fn tell<T>(waiting: Option<oneshot::Sender<T>>, answer: T) {
    if let Some(waiting) = waiting {
        let _ = waiting.send(answer);
    }
}

async fn tick_at(clock: &Clock, deadline: Option<Mono>) {
    match deadline {
        Some(deadline) => sleep_until(clock.instant(deadline)).await,
        None => pending().await,
    }
}
