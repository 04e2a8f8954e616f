//! Everything around a client's machine.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use arbitrary::Unstructured;
use bim_core::{
    CallId, ClientConfig, ClientMachine, Command, Credential, Input, LinkId, StoreFailed, TokenAskId,
    TokenUnavailable,
};
use bim_proto::{RequestBody, RequestId, Response, ServerFrame};
use bim_types::store::{DeviceRecord, OpId};
use bim_types::{AppId, ConnectStatus, DeviceId, ErrorCode, Mono, Now, Wall};
use bytes::Bytes;

use super::answers;
use super::link::{Link, Stage};
use super::server::{self, Server};
use super::step::Step;
use super::viewed::Viewed;
use crate::reached::Reached;
use crate::vocabulary;

/// How many endpoints the client has.
pub(super) const ENDPOINTS: usize = 2;

/// Wakes that one step of time is worth; then the clock jumps to its end, as after a late timer.
const WAKES_MAX: usize = 40;

/// A store operation that waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum StoreAsk {
    Load(OpId),
    Commit(OpId),
}

/// The machine with everything around it.
pub(super) struct World {
    pub(super) machine: ClientMachine,
    pub(super) now: Now,
    pub(super) server: Server,
    pub(super) links: BTreeMap<LinkId, Link>,
    /// Calls that were not answered.
    pub(super) calls: BTreeSet<CallId>,
    pub(super) store: Vec<StoreAsk>,
    pub(super) asks: Vec<TokenAskId>,
    pub(super) last_call: u64,
    pub(super) last_op: OpId,
    pub(super) last_ask: Option<TokenAskId>,
    pub(super) last_status: Option<ConnectStatus>,
    pub(super) viewed: Viewed,
    /// The connection that came about after the client had let go of it, while that is told.
    pub(super) late_dial: Option<LinkId>,
    pub(super) reached: Reached,
}

impl World {
    pub(super) fn new() -> Self {
        let config = ClientConfig {
            app: AppId::new(1).expect("not zero"),
            uid: vocabulary::uid(0),
            endpoints: ENDPOINTS,
            sdk: "bim/fuzz".into(),
            seed: 7,
        };
        Self {
            machine: ClientMachine::new(config),
            now: Now { mono: Mono::from_micros(1_000_000), wall: Wall::from_secs(1_764_000_000) },
            server: Server::default(),
            links: BTreeMap::new(),
            calls: BTreeSet::new(),
            store: Vec::new(),
            asks: Vec::new(),
            last_call: 0,
            last_op: OpId(0),
            last_ask: None,
            last_status: None,
            viewed: Viewed::default(),
            late_dial: None,
            reached: Reached::default(),
        }
    }

    pub(super) fn carry_out(&mut self, step: Step, bytes: &mut Unstructured<'_>) {
        match step {
            Step::Login { .. }
            | Step::Logout
            | Step::Shutdown { .. }
            | Step::Ask { .. }
            | Step::Tap { .. }
            | Step::Counters { .. } => self.use_app(step),
            Step::Serve { rounds } => (0..=rounds % 4).for_each(|_| self.serve()),
            Step::Store { which, outcome } => self.answer_store(which, outcome),
            Step::Token { which, outcome } => self.answer_token(which, outcome),
            Step::Dialed => self.dialed(true),
            Step::DialFailed => self.dialed(false),
            Step::Cut => self.cut(),
            Step::Welcome { number } => self.welcome(number),
            Step::Answer { which } => self.answer(which, None),
            Step::WrongAnswer { which, kind } => self.answer(which, Some(kind)),
            Step::Refuse { which, number } => self.refuse(which, number),
            Step::Push { .. }
            | Step::Gap { .. }
            | Step::State { .. }
            | Step::Change { .. }
            | Step::Event { .. }
            | Step::Pulse { .. }
            | Step::Attributes { .. }
            | Step::Control { .. } => self.tell(step),
            Step::Raw { length } => {
                let length = usize::from(length).min(bytes.len());
                let frame = Bytes::copy_from_slice(bytes.bytes(length).unwrap_or_default());
                self.arrive(frame);
            }
            Step::Late { what } => self.come_late(what),
            Step::Pass { unit, number } => {
                let unit = [1, 50, 1_000, 60_000][usize::from(unit % 4)];
                self.pass(Duration::from_millis(unit * u64::from(number)));
            }
            Step::Wake => {
                let due = self.machine.next_deadline().unwrap_or(self.now.mono);
                self.pass(due.since(self.now.mono).min(Duration::from_secs(3_600)));
            }
        }
    }

