use std::time::Duration;

use bim_proto::{Goodbye, RequestBody, ResponseBody, ServerFrame};
use bim_types::limits::TOKEN_REFRESH_LEAD;
use bim_types::{DisconnectReason, ErrorCode, Token};

use crate::testing::{Bench, LOGIN, TOKEN_LIFE, disconnected, refused_with, reply, request, welcome};
use crate::{Answer, Credential, Event, Input, LinkId, Output, TokenAskId, TokenUnavailable};

fn provided() -> Bench {
    let mut bench = Bench::new(1);
    assert_eq!(bench.login(Credential::Provider), [Output::AskToken(TokenAskId(1))]);
    let out = bench.input(Input::Token(TokenAskId(1), Ok("t1".into())));
    assert_eq!(out, [Output::Dial { link: LinkId(1), endpoint: 0 }]);
    assert!(bench.dialed_and_welcomed().contains(&reply(LOGIN, Answer::Done)));
    bench
}

/// Answers pings for as long as nothing else is due.
fn idle_until(bench: &mut Bench, until: Duration) -> Vec<Output> {
    let end = bench.now + until;
    let mut out = Vec::new();
    while bench.machine.next_deadline().is_some_and(|due| due <= end) && !asks(&out) {
        out = bench.wait();
        if bench.machine.session.link.is_some() {
            bench.frame(ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
        }
    }
    out
}

fn asks(out: &[Output]) -> bool {
    out.iter().any(|output| matches!(output, Output::AskToken(_)))
}

fn to_refresh(bench: &mut Bench) {
    let out = idle_until(bench, TOKEN_LIFE);
    assert!(out.contains(&Output::AskToken(TokenAskId(2))), "{out:?}");
}

#[test]
fn the_provider_is_asked_again_before_the_token_ends_and_nothing_is_interrupted() {
    let mut bench = provided();
    let began = bench.now;
    to_refresh(&mut bench);
    assert_eq!(bench.now.since(began), TOKEN_LIFE - TOKEN_REFRESH_LEAD);
    let out = bench.input(Input::Token(TokenAskId(2), Ok("t2".into())));
    let refresh = RequestBody::RefreshToken(Token::from("t2"));
    assert_eq!(out.len(), 1);
    let id = 1 + (1..50).find(|id| out[0] == request(1, *id, refresh.clone())).unwrap() - 1;
    let expires = welcome().server_time + TOKEN_LIFE * 2;
    assert_eq!(bench.answer(id, Ok(ResponseBody::TokenRefreshed(expires))), []);
    let asked_at = bench.now;
    let out = idle_until(&mut bench, TOKEN_LIFE);
    assert!(asks(&out));
    assert!(bench.now.since(asked_at) > TOKEN_LIFE / 2);
}

#[test]
fn a_refresh_that_fails_is_tried_again_while_the_session_goes_on() {
    let mut bench = provided();
    to_refresh(&mut bench);
    assert_eq!(bench.input(Input::Token(TokenAskId(2), Err(TokenUnavailable))), []);
    let out = idle_until(&mut bench, Duration::from_secs(5));
    assert!(out.contains(&Output::AskToken(TokenAskId(3))));
}

#[test]
fn a_refused_refresh_is_told_and_tried_again() {
    let mut bench = provided();
    to_refresh(&mut bench);
    let out = bench.input(Input::Token(TokenAskId(2), Ok("bad".into())));
    let body = RequestBody::RefreshToken(Token::from("bad"));
    let id = (1..50).find(|id| out[0] == request(1, *id, body.clone())).unwrap();
    let out = bench.answer(id, Err(ErrorCode::InvalidToken.into()));
    assert_eq!(out, [Output::Event(Event::TokenInvalid(ErrorCode::InvalidToken))]);
    let out = idle_until(&mut bench, Duration::from_secs(5));
    assert!(out.contains(&Output::AskToken(TokenAskId(3))));
}

#[test]
fn a_session_whose_token_ended_asks_the_provider_and_reconnects() {
    let mut bench = provided();
    let reason = Some(ErrorCode::ExpiredToken.into());
    let out = bench.frame(ServerFrame::Goodbye(Goodbye { reason }));
    assert_eq!(out[0], Output::Close(LinkId(1)));
    assert_eq!(out[1], Output::Event(Event::TokenInvalid(ErrorCode::ExpiredToken)));
    let out = bench.wait();
    assert!(out.contains(&Output::AskToken(TokenAskId(2))), "{out:?}");
    let out = bench.input(Input::Token(TokenAskId(2), Ok("t2".into())));
    assert_eq!(out, [Output::Dial { link: LinkId(2), endpoint: 0 }]);
}

#[test]
fn a_fixed_token_that_ended_ends_the_session() {
    for code in [ErrorCode::InvalidToken, ErrorCode::ExpiredToken, ErrorCode::UserIdMismatchToken] {
        let mut bench = Bench::connected();
        let out = bench.frame(ServerFrame::Goodbye(Goodbye { reason: Some(code.into()) }));
        assert_eq!(
            out,
            [
                Output::Close(LinkId(1)),
                Output::Event(Event::TokenInvalid(code)),
                disconnected(DisconnectReason::Refused(code)),
            ]
        );
        assert_eq!(bench.machine.next_deadline(), None);
    }
}

#[test]
fn a_provider_that_never_answers_fails_a_first_login_and_is_asked_again_later() {
    let mut bench = Bench::new(1);
    bench.login(Credential::Provider);
    let out = bench.wait();
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::LoginFailed));

    let mut bench = provided();
    bench.frame(ServerFrame::Goodbye(Goodbye { reason: Some(ErrorCode::ExpiredToken.into()) }));
    bench.wait();
    let out = bench.wait();
    assert!(matches!(out[..], [Output::Event(Event::StatusChanged(_))]), "{out:?}");
    assert!(bench.wait().contains(&Output::AskToken(TokenAskId(3))));
    assert_eq!(bench.input(Input::Token(TokenAskId(2), Ok("late".into()))), []);
}
