//! From login to the point where there is a token to present.

use bim_types::limits::TOKEN_BYTES_MAX;
use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, OpId};
use bim_types::{ConnectStatus, DisconnectReason, ErrorCode, ErrorKind, Mono, Refusal, Token, Uid};

use crate::command::{Answer, CallId, Credential};
use crate::event::Event;
use crate::io::{Output, StoreFailed, TokenAskId, TokenUnavailable};
use crate::machine::ClientMachine;
use crate::session::token::TOKEN_PROVIDER_TIMEOUT;
use crate::session::{Login, Phase, STORE_TIMEOUT, Trigger};

impl ClientMachine {
    pub(crate) fn on_login(&mut self, now: Mono, call: CallId, uid: &Uid, credential: Credential) {
        if let Err(refusal) = self.check_login(uid, &credential) {
            return self.out.reply(call, Err(refusal));
        }
        self.session.shift(Trigger::Login);
        self.session.deadline = Some(now + STORE_TIMEOUT);
        self.session.ended = None;
        self.session.fresh = true;
        self.session.backoff.reset();
        self.session.token.start(credential);
        self.session.endpoint = 0;
        self.session.login = Some(Login { call, endpoints_left: self.config.endpoints, refusal: None });
        self.session.report(ConnectStatus::Connecting, &mut self.out);
        let op = self.op_id();
        self.session.op = Some(op);
        self.out.push(Output::LoadDevice(op));
    }

    pub(crate) fn on_device_loaded(
        &mut self,
        now: Mono,
        op: OpId,
        loaded: Result<Option<DeviceRecord>, StoreFailed>,
    ) {
        if self.session.op.take_if(|waiting| *waiting == op).is_none() {
            return;
        }
        match loaded {
            Ok(Some(record)) => {
                self.session.device = Some(record.device);
                self.on_device_ready(now);
            }
            Ok(None) => {
                let device = self.entropy.device();
                self.session.device = Some(device);
                let op = self.commit(ClientOp::PutDevice(DeviceRecord { device }));
                self.session.op = Some(op);
            }
            Err(StoreFailed { code }) => self.fail_login(code.into()),
        }
    }

    /// The device id must be durable before a server hears of it, or a crash would leave a ghost device.
    pub(crate) fn on_committed(&mut self, now: Mono, op: OpId, committed: Result<(), StoreFailed>) {
        if self.session.op.take_if(|waiting| *waiting == op).is_some() {
            match committed {
                Ok(()) => self.on_device_ready(now),
                Err(StoreFailed { code }) => self.fail_login(code.into()),
            }
        } else {
            self.on_session_cleared(op, committed);
        }
    }

    pub(crate) fn on_token(&mut self, now: Mono, ask: TokenAskId, answer: Result<Token, TokenUnavailable>) {
        if !self.session.token.is_answer(ask) {
            return;
        }
        let answer = match answer.map(|token| check_token(&token).map(|()| token)) {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(refusal)) if self.session.login.is_some() => return self.fail_login(refusal),
            Ok(Err(refusal)) => {
                self.out.event(Event::TokenInvalid(refusal.code));
                Err(TokenUnavailable)
            }
            Err(unavailable) => Err(unavailable),
        };
        match (self.session.phase, answer) {
            (Phase::AwaitingToken, Ok(token)) => {
                self.session.token.keep(token);
                self.start_attempt(now);
            }
            (Phase::AwaitingToken, Err(TokenUnavailable)) => self.on_no_token(now),
            (Phase::Connected, Ok(token)) => self.present_token(now, token),
            (Phase::Connected, Err(TokenUnavailable)) => {
                self.session.token.retry_later(now, &mut self.entropy, None);
            }
            (_, Ok(token)) => self.session.token.keep(token),
            (_, Err(TokenUnavailable)) => {}
        }
    }

    /// The provider had nothing, or did not answer in time.
    pub(crate) fn on_no_token(&mut self, now: Mono) {
        self.session.token.give_up_asking();
        if self.session.login.is_some() {
            self.fail_login(Refusal::new(ErrorCode::LoginFailed).hint("the token provider gave no token"));
        } else {
            self.on_lost(now, None);
        }
    }

    /// Goes on to a connection attempt, by way of the provider when there is no token to present.
    pub(crate) fn seek_token(&mut self, now: Mono) {
        if self.session.token.usable(now).is_some() {
            return self.start_attempt(now);
        }
        if !self.session.token.is_provided() {
            return;
        }
        self.session.deadline = Some(now + TOKEN_PROVIDER_TIMEOUT);
        if let Some(ask) = self.session.token.ask(now) {
            self.out.push(Output::AskToken(ask));
        }
    }

    /// Ends a first login that did not succeed.
    pub(crate) fn fail_login(&mut self, refusal: Refusal) {
        let Some(Login { call, .. }) = self.session.login.take() else { return };
        self.session.shift(Trigger::LoginFailed);
        self.session.op = None;
        if let Some(link) = self.session.drop_link() {
            self.out.push(Output::Abort(link));
        }
        let code = refusal.code;
        if code.kind() == ErrorKind::Token {
            self.out.event(Event::TokenInvalid(code));
        }
        let refused = matches!(code.kind(), ErrorKind::Token | ErrorKind::Account | ErrorKind::Protocol);
        let reason = if refused { DisconnectReason::Refused(code) } else { DisconnectReason::NotLoggedIn };
        self.session.report_disconnected(reason, &mut self.out);
        self.out.reply(call, Err(refusal));
        self.answer_all(ErrorCode::LoginFailed);
        self.live.clear(ErrorCode::LoginFailed, &mut self.out);
    }

    pub(crate) fn on_logged_in(&mut self) {
        if let Some(Login { call, .. }) = self.session.login.take() {
            self.out.reply(call, Ok(Answer::Done));
        }
    }

    pub(crate) fn commit(&mut self, change: ClientOp) -> OpId {
        let op = self.op_id();
        self.out.push(Output::Commit(op, ClientBatch { ops: vec![change] }));
        op
    }

    fn check_login(&self, uid: &Uid, credential: &Credential) -> Result<(), Refusal> {
        match self.session.phase {
            Phase::LoggedOut | Phase::Ended => {}
            Phase::ShutDown => return Err(ErrorCode::ShutDown.into()),
            _ => return Err(ErrorCode::AlreadyLoggedIn.into()),
        }
        if *uid != self.config.uid {
            return Err(Refusal::new(ErrorCode::ParameterError)
                .hint("uid is not the one the client was set up with; make a new client for another user"));
        }
        match credential {
            Credential::Fixed(token) => check_token(token),
            Credential::Provider => Ok(()),
        }
    }

    fn on_device_ready(&mut self, now: Mono) {
        if self.session.shift(Trigger::DeviceReady) {
            self.seek_token(now);
        }
    }
}

/// What no server would take is not sent.
fn check_token(token: &Token) -> Result<(), Refusal> {
    if (1..=TOKEN_BYTES_MAX).contains(&token.reveal().len()) {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::InvalidToken)
        .hint("token is empty or too long, in bytes")
        .limit(TOKEN_BYTES_MAX as u64))
}
