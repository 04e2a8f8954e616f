//! What arrives on the present connection.

use bim_proto::{
    Accepted, ClientFrame, DecodeError, Goodbye, LivePush, Pong, Request, RequestBody, RequestId, Response,
    ResponseBody, ServerFrame,
};
use bim_types::{ConversationShortId, DisconnectReason, ErrorCode, ErrorKind, Mono, Refusal, Token, Wall};
use bytes::Bytes;

use crate::command::Credential;
use crate::event::Event;
use crate::io::{LinkId, Output};
use crate::live::is_of;
use crate::machine::ClientMachine;
use crate::session::{Phase, ServerClock, Trigger};

impl ClientMachine {
    pub(crate) fn on_frame(&mut self, now: Mono, link: LinkId, frame: Bytes) {
        if self.session.link != Some(link) {
            return;
        }
        if let Some(liveness) = &mut self.session.liveness {
            liveness.on_received(now);
        }
        if self.session.phase.is_authenticated()
            && let Some(push) = LivePush::read_quickly(&frame, &mut self.names)
        {
            return self.on_live_message(now, push);
        }
        if self.session.phase.is_authenticated()
            && let Some((id, accepted)) = Accepted::read_quickly(&frame)
        {
            return self.on_response(now, id, Ok(ResponseBody::LiveMessageAccepted(accepted)));
        }
        let frame = match ServerFrame::decode(frame) {
            Ok(frame) => frame,
            // A newer server may say what this version does not know.
            Err(DecodeError::Kind { .. } | DecodeError::Field { .. }) => return,
            Err(_) => return self.abort(now, "the server sent a frame that is not valid"),
        };
        match frame {
            ServerFrame::Ping(ping) => {
                let pong = Pong { nonce: ping.nonce, server_time: Wall::default() };
                self.send(now, ClientFrame::Pong(pong));
            }
            ServerFrame::Goodbye(goodbye) => self.on_goodbye(now, goodbye),
            ServerFrame::Welcome(welcome) if self.session.phase == Phase::Authenticating => {
                self.on_welcome(now, &welcome);
            }
            _ if !self.session.phase.is_authenticated() => {
                self.abort(now, "the server did not answer the login");
            }
            ServerFrame::Pong(pong) => {
                if pong.server_time != Wall::default() {
                    self.session.clock = Some(ServerClock::heard(pong.server_time, now));
                }
            }
            ServerFrame::Response(Response { id, body }) => self.on_response(now, id, body),
            ServerFrame::LiveMessage(push) => self.on_live_message(now, push),
            ServerFrame::LiveGap(gap) => self.live.on_gap(gap, &mut self.out),
            ServerFrame::LiveState(state) => self.live.on_state(state, &mut self.out),
            ServerFrame::LiveChange(change) => {
                if self.live.on_change(change, &mut self.out).is_err() {
                    self.abort(now, "a message is missing");
                }
            }
            ServerFrame::LiveEvent(event) => self.live.on_event(event, &mut self.out),
            ServerFrame::LivePulse(pulse) => self.live.on_pulse(pulse, &mut self.out),
            ServerFrame::LiveAttributesChanged(changed) => self.live.on_attributes(changed, &mut self.out),
            ServerFrame::Welcome(_) => self.abort(now, "the server answered the login twice"),
        }
    }

    fn on_live_message(&mut self, now: Mono, push: LivePush) {
        if self.live.on_message(push, &mut self.out).is_err() {
            self.abort(now, "a message is missing");
        }
    }

    /// Sends a newer token in the running session.
    pub(crate) fn present_token(&mut self, now: Mono, token: Token) {
        let id = self.request_id();
        self.session.token.on_presented(now, id, token.clone());
        let body = Ok(RequestBody::RefreshToken(token));
        self.send(now, ClientFrame::Request(Request { id, body }));
    }

