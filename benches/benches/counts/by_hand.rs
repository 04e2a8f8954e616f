//! Frames and names that all parts need.

use bim_proto::{ClientFrame, LivePush, Request, RequestBody, RequestId, SendLive, ServerFrame};
use bim_types::{
    ClientMessageId, ConversationShortId, Epoch, Message, MessageBody, Mono, Now, PerPriority, Position,
    Priority, Seq, Uid, Wall,
};
use bytes::Bytes;

/// Bytes of a chat line.
pub(crate) const BODY_BYTES: usize = 128;

/// Users who say something, in turn.
const SENDERS: u64 = 100;

/// A message on its way to a viewer; numbers begin with 1.
pub(crate) fn push(group: ConversationShortId, seq: u64) -> ServerFrame {
    let message = Message {
        conversation_short_id: group,
        position: Position { epoch: Epoch(1), seq: Seq(seq) },
        client_message_id: ClientMessageId::new(seq.into()),
        sender: uid(&format!("sender{}", seq % SENDERS)),
        priority: Priority::Normal,
        accepted_at: Wall::from_secs(1_764_000_000),
        edits: 0,
        body: body(),
    };
    let previous = PerPriority { low: Seq(0), normal: Seq(seq - 1), high: Seq(0) };
    ServerFrame::LiveMessage(LivePush { message, previous, hidden: false })
}

/// A message on its way to the server; numbers begin with 1.
pub(crate) fn send(group: ConversationShortId, number: u64) -> ClientFrame {
    let body = RequestBody::SendLiveMessage(SendLive {
        group,
        client_message_id: ClientMessageId::new(number.into()),
        priority: Priority::Normal,
        body: body(),
        follows: None,
    });
    ClientFrame::Request(Request { id: RequestId(1_000 + number), body: Ok(body) })
}

/// These frames as bytes, made beforehand.
pub(crate) fn encoded(count: u64, frame: impl Fn(u64) -> Bytes) -> Vec<Bytes> {
    (1..=count).map(frame).collect()
}

pub(crate) fn uid(name: &str) -> Uid {
    Uid::string(name).expect("a short uid")
}

pub(crate) fn group_id() -> ConversationShortId {
    ConversationShortId::new(1).expect("a positive number")
}

/// A time that stands still.
pub(crate) fn now() -> Now {
    Now { mono: Mono::ZERO, wall: Wall::from_secs(1_764_000_000) }
}

fn body() -> MessageBody {
    MessageBody::Text("x".repeat(BODY_BYTES).into())
}
