//! Plays a plan to its end, or to the first broken promise.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bim_core::{CallId, Command, Event, Input, Output, StoreFailed, TokenAskId, TokenUnavailable};
use bim_fake_server::step::{Disk, Happening, LinkId, MemoryDisk, PeerId, World};
use bim_server_core::{AdminCommand, AdminReply};
use bim_store::ClientStore;
use bim_types::{AppSecret, Entropy, ErrorCode, Mono, Uid};
use bytes::Bytes;

use crate::app::App;
use crate::check::Check;
use crate::client::{Client, STORE_TIME, StoreOp, TOKEN_TIME, Todo};
use crate::explore::{Answers, Deed};
use crate::faults::Mending;
use crate::inspector::Inspector;
use crate::panics;
use crate::plan::{Mode, Plan, SETTLING};
use crate::power::Power;
use crate::sight::{ClientId, ClientSight, Sight};
use crate::stage::{Stage, below, percent};
use crate::stranger::Strangers;
use crate::violation::Violation;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The first broken promise, if any.
    pub violation: Option<Violation>,
    /// Everything that happened, in one number.
    pub hash: u64,
    /// How long it was in virtual time.
    pub virtual_time: Duration,
    /// Things that were seen.
    pub seen: u64,
    /// Messages that were accepted.
    pub accepted: u64,
}

/// Who a wake is for beside the clients.
pub(crate) const DIRECTOR: PeerId = PeerId(u64::MAX);

/// How long a server that was stopped in order waits for its goodbyes to leave.
const FAREWELL: Duration = Duration::from_millis(2_500);

/// How long it is gone then.
const DOWN: Duration = Duration::from_millis(1_500);

/// Somebody's future.
#[derive(Clone, Debug)]
pub(crate) enum Wake {
    /// A client's, in one of its lives.
    Client(usize, u64, Todo),
    /// A client that died comes back.
    Revive(usize),
    /// The next deed of an actor.
    Deed(usize),
    /// A fault.
    Fault(usize),
    /// A fault that lasts is over.
    Mend(Mending),
    /// The machine of the server has no power any more, for so long.
    PowerLost(Duration),
    /// A server that was stopped in order ends, by itself or because it took too long.
    Stop,
    /// Nothing goes wrong from now on.
    Calm,
    /// Apps only look from now on.
    Quiet,
}

/// One run of a plan.
pub struct Run {
    pub(crate) plan: Plan,
    pub(crate) world: World<Inspector>,
    pub(crate) clients: Vec<Client>,
    pub(crate) strangers: Strangers,
    pub(crate) stage: Stage,
    pub(crate) dice: Entropy,
    wakes: BTreeMap<u64, Wake>,
    next_wake: u64,
    pub(crate) is_calm: bool,
    is_quiet: bool,
    /// Set when nobody acts but [`actors`](Self::actors): what they do, what they were answered and told.
    script: bool,
    pub(crate) actors: Vec<VecDeque<Deed>>,
    pub(crate) answers: Answers,
    pub(crate) events: Vec<(ClientId, Mono, Event)>,
}

impl Run {
    /// Plays a plan. A panic of what is simulated is a violation like any other.
    #[must_use]
    pub fn play(plan: &Plan) -> Outcome {
        Self::play_with(plan, None)
    }

