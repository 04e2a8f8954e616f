//! What bim speaks: frames in messages of a WebSocket.

use bim_bench::{Glimpse, peek};
use bim_proto::{ClientFrame, Goodbye, Ping, Pong, Request, RequestBody, RequestId, SendLive, ServerFrame};
use bim_types::{ClientMessageId, ConversationShortId, MessageBody, Priority, Wall};
use bytes::Bytes;

use super::entry::FIRST_REQUEST;
use crate::websocket::{self, Said};
use crate::{Event, Wire};

/// What bim speaks.
pub(super) struct Words {
    pub(super) group: ConversationShortId,
}

impl Wire for Words {
    fn publish(&self, number: u64, body: &str, out: &mut Vec<u8>) {
        let send = SendLive {
            group: self.group,
            client_message_id: ClientMessageId::new(u128::from(number) + 1),
            priority: Priority::Normal,
            body: MessageBody::Text(body.into()),
            follows: None,
        };
        let id = RequestId(FIRST_REQUEST + 1 + number);
        let request = Request { id, body: Ok(RequestBody::SendLiveMessage(send)) };
        websocket::put(&ClientFrame::Request(request).encode(), out);
    }

    fn next<'a>(&self, bytes: &'a [u8]) -> Result<Option<(usize, Event<'a>)>, String> {
        let Some((taken, said)) = websocket::take(bytes)? else { return Ok(None) };
        let event = match said {
            Said::Binary(frame) => match peek(frame) {
                Glimpse::Message(message) => Event::Delivery(message.body),
                Glimpse::Aside => Event::Aside,
                Glimpse::Whole => rare(frame)?,
            },
            Said::Ping(pong) => Event::Asks(pong),
            Said::Aside => Event::Aside,
        };
        Ok(Some((taken, event)))
    }
}

fn rare(frame: &[u8]) -> Result<Event<'static>, String> {
    let frame = ServerFrame::decode(Bytes::copy_from_slice(frame)).map_err(|error| error.to_string())?;
    match frame {
        ServerFrame::Response(response) => {
            response.body.map(|_| Event::Aside).map_err(|refusal| format!("a message was refused: {refusal}"))
        }
        ServerFrame::Ping(Ping { nonce }) => {
            let mut pong = Vec::new();
            websocket::put(
                &ClientFrame::Pong(Pong { nonce, server_time: Wall::default() }).encode(),
                &mut pong,
            );
            Ok(Event::Asks(pong))
        }
        ServerFrame::LiveGap(gap) => Err(format!("messages were left out: {gap:?}")),
        ServerFrame::Goodbye(Goodbye { reason }) => Err(format!("the server said goodbye: {reason:?}")),
        _ => Ok(Event::Aside),
    }
}

#[cfg(test)]
mod tests {
    use bim_proto::{LivePush, Response};
    use bim_types::{Epoch, ErrorCode, Message, PerPriority, Position, Refusal, Seq, Uid};

    use super::*;
    use crate::wire::tests::events;

    fn words() -> Words {
        Words { group: ConversationShortId::new(7).unwrap() }
    }

    fn message(body: &str) -> ServerFrame {
        let message = Message {
            conversation_short_id: words().group,
            position: Position { epoch: Epoch(1), seq: Seq(1) },
            client_message_id: ClientMessageId::new(1),
            sender: Uid::int(1).unwrap(),
            priority: Priority::Normal,
            accepted_at: Wall::from_secs(1),
            edits: 0,
            body: MessageBody::Text(body.into()),
        };
        ServerFrame::LiveMessage(LivePush { message, previous: PerPriority::default(), hidden: false })
    }

    /// As a server sends it.
    fn on_the_wire(frame: ServerFrame) -> Vec<u8> {
        let mut bytes = Vec::new();
        let frame = frame.encode();
        assert!(frame.len() < 126);
        bytes.extend_from_slice(&[0x82, frame.len() as u8]);
        bytes.extend_from_slice(&frame);
        bytes
    }

    #[test]
    fn a_message_is_its_body() {
        let bytes = [on_the_wire(message("hello")), on_the_wire(message(""))].concat();
        assert_eq!(events(&words(), &bytes), [Event::Delivery(b"hello"), Event::Delivery(b"")]);
    }

    #[test]
    fn a_ping_wants_its_nonce_back() {
        let events = events(&words(), &on_the_wire(ServerFrame::Ping(Ping { nonce: 5 })));
        assert!(matches!(events.as_slice(), [Event::Asks(pong)] if pong.len() > 6), "{events:?}");
    }

    #[test]
    fn what_is_refused_ends_the_run() {
        let refusal = Refusal::new(ErrorCode::MessageFrequency);
        let response = Response { id: RequestId(2), body: Err(refusal) };
        let error = words().next(&on_the_wire(ServerFrame::Response(response))).unwrap_err();
        assert!(error.starts_with("a message was refused"), "{error}");
    }
}
