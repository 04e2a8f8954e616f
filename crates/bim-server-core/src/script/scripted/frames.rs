//! What comes from clients: noted, judged, let through.

use std::sync::Arc;

use bim_proto::{ClientFrame, DecodeError, Hello, Request, RequestBody, SendLive};
use bim_types::{ConnectionId, ErrorCode, Now, Token};
use bytes::Bytes;

use super::{HELD_MAX, Scripted};
use crate::io::Input;
use crate::script::journal::{Entry, Seen};
use crate::script::kind::{RequestKind, Summary};
use crate::script::pending::Fate;
use crate::script::rule::Effect;

impl Scripted {
    pub(super) fn on_frame(&mut self, now: Now, connection: ConnectionId, frame: Bytes) {
        let Some(link) = self.links.find_mut(connection) else {
            return self.feed(now, Input::Frame { connection, frame });
        };
        if link.is_over {
            return;
        }
        if let Some(uplink) = &mut link.uplink {
            uplink.push_back(frame);
            self.waiting_frames += 1;
            if self.waiting_frames > HELD_MAX {
                self.cut(now, connection);
            }
            return;
        }
        match (read(&frame), link.who.is_some()) {
            (Ok(ClientFrame::Hello(hello)), false) => self.on_hello(now, connection, hello, frame),
            (Ok(ClientFrame::Request(request)), true) => self.on_request(now, connection, request, frame),
            (
                Ok(
                    ClientFrame::Hello(_)
                    | ClientFrame::Request(_)
                    | ClientFrame::Ping(_)
                    | ClientFrame::Pong(_)
                    | ClientFrame::Goodbye(_),
                )
                | Err(_),
                _,
            ) => self.feed(now, Input::Frame { connection, frame }),
        }
    }

    fn on_hello(&mut self, now: Now, connection: ConnectionId, hello: Hello, frame: Bytes) {
        let Hello { app, uid, device, token, .. } = hello;
        if let Some(link) = self.links.find_mut(connection) {
            link.who = Some((app, uid.clone(), device));
        }
        let summary = Summary::of_kind(RequestKind::Login);
        let effect = self.judge(now, connection, &summary);
        let is_expired = self.script.change(|state| {
            let is_expired = state.tokens.is_expired(app, &uid, &token);
            state.tokens.present(app, &uid, &token);
            is_expired
        });
        match effect {
            Some(Effect::Refuse(refusal)) => self.refuse_login(now, connection, refusal),
            Some(Effect::Swallow) => {}
            Some(Effect::Cut) => self.cut(now, connection),
            Some(Effect::AnswerLate(by) | Effect::HearLate(by)) => {
                self.hold_uplink(now, connection, frame, by);
            }
            Some(Effect::LoseAnswer) | None if is_expired => {
                self.refuse_login(now, connection, ErrorCode::ExpiredToken.into());
            }
            Some(Effect::LoseAnswer) | None => {
                if let Some(link) = self.links.find_mut(connection) {
                    link.loses_welcome = effect.is_some();
                }
                self.feed(now, Input::Frame { connection, frame });
            }
        }
    }

    fn on_request(&mut self, now: Now, connection: ConnectionId, request: Request, frame: Bytes) {
        let summary = Summary::of_request(&request);
        let effect = self.judge(now, connection, &summary);
        let is_join = summary.kind == RequestKind::Join;
        match effect {
            Some(Effect::Refuse(refusal)) => self.refuse(now, connection, request, summary.into(), refusal),
            Some(Effect::Swallow) => {}
            Some(Effect::Cut) => self.cut(now, connection),
            Some(Effect::AnswerLate(by)) if is_join => self.hold_uplink(now, connection, frame, by),
            Some(Effect::HearLate(by)) => self.hold_uplink(now, connection, frame, by),
            Some(Effect::LoseAnswer | Effect::AnswerLate(_)) | None => {
                self.pass(now, connection, request, summary, Fate::of(effect.as_ref()), frame);
            }
        }
    }

    /// Lets the engine hear a request, and minds its answer.
    pub(super) fn pass(
        &mut self,
        now: Now,
        connection: ConnectionId,
        request: Request,
        summary: Summary,
        fate: Fate,
        frame: Bytes,
    ) {
        if let Ok(RequestBody::RefreshToken(token)) = &request.body
            && self.has_expired(connection, token)
        {
            let refusal = ErrorCode::ExpiredToken.into();
            return self.refuse(now, connection, request, summary.into(), refusal);
        }
        if let Some(link) = self.links.find_mut(connection) {
            link.asked.insert(request.id, (summary.into(), fate));
        }
        self.engine.handle_read(now, connection, frame, ClientFrame::Request(request));
        self.drain(now);
    }

    /// Whether a token has run out. Remembers that it was presented.
    pub(super) fn has_expired(&self, connection: ConnectionId, token: &Token) -> bool {
        let Some((app, uid, _)) = self.links.find(connection).and_then(|link| link.who.as_ref()) else {
            return false;
        };
        self.script.change(|state| {
            let is_expired = state.tokens.is_expired(*app, uid, token);
            state.tokens.present(*app, uid, token);
            is_expired
        })
    }

    pub(super) fn on_closed(&mut self, now: Now, connection: ConnectionId, input: Input) {
        let Some(link) = self.links.close(connection) else { return self.feed(now, input) };
        self.waiting_frames -= link.uplink.map_or(0, |frames| frames.len());
        if !link.is_cut {
            let uid = link.who.map(|(_, uid, _)| uid);
            let entry = Entry { at: now.mono, connection: Some(connection), uid, seen: Seen::Closed };
            self.push(entry);
            self.feed(now, input);
        }
    }

    /// Notes a request and says what the rules make of it.
    fn judge(&mut self, now: Now, connection: ConnectionId, request: &Summary) -> Option<Effect> {
        self.has_news = true;
        let uid = self.links.uid(connection);
        let entry = |seen| Entry { at: now.mono, connection: Some(connection), uid: uid.clone(), seen };
        self.script.change(|state| {
            let effect = state.rules.apply(uid.as_ref(), request);
            let journal = Arc::make_mut(&mut state.journal);
            journal.push(entry(Seen::Asked(request.clone().into())));
            if let Some(effect) = &effect {
                journal.push(entry(Seen::Ruled(request.clone().into(), effect.clone())));
            }
            effect
        })
    }
}

/// Reads a frame that is needed again.
fn read(frame: &Bytes) -> Result<ClientFrame, DecodeError> {
    match SendLive::read_quickly(frame) {
        Some((id, send)) => {
            Ok(ClientFrame::Request(Request { id, body: Ok(RequestBody::SendLiveMessage(send)) }))
        }
        None => ClientFrame::decode(frame.clone()),
    }
}
