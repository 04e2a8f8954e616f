//! Frames as they arrive.

use std::sync::Arc;

use bim_proto::{ClientFrame, DecodeError, Hello, Pong, Request, RequestBody, ServerFrame};
use bim_types::{ConnectionId, ErrorCode, Now, Refusal};
use bytes::Bytes;

use crate::engine::Engine;
use crate::io::Output;
use crate::ops::Asker;
use crate::session::State;

impl Engine {
    pub(crate) fn on_opened(&mut self, now: Now, connection: ConnectionId, peer: Option<Arc<str>>) {
        let deadline = now.mono + self.config.authentication_deadline;
        self.sessions.insert(connection, peer, now.mono, deadline);
        if self.health.is_drained {
            let refusal = self.come_back_later();
            self.end(now, connection, refusal);
        }
    }

    pub(crate) fn on_closed(&mut self, now: Now, connection: ConnectionId) {
        self.leave_all_groups(now, connection);
        self.sessions.remove(connection);
    }

    pub(crate) fn on_frame(&mut self, now: Now, connection: ConnectionId, frame: Bytes) {
        if let Some(is_user) = self.hear(now, connection) {
            self.on_decoded(now, connection, is_user, ClientFrame::decode(frame));
        }
    }

    /// Notes a sign of life. Says whether it is a user's; `None` when nothing is heard of it any more.
    pub(crate) fn hear(&mut self, now: Now, connection: ConnectionId) -> Option<bool> {
        let session = self.sessions.find_mut(connection)?;
        session.heard_at = now.mono;
        match session.state {
            State::Leaving => None,
            State::Stranger => Some(false),
            State::User(_) => Some(true),
        }
    }

    pub(crate) fn on_decoded(
        &mut self,
        now: Now,
        connection: ConnectionId,
        is_user: bool,
        read: Result<ClientFrame, DecodeError>,
    ) {
        match (read, is_user) {
            (Ok(ClientFrame::Hello(hello)), false) => self.on_hello(now, connection, hello),
            (Ok(ClientFrame::Request(request)), true) => self.on_request(now, connection, request),
            (Ok(ClientFrame::Ping(ping)), true) => {
                let pong = Pong { nonce: ping.nonce, server_time: now.wall };
                self.out.send(connection, ServerFrame::Pong(pong));
            }
            (Ok(ClientFrame::Pong(_)), true) => {}
            (Ok(ClientFrame::Goodbye(_)), _) => self.on_goodbye(now, connection),
            (Ok(ClientFrame::Hello(Hello { .. })), true) => {
                self.violation(now, connection, "hello is sent once");
            }
            (Ok(ClientFrame::Request(_) | ClientFrame::Ping(_) | ClientFrame::Pong(_)), false) => {
                self.violation(now, connection, "the first frame must be a hello");
            }
            (Err(DecodeError::Version { found }), _) => {
                let hint = format!("protocol version {found} is not spoken here; expected 1");
                self.end(now, connection, Refusal::new(ErrorCode::ProtocolVersion).hint(hint));
            }
            (Err(error), _) => self.violation(now, connection, error.to_string()),
        }
    }

    fn on_goodbye(&mut self, now: Now, connection: ConnectionId) {
        if self.sessions.begin_leaving(connection) {
            self.leave_all_groups(now, connection);
            self.out.push(Output::Close { connection });
        }
    }

    fn violation(
        &mut self,
        now: Now,
        connection: ConnectionId,
        hint: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.end(now, connection, Refusal::new(ErrorCode::ProtocolViolation).hint(hint));
    }

    fn on_request(&mut self, now: Now, connection: ConnectionId, request: Request) {
        let asker = Asker { connection, request: request.id };
        let Some(session) = self.sessions.find_mut(connection) else { return };
        session.waiting += 1;
        if session.waiting > self.config.in_flight_requests {
            let refusal = Refusal::new(ErrorCode::ServerBusy).hint("too many requests wait for their answer");
            let refusal = refusal.limit(self.config.in_flight_requests as u64);
            let refusal = refusal.retry_after(std::time::Duration::from_millis(50));
            return match request.body {
                Ok(RequestBody::SendLiveMessage(send)) => {
                    self.refuse_send(asker, send.client_message_id, refusal);
                }
                _ => self.respond(asker, Err(refusal)),
            };
        }
        match request.body {
            Ok(RequestBody::RefreshToken(token)) => self.on_refresh_token(now, asker, &token),
            Ok(RequestBody::CreateLiveGroup(info)) => self.on_create(now, asker, info),
            Ok(RequestBody::ListLiveGroups(query)) => self.on_list(asker, query),
            Ok(RequestBody::BroadcastToLiveGroups(broadcast)) => self.on_broadcast(asker, broadcast),
            Ok(body) => self.on_room_body(now, asker, body),
            Err(error) => {
                let refusal = Refusal::new(ErrorCode::InvalidRequest).hint(error.to_string());
                self.respond(asker, Err(refusal));
            }
        }
    }
}
