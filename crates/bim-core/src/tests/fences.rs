//! What comes late, or never: stores, dials, tokens, clocks.

use std::time::Duration;

use bim_types::limits::{RECONNECT_DELAY_FIRST, REQUEST_TIMEOUT};
use bim_types::store::{ClientOp, DeviceRecord, OpId};
use bim_types::{ConnectStatus, Continuity, DisconnectReason, ErrorCode, Now, Wall};

use crate::testing::{Bench, LOGIN, device, first_op, group, me, refused, refused_with, reply, status, text};
use crate::{Answer, Ask, CallId, Command, Credential, Event, Input, LinkId, Output, TokenAskId};

fn fixed() -> Credential {
    Credential::Fixed("t".into())
}

fn login(bench: &mut Bench, call: CallId, credential: Credential) -> Vec<Output> {
    bench.input(Input::Command(call, Command::Login { uid: me(), credential }))
}

fn store_op(out: &[Output]) -> OpId {
    let found = out.iter().find_map(|output| match output {
        Output::LoadDevice(op) | Output::Commit(op, _) => Some(*op),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing for the store: {out:?}"))
}

#[test]
fn a_store_that_never_answers_fails_the_login_in_time() {
    let mut bench = Bench::new(1);
    login(&mut bench, LOGIN, fixed());
    let began = bench.now;
    let out = bench.wait();
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::StorageFailed));
    assert!(bench.now.since(began) <= Duration::from_secs(30));
    assert_eq!(bench.machine.next_deadline(), None);
    assert_eq!(bench.input(Input::DeviceLoaded(first_op(), Ok(None))), [], "it comes too late");

    let out = login(&mut bench, CallId(2), fixed());
    let out = bench.input(Input::DeviceLoaded(store_op(&out), Ok(None)));
    let late = store_op(&out);
    let out = bench.wait();
    assert_eq!(refused_with(&out, CallId(2)), Some(ErrorCode::StorageFailed));
    assert_eq!(bench.input(Input::Committed(late, Ok(()))), []);
}

#[test]
fn what_the_store_says_about_an_earlier_login_does_not_move_a_later_one() {
    let mut bench = Bench::new(1);
    let first = store_op(&login(&mut bench, LOGIN, fixed()));
    let (logout, out) = bench.command(Command::Logout);
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::Cancelled));
    let clearing = store_op(&out);
    assert_eq!(bench.input(Input::DeviceLoaded(first, Ok(None))), []);
    assert_eq!(bench.input(Input::Committed(first, Ok(()))), []);
    assert_eq!(bench.input(Input::Committed(clearing, Ok(()))), [reply(logout, Answer::Done)]);
    let second = store_op(&login(&mut bench, CallId(2), fixed()));
    assert_eq!(bench.input(Input::DeviceLoaded(first, Ok(None))), []);
    assert_eq!(bench.input(Input::Committed(clearing, Ok(()))), []);
    let record = DeviceRecord { device: device() };
    let out = bench.input(Input::DeviceLoaded(second, Ok(Some(record))));
    assert_eq!(out, [Output::Dial { link: LinkId(1), endpoint: 0 }]);
}

#[test]
fn a_token_that_comes_after_the_logout_is_not_used_by_the_next_login() {
    let mut bench = Bench::new(1);
    assert_eq!(bench.login(Credential::Provider), [Output::AskToken(TokenAskId(1))]);
    let (_, out) = bench.command(Command::Logout);
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::Cancelled));
    bench.input(Input::Committed(store_op(&out), Ok(())));
    assert_eq!(bench.input(Input::Token(TokenAskId(1), Ok("late".into()))), []);
    let out = bench.login(Credential::Provider);
    assert_eq!(out, [Output::AskToken(TokenAskId(2))]);
    assert_eq!(bench.input(Input::Token(TokenAskId(1), Ok("late".into()))), []);
    let out = bench.input(Input::Token(TokenAskId(2), Ok("new".into())));
    assert_eq!(out, [Output::Dial { link: LinkId(1), endpoint: 0 }]);
}

