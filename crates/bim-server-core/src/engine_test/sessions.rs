use std::time::Duration;

use bim_proto::{ClientFrame, Hello, Ping, RequestBody, ResponseBody, ServerFrame};
use bim_types::{AppId, ConversationShortId, DeviceId, ErrorCode, Token, Uid};

use super::world::{World, app, uid};
use crate::{AdminCommand, EngineConfig, Input, Notice};

#[test]
fn a_good_token_is_welcomed_with_the_rules_of_the_session() {
    let mut world = World::new();
    let hello = world.hello("alice");
    let connection = world.open();
    world.send_frame(connection, ClientFrame::Hello(hello));
    let frames = world.received(connection);
    let [ServerFrame::Welcome(welcome)] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(welcome.in_flight_max, 64);
    assert_eq!(welcome.token_expires_at.since(world.now.wall), Duration::from_secs(3_600));
    let logged_in = Notice::LoggedIn { connection, app: app(), uid: uid("alice") };
    assert_eq!(world.notices, [logged_in]);
}

#[test]
fn each_wrong_token_has_its_code() {
    let mut world = World::with(EngineConfig { failed_logins_per_minute: 100, ..EngineConfig::default() });
    let other_app = world.create_app();
    let good = world.hello("alice");
    let foreign = world.token(other_app, &uid("alice"), Duration::from_secs(60));
    let someone_elses = world.token(app(), &uid("bob"), Duration::from_secs(60));
    let number = world.token(app(), &Uid::int(7).unwrap(), Duration::from_secs(60));
    let garbage = Token::from("a.b.c");
    for (token, code) in [
        (foreign, ErrorCode::InvalidToken),
        (someone_elses, ErrorCode::UserIdMismatchToken),
        (number, ErrorCode::UserIdMismatchToken),
        (garbage, ErrorCode::InvalidToken),
        (Token::from(""), ErrorCode::InvalidToken),
    ] {
        assert_eq!(world.refused(Hello { token, ..good.clone() }), code);
    }
    let unknown = Hello { app: AppId::new(99).unwrap(), ..good.clone() };
    assert_eq!(world.refused(unknown), ErrorCode::AppNotNormal);
    world.pass(Duration::from_secs(3_600));
    assert_eq!(world.refused(good), ErrorCode::ExpiredToken);
}

#[test]
fn a_disabled_app_turns_users_away_and_ends_their_sessions() {
    let mut world = World::new();
    let connection = world.log_in("alice", 1);
    world.admin(AdminCommand::SetAppDisabled { app: app(), disabled: true }).unwrap();
    assert_eq!(world.farewell(connection), ErrorCode::AppNotNormal);
    let hello = world.hello("alice");
    assert_eq!(world.refused(hello), ErrorCode::AppNotNormal);
    world.admin(AdminCommand::SetAppDisabled { app: app(), disabled: false }).unwrap();
    world.log_in("alice", 1);
}

#[test]
fn nothing_but_a_hello_is_acted_on_before_authentication() {
    let mut world = World::new();
    for frame in [
        ClientFrame::Ping(Ping { nonce: 1 }),
        ClientFrame::Request(bim_proto::Request {
            id: bim_proto::RequestId(1),
            body: Ok(RequestBody::GetLiveGroup(ConversationShortId::new(1).unwrap())),
        }),
    ] {
        let connection = world.open();
        world.send_frame(connection, frame);
        assert_eq!(world.farewell(connection), ErrorCode::ProtocolViolation);
    }
}

#[test]
fn hostile_bytes_end_only_their_own_connection() {
    let mut world = World::new();
    let good = world.log_in("alice", 1);
    for bytes in [&b""[..], b"\x01", b"\x02\x01", b"\x01\xff", b"\x01\x01\xff\xff\xff", b"GET / HTTP/1.1\r\n"]
    {
        let connection = world.open();
        world.feed(Input::Frame { connection, frame: bytes::Bytes::from_static(bytes) });
        assert!(world.closed.contains(&connection), "{bytes:?}");
    }
    assert!(world.ask(good, RequestBody::ListLiveGroups(list())).is_ok());
}

#[test]
fn a_stranger_that_says_nothing_is_closed_in_time() {
    let mut world = World::new();
    let connection = world.open();
    world.pass(Duration::from_millis(4_999));
    assert!(!world.closed.contains(&connection));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.farewell(connection), ErrorCode::ProtocolViolation);
}

#[test]
fn a_newer_login_of_the_device_replaces_the_older_and_its_late_frames_change_nothing() {
    let mut world = World::new();
    let older = world.log_in("alice", 1);
    let group = world.create(older);
    world.join(older, group, None);
    let newer = world.log_in("alice", 1);
    assert_eq!(world.farewell(older), ErrorCode::Replaced);
    world.request(older, RequestBody::DissolveLiveGroup(group));
    assert!(world.received(older).is_empty());
    assert!(world.ask(newer, RequestBody::GetLiveGroup(group)).is_ok());
}

