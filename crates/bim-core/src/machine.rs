//! The machine: its two doors and its deadline. What happens inside is in the handlers.

use std::collections::VecDeque;

use bim_proto::{ClientFrame, Names, Request, RequestBody, RequestId};
use bim_types::store::OpId;
use bim_types::{Entropy, ErrorCode, Mono, Now, Refusal, Wall};
use bytes::Bytes;

use crate::command::{Answer, Ask, CallId, Command};
use crate::config::ClientConfig;
use crate::event::{Event, LiveEvent};
use crate::io::{Input, Output};
use crate::live::{LiveGroups, tell_lost};
use crate::outbox::{Outbox, Pending, without_answer};
use crate::recording::{Recording, Tape};
use crate::session::{Phase, Session};

/// A client without input and output. See the crate for how to drive it.
#[derive(Debug)]
pub struct ClientMachine {
    pub(crate) config: ClientConfig,
    pub(crate) entropy: Entropy,
    pub(crate) session: Session,
    pub(crate) outbox: Outbox,
    pub(crate) live: LiveGroups,
    /// Who speaks, while somebody does.
    pub(crate) names: Names,
    pub(crate) out: Outputs,
    next_request: u64,
    next_op: u64,
    tape: Option<Box<Tape>>,
}

/// What waits to be taken by the shell.
#[derive(Debug, Default)]
pub(crate) struct Outputs(VecDeque<Output>);

