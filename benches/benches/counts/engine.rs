//! The server's engine alone: a send comes in, and an append, an answer and a broadcast go out. The log says yes to everything.
//!
//! A broadcast is one output however many viewers there are, so their number may not matter.

use std::time::Duration;

use bim_benches::Counts;
use bim_proto::{
    ClientFrame, Hello, JoinLive, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame,
};
use bim_server_core::{AdminCommand, AdminReply, Engine, EngineConfig, Input, Loaded, LogQuery, Output};
use bim_store::memory::MemoryLog;
use bim_store::{ReadLimit, ServerLog};
use bim_types::store::{AppendOutcome, LogOp, LogOutcome};
use bim_types::{AppId, AppSecret, ConnectionId, ConversationShortId, DeviceId, Epoch, GroupInfo, Seq};
use bytes::Bytes;

use crate::by_hand::{BODY_BYTES, encoded, now, send, uid};
use crate::cost;

const MESSAGES: u64 = 10_000;

/// A budget that nothing reaches.
const UNHINDERED: u32 = 1_000_000_000;

pub(crate) fn count(counts: &mut Counts) {
    for viewers in [1, 1_000] {
        let name = format!("server engine/send, {BODY_BYTES} B, {viewers} viewers");
        counts.measure(&name, MESSAGES, BODY_BYTES, || {
            let mut server = Server::with_app();
            let (sender, group) = server.room(viewers);
            let frames = encoded(MESSAGES, |number| send(group, number).encode());
            cost(|| frames.into_iter().for_each(|frame| server.accept(sender, frame)))
        });
    }
}

/// An engine and its log.
struct Server {
    engine: Engine,
    log: MemoryLog,
    app: AppId,
    last: u64,
    /// The number that the log gave last.
    appended: u64,
    /// What the engine sent last and told its operator last.
    sent: Vec<Bytes>,
    told: Option<AdminReply>,
}

impl Server {
    fn with_app() -> Self {
        let config = EngineConfig {
            room_high_per_second: UNHINDERED,
            room_shared_per_second: UNHINDERED,
            sender_per_second: UNHINDERED,
            sender_burst: UNHINDERED,
            ..EngineConfig::default()
        };
        let (engine, log) = (Engine::new(config, 1), MemoryLog::new(Epoch(1)));
        let app = AppId::new(1).expect("not zero");
        let mut server = Self { engine, log, app, last: 0, appended: 0, sent: Vec::new(), told: None };
        server.run();
        let command = AdminCommand::CreateApp { name: "bench".into(), secret: AppSecret::new(vec![7; 32]) };
        match server.operate(command) {
            AdminReply::AppCreated { app, .. } => server.app = app,
            other => panic!("no app was made: {other:?}"),
        }
        server
    }

    /// A group with so many in it; the first one made it.
    fn room(&mut self, viewers: u64) -> (ConnectionId, ConversationShortId) {
        let owner = self.log_in(0);
        let info = GroupInfo { name: "bench".into(), ..GroupInfo::default() };
        let group = match self.ask(owner, RequestBody::CreateLiveGroup(info)) {
            ResponseBody::LiveGroup(made) => made.conversation_short_id,
            other => panic!("no group was made: {other:?}"),
        };
        self.ask(owner, join(group));
        for viewer in 1..viewers {
            let connection = self.log_in(viewer);
            self.ask(connection, join(group));
        }
        (owner, group)
    }

