//! Plays a plan to its end, or to the first broken promise.

mod clients;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bim_core::{Event, Input};
use bim_fake_server::step::{Disk, Happening, LinkId, MemoryDisk, PeerId, World};
use bim_server_core::{AdminCommand, AdminReply};
use bim_types::{AppSecret, Entropy, Mono};

use crate::app::App;
use crate::check::Check;
use crate::client::{Client, Todo};
use crate::explore::{Answers, Deed};
use crate::faults::Mending;
use crate::inspector::Inspector;
use crate::panics;
use crate::plan::{Mode, Plan, SETTLING};
use crate::power::Power;
use crate::sight::{ClientId, ClientSight, Sight};
use crate::stage::{Stage, below, uid_of};
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
        let uids: Vec<_> = (0..users).map(uid_of).collect();
        let clients = plan.cast.iter().enumerate().map(|(at, role)| {
            let (id, uid) = (ClientId(at), uids[role.user].clone());
            let habits = plan.habits.clone();
            let mut app = App::new(id, uid.clone(), role.app_server, role.has_provider, habits, dice.bits());
            app.is_quiet = role.is_quiet;
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
            Happening::Dialed(link) => self.on_link(link, Input::Dialed, ClientSight::Dialed),
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

    pub(crate) fn wake_in(&mut self, time: Duration, wake: Wake) {
        self.next_wake += 1;
        self.wakes.insert(self.next_wake, wake);
        self.world.wake_at(self.world.now() + time, DIRECTOR, self.next_wake);
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
}
