//! From a token to a connection, and what happens when a connection ends.

use std::time::Duration;

use bim_proto::{ClientFrame, Hello, Request, RequestBody, Welcome};
use bim_types::limits::{
    CLIENT_WAITING_REQUESTS_MAX, CONNECT_TIMEOUT, RECONNECT_STABLE_AFTER, REQUEST_TIMEOUT,
};
use bim_types::store::{ClientOp, SessionRecord};
use bim_types::{ConnectStatus, Continuity, DisconnectReason, ErrorCode, Mono, Refusal};

use crate::io::{LinkId, Output};
use crate::live::rejoin::Rejoin;
use crate::machine::ClientMachine;
use crate::outbox::{Pending, without_answer};
use crate::session::{Liveness, Phase, ServerClock, Trigger};

const SDK_BYTES_MAX: usize = 64;

impl ClientMachine {
    /// Dials the present endpoint.
    pub(crate) fn start_attempt(&mut self, now: Mono) {
        if self.session.shift(Trigger::TokenReady) {
            self.dial(now);
        }
    }

    pub(crate) fn on_dialed(&mut self, now: Mono, link: LinkId) {
        if self.session.link != Some(link) {
            return self.out.push(Output::Abort(link));
        }
        let token = self.session.token.usable(now);
        let (Some(token), Some(device)) = (token, self.session.device) else {
            return self.abort(now, "the token expired before it was presented");
        };
        // The attempt's deadline goes on: it runs from the dial to the welcome.
        let deadline = self.session.deadline;
        if self.session.shift(Trigger::Dialed) {
            self.session.deadline = deadline;
            let (app, uid) = (self.config.app, self.config.uid.clone());
            let sdk = clipped(&self.config.sdk).to_owned();
            self.send(now, ClientFrame::Hello(Hello { app, uid, device, token, sdk }));
        }
    }

    pub(crate) fn on_dial_failed(&mut self, now: Mono, link: LinkId, reason: String) {
        if self.session.link == Some(link) {
            self.session.drop_link();
            self.on_attempt_failed(now, Refusal::new(ErrorCode::ConnectFailed).hint(reason));
        }
    }

    pub(crate) fn on_closed(&mut self, now: Mono, link: LinkId) {
        if self.session.link != Some(link) {
            return self.on_goodbye_sent(link);
        }
        self.session.drop_link();
        let refusal = Refusal::new(ErrorCode::ConnectFailed).hint("the connection ended before the login");
        self.on_path_over(now, refusal);
    }

    /// Gives the present connection up at once.
    pub(crate) fn abort(&mut self, now: Mono, hint: &'static str) {
        if let Some(link) = self.session.drop_link() {
            self.out.push(Output::Abort(link));
        }
        self.on_path_over(now, Refusal::new(ErrorCode::ConnectFailed).hint(hint));
    }

    pub(crate) fn on_welcome(&mut self, now: Mono, welcome: &Welcome) {
        if !self.session.shift(Trigger::Welcomed) {
            return;
        }
        let session = &mut self.session;
        session.liveness = Some(Liveness::new(now, welcome));
        session.clock = Some(ServerClock::heard(welcome.server_time, now));
        session.token.on_accepted(now, welcome.token_expires_at.since(welcome.server_time));
        // One place in flight stays free for the session's own requests. What is in flight is kept for a repeat,
        // so it is bounded as what waits is, whatever the server allows.
        let in_flight_max = usize::try_from(welcome.in_flight_max).unwrap_or(usize::MAX);
        session.window = in_flight_max.saturating_sub(1).clamp(1, CLIENT_WAITING_REQUESTS_MAX);
        session.deadline = Some(now + REQUEST_TIMEOUT);
        session.rejoin = Rejoin::new(self.live.to_rejoin());
        if session.fresh {
            let (app, uid) = (self.config.app, self.config.uid.clone());
            // Nothing waits for it: it is only a note for the next start of the app.
            self.commit(ClientOp::PutSession(SessionRecord { app, uid }));
        }
        self.continue_rejoin(now);
    }

