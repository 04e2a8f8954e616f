//! The one task of a client: it owns the machine, the connection and the timer.
//!
//! *What it is.* A loop: wait for anything, take what is there up to a budget, do what the machine wants, tell the app,
//! write once. *What it never does.* It decides nothing, blocks on nothing, and runs no code of the app: store
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

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bim_core::{Answer, CallId, ClientMachine, Command, Event, Input, LinkId, LiveEvent, Output};
use bim_transport::Dialer;
use bim_types::{ConnectStatus, Mono, Now, Refusal, Wall, Window};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::call::Call;
use crate::event::ConnectEvent;
use crate::setup::OpenedStore;
use crate::shared::{HandleCommand, Shared};
use chores::{Chores, Done};
use link::Link;

/// Inputs taken in one turn before the connection is written to and the app is told; a look at the connection may take it
/// over this. No source is asked twice while another that has something was not asked.
const TURN_INPUTS_MAX: usize = 128;

/// Frames taken from the connection whenever it is asked.
const LOOK_FRAMES_MAX: usize = 32;

/// Events and answers of one turn that room is kept for, also when nothing happens. More are room until a turn has fewer.
const KEPT_MAX: usize = 4;

/// How long a client that was shut down may take to say goodbye and to finish what it is storing.
const FAREWELL: Duration = Duration::from_millis(900);

/// The task of one client.
pub(crate) struct Driver {
    machine: ClientMachine,
    shared: Arc<Shared>,
    began: Instant,
    link: Option<Link>,
    chores: Chores,
    replies: Window<CallId, Call>,
    next_call: u64,
    /// What the app is told at the end of the turn: first all events, then all answers.
    events: Vec<LiveEvent>,
    answers: Vec<(Call, Result<Answer, Refusal>)>,
    /// What handles see of the machine.
    shown: Shown,
    /// When this turn began, once somebody wanted to know.
    now: Option<Now>,
    timer: Pin<Box<Sleep>>,
    /// Which source is asked first, in turn.
    turn: usize,
    _ending: Ending,
    /// Last, so that whoever waits for the end of the calls finds everything else gone.
    calls: mpsc::Receiver<Call>,
}

/// Whether there is a session, and what the server's clock showed when.
type Shown = (bool, Option<(Wall, Mono)>);

/// Ends what handles and streams see also when the task dies: with its runtime, or by a transport that panics.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What a turn has taken.
#[derive(PartialEq, Eq)]
enum Turn {
    /// All that there was.
    Part,
    /// As much as one turn may; there may be more.
    Full,
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
            replies: Window::default(),
            next_call: 0,
            events: Vec::new(),
            answers: Vec::new(),
            shown: Shown::default(),
            now: None,
            timer: Box::pin(sleep_until(began)),
            turn: 0,
            calls,
        }
    }

    /// Runs until the client is shut down or every handle was dropped.
    pub(crate) async fn run(mut self: Box<Self>) {
        while !self.machine.is_shut_down() {
            if poll_fn(|cx| self.poll_turn(cx)).await == Turn::Full {
                // Whoever reads the events may share this thread.
                yield_now().await;
            }
        }
        self.end().await;
    }

    /// Writes to the connection, and takes what there is to react to. Ready when there was something.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        if let Some(link) = &mut self.link {
            link.poll_write(cx);
        }
        self.now = None;
        let mut inputs = 0;
        while inputs < TURN_INPUTS_MAX && !self.machine.is_shut_down() {
            let Poll::Ready(wake) = self.poll_wake(cx) else { break };
            let is_frame = matches!(wake, Wake::Frame(..));
            self.on_wake(wake);
            inputs += 1;
            if is_frame {
                inputs += self.take_frames(cx);
            }
        }
        self.tell();
        match inputs {
            0 => Poll::Pending,
            TURN_INPUTS_MAX.. => Poll::Ready(Turn::Full),
            _ => Poll::Ready(Turn::Part),
        }
    }

    /// The next thing to react to.
    fn poll_wake(&mut self, cx: &mut Context<'_>) -> Poll<Wake> {
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

    /// Takes frames that have arrived behind one, and says how many. An end of the connection is seen again later.
    fn take_frames(&mut self, cx: &mut Context<'_>) -> usize {
        let mut taken = 0;
        while taken + 1 < LOOK_FRAMES_MAX
            && let Some(link) = &mut self.link
            && let Poll::Ready(Some(frame)) = link.poll_recv(cx)
        {
            let id = link.id;
            self.input(Input::Frame(id, frame));
            taken += 1;
        }
        taken
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
            Wake::Timer => {
                // It may have run out since the turn began.
                self.now = None;
                self.input(Input::Tick);
            }
        }
    }

    fn on_call(&mut self, call: Call) {
        let Some(command) = call.take() else { return };
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
        self.command(command, Some(call));
    }

    fn command(&mut self, command: Command, caller: Option<Call>) {
        self.next_call += 1;
        let call = CallId(self.next_call);
        if let Some(caller) = caller {
            self.replies.insert(call, caller);
        }
        self.input(Input::Command(call, command));
    }

    fn input(&mut self, input: Input) {
        let now = self.now();
        self.machine.handle(now, input);
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
                    self.answers.push((reply, answer));
                }
            }
            Output::Event(event) => self.on_event(event),
        }
    }

    fn on_event(&mut self, event: Event) {
        let event = match event {
            Event::Live(event) => return self.events.push(event),
            Event::StatusChanged(status) => {
                if self.shared.log {
                    log_status(&status);
                }
                ConnectEvent::Status(status)
            }
            Event::TokenInvalid(code) => {
                if self.shared.log {
                    tracing::warn!(code = code.number(), "the server does not accept the token");
                }
                ConnectEvent::TokenInvalid(code)
            }
        };
        self.tell_events();
        let mut view = self.shared.view();
        if let ConnectEvent::Status(status) = &event {
            view.status = status.clone();
        }
        view.connect.publish(&event);
    }

    /// Lets the app know what happened in this turn: those who wait for an answer last.
    fn tell(&mut self) {
        self.tell_events();
        let told = self.answers.len();
        for (call, answer) in self.answers.drain(..) {
            call.answer(answer);
        }
        self.answers.shrink_to(told.max(KEPT_MAX));
    }

    /// Gives events to those who read them, who see by then what the machine knows.
    fn tell_events(&mut self) {
        let shown = (self.machine.is_logged_in(), self.machine.server_clock());
        let told = self.events.len();
        if shown == self.shown && told == 0 {
            return self.events.shrink_to(KEPT_MAX);
        }
        let mut view = self.shared.view();
        if shown != self.shown {
            let began = self.began;
            view.logged_in = shown.0;
            view.clock = shown.1.map(|(wall, at)| (wall, began + Duration::from_micros(at.as_micros())));
            self.shown = shown;
        }
        view.live.publish_all(&mut self.events);
        drop(view);
        self.events.shrink_to(told.max(KEPT_MAX));
    }

    /// Finishes what was begun, for a short time, and lets go of everything.
    async fn end(mut self: Box<Self>) {
        self.shared.end();
        // What is not done in time is dropped with the tasks.
        let _ = timeout(FAREWELL, poll_fn(|cx| self.chores.poll_farewell(cx))).await;
        self.chores.close_store().await;
    }

    /// When this turn began.
    fn now(&mut self) -> Now {
        let began = self.began;
        *self.now.get_or_insert_with(|| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let wall = Wall::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
            let since = Instant::now().saturating_duration_since(began);
            Now { mono: Mono::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX)), wall }
        })
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
