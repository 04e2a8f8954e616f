//! Clients, cuts, restarts, a slow disk and small queues in any order: what must hold whatever happens.
//!
//! Each client reads with the [`Viewer`] that real clients use, resends in order, and says what each of its
//! messages follows. In the end the log is the truth, and every client is held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_livegroup::queue::QueueLimits;
use bim_livegroup::viewer::{Delivery, JoinOutcome, Viewer};
use bim_proto::stored::StoredLiveMessage;
use bim_proto::{RequestBody, RequestId, Response, ResponseBody, SendLive, ServerFrame};
use bim_store::{ReadLimit, ServerLog};
use bim_types::store::StreamId;
use bim_types::{
    ClientMessageId, ConnectionId, ConversationShortId, Cursor, PerPriority, Position, Priority, Seq, Uid,
};
use proptest::prelude::*;

use super::world::{World, app, join, message, uid};
use crate::{EngineConfig, Input};

const CLIENTS: usize = 3;
const NAMES: [&str; CLIENTS] = ["owner", "bob", "eve"];

#[derive(Clone, Debug)]
enum Step {
    Connect(usize),
    Cut(usize),
    JoinAgain(usize),
    Send(usize, Priority),
    Retry(usize),
    Repeat(usize, usize),
    Read(usize, usize),
    HoldWrites,
    Commit(usize),
    HoldReads,
    ReleaseReads,
    Busy(bool),
    Pass(u64),
    Restart { committed: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..CLIENTS;
    let class = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)];
    prop_oneof![
        3 => who.clone().prop_map(Step::Connect),
        1 => who.clone().prop_map(Step::Cut),
        1 => who.clone().prop_map(Step::JoinAgain),
        20 => (who.clone(), class).prop_map(|(who, class)| Step::Send(who, class)),
        4 => who.clone().prop_map(Step::Retry),
        2 => (who.clone(), 0..30_usize).prop_map(|(who, which)| Step::Repeat(who, which)),
        12 => (who, 0..20_usize).prop_map(|(who, frames)| Step::Read(who, frames)),
        2 => Just(Step::HoldWrites),
        4 => (0..12_usize).prop_map(Step::Commit),
        1 => Just(Step::HoldReads),
        2 => Just(Step::ReleaseReads),
        2 => any::<bool>().prop_map(Step::Busy),
        4 => prop_oneof![8 => 100..3_000_u64, 1 => Just(121_000), 1 => Just(800_000)].prop_map(Step::Pass),
        1 => (0..5_usize).prop_map(|committed| Step::Restart { committed }),
    ]
}

/// What a client holds the server to.
struct Client {
    name: &'static str,
    device: u128,
    connection: Option<ConnectionId>,
    viewer: Viewer,
    /// Own messages in the order of the calls, and where they stand.
    chain: Vec<(SendLive, Option<Position>)>,
    waiting: BTreeMap<RequestId, Option<usize>>,
    /// From where on everything is accounted for.
    base: Option<Cursor>,
    delivered: BTreeMap<Seq, (Priority, Uid, ClientMessageId)>,
    left_out: PerPriority<u64>,
}

struct Run {
    world: World,
    group: ConversationShortId,
    clients: Vec<Client>,
}

impl Run {
    fn new() -> Self {
        let config = EngineConfig {
            members_may_send_high: true,
            sender_per_second: 5,
            sender_burst: 8,
            room_high_per_second: 6,
            room_shared_per_second: 12,
            in_flight_requests: 8,
            room_buffer_messages: 24,
            ping_interval: Duration::from_secs(1_000_000),
            liveness_timeout: Duration::from_secs(2_000_000),
            ..EngineConfig::default()
        };
        let mut world = World::with(config);
        world.queue_limits =
            QueueLimits { frames: 16, bytes: 8_000, reserved_frames: 8, reserved_bytes: 3_000 };
        let owner = world.log_in(NAMES[0], 0);
        let group = world.create(owner);
        world.feed(Input::Closed { connection: owner });
        let clients = NAMES.iter().zip(0..).map(|(name, device)| Client {
            name,
            device,
            connection: None,
            viewer: Viewer::joining(uid(name)),
            chain: Vec::new(),
            waiting: BTreeMap::new(),
            base: None,
            delivered: BTreeMap::new(),
            left_out: PerPriority::default(),
        });
        Self { world, group, clients: clients.collect() }
    }

    fn carry_out(&mut self, step: Step) {
        match step {
            Step::Connect(who) => self.connect(who),
            Step::Cut(who) => self.cut(who),
            Step::JoinAgain(who) => {
                self.request(who, join(self.group, None), None);
            }
            Step::Send(who, class) => self.say(who, class),
            Step::Retry(who) => self.retry(who),
            Step::Repeat(who, which) => self.send(who, which),
            Step::Read(who, frames) => self.read(who, frames),
            Step::HoldWrites => self.world.holds_writes = true,
            Step::Commit(most) => self.world.release_some_writes(most),
            Step::HoldReads => self.world.holds_reads = true,
            Step::ReleaseReads => self.world.release_reads(),
            Step::Busy(is_busy) => self.world.is_busy = is_busy,
            Step::Pass(millis) => self.world.pass(Duration::from_millis(millis)),
            Step::Restart { committed } => self.restart(committed),
        }
    }