    /// Sends the next joins; when all are answered the session is connected.
    pub(crate) fn continue_rejoin(&mut self, now: Mono) {
        let window = self.session.window;
        loop {
            let id = self.request_id();
            let Some(join) = self.session.rejoin.next(id, window) else { break };
            let body = Ok(RequestBody::JoinLiveGroup(join));
            self.send(now, ClientFrame::Request(Request { id, body }));
        }
        if self.session.rejoin.is_done() && self.session.shift(Trigger::Rejoined) {
            self.session.connected_at = Some(now);
            let continuity = if std::mem::take(&mut self.session.fresh) {
                Continuity::Fresh
            } else if self.session.rejoin.discontinuous {
                Continuity::Discontinuous
            } else {
                Continuity::Resumed
            };
            self.session.report(ConnectStatus::Connected(continuity), &mut self.out);
            self.on_logged_in();
            self.pump(now);
        }
    }

    /// The present connection or attempt is over, and the link let go of.
    pub(crate) fn on_path_over(&mut self, now: Mono, refusal: Refusal) {
        match self.session.phase {
            Phase::Dialing | Phase::Authenticating => self.on_attempt_failed(now, refusal),
            _ => self.on_lost(now, refusal.retry_after),
        }
    }

    /// An attempt came to nothing. A first login tries each endpoint once; a session goes on for ever.
    pub(crate) fn on_attempt_failed(&mut self, now: Mono, refusal: Refusal) {
        self.session.endpoint = (self.session.endpoint + 1) % self.config.endpoints.max(1);
        let Some(login) = &mut self.session.login else { return self.on_lost(now, refusal.retry_after) };
        login.endpoints_left = login.endpoints_left.saturating_sub(1);
        let more = login.endpoints_left > 0;
        // A server's own words say more than "can not be reached".
        if refusal.code != ErrorCode::ConnectFailed || login.refusal.is_none() {
            login.refusal = Some(refusal);
        }
        if more {
            if self.session.shift(Trigger::NextEndpoint) {
                self.dial(now);
            }
        } else if let Some(refusal) = self.session.login.as_mut().and_then(|login| login.refusal.take()) {
            self.fail_login(refusal);
        }
    }

    /// The connection is gone; the session stays.
    pub(crate) fn on_lost(&mut self, now: Mono, asked: Option<Duration>) {
        if self.session.login.is_some() {
            return self.fail_login(ErrorCode::ConnectFailed.into());
        }
        if !self.session.shift(Trigger::Lost) {
            return;
        }
        self.live.on_lost(&self.outbox.groups_sent_to(), &mut self.out);
        for Pending { call, body } in self.outbox.on_lost() {
            let answer = self.live.on_given_up(now, &body, &mut self.out);
            let lost = Refusal::new(without_answer(&body)).hint("the connection was lost before the answer");
            let given_up = answer.is_none();
            self.out.reply_to(call, answer.ok_or(lost));
            if given_up {
                self.hold_back_behind(now, &body, ErrorCode::Timeout);
            }
        }
        let stable = |since: Mono| now.since(since) >= RECONNECT_STABLE_AFTER;
        if self.session.connected_at.take().is_some_and(stable) {
            self.session.backoff.reset();
        }
        let retry_in = self.session.backoff.next(&mut self.entropy, asked);
        self.session.deadline = Some(now + retry_in);
        self.session.report_disconnected(DisconnectReason::Lost { retry_in }, &mut self.out);
    }

    /// The time for the next attempt has come.
    pub(crate) fn on_retry_due(&mut self, now: Mono) {
        if self.session.shift(Trigger::RetryDue) {
            self.session.report(ConnectStatus::Connecting, &mut self.out);
            self.seek_token(now);
        }
    }

    fn dial(&mut self, now: Mono) {
        self.session.last_link.0 += 1;
        let link = self.session.last_link;
        self.session.link = Some(link);
        self.session.deadline = Some(now + CONNECT_TIMEOUT);
        self.out.push(Output::Dial { link, endpoint: self.session.endpoint });
    }
}

fn clipped(sdk: &str) -> &str {
    let end = (0..=sdk.len().min(SDK_BYTES_MAX)).rev().find(|end| sdk.is_char_boundary(*end));
    sdk.get(..end.unwrap_or_default()).unwrap_or_default()
}
