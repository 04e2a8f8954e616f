//! What the tests of the machine share: a bench that holds one machine and its clock, and a small server.

pub(crate) mod replayed;
pub(crate) mod server;

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::{
    Accepted, ClientFrame, JoinLive, Joined, LivePush, Request, RequestBody, RequestId, Response,
    ResponseBody, ServerFrame, Welcome,
};
use bim_types::store::{DeviceRecord, OpId};
use bim_types::{
    AppId, Attributes, ClientMessageId, ConnectStatus, Conversation, ConversationShortId, Cursor, DeviceId,
    DisconnectReason, Epoch, ErrorCode, GroupInfo, LivePulse, Member, MemberInfo, Message, MessageBody, Mono,
    MuteAll, Named, Now, PerPriority, Position, Priority, Refusal, ResumeVerdict, Role, Seq, Uid, Wall,
};

use self::replayed::Replayed;
use crate::{
    Answer, Ask, CallId, ClientConfig, ClientMachine, Command, Credential, Event, Input, LinkId, LiveEvent,
    Output, SendLive,
};

pub(crate) const EPOCH: Epoch = Epoch(1);
pub(crate) const LOGIN: CallId = CallId(1);
/// The lifetime of tokens on the bench's server, from welcome to expiry.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(600);

pub(crate) fn me() -> Uid {
    Uid::string("alice").unwrap()
}

pub(crate) fn group() -> ConversationShortId {
    ConversationShortId::new(42).unwrap()
}

pub(crate) fn device() -> DeviceId {
    DeviceId::new(9)
}

/// One machine with its clock.
pub(crate) struct Bench {
    pub(crate) machine: ClientMachine,
    /// What the machine was told, which was played again.
    pub(crate) replayed: Replayed,
    pub(crate) now: Mono,
    calls: u64,
}

impl Bench {
    pub(crate) fn new(endpoints: usize) -> Self {
        Self::with(endpoints, false)
    }

    /// One endpoint, and a recording with bodies or without.
    pub(crate) fn recorded(bodies: bool) -> Self {
        Self::with(1, bodies)
    }

    fn with(endpoints: usize, bodies: bool) -> Self {
        let config = ClientConfig {
            app: AppId::new(1).unwrap(),
            uid: me(),
            endpoints,
            sdk: "bim/test".into(),
            seed: 7,
        };
        let replayed = Replayed::default();
        let machine = ClientMachine::recorded(config, replayed.recording(bodies));
        Self { machine, replayed, now: Mono::from_micros(1_000_000), calls: 100 }
    }

    /// A bench whose machine is connected, with a token that never changes.
    pub(crate) fn connected() -> Self {
        let mut bench = Self::new(1);
        bench.login(Credential::Fixed("t".into()));
        bench.dialed_and_welcomed();
        bench
    }

    /// As [`Self::connected`], and in the group at number 10.
    pub(crate) fn joined() -> Self {
        let mut bench = Self::connected();
        let (call, _) = bench.ask(join());
        let out = bench.answer(2, Ok(joined_at(10, ResumeVerdict::Fresh)));
        assert_eq!(out, [reply(call, Answer::Joined(joined(10, ResumeVerdict::Fresh).into()))]);
        bench
    }

    pub(crate) fn input(&mut self, input: Input) -> Vec<Output> {
        let now = Now { mono: self.now, wall: Wall::from_millis(0) };
        self.machine.handle(now, input);
        std::iter::from_fn(|| self.machine.poll_output()).collect()
    }

    pub(crate) fn advance(&mut self, by: Duration) -> Vec<Output> {
        self.now = self.now + by;
        self.input(Input::Tick)
    }

    /// Goes to the machine's next deadline.
    pub(crate) fn wait(&mut self) -> Vec<Output> {
        self.now = self.machine.next_deadline().expect("the machine waits for something").max(self.now);
        self.input(Input::Tick)
    }

    pub(crate) fn command(&mut self, command: Command) -> (CallId, Vec<Output>) {
        self.calls += 1;
        let call = CallId(self.calls);
        (call, self.input(Input::Command(call, command)))
    }

    pub(crate) fn ask(&mut self, ask: Ask) -> (CallId, Vec<Output>) {
        self.command(Command::Ask(ask))
    }

    /// Logs in up to the first dial, or to the question to the provider.
    pub(crate) fn login(&mut self, credential: Credential) -> Vec<Output> {
        let out = self.input(Input::Command(LOGIN, Command::Login { uid: me(), credential }));
        let Some(Output::LoadDevice(op)) = out.last() else { panic!("no device asked for: {out:?}") };
        self.input(Input::DeviceLoaded(*op, Ok(Some(DeviceRecord { device: device() }))))
    }

    /// Takes the present dial up to the welcome. Gives what follows the welcome.
    pub(crate) fn dialed_and_welcomed(&mut self) -> Vec<Output> {
        let link = self.link();
        self.input(Input::Dialed(link));
        self.frame(ServerFrame::Welcome(welcome()))
    }

    pub(crate) fn link(&self) -> LinkId {
        self.machine.session.link.expect("there is a link")
    }

    pub(crate) fn frame(&mut self, frame: ServerFrame) -> Vec<Output> {
        let link = self.link();
        self.input(Input::Frame(link, frame.encode()))
    }

    pub(crate) fn answer(&mut self, id: u64, body: Result<ResponseBody, Refusal>) -> Vec<Output> {
        self.frame(ServerFrame::Response(Response { id: RequestId(id), body }))
    }

