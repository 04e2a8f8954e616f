//! A shell around the engine, small enough to be believed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use arbitrary::Unstructured;
use bim_proto::RequestBody;
use bim_server_core::{AdminCommand, AdminReply, Engine, EngineConfig, Input, ModerationVerdict};
use bim_types::{AppId, ConnectionId, Cursor, GroupInfo, GroupKey, Mono, Now, Seq, Uid, Wall};

use super::books::Books;
use super::config::config;
use super::hello::{self, Flaw};
use super::peer::Peer;
use super::requests;
use super::revoked::{self, Revoked};
use super::step::Step;
use super::store::Store;
use crate::reached::Reached;
use crate::vocabulary;

/// Connections at a time.
pub(super) const SLOTS: u8 = 6;

/// The most that one input may set off.
const OUTPUTS_MAX: usize = 5_000;

/// Ticks until what is due at one time must be done: a tick may ask the store, whose answer may be due at once.
const TICKS_AT_ONCE_MAX: usize = 4;

/// Wakes that one step of time is worth; then the clock jumps to its end, as after a late timer.
const WAKES_MAX: usize = 40;

/// The engine with everything around it.
pub(super) struct World {
    engine: Engine,
    config: EngineConfig,
    pub(super) now: Now,
    pub(super) store: Store,
    pub(super) peers: BTreeMap<ConnectionId, Peer>,
    pub(super) slots: BTreeMap<u8, ConnectionId>,
    /// Where each user last came into each group.
    pub(super) cursors: BTreeMap<(GroupKey, Uid), Cursor>,
    /// Groups that were made, in the order they were made.
    pub(super) groups: Vec<GroupKey>,
    /// What moderators were asked about and did not decide.
    pub(super) moderated: Vec<u64>,
    /// What operators wait for.
    pub(super) operators: BTreeMap<u64, (AdminCommand, Wall)>,
    pub(super) last_reply: Option<AdminReply>,
    pub(super) disabled: BTreeSet<AppId>,
    pub(super) revoked: Revoked,
    pub(super) books: Books,
    pub(super) reached: Reached,
    pub(super) is_ready: bool,
    pub(super) is_draining: bool,
    pub(super) is_drained: bool,
    /// Some group is to stay in memory until nobody was in for a while.
    pub(super) watches_idle: bool,
    last: u64,
    seed: u64,
}

impl World {
    /// A server with two apps and one group of the first one.
    pub(super) fn new(setting: u8) -> Self {
        let config = config(setting);
        let mut world = Self {
            engine: Engine::new(config.clone(), 1),
            config,
            now: Now { mono: Mono::from_micros(1_000_000), wall: Wall::from_secs(1_764_000_000) },
            store: Store::new(),
            peers: BTreeMap::new(),
            slots: BTreeMap::new(),
            cursors: BTreeMap::new(),
            groups: Vec::new(),
            moderated: Vec::new(),
            operators: BTreeMap::new(),
            last_reply: None,
            disabled: BTreeSet::new(),
            revoked: Revoked::default(),
            books: Books::default(),
            reached: Reached::default(),
            is_ready: false,
            is_draining: false,
            is_drained: false,
            watches_idle: false,
            last: 0,
            seed: 1,
        };
        world.run();
        for app in [vocabulary::app(0), vocabulary::app(1)] {
            world.operate(AdminCommand::CreateApp { name: "app".into(), secret: hello::secret(app) });
        }
        world.log_in(0, 0, 0);
        let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
        world.ask(0, RequestBody::CreateLiveGroup(info));
        assert_eq!(world.groups.len(), 1, "a group can be made");
        world
    }