#[test]
fn a_user_has_so_many_devices_and_no_more() {
    let mut world = World::new();
    for device in 0..8 {
        world.log_in("alice", device);
    }
    let hello = Hello { device: DeviceId::new(99), ..world.hello("alice") };
    assert_eq!(world.refused(hello), ErrorCode::TooManyDevices);
    world.log_in("alice", 3);
}

#[test]
fn ten_wrong_tokens_close_an_address_for_a_minute() {
    let mut world = World::new();
    let good = world.hello("alice");
    for _ in 0..10 {
        let wrong = Hello { token: Token::from("x"), ..good.clone() };
        assert_eq!(world.refused(wrong), ErrorCode::InvalidToken);
    }
    assert_eq!(world.refused(good.clone()), ErrorCode::LoginFrequency);
    world.pass(Duration::from_secs(61));
    world.log_in("alice", 1);
}

#[test]
fn a_newer_token_moves_the_expiry_and_nothing_else() {
    let mut world = World::new();
    let connection = world.log_in("alice", 1);
    world.pass(Duration::from_secs(20));
    let token = world.token(app(), &uid("alice"), Duration::from_secs(7_200));
    let answer = world.ask(connection, RequestBody::RefreshToken(token));
    assert_eq!(answer, Ok(ResponseBody::TokenRefreshed(world.now.wall + Duration::from_secs(7_200))));
    let foreign = world.token(app(), &uid("bob"), Duration::from_secs(60));
    let refused = world.ask(connection, RequestBody::RefreshToken(foreign)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UserIdMismatchToken);
    assert!(!world.closed.contains(&connection));
}

#[test]
fn a_newer_token_makes_no_user_an_app_server_and_no_app_server_a_user() {
    let mut world = World::new();
    let user = world.log_in("alice", 1);
    let server = world.log_in_server("backend");
    let ttl = Duration::from_secs(7_200);
    for (connection, name, app_server, refused) in [
        (user, "alice", true, true),
        (user, "alice", false, false),
        (server, "backend", false, true),
        (server, "backend", true, false),
    ] {
        let token = world.any_token(app(), &uid(name), ttl, app_server);
        let answer = world.ask(connection, RequestBody::RefreshToken(token));
        assert_eq!(answer.is_err(), refused, "{name} {app_server}: {answer:?}");
    }
    let broadcast = |id| {
        let client_message_id = bim_types::ClientMessageId::new(id);
        let (priority, body) = (bim_types::Priority::High, super::stage::text("to all"));
        RequestBody::BroadcastToLiveGroups(bim_proto::Broadcast { client_message_id, priority, body })
    };
    assert_eq!(world.ask(user, broadcast(1)).unwrap_err().code, ErrorCode::UserForbidden);
    assert!(world.ask(server, broadcast(2)).is_ok());
}

#[test]
fn an_expired_token_ends_the_running_session() {
    let mut world = World::new();
    let token = world.token(app(), &uid("alice"), Duration::from_secs(5));
    let hello = Hello { token, ..world.hello("alice") };
    let connection = world.open();
    world.send_frame(connection, ClientFrame::Hello(hello));
    world.pass(Duration::from_millis(4_999));
    assert!(!world.closed.contains(&connection));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.farewell(connection), ErrorCode::ExpiredToken);
}

#[test]
fn silence_is_answered_with_a_ping_and_then_with_the_end() {
    let mut world = World::new();
    let connection = world.log_in("alice", 1);
    world.pass(Duration::from_secs(10));
    let frames = world.received(connection);
    assert!(matches!(frames.as_slice(), [ServerFrame::Ping(_)]), "{frames:?}");
    world.pass(Duration::from_secs(12));
    assert_eq!(world.farewell(connection), ErrorCode::Timeout);
}

#[test]
fn a_sign_of_life_keeps_a_session() {
    let mut world = World::new();
    let connection = world.log_in("alice", 1);
    for _ in 0..10 {
        world.pass(Duration::from_secs(9));
        world.send_frame(connection, ClientFrame::Ping(Ping { nonce: 3 }));
    }
    let frames = world.received(connection);
    assert!(frames.iter().all(|frame| matches!(frame, ServerFrame::Pong(_))), "{frames:?}");
    assert_eq!(frames.len(), 10);
}

#[test]
fn a_drained_engine_says_goodbye_with_a_time_to_come_back() {
    let mut world = World::new();
    let connection = world.log_in("alice", 1);
    world.feed(Input::Drain);
    let frames = world.received(connection);
    let [ServerFrame::Goodbye(goodbye)] = frames.as_slice() else { panic!("{frames:?}") };
    let reason = goodbye.reason.as_ref().unwrap();
    assert_eq!(reason.code, ErrorCode::ServerDraining);
    assert!(reason.retry_after.is_some());
    assert!(world.drained);
}

fn list() -> bim_proto::ListQuery {
    bim_proto::ListQuery { cursor: 0, count: 0, mine: false }
}
