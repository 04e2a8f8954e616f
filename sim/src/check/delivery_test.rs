//! That the checkers of delivery find what they are there to find.

mod books_test;

use bim_core::{Answer, Ask, CallId, Command, Credential, Event, LiveEvent};
use bim_fake_server::step::LinkId;
use bim_proto::stored::StoredLiveMessage;
use bim_proto::{
    Accepted, ClientFrame, JoinLive, Joined, LivePush, Request, RequestBody, RequestId, Response,
    ResponseBody, SendLive, ServerFrame,
};
use bim_server_core::queue::{LiveFrame, QueueLimits};
use bim_server_core::{EngineConfig, Input, Loaded, LogQuery, Output};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, LogOp, LogOutcome, OpId, StreamHead, StreamId,
};
use bim_types::{
    AppId, Attributes, ClientMessageId, ConnectionId, Conversation, ConversationShortId, Cursor, DeviceId,
    DiscontinuityReason, Epoch, ErrorCode, GroupInfo, GroupKey, LiveGap, Message, MessageBody, MuteAll, Now,
    PerPriority, Position, Priority, Refusal, ResumeVerdict, Role, Seq, Uid, Wall,
};

use super::{Check, Context, events, order, queue, resume};
use crate::ledger::Ledger;
use crate::plan::Mode;
use crate::sight::{ClientId, ClientSight, Sight};

const ANN: ClientId = ClientId(0);
const LINK: LinkId = LinkId(1);
const CONNECTION: ConnectionId = ConnectionId(1);

/// A checker, a log, and one client in one group.
struct Scene<C> {
    check: C,
    ledger: Ledger,
    last: PerPriority<Seq>,
    previous: Vec<PerPriority<Seq>>,
}

fn app() -> AppId {
    AppId::new(1).unwrap()
}

fn group() -> ConversationShortId {
    ConversationShortId::new(7).unwrap()
}

fn key() -> GroupKey {
    GroupKey { app: app(), group: group() }
}

fn stream() -> StreamId {
    StreamId::LiveGroup(app(), group())
}

fn position(seq: u64) -> Position {
    Position { epoch: Epoch(1), seq: Seq(seq) }
}

fn cursor(seq: u64) -> Cursor {
    Cursor::at(position(seq))
}

fn ann() -> Uid {
    Uid::string("ann").unwrap()
}

fn id(number: u128) -> ClientMessageId {
    ClientMessageId::new(number)
}

fn joined(cursor: Cursor, verdict: ResumeVerdict) -> Joined {
    let conversation = Conversation {
        conversation_short_id: group(),
        conversation_id: Conversation::live_group_id(group()),
        info: GroupInfo::default(),
        owner: ann(),
        role: Role::Normal,
        created_at: Wall::default(),
        version: 1,
        online_count: 1,
        online_count_age: std::time::Duration::ZERO,
        joined: true,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: std::time::Duration::ZERO,
        dissolve_after_idle: std::time::Duration::ZERO,
        mark_types: Vec::new(),
        me: None,
    };
    Joined { conversation, cursor, verdict, attributes: Attributes::default(), counters: [].into() }
}

impl<C: Check> Scene<C> {
    fn new(check: C) -> Self {
        let previous = vec![PerPriority::default()];
        Self { check, ledger: Ledger::default(), last: PerPriority::default(), previous }
    }

    fn see(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        self.check.see(&Context { at: bim_types::Mono::ZERO, ledger: &self.ledger }, sight)
    }

    fn client(&mut self, sight: ClientSight<'_>) -> Result<(), String> {
        self.see(&Sight::Client(ANN, sight))
    }

    fn event(&mut self, event: LiveEvent) -> Result<(), String> {
        self.client(ClientSight::Event(&Event::Live(event)))
    }

    fn input(&mut self, input: &Input) -> Result<(), String> {
        self.see(&Sight::Input(Now::default(), input))
    }