    /// Answers the rejoin that was sent last, at this number. Gives what follows it.
    pub(crate) fn rejoin(&mut self, seq: u64) -> Vec<Output> {
        let id = self.machine.last_request() - 1;
        self.answer(id, Ok(joined_at(seq, resumed())))
    }

    /// Cuts the link and waits until the next dial. Gives everything on the way.
    pub(crate) fn cut_and_redial(&mut self) -> Vec<Output> {
        let link = self.link();
        let mut out = self.input(Input::Closed(link));
        out.extend(self.wait());
        out
    }
}

pub(crate) fn welcome() -> Welcome {
    let server_time = Wall::from_millis(1_000_000);
    Welcome {
        generation: 1,
        server_time,
        token_expires_at: server_time + TOKEN_LIFE,
        ping_interval_ms: 10_000,
        liveness_timeout_ms: 22_000,
        in_flight_max: 4,
        frame_bytes_max: 256 * 1024,
        body_bytes_max: 64 * 1024,
    }
}

pub(crate) fn conversation(version: u64) -> Conversation {
    Conversation {
        conversation_short_id: group(),
        conversation_id: Conversation::live_group_id(group()),
        info: GroupInfo { name: "room".into(), ..GroupInfo::default() },
        owner: Uid::string("owner").unwrap(),
        role: Role::Normal,
        created_at: Wall::from_millis(1),
        version,
        online_count: 1,
        online_count_age: Duration::ZERO,
        joined: true,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: Some(Member::unknown(me())),
    }
}

pub(crate) fn position(seq: u64) -> Position {
    Position { epoch: EPOCH, seq: Seq(seq) }
}

pub(crate) fn joined_at(seq: u64, verdict: ResumeVerdict) -> ResponseBody {
    ResponseBody::JoinedLiveGroup(joined(seq, verdict))
}

pub(crate) fn joined(seq: u64, verdict: ResumeVerdict) -> Joined {
    Joined {
        conversation: conversation(1),
        cursor: Cursor::at(position(seq)),
        verdict,
        attributes: Attributes::default(),
        counters: BTreeMap::new(),
    }
}

/// Enters the group, with nothing to say.
pub(crate) fn join() -> Ask {
    Ask::Join(group(), None)
}

pub(crate) fn join_request(resume: Option<Cursor>, info: Option<MemberInfo>) -> RequestBody {
    RequestBody::JoinLiveGroup(JoinLive { group: group(), resume, info })
}

pub(crate) fn accepted(seq: u64) -> ResponseBody {
    ResponseBody::LiveMessageAccepted(Accepted {
        position: position(seq),
        accepted_at: Wall::from_millis(seq),
        only_for_sender: false,
        rewritten: None,
    })
}

pub(crate) fn resumed() -> ResumeVerdict {
    ResumeVerdict::Resumed { left_out: PerPriority::default() }
}

pub(crate) fn message(seq: u64, sender: &str, id: u128) -> Message {
    Message {
        conversation_short_id: group(),
        position: position(seq),
        client_message_id: ClientMessageId::new(id),
        sender: Uid::string(sender).unwrap(),
        priority: Priority::Normal,
        accepted_at: Wall::from_millis(seq),
        edits: 0,
        body: MessageBody::Text("hello".into()),
    }
}

/// The message as it comes when the one before it was of its class.
pub(crate) fn push(message: Message) -> ServerFrame {
    let previous = PerPriority::splat(Seq(message.position.seq.0 - 1));
    ServerFrame::LiveMessage(LivePush { message, previous, hidden: false })
}

pub(crate) fn text(id: u128) -> SendLive {
    SendLive {
        group: group(),
        client_message_id: ClientMessageId::new(id),
        priority: Priority::Normal,
        body: MessageBody::Text("hello".into()),
        follows: None,
    }
}

pub(crate) fn request(link: u64, id: u64, body: RequestBody) -> Output {
    Output::Send(LinkId(link), ClientFrame::Request(Request { id: RequestId(id), body: Ok(body) }).encode())
}

/// The request that an output sends, with its number.
pub(crate) fn decoded_request(output: &Output) -> Option<(u64, RequestBody)> {
    let Output::Send(_, frame) = output else { return None };
    match ClientFrame::decode(frame.clone()).unwrap() {
        ClientFrame::Request(Request { id, body }) => Some((id.0, body.unwrap())),
        _ => None,
    }
}

/// A pulse that says nothing new.
pub(crate) fn pulse() -> LivePulse {
    LivePulse {
        conversation_short_id: group(),
        online_count: 1,
        joined: Named::default(),
        left: Named::default(),
        changed: Named::default(),
        counters: BTreeMap::new(),
    }
}

pub(crate) fn reply(call: CallId, answer: Answer) -> Output {
    Output::Reply(call, Ok(answer))
}

pub(crate) fn refused(call: CallId, refusal: impl Into<Refusal>) -> Output {
    Output::Reply(call, Err(refusal.into()))
}

pub(crate) fn refused_with(out: &[Output], call: CallId) -> Option<ErrorCode> {
    out.iter().find_map(|output| match output {
        Output::Reply(of, Err(refusal)) if *of == call => Some(refusal.code),
        _ => None,
    })
}

pub(crate) fn status(status: ConnectStatus) -> Output {
    Output::Event(Event::StatusChanged(status))
}

pub(crate) fn disconnected(reason: DisconnectReason) -> Output {
    status(ConnectStatus::Disconnected(reason))
}

pub(crate) fn live(event: LiveEvent) -> Output {
    Output::Event(Event::Live(event))
}

pub(crate) fn first_op() -> OpId {
    OpId(1)
}
