//! Logout and shutdown.

use bim_proto::{ClientFrame, Goodbye};
use bim_types::store::{ClientOp, OpId};
use bim_types::{DisconnectReason, ErrorCode, Mono};

use crate::command::{Answer, CallId, Credential};
use crate::io::{LinkId, Output, StoreFailed};
use crate::machine::ClientMachine;
use crate::session::{LOGOUT_TIMEOUT, Leaving, Login, Phase, Trigger};

impl ClientMachine {
    pub(crate) fn on_logout(&mut self, now: Mono, call: CallId) {
        match (self.session.phase, &mut self.session.leaving) {
            (Phase::LoggedOut, _) => return self.out.reply(call, Ok(Answer::Done)),
            (Phase::ShutDown, _) => return self.out.reply(call, Err(ErrorCode::ShutDown.into())),
            (_, Some(leaving)) => return leaving.calls.push(call),
            (_, None) => {}
        }
        let closing = self.say_goodbye(now);
        self.session.shift(Trigger::Logout);
        self.session.deadline = Some(now + LOGOUT_TIMEOUT);
        self.abandon(ErrorCode::Cancelled);
        self.session.report_disconnected(DisconnectReason::LoggedOut, &mut self.out);
        let clearing = Some(self.commit(ClientOp::ClearSession));
        self.session.leaving = Some(Leaving { calls: vec![call], closing, clearing, outcome: Ok(()) });
    }

    pub(crate) fn on_shutdown(&mut self, now: Mono, call: CallId) {
        self.say_goodbye(now);
        if self.session.shift(Trigger::Shutdown) {
            self.abandon(ErrorCode::ShutDown);
            for waiting in self.session.leaving.take().into_iter().flat_map(|leaving| leaving.calls) {
                self.out.reply(waiting, Ok(Answer::Done));
            }
            self.session.report_disconnected(DisconnectReason::ShutDown, &mut self.out);
        }
        self.out.reply(call, Ok(Answer::Done));
    }

    /// The connection that was asked to close is closed.
    pub(crate) fn on_goodbye_sent(&mut self, link: LinkId) {
        if let Some(leaving) = &mut self.session.leaving {
            leaving.closing.take_if(|closing| *closing == link);
            self.finish_logout_if_done();
        }
    }

    pub(crate) fn on_session_cleared(&mut self, op: OpId, committed: Result<(), StoreFailed>) {
        if let Some(leaving) = &mut self.session.leaving
            && leaving.clearing.take_if(|clearing| *clearing == op).is_some()
        {
            leaving.outcome = committed.map_err(|StoreFailed { code }| code);
            self.finish_logout_if_done();
        }
    }

    pub(crate) fn finish_logout(&mut self) {
        if !self.session.shift(Trigger::LogoutDone) {
            return;
        }
        let Some(Leaving { calls, closing, outcome, .. }) = self.session.leaving.take() else { return };
        if let Some(link) = closing {
            self.out.push(Output::Abort(link));
        }
        for call in calls {
            self.out.reply(call, outcome.map(|()| Answer::Done).map_err(Into::into));
        }
    }

    fn finish_logout_if_done(&mut self) {
        let done = |leaving: &Leaving| leaving.closing.is_none() && leaving.clearing.is_none();
        if self.session.leaving.as_ref().is_some_and(done) {
            self.finish_logout();
        }
    }

    /// Lets go of the connection, politely if the server knows who is talking. Says which link will report
    /// that it is closed.
    fn say_goodbye(&mut self, now: Mono) -> Option<LinkId> {
        if self.session.phase.is_authenticated() {
            self.send(now, ClientFrame::Goodbye(Goodbye { reason: None }));
            let link = self.session.drop_link()?;
            self.out.push(Output::Close(link));
            return Some(link);
        }
        let link = self.session.drop_link()?;
        self.out.push(Output::Abort(link));
        None
    }

    /// Answers everyone who waits and forgets the session.
    fn abandon(&mut self, code: ErrorCode) {
        if let Some(Login { call, .. }) = self.session.login.take() {
            self.out.reply(call, Err(code.into()));
        }
        self.answer_all(code);
        self.live.clear(code, &mut self.out);
        self.session.op = None;
        self.session.ended = None;
        self.session.connected_at = None;
        // The token is not needed any more and should not be found in memory.
        self.session.token.start(Credential::Provider);
    }
}