    /// Somebody's message is durable; its number is how many there are.
    fn commit(&mut self, class: Priority, sender: Uid, id: ClientMessageId) -> Result<(), String> {
        let seq = Seq(self.previous.len() as u64);
        self.previous.push(self.last);
        self.last[class] = seq;
        let stored = StoredLiveMessage {
            sender,
            device: DeviceId::new(1),
            client_message_id: id,
            priority: class,
            accepted_at: Wall::default(),
            edits: 0,
            body: MessageBody::Text("hello".into()),
            deleted: false,
            only_for_sender: false,
            changes: None,
            changed: None,
        };
        let entry = AppendEntry { idempotency: None, at: Wall::default(), record: stored.encode() };
        let append = Append { stream: stream(), condition: AppendCondition::Any, entries: vec![entry] };
        let (ops, outcomes) =
            ([LogOp::Append(append)], [LogOutcome::Appended(vec![AppendOutcome::New(seq)])]);
        self.ledger.commit(&ops, &outcomes);
        self.see(&Sight::Output(&Output::Write { op: OpId(seq.0), ops: ops.to_vec() }))?;
        self.see(&Sight::Committed(&ops, &outcomes))?;
        self.input(&Input::Written { op: OpId(seq.0), result: Ok(outcomes.to_vec()) })
    }

    /// Bob says something of each of these classes.
    fn says(&mut self, classes: &[Priority]) {
        for class in classes {
            let number = id(1_000 + self.previous.len() as u128);
            self.commit(*class, Uid::string("bob").unwrap(), number).unwrap();
            let seq = self.previous.len() as u64 - 1;
            self.broadcast(seq).unwrap();
        }
    }

    fn message(&self, seq: u64) -> Message {
        let entry = self.ledger.entry(stream(), Seq(seq)).unwrap();
        entry.message.clone().unwrap().into_message(group(), position(seq))
    }

    fn push(&self, seq: u64) -> ServerFrame {
        let previous = self.previous[seq as usize];
        ServerFrame::LiveMessage(LivePush { message: self.message(seq), previous, hidden: false })
    }

    fn live(&self, seq: u64) -> LiveFrame {
        let priority = self.message(seq).priority;
        LiveFrame { group: key(), priority, seq: Seq(seq), frame: self.push(seq).encode() }
    }

    fn broadcast(&mut self, seq: u64) -> Result<(), String> {
        self.see(&Sight::Output(&Output::Broadcast(self.live(seq))))?;
        let push = self.push(seq);
        self.see(&Sight::ToGroup(key(), &push))
    }

    fn arrives(&mut self, seq: u64) -> Result<(), String> {
        let push = self.push(seq);
        self.client(ClientSight::Frame(LINK, &push))
    }

    fn gap(&mut self, priority: Priority, from: u64, to: u64, count: u64) -> Result<(), String> {
        let gap = LiveGap { conversation_short_id: group(), priority, count, from: Seq(from), to: Seq(to) };
        self.client(ClientSight::Frame(LINK, &ServerFrame::LiveGap(gap)))?;
        self.event(LiveEvent::LeftOut(gap))
    }

    /// A join on a connection, up to the client's having its answer.
    fn joins(&mut self, link: u64, resume: Option<Cursor>, joined: Joined) -> Result<(), String> {
        let (connection, link) = (ConnectionId(link), LinkId(link));
        self.client(ClientSight::Dialing(link))?;
        let join = RequestBody::JoinLiveGroup(JoinLive { group: group(), resume, info: None });
        self.see(&Sight::In(
            connection,
            &ClientFrame::Request(Request { id: RequestId(1), body: Ok(join) }),
        ))?;
        self.see(&Sight::Output(&Output::JoinGroup { group: key(), connection }))?;
        let response = Response { id: RequestId(1), body: Ok(ResponseBody::JoinedLiveGroup(joined)) };
        let response = ServerFrame::Response(response);
        self.see(&Sight::Out(connection, &response))?;
        self.client(ClientSight::Frame(link, &response))
    }

