//! The one task of a client: it owns the machine, the connection and the timer.
//!
//! *What it is.* A loop: wait for anything, take what is there up to a budget, do what the machine wants, write
//! once. *What it never does.* It decides nothing, blocks on nothing, and runs no code of the app: store
//! operations, dials, token providers and closing run as tasks of their own and come back as inputs.
//!
//! ```text
//!   calls ─┐
//!   tasks ─┼─► wait ─► Input ─► machine ─► Outputs ─► link, tasks, replies, events
//!   link ──┤             ▲                    │
//!   timer ─┘             └── up to a budget ──┘ then one flush
//! ```

mod chores;
mod link;

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bim_core::{Answer, CallId, ClientMachine, Command, Event, Input, LinkId, Output};
use bim_transport::Dialer;
use bim_types::{ConnectStatus, Mono, Now, Refusal, Wall};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::event::ConnectEvent;
use crate::setup::OpenedStore;
use crate::shared::{Call, HandleCommand, Shared};
use chores::{Chores, Done};
use link::Link;

/// Inputs taken in one turn before the connection is written to. No source is asked twice while another that has
/// something was not asked.
const TURN_INPUTS_MAX: usize = 128;

/// How long a client that was shut down may take to say goodbye and to finish what it is storing.
const FAREWELL: Duration = Duration::from_millis(900);

/// The task of one client.
pub(crate) struct Driver {
    machine: ClientMachine,
    shared: Arc<Shared>,
    began: Instant,
    link: Option<Link>,
    chores: Chores,
    replies: BTreeMap<CallId, oneshot::Sender<Result<Answer, Refusal>>>,
    next_call: u64,
    timer: Pin<Box<Sleep>>,
    /// Which source is asked first, in turn.
    turn: usize,
    _ending: Ending,
    /// Last, so that whoever waits for the end of the calls finds everything else gone.
    calls: mpsc::Receiver<Call>,
}

/// Ends what handles and streams see also when the task dies: with its runtime, or by a transport that panics.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Something to react to.
enum Wake {
    Call(Call),
    /// Every handle was dropped.
    Abandoned,
    Done(Done),
    Frame(LinkId, Bytes),
    LinkOver(LinkId),
    Timer,
}

impl Driver {
    pub(crate) fn new(
        machine: ClientMachine,
        shared: Arc<Shared>,
        dialers: Vec<Arc<dyn Dialer>>,
        store: OpenedStore,
        calls: mpsc::Receiver<Call>,
    ) -> Self {
        let began = Instant::now();
        let log = shared.log;
        Self {
            machine,
            _ending: Ending(Arc::clone(&shared)),
            shared,
            began,
            link: None,
            chores: Chores::new(dialers, store, log),
            replies: BTreeMap::new(),
            next_call: 0,
            timer: Box::pin(sleep_until(began)),
            turn: 0,
            calls,
        }
    }

    /// Runs until the client is shut down or every handle was dropped.
    pub(crate) async fn run(mut self) {
        while !self.machine.is_shut_down() {
            let wake = poll_fn(|cx| self.poll_wake(cx, true)).await;
            self.on_wake(wake);
            for _ in 1..TURN_INPUTS_MAX {
                let more = poll_fn(|cx| Poll::Ready(self.poll_wake(cx, false))).await;
                let Poll::Ready(wake) = more else { break };
                self.on_wake(wake);
            }
        }
        self.end().await;
    }

    /// Waits for the next thing to react to. Writes to the connection before it waits.
    fn poll_wake(&mut self, cx: &mut Context<'_>, write: bool) -> Poll<Wake> {
        if write && let Some(link) = &mut self.link {
            link.poll_write(cx);
        }
        for source in 0..3 {
            let wake = match (self.turn + source) % 3 {
                0 => self.poll_call(cx),
                1 => self.chores.poll_done(cx).map(Wake::Done),
                _ => self.poll_link(cx),
            };
            if wake.is_ready() {
                self.turn = self.turn.wrapping_add(source + 1);
                return wake;
            }
        }
        self.poll_timer(cx)
    }

    fn poll_call(&mut self, cx: &mut Context<'_>) -> Poll<Wake> {
        self.calls.poll_recv(cx).map(|call| call.map_or(Wake::Abandoned, Wake::Call))
    }

