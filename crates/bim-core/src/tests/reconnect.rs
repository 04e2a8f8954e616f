use std::time::Duration;

use bim_proto::{ClientFrame, Goodbye, Ping, Pong, ServerFrame};
use bim_types::limits::{LIVENESS_TIMEOUT, RECONNECT_DELAY_FIRST, RECONNECT_DELAY_MAX};
use bim_types::{ConnectStatus, Continuity, DisconnectReason, ErrorCode, Refusal, Wall};
use bytes::Bytes;

use crate::testing::{Bench, status};
use crate::{Credential, Event, Input, LinkId, Output};

fn retry_in(out: &[Output]) -> Duration {
    let found = out.iter().find_map(|output| match output {
        Output::Event(Event::StatusChanged(ConnectStatus::Disconnected(DisconnectReason::Lost {
            retry_in,
        }))) => Some(*retry_in),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("not lost: {out:?}"))
}

fn goodbye(refusal: Refusal) -> ServerFrame {
    ServerFrame::Goodbye(Goodbye { reason: Some(refusal) })
}

#[test]
fn a_lost_connection_is_made_again_and_counts_as_resumed() {
    let mut bench = Bench::connected();
    let out = bench.input(Input::Closed(LinkId(1)));
    let delay = retry_in(&out);
    assert_eq!(out.len(), 1);
    assert!(delay <= RECONNECT_DELAY_FIRST);
    let out = bench.advance(delay);
    assert_eq!(out, [status(ConnectStatus::Connecting), Output::Dial { link: LinkId(2), endpoint: 0 }]);
    assert_eq!(bench.dialed_and_welcomed(), [status(ConnectStatus::Connected(Continuity::Resumed))]);
}

#[test]
fn attempts_go_on_for_ever_with_growing_delays_over_all_endpoints() {
    let mut bench = Bench::new(2);
    bench.login(Credential::Fixed("t".into()));
    bench.dialed_and_welcomed();
    let mut out = bench.input(Input::Closed(LinkId(1)));
    let mut endpoints = Vec::new();
    let mut longest = Duration::ZERO;
    for _ in 0..40 {
        longest = longest.max(retry_in(&out));
        let dial = bench.wait();
        let Some(Output::Dial { link, endpoint }) = dial.last() else { panic!("{dial:?}") };
        endpoints.push(*endpoint);
        out = bench.input(Input::DialFailed(*link, "no".into()));
    }
    assert_eq!(endpoints[..4], [0, 1, 0, 1]);
    assert!(longest > RECONNECT_DELAY_MAX / 2);
    assert!(longest <= RECONNECT_DELAY_MAX);
}

#[test]
fn a_stable_connection_resets_the_delay() {
    let mut bench = Bench::connected();
    for _ in 0..20 {
        bench.cut_and_redial();
        bench.dialed_and_welcomed();
        bench.now = bench.now + Duration::from_secs(11);
        let link = bench.link();
        let out = bench.input(Input::Closed(link));
        assert!(retry_in(&out) <= RECONNECT_DELAY_FIRST);
        bench.wait();
        bench.dialed_and_welcomed();
    }
}

#[test]
fn a_flapping_connection_does_not_reset_the_delay() {
    let mut bench = Bench::connected();
    let longest = (0..30).map(|_| {
        let link = bench.link();
        let delay = retry_in(&bench.input(Input::Closed(link)));
        bench.wait();
        bench.dialed_and_welcomed();
        delay
    });
    assert!(longest.max().unwrap() > RECONNECT_DELAY_MAX / 4);
}

#[test]
fn a_server_that_drains_is_left_alone_for_as_long_as_it_asks() {
    for code in [ErrorCode::ServerDraining, ErrorCode::ServerBusy, ErrorCode::SlowConsumer] {
        let mut bench = Bench::connected();
        let asked = Duration::from_secs(5);
        let out = bench.frame(goodbye(Refusal::new(code).retry_after(asked)));
        assert_eq!(out[0], Output::Close(LinkId(1)));
        let delay = retry_in(&out);
        assert!((asked..=asked + RECONNECT_DELAY_FIRST).contains(&delay), "{delay:?}");
    }
}

#[test]
fn an_app_that_was_disabled_is_not_dialed_again() {
    let mut bench = Bench::connected();
    let out = bench.frame(goodbye(ErrorCode::AppNotNormal.into()));
    let refused = DisconnectReason::Refused(ErrorCode::AppNotNormal);
    assert_eq!(out, [Output::Close(LinkId(1)), status(ConnectStatus::Disconnected(refused))]);
    assert_eq!(bench.machine.next_deadline(), None);
}

#[test]
fn a_silent_path_is_pinged_and_then_given_up_in_time() {
    let mut bench = Bench::connected();
    let began = bench.now;
    let ping = |nonce| Output::Send(LinkId(1), ClientFrame::Ping(Ping { nonce }).encode());
    assert_eq!(bench.wait(), [ping(1)]);
    assert_eq!(bench.wait(), [ping(2)]);
    let out = bench.wait();
    assert_eq!(out[0], Output::Abort(LinkId(1)));
    retry_in(&out);
    assert_eq!(bench.now.since(began), LIVENESS_TIMEOUT);
    assert!(LIVENESS_TIMEOUT <= Duration::from_secs(25));
}

#[test]
fn any_frame_is_a_sign_of_life_and_pings_are_answered() {
    let mut bench = Bench::connected();
    for nonce in 0..10 {
        bench.now = bench.now + Duration::from_secs(9);
        let pong = ClientFrame::Pong(Pong { nonce, server_time: Wall::default() });
        let out = bench.frame(ServerFrame::Ping(Ping { nonce }));
        assert_eq!(out, [Output::Send(LinkId(1), pong.encode())]);
    }
}

#[test]
fn the_servers_clock_is_known_from_welcome_and_pongs() {
    let mut bench = Bench::connected();
    let hour = Wall::from_secs(3600);
    bench.frame(ServerFrame::Pong(Pong { nonce: 1, server_time: hour }));
    let later = bench.now + Duration::from_secs(5);
    assert_eq!(bench.machine.server_time(later), Some(Wall::from_secs(3605)));
}

#[test]
fn late_frames_of_an_older_connection_change_nothing() {
    let mut bench = Bench::connected();
    bench.cut_and_redial();
    bench.dialed_and_welcomed();
    let late = [
        Input::Frame(LinkId(1), goodbye(ErrorCode::Replaced.into()).encode()),
        Input::Closed(LinkId(1)),
        Input::DialFailed(LinkId(1), "no".into()),
    ];
    for input in late {
        assert_eq!(bench.input(input), []);
    }
    assert_eq!(bench.input(Input::Dialed(LinkId(1))), [Output::Abort(LinkId(1))]);
}

#[test]
fn an_unknown_kind_of_frame_is_ignored_and_a_broken_frame_ends_the_connection() {
    let mut bench = Bench::connected();
    assert_eq!(bench.input(Input::Frame(LinkId(1), Bytes::from_static(&[1, 200]))), []);
    for bytes in [&[][..], &[9, 3], &[1, 4, 255, 255]] {
        let mut bench = Bench::connected();
        let out = bench.input(Input::Frame(LinkId(1), Bytes::copy_from_slice(bytes)));
        assert_eq!(out[0], Output::Abort(LinkId(1)), "{bytes:?}");
    }
}