#[test]
fn a_provider_whose_token_can_not_be_one_fails_the_login_and_spares_the_session() {
    for token in [String::new(), "x".repeat(2049)] {
        let mut bench = Bench::new(1);
        bench.login(Credential::Provider);
        let out = bench.input(Input::Token(TokenAskId(1), Ok(token.clone().into())));
        assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::InvalidToken), "{out:?}");

        let mut bench = Bench::new(1);
        bench.login(Credential::Provider);
        bench.input(Input::Token(TokenAskId(1), Ok("good".into())));
        bench.dialed_and_welcomed();
        let asked = loop {
            let out = bench.wait();
            if let Some(Output::AskToken(ask)) = out.last() {
                break *ask;
            }
            bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
        };
        let out = bench.input(Input::Token(asked, Ok(token.into())));
        assert_eq!(out, [Output::Event(Event::TokenInvalid(ErrorCode::InvalidToken))]);
        assert!(bench.machine.is_logged_in());
    }
}

#[test]
fn eight_hours_of_sleep_end_in_one_reconnect_and_no_storm() {
    let mut bench = Bench::joined();
    let (call, _) = bench.ask(Ask::Send(text(7)));
    let out = bench.advance(Duration::from_secs(8 * 3600));
    assert_eq!(out[0], Output::Abort(LinkId(1)));
    assert_eq!(refused_with(&out, call), None, "what was in flight is asked again");
    assert_eq!(out.len(), 2, "{out:?}");
    let woke = bench.now;
    let out = bench.wait();
    assert!(bench.now.since(woke) <= RECONNECT_DELAY_FIRST);
    assert_eq!(out, [status(ConnectStatus::Connecting), Output::Dial { link: LinkId(2), endpoint: 0 }]);
    for output in bench.dialed_and_welcomed() {
        assert!(matches!(output, Output::Send(..)), "{output:?}");
    }
    assert!(bench.machine.next_deadline() > Some(bench.now));
}

#[test]
fn steps_of_the_devices_clock_do_nothing() {
    let mut bench = Bench::joined();
    let deadline = bench.machine.next_deadline();
    let server_time = bench.machine.server_time(bench.now);
    for hours in [8, 7, 100_000, 0] {
        let now = Now { mono: bench.now, wall: Wall::from_secs(hours * 3600) };
        bench.machine.handle(now, Input::Tick);
        assert_eq!(bench.machine.poll_output(), None);
    }
    assert_eq!(bench.machine.next_deadline(), deadline);
    assert_eq!(bench.machine.server_time(bench.now), server_time);
}

#[test]
fn after_any_deadline_the_next_one_lies_ahead() {
    let mut bench = Bench::joined();
    bench.ask(Ask::Get(group()));
    for _ in 0..500 {
        let out = bench.wait();
        if let Some(Output::Dial { link, .. }) = out.last() {
            bench.input(Input::DialFailed(*link, "no".into()));
        }
        let next = bench.machine.next_deadline().expect("a session goes on for ever");
        assert!(next > bench.now || out.iter().any(|output| matches!(output, Output::Dial { .. })));
    }
}

#[test]
fn a_logout_before_anything_happened_and_one_of_an_ended_session_are_answered() {
    let mut bench = Bench::new(1);
    let (call, out) = bench.command(Command::Logout);
    assert_eq!(out, [reply(call, Answer::Done)]);
    let mut bench = Bench::connected();
    let reason = Some(ErrorCode::Replaced.into());
    bench.frame(bim_proto::ServerFrame::Goodbye(bim_proto::Goodbye { reason }));
    let (call, out) = bench.command(Command::Logout);
    let clearing = store_op(&out);
    assert!(matches!(&out[..], [_, Output::Commit(_, batch)] if batch.ops == [ClientOp::ClearSession]));
    let (second, out) = bench.command(Command::Logout);
    assert_eq!(out, []);
    let out = bench.input(Input::Committed(clearing, Ok(())));
    assert_eq!(out, [reply(call, Answer::Done), reply(second, Answer::Done)]);
}

#[test]
fn a_shutdown_in_the_middle_of_a_logout_answers_both() {
    let mut bench = Bench::connected();
    let (logout, _) = bench.command(Command::Logout);
    let (shutdown, out) = bench.command(Command::Shutdown);
    assert!(out.contains(&reply(logout, Answer::Done)), "{out:?}");
    assert!(out.contains(&reply(shutdown, Answer::Done)));
}