    /// The same as the app sees it.
    fn enters(&mut self, at: u64) {
        let login = Command::Login { uid: ann(), credential: Credential::Provider };
        self.client(ClientSight::Asked(CallId(1), &login)).unwrap();
        self.client(ClientSight::Asked(CallId(2), &Command::Ask(Ask::Join(group(), None)))).unwrap();
        let answer = Ok(Answer::Joined(joined(cursor(at), ResumeVerdict::Fresh).into()));
        self.client(ClientSight::Answered(CallId(2), &answer)).unwrap();
    }

    fn hears(&mut self, seq: u64) -> Result<(), String> {
        self.event(LiveEvent::Received(self.message(seq)))
    }

    /// Ann's app sends a message.
    fn sends(&mut self, number: u128, follows: Option<u128>) {
        let send = SendLive {
            group: group(),
            client_message_id: id(number),
            priority: Priority::Normal,
            body: MessageBody::Text("hello".into()),
            follows: follows.map(id),
        };
        self.client(ClientSight::Asked(CallId(number as u64), &Command::Ask(Ask::Send(send.clone()))))
            .unwrap();
        let body = Ok(RequestBody::SendLiveMessage(send));
        let request = Request { id: RequestId(number as u64), body };
        self.see(&Sight::In(CONNECTION, &ClientFrame::Request(request))).unwrap();
    }

    fn verdict(&mut self, number: u64, body: Result<ResponseBody, Refusal>) -> Result<(), String> {
        let response = Response { id: RequestId(number), body };
        self.see(&Sight::Out(CONNECTION, &ServerFrame::Response(response)))
    }

    fn end(&mut self) -> Result<(), String> {
        self.check.end(&Context { at: bim_types::Mono::from_micros(60_000_000), ledger: &self.ledger })
    }
}

use Priority::{High, Low, Normal};

fn screen() -> Scene<events::Events> {
    let mut scene = Scene::new(events::Events::new(Mode::Liveness));
    scene.enters(0);
    scene.says(&[High, Normal, Low, Normal, Low, High]);
    scene
}

#[test]
fn events_of_everything_once_in_order_are_no_fault() {
    let mut scene = screen();
    for seq in [1, 6, 2, 3] {
        scene.hears(seq).unwrap();
    }
    scene.gap(Normal, 4, 4, 1).unwrap();
    scene.hears(5).unwrap();
    scene.end().unwrap();
}

#[test]
fn events_find_silent_gaps_repeats_and_strangers() {
    assert!(screen().hears(4).unwrap_err().contains("normal 2 is missing"));
    let mut scene = screen();
    scene.hears(1).unwrap();
    assert!(scene.hears(1).is_err(), "twice");
    assert!(scene.end().unwrap_err().contains("is missing"), "never told");
    assert!(screen().gap(Low, 3, 5, 1).is_err(), "a short count");
    let mut scene = Scene::new(events::Events::new(Mode::Safety));
    scene.says(&[High]);
    assert!(scene.hears(1).unwrap_err().contains("where it is not"));
    let mut scene = screen();
    let other = Message { body: MessageBody::Text("something else".into()), ..scene.message(1) };
    assert!(scene.event(LiveEvent::Received(other)).unwrap_err().contains("never said this"));
    let position = position(1);
    let gone = LiveEvent::Deleted { group: group(), position, operator: ann() };
    assert!(screen().event(gone).unwrap_err().contains("is said to be gone"));
}

#[test]
fn events_find_an_own_message_that_is_told_twice_or_as_somebody_elses_or_never() {
    let sent = || {
        let mut scene = screen();
        scene.sends(50, None);
        scene.commit(Normal, ann(), id(50)).unwrap();
        scene
    };
    let mut scene = sent();
    scene.event(LiveEvent::Sent(scene.message(7))).unwrap();
    assert!(scene.event(LiveEvent::Sent(scene.message(7))).unwrap_err().contains("twice"));
    assert!(sent().hears(7).unwrap_err().contains("own message"));
    let mut scene = sent();
    let answer = Ok(Answer::Message(scene.message(7)));
    assert!(scene.client(ClientSight::Answered(CallId(50), &answer)).unwrap_err().contains("never told"));
}

