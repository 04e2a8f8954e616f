//! One engine, one log, some peers: everything a shell would be, in a page.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bim_livegroup::queue::{QueueLimits, QueueOverflow, ViewerQueue};
use bim_proto::{
    Accepted, ClientFrame, Goodbye, Hello, JoinLive, Joined, Request, RequestBody, RequestId, ResponseBody,
    SendLive, ServerFrame,
};
use bim_store::memory::MemoryLog;
use bim_store::{ReadLimit, ServerLog};
use bim_types::limits::FRAME_BYTES_MAX;
use bim_types::store::{LogOp, OpId};
use bim_types::{
    AppId, AppSecret, ClientMessageId, ConnectionId, Conversation, ConversationShortId, Cursor, DeviceId,
    Epoch, ErrorCode, GroupInfo, GroupKey, MessageBody, Mono, Now, Priority, Refusal, Seq, Token, Uid, Wall,
};

use super::replayed::Replayed;
use crate::{
    AdminCommand, AdminReply, Engine, EngineConfig, Input, Loaded, LogQuery, Moderated, Notice, Output,
    StoreFailure,
};

pub(crate) struct World {
    pub(crate) engine: Engine,
    /// What the engine was told, which was played again.
    pub(crate) replayed: Replayed,
    pub(crate) config: EngineConfig,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) now: Now,
    pub(crate) inboxes: BTreeMap<ConnectionId, ViewerQueue>,
    pub(crate) closed: BTreeSet<ConnectionId>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) drained: bool,
    /// While set, writes wait in `held`.
    pub(crate) holds_writes: bool,
    pub(crate) held: VecDeque<(OpId, Vec<LogOp>)>,
    pub(crate) fails_writes: bool,
    /// While set, writes are refused as by a full store.
    pub(crate) is_busy: bool,
    /// While set, reads wait in `held_reads`.
    pub(crate) holds_reads: bool,
    pub(crate) held_reads: VecDeque<(OpId, LogQuery)>,
    /// For the queues of connections to come.
    pub(crate) queue_limits: QueueLimits,
    /// Who gets the broadcasts of which group.
    pub(crate) groups: BTreeMap<GroupKey, BTreeSet<ConnectionId>>,
    /// While set, reads are refused as by a full store.
    pub(crate) reads_are_busy: bool,
    /// So many reads from now, one is refused as by a full store.
    pub(crate) busy_read: Option<usize>,
    /// Messages that a moderator has not judged yet.
    pub(crate) moderated: VecDeque<(u64, Moderated)>,
    /// Messages that a moderator saw afterwards.
    pub(crate) reviewed: Vec<(Seq, Moderated)>,
    /// What the engine wanted of the network, in order, once somebody wants to know.
    pub(crate) trace: Option<Vec<Output>>,
    /// What operators were answered and nobody took yet.
    pub(crate) admin: BTreeMap<u64, Result<AdminReply, Refusal>>,
    last: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(EngineConfig::default())
    }

    /// A world with app 1 made.
    pub(crate) fn with(config: EngineConfig) -> Self {
        let mut world = Self::on(empty_log(), config);
        world.create_app();
        world
    }

    /// As [`Self::with`], but not recorded and played: for tests that make very many, or say very much.
    pub(crate) fn unrecorded(config: EngineConfig) -> Self {
        let mut world = Self::unstarted(empty_log(), config.clone(), start());
        world.engine = Engine::new(config, 1);
        world.run();
        world.create_app();
        world
    }

    /// A world without apps, recorded with bodies or without.
    pub(crate) fn recorded(config: EngineConfig, bodies: bool) -> Self {
        let mut world = Self::unstarted(empty_log(), config.clone(), start());
        world.replayed = Replayed::default();
        world.engine = Engine::recorded(config, 1, world.replayed.recording(bodies));
        world.run();
        world
    }

    pub(crate) fn on(log: Arc<MemoryLog>, config: EngineConfig) -> Self {
        let mut world = Self::unstarted(log, config, start());
        world.run();
        world
    }

    /// An engine that has read nothing yet.
    pub(crate) fn unstarted(log: Arc<MemoryLog>, config: EngineConfig, now: Now) -> Self {
        let replayed = Replayed::default();
        Self {
            engine: Engine::recorded(config.clone(), 1, replayed.recording(false)),
            replayed,
            config,
            log,
            now,
            inboxes: BTreeMap::new(),
            closed: BTreeSet::new(),
            notices: Vec::new(),
            drained: false,
            holds_writes: false,
            held: VecDeque::new(),
            fails_writes: false,
            is_busy: false,
            holds_reads: false,
            held_reads: VecDeque::new(),
            queue_limits: QueueLimits::default(),
            groups: BTreeMap::new(),
            reads_are_busy: false,
            busy_read: None,
            moderated: VecDeque::new(),
            reviewed: Vec::new(),
            trace: None,
            admin: BTreeMap::new(),
            last: 0,
        }
    }

    /// A new engine over the same log, as after `kill -9`.
    pub(crate) fn restart(self) -> Self {
        self.restarted()
    }

    pub(crate) fn restarted(&self) -> Self {
        let mut world = Self::unstarted(Arc::clone(&self.log), self.config.clone(), self.now);
        (world.last, world.queue_limits) = (self.last, self.queue_limits);
        world.run();
        world
    }

    pub(crate) fn feed(&mut self, input: Input) {
        self.engine.handle(self.now, input);
        self.run();
    }

    pub(crate) fn pass(&mut self, duration: Duration) {
        let end = self.now.mono + duration;
        while let Some(deadline) = self.engine.next_deadline().filter(|deadline| *deadline <= end) {
            let step = deadline.since(self.now.mono);
            self.now = Now { mono: self.now.mono + step, wall: self.now.wall + step };
            self.feed(Input::Tick);
            let next = self.engine.next_deadline();
            assert!(next.is_none_or(|next| next > self.now.mono), "a wake in the past: {next:?}");
        }
        let step = end.since(self.now.mono);
        self.now = Now { mono: self.now.mono + step, wall: self.now.wall + step };
    }

    pub(crate) fn admin(&mut self, command: AdminCommand) -> Result<AdminReply, Refusal> {
        self.last += 1;
        let id = self.last;
        self.feed(Input::Admin { id, command });
        self.admin.remove(&id).expect("an operator is answered")
    }

    pub(crate) fn create_app(&mut self) -> AppId {
        let command = AdminCommand::CreateApp { name: "app".into(), secret: AppSecret::new(vec![7; 32]) };
        match self.admin(command) {
            Ok(AdminReply::AppCreated { app, .. }) => app,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn token(&mut self, app: AppId, uid: &Uid, ttl: Duration) -> Token {
        self.any_token(app, uid, ttl, false)
    }

    pub(crate) fn any_token(&mut self, app: AppId, uid: &Uid, ttl: Duration, app_server: bool) -> Token {
        match self.admin(AdminCommand::MintToken { app, uid: uid.clone(), ttl, nonce: 1, app_server }) {
            Ok(AdminReply::Token { token, .. }) => token,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn open(&mut self) -> ConnectionId {
        self.last += 1;
        let connection = ConnectionId(self.last);
        self.inboxes.insert(connection, ViewerQueue::new(self.queue_limits));
        self.feed(Input::Opened { connection, peer: Some("10.0.0.1".into()) });
        connection
    }

    pub(crate) fn send_frame(&mut self, connection: ConnectionId, frame: ClientFrame) {
        self.feed(Input::Frame { connection, frame: frame.encode() });
    }

    pub(crate) fn hello(&mut self, name: &str) -> Hello {
        let token = self.token(app(), &uid(name), Duration::from_secs(3_600));
        Hello { app: app(), uid: uid(name), device: DeviceId::new(1), token, sdk: "test".into() }
    }

    /// Logs in a user on the device of that number.
    pub(crate) fn log_in(&mut self, name: &str, device: u128) -> ConnectionId {
        let hello = Hello { device: DeviceId::new(device), ..self.hello(name) };
        self.log_in_with(hello)
    }

    /// Logs in the app's own server.
    pub(crate) fn log_in_server(&mut self, name: &str) -> ConnectionId {
        let token = self.any_token(app(), &uid(name), Duration::from_secs(3_600), true);
        let hello = Hello { token, ..self.hello(name) };
        self.log_in_with(hello)
    }

    pub(crate) fn log_in_with(&mut self, hello: Hello) -> ConnectionId {
        let connection = self.open();
        self.send_frame(connection, ClientFrame::Hello(hello));
        let frames = self.received(connection);
        assert!(matches!(frames.as_slice(), [ServerFrame::Welcome(_)]), "{frames:?}");
        connection
    }

    /// What a hello is answered with when it is refused.
    pub(crate) fn refused(&mut self, hello: Hello) -> ErrorCode {
        let connection = self.open();
        self.send_frame(connection, ClientFrame::Hello(hello));
        self.farewell(connection)
    }

    /// The code of the goodbye that ended a connection.
    pub(crate) fn farewell(&mut self, connection: ConnectionId) -> ErrorCode {
        assert!(self.closed.contains(&connection), "the connection is not closed");
        match self.received(connection).pop() {
            Some(ServerFrame::Goodbye(Goodbye { reason: Some(reason) })) => reason.code,
            other => panic!("{other:?}"),
        }
    }

    /// Sends a request and leaves its answer in the inbox.
    pub(crate) fn request(&mut self, connection: ConnectionId, body: RequestBody) -> RequestId {
        self.last += 1;
        let id = RequestId(self.last);
        self.send_frame(connection, ClientFrame::Request(Request { id, body: Ok(body) }));
        id
    }

    /// Sends a request and takes its answer; other frames stay unread and are dropped.
    pub(crate) fn ask(
        &mut self,
        connection: ConnectionId,
        body: RequestBody,
    ) -> Result<ResponseBody, Refusal> {
        self.received(connection);
        let id = self.request(connection, body);
        let answer = self.received(connection).into_iter().find_map(|frame| match frame {
            ServerFrame::Response(response) if response.id == id => Some(response.body),
            _ => None,
        });
        answer.expect("a request is answered")
    }

    pub(crate) fn create(&mut self, connection: ConnectionId) -> ConversationShortId {
        let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
        match self.ask(connection, RequestBody::CreateLiveGroup(info)) {
            Ok(ResponseBody::LiveGroup(Conversation { conversation_short_id, .. })) => conversation_short_id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn join(
        &mut self,
        connection: ConnectionId,
        group: ConversationShortId,
        resume: Option<Cursor>,
    ) -> Joined {
        let id = self.request(connection, join(group, resume));
        loop {
            let next = self.inboxes.get_mut(&connection).and_then(ViewerQueue::pop).expect("an answer");
            match ServerFrame::decode(next) {
                Ok(ServerFrame::Response(response)) if response.id == id => match response.body {
                    Ok(ResponseBody::JoinedLiveGroup(joined)) => return joined,
                    other => panic!("{other:?}"),
                },
                Ok(ServerFrame::LiveMessage(_) | ServerFrame::LiveChange(_)) => panic!("before the answer"),
                _ => {}
            }
        }
    }

    pub(crate) fn say(
        &mut self,
        connection: ConnectionId,
        group: ConversationShortId,
        id: u128,
    ) -> Result<Accepted, Refusal> {
        match self.ask(connection, RequestBody::SendLiveMessage(message(group, id))) {
            Ok(ResponseBody::LiveMessageAccepted(accepted)) => Ok(accepted),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal),
        }
    }

    /// What waits for a connection, pulses aside.
    pub(crate) fn received(&mut self, connection: ConnectionId) -> Vec<ServerFrame> {
        let mut frames = self.received_with_pulses(connection);
        frames.retain(|frame| !matches!(frame, ServerFrame::LivePulse(_)));
        frames
    }

    pub(crate) fn received_with_pulses(&mut self, connection: ConnectionId) -> Vec<ServerFrame> {
        let Some(inbox) = self.inboxes.get_mut(&connection) else { return Vec::new() };
        std::iter::from_fn(|| inbox.pop()).map(|frame| ServerFrame::decode(frame).unwrap()).collect()
    }

    /// The numbers of the messages that wait for a connection.
    pub(crate) fn seqs(&mut self, connection: ConnectionId) -> Vec<u64> {
        let frames = self.received(connection).into_iter();
        let seqs = frames.filter_map(|frame| match frame {
            ServerFrame::LiveMessage(push) => Some(push.message.position.seq.0),
            _ => None,
        });
        seqs.collect()
    }

    pub(crate) fn release_writes(&mut self) {
        self.holds_writes = false;
        self.release_some_writes(usize::MAX);
    }

    pub(crate) fn release_some_writes(&mut self, most: usize) {
        for (op, ops) in self.held.drain(..most.min(self.held.len())).collect::<Vec<_>>() {
            self.write(op, &ops);
        }
        self.run();
    }

    pub(crate) fn release_reads(&mut self) {
        self.holds_reads = false;
        while let Some((op, query)) = self.held_reads.pop_front() {
            self.load(op, query);
        }
        self.run();
    }

    pub(crate) fn run(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        if let Some(trace) = &mut self.trace {
            trace.push(output.clone());
        }
        match output {
            Output::Ready | Output::Admit { .. } => {}
            Output::Send { connection, frame } => {
                assert!(frame.len() <= FRAME_BYTES_MAX, "a frame of {} bytes can not leave", frame.len());
                self.push(connection, |inbox| inbox.push_control(frame));
            }
            Output::Replay { connection, live } => self.queue(connection).push_replay(live),
            Output::JoinGroup { group, connection } => {
                self.groups.entry(group).or_default().insert(connection);
            }
            Output::LeaveGroup { group, connection } => {
                self.groups.entry(group).or_default().remove(&connection);
                self.queue(connection).forget_group(group);
            }
            Output::Broadcast(live) => {
                for connection in self.groups.get(&live.group).cloned().unwrap_or_default() {
                    self.push(connection, |inbox| inbox.push_live(live.clone()));
                }
            }
            Output::BroadcastState { group, frame } => {
                for connection in self.groups.get(&group).cloned().unwrap_or_default() {
                    self.push(connection, |inbox| inbox.push_control(frame.clone()));
                }
            }
            Output::Close { connection } => {
                self.closed.insert(connection);
                self.engine.handle(self.now, Input::Closed { connection });
            }
            Output::Write { op, .. } if self.is_busy && self.held.is_empty() => {
                self.engine.handle(self.now, Input::Written { op, result: Err(StoreFailure::Busy) });
            }
            Output::Write { op, ops } if self.holds_writes => self.held.push_back((op, ops)),
            Output::Write { op, ops } => self.write(op, &ops),
            Output::Read { op, .. } if self.is_read_refused() => {
                self.engine.handle(self.now, Input::Loaded { op, result: Err(StoreFailure::Busy) });
            }
            Output::Read { op, query } if self.holds_reads => self.held_reads.push_back((op, query)),
            Output::Read { op, query } => self.load(op, query),
            Output::AdminDone { id, result } => drop(self.admin.insert(id, result)),
            Output::Moderate { id, message } => self.moderated.push_back((id, message)),
            Output::Review { seq, message } => self.reviewed.push((seq, message)),
            Output::Drained => self.drained = true,
            Output::Notice(notice) => self.notices.push(notice),
        }
    }

    fn is_read_refused(&mut self) -> bool {
        let is_it = self.busy_read == Some(0);
        self.busy_read = self.busy_read.and_then(|reads| reads.checked_sub(1));
        is_it || self.reads_are_busy
    }

    fn queue(&mut self, connection: ConnectionId) -> &mut ViewerQueue {
        self.inboxes.entry(connection).or_default()
    }

    /// As a connection does it: an overflow lets go what waits, and the engine is told.
    fn push(
        &mut self,
        connection: ConnectionId,
        push: impl FnOnce(&mut ViewerQueue) -> Result<(), QueueOverflow>,
    ) {
        if push(self.queue(connection)).is_err() {
            *self.queue(connection) = ViewerQueue::new(self.queue_limits);
            self.engine.handle(self.now, Input::TooSlow { connection });
        }
    }

    pub(crate) fn load(&mut self, op: OpId, query: LogQuery) {
        let result = Ok(self.read(query));
        self.engine.handle(self.now, Input::Loaded { op, result });
    }

    fn write(&mut self, op: OpId, ops: &[LogOp]) {
        let result =
            if self.fails_writes { Err(StoreFailure::Failed) } else { Ok(self.log.commit(ops).unwrap()) };
        self.engine.handle(self.now, Input::Written { op, result });
    }

    fn read(&self, query: LogQuery) -> Loaded {
        match query {
            LogQuery::Records { range, after, limit } => {
                Loaded::Records(self.log.records(&range, after, limit).unwrap())
            }
            LogQuery::Keys(keys) => {
                Loaded::Records(keys.iter().filter_map(|key| self.log.record(key).unwrap()).collect())
            }
            LogQuery::Room { keys, stream } => {
                let records = keys.iter().filter_map(|key| self.log.record(key).unwrap()).collect();
                Loaded::Room(records, self.log.head(stream).unwrap())
            }
            LogQuery::Messages { stream, after, records, bytes } => {
                Loaded::Messages(self.log.read(stream, after, ReadLimit { records, bytes }).unwrap())
            }
        }
    }
}

pub(crate) fn join(group: ConversationShortId, resume: Option<Cursor>) -> RequestBody {
    RequestBody::JoinLiveGroup(JoinLive { group, resume, info: None })
}

fn empty_log() -> Arc<MemoryLog> {
    Arc::new(MemoryLog::new(Epoch(7)))
}

fn start() -> Now {
    Now { mono: Mono::ZERO, wall: Wall::from_secs(1_764_000_000) }
}

pub(crate) fn app() -> AppId {
    AppId::new(1).unwrap()
}

pub(crate) fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

pub(crate) fn message(group: ConversationShortId, id: u128) -> SendLive {
    SendLive {
        group,
        client_message_id: ClientMessageId::new(id),
        priority: Priority::Normal,
        body: MessageBody::Text(format!("message {id}").into()),
        follows: None,
    }
}