#[test]
fn a_shutdown_answers_a_full_outbox() {
    let mut bench = Bench::joined();
    let calls: Vec<_> = (0..1000).map(|id| bench.ask(Ask::Send(text(id))).0).collect();
    let (_, out) = bench.command(Command::Shutdown);
    let answered = out.iter().filter_map(|output| match output {
        Output::Reply(call, Err(refusal)) if refusal.code == ErrorCode::ShutDown => Some(*call),
        _ => None,
    });
    assert!(answered.eq(calls), "all of them, in order");
}

#[test]
fn a_login_while_offline_fails_and_the_next_one_works() {
    let mut bench = Bench::new(1);
    bench.login(fixed());
    let out = bench.input(Input::DialFailed(LinkId(1), "no network".into()));
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::ConnectFailed));
    assert_eq!(bench.login(fixed()), [Output::Dial { link: LinkId(2), endpoint: 0 }]);
    assert!(bench.dialed_and_welcomed().contains(&status(ConnectStatus::Connected(Continuity::Fresh))));
}

#[test]
fn a_late_dial_of_a_login_that_was_cancelled_is_let_go() {
    let mut bench = Bench::new(1);
    bench.login(fixed());
    let (_, out) = bench.command(Command::Logout);
    bench.input(Input::Committed(store_op(&out), Ok(())));
    bench.login(fixed());
    assert_eq!(bench.input(Input::Dialed(LinkId(1))), [Output::Abort(LinkId(1))]);
    assert_eq!(bench.input(Input::DialFailed(LinkId(1), "late".into())), []);
    assert_eq!(bench.link(), LinkId(2));
}

#[test]
fn a_rejoin_that_is_never_answered_is_tried_on_another_connection() {
    let mut bench = Bench::joined();
    bench.cut_and_redial();
    bench.dialed_and_welcomed();
    let began = bench.now;
    while bench.link() == LinkId(2) {
        bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
        let out = bench.wait();
        if out.contains(&Output::Abort(LinkId(2))) {
            break;
        }
    }
    assert_eq!(bench.now.since(began), REQUEST_TIMEOUT);
}

#[test]
fn a_fixed_token_that_expires_while_offline_is_told_once_and_is_the_end() {
    let mut bench = Bench::connected();
    let link = bench.link();
    bench.input(Input::Closed(link));
    bench.now = bench.now + crate::testing::TOKEN_LIFE * 2;
    bench.wait();
    let link = bench.link();
    bench.input(Input::Dialed(link));
    let reason = Some(ErrorCode::ExpiredToken.into());
    let out = bench.frame(bim_proto::ServerFrame::Goodbye(bim_proto::Goodbye { reason }));
    let ended = DisconnectReason::Refused(ErrorCode::ExpiredToken);
    assert_eq!(
        out,
        [
            Output::Close(link),
            Output::Event(Event::TokenInvalid(ErrorCode::ExpiredToken)),
            status(ConnectStatus::Disconnected(ended)),
        ]
    );
    let (call, out) = bench.ask(Ask::Get(group()));
    assert_eq!(out, [refused(call, ErrorCode::ExpiredToken)]);
}

#[test]
fn a_provided_token_that_expired_while_offline_is_not_presented() {
    let mut bench = Bench::new(1);
    bench.login(Credential::Provider);
    bench.input(Input::Token(TokenAskId(1), Ok("t1".into())));
    bench.dialed_and_welcomed();
    let link = bench.link();
    bench.input(Input::Closed(link));
    bench.now = bench.now + crate::testing::TOKEN_LIFE * 2;
    let out = bench.wait();
    assert_eq!(out.last(), Some(&Output::AskToken(TokenAskId(2))), "{out:?}");
    let out = bench.input(Input::Token(TokenAskId(2), Err(crate::TokenUnavailable)));
    assert!(matches!(out[..], [Output::Event(Event::StatusChanged(_))]), "{out:?}");
    let out = bench.wait();
    assert_eq!(out.last(), Some(&Output::AskToken(TokenAskId(3))));
    let out = bench.input(Input::Token(TokenAskId(3), Ok("t3".into())));
    assert!(matches!(out[..], [Output::Dial { .. }]));
}
