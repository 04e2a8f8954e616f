//! One server, its log, and the links that peers have to it.

mod network;
mod shell;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bim_server_core::{AdminCommand, AdminReply, Input, Moderated, ModerationVerdict, StoreFailure};
use bim_types::store::OpId;
use bim_types::{Entropy, Mono, Now, Refusal};
use bytes::Bytes;

use crate::step::agenda::Agenda;
use crate::step::clock::StepClock;
use crate::step::config::{LogWeather, WorldConfig};
use crate::step::disk::Disk;
use crate::step::link::{Direction, Link};
use crate::step::server::Server;
use crate::step::watch::{Sight, Watcher};

/// Who holds the other ends of links. Chosen by whoever drives the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// One attempt to connect, and the connection that came of it. Never used again; the engine's number of the
/// connection is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// What happens to a peer, or to whoever drives the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The link is established.
    Dialed(LinkId),
    /// The link was not established: refused, or nobody answered.
    DialFailed(LinkId),
    /// A frame arrived.
    Frame(LinkId, Bytes),
    /// The link is over. Nothing more is heard of it.
    Closed(LinkId),
    /// It is as late as was asked for with [`World::wake_at`].
    Woke(PeerId, u64),
    /// An operator is answered.
    Answered(u64, Result<AdminReply, Refusal>),
    /// A server that was asked to [`drain`](World::drain) has told everyone goodbye.
    Drained,
}

/// What is on the agenda.
#[derive(Debug)]
enum Occasion {
    Accept(LinkId),
    Arrive(LinkId, Direction),
    Tick(u64),
    Commit(u64),
    Written(u64),
    Loaded(u64, OpId),
    Moderated(u64, u64, ModerationVerdict),
    Patience(LinkId),
    Farewell(LinkId),
    Restart,
    Wake(PeerId, u64),
}

/// Decides on messages; see [`World::set_moderator`].
pub type StepModerator = Box<dyn FnMut(&Moderated, &mut Entropy) -> Option<(Duration, ModerationVerdict)>>;

/// Picks one of so many occasions; see [`World::choose_order`].
pub type Chooser = Box<dyn FnMut(usize) -> usize>;

/// One server, its log, and the links that peers have to it. See the [module](super) for what it is.
pub struct World<W> {
    config: WorldConfig,
    now: Mono,
    agenda: Agenda<Occasion>,
    happened: VecDeque<Happening>,
    links: BTreeMap<LinkId, Link>,
    server: Option<Server>,
    disk: Box<dyn Disk>,
    moderator: Option<StepModerator>,
    chooser: Option<(Duration, Chooser)>,
    seed: u64,
    lives: u64,
    last_link: u64,
    last_admin: u64,
    wall_offset_ms: i64,
    paused_until: Mono,
    unreachable: BTreeMap<PeerId, Mono>,
    /// Inputs that came of outputs, for when the outputs are drained.
    inbox: VecDeque<Input>,
    /// Links whose queue changed.
    touched: BTreeSet<LinkId>,
    network: Entropy,
    weather: Entropy,
    /// Sees everything.
    pub watcher: W,
}

impl<W: Watcher> World<W> {
    /// A world with a server that is about to start.
    pub fn new(config: WorldConfig, disk: Box<dyn Disk>, seed: u64, watcher: W) -> Self {
        let mut dice = Entropy::new(seed);
        let mut world = Self {
            config,
            now: Mono::ZERO,
            agenda: Agenda::default(),
            happened: VecDeque::new(),
            links: BTreeMap::new(),
            server: None,
            disk,
            moderator: None,
            chooser: None,
            seed,
            lives: 0,
            last_link: 0,
            last_admin: 0,
            wall_offset_ms: 0,
            paused_until: Mono::ZERO,
            unreachable: BTreeMap::new(),
            inbox: VecDeque::new(),
            touched: BTreeSet::new(),
            network: Entropy::new(dice.bits()),
            weather: Entropy::new(dice.bits()),
            watcher,
        };
        world.start();
        world
    }

    /// True time since the start.
    #[must_use]
    pub fn now(&self) -> Mono {
        self.now
    }

    /// What the server's clocks show; while it is down, what they would show.
    #[must_use]
    pub fn server_now(&self) -> Now {
        self.server.as_ref().map_or_else(|| self.clock(Mono::ZERO), |server| server.clock).now(self.now)
    }

