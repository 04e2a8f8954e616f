use std::time::Duration;

use bim_core::{Event, LiveEvent};
use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, Ping, Request, RequestBody, RequestId, ServerFrame};
use bim_server_core::{Input, Output};
use bim_types::store::OpId;
use bim_types::{
    ConnectStatus, ConnectionId, Continuity, DisconnectReason, ErrorCode, GroupKey, Refusal, Token,
};

use super::super::stand::{CONNECTION, LINK, Stand, goodbye, hello, plan, wall, welcome};
use super::*;
use crate::sight::{ClientSight, Sight};

const NEWER: ConnectionId = ConnectionId(2);

fn connecting() -> Event {
    Event::StatusChanged(ConnectStatus::Connecting)
}

fn connected(continuity: Continuity) -> Event {
    Event::StatusChanged(ConnectStatus::Connected(continuity))
}

fn lost(retry_in: Duration) -> Event {
    Event::StatusChanged(ConnectStatus::Disconnected(DisconnectReason::Lost { retry_in }))
}

fn group() -> bim_types::ConversationShortId {
    bim_types::ConversationShortId::new(5).unwrap()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A client that dials, and is welcome.
fn welcomed<C: super::super::Check>(check: C) -> Stand<C> {
    let mut stand = Stand::new(check);
    stand.client(ClientSight::Started).unwrap();
    stand.client(ClientSight::Event(&connecting())).unwrap();
    stand.client(ClientSight::Dialing(LINK)).unwrap();
    stand.sends(LINK, hello(Token::from("t"))).unwrap();
    stand.arrives(LINK, &welcome(1, wall())).unwrap();
    stand
}

#[test]
fn a_client_is_told_once_that_it_is_connected_and_how() {
    let mut stand = welcomed(Status::default());
    stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
    stand.client(ClientSight::Settled).unwrap();
    stand.client(ClientSight::Event(&connected(Continuity::Resumed))).unwrap_err();
}

#[test]
fn the_first_connection_of_a_login_is_fresh_and_no_other() {
    let mut stand = welcomed(Status::default());
    stand.client(ClientSight::Event(&connected(Continuity::Resumed))).unwrap_err();

    let mut stand = welcomed(Status::default());
    stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
    stand.client(ClientSight::Closed(LINK)).unwrap();
    stand.client(ClientSight::Event(&lost(ms(1)))).unwrap();
    stand.client(ClientSight::Event(&connecting())).unwrap();
    stand.client(ClientSight::Dialing(LinkId(2))).unwrap();
    stand.client(ClientSight::Event(&connected(Continuity::Resumed))).unwrap_err();
    stand.arrives(LinkId(2), &welcome(2, wall())).unwrap();
    stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap_err();
}

#[test]
fn a_connection_that_is_gone_is_told_before_anything_else() {
    let mut stand = welcomed(Status::default());
    stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
    stand.client(ClientSight::LetGo(LINK)).unwrap();
    stand.client(ClientSight::Settled).unwrap_err();
}

#[test]
fn a_connection_that_was_let_go_of_tells_nothing_more() {
    let mut stand = welcomed(Status::default());
    stand.client(ClientSight::LetGo(LINK)).unwrap();
    stand.arrives(LINK, &welcome(1, wall())).unwrap();
    let left = LiveEvent::Left { group: group(), reason: bim_core::LeftReason::Dissolved };
    stand.client(ClientSight::Event(&Event::Live(left))).unwrap_err();
    stand.sends(LINK, ClientFrame::Ping(Ping { nonce: 1 })).unwrap_err();
}

#[test]
fn a_client_says_nothing_but_hello_before_it_is_welcome() {
    let mut stand = Stand::new(Status::default());
    stand.client(ClientSight::Started).unwrap();
    stand.client(ClientSight::Dialing(LINK)).unwrap();
    stand.sends(LINK, ClientFrame::Ping(Ping { nonce: 1 })).unwrap_err();
}

/// A server with one session.
fn in_session<C: super::super::Check>(check: C) -> Stand<C> {
    let mut stand = Stand::new(check);
    stand.opened(CONNECTION).unwrap();
    stand.takes(CONNECTION, &hello(Token::from("t"))).unwrap();
    stand.says(CONNECTION, &welcome(1, wall())).unwrap();
    stand
}

#[test]
fn a_newer_login_of_a_device_ends_the_older_one_first() {
    let mut stand = in_session(Fencing::default());
    stand.opened(NEWER).unwrap();
    stand.takes(NEWER, &hello(Token::from("t"))).unwrap();
    let told = stand.says(NEWER, &welcome(2, wall())).unwrap_err();
    assert!(told.contains("of the same device lives"), "{told}");
}

#[test]
fn who_makes_room_is_told_that_it_was_replaced() {
    for (code, is_right) in [(ErrorCode::Replaced, true), (ErrorCode::Timeout, false)] {
        let mut stand = in_session(Fencing::default());
        stand.opened(NEWER).unwrap();
        stand.takes(NEWER, &hello(Token::from("t"))).unwrap();
        stand.says(CONNECTION, &goodbye(code.into())).unwrap();
        stand.output(&Output::Close { connection: CONNECTION }).unwrap();
        assert_eq!(stand.says(NEWER, &welcome(2, wall())).is_ok(), is_right);
    }
}

#[test]
fn generations_rise() {
    let mut stand = in_session(Fencing::default());
    stand.output(&Output::Close { connection: CONNECTION }).unwrap();
    stand.opened(NEWER).unwrap();
    stand.takes(NEWER, &hello(Token::from("t"))).unwrap();
    stand.says(NEWER, &welcome(1, wall())).unwrap_err();
}

#[test]
fn a_connection_that_was_ended_has_no_effect_and_is_in_no_group() {
    let mut stand = in_session(Fencing::default());
    let group = GroupKey { app: bim_types::AppId::new(1).unwrap(), group: group() };
    stand.output(&Output::JoinGroup { group, connection: CONNECTION }).unwrap();
    stand.output(&Output::Close { connection: CONNECTION }).unwrap();
    stand.input(&Input::Tick).unwrap_err();

    let mut stand = in_session(Fencing::default());
    stand.output(&Output::Close { connection: CONNECTION }).unwrap();
    stand.takes(CONNECTION, &ClientFrame::Ping(Ping { nonce: 1 })).unwrap();
    stand.output(&Output::Write { op: OpId(1), ops: Vec::new() }).unwrap_err();
}

#[test]
fn a_path_is_given_up_after_25_seconds_of_silence_at_the_latest() {
    let mut stand = welcomed(Silence::new(&plan()));
    stand.pass(Duration::from_secs(25));
    stand.input(&Input::Tick).unwrap();
    stand.pass(ms(1));
    stand.input(&Input::Tick).unwrap_err();
}

#[test]
fn a_path_is_given_up_only_when_it_is_silent_and_was_asked() {
    let mut stand = welcomed(Silence::new(&plan()));
    stand.pass(Duration::from_secs(15));
    stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
    stand.client(ClientSight::LetGo(LINK)).unwrap_err();

    let mut stand = welcomed(Silence::new(&plan()));
    stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
    stand.pass(Duration::from_secs(22));
    let told = stand.client(ClientSight::LetGo(LINK)).unwrap_err();
    assert!(told.contains("without having asked"), "{told}");

    let mut stand = welcomed(Silence::new(&plan()));
    stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
    stand.sends(LINK, ClientFrame::Ping(Ping { nonce: 1 })).unwrap();
    stand.pass(Duration::from_secs(22));
    stand.client(ClientSight::LetGo(LINK)).unwrap();
}

#[test]
fn a_path_is_given_up_when_all_places_are_taken_by_what_is_overdue() {
    let let_go_after = |asked: usize, seconds: u64| {
        let mut stand = welcomed(Silence::new(&plan()));
        stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
        for id in 1..=asked as u64 {
            let body = Ok(RequestBody::GetLiveGroup(group()));
            stand.sends(LINK, ClientFrame::Request(Request { id: RequestId(id), body })).unwrap();
        }
        stand.pass(Duration::from_secs(seconds));
        // A newer token that was just presented has a place of its own.
        let body = Ok(RequestBody::RefreshToken(Token::new("newer")));
        stand.sends(LINK, ClientFrame::Request(Request { id: RequestId(1_000), body })).unwrap();
        stand.client(ClientSight::Received(LINK, &bytes::Bytes::new())).unwrap();
        stand.client(ClientSight::LetGo(LINK))
    };
    let window = plan().world.engine.in_flight_requests - 1;
    let_go_after(window, 15).unwrap();
    let_go_after(window, 14).unwrap_err();
    let_go_after(window - 1, 15).unwrap_err();
}

#[test]
fn a_server_gives_a_silent_peer_up_in_time_and_no_other() {
    let mut stand = in_session(Watched::default());
    stand.pass(Duration::from_secs(24));
    stand.input(&Input::Tick).unwrap_err();

    let mut stand = in_session(Watched::default());
    stand.says(CONNECTION, &ServerFrame::Ping(Ping { nonce: 1 })).unwrap();
    stand.pass(Duration::from_secs(12));
    stand.input(&Input::Tick).unwrap();
    stand.says(CONNECTION, &goodbye(ErrorCode::Timeout.into())).unwrap_err();
}

#[test]
fn a_stranger_has_a_few_seconds() {
    let mut stand = Stand::new(Watched::default());
    stand.opened(CONNECTION).unwrap();
    stand.pass(Duration::from_secs(7));
    stand.input(&Input::Tick).unwrap_err();
}

#[test]
fn a_client_comes_back_when_it_said_it_would() {
    for (after, is_right) in [(ms(300), true), (ms(200), false), (ms(400), false)] {
        let mut stand = welcomed(Backoff::new(&plan()));
        stand.client(ClientSight::Closed(LINK)).unwrap();
        stand.client(ClientSight::Event(&lost(ms(300)))).unwrap();
        stand.pass(after);
        assert_eq!(stand.client(ClientSight::Event(&connecting())).is_ok(), is_right, "{after:?}");
    }
}

#[test]
fn a_client_waits_as_long_as_it_was_asked_to_and_not_much_longer() {
    for (retry_in, is_right) in [(ms(2_900), false), (ms(3_400), true), (ms(3_501), false)] {
        let mut stand = welcomed(Backoff::new(&plan()));
        let refusal = Refusal::new(ErrorCode::ServerDraining).retry_after(ms(3_000));
        stand.arrives(LINK, &goodbye(refusal)).unwrap();
        assert_eq!(stand.client(ClientSight::Event(&lost(retry_in))).is_ok(), is_right, "{retry_in:?}");
    }
}

#[test]
fn a_client_whose_session_is_over_does_not_dial() {
    let mut stand = welcomed(Backoff::new(&plan()));
    let replaced = Event::StatusChanged(ConnectStatus::Disconnected(DisconnectReason::Replaced));
    stand.client(ClientSight::Event(&replaced)).unwrap();
    stand.client(ClientSight::Dialing(LinkId(2))).unwrap_err();
}

#[test]
fn a_client_that_does_not_come_back_is_missed() {
    let mut stand = welcomed(Backoff::new(&plan()));
    stand.client(ClientSight::Event(&lost(ms(300)))).unwrap();
    stand.pass(ms(300));
    stand.end().unwrap();
    stand.pass(ms(5));
    stand.end().unwrap_err();
}

#[test]
fn a_server_that_stops_finishes_what_it_writes_and_tells_everyone() {
    let write = Output::Write { op: OpId(1), ops: Vec::new() };
    let mut stand = in_session(Drains::default());
    stand.output(&write).unwrap();
    stand.input(&Input::Drain).unwrap();
    stand.output(&Output::Drained).unwrap_err();

    let mut stand = in_session(Drains::default());
    stand.input(&Input::Drain).unwrap();
    let told = stand.output(&Output::Drained).unwrap_err();
    assert!(told.contains("not told goodbye"), "{told}");

    let mut stand = in_session(Drains::default());
    stand.input(&Input::Drain).unwrap();
    stand.says(CONNECTION, &goodbye(Refusal::new(ErrorCode::ServerDraining))).unwrap_err();

    let mut stand = in_session(Drains::default());
    stand.input(&Input::Drain).unwrap();
    stand.input(&Input::Tick).unwrap_err();
}

#[test]
fn nobody_is_welcome_at_a_server_that_stops() {
    let mut stand = Stand::new(Drains::default());
    stand.input(&Input::Drain).unwrap();
    stand.see(&Sight::Out(CONNECTION, &welcome(1, wall()))).unwrap_err();
}

#[test]
fn whoever_comes_after_the_end_of_a_server_is_told_so() {
    let mut stand = Stand::new(Drains::default());
    stand.input(&Input::Drain).unwrap();
    stand.output(&Output::Drained).unwrap();
    stand.opened(CONNECTION).unwrap();
    stand.input(&Input::Tick).unwrap_err();
}

#[test]
fn a_client_that_was_replaced_is_told_so_and_nothing_else() {
    for (told, is_right) in
        [(DisconnectReason::Replaced, true), (DisconnectReason::Lost { retry_in: ms(5) }, false)]
    {
        let mut stand = welcomed(Status::default());
        stand.client(ClientSight::Event(&connected(Continuity::Fresh))).unwrap();
        stand.arrives(LINK, &goodbye(ErrorCode::Replaced.into())).unwrap();
        stand.client(ClientSight::LetGo(LINK)).unwrap();
        let told = Event::StatusChanged(ConnectStatus::Disconnected(told));
        stand.client(ClientSight::Event(&told)).unwrap();
        assert_eq!(stand.client(ClientSight::Settled).is_ok(), is_right);
    }
}
