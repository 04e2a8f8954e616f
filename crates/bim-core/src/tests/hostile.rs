//! A server with bugs, or worse: what it says can not make the client storm, hang, or grow.

use std::time::Duration;

use bim_proto::{Goodbye, Joined, Ping, Request, RequestBody, RequestId, ResponseBody, ServerFrame, Welcome};
use bim_types::limits::{CLIENT_WAITING_REQUESTS_MAX, RECONNECT_DELAY_MAX};
use bim_types::{
    ConnectStatus, Conversation, ConversationShortId, DisconnectReason, ErrorCode, Refusal, ResumeVerdict,
};

use crate::testing::{Bench, LOGIN, group, joined_at, refused_with, reply, resumed, text, welcome};
use crate::{Answer, Ask, Credential, Event, Input, LinkId, Output};

/// The longest a server may send a client away.
const LONGEST_AWAY: Duration = Duration::from_secs(11 * 60);

fn for_ever(code: ErrorCode) -> Refusal {
    Refusal::new(code).retry_after(Duration::from_millis(u64::MAX))
}

fn welcomed_with(welcome: Welcome) -> Bench {
    let mut bench = Bench::new(1);
    bench.login(Credential::Fixed("t".into()));
    let link = bench.link();
    bench.input(Input::Dialed(link));
    bench.frame(ServerFrame::Welcome(welcome));
    bench
}

fn sends(out: &[Output]) -> usize {
    out.iter().filter(|output| matches!(output, Output::Send(..))).count()
}

fn strange_group() -> Conversation {
    let other = ConversationShortId::new(99).unwrap();
    Conversation { conversation_short_id: other, ..crate::testing::conversation(1) }
}

fn joined_elsewhere() -> ResponseBody {
    let ResponseBody::JoinedLiveGroup(joined) = joined_at(10, resumed()) else { unreachable!() };
    ResponseBody::JoinedLiveGroup(Joined { conversation: strange_group(), ..joined })
}

#[test]
fn no_server_sends_a_client_away_for_ever() {
    let mut bench = Bench::connected();
    let reason = Some(for_ever(ErrorCode::ServerDraining));
    let left = bench.now;
    bench.frame(ServerFrame::Goodbye(Goodbye { reason }));
    assert!(matches!(bench.wait().last(), Some(Output::Dial { .. })));
    assert!(bench.now.since(left) <= LONGEST_AWAY, "{:?}", bench.now.since(left));

    let mut bench = Bench::joined();
    bench.cut_and_redial();
    bench.dialed_and_welcomed();
    let left = bench.now;
    bench.answer(3, Err(for_ever(ErrorCode::ServerBusy)));
    assert!(matches!(bench.wait().last(), Some(Output::Dial { .. })));
    assert!(bench.now.since(left) <= LONGEST_AWAY);
}

#[test]
fn whatever_the_welcome_says_pings_are_few_and_a_dead_path_is_noticed_in_time() {
    let most = u32::MAX;
    for (ping, liveness) in
        [(0, 0), (1, 1), (1, most), (most, 1), (most, most), (30_000, 22_000), (10_000, 0)]
    {
        let rules = Welcome { ping_interval_ms: ping, liveness_timeout_ms: liveness, ..welcome() };
        let mut bench = welcomed_with(rules);
        let (began, mut pings) = (bench.now, 0);
        while bench.now.since(began) < Duration::from_secs(10) {
            let out = bench.wait();
            assert!(bench.machine.session.link.is_some(), "{ping} {liveness}: a path that answers is alive");
            pings += sends(&out);
            bench.frame(ServerFrame::Pong(bim_proto::Pong { nonce: 1, server_time: Default::default() }));
        }
        assert!((1..=100).contains(&pings), "{ping} {liveness}: {pings} pings in 10 s");
        let (silent, mut asked) = (bench.now, 0);
        while bench.machine.session.link.is_some() {
            asked += sends(&bench.wait());
        }
        assert!(asked >= 1, "{ping} {liveness}: given up without having been asked");
        assert!(bench.now.since(silent) <= Duration::from_secs(25), "{ping} {liveness}");
    }
}

#[test]
fn a_window_without_bounds_bounds_what_is_in_flight_all_the_same() {
    let mut bench = welcomed_with(Welcome { in_flight_max: u32::MAX, ..welcome() });
    let mut refused = 0;
    for _ in 0..10 * CLIENT_WAITING_REQUESTS_MAX {
        let (call, out) = bench.ask(Ask::Get(group()));
        refused += usize::from(refused_with(&out, call) == Some(ErrorCode::OutboxFull));
    }
    assert!(refused >= 8 * CLIENT_WAITING_REQUESTS_MAX, "only {refused} were refused");
}

#[test]
fn a_window_of_nothing_still_lets_one_request_through_at_a_time() {
    let mut bench = welcomed_with(Welcome { in_flight_max: 0, ..welcome() });
    assert_eq!(sends(&bench.ask(Ask::Get(group())).1), 1);
    assert_eq!(sends(&bench.ask(Ask::Get(group())).1), 0);
    let out = bench.answer(2, Ok(ResponseBody::LiveGroup(crate::testing::conversation(1))));
    assert_eq!(sends(&out), 1);
}

