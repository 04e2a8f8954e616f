//! The client's machine alone: frames in, events out; and messages in, verdicts out.

use std::time::Duration;

use bim_benches::Counts;
use bim_core::{
    Ask, CallId, ClientConfig, ClientMachine, Command, Credential, Event, Input, LinkId, LiveEvent, Output,
    SendLive,
};
use bim_proto::{
    Accepted, ClientFrame, Joined, Request, RequestId, Response, ResponseBody, ServerFrame, Welcome,
};
use bim_types::store::DeviceRecord;
use bim_types::{
    AppId, Attributes, ClientMessageId, Conversation, Cursor, DeviceId, Epoch, GroupInfo, MessageBody,
    MuteAll, Position, Priority, ResumeVerdict, Role, Seq, Token, Wall,
};
use bytes::Bytes;

use crate::by_hand::{BODY_BYTES, encoded, group_id, now, push, uid};
use crate::cost;

const MESSAGES: u64 = 10_000;

pub(crate) fn count(counts: &mut Counts) {
    counts.measure(&format!("client machine/receive, {BODY_BYTES} B"), MESSAGES, BODY_BYTES, || {
        let mut client = Client::in_a_group();
        let frames = encoded(MESSAGES, |seq| push(group_id(), seq).encode());
        cost(|| frames.into_iter().for_each(|frame| client.receive(frame)))
    });
    counts.measure(&format!("client machine/send, {BODY_BYTES} B"), MESSAGES, BODY_BYTES, || {
        let mut client = Client::in_a_group();
        let sends: Vec<SendLive> = (1..=MESSAGES).map(message).collect();
        // The peer's answers are made beforehand: requests are numbered one after the other.
        let first = client.last_request + 1;
        let answers = encoded(MESSAGES, |number| accepted(RequestId(first + number - 1), number).encode());
        cost(|| sends.into_iter().zip(answers).for_each(|(send, answer)| client.send(send, answer)))
    });
}

/// A machine that is connected.
struct Client {
    machine: ClientMachine,
    link: LinkId,
    calls: u64,
    last_request: u64,
}

impl Client {
    fn in_a_group() -> Self {
        let app = AppId::new(1).expect("not zero");
        let config = ClientConfig { app, uid: uid("viewer"), endpoints: 1, sdk: "bench".into(), seed: 7 };
        let mut client =
            Self { machine: ClientMachine::new(config), link: LinkId(0), calls: 0, last_request: 0 };
        let credential = Credential::Fixed(Token::new("any"));
        client.call(Command::Login { uid: uid("viewer"), credential });
        client.settle();
        client.call(Command::Ask(Ask::Join(group_id(), None)));
        client.settle();
        client
    }

    /// What is measured: one frame, one event.
    fn receive(&mut self, frame: Bytes) {
        self.machine.handle(now(), Input::Frame(self.link, frame));
        let mut received = 0;
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Event(Event::Live(LiveEvent::Received(_))) => received += 1,
                other => panic!("a message is something else: {other:?}"),
            }
        }
        assert_eq!(received, 1, "the message is told");
    }

    /// What is measured: one call, one frame, one answer, one verdict.
    fn send(&mut self, send: SendLive, answer: Bytes) {
        self.call(Command::Ask(Ask::Send(send)));
        let (mut sent, mut verdicts) = (0, 0);
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Send(..) => sent += 1,
                other => panic!("a send wants something else: {other:?}"),
            }
        }
        self.machine.handle(now(), Input::Frame(self.link, answer));
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Reply(_, Ok(_)) => verdicts += 1,
                Output::Event(Event::Live(LiveEvent::Sent(_))) => {}
                other => panic!("a verdict is something else: {other:?}"),
            }
        }
        assert_eq!((sent, verdicts), (1, 1), "the message is accepted");
    }

    fn call(&mut self, command: Command) {
        self.calls += 1;
        self.machine.handle(now(), Input::Command(CallId(self.calls), command));
    }

    /// Does what the machine wants, as a shell and a server that refuse nothing, until it wants nothing more.
    fn settle(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            let input = match output {
                Output::LoadDevice(op) => {
                    Input::DeviceLoaded(op, Ok(Some(DeviceRecord { device: DeviceId::new(9) })))
                }
                Output::Commit(op, _) => Input::Committed(op, Ok(())),
                Output::Dial { link, .. } => {
                    self.link = link;
                    Input::Dialed(link)
                }
                Output::Send(link, frame) => match self.answer(frame) {
                    Some(answer) => Input::Frame(link, answer.encode()),
                    None => continue,
                },
                Output::Reply(_, Err(refusal)) => panic!("refused: {refusal}"),
                _ => continue,
            };
            self.machine.handle(now(), input);
        }
    }

    fn answer(&mut self, frame: Bytes) -> Option<ServerFrame> {
        match ClientFrame::decode(frame).expect("the machine speaks the protocol") {
            ClientFrame::Hello(_) => Some(ServerFrame::Welcome(welcome())),
            ClientFrame::Request(Request { id, .. }) => {
                self.last_request = id.0;
                let body = Ok(ResponseBody::JoinedLiveGroup(joined()));
                Some(ServerFrame::Response(Response { id, body }))
            }
            _ => None,
        }
    }
}

fn message(number: u64) -> SendLive {
    SendLive {
        group: group_id(),
        client_message_id: ClientMessageId::new(number.into()),
        priority: Priority::Normal,
        body: MessageBody::Text("x".repeat(BODY_BYTES).into()),
        follows: None,
    }
}

fn accepted(id: RequestId, number: u64) -> ServerFrame {
    let position = Position { epoch: Epoch(1), seq: Seq(number) };
    let accepted_at = Wall::from_secs(1_764_000_000);
    let accepted = Accepted { position, accepted_at, only_for_sender: false, rewritten: None };
    ServerFrame::Response(Response { id, body: Ok(ResponseBody::LiveMessageAccepted(accepted)) })
}

fn welcome() -> Welcome {
    Welcome {
        generation: 1,
        server_time: Wall::from_secs(1_764_000_000),
        token_expires_at: Wall::from_secs(1_764_080_000),
        ping_interval_ms: 10_000,
        liveness_timeout_ms: 22_000,
        in_flight_max: 64,
        frame_bytes_max: 256 * 1024,
        body_bytes_max: 65_536,
    }
}

fn joined() -> Joined {
    let conversation = Conversation {
        conversation_short_id: group_id(),
        conversation_id: Conversation::live_group_id(group_id()),
        info: GroupInfo { name: "bench".into(), ..GroupInfo::default() },
        owner: uid("owner"),
        role: Role::Normal,
        created_at: Wall::default(),
        version: 1,
        online_count: 1,
        online_count_age: Duration::ZERO,
        joined: true,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: None,
    };
    Joined {
        conversation,
        cursor: Cursor::at(Position { epoch: Epoch(1), seq: Seq(0) }),
        verdict: ResumeVerdict::Fresh,
        attributes: Attributes::default(),
        counters: Default::default(),
    }
}
