use bim_types::{
    AppId, ClientMessageId, ConversationShortId, DeviceId, Message, MessageBody, PerPriority, Position,
    Priority, Seq, Token, Uid, Wall,
};
use proptest::prelude::*;

use super::*;
use crate::{
    Accepted, Broadcast, ClientFrame, Hello, HistoryPage, LiveChange, LiveChanged, LivePush, Request,
    RequestBody, RequestId, Response, ResponseBody, SendLive, ServerFrame,
};

fn hidden() -> Redaction {
    Redaction::recording(3, false)
}

fn redact(frame: &Bytes) -> Bytes {
    redact_client_frame(frame, &hidden(), &mut |token| "x".repeat(token.len()))
}

fn hello() -> ClientFrame {
    ClientFrame::Hello(Hello {
        app: AppId::new(1).unwrap(),
        uid: Uid::string("alice").unwrap(),
        device: DeviceId::new(1),
        token: Token::from("canary"),
        sdk: "test".into(),
    })
}

fn send(body: MessageBody) -> ClientFrame {
    let send = SendLive {
        group: ConversationShortId::new(1).unwrap(),
        client_message_id: ClientMessageId::new(1),
        priority: Priority::High,
        body,
        follows: None,
    };
    ClientFrame::Request(Request { id: RequestId(1), body: Ok(RequestBody::SendLiveMessage(send)) })
}

#[test]
fn a_hello_keeps_all_but_its_token() {
    let redacted = ClientFrame::decode(redact(&hello().encode())).unwrap();
    let ClientFrame::Hello(expected) = hello() else { unreachable!() };
    assert_eq!(redacted, ClientFrame::Hello(Hello { token: Token::from("xxxxxx"), ..expected }));
}

#[test]
fn a_message_keeps_all_but_its_body() {
    let body = MessageBody::Custom("canary".into());
    let redacted = ClientFrame::decode(redact(&send(body.clone()).encode())).unwrap();
    assert_eq!(redacted, send(hidden().body(&body)));
}

fn canary() -> MessageBody {
    MessageBody::Text("canary".into())
}

fn message() -> Message {
    Message {
        conversation_short_id: ConversationShortId::new(1).unwrap(),
        position: Position::default(),
        client_message_id: ClientMessageId::new(1),
        sender: Uid::string("alice").unwrap(),
        priority: Priority::Low,
        accepted_at: Wall::from_millis(1),
        edits: 1,
        body: canary(),
    }
}

#[test]
fn no_request_carries_a_token_or_a_body_through() {
    let group = ConversationShortId::new(1).unwrap();
    let client_message_id = ClientMessageId::new(1);
    let broadcast = Broadcast { client_message_id, priority: Priority::High, body: canary() };
    for body in [
        RequestBody::RefreshToken(Token::from("canary")),
        RequestBody::UpdateLiveMessage(group, Seq(1), canary()),
        RequestBody::BroadcastToLiveGroups(broadcast),
    ] {
        let frame = ClientFrame::Request(Request { id: RequestId(1), body: Ok(body) }).encode();
        assert!(frame.windows(6).any(|window| window == b"canary"));
        let redacted = redact(&frame);
        assert!(!redacted.windows(6).any(|window| window == b"canary"));
        assert_eq!(redacted.len(), frame.len());
    }
}

#[test]
fn no_frame_of_a_server_carries_a_body_through() {
    let position = Position::default();
    let accepted_at = Wall::from_millis(1);
    let rewritten = Some(canary());
    let accepted = Accepted { position, accepted_at, only_for_sender: false, rewritten };
    let page = HistoryPage { messages: vec![message(), message()], next: Seq(1), has_more: true };
    let answers = [ResponseBody::LiveMessageAccepted(accepted), ResponseBody::LiveHistoryPage(page)];
    let change = LiveChange {
        position,
        previous: PerPriority::default(),
        operator: Uid::string("bob").unwrap(),
        what: LiveChanged::Updated(message()),
    };
    let push = LivePush { message: message(), previous: PerPriority::default(), hidden: false };
    let answer = |body| ServerFrame::Response(Response { id: RequestId(1), body: Ok(body) });
    let frames = answers.map(answer).into_iter();
    for frame in frames.chain([ServerFrame::LiveChange(change), ServerFrame::LiveMessage(push)]) {
        let frame = frame.encode();
        assert!(frame.windows(6).any(|window| window == b"canary"));
        let redacted = redact_server_frame(&frame, &hidden());
        assert!(!redacted.windows(6).any(|window| window == b"canary"));
        assert_eq!(redacted.len(), frame.len());
        assert_eq!(redact_server_frame(&frame, &Redaction::recording(3, true)), frame);
    }
}

#[test]
fn what_is_behind_a_frame_that_is_refused_does_not_get_through() {
    let whole = hello().encode();
    let cut = whole.slice(..whole.len() - 2);
    let mut other_version = whole.to_vec();
    other_version[0] = 9;
    let mut unknown_kind = whole.to_vec();
    unknown_kind[1] = 200;
    let mut crowded = vec![1, FrameKind::Request as u8];
    crowded.extend(entries::overfull(FrameKind::Request as u8));
    crowded.extend(b"canary");
    for frame in [cut, other_version.into(), unknown_kind.into(), crowded.into(), Bytes::from_static(b"\x01")]
    {
        let redacted = redact(&frame);
        assert_eq!(ClientFrame::decode(redacted.clone()), ClientFrame::decode(frame));
        assert!(!redacted.windows(6).any(|window| window == b"canary"));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_as_before_or_decode_alike(kind in 0..18_u8, payload in prop::collection::vec(any::<u8>(), 0..80)) {
        let frame: Bytes = [vec![1, kind], payload].concat().into();
        let (before, after) = (ClientFrame::decode(frame.clone()), ClientFrame::decode(redact(&frame)));
        prop_assert_eq!(before.err(), after.err());
        let after = ServerFrame::decode(redact_server_frame(&frame, &hidden()));
        prop_assert_eq!(ServerFrame::decode(frame).err(), after.err());
    }

    #[test]
    fn what_is_not_hidden_stays_as_it_is(text in ".{0,40}") {
        let frame = send(MessageBody::Text(text.as_str().into())).encode();
        let playing = Redaction::playing(false);
        prop_assert_eq!(redact_client_frame(&frame, &playing, &mut |token| token.into()), frame.clone());
    }
}