    pub(super) fn carry_out(&mut self, step: Step, bytes: &mut Unstructured<'_>) {
        match step {
            Step::Login { slot, user, device } => self.log_in(slot, user, device),
            Step::Ask { slot, kind, group, number } => {
                let body = requests::any(kind, self.group(group), number);
                self.ask(slot, body);
            }
            Step::Join { slot, group, resume } => self.join(slot, group, resume % 2 == 1),
            Step::Say { slot, group, number } => self.ask(slot, requests::say(self.group(group), number)),
            Step::Tap { slot, group, number } => self.ask(slot, requests::taps(self.group(group), number)),
            Step::Refresh { slot, flaw } => self.refresh(slot, Flaw::of(flaw)),
            Step::Open { slot } => self.open(slot),
            Step::Hello { slot, user, flaw } => self.say_hello(slot, user, Flaw::of(flaw)),
            Step::Raw { slot, length } => {
                let length = usize::from(length).min(bytes.len());
                let frame = bytes.bytes(length).unwrap_or_default().to_vec();
                self.send(slot, frame.into());
            }
            Step::Mangled { slot, kind, number, at, byte } => self.send_mangled(slot, kind, number, at, byte),
            Step::Control { slot, kind } => self.send_control(slot, kind),
            Step::Close { slot } => self.close(slot),
            Step::TooSlow { slot } => {
                if let Some(connection) = self.slots.get(&(slot % SLOTS)).copied() {
                    self.feed(Input::TooSlow { connection });
                }
            }
            Step::Hold { .. }
            | Step::Commit { .. }
            | Step::BusyWrite
            | Step::Load { .. }
            | Step::BusyRead
            | Step::BreakStore { .. } => self.use_store(step),
            Step::Pass { unit, number } => {
                let unit = [1, 50, 1_000, 60_000][usize::from(unit % 4)];
                self.pass(Duration::from_millis(unit * u64::from(number)));
            }
            Step::Clock { seconds } => self.set_clock(seconds),
            Step::Judge { which, verdict } => self.judge(which, verdict),
            Step::Remove { group, seq } => {
                let group = GroupKey { app: vocabulary::app(0), group: self.group(group) };
                self.feed(Input::Remove { group, seq: Seq(u64::from(seq % 16)) });
            }
            Step::Operate { kind, number } => self.operate_any(kind, number),
            Step::Restart { committed } => self.restart(usize::from(committed % 8)),
            Step::Drain { sure } => {
                if sure >= 250 {
                    self.is_draining = true;
                    self.feed(Input::Drain);
                }
            }
        }
    }

    /// Gives the engine an input, and does what it wants until it wants nothing.
    pub(super) fn feed(&mut self, input: Input) {
        self.engine.handle(self.now, input);
        self.run();
    }

    /// Lets time go by, from wake to wake.
    pub(super) fn pass(&mut self, duration: Duration) {
        let end = self.now.mono + duration;
        for _ in 0..WAKES_MAX {
            let Some(due) = self.engine.next_deadline().filter(|due| *due <= end) else { break };
            self.advance(due.since(self.now.mono));
            self.feed(Input::Tick);
        }
        self.advance(end.since(self.now.mono));
        self.feed(Input::Tick);
    }

    /// The connections of all slots are gone.
    pub(super) fn close_all(&mut self) {
        (0..SLOTS).for_each(|slot| self.close(slot));
        for connection in self.peers.keys().copied().collect::<Vec<_>>() {
            self.closed(connection);
        }
    }

    /// An operator asks for something and waits.
    pub(super) fn operate(&mut self, command: AdminCommand) {
        let id = self.next_number();
        self.operators.insert(id, (command.clone(), self.now.wall));
        self.feed(Input::Admin { id, command });
    }

    /// A moderator decides about everything it was asked about.
    pub(super) fn allow_all(&mut self) {
        while let Some(id) = self.moderated.pop() {
            self.feed(Input::Moderated { id, verdict: ModerationVerdict::Allow });
        }
    }