impl ClientMachine {
    /// A machine without a session.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self {
            entropy: Entropy::new(config.seed),
            session: Session::default(),
            outbox: Outbox::default(),
            live: LiveGroups::new(config.uid.clone()),
            names: Names::default(),
            out: Outputs::default(),
            next_request: 0,
            next_op: 0,
            tape: None,
            config,
        }
    }

    /// As [`Self::new`], and records everything that it is told from the beginning; see [`crate::recording`].
    #[must_use]
    pub fn recorded(config: ClientConfig, recording: Recording) -> Self {
        let tape = Tape::new(recording, &config);
        let mut machine = Self::new(config);
        machine.tape = Some(Box::new(tape));
        machine.record_outputs(0);
        machine
    }

    /// Takes one input. Drain [`Self::poll_output`] before the next one.
    pub fn handle(&mut self, now: Now, input: Input) {
        let waiting = self.out.0.len();
        if let Some(tape) = &mut self.tape {
            tape.hear(now, &input);
        }
        self.act(now.mono, input);
        self.record_outputs(waiting);
    }

    fn act(&mut self, now: Mono, input: Input) {
        match input {
            Input::Command(call, command) => self.on_command(now, call, command),
            Input::DeviceLoaded(op, loaded) => self.on_device_loaded(now, op, loaded),
            Input::Committed(op, committed) => self.on_committed(now, op, committed),
            Input::Token(ask, answer) => self.on_token(now, ask, answer),
            Input::Dialed(link) => self.on_dialed(now, link),
            Input::DialFailed(link, reason) => self.on_dial_failed(now, link, reason),
            Input::Frame(link, frame) => self.on_frame(now, link, frame),
            Input::Closed(link) => self.on_closed(now, link),
            Input::Tick => {}
        }
        self.on_time(now);
    }

    /// The next thing the machine wants done; `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.0.pop_front()
    }

    /// When the machine wants an [`Input::Tick`]; `None` when only another input can change anything.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Mono> {
        let taps = self.live.taps_due().filter(|_| self.session.phase == Phase::Connected);
        [self.session.due(), self.outbox.due(), taps].into_iter().flatten().min()
    }

    /// What the server's clock shows at a point in time; `None` before the first welcome.
    #[must_use]
    pub fn server_time(&self, at: Mono) -> Option<Wall> {
        self.session.clock.map(|clock| clock.wall(at))
    }

    /// What the server's clock showed, and when that was heard; `None` before the first welcome.
    #[must_use]
    pub fn server_clock(&self) -> Option<(Wall, Mono)> {
        self.session.clock.map(|clock| clock.heard_at())
    }

    /// Whether there is a session, connected or not: after a login that succeeded, until it ends.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.session.phase.takes_calls() && self.session.login.is_none()
    }

    /// Whether a login would be taken now: there is no session, and the machine was not shut down.
    #[must_use]
    pub fn accepts_login(&self) -> bool {
        matches!(self.session.phase, Phase::LoggedOut | Phase::Ended)
    }

    /// Whether the machine was shut down; nothing comes out of it any more.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.session.phase == Phase::ShutDown
    }

    /// Records what is wanted beside what waited before.
    fn record_outputs(&mut self, waiting: usize) {
        if self.tape.is_none() {
            return;
        }
        let deadline = self.next_deadline();
        self.tape.take_if(|tape| !tape.note(self.out.0.iter().skip(waiting), deadline));
    }

    /// Sends what the window has room for.
    pub(crate) fn pump(&mut self, now: Mono) {
        while self.session.phase == Phase::Connected {
            let Some((id, body)) = self.outbox.next(now, self.session.window) else { return };
            let frame = match body {
                RequestBody::SendLiveMessage(send) => send.encode(id),
                body => ClientFrame::Request(Request { id, body: Ok(body.clone()) }).encode(),
            };
            self.send_encoded(now, frame);
        }
    }

    /// Sends a frame on the present connection.
    pub(crate) fn send(&mut self, now: Mono, frame: ClientFrame) {
        self.send_encoded(now, frame.encode());
    }

    fn send_encoded(&mut self, now: Mono, frame: Bytes) {
        if let Some(link) = self.session.link {
            if let Some(liveness) = &mut self.session.liveness {
                liveness.on_sent(now);
            }
            self.out.push(Output::Send(link, frame));
        }
    }

    /// Answers everything that waits, the same.
    pub(crate) fn answer_all(&mut self, code: ErrorCode) {
        for Pending { call, .. } in self.outbox.drain() {
            self.out.reply_to(call, Err(code.into()));
        }
    }

    pub(crate) fn request_id(&mut self) -> RequestId {
        self.next_request += 1;
        RequestId(self.next_request)
    }

    #[cfg(test)]
    pub(crate) fn last_request(&self) -> u64 {
        self.next_request
    }

    pub(crate) fn op_id(&mut self) -> OpId {
        self.next_op += 1;
        OpId(self.next_op)
    }

    fn on_command(&mut self, now: Mono, call: CallId, command: Command) {
        match command {
            Command::Login { uid, credential } => self.on_login(now, call, &uid, credential),
            Command::Logout => self.on_logout(now, call),
            Command::Shutdown => self.on_shutdown(now, call),
            Command::Ask(ask) => match self.on_ask(now, call, ask) {
                Ok(None) => {}
                Ok(Some(answer)) => self.out.reply(call, Ok(answer)),
                Err(refusal) => self.out.reply(call, Err(refusal)),
            },
            Command::Tap { group, counter, amount } => {
                let taken = self.may_call().and_then(|()| self.live.on_tap(now, group, &counter, amount));
                if let Err(reason) = &taken {
                    tell_lost(group, [(counter, amount)].into(), reason.clone(), &mut self.out);
                }
                self.out.reply(call, taken.map(|()| Answer::Done));
            }
            Command::Counters(group) => {
                let known = self.may_call().and_then(|()| self.live.counters(group));
                self.out.reply(call, known.map(Answer::Counters));
            }
        }
    }

    /// Whether there is a session, so that calls can be made.
    fn may_call(&self) -> Result<(), Refusal> {
        if self.session.phase.takes_calls() { Ok(()) } else { Err(self.session.why_no_calls().into()) }
    }

    /// Takes something asked of the server. Gives the answer when it is known already.
    fn on_ask(&mut self, now: Mono, call: CallId, ask: Ask) -> Result<Option<Answer>, Refusal> {
        self.may_call()?;
        self.live.check(&ask)?;
        if self.outbox.is_full() {
            return Err(Refusal::new(ErrorCode::OutboxFull));
        }
        if let Some(known) = self.live.on_asked(&ask) {
            return Ok(Some(known));
        }
        if let Ask::Leave(group) = ask
            && let Some(body) = self.live.last_taps(now, group, &mut self.entropy)
        {
            self.enqueue(None, body);
        }
        self.enqueue(Some(call), ask.into());
        self.pump(now);
        Ok(None)
    }

    fn enqueue(&mut self, call: Option<CallId>, body: RequestBody) {
        let id = self.request_id();
        self.outbox.push(id, Pending { call, body });
    }

    /// Sends the taps that were gathered. There is at most one batch for each group the client is in, so the
    /// outbox takes them however full it is.
    fn flush_taps(&mut self, now: Mono) {
        if self.session.phase != Phase::Connected {
            return;
        }
        for body in self.live.due_taps(now, &mut self.entropy) {
            self.enqueue(None, body);
        }
        self.pump(now);
    }

    fn on_time(&mut self, now: Mono) {
        self.on_session_time(now);
        self.check_silence(now);
        self.flush_taps(now);
        while let Some(Pending { call, body }) = self.outbox.expired(now) {
            let answer = self.live.on_given_up(now, &body, &mut self.out);
            let given_up = answer.is_none();
            self.out.reply_to(call, answer.ok_or_else(|| without_answer(&body).into()));
            if given_up {
                self.hold_back_behind(now, &body, ErrorCode::Timeout);
            }
            self.pump(now);
        }
        self.check_window(now);
    }

    /// A request is overdue, and for a whole ping interval nothing at all was heard: then it is not late, the
    /// path is dead, and what is in flight is repeated on another one.
    fn check_silence(&mut self, now: Mono) {
        let overdue = self.outbox.due().is_some_and(|due| now >= due);
        if overdue && self.session.liveness.as_ref().is_some_and(|liveness| liveness.is_silent(now)) {
            self.abort(now, "the path is dead");
        }
    }

    /// Everything that was asked is overdue, and there is no room to ask more: the server may never answer, and whoever
    /// waits for a place has no clock. A new connection has all its places.
    fn check_window(&mut self, now: Mono) {
        if self.session.phase == Phase::Connected && self.outbox.is_stuck() {
            self.abort(now, "the server leaves too much unanswered");
        }
    }

    /// A message comes back to the app. When it may be sent again, what must not overtake it comes back too.
    pub(crate) fn hold_back_behind(&mut self, now: Mono, body: &RequestBody, code: ErrorCode) {
        let RequestBody::SendLiveMessage(send) = body else { return };
        if !code.is_retryable() {
            return self.outbox.refused_for_good(send.client_message_id);
        }
        for Pending { call, body } in self.outbox.strand_behind(send.client_message_id) {
            let refusal = Refusal::new(code).hint("the message before this one was refused");
            let answer = self.live.on_answered(now, body, Err(refusal), &mut self.out);
            self.out.reply_to(call, answer);
        }
    }
}

impl Outputs {
    pub(crate) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(crate) fn reply(&mut self, call: CallId, answer: Result<Answer, Refusal>) {
        self.push(Output::Reply(call, answer));
    }

    /// Answers a request; what the client asked by itself nobody waits for.
    pub(crate) fn reply_to(&mut self, call: Option<CallId>, answer: Result<Answer, Refusal>) {
        if let Some(call) = call {
            self.reply(call, answer);
        }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.push(Output::Event(event));
    }

    pub(crate) fn live(&mut self, event: LiveEvent) {
        self.event(Event::Live(event));
    }
}