fn viewer(frames: usize) -> Scene<queue::Queue> {
    let limits = QueueLimits { frames, bytes: 100_000, reserved_frames: 1, reserved_bytes: 0 };
    let mut scene = Scene::new(queue::Queue::new(limits));
    scene.input(&Input::Opened { connection: CONNECTION, peer: None }).unwrap();
    scene.see(&Sight::Output(&Output::JoinGroup { group: key(), connection: CONNECTION })).unwrap();
    scene
}

fn wrote(scene: &mut Scene<queue::Queue>, seq: u64) -> Result<(), String> {
    let frame = scene.live(seq).frame;
    scene.see(&Sight::Wrote(CONNECTION, &frame))
}

#[test]
fn a_queue_gives_up_low_first_and_says_so_before_the_next_of_its_class() {
    let crowded = || {
        let mut scene = viewer(3);
        scene.says(&[Low, Low, Normal, High]);
        wrote(&mut scene, 4).unwrap();
        scene
    };
    let gap = LiveGap { conversation_short_id: group(), priority: Low, count: 1, from: Seq(1), to: Seq(1) };
    let told = |gap| ServerFrame::LiveGap(gap).encode();
    let mut scene = crowded();
    scene.see(&Sight::Wrote(CONNECTION, &told(gap))).unwrap();
    wrote(&mut scene, 2).unwrap();
    wrote(&mut scene, 3).unwrap();
    assert!(wrote(&mut crowded(), 2).is_err(), "the marker is missing");
    assert!(wrote(&mut crowded(), 1).is_err(), "it was given up");
    let other = LiveGap { to: Seq(2), count: 2, ..gap };
    assert!(crowded().see(&Sight::Wrote(CONNECTION, &told(other))).is_err(), "2 still waits");
}

#[test]
fn a_queue_that_gives_up_the_wrong_one_or_overflows_too_early_is_found() {
    let mut scene = viewer(3);
    scene.says(&[Normal, Low, Normal, Low]);
    assert!(wrote(&mut scene, 2).is_err(), "normal 1 waits longer, and low was to go");
    let mut scene = viewer(3);
    scene.says(&[High]);
    assert!(scene.see(&Sight::Overflowed(CONNECTION)).unwrap_err().contains("has room"));
    let mut scene = viewer(2);
    scene.says(&[High, High, High]);
    scene.see(&Sight::Overflowed(CONNECTION)).unwrap();
}

fn verdicts() -> Scene<order::Order> {
    let mut scene = Scene::new(order::Order::default());
    scene.sends(50, None);
    scene
}

#[test]
fn a_refused_message_in_the_log_and_an_accepted_one_that_is_not_are_found() {
    let refusal = || Err(Refusal::new(ErrorCode::MessageFrequency));
    let mut scene = verdicts();
    scene.verdict(50, refusal()).unwrap();
    assert!(scene.commit(Normal, ann(), id(50)).unwrap_err().contains("was refused"));
    let mut scene = verdicts();
    scene.commit(Normal, ann(), id(50)).unwrap();
    assert!(scene.verdict(50, refusal()).unwrap_err().contains("is in the log"));
    let accepted = Accepted {
        position: position(1),
        accepted_at: Wall::default(),
        only_for_sender: false,
        rewritten: None,
    };
    let verdict = Ok(ResponseBody::LiveMessageAccepted(accepted));
    assert!(verdicts().verdict(50, verdict).unwrap_err().contains("not in the log"));
}

#[test]
fn a_message_before_the_one_it_follows_is_found() {
    let mut scene = verdicts();
    scene.sends(51, Some(50));
    scene.commit(Normal, ann(), id(51)).unwrap();
    scene.broadcast(1).unwrap();
    assert!(scene.commit(Normal, ann(), id(50)).unwrap_err().contains("which follows it"));
    let mut scene = verdicts();
    scene.verdict(50, Err(Refusal::new(ErrorCode::MessageFrequency))).unwrap();
    scene.sends(51, Some(50));
    assert!(scene.commit(Normal, ann(), id(51)).unwrap_err().contains("overtakes"));
}