#[test]
fn a_smaller_window_after_a_reconnect_holds_back_what_was_in_flight() {
    let mut bench = welcomed_with(Welcome { in_flight_max: 9, ..welcome() });
    let sent: usize = (0..8).map(|_| sends(&bench.ask(Ask::Get(group())).1)).sum();
    assert_eq!(sent, 8);
    bench.cut_and_redial();
    let link = bench.link();
    bench.input(Input::Dialed(link));
    let out = bench.frame(ServerFrame::Welcome(Welcome { in_flight_max: 3, ..welcome() }));
    assert_eq!(sends(&out), 2);
    for id in 2..10 {
        let out = bench.answer(id, Ok(ResponseBody::LiveGroup(crate::testing::conversation(1))));
        assert_eq!(sends(&out), usize::from(id < 8), "each answer frees one place");
    }
}

#[test]
fn an_answer_for_another_group_is_not_taken_for_the_one_that_was_asked_for() {
    let mut bench = Bench::connected();
    let (call, _) = bench.ask(crate::testing::join());
    let out = bench.answer(2, Ok(joined_elsewhere()));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::ProtocolViolation), "{out:?}");

    let mut bench = Bench::joined();
    bench.cut_and_redial();
    bench.dialed_and_welcomed();
    let out = bench.answer(3, Ok(joined_elsewhere()));
    assert_eq!(out[0], Output::Abort(LinkId(2)), "{out:?}");
}

#[test]
fn answers_nobody_asked_for_change_nothing() {
    let mut bench = Bench::connected();
    for id in [0, 1, 77, u64::MAX] {
        assert_eq!(bench.answer(id, Ok(joined_at(5, ResumeVerdict::Fresh))), []);
        assert_eq!(bench.answer(id, Err(ErrorCode::AppNotNormal.into())), []);
    }
    assert!(bench.machine.is_logged_in());
}

#[test]
fn a_goodbye_with_nonsense_ends_in_a_state_that_says_so() {
    for number in [-1, 3, 999_999, i32::MIN, i32::MAX, 2001, 2011] {
        let code = ErrorCode::from_number(number);
        let mut bench = Bench::connected();
        let (call, _) = bench.ask(Ask::Get(group()));
        let out = bench.frame(ServerFrame::Goodbye(Goodbye { reason: Some(code.into()) }));
        let refused = ConnectStatus::Disconnected(DisconnectReason::Refused(code));
        assert!(out.contains(&Output::Event(Event::StatusChanged(refused))), "{number}: {out:?}");
        assert_eq!(refused_with(&out, call), Some(code));
        assert_eq!(bench.machine.next_deadline(), None);
        bench.login(Credential::Fixed("t".into()));
        assert!(bench.dialed_and_welcomed().contains(&reply(LOGIN, Answer::Done)));
    }
}

#[test]
fn a_ping_storm_is_answered_frame_by_frame_and_starts_nothing() {
    let mut bench = Bench::connected();
    let deadline = bench.machine.next_deadline();
    for nonce in 0..1000 {
        assert_eq!(bench.frame(ServerFrame::Ping(Ping { nonce })).len(), 1);
    }
    assert_eq!(bench.machine.next_deadline(), deadline);
}

#[test]
fn a_message_that_follows_a_refused_one_keeps_its_proof_when_the_path_breaks() {
    let mut bench = Bench::joined();
    let following = crate::SendLive { follows: Some(text(7).client_message_id), ..text(8) };
    bench.ask(Ask::Send(text(7)));
    let (call, out) = bench.ask(Ask::Send(following.clone()));
    let sent = Request { id: RequestId(4), body: Ok(RequestBody::SendLiveMessage(following)) };
    assert_eq!(out, [Output::Send(LinkId(1), bim_proto::ClientFrame::Request(sent).encode())]);
    bench.answer(3, Err(ErrorCode::MessageFrequency.into()));
    let link = bench.link();
    let out = bench.input(Input::Closed(link));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::Timeout));
    bench.wait();
    bench.dialed_and_welcomed();
    bench.answer(5, Ok(joined_at(10, resumed())));
    let copy = crate::testing::message(11, "alice", 8);
    let out = bench.frame(crate::testing::push(copy.clone()));
    assert_eq!(out, [crate::testing::live(crate::LiveEvent::Sent(copy))], "it was accepted after all");
}

#[test]
fn the_delay_after_a_refusal_is_bounded_even_with_many_failures() {
    let mut bench = Bench::connected();
    for _ in 0..50 {
        let left = bench.now;
        let reason = Some(for_ever(ErrorCode::ServerBusy));
        bench.frame(ServerFrame::Goodbye(Goodbye { reason }));
        bench.wait();
        assert!(bench.now.since(left) <= LONGEST_AWAY + RECONNECT_DELAY_MAX);
        bench.dialed_and_welcomed();
    }
}
