//! A server just big enough to be reconnected to: one user, one group, a log that is never trimmed.

use std::collections::{BTreeMap, VecDeque};

use bim_proto::{ClientFrame, Joined, LivePush, Request, RequestBody, Response, ResponseBody, ServerFrame};
use bim_types::{
    ClientMessageId, Cursor, ErrorCode, Message, MessageBody, PerPriority, Priority, Refusal, ResumeVerdict,
    Seq, Uid, Wall,
};
use bytes::Bytes;

use super::{accepted, group, joined, me, position, resumed, welcome};

/// The server and what it has put on the wire to the one connection it has.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) log: Vec<Message>,
    pub(crate) out: VecDeque<Bytes>,
    by_id: BTreeMap<ClientMessageId, u64>,
    joined: bool,
}

impl Server {
    /// A new connection takes the place of the old one.
    pub(crate) fn reset(&mut self) {
        self.out.clear();
        self.joined = false;
    }

    pub(crate) fn on_frame(&mut self, frame: Bytes) {
        match ClientFrame::decode(frame).expect("the client speaks the protocol") {
            ClientFrame::Hello(_) => self.send(ServerFrame::Welcome(welcome())),
            ClientFrame::Request(Request { id, body }) => {
                let (body, messages) = self.on_request(body.expect("the client sends valid requests"));
                self.send(ServerFrame::Response(Response { id, body }));
                messages.into_iter().for_each(|message| self.push(message));
            }
            ClientFrame::Ping(ping) => {
                let pong = bim_proto::Pong { nonce: ping.nonce, server_time: Wall::default() };
                self.send(ServerFrame::Pong(pong));
            }
            ClientFrame::Pong(_) | ClientFrame::Goodbye(_) => {}
        }
    }

    /// Somebody else says something.
    pub(crate) fn post(&mut self, priority: Priority) {
        let id = ClientMessageId::new(1_000_000 + self.log.len() as u128);
        let message = self.append(Uid::string("bob").unwrap(), id, priority);
        if self.joined {
            self.push(message);
        }
    }

    /// An answer, and the messages that follow it.
    fn on_request(&mut self, body: RequestBody) -> (Result<ResponseBody, Refusal>, Vec<Message>) {
        match body {
            RequestBody::JoinLiveGroup(join) => {
                self.joined = true;
                let (cursor, verdict) = match join.resume {
                    Some(cursor) => (cursor, resumed()),
                    None => (Cursor::at(position(self.log.len() as u64)), ResumeVerdict::Fresh),
                };
                let missed = |message: &&Message| !cursor.covers(message.priority, message.position.seq);
                let replay = self.log.iter().filter(missed).cloned().collect();
                let joined = Joined { cursor, verdict, ..joined(0, verdict) };
                (Ok(ResponseBody::JoinedLiveGroup(joined)), replay)
            }
            RequestBody::SendLiveMessage(send) => {
                if let Some(seq) = self.by_id.get(&send.client_message_id) {
                    return (Ok(accepted(*seq)), vec![]);
                }
                if !self.joined {
                    return (Err(ErrorCode::UserNotInGroup.into()), vec![]);
                }
                let message = self.append(me(), send.client_message_id, send.priority);
                (Ok(accepted(message.position.seq.0)), vec![message])
            }
            other => panic!("not of this test: {other:?}"),
        }
    }

    fn append(&mut self, sender: Uid, id: ClientMessageId, priority: Priority) -> Message {
        let seq = self.log.len() as u64 + 1;
        let message = Message {
            conversation_short_id: group(),
            position: position(seq),
            client_message_id: id,
            sender,
            priority,
            accepted_at: Wall::from_millis(seq),
            edits: 0,
            body: MessageBody::Text("hello".into()),
        };
        self.by_id.insert(id, seq);
        self.log.push(message.clone());
        message
    }

    fn push(&mut self, message: Message) {
        let mut previous = PerPriority::default();
        for earlier in self.log.iter().take_while(|earlier| earlier.position < message.position) {
            previous[earlier.priority] = Seq(earlier.position.seq.0);
        }
        self.send(ServerFrame::LiveMessage(LivePush { message, previous, hidden: false }));
    }

    fn send(&mut self, frame: ServerFrame) {
        self.out.push_back(frame.encode());
    }
}