#[test]
fn what_the_group_never_hears_of_or_hears_twice_is_found() {
    let mut scene = verdicts();
    scene.commit(Normal, ann(), id(50)).unwrap();
    assert!(scene.input(&Input::Tick).unwrap_err().contains("never hears"));
    scene.broadcast(1).unwrap();
    scene.input(&Input::Tick).unwrap();
    assert!(scene.broadcast(1).is_err(), "twice");
}

fn door() -> Scene<resume::Resume> {
    let mut scene = Scene::new(resume::Resume::new(&EngineConfig::default()));
    let hello = bim_proto::Hello {
        app: app(),
        uid: ann(),
        device: DeviceId::new(1),
        token: bim_types::Token::new("token"),
        sdk: String::new(),
    };
    scene.see(&Sight::In(CONNECTION, &ClientFrame::Hello(hello))).unwrap();
    let query = LogQuery::Room { keys: Vec::new(), stream: stream() };
    scene.see(&Sight::Output(&Output::Read { op: OpId(900), query })).unwrap();
    let head = StreamHead { epoch: Epoch(1), first: Seq(1), last: Seq::ZERO };
    scene.input(&Input::Loaded { op: OpId(900), result: Ok(Loaded::Room(Vec::new(), head)) }).unwrap();
    scene.says(&[High, Normal, Low]);
    scene
}

fn resumes(scene: &mut Scene<resume::Resume>, verdict: ResumeVerdict) -> Result<(), String> {
    let at = if matches!(verdict, ResumeVerdict::Resumed { .. }) { cursor(1) } else { cursor(3) };
    scene.joins(1, Some(cursor(1)), joined(at, verdict))
}

#[test]
fn a_resume_replays_everything_that_was_missed_in_order() {
    let resumed = ResumeVerdict::Resumed { left_out: PerPriority::default() };
    let replays = |seqs: &[u64]| {
        let mut scene = door();
        resumes(&mut scene, resumed)?;
        for seq in seqs {
            let live = scene.live(*seq);
            scene.see(&Sight::Output(&Output::Replay { connection: CONNECTION, live }))?;
        }
        scene.input(&Input::Tick)
    };
    replays(&[2, 3]).unwrap();
    assert!(replays(&[3]).is_err() && replays(&[2]).is_err() && replays(&[]).is_err());
    assert!(replays(&[1, 2, 3]).is_err() && replays(&[3, 2]).is_err());
    let left_out = PerPriority { low: 1, ..PerPriority::default() };
    let leaves_out = |seqs: &[u64]| {
        let mut scene = door();
        resumes(&mut scene, ResumeVerdict::Resumed { left_out })?;
        for seq in seqs {
            let live = scene.live(*seq);
            scene.see(&Sight::Output(&Output::Replay { connection: CONNECTION, live }))?;
        }
        scene.input(&Input::Tick)
    };
    leaves_out(&[2]).unwrap();
    assert!(leaves_out(&[2, 3]).is_err() && leaves_out(&[]).is_err());
}

#[test]
fn a_discontinuity_without_its_reason_and_a_resume_taken_for_a_first_join_are_found() {
    for reason in
        [DiscontinuityReason::BeyondWindow, DiscontinuityReason::NewEpoch, DiscontinuityReason::CursorAhead]
    {
        let refused = resumes(&mut door(), ResumeVerdict::Discontinuity(reason));
        assert!(refused.unwrap_err().contains("is not so"), "{reason:?}");
    }
    assert!(resumes(&mut door(), ResumeVerdict::Fresh).is_err());
    assert!(
        door().joins(1, None, joined(cursor(2), ResumeVerdict::Fresh)).is_err(),
        "not where the group is"
    );
}