    fn on_response(&mut self, now: Mono, id: RequestId, body: Result<ResponseBody, Refusal>) {
        if let Some(group) = self.session.rejoin.answered(id) {
            self.on_rejoin_answered(now, group, body);
        } else if let Some(token) = self.session.token.take_presented(id) {
            self.on_refresh_answered(now, token, body);
        } else if let Some(pending) = self.outbox.answered(id) {
            let refused = body.as_ref().err().map(|refusal| (pending.body.clone(), refusal.code));
            let answer = self.live.on_answered(now, pending.body, body, &mut self.out);
            self.out.reply_to(pending.call, answer);
            if let Some((body, code)) = refused {
                self.hold_back_behind(now, &body, code);
            }
        }
        self.pump(now);
    }

    fn on_rejoin_answered(
        &mut self,
        now: Mono,
        group: ConversationShortId,
        body: Result<ResponseBody, Refusal>,
    ) {
        match body {
            Ok(ResponseBody::JoinedLiveGroup(joined)) if is_of(&joined, group) => {
                let continued = self.live.on_rejoined(group, joined, &mut self.out);
                self.session.rejoin.discontinuous |= !continued;
            }
            Err(refusal) if !refusal.code.is_retryable() => {
                self.live.on_rejoin_refused(group, refusal.code, &mut self.out);
            }
            Err(Refusal { retry_after, .. }) => {
                if let Some(link) = self.session.drop_link() {
                    self.out.push(Output::Close(link));
                }
                return self.on_lost(now, retry_after);
            }
            Ok(_) => return self.abort(now, "the answer does not fit the request"),
        }
        self.continue_rejoin(now);
    }

    fn on_refresh_answered(&mut self, now: Mono, token: Token, body: Result<ResponseBody, Refusal>) {
        match body {
            Ok(ResponseBody::TokenRefreshed(expires)) => {
                let server_now = self.server_time(now).unwrap_or_default();
                self.session.token.keep(token);
                self.session.token.on_accepted(now, expires.since(server_now));
            }
            Ok(_) => self.session.token.retry_later(now, &mut self.entropy, None),
            Err(refusal) => {
                if refusal.code.kind() == ErrorKind::Token {
                    self.out.event(Event::TokenInvalid(refusal.code));
                }
                self.session.token.retry_later(now, &mut self.entropy, refusal.retry_after);
            }
        }
    }

    /// The server ends the connection. What it says decides whether the session goes on.
    fn on_goodbye(&mut self, now: Mono, goodbye: Goodbye) {
        if let Some(link) = self.session.drop_link() {
            self.out.push(Output::Close(link));
        }
        let Some(refusal) = goodbye.reason else {
            let ended = Refusal::new(ErrorCode::ConnectFailed).hint("the server ended the connection");
            return self.on_path_over(now, ended);
        };
        let code = refusal.code;
        if code.is_retryable() || (matches!(code, ErrorCode::Unknown(_)) && refusal.retry_after.is_some()) {
            self.on_path_over(now, refusal);
        } else if self.session.login.is_some() {
            self.fail_login(refusal);
        } else if code.kind() == ErrorKind::Token {
            self.out.event(Event::TokenInvalid(code));
            if self.session.token.is_provided() {
                self.session.token.on_rejected();
                self.on_lost(now, refusal.retry_after);
            } else {
                self.end(code);
            }
        } else {
            self.end(code);
        }
    }

    /// The session is over for good, by the server's word.
    fn end(&mut self, code: ErrorCode) {
        if !self.session.shift(Trigger::Refused) {
            return;
        }
        self.session.ended = Some(code);
        self.session.token.start(Credential::Provider);
        let reason = match code {
            ErrorCode::Replaced => DisconnectReason::Replaced,
            code => DisconnectReason::Refused(code),
        };
        self.session.report_disconnected(reason, &mut self.out);
        self.answer_all(code);
        self.live.clear(code, &mut self.out);
    }
}