    /// Logs in, which ends an older session, joins where it was, and sends again what has no verdict.
    fn connect(&mut self, who: usize) {
        self.lose(who);
        let connection = self.world.log_in(self.clients[who].name, self.clients[who].device);
        self.clients[who].connection = Some(connection);
        let resume = self.clients[who].viewer.resume_cursor();
        self.request(who, join(self.group, resume), None);
        self.retry(who);
    }

    fn cut(&mut self, who: usize) {
        if let Some(connection) = self.connection(who) {
            self.world.feed(Input::Closed { connection });
        }
        self.lose(who);
    }

    fn lose(&mut self, who: usize) {
        let client = &mut self.clients[who];
        client.connection = None;
        client.waiting.clear();
        client.viewer.on_lost();
    }

    /// The connection, unless the server ended it.
    fn connection(&mut self, who: usize) -> Option<ConnectionId> {
        let connection = self.clients[who].connection?;
        if self.world.closed.contains(&connection) {
            self.lose(who);
            return None;
        }
        Some(connection)
    }

    fn request(&mut self, who: usize, body: RequestBody, message: Option<usize>) {
        let Some(connection) = self.connection(who) else { return };
        let id = self.world.request(connection, body);
        self.clients[who].waiting.insert(id, message);
    }

    fn say(&mut self, who: usize, priority: Priority) {
        let client = &mut self.clients[who];
        let id = client.device * 1_000 + client.chain.len() as u128;
        let follows = client.chain.last().map(|(before, _)| before.client_message_id);
        client.chain.push((SendLive { priority, follows, ..message(self.group, id) }, None));
        self.send(who, self.clients[who].chain.len() - 1);
    }

    fn send(&mut self, who: usize, which: usize) {
        let Some((send, _)) = self.clients[who].chain.get(which).cloned() else { return };
        self.request(who, RequestBody::SendLiveMessage(send), Some(which));
    }

    fn retry(&mut self, who: usize) {
        for which in 0..self.clients[who].chain.len() {
            if self.clients[who].chain[which].1.is_none() {
                self.send(who, which);
            }
        }
    }

    fn restart(&mut self, committed: usize) {
        // Some of what was on its way reached the disk, and nobody was told.
        for (_, ops) in self.world.held.iter().take(committed) {
            self.world.log.commit(ops).unwrap();
        }
        self.world = self.world.restarted();
        (0..CLIENTS).for_each(|who| self.lose(who));
    }

    fn read(&mut self, who: usize, most: usize) {
        for _ in 0..most {
            let Some(connection) = self.connection(who) else { return };
            let Some(frame) = self.world.inboxes.get_mut(&connection).and_then(|inbox| inbox.pop()) else {
                return;
            };
            self.clients[who].on_frame(ServerFrame::decode(frame).unwrap());
        }
    }

    /// Lets everything come to rest, and holds everyone against the log.
    fn settle(mut self) {
        self.world.is_busy = false;
        self.world.release_reads();
        self.world.release_writes();
        for who in 0..CLIENTS {
            self.world.pass(Duration::from_secs(5));
            if self.connection(who).is_none() {
                self.connect(who);
            }
            // Whoever is ended as too slow by its own retries comes back.
            while self.connection(who).is_some() && self.has_frames(who) {
                (0..CLIENTS).for_each(|who| self.read(who, 100));
            }
        }
        for who in 0..CLIENTS {
            if self.connection(who).is_none() {
                let unsent = std::mem::take(&mut self.clients[who].chain);
                self.connect(who);
                self.clients[who].chain = unsent;
            }
            self.read(who, 100);
        }
        self.check_requests();
        self.check_messages();
        self.check_nothing_is_left();
    }

    fn has_frames(&self, who: usize) -> bool {
        let inbox = self.clients[who].connection.and_then(|connection| self.world.inboxes.get(&connection));
        inbox.is_some_and(|inbox| !inbox.is_empty())
    }

    fn check_requests(&mut self) {
        for client in &self.clients {
            assert!(client.waiting.is_empty(), "{} waits for {:?}", client.name, client.waiting);
            let session =
                client.connection.and_then(|connection| self.world.engine.sessions.find(connection));
            assert_eq!(session.expect("everyone is connected").waiting, 0);
        }
    }