    /// As [`play`](Self::play), and shows everything that happens to somebody.
    #[must_use]
    pub fn play_with(plan: &Plan, narrator: Option<fn(Mono, &Sight<'_>)>) -> Outcome {
        let mut run = Self::new(plan.clone());
        run.world.watcher.narrator = narrator;
        run.outcome()
    }

    /// As [`play`](Self::play), with checkers of one's own beside the others.
    #[must_use]
    pub fn play_before(plan: &Plan, others: Vec<Box<dyn Check>>) -> Outcome {
        let mut run = Self::new(plan.clone());
        run.world.watcher.invite(others);
        run.outcome()
    }

    /// As [`play`](Self::play); into [`Outcome::hash`] goes every word of what happened. Slow.
    #[must_use]
    pub fn play_in_words(plan: &Plan) -> Outcome {
        let mut run = Self::new(plan.clone());
        run.world.watcher.hashes_words = true;
        run.outcome()
    }

    fn outcome(mut self) -> Outcome {
        let run = &mut self;
        let ended = panics::caught(|| run.run());
        let at = run.world.now();
        let inspector = &mut run.world.watcher;
        if let Err(what) = ended {
            inspector.violation = Some(Violation { check: "panic", what, at });
        }
        Outcome {
            violation: inspector.violation.take(),
            hash: inspector.hash(),
            virtual_time: at.since(Mono::ZERO),
            seen: inspector.seen,
            accepted: inspector.ledger.accepted(),
        }
    }

    fn new(plan: Plan) -> Self {
        let mut dice = Entropy::new(plan.seed ^ 0x5157_4F52_4C44_5349);
        let mut inspector = Inspector::new(&plan);
        let power = plan.on_disk.then(Power::new);
        let disk: Box<dyn Disk> = match &power {
            Some(power) => Box::new(power.clone()),
            None => Box::new(MemoryDisk::default()),
        };
        inspector.power = power;
        let world = World::new(plan.world.clone(), disk, dice.bits(), inspector);
        let users = plan.cast.iter().map(|role| role.user).max().unwrap_or(0) + 1;
        let uid = |user: usize| match user % 3 {
            2 => Uid::int(user as i64 + 1).expect("a small positive number is a uid"),
            _ => Uid::string(&format!("user{user}")).expect("a short word is a uid"),
        };
        let uids: Vec<_> = (0..users).map(uid).collect();
        let clients = plan.cast.iter().enumerate().map(|(at, role)| {
            let (id, uid) = (ClientId(at), uids[role.user].clone());
            let habits = plan.habits.clone();
            let app = App::new(id, uid.clone(), role.app_server, role.has_provider, habits, dice.bits());
            Client::new(uid, role.clone(), dice.bits(), app, plan.on_disk)
        });
        let clients = clients.collect();
        let stage = Stage {
            app: bim_types::AppId::new(1).expect("1 is an app id"),
            key_id: String::new(),
            secret: AppSecret::new(Vec::new()),
            wall: plan.world.wall,
            uids,
            groups: Vec::new(),
            token_life: plan.habits.token_life,
            foreign: None,
            mints: 0,
            minted: Vec::new(),
        };
        Self {
            world,
            clients,
            strangers: Strangers::default(),
            stage,
            dice,
            wakes: BTreeMap::new(),
            next_wake: 0,
            is_calm: false,
            is_quiet: false,
            script: false,
            actors: Vec::new(),
            answers: Answers::new(),
            events: Vec::new(),
            plan,
        }
    }

    fn run(&mut self) {
        self.make_app();
        for at in 0..self.clients.len() {
            self.revive(at);
        }
        for number in 0..self.plan.faults.len() {
            let at = self.plan.faults[number].at;
            self.wake_in(at, Wake::Fault(number));
        }
        let mut end = self.plan.span;
        if self.plan.mode == Mode::Liveness {
            self.wake_in(self.plan.span, Wake::Calm);
            self.wake_in(self.plan.span + SETTLING / 6, Wake::Quiet);
            end += SETTLING + SETTLING / 6;
        }
        let end = self.world.now() + end;
        while let Some(happening) = self.world.step_until(end) {
            self.on_happening(happening);
            if self.world.watcher.violation.is_some() {
                return;
            }
        }
        let now = self.world.now();
        self.world.watcher.end(now);
    }

    /// A run in which everyone is there and nobody does anything by themselves.
    pub(crate) fn scripted(plan: Plan) -> Self {
        let mut run = Self::new(plan);
        (run.script, run.is_calm) = (true, true);
        run.make_app();
        for at in 0..run.clients.len() {
            run.revive(at);
        }
        run
    }

    /// Goes on for some time.
    pub(crate) fn go_on(&mut self, time: Duration) {
        let end = self.world.now() + time;
        while let Some(happening) = self.world.step_until(end) {
            self.on_happening(happening);
        }
    }

    /// What the checkers say in the end.
    pub(crate) fn finish(&mut self) -> Option<Violation> {
        let now = self.world.now();
        self.world.watcher.end(now);
        self.world.watcher.violation.take()
    }

    /// The one thing that goes right in any case: there are two apps, and one of them is ours.
    fn make_app(&mut self) {
        let name = "foreign".into();
        let secret = AppSecret::new((0..4).flat_map(|_| self.dice.bits().to_le_bytes()).collect());
        loop {
            let end = self.world.now() + Duration::from_secs(10);
            if self.world.is_ready() {
                break;
            }
            self.world.step_until(end);
        }
        self.world.ask(AdminCommand::CreateApp { name, secret });
        while let Some(happening) = self.world.step() {
            let Happening::Answered(_, Ok(AdminReply::AppCreated { app, key_id, secret })) = happening else {
                continue;
            };
            if self.stage.foreign.is_some() {
                (self.stage.app, self.stage.key_id, self.stage.secret) = (app, key_id, secret);
                return;
            }
            self.stage.foreign = Some((app, key_id, secret));
            let secret = AppSecret::new((0..4).flat_map(|_| self.dice.bits().to_le_bytes()).collect());
            self.world.ask(AdminCommand::CreateApp { name: "sim".into(), secret });
        }
    }

    fn on_happening(&mut self, happening: Happening) {
        match happening {
            Happening::Dialed(link) => self.on_link(link, Input::Dialed, |link| ClientSight::Dialed(link)),
            Happening::DialFailed(link) => {
                self.on_link(link, |name| Input::DialFailed(name, "refused".into()), ClientSight::Closed);
            }
            Happening::Closed(link) => self.on_link(link, Input::Closed, ClientSight::Closed),
            Happening::Frame(link, frame) => self.on_frame(link, frame),
            Happening::Woke(_, key) => {
                if let Some(wake) = self.wakes.remove(&key) {
                    self.on_wake(wake);
                }
            }
            // What a real server does then: it gives goodbyes the time to leave.
            Happening::Drained => self.wake_in(FAREWELL, Wake::Stop),
            Happening::Answered(..) => {}
        }
        self.show_minted();
    }

    fn on_link(
        &mut self,
        link: LinkId,
        input: impl FnOnce(bim_core::LinkId) -> Input,
        sight: impl FnOnce(LinkId) -> ClientSight<'static>,
    ) {
        if let Some((at, name)) = self.client_of(link) {
            let input = input(name);
            if !matches!(input, Input::Dialed(_)) {
                self.life(at, |life| life.links.remove(&name));
            }
            self.see(at, sight(link));
            self.input(at, input);
        } else {
            self.strangers.on_link(&mut self.world, link);
        }
    }

    fn on_frame(&mut self, link: LinkId, frame: Bytes) {
        let Some((at, name)) = self.client_of(link) else { return };
        self.see(at, ClientSight::Received(link, &frame));
        self.input(at, Input::Frame(name, frame));
    }

    fn on_wake(&mut self, wake: Wake) {
        match wake {
            Wake::Client(at, life, todo) => {
                if self.clients[at].life.as_ref().is_some_and(|alive| alive.number == life) {
                    self.on_todo(at, todo);
                }
            }
            Wake::Revive(at) => self.revive(at),
            Wake::Deed(actor) => self.on_deed(actor),
            Wake::Fault(number) => self.on_fault(number),
            Wake::Mend(mending) => self.mend(mending),
            Wake::PowerLost(_) | Wake::Stop if self.is_calm => {}
            Wake::PowerLost(down) => self.world.crash(down),
            Wake::Stop => self.world.crash(DOWN),
            Wake::Calm => self.calm(),
            Wake::Quiet => {
                self.is_quiet = true;
                self.note(&Sight::Quiet);
            }
        }
    }

    fn on_todo(&mut self, at: usize, todo: Todo) {
        match todo {
            Todo::Tick(plan) => {
                let due = self.life(at, |life| life.tick.1 == plan && life.tick.0.take().is_some());
                if due == Some(true) {
                    self.input(at, Input::Tick);
                }
            }
            Todo::Stored => self.on_stored(at),
            Todo::Token(ask) => self.on_token(at, ask),
            Todo::Act => self.on_act(at),
        }
    }

    fn on_act(&mut self, at: usize) {
        let now = self.world.now();
        let app = &mut self.clients[at].app;
        let (commands, pause) = if self.is_quiet {
            (app.look(&mut self.stage, now), Duration::from_secs(5))
        } else {
            (app.act(&mut self.stage, now), app.pause())
        };
        self.todo_in(at, pause, Todo::Act);
        for command in commands {
            self.command(at, command);
        }
    }

    /// An app asks something; nothing when its client is dead.
    pub(crate) fn command(&mut self, at: usize, command: Command) -> Option<CallId> {
        let call = self.life(at, |life| {
            life.calls += 1;
            CallId(life.calls)
        });
        if let Some(call) = call {
            self.see(at, ClientSight::Asked(call, &command));
            self.clients[at].app.asked(call, &command);
            self.input(at, Input::Command(call, command));
        }
        call
    }

    fn on_stored(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let Some(life) = client.life.as_mut().filter(|life| !life.storing.is_empty()) else { return };
        let input = match life.storing.remove(0) {
            StoreOp::Load(op) => {
                let failed = |_| StoreFailed { code: ErrorCode::StorageFailed };
                Input::DeviceLoaded(op, client.store.device().map_err(failed))
            }
            StoreOp::Commit(op, batch) => {
                let committed = client.store.commit(&batch);
                if committed.is_ok() {
                    self.see(at, ClientSight::Stored(&batch));
                }
                Input::Committed(op, committed.map_err(|_| StoreFailed { code: ErrorCode::StorageFailed }))
            }
        };
        self.input(at, input);
    }

    fn on_token(&mut self, at: usize, ask: TokenAskId) {
        let client = &mut self.clients[at];
        let answer = if !self.is_calm && percent(&mut client.dice, 5) {
            Err(TokenUnavailable)
        } else {
            Ok(self.stage.mint(&client.uid, client.role.app_server, self.world.now()))
        };
        self.input(at, Input::Token(ask, answer));
    }

    fn input(&mut self, at: usize, input: Input) {
        let now = self.world.now();
        let Some(life) = &mut self.clients[at].life else { return };
        life.machine.handle(life.clock.now(now), input);
        while let Some(output) = self.life(at, |life| life.machine.poll_output()).flatten() {
            self.carry_out(at, output);
        }
        self.see(at, ClientSight::Settled);
        self.plan_tick(at);
    }

    fn carry_out(&mut self, at: usize, output: Output) {
        match output {
            Output::LoadDevice(op) => self.store(at, StoreOp::Load(op)),
            Output::Commit(op, batch) => self.store(at, StoreOp::Commit(op, batch)),
            Output::AskToken(ask) => {
                let time = self.clients[at].dice.up_to(TOKEN_TIME);
                self.todo_in(at, time, Todo::Token(ask));
            }
            Output::Dial { link: name, .. } => {
                let link = self.world.dial(PeerId(at as u64));
                self.life(at, |life| life.links.insert(name, link));
                self.see(at, ClientSight::Dialing(link));
            }
            Output::Send(name, frame) => {
                if let Some(link) = self.link(at, name) {
                    self.see(at, ClientSight::Sent(link, &frame));
                    self.world.send(link, frame);
                }
            }
            Output::Close(name) => {
                if let Some(link) = self.link(at, name) {
                    self.see(at, ClientSight::LetGo(link));
                    self.world.close(link);
                }
            }
            Output::Abort(name) => {
                if let Some(link) = self.link(at, name) {
                    self.life(at, |life| life.links.remove(&name));
                    self.see(at, ClientSight::LetGo(link));
                    self.world.abort(link);
                }
            }
            Output::Reply(call, answer) => {
                self.see(at, ClientSight::Answered(call, &answer));
                self.clients[at].app.on_answer(call, &answer, &mut self.stage);
                if self.script {
                    self.answers.insert((ClientId(at), call), answer);
                }
            }
            Output::Event(event) => {
                self.see(at, ClientSight::Event(&event));
                self.clients[at].app.on_event(&event);
                if self.script {
                    self.events.push((ClientId(at), self.world.now(), event));
                }
            }
        }
    }

    fn store(&mut self, at: usize, op: StoreOp) {
        let time = self.clients[at].dice.up_to(STORE_TIME);
        self.life(at, |life| life.storing.push(op));
        self.todo_in(at, time, Todo::Stored);
    }

    fn plan_tick(&mut self, at: usize) {
        let now = self.world.now();
        let plan = self.life(at, |life| {
            let deadline = life.machine.next_deadline()?;
            if life.tick.0.is_some_and(|planned| planned <= deadline) {
                return None;
            }
            life.tick = (Some(deadline), life.tick.1 + 1);
            Some((life.clock.when(deadline).since(now), life.tick.1))
        });
        if let Some((time, plan)) = plan.flatten() {
            self.todo_in(at, time, Todo::Tick(plan));
        }
    }

    pub(crate) fn revive(&mut self, at: usize) {
        let (now, wall) = (self.world.now(), self.plan.world.wall);
        let client = &mut self.clients[at];
        if client.life.is_none() {
            client.start(self.stage.app, now, wall);
            self.see(at, ClientSight::Started);
            if !self.script {
                let pause = self.clients[at].app.pause();
                self.todo_in(at, pause, Todo::Act);
            }
        }
    }

    pub(crate) fn kill(&mut self, at: usize, down: Duration) {
        if let Some(life) = self.clients[at].die() {
            life.links.values().for_each(|link| self.world.abort(*link));
            self.see(at, ClientSight::Died);
            self.wake_in(down, Wake::Revive(at));
        }
    }

    pub(crate) fn wake_in(&mut self, time: Duration, wake: Wake) {
        self.next_wake += 1;
        self.wakes.insert(self.next_wake, wake);
        self.world.wake_at(self.world.now() + time, DIRECTOR, self.next_wake);
    }

    fn todo_in(&mut self, at: usize, time: Duration, todo: Todo) {
        if let Some(life) = self.life(at, |life| life.number) {
            self.wake_in(time, Wake::Client(at, life, todo));
        }
    }

    fn see(&mut self, at: usize, sight: ClientSight<'_>) {
        let now = self.world.now();
        self.world.watcher.client(now, ClientId(at), sight);
    }

    /// Shows the tokens that were made, before anybody can have presented them.
    fn show_minted(&mut self) {
        for minted in std::mem::take(&mut self.stage.minted) {
            self.note(&Sight::Minted(&minted));
        }
    }

    pub(crate) fn note(&mut self, sight: &Sight<'_>) {
        let now = self.world.now();
        self.world.watcher.note(now, sight);
    }

    /// One of the clients that are alive.
    pub(crate) fn someone(&mut self, target: u64) -> Option<usize> {
        let alive: Vec<_> = (0..self.clients.len()).filter(|at| self.clients[*at].life.is_some()).collect();
        let count = u64::try_from(alive.len()).ok().filter(|count| *count > 0)?;
        alive.get(usize::try_from(target % count).unwrap_or(0)).copied()
    }

    /// A link of one of the clients that are alive.
    pub(crate) fn some_link(&mut self, target: u64) -> Option<LinkId> {
        let at = self.someone(target)?;
        let links: Vec<_> = self.clients[at].life.as_ref()?.links.values().copied().collect();
        links.get(below(&mut self.dice, links.len())).copied()
    }

    fn link(&self, at: usize, name: bim_core::LinkId) -> Option<LinkId> {
        self.clients[at].life.as_ref()?.links.get(&name).copied()
    }

    fn client_of(&self, link: LinkId) -> Option<(usize, bim_core::LinkId)> {
        let lives = self.clients.iter().enumerate();
        lives.filter_map(|(at, client)| Some((at, client.life.as_ref()?.name_of(link)?))).next()
    }

    fn life<T>(&mut self, at: usize, change: impl FnOnce(&mut crate::client::Life) -> T) -> Option<T> {
        self.clients[at].life.as_mut().map(change)
    }
}