    /// A number that was not used before.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn run(&mut self) {
        self.drain_outputs();
        while let Some(input) = self.store.work() {
            self.engine.handle(self.now, input);
            self.drain_outputs();
        }
        self.tick_if_due();
    }

    /// What is due is done at once; then the next wake is later.
    fn tick_if_due(&mut self) {
        let is_due = |engine: &Engine, now: Now| engine.next_deadline().is_some_and(|due| due <= now.mono);
        for _ in 0..TICKS_AT_ONCE_MAX {
            if !is_due(&self.engine, self.now) {
                return;
            }
            self.engine.handle(self.now, Input::Tick);
            self.drain_outputs();
            while let Some(input) = self.store.work() {
                self.engine.handle(self.now, input);
                self.drain_outputs();
            }
        }
        panic!("a wake that is always due: {:?} at {:?}", self.engine.next_deadline(), self.now);
    }

    fn drain_outputs(&mut self) {
        for count in 0.. {
            let Some(output) = self.engine.poll_output() else { break };
            assert!(count < OUTPUTS_MAX, "one input set off {count} outputs");
            self.on_output(output);
        }
        self.check_rest();
    }

    /// What must hold whenever the engine wants nothing more.
    fn check_rest(&self) {
        for (connection, peer) in &self.peers {
            assert!(
                !peer.was_dismissed || peer.is_closing,
                "{connection:?} was said goodbye to and is not closed"
            );
            assert!(
                !peer.is_closing || peer.groups.is_empty(),
                "{connection:?} is gone and in {:?}",
                peer.groups
            );
            let app = peer.identity.as_ref().map(|identity| identity.app);
            let is_disabled = app.is_some_and(|app| self.disabled.contains(&app));
            assert!(!(is_disabled && peer.is_user()), "{connection:?} is of an app that is disabled");
            assert!(
                peer.replay.is_empty() || !peer.is_user(),
                "{connection:?} was not sent {:?}",
                peer.replay
            );
            let is_revoked = self.revoked.holds(peer);
            assert!(!(is_revoked && peer.is_user()), "{connection:?} runs on a token that was taken back");
            assert!(!self.is_drained || peer.is_closing, "{connection:?} outlives the server");
        }
    }

    fn advance(&mut self, step: Duration) {
        self.now = Now { mono: self.now.mono + step, wall: self.now.wall + step };
    }

    fn set_clock(&mut self, seconds: u8) {
        let step = Duration::from_secs(u64::from(seconds % 128));
        self.now.wall = if seconds < 128 { self.now.wall + step } else { self.now.wall.before(step) };
        self.feed(Input::Tick);
    }

    fn use_store(&mut self, step: Step) {
        match step {
            Step::Hold { what } => {
                (self.store.holds_writes, self.store.holds_reads) = (what & 1 == 1, what & 2 == 2);
            }
            Step::Commit { writes } => {
                for _ in 0..=writes % 16 {
                    let Some(written) = self.store.write() else { break };
                    self.feed(written);
                }
            }
            Step::Load { reads } => {
                for _ in 0..=reads % 16 {
                    let Some(loaded) = self.store.read() else { break };
                    self.feed(loaded);
                }
            }
            Step::BusyWrite => self.store.next_write_is_busy = true,
            Step::BusyRead => self.store.next_read_is_busy = true,
            Step::BreakStore { sure } => self.store.is_broken |= sure >= 250,
            _ => {}
        }
        self.run();
    }

    fn restart(&mut self, committed: usize) {
        self.reached.count("restarted");
        self.store.crash(committed);
        self.seed += 1;
        self.engine = Engine::new(self.config.clone(), self.seed);
        self.peers.clear();
        self.slots.clear();
        self.moderated.clear();
        for (command, _) in std::mem::take(&mut self.operators).into_values() {
            // Whether it was done nobody knows.
            if let AdminCommand::SetAppDisabled { app, .. } = command {
                self.disabled.remove(&app);
            }
        }
        self.books.restart();
        (self.is_ready, self.is_draining, self.is_drained) = (false, false, false);
        self.run();
        while !self.is_ready {
            let loaded = self.store.read().expect("an engine that is not ready reads");
            self.feed(loaded);
        }
    }

    fn judge(&mut self, which: u8, verdict: u8) {
        if self.moderated.is_empty() {
            return;
        }
        let id = self.moderated.remove(usize::from(which) % self.moderated.len());
        let verdict = match verdict % 5 {
            0 | 1 => ModerationVerdict::Allow,
            2 => ModerationVerdict::Refuse { check_code: 7, message: "not here".into() },
            3 => ModerationVerdict::Rewrite(vocabulary::body(0)),
            _ => ModerationVerdict::OnlyForSender,
        };
        self.feed(Input::Moderated { id, verdict });
    }

    fn operate_any(&mut self, kind: u8, number: u8) {
        let app = vocabulary::app(u8::from(number % 8 != 7));
        let command = match kind % 6 {
            0 => AdminCommand::Status,
            1 => AdminCommand::ListApps,
            2 => AdminCommand::SetAppDisabled { app, disabled: number >= 128 },
            3 => AdminCommand::MintToken {
                app,
                uid: vocabulary::uid(number),
                ttl: Duration::from_secs(u64::from(number) * 1_000),
                nonce: 1,
                app_server: number.is_multiple_of(2),
            },
            4 => AdminCommand::RevokeTokens { app, tokens: revoked::any(number) },
            _ => AdminCommand::CreateApp { name: vocabulary::text(number, 100), secret: hello::secret(app) },
        };
        self.operate(command);
    }
}