    fn check_messages(&self) {
        let stream = StreamId::LiveGroup(app(), self.group);
        let limit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
        let records = self.world.log.read(stream, Seq::ZERO, limit).unwrap();
        let log: BTreeMap<Seq, StoredLiveMessage> =
            records.into_iter().map(|r| (r.seq, StoredLiveMessage::decode(r.record).unwrap())).collect();
        assert!(log.keys().map(|seq| seq.0).eq(1..=log.len() as u64), "positions have holes");
        let ids: BTreeSet<_> =
            log.values().map(|stored| (&stored.sender, stored.client_message_id)).collect();
        assert_eq!(ids.len(), log.len(), "a message stands twice");
        for client in &self.clients {
            client.check_own(&log);
            client.check_accounts(&log);
        }
    }

    fn check_nothing_is_left(mut self) {
        (0..CLIENTS).for_each(|who| self.cut(who));
        self.world.pass(Duration::from_secs(800));
        assert_eq!(self.world.engine.rooms.len(), 0);
        assert!(self.world.engine.sessions.connections().is_empty());
        assert_eq!((self.world.engine.sessions.users(), self.world.engine.next_deadline()), (0, None));
        assert_eq!((self.world.engine.ops.writes(), self.world.engine.ops.bytes()), (0, 0));
    }
}

impl Client {
    fn on_frame(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Response(Response { id, body }) => {
                let which = self.waiting.remove(&id).expect("one answer for each request");
                self.on_answer(which, body);
            }
            ServerFrame::LiveMessage(push) => {
                let (seq, class) = (push.message.position.seq, push.message.priority);
                let is_new = self.viewer.cursor().is_some_and(|cursor| !cursor.covers(class, seq));
                let said = (class, push.message.sender.clone(), push.message.client_message_id);
                assert_ne!(self.viewer.on_message(push), Delivery::Broken, "{} at {seq}", self.name);
                if is_new {
                    assert_eq!(self.delivered.insert(seq, said), None, "{} got {seq} twice", self.name);
                }
            }
            ServerFrame::LiveGap(gap) => {
                if let Some(gap) = self.viewer.on_gap(gap) {
                    assert_ne!(gap.priority, Priority::High, "HIGH was left out");
                    self.left_out[gap.priority] += gap.count;
                }
            }
            ServerFrame::Goodbye(_) | ServerFrame::Ping(_) | ServerFrame::LivePulse(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn on_answer(&mut self, which: Option<usize>, body: Result<ResponseBody, bim_types::Refusal>) {
        match (which, body) {
            (None, Ok(ResponseBody::JoinedLiveGroup(joined))) => {
                let (at, had) = (joined.cursor, self.base.is_some());
                match self.viewer.on_joined(joined) {
                    JoinOutcome::Resumed(gaps) => assert!(had && gaps.is_empty()),
                    JoinOutcome::Fresh | JoinOutcome::Discontinuous { .. } => {
                        (self.base, self.left_out) = (Some(at), PerPriority::default());
                        self.delivered.clear();
                    }
                }
            }
            (Some(which), Ok(ResponseBody::LiveMessageAccepted(accepted))) => {
                let known = self.chain[which].1.replace(accepted.position);
                assert!(
                    known.is_none_or(|known| known == accepted.position),
                    "two positions for one message"
                );
            }
            (_, Err(refusal)) => assert!(refusal.code.is_retryable(), "{refusal:?}"),
            (_, Ok(other)) => panic!("{other:?}"),
        }
    }

    /// Own messages stand where the verdicts said, in the order of the calls.
    fn check_own(&self, log: &BTreeMap<Seq, StoredLiveMessage>) {
        let mut last = Seq::ZERO;
        for (send, verdict) in &self.chain {
            let same = |stored: &StoredLiveMessage| {
                stored.sender == uid(self.name) && stored.client_message_id == send.client_message_id
            };
            let stands = log.iter().find(|(_, stored)| same(stored)).map(|(seq, _)| *seq);
            if let Some(position) = verdict {
                assert_eq!(stands, Some(position.seq), "{} was told {position}", self.name);
            }
            if let Some(seq) = stands {
                assert!(seq > last, "{seq} of {} was overtaken by {last}", self.name);
                last = seq;
            }
        }
    }

    /// What was accepted since the join was delivered or reported as left out.
    fn check_accounts(&self, log: &BTreeMap<Seq, StoredLiveMessage>) {
        let base = self.base.expect("everyone has joined");
        for class in Priority::ALL {
            let accepted =
                log.iter().filter(|(seq, m)| m.priority == class && **seq > base.seqs[class]).count();
            let delivered = self.delivered.values().filter(|(of, ..)| *of == class).count();
            let accounted = delivered as u64 + self.left_out[class];
            assert_eq!(accepted as u64, accounted, "{class:?} of {}", self.name);
        }
        for (seq, (class, sender, id)) in &self.delivered {
            let stored = &log[seq];
            assert_eq!((&stored.priority, &stored.sender, &stored.client_message_id), (class, sender, id));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_message_is_accounted_for_and_every_request_answered_once(
        steps in prop::collection::vec(step(), 1..100)
    ) {
        let mut run = Run::new();
        (0..CLIENTS).for_each(|who| run.connect(who));
        for step in steps {
            run.carry_out(step);
        }
        run.settle();
    }
}