    /// What is measured: a message comes in and is let in; its answer and its broadcast go out.
    fn accept(&mut self, connection: ConnectionId, frame: Bytes) {
        self.engine.handle(now(), Input::Frame { connection, frame });
        let (mut answers, mut broadcasts) = (0, 0);
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Write { op, ops } => {
                    let result = Ok(ops.iter().map(|op| self.outcome(op)).collect());
                    self.engine.handle(now(), Input::Written { op, result });
                }
                Output::Send { .. } => answers += 1,
                Output::Broadcast(_) => broadcasts += 1,
                other => panic!("a send wants something else: {other:?}"),
            }
        }
        assert_eq!((answers, broadcasts), (1, 1), "the message is let in");
    }

    fn outcome(&mut self, op: &LogOp) -> LogOutcome {
        let LogOp::Append(append) = op else { panic!("a send does something else: {op:?}") };
        let first = self.appended + 1;
        self.appended += append.entries.len() as u64;
        LogOutcome::Appended((first..=self.appended).map(|seq| AppendOutcome::New(Seq(seq))).collect())
    }

    fn log_in(&mut self, number: u64) -> ConnectionId {
        let uid = uid(&format!("user{number}"));
        let ttl = Duration::from_secs(3_600);
        let mint =
            AdminCommand::MintToken { app: self.app, uid: uid.clone(), ttl, nonce: 1, app_server: false };
        let AdminReply::Token { token, .. } = self.operate(mint) else { panic!("no token was made") };
        let connection = ConnectionId(number + 1);
        self.feed(Input::Opened { connection, peer: None });
        let device = DeviceId::new(u128::from(number) + 1);
        let hello = Hello { app: self.app, uid, device, token, sdk: "bench".into() };
        self.feed(Input::Frame { connection, frame: ClientFrame::Hello(hello).encode() });
        assert!(matches!(self.heard().as_slice(), [ServerFrame::Welcome(_)]), "the login is accepted");
        connection
    }

    fn ask(&mut self, connection: ConnectionId, body: RequestBody) -> ResponseBody {
        self.last += 1;
        let asked = RequestId(self.last);
        let request = ClientFrame::Request(Request { id: asked, body: Ok(body) });
        self.feed(Input::Frame { connection, frame: request.encode() });
        let answer = self.heard().into_iter().find_map(|frame| match frame {
            ServerFrame::Response(Response { id, body }) if id == asked => Some(body),
            _ => None,
        });
        answer.expect("a request is answered").expect("it is done")
    }

    fn operate(&mut self, command: AdminCommand) -> AdminReply {
        self.last += 1;
        self.feed(Input::Admin { id: self.last, command });
        self.told.take().expect("an operator is answered")
    }

    fn heard(&mut self) -> Vec<ServerFrame> {
        self.sent
            .drain(..)
            .map(|frame| ServerFrame::decode(frame).expect("the engine speaks the protocol"))
            .collect()
    }

    fn feed(&mut self, input: Input) {
        self.sent.clear();
        self.engine.handle(now(), input);
        self.run();
    }

    fn run(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Send { frame, .. } => self.sent.push(frame),
                Output::Write { op, ops } => {
                    let result = Ok(self.log.commit(&ops).expect("memory takes it"));
                    self.engine.handle(now(), Input::Written { op, result });
                }
                Output::Read { op, query } => {
                    let result = Ok(self.read(query));
                    self.engine.handle(now(), Input::Loaded { op, result });
                }
                Output::AdminDone { result, .. } => {
                    self.told = Some(result.expect("an operator may do this"))
                }
                _ => {}
            }
        }
    }

    fn read(&self, query: LogQuery) -> Loaded {
        let known = "memory can be read";
        let records =
            |keys: Vec<_>| keys.iter().filter_map(|key| self.log.record(key).expect(known)).collect();
        match query {
            LogQuery::Records { range, after, limit } => {
                Loaded::Records(self.log.records(&range, after, limit).expect(known))
            }
            LogQuery::Keys(keys) => Loaded::Records(records(keys)),
            LogQuery::Room { keys, stream } => {
                Loaded::Room(records(keys), self.log.head(stream).expect(known))
            }
            LogQuery::Messages { stream, after, records, bytes } => {
                Loaded::Messages(self.log.read(stream, after, ReadLimit { records, bytes }).expect(known))
            }
        }
    }
}

fn join(group: ConversationShortId) -> RequestBody {
    RequestBody::JoinLiveGroup(JoinLive { group, resume: None, info: None })
}