    /// Shuts the client down: then every call was answered, and nothing comes any more.
    pub(super) fn finish(mut self) -> Reached {
        self.command(Command::Shutdown);
        assert!(self.calls.is_empty(), "calls that nobody answered: {:?}", self.calls);
        assert!(self.machine.is_shut_down(), "a client that was shut down is");
        self.cut();
        self.come_late(0);
        self.command(Command::Counters(vocabulary::group(0)));
        self.pass(Duration::from_secs(600));
        assert_eq!(self.machine.next_deadline(), None, "a client that was shut down wants nothing");
        self.reached
    }

    fn use_app(&mut self, step: Step) {
        match step {
            Step::Login { credential } => {
                let uid = vocabulary::uid(u8::from(credential % 16 == 15));
                let credential = match credential % 2 {
                    0 => Credential::Fixed("token".into()),
                    _ => Credential::Provider,
                };
                self.command(Command::Login { uid, credential });
            }
            Step::Logout => self.command(Command::Logout),
            Step::Shutdown { sure } if sure >= 250 => self.command(Command::Shutdown),
            Step::Ask { kind, group, number } => {
                let ask = vocabulary::ask(kind, vocabulary::group(group), number);
                self.command(Command::Ask(ask));
            }
            Step::Tap { group, number } => {
                let counter = if number % 16 == 15 {
                    vocabulary::text(number, 64)
                } else {
                    format!("likes{}", number % 3)
                };
                let amount = if number == 254 { u64::MAX } else { u64::from(number % 5) };
                self.command(Command::Tap { group: vocabulary::group(group), counter, amount });
            }
            Step::Counters { group } => self.command(Command::Counters(vocabulary::group(group))),
            _ => {}
        }
    }

    /// One round of everyone doing what they should.
    fn serve(&mut self) {
        self.answer_store(0, 0);
        self.answer_token(0, 0);
        self.dialed(true);
        self.welcome(2);
        for _ in 0..8 {
            self.answer(0, None);
        }
    }

    fn tell(&mut self, step: Step) {
        let frame = match step {
            Step::Push { group, class, flaw } => {
                self.server.push(vocabulary::group(group), vocabulary::priority(class), flaw)
            }
            Step::Gap { group, class, count } => {
                self.server.gap(vocabulary::group(group), vocabulary::priority(class), count)
            }
            Step::Change { group, number } => self.server.change(vocabulary::group(group), number),
            Step::State { group, number } => server::state(vocabulary::group(group), number),
            Step::Event { group, number } => server::event(vocabulary::group(group), number),
            Step::Pulse { group, number } => server::pulse(vocabulary::group(group), number),
            Step::Attributes { group, number } => server::attributes(vocabulary::group(group), number),
            Step::Control { kind, number } => server::control(kind, number),
            _ => return,
        };
        self.arrive(frame.encode());
    }

    fn answer_store(&mut self, which: u8, outcome: u8) {
        if self.store.is_empty() {
            return;
        }
        let failed = StoreFailed { code: ErrorCode::StorageFailed };
        let input = match (self.store.remove(usize::from(which) % self.store.len()), outcome) {
            (StoreAsk::Load(op), 200..) => Input::DeviceLoaded(op, Err(failed)),
            (StoreAsk::Load(op), 100..) => Input::DeviceLoaded(op, Ok(None)),
            (StoreAsk::Load(op), _) => {
                Input::DeviceLoaded(op, Ok(Some(DeviceRecord { device: DeviceId::new(9) })))
            }
            (StoreAsk::Commit(op), 200..) => Input::Committed(op, Err(failed)),
            (StoreAsk::Commit(op), _) => Input::Committed(op, Ok(())),
        };
        self.feed(input);
    }

    fn answer_token(&mut self, which: u8, outcome: u8) {
        if self.asks.is_empty() {
            return;
        }
        let ask = self.asks.remove(usize::from(which) % self.asks.len());
        let token = if outcome < 200 { Ok("another token".into()) } else { Err(TokenUnavailable) };
        self.feed(Input::Token(ask, token));
    }