    /// Whether the server runs.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.server.is_some()
    }

    /// Whether the server runs and lets peers in.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.is_ready)
    }

    /// Frames and bytes that wait in the server for a peer, what a resume reads again aside.
    #[must_use]
    pub fn waiting(&self, link: LinkId) -> (usize, usize) {
        let desk = self.links.get(&link).and_then(|link| link.desk.as_ref());
        desk.map_or((0, 0), |desk| desk.mailbox.load())
    }

    /// The links that peer holds and the server has accepted, oldest first.
    pub fn links_of(&self, peer: PeerId) -> impl Iterator<Item = LinkId> {
        let of_peer = move |(id, link): (&LinkId, &Link)| (link.peer == peer).then_some(*id);
        self.links.iter().filter_map(of_peer)
    }

    /// Goes on to the next happening, but not beyond a point in time. `None` when nothing happened until then; time
    /// then stands there.
    pub fn step_until(&mut self, end: Mono) -> Option<Happening> {
        loop {
            if let Some(happening) = self.happened.pop_front() {
                return Some(happening);
            }
            let next = match &mut self.chooser {
                Some((within, choose)) => self.agenda.one_by(end, *within, choose),
                None => self.agenda.next_by(end),
            };
            let Some((at, occasion)) = next else {
                self.now = self.now.max(end);
                return None;
            };
            self.now = self.now.max(at);
            self.on_occasion(occasion);
        }
    }

    /// Goes on to the next happening, however far away; `None` when there will be none within an hour.
    pub fn step(&mut self) -> Option<Happening> {
        self.step_until(self.now + Duration::from_secs(3_600))
    }

    /// From now on, whenever several occasions are due within a time of each other, `choose` is asked which comes first:
    /// it is given their number and gives one below it. Frames of one direction of a link never overtake each other.
    /// For searching through all orders of a race; see [`follow_time`](Self::follow_time).
    pub fn choose_order(&mut self, within: Duration, choose: Chooser) {
        self.chooser = Some((within, choose));
    }

    /// Occasions come by time again.
    pub fn follow_time(&mut self) {
        self.chooser = None;
    }

    /// Asks for a [`Happening::Woke`].
    pub fn wake_at(&mut self, at: Mono, peer: PeerId, key: u64) {
        self.agenda.plan(at.max(self.now), Occasion::Wake(peer, key));
    }

    /// Kills the server, as `kill -9` or a loss of power would. Of the writes that wait, the first few may become
    /// durable all the same. It comes back after `down`.
    pub fn crash(&mut self, down: Duration) {
        let Some(mut server) = self.server.take() else { return };
        let survives = below(&mut self.weather, server.writes.len() + 1);
        for write in server.writes.drain(..).take(survives).filter(|write| !write.refused) {
            if server.log_failed {
                break;
            }
            if let Ok(outcomes) = server.log.commit(&write.ops) {
                self.watcher.see(self.now, Sight::Committed(&write.ops, &outcomes));
            }
        }
        // A log that is closed in order afterwards writes to a disk that nobody reads again.
        self.disk.crash(&mut self.weather);
        drop(server);
        self.watcher.see(self.now, Sight::Crashed);
        self.inbox.clear();
        let lost = self.links.iter_mut().filter_map(|(id, link)| link.desk.take().map(|_| *id));
        for id in lost.collect::<Vec<_>>() {
            self.cut(id, Direction::Down);
        }
        self.agenda.plan(self.now + down, Occasion::Restart);
    }

    /// Stops the server in order. Answered with [`Happening::Drained`]; then [`crash`](Self::crash) it.
    pub fn drain(&mut self) {
        self.input(Input::Drain);
    }

    /// Nothing moves in the server for so long; what arrives meanwhile waits.
    pub fn pause(&mut self, time: Duration) {
        self.paused_until = self.paused_until.max(self.now + time);
    }

    /// Sets the server's time of day so many milliseconds ahead of the truth, or behind it, below zero.
    pub fn set_wall_offset(&mut self, ms: i64) {
        self.wall_offset_ms = ms;
        if let Some(server) = &mut self.server {
            server.clock.set_wall_offset(ms);
        }
    }

    /// How many milliseconds the server's time of day is ahead of the truth, or behind it, below zero.
    #[must_use]
    pub fn wall_offset(&self) -> i64 {
        self.wall_offset_ms
    }

    /// Changes how late the server's timers may be.
    pub fn set_timer_lateness(&mut self, lateness: Duration) {
        self.config.timer_lateness = lateness;
    }

    /// Changes the shortest time a frame takes, on links that are opened from now on.
    pub fn set_latency(&mut self, latency: Duration) {
        self.config.link.latency = latency;
    }

    /// Changes how the log is, from now on.
    pub fn set_log_weather(&mut self, weather: LogWeather) {
        self.config.log = weather;
    }

    /// Has messages judged: after how long, and how; `None` for never. Asked only when the engine moderates.
    pub fn set_moderator(&mut self, moderator: StepModerator) {
        self.moderator = Some(moderator);
    }

    /// Asks something as an operator. Answered with [`Happening::Answered`] and the number returned here, unless the
    /// server is down or goes down.
    pub fn ask(&mut self, command: AdminCommand) -> u64 {
        self.last_admin += 1;
        let id = self.last_admin;
        self.input(Input::Admin { id, command });
        id
    }

    fn clock(&self, began: Mono) -> StepClock {
        let wall = self.config.wall + began.since(Mono::ZERO);
        let mut clock = StepClock::new(began, wall, self.config.drift_ppm);
        clock.set_wall_offset(self.wall_offset_ms);
        clock
    }

    fn start(&mut self) {
        let log = self.disk.open();
        let seed = self.seed.wrapping_add(self.lives);
        self.server = Some(Server::new(self.config.engine.clone(), seed, log, self.clock(self.now)));
        self.watcher.see(self.now, Sight::Started(self.lives));
        self.lives += 1;
        self.input(Input::Tick);
    }

    fn on_occasion(&mut self, occasion: Occasion) {
        if occasion.is_of_server() && self.now < self.paused_until {
            return self.agenda.plan(self.paused_until, occasion);
        }
        match occasion {
            Occasion::Accept(link) => self.on_accept(link),
            Occasion::Arrive(link, direction) => self.on_arrival(link, direction),
            Occasion::Tick(plan) => self.on_tick(plan),
            Occasion::Commit(life) if life == self.lives => self.on_commit(),
            Occasion::Written(life) if life == self.lives => {
                let Some(server) = &mut self.server else { return };
                let Some(result) = server.results.pop_front() else { return };
                let is_refused = matches!(result, Input::Written { result: Err(StoreFailure::Busy), .. });
                server.refused -= usize::from(is_refused);
                self.input(result);
            }
            Occasion::Loaded(life, op) if life == self.lives => self.on_loaded(op),
            Occasion::Moderated(life, id, verdict) if life == self.lives => {
                self.input(Input::Moderated { id, verdict });
            }
            Occasion::Patience(link) => self.on_patience(link),
            Occasion::Farewell(link) => self.let_go(link),
            Occasion::Restart if self.server.is_none() => self.start(),
            Occasion::Wake(peer, key) => self.happened.push_back(Happening::Woke(peer, key)),
            Occasion::Commit(_)
            | Occasion::Written(_)
            | Occasion::Loaded(..)
            | Occasion::Moderated(..)
            | Occasion::Restart => {}
        }
    }
}

impl Occasion {
    /// Whether the server is what moves.
    fn is_of_server(&self) -> bool {
        match self {
            Self::Accept(_)
            | Self::Arrive(_, Direction::Up)
            | Self::Tick(_)
            | Self::Commit(_)
            | Self::Written(_)
            | Self::Loaded(..)
            | Self::Moderated(..)
            | Self::Patience(_)
            | Self::Farewell(_) => true,
            Self::Arrive(_, Direction::Down) | Self::Restart | Self::Wake(..) => false,
        }
    }
}

impl<W> std::fmt::Debug for World<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("links", &self.links.len())
            .finish_non_exhaustive()
    }
}

/// A number below `end`, which is at least 1.
fn below(dice: &mut Entropy, end: usize) -> usize {
    usize::try_from((u128::from(dice.bits()) * end as u128) >> 64).unwrap_or(0)
}
