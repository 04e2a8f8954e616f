//! What a test wants of the server: errands of the back end, tokens that run out.

use bim_proto::{ClientFrame, Response, ServerFrame};
use bim_types::{AppId, ConnectionId, ErrorCode, Now, Refusal};
use bytes::Bytes;

use super::{MINT, Scripted, TOKEN_LIFE};
use crate::io::{AdminCommand, Input};
use crate::script::back_end::{self, BackEndCall, BackEndReply, CallId};
use crate::script::state::Wish;

impl Scripted {
    pub(super) fn grant_wishes(&mut self, now: Now) {
        if !self.is_ready {
            return;
        }
        while let Some(wish) = self.script.change(|state| state.wishes.pop_front()) {
            match wish {
                Wish::Call(id, app, call) => {
                    if let Err(refusal) = self.seat_and_ask(now, id, app, call) {
                        self.answer(id, Err(refusal));
                    }
                }
                Wish::ExpireTokens(app, uid) => {
                    self.engine.expire_sessions_by_script(now, app, &uid);
                    self.feed(now, Input::Tick);
                }
            }
        }
    }

    fn seat_and_ask(&mut self, now: Now, id: CallId, app: AppId, call: BackEndCall) -> Result<(), Refusal> {
        let connection = match self.seats.of(app) {
            Some(connection) => connection,
            None => self.take_seat(now, app)?,
        };
        let request = self.seats.ask(connection, id, call).ok_or(ErrorCode::InternalError)?;
        let frame = ClientFrame::Request(request).encode();
        self.feed(now, Input::Frame { connection, frame });
        Ok(())
    }

    fn take_seat(&mut self, now: Now, app: AppId) -> Result<ConnectionId, Refusal> {
        let nonce = u128::from(now.mono.as_micros());
        let command =
            AdminCommand::MintToken { app, uid: back_end::uid(), ttl: TOKEN_LIFE, nonce, app_server: true };
        self.feed(now, Input::Admin { id: MINT, command });
        let token = self.minted.take().ok_or(ErrorCode::InternalError)??;
        let connection = self.seats.open(app);
        self.feed(now, Input::Opened { connection, peer: None });
        let frame = ClientFrame::Hello(back_end::hello(app, token)).encode();
        self.feed(now, Input::Frame { connection, frame });
        self.seats.of(app).ok_or_else(|| {
            let refusal = Refusal::new(ErrorCode::ServerDraining);
            refusal.hint("the app's own server was not let in")
        })
    }

    pub(super) fn on_seat_frame(&mut self, connection: ConnectionId, frame: Bytes) {
        match ServerFrame::decode(frame) {
            Ok(ServerFrame::Welcome(_)) => self.seats.welcome(connection),
            Ok(ServerFrame::Response(Response { id, body })) => {
                let Some((call, was_last)) = self.seats.answered(connection, id) else { return };
                self.answer(call, body.and_then(BackEndReply::of));
                if was_last {
                    let frame = ClientFrame::Goodbye(back_end::goodbye()).encode();
                    self.after.push_back(Input::Frame { connection, frame });
                }
            }
            Ok(_) | Err(_) => {}
        }
    }

    pub(super) fn answer(&mut self, call: CallId, answer: Result<BackEndReply, Refusal>) {
        self.has_news = true;
        self.script.change(|state| state.answer(call, answer));
    }
}