    fn dialed(&mut self, succeeds: bool) {
        let Some((link, state)) = self.links.iter_mut().find(|(_, link)| link.stage == Stage::Dialing) else {
            return;
        };
        let link = *link;
        state.stage = if succeeds { Stage::Open } else { Stage::Gone };
        self.feed(if succeeds { Input::Dialed(link) } else { Input::DialFailed(link, "refused".into()) });
    }

    /// The connection is gone, for whatever reason.
    fn cut(&mut self) {
        let is_there = |link: &Link| matches!(link.stage, Stage::Open | Stage::Closing);
        let Some((link, state)) = self.links.iter_mut().find(|(_, link)| is_there(link)) else { return };
        let link = *link;
        state.stage = Stage::Gone;
        self.feed(Input::Closed(link));
    }

    fn welcome(&mut self, number: u8) {
        let Some((_, state)) = self.open_link() else { return };
        if state.said_hello && !state.is_welcomed {
            state.is_welcomed = true;
            self.arrive(ServerFrame::Welcome(answers::welcome(number)).encode());
        }
    }

    fn answer(&mut self, which: u8, kind: Option<u8>) {
        let Some((id, asked)) = self.take_request(which) else { return };
        let body = match (kind, asked) {
            (Some(kind), _) => Ok(answers::of_kind(kind)),
            (None, None) => Err(ErrorCode::InvalidRequest.into()),
            (None, Some(body)) => {
                let group = match &body {
                    RequestBody::SendLiveMessage(send) => {
                        let room = self.server.room(send.group);
                        room.next(send.priority);
                        send.group
                    }
                    RequestBody::JoinLiveGroup(join) => join.group,
                    _ => vocabulary::group(0),
                };
                Ok(answers::good(&body, self.server.room(group)))
            }
        };
        self.arrive(ServerFrame::Response(Response { id, body }).encode());
    }

    fn refuse(&mut self, which: u8, number: u8) {
        let Some((id, _)) = self.take_request(which) else { return };
        self.arrive(ServerFrame::Response(Response { id, body: Err(vocabulary::refusal(number)) }).encode());
    }

    fn take_request(&mut self, which: u8) -> Option<(RequestId, Option<RequestBody>)> {
        let (_, state) = self.open_link()?;
        let id = *state.waiting.keys().nth(usize::from(which) % state.waiting.len().max(1))?;
        state.waiting.remove_entry(&id)
    }

    /// A frame arrives on the open connection.
    fn arrive(&mut self, frame: Bytes) {
        let Some((link, _)) = self.open_link() else { return };
        self.feed(Input::Frame(link, frame));
    }

    /// Something arrives that belongs to a connection, a question or an operation of the past.
    fn come_late(&mut self, what: u8) {
        let gone = self.links.iter().rev().find(|(_, link)| link.stage == Stage::Gone).map(|(link, _)| *link);
        let link = gone.unwrap_or(LinkId(9_999));
        let push = self.server.push(vocabulary::group(0), vocabulary::priority(what), 0);
        for input in [
            Input::Frame(link, push.encode()),
            Input::Dialed(link),
            Input::Closed(link),
            Input::DialFailed(link, "late".into()),
            Input::DeviceLoaded(OpId(u64::MAX), Ok(None)),
            Input::Committed(OpId(u64::MAX), Ok(())),
            Input::Token(TokenAskId(u64::MAX), Ok("late".into())),
        ] {
            self.feed(input);
        }
    }

    fn open_link(&mut self) -> Option<(LinkId, &mut Link)> {
        let open = self.links.iter_mut().find(|(_, link)| link.stage == Stage::Open);
        open.map(|(link, state)| (*link, state))
    }

    fn command(&mut self, command: Command) {
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.calls.insert(call);
        self.feed(Input::Command(call, command));
    }

    fn pass(&mut self, duration: Duration) {
        let end = self.now.mono + duration;
        for _ in 0..WAKES_MAX {
            let Some(due) = self.machine.next_deadline().filter(|due| *due <= end) else { break };
            self.advance(due.since(self.now.mono));
            self.feed(Input::Tick);
        }
        self.advance(end.since(self.now.mono));
        self.feed(Input::Tick);
    }

    fn advance(&mut self, step: Duration) {
        self.now = Now { mono: self.now.mono + step, wall: self.now.wall + step };
    }
}
