//! What the engine wants: noted, and passed on or not.

use bim_proto::{Accepted, RequestId, Response, ServerFrame};
use bim_types::{ConnectionId, ErrorCode, Now};
use bytes::Bytes;

use super::{MINT, Scripted};
use crate::io::{AdminReply, Input, Notice, Output};
use crate::script::journal::Seen;
use crate::script::pending::Fate;

impl Scripted {
    pub(super) fn feed(&mut self, now: Now, input: Input) {
        self.engine.handle(now, input);
        self.drain(now);
    }

    pub(super) fn drain(&mut self, now: Now) {
        loop {
            while let Some(output) = self.engine.poll_output() {
                self.on_output(now, output);
            }
            let Some(input) = self.after.pop_front() else { break };
            self.engine.handle(now, input);
        }
    }

    fn on_output(&mut self, now: Now, output: Output) {
        match output {
            Output::Send { connection, frame } if self.seats.has(connection) => {
                self.on_seat_frame(connection, frame);
            }
            Output::Send { connection, frame } => self.on_sent(now, connection, frame),
            Output::Close { connection } if self.seats.has(connection) => {
                let left = self.seats.close(connection);
                self.after.push_back(Input::Closed { connection });
                for call in left {
                    self.answer(call, Err(ErrorCode::OutcomeUnknown.into()));
                }
            }
            Output::Close { connection } => {
                if let Some(link) = self.links.find_mut(connection).filter(|link| !link.is_over) {
                    link.is_over = true;
                    self.out.push_back(output);
                }
            }
            Output::Admit { connection } => {
                if self.links.is_open(connection) {
                    self.out.push_back(output);
                }
            }
            Output::AdminDone { id: MINT, result } => {
                self.minted = Some(result.and_then(|reply| match reply {
                    AdminReply::Token { token, .. } => Ok(token),
                    _ => Err(ErrorCode::InternalError.into()),
                }));
            }
            Output::Notice(notice) => self.on_notice(now, notice),
            Output::Ready => {
                self.is_ready = true;
                let life = self.script.change(|state| state.lives);
                self.note(now, None, Seen::Started(life));
                self.out.push_back(Output::Ready);
            }
            Output::Replay { .. }
            | Output::JoinGroup { .. }
            | Output::LeaveGroup { .. }
            | Output::Broadcast(_)
            | Output::BroadcastState { .. }
            | Output::Write { .. }
            | Output::Read { .. }
            | Output::Moderate { .. }
            | Output::Review { .. }
            | Output::AdminDone { .. }
            | Output::Drained => self.out.push_back(output),
        }
    }

    fn on_sent(&mut self, now: Now, connection: ConnectionId, frame: Bytes) {
        let Some(link) = self.links.find_mut(connection).filter(|link| !link.is_over) else { return };
        if let Some((id, _)) = Accepted::read_quickly(&frame) {
            return self.on_answer(now, connection, id, Ok(()), frame);
        }
        match ServerFrame::decode(frame.clone()) {
            Ok(ServerFrame::Welcome(_)) if link.loses_welcome => self.lose(now, connection),
            Ok(ServerFrame::Response(Response { id, body })) => {
                let outcome = body.map(drop).map_err(|refusal| refusal.code);
                self.on_answer(now, connection, id, outcome, frame);
            }
            _ => self.out.push_back(Output::Send { connection, frame }),
        }
    }

    fn on_answer(
        &mut self,
        now: Now,
        connection: ConnectionId,
        id: RequestId,
        outcome: Result<(), ErrorCode>,
        frame: Bytes,
    ) {
        let asked = self.links.find_mut(connection).and_then(|link| link.asked.remove(&id));
        let Some((request, fate)) = asked else {
            return self.out.push_back(Output::Send { connection, frame });
        };
        self.note(now, Some(connection), Seen::Answered(request, outcome));
        match fate {
            Fate::Leaves => self.out.push_back(Output::Send { connection, frame }),
            Fate::Lost => self.lose(now, connection),
            Fate::Late(by) => self.hold_answer(now, connection, frame, by),
        }
    }

    fn on_notice(&mut self, now: Now, notice: Notice) {
        match &notice {
            Notice::LoggedIn { connection, .. } | Notice::Ended { connection, .. }
                if self.seats.has(*connection) =>
            {
                return;
            }
            Notice::LoggedIn { connection, app, uid } => {
                let who = self.links.find(*connection).and_then(|link| link.who.as_ref());
                if let Some((_, _, device)) = who {
                    let (app, device) = (*app, *device);
                    let returning = self.script.change(|state| state.meet(app, uid.clone(), device));
                    self.note(now, Some(*connection), Seen::LoggedIn { app, device, returning });
                }
            }
            Notice::Ended { connection, code } => self.note(now, Some(*connection), Seen::Ended(*code)),
            _ => {}
        }
        self.out.push_back(Output::Notice(notice));
    }
}
