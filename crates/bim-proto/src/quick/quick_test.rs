use bim_types::{
    ClientMessageId, ConversationShortId, DeviceId, Epoch, Message, MessageBody, PerPriority, Position,
    Priority, Seq, Uid, Wall,
};
use prost::Message as _;

use super::*;
use crate::frame::HEADER_BYTES;
use crate::message::{Accepted, LivePush, Request, RequestBody, RequestId, Response, ResponseBody, SendLive};
use crate::stored::StoredLiveMessage;
use crate::wire;

fn sends() -> Vec<SendLive> {
    let send = SendLive {
        group: ConversationShortId::new(i64::MAX).unwrap(),
        client_message_id: ClientMessageId::new(7),
        priority: Priority::High,
        body: MessageBody::Text("hello 👋".into()),
        follows: Some(ClientMessageId::new(6)),
    };
    let plain = SendLive { follows: None, priority: Priority::Low, ..send.clone() };
    let long = SendLive { body: MessageBody::Custom("x".repeat(20_000).into()), ..send.clone() };
    let empty = SendLive { body: MessageBody::Text("".into()), ..send.clone() };
    let unknown = SendLive { body: MessageBody::Unknown { kind: 9 }, ..send.clone() };
    vec![send, plain, long, empty, unknown]
}

fn pushes() -> Vec<LivePush> {
    let push = |send: &SendLive, sender: Uid, seq: u64, hidden: bool| LivePush {
        message: Message {
            conversation_short_id: send.group,
            position: Position { epoch: Epoch(seq / 2), seq: Seq(seq) },
            client_message_id: send.client_message_id,
            sender,
            priority: send.priority,
            accepted_at: Wall::from_millis(seq),
            edits: seq as u32,
            body: send.body.clone(),
        },
        previous: PerPriority { low: Seq(0), normal: Seq(seq / 3), high: Seq(seq) },
        hidden,
    };
    let uids = [Uid::int(i64::MAX).unwrap(), Uid::string("alice").unwrap()];
    let seqs = [0, 1, 127, 128, 1 << 40, u64::MAX].into_iter();
    let all = seqs.flat_map(|seq| [(seq, false), (seq, true)]);
    let all = all.flat_map(|(seq, hidden)| uids.clone().map(|uid| (seq, hidden, uid)));
    let of_each = |send: &SendLive| {
        let each = all.clone().map(|(seq, hidden, uid)| push(send, uid, seq, hidden));
        each.collect::<Vec<_>>()
    };
    sends().iter().flat_map(of_each).collect()
}

fn verdicts() -> Vec<Accepted> {
    let seqs = [0, 1, 127, 128, 1 << 40, u64::MAX].into_iter();
    let all = seqs.flat_map(|seq| [(seq, false), (seq, true)]);
    let verdict = |(seq, only_for_sender): (u64, bool)| Accepted {
        position: Position { epoch: Epoch(seq / 2), seq: Seq(seq) },
        accepted_at: Wall::from_millis(seq),
        only_for_sender,
        rewritten: None,
    };
    all.map(verdict).collect()
}

fn answer(accepted: &Accepted) -> Response {
    Response { id: RequestId(300), body: Ok(ResponseBody::LiveMessageAccepted(accepted.clone())) }
}

/// The bytes, cut, with a byte more, and with every bit turned, as far as that does not take for ever.
fn wrong(bytes: &[u8]) -> Vec<Vec<u8>> {
    let turned = (0..bytes.len().min(200) * 8).map(|at| {
        let mut bytes = bytes.to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        bytes
    });
    let cut = (0..bytes.len().min(200)).map(|at| [&bytes[..at], &bytes[at + 1..]].concat());
    turned.chain(cut).chain([bytes.repeat(2), bytes.to_vec()]).collect()
}

#[test]
fn what_is_written_is_what_the_generated_code_writes() {
    for send in sends() {
        let request = Request { id: RequestId(300), body: Ok(RequestBody::SendLiveMessage(send.clone())) };
        let expected = wire::Request::from(request).encode_to_vec();
        assert_eq!(send_frame(RequestId(300), &send)[HEADER_BYTES..], expected, "{send:?}");
    }
    for accepted in verdicts() {
        let expected = wire::Response::from(answer(&accepted)).encode_to_vec();
        let written = accepted_frame(RequestId(300), &accepted).unwrap();
        assert_eq!(written[HEADER_BYTES..], expected, "{accepted:?}");
        let rewritten = Some(MessageBody::Text("milder".into()));
        assert_eq!(accepted_frame(RequestId(300), &Accepted { rewritten, ..accepted }), None);
    }
    for push in pushes() {
        let expected = wire::LiveMessage::from(push.clone()).encode_to_vec();
        assert_eq!(live_frame(&push)[HEADER_BYTES..], expected, "{push:?}");
        let Message { sender, client_message_id, priority, accepted_at, edits, body, .. } = push.message;
        let message = StoredLiveMessage {
            sender,
            device: DeviceId::new(5),
            client_message_id,
            priority,
            accepted_at,
            edits,
            body,
            deleted: push.hidden,
            only_for_sender: push.hidden,
            changes: Some(push.previous.normal).filter(|seq| seq.0 > 0),
            changed: None,
        };
        assert_eq!(stored(&message).unwrap(), message.to_wire().encode_to_vec(), "{message:?}");
        let change = StoredLiveMessage { changed: Some(Box::new(message.clone())), ..message };
        assert_eq!(stored(&change), None);
    }
}

#[test]
fn what_is_read_of_a_request_is_what_the_generated_code_reads_and_all_that_is_sent_is_read() {
    for send in sends() {
        let bytes = send_frame(RequestId(300), &send).slice(HEADER_BYTES..);
        let is_known = !matches!(send.body, MessageBody::Unknown { .. });
        assert_eq!(send_request(&bytes), is_known.then_some((RequestId(300), send)));
        for bytes in wrong(&bytes) {
            let Some((id, send)) = send_request(&bytes) else { continue };
            let generated = Request::from(wire::Request::decode(&bytes[..]).unwrap());
            assert_eq!(generated, Request { id, body: Ok(RequestBody::SendLiveMessage(send)) });
        }
    }
}

#[test]
fn what_is_read_of_a_verdict_is_what_the_generated_code_reads_and_all_that_is_sent_is_read() {
    for verdict in verdicts() {
        let bytes = accepted_frame(RequestId(300), &verdict).unwrap().slice(HEADER_BYTES..);
        assert_eq!(accepted(&bytes), Some((RequestId(300), verdict)));
        for bytes in wrong(&bytes) {
            let Some((id, verdict)) = accepted(&bytes) else { continue };
            let generated = Response::try_from(wire::Response::decode(&bytes[..]).unwrap()).unwrap();
            assert_eq!(generated, Response { id, ..answer(&verdict) });
        }
    }
}
