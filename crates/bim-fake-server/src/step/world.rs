//! One server, its log, and the links that peers have to it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bim_server_core::{AdminCommand, AdminReply, Input, Moderated, ModerationVerdict, Output, StoreFailure};
use bim_types::limits::{FIRST_FRAME_BYTES_MAX, FRAME_BYTES_MAX, RESUME_WINDOW, UNWRITABLE_TIMEOUT};
use bim_types::store::OpId;
use bim_types::{ConnectionId, Entropy, Mono, Now, Refusal};
use bytes::Bytes;

use super::agenda::Agenda;
use super::clock::StepClock;
use super::config::{LogWeather, WorldConfig};
use super::disk::Disk;
use super::link::{Desk, Direction, Link, LinkFault};
use super::mailbox::Mailbox;
use super::pipe::Item;
use super::server::{Server, Write};
use super::watch::{Sight, Watcher};

/// Bytes that a peer may send before it is authenticated.
const STRANGER_BYTES_MAX: usize = 16 * 1024;

/// How long the last frames of a connection may take. After it the connection is cut.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

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

    /// Opens a link. Answered with [`Happening::Dialed`] or [`Happening::DialFailed`].
    pub fn dial(&mut self, peer: PeerId) -> LinkId {
        self.last_link += 1;
        let id = LinkId(self.last_link);
        self.links.insert(id, Link::new(peer, self.config.link));
        let handshake = self.config.link.latency * 2 + self.network.up_to(self.config.link.jitter);
        let reached = self.unreachable.get(&peer).copied().unwrap_or_default();
        self.agenda.plan((self.now + handshake).max(reached), Occasion::Accept(id));
        id
    }

    /// Sends a frame to the server. Nothing comes of it when the link is over.
    pub fn send(&mut self, link: LinkId, frame: Bytes) {
        self.push(link, Direction::Up, Item::Frame(frame));
    }

    /// Closes in order: what was sent arrives. Answered with [`Happening::Closed`].
    pub fn close(&mut self, link: LinkId) {
        self.push(link, Direction::Up, Item::End);
    }

    /// Lets go of a link at once; some of what is under way to the server may still arrive. Nothing more is heard of it.
    pub fn abort(&mut self, link: LinkId) {
        let Some(known) = self.links.get_mut(&link) else { return };
        known.peer_listens = false;
        let keep = below(&mut self.network, known.up.len() + 1);
        known.up.cut(keep);
        self.push(link, Direction::Up, Item::End);
        self.forget_if_over(link);
    }

    /// Does something to a link.
    pub fn disturb(&mut self, id: LinkId, fault: LinkFault) {
        let Some(link) = self.links.get_mut(&id) else { return };
        match fault {
            LinkFault::Cut => {
                for direction in [Direction::Up, Direction::Down] {
                    self.cut(id, direction);
                }
            }
            LinkFault::HalfOpen(direction) => link.pipe(direction).dead = true,
            LinkFault::Dead => (link.up.dead, link.down.dead) = (true, true),
            LinkFault::Stall(time) => {
                link.up.stalled_until = link.up.stalled_until.max(self.now + time);
                link.down.stalled_until = link.down.stalled_until.max(self.now + time);
            }
            LinkFault::SlowRead(rate) => link.down.rate = Some(rate),
            LinkFault::Mend => self.calm_link(id),
        }
    }

    /// No packets pass between a peer and the server for so long, on its links and on those it opens meanwhile.
    pub fn isolate(&mut self, peer: PeerId, time: Duration) {
        let until = self.now + time;
        let known = self.unreachable.entry(peer).or_default();
        *known = until.max(*known);
        for link in self.links_of(peer).collect::<Vec<_>>() {
            self.disturb(link, LinkFault::Stall(time));
        }
    }

    /// Ends every disturbance of links and of time that lasts: slow readers read again, what is isolated is reached.
    /// Links that were cut or are dead stay so.
    pub fn calm(&mut self) {
        let now = self.now;
        self.unreachable.clear();
        self.paused_until = now;
        self.set_wall_offset(0);
        self.config.timer_lateness = Duration::ZERO;
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            self.calm_link(id);
        }
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
                let result = self.server.as_mut().and_then(|server| server.results.pop_front());
                result.into_iter().for_each(|result| self.input(result));
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

    fn on_accept(&mut self, id: LinkId) {
        let ready = self.is_ready();
        let Some(link) = self.links.get_mut(&id) else { return };
        if !ready || !link.peer_listens {
            let listens = link.peer_listens;
            self.links.remove(&id);
            if listens {
                self.happened.push_back(Happening::DialFailed(id));
            }
            return;
        }
        link.accepted = true;
        link.desk = Some(Desk::new(Mailbox::new(self.config.queue)));
        let peer = Some(format!("10.0.0.{}", link.peer.0).into());
        self.happened.push_back(Happening::Dialed(id));
        self.input(Input::Opened { connection: ConnectionId(id.0), peer });
    }

    fn on_arrival(&mut self, id: LinkId, direction: Direction) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let pipe = link.pipe(direction);
        pipe.planned = false;
        let item = pipe.take(self.now);
        self.plan_arrival(id, direction);
        match (item, direction) {
            (None, _) => {}
            (Some(Item::Frame(frame)), Direction::Up) => self.on_frame(id, frame),
            (Some(Item::End), Direction::Up) => self.let_go(id),
            (Some(Item::Frame(frame)), Direction::Down) => {
                if self.links.get(&id).is_some_and(|link| link.peer_listens) {
                    self.happened.push_back(Happening::Frame(id, frame));
                }
                self.fill(id);
                self.feed();
            }
            (Some(Item::End), Direction::Down) => {
                let Some(link) = self.links.get_mut(&id) else { return };
                if std::mem::replace(&mut link.peer_listens, false) {
                    self.happened.push_back(Happening::Closed(id));
                }
                self.forget_if_over(id);
            }
        }
    }

    fn on_frame(&mut self, id: LinkId, frame: Bytes) {
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if desk.mailbox.closing || desk.too_slow {
            return;
        }
        if !desk.admitted {
            desk.stranger_bytes += frame.len();
        }
        let limit = if desk.admitted { FRAME_BYTES_MAX } else { FIRST_FRAME_BYTES_MAX };
        if frame.len() > limit || desk.stranger_bytes > STRANGER_BYTES_MAX {
            return self.let_go(id);
        }
        self.input(Input::Frame { connection: ConnectionId(id.0), frame });
    }

    fn on_tick(&mut self, plan: u64) {
        let Some(server) = self.server.as_mut().filter(|server| server.tick.1 == plan) else { return };
        server.tick.0 = None;
        self.input(Input::Tick);
    }

    /// Writes all that waits, as a disk with group commit does.
    fn on_commit(&mut self) {
        let Some(server) = &mut self.server else { return };
        server.is_committing = false;
        while let Some(Write { op, ops, refused }) = server.writes.pop_front() {
            let result = if refused {
                Err(StoreFailure::Busy)
            } else if self.config.log.failing || server.log_failed {
                server.log_failed = true;
                Err(StoreFailure::Failed)
            } else {
                match server.log.commit(&ops) {
                    Ok(outcomes) => {
                        self.watcher.see(self.now, Sight::Committed(&ops, &outcomes));
                        Ok(outcomes)
                    }
                    Err(_) => {
                        server.log_failed = true;
                        Err(StoreFailure::Failed)
                    }
                }
            };
            server.results.push_back(Input::Written { op, result });
            let due = self.now + self.weather.up_to(self.config.log.answer);
            server.answered_by = due.max(server.answered_by);
            self.agenda.plan(server.answered_by, Occasion::Written(self.lives));
        }
    }

    fn on_loaded(&mut self, op: OpId) {
        let busy = self.is_busy();
        let Some(server) = &mut self.server else { return };
        let Some(query) = server.reads.remove(&op) else { return };
        let result = if busy { Err(StoreFailure::Busy) } else { server.load(query) };
        self.input(Input::Loaded { op, result });
    }

    /// A peer that took nothing for too long is too slow.
    fn on_patience(&mut self, id: LinkId) {
        let now = self.now;
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        let waited = |since: Option<Mono>, limit| since.is_some_and(|since| now.since(since) >= limit);
        if waited(desk.blocked_since, UNWRITABLE_TIMEOUT) || waited(desk.replaying_since, RESUME_WINDOW) {
            self.report_slow(id);
        }
    }

    fn report_slow(&mut self, id: LinkId) {
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if !std::mem::replace(&mut desk.too_slow, true) && !desk.mailbox.closing {
            self.inbox.push_back(Input::TooSlow { connection: ConnectionId(id.0) });
            self.feed();
        }
    }

    /// The server lets go of a connection; the engine hears of it.
    fn let_go(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.desk.take().is_none() {
            return self.forget_if_over(id);
        }
        self.push(id, Direction::Down, Item::End);
        self.forget_if_over(id);
        self.inbox.push_back(Input::Closed { connection: ConnectionId(id.0) });
        self.feed();
    }

    fn input(&mut self, input: Input) {
        self.inbox.push_back(input);
        self.feed();
    }

    /// Feeds the engine what waits, and carries out what it wants. Calls itself only through what it carries out, and
    /// then leaves the work to the outermost call.
    fn feed(&mut self) {
        while let Some(input) = self.inbox.pop_front() {
            let Some(mut server) = self.server.take() else { return self.inbox.clear() };
            let now = server.clock.now(self.now);
            self.watcher.see(self.now, Sight::Input(now, &input));
            server.engine.handle(now, input);
            while let Some(output) = server.engine.poll_output() {
                self.watcher.see(self.now, Sight::Output(&output));
                self.carry_out(&mut server, output);
            }
            self.plan_tick(&mut server);
            self.server = Some(server);
            for link in std::mem::take(&mut self.touched) {
                self.fill(link);
            }
        }
    }

    fn carry_out(&mut self, server: &mut Server, output: Output) {
        match output {
            Output::Ready => server.is_ready = true,
            Output::Send { connection, frame } => {
                self.at(connection, |desk| desk.mailbox.push_control(frame));
            }
            Output::Replay { connection, live } => self.at(connection, |desk| {
                desk.mailbox.push_replay(live);
                false
            }),
            Output::JoinGroup { group, connection } => {
                server.groups.entry(group).or_default().insert(LinkId(connection.0));
            }
            Output::LeaveGroup { group, connection } => {
                if let Some(members) = server.groups.get_mut(&group) {
                    members.remove(&LinkId(connection.0));
                }
                self.at(connection, |desk| {
                    desk.mailbox.forget_group(group);
                    false
                });
            }
            Output::Broadcast(live) => {
                for member in server.groups.get(&live.group).into_iter().flatten() {
                    self.at(ConnectionId(member.0), |desk| desk.mailbox.push_live(live.clone()));
                }
            }
            Output::BroadcastState { group, frame } => {
                for member in server.groups.get(&group).into_iter().flatten() {
                    self.at(ConnectionId(member.0), |desk| desk.mailbox.push_control(frame.clone()));
                }
            }
            Output::Admit { connection } => self.at(connection, |desk| {
                desk.admitted = true;
                false
            }),
            Output::Close { connection } => self.close_desk(connection),
            Output::Write { op, ops } => {
                let refused = self.is_busy();
                server.writes.push_back(Write { op, ops, refused });
                if !std::mem::replace(&mut server.is_committing, true) {
                    let due = self.now + self.weather.up_to(self.config.log.commit);
                    self.agenda.plan(due, Occasion::Commit(self.lives));
                }
            }
            Output::Read { op, query } => {
                server.reads.insert(op, query);
                let due = self.now + self.weather.up_to(self.config.log.answer);
                self.agenda.plan(due, Occasion::Loaded(self.lives, op));
            }
            Output::Moderate { id, message } => self.moderate(id, &message),
            Output::AdminDone { id, result } => self.happened.push_back(Happening::Answered(id, result)),
            Output::Drained => self.happened.push_back(Happening::Drained),
            Output::Review { .. } | Output::Notice(_) => {}
        }
    }

    /// Changes what is kept for a connection; `true` when its queue was too small for it.
    fn at(&mut self, connection: ConnectionId, change: impl FnOnce(&mut Desk) -> bool) {
        let id = LinkId(connection.0);
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if change(desk) {
            self.watcher.see(self.now, Sight::Overflowed(connection));
            self.report_slow_later(id);
        }
        let Some(desk) = self.links.get(&id).and_then(|link| link.desk.as_ref()) else { return };
        if !desk.mailbox.has_replay() {
            let (frames, bytes) = desk.mailbox.load();
            self.watcher.see(self.now, Sight::Queued(connection, frames, bytes));
        }
        self.touched.insert(id);
    }

    fn report_slow_later(&mut self, id: LinkId) {
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if !std::mem::replace(&mut desk.too_slow, true) && !desk.mailbox.closing {
            self.inbox.push_back(Input::TooSlow { connection: ConnectionId(id.0) });
        }
    }

    fn close_desk(&mut self, connection: ConnectionId) {
        let id = LinkId(connection.0);
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        desk.mailbox.closing = true;
        self.touched.insert(id);
        self.agenda.plan(self.now + FAREWELL_TIMEOUT, Occasion::Farewell(id));
    }

    fn moderate(&mut self, id: u64, message: &Moderated) {
        let Some(moderator) = &mut self.moderator else { return };
        if let Some((after, verdict)) = moderator(message, &mut self.weather) {
            self.agenda.plan(self.now + after, Occasion::Moderated(self.lives, id, verdict));
        }
    }

    /// Writes what waits for a peer, as far as the link has room.
    fn fill(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(desk) = &mut link.desk else { return };
        let mut wrote = false;
        while link.down.has_room() {
            let Some(frame) = desk.mailbox.pop() else { break };
            self.watcher.see(self.now, Sight::Wrote(ConnectionId(id.0), &frame));
            link.down.push(self.now, Item::Frame(frame), &mut self.network);
            wrote = true;
        }
        let (empty, replaying) = (desk.mailbox.is_empty(), desk.mailbox.has_replay());
        if empty && desk.mailbox.closing {
            self.plan_arrival(id, Direction::Down);
            return self.let_go(id);
        }
        if wrote || empty {
            desk.blocked_since = None;
        }
        if !empty && desk.blocked_since.is_none() {
            desk.blocked_since = Some(self.now);
            self.agenda.plan(self.now + UNWRITABLE_TIMEOUT, Occasion::Patience(id));
        }
        match (replaying, desk.replaying_since) {
            (true, None) => {
                desk.replaying_since = Some(self.now);
                self.agenda.plan(self.now + RESUME_WINDOW, Occasion::Patience(id));
            }
            (false, Some(_)) => desk.replaying_since = None,
            _ => {}
        }
        self.plan_arrival(id, Direction::Down);
    }

    fn push(&mut self, id: LinkId, direction: Direction, item: Item) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.pipe(direction).push(self.now, item, &mut self.network);
        self.plan_arrival(id, direction);
    }

    fn cut(&mut self, id: LinkId, direction: Direction) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let pipe = link.pipe(direction);
        let keep = below(&mut self.network, pipe.len() + 1);
        pipe.cut(keep);
        self.push(id, direction, Item::End);
    }

    fn plan_arrival(&mut self, id: LinkId, direction: Direction) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let pipe = link.pipe(direction);
        if let Some(due) = pipe.next_due().filter(|_| !pipe.planned) {
            pipe.planned = true;
            self.agenda.plan(due.max(self.now), Occasion::Arrive(id, direction));
        }
    }

    fn calm_link(&mut self, id: LinkId) {
        for direction in [Direction::Up, Direction::Down] {
            let Some(link) = self.links.get_mut(&id) else { return };
            link.pipe(direction).calm(self.now);
            self.plan_arrival_anew(id, direction);
        }
    }

    /// Plans an arrival that may be due earlier than what is planned; the other comes too and finds nothing due.
    fn plan_arrival_anew(&mut self, id: LinkId, direction: Direction) {
        if let Some(link) = self.links.get_mut(&id) {
            link.pipe(direction).planned = false;
        }
        self.plan_arrival(id, direction);
    }

    fn plan_tick(&mut self, server: &mut Server) {
        let Some(deadline) = server.engine.next_deadline() else { return };
        if server.tick.0.is_some_and(|planned| planned <= deadline) {
            return;
        }
        let due = server.clock.when(deadline).max(self.now) + self.weather.up_to(self.config.timer_lateness);
        server.tick = (Some(deadline), server.tick.1 + 1);
        self.agenda.plan(due, Occasion::Tick(server.tick.1));
    }

    fn forget_if_over(&mut self, id: LinkId) {
        if self.links.get(&id).is_some_and(Link::is_over) {
            self.links.remove(&id);
        }
    }

    fn is_busy(&mut self) -> bool {
        let per_mille = self.config.log.busy_per_mille as usize;
        per_mille > 0 && below(&mut self.weather, 1_000) < per_mille
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