    fn poll_link(&mut self, cx: &mut Context<'_>) -> Poll<Wake> {
        let Some(link) = &mut self.link else { return Poll::Pending };
        link.poll_recv(cx).map(|frame| match frame {
            Some(frame) => Wake::Frame(link.id, frame),
            None => Wake::LinkOver(link.id),
        })
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Wake> {
        let Some(due) = self.machine.next_deadline() else { return Poll::Pending };
        let due = self.began + Duration::from_micros(due.as_micros());
        if self.timer.deadline() != due {
            self.timer.as_mut().reset(due);
        }
        self.timer.as_mut().poll(cx).map(|()| Wake::Timer)
    }

    fn on_wake(&mut self, wake: Wake) {
        match wake {
            Wake::Call(call) => self.on_call(call),
            Wake::Abandoned => self.command(Command::Shutdown, None),
            Wake::Done(Done::Input(input)) => self.input(input),
            Wake::Done(Done::Dialed(id, connection)) => {
                self.link = Some(Link::new(id, connection));
                self.input(Input::Dialed(id));
            }
            Wake::Frame(link, frame) => self.input(Input::Frame(link, frame)),
            Wake::LinkOver(link) => {
                self.link = None;
                self.input(Input::Closed(link));
            }
            Wake::Timer => self.input(Input::Tick),
        }
    }

    fn on_call(&mut self, Call { command, answer }: Call) {
        let command = match command {
            HandleCommand::Machine(command) => command,
            HandleCommand::Login { uid, source } => {
                let credential = source.credential();
                if self.machine.accepts_login() {
                    self.chores.token_source(source);
                }
                Command::Login { uid, credential }
            }
        };
        self.command(command, Some(answer));
    }

    fn command(&mut self, command: Command, answer: Option<oneshot::Sender<Result<Answer, Refusal>>>) {
        self.next_call += 1;
        let call = CallId(self.next_call);
        if let Some(answer) = answer {
            self.replies.insert(call, answer);
        }
        self.input(Input::Command(call, command));
    }

    fn input(&mut self, input: Input) {
        self.machine.handle(self.now(), input);
        self.show();
        while let Some(output) = self.machine.poll_output() {
            self.on_output(output);
        }
    }

    fn on_output(&mut self, output: Output) {
        match output {
            Output::LoadDevice(op) => self.chores.load_device(op),
            Output::Commit(op, batch) => self.chores.commit(op, batch),
            Output::AskToken(ask) => self.chores.ask_token(ask),
            Output::Dial { link, endpoint } => self.chores.dial(link, endpoint),
            Output::Send(id, frame) => {
                if let Some(link) = self.link.as_mut().filter(|link| link.id == id) {
                    link.queue(frame);
                }
            }
            Output::Close(id) => {
                if let Some(link) = self.link.take_if(|link| link.id == id) {
                    self.chores.close(link);
                }
            }
            Output::Abort(id) => {
                self.link.take_if(|link| link.id == id);
                self.chores.abort_dial(id);
            }
            Output::Reply(call, answer) => {
                if let Some(reply) = self.replies.remove(&call) {
                    // Whoever does not wait any more did not want to know.
                    let _ = reply.send(answer);
                }
            }
            Output::Event(event) => self.on_event(event),
        }
    }

    fn on_event(&mut self, event: Event) {
        let log = self.shared.log;
        let mut view = self.shared.view();
        match event {
            Event::StatusChanged(status) => {
                if log {
                    log_status(&status);
                }
                view.status = status.clone();
                view.connect.publish(&ConnectEvent::Status(status));
            }
            Event::TokenInvalid(code) => {
                if log {
                    tracing::warn!(code = code.number(), "the server does not accept the token");
                }
                view.connect.publish(&ConnectEvent::TokenInvalid(code));
            }
            Event::Live(event) => view.live.publish(&event.into()),
        }
    }

    /// Lets handles see what the machine knows, before anyone gets an answer that depends on it.
    fn show(&self) {
        let at = Instant::now();
        let clock = self.machine.server_time(self.mono(at)).map(|shown| (shown, at));
        let mut view = self.shared.view();
        view.logged_in = self.machine.is_logged_in();
        view.clock = clock;
    }

    /// Finishes what was begun, for a short time, and lets go of everything.
    async fn end(mut self) {
        self.shared.end();
        // What is not done in time is dropped with the tasks.
        let _ = timeout(FAREWELL, poll_fn(|cx| self.chores.poll_farewell(cx))).await;
        self.chores.close_store().await;
    }

    fn now(&self) -> Now {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall = Wall::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        Now { mono: self.mono(Instant::now()), wall }
    }

    fn mono(&self, at: Instant) -> Mono {
        let since = at.saturating_duration_since(self.began);
        Mono::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}

fn log_status(status: &ConnectStatus) {
    match status {
        ConnectStatus::Connecting => tracing::debug!("connecting"),
        ConnectStatus::Connected(continuity) => tracing::info!(?continuity, "connected"),
        ConnectStatus::Disconnected(reason) => tracing::info!(?reason, "disconnected"),
        _ => {}
    }
}
