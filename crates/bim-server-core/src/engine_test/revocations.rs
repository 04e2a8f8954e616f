use std::time::Duration;

use bim_proto::{ClientFrame, Goodbye, Hello, RequestBody, ResponseBody, ServerFrame};
use bim_store::ServerLog;
use bim_types::store::{Expected, LogOp, Put, RecordKey};
use bim_types::{AppId, ConnectionId, DeviceId, ErrorCode, Refusal, Token, Uid, Wall};

use super::world::{World, app, uid};
use crate::{AdminCommand, AdminReply, Input, Notice, RevokedTokens};

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn a_users_sessions_end_and_the_users_older_tokens_are_not_taken_again() {
    let mut world = World::new();
    let old = world.hello("alice");
    let (first, second) = (world.log_in("alice", 1), world.log_in("alice", 2));
    let bob = world.log_in("bob", 1);
    assert_eq!(revoke(&mut world, of_user(&uid("alice"))), Ok(AdminReply::TokensRevoked { sessions: 2 }));
    assert_eq!(world.farewell(first), ErrorCode::InvalidToken);
    assert_eq!(world.farewell(second), ErrorCode::InvalidToken);
    assert!(!world.closed.contains(&bob));
    assert_eq!(world.refused(old), ErrorCode::InvalidToken);
    world.log_in("bob", 2);
    world.log_in("alice", 1);
    let told = Notice::TokensRevoked { app: app(), sessions: 2 };
    assert!(world.notices.contains(&told), "{:?}", world.notices);
}

#[test]
fn a_number_and_the_text_that_reads_the_same_are_different_users() {
    let mut world = World::new();
    let number = Uid::int(7).unwrap();
    let token = world.token(app(), &number, HOUR);
    let number = Hello { uid: number, token, ..world.hello("7") };
    let (number, text) = (world.log_in_with(number), world.log_in("7", 1));
    revoke(&mut world, of_user(&uid("7"))).unwrap();
    assert!(world.closed.contains(&text));
    assert!(!world.closed.contains(&number));
}

#[test]
fn only_tokens_made_before_the_given_time_are_taken_back() {
    let mut world = World::new();
    let old = world.hello("alice");
    let older = world.log_in("alice", 1);
    world.pass(Duration::from_secs(5));
    let (newer, made_at) = (world.log_in("alice", 2), world.now.wall);
    world.pass(Duration::from_secs(5));
    let tokens = RevokedTokens::OfUser { uid: uid("alice"), issued_before: Some(made_at) };
    assert_eq!(revoke(&mut world, tokens), Ok(AdminReply::TokensRevoked { sessions: 1 }));
    assert!(world.closed.contains(&older));
    assert!(!world.closed.contains(&newer));
    let tokens = RevokedTokens::OfUser { uid: uid("alice"), issued_before: Some(Wall::from_secs(1)) };
    assert_eq!(revoke(&mut world, tokens), Ok(AdminReply::TokensRevoked { sessions: 0 }));
    assert_eq!(world.refused(old), ErrorCode::InvalidToken);
}

#[test]
fn one_token_is_taken_back_by_its_jti_and_others_of_the_user_go_on() {
    let mut world = World::new();
    let tokens = [11, 12].map(|nonce| token_of(&mut world, "alice", nonce));
    let [stolen, other] = tokens.clone();
    let [stolen_session, other_session] = [(1, stolen.clone()), (2, other.clone())]
        .map(|(device, token)| log_in_with_token(&mut world, "alice", device, token));
    assert_eq!(revoke(&mut world, with_jti(11)), Ok(AdminReply::TokensRevoked { sessions: 1 }));
    assert_eq!(world.farewell(stolen_session), ErrorCode::InvalidToken);
    assert!(!world.closed.contains(&other_session));
    assert_eq!(refusal(&mut world, stolen).code, ErrorCode::InvalidToken);
    log_in_with_token(&mut world, "alice", 3, other);
}

#[test]
fn a_key_is_taken_back_with_all_its_tokens_and_signs_none_any_more() {
    let mut world = World::new();
    let other_app = world.create_app();
    let old = world.hello("alice");
    let (alice, bob) = (world.log_in("alice", 1), world.log_in_server("backend"));
    let token = world.token(other_app, &uid("alice"), HOUR);
    let neighbour = Hello { app: other_app, token, ..old.clone() };
    let neighbour = world.log_in_with(neighbour);
    let key = RevokedTokens::OfKey("1.1".into());
    assert_eq!(revoke(&mut world, key), Ok(AdminReply::TokensRevoked { sessions: 2 }));
    assert_eq!(world.farewell(alice), ErrorCode::InvalidToken);
    assert_eq!(world.farewell(bob), ErrorCode::InvalidToken);
    assert!(!world.closed.contains(&neighbour));
    assert_eq!(world.refused(old), ErrorCode::InvalidToken);
    world.pass(Duration::from_secs(2 * 86_400));
    assert_eq!(mint(&mut world, "alice", 1).unwrap_err().code, ErrorCode::AppNotNormal);
}

#[test]
fn an_operator_is_answered_once_it_is_durable_and_the_sessions_end_before() {
    let mut world = World::new();
    let alice = world.log_in("alice", 1);
    world.holds_writes = true;
    let command = AdminCommand::RevokeTokens { app: app(), tokens: of_user(&uid("alice")) };
    world.feed(Input::Admin { id: 900, command });
    assert!(world.closed.contains(&alice));
    assert_eq!(world.admin.get(&900), None);
    world.release_writes();
    assert_eq!(world.admin.remove(&900), Some(Ok(AdminReply::TokensRevoked { sessions: 1 })));
}

#[test]
fn revocations_survive_a_restart_those_that_were_written_at_once_too() {
    let mut world = World::new();
    let names = ["alice", "bob", "carol", "dave"];
    let [alice, bob, carol, dave] = [0, 1, 2, 3].map(|at| token_of(&mut world, names[at], at as u128));
    world.holds_writes = true;
    let all = [of_user(&uid("alice")), with_jti(1), of_user(&uid("carol"))];
    for (id, tokens) in (901..).zip(all) {
        world.feed(Input::Admin { id, command: AdminCommand::RevokeTokens { app: app(), tokens } });
    }
    world.release_writes();
    for id in 901..904 {
        assert_eq!(world.admin.remove(&id), Some(Ok(AdminReply::TokensRevoked { sessions: 0 })));
    }
    let mut world = world.restart();
    for (name, token) in [("alice", alice), ("bob", bob), ("carol", carol)] {
        let hello = Hello { uid: uid(name), token, ..world.hello(name) };
        assert_eq!(world.refused(hello), ErrorCode::InvalidToken, "{name}");
    }
    log_in_with_token(&mut world, "dave", 1, dave);
    revoke(&mut world, RevokedTokens::OfKey("1.1".into())).unwrap();
    let mut world = world.restart();
    assert!(mint(&mut world, "dave", 1).is_err());
}

#[test]
fn a_restart_reads_the_revocations_of_apps_beyond_the_first_page() {
    let mut world = World::new();
    let last = (0..257).map(|_| world.create_app()).last().unwrap();
    let token = world.token(last, &uid("alice"), HOUR);
    let hello = Hello { app: last, token, ..world.hello("alice") };
    world.admin(AdminCommand::RevokeTokens { app: last, tokens: of_user(&uid("alice")) }).unwrap();
    let mut world = world.restart();
    assert_eq!(world.refused(hello), ErrorCode::InvalidToken);
    world.log_in("alice", 1);
}

#[test]
fn nobody_is_let_in_before_the_revocations_were_read() {
    let mut world = World::new();
    let old = world.hello("alice");
    revoke(&mut world, of_user(&uid("alice"))).unwrap();
    let mut world = World::unstarted(std::sync::Arc::clone(&world.log), world.config.clone(), world.now);
    world.trace = Some(Vec::new());
    // The first read is that of the apps; the second, of what is revoked, fails once.
    world.busy_read = Some(1);
    world.run();
    let trace = world.trace.take().unwrap();
    let reads = trace.iter().filter(|output| matches!(output, crate::Output::Read { .. })).count();
    assert!(reads >= 3, "{trace:?}");
    assert!(trace.contains(&crate::Output::Ready));
    assert_eq!(world.refused(old), ErrorCode::InvalidToken);
}

#[test]
fn when_the_list_can_not_be_read_no_token_made_before_is_taken() {
    let mut world = World::new();
    let old = world.hello("alice");
    let value = Some(bytes::Bytes::from_static(b"\xff"));
    let damage = LogOp::Put(Put { key: RecordKey::Revocations(app()), expected: Expected::Any, value });
    world.log.commit(&[damage]).unwrap();
    world.pass(Duration::from_millis(1_500));
    let mut world = world.restart();
    assert_eq!(world.notices, [Notice::RecordDamaged { app: app(), group: None }]);
    assert_eq!(world.refused(old), ErrorCode::InvalidToken);
    world.log_in("alice", 1);
    // The next revocation writes a list that can be read, and it says the same.
    let old = world.hello("alice");
    revoke(&mut world, with_jti(99)).unwrap();
    world.pass(Duration::from_secs(5));
    let mut world = world.restart();
    assert_eq!(world.notices, []);
    world.log_in_with(old);
}

#[test]
fn a_refresh_with_a_revoked_token_is_refused_and_the_session_goes_on() {
    let mut world = World::new();
    let connection = world.log_in("alice", 1);
    let revoked = token_of(&mut world, "alice", 5);
    revoke(&mut world, with_jti(5)).unwrap();
    let refused = world.ask(connection, RequestBody::RefreshToken(revoked)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidToken);
    assert!(!world.closed.contains(&connection));
}

#[test]
fn a_session_stands_and_falls_with_the_token_it_took_last() {
    let mut world = World::new();
    let first = token_of(&mut world, "alice", 1);
    let connection = log_in_with_token(&mut world, "alice", 1, first);
    let second = token_of(&mut world, "alice", 2);
    let answer = world.ask(connection, RequestBody::RefreshToken(second));
    assert!(matches!(answer, Ok(ResponseBody::TokenRefreshed(_))), "{answer:?}");
    assert_eq!(revoke(&mut world, with_jti(1)), Ok(AdminReply::TokensRevoked { sessions: 0 }));
    assert!(!world.closed.contains(&connection));
    assert_eq!(revoke(&mut world, with_jti(2)), Ok(AdminReply::TokensRevoked { sessions: 1 }));
    assert_eq!(world.farewell(connection), ErrorCode::InvalidToken);
}

#[test]
fn a_token_made_in_the_second_of_the_revocation_is_told_when_a_new_one_is_taken() {
    let mut world = World::new();
    world.pass(Duration::from_millis(300));
    let same_second = token_of(&mut world, "alice", 1);
    revoke(&mut world, of_user(&uid("alice"))).unwrap();
    let refused = refusal(&mut world, same_second.clone());
    assert_eq!(refused.retry_after, Some(Duration::from_millis(700)));
    world.pass(Duration::from_millis(700));
    assert_eq!(refusal(&mut world, same_second).retry_after, None);
    let next_second = token_of(&mut world, "alice", 1);
    log_in_with_token(&mut world, "alice", 1, next_second);
}

#[test]
fn a_token_that_the_operator_makes_after_the_revocation_is_taken_in_the_same_second() {
    let mut world = World::new();
    world.pass(Duration::from_millis(300));
    revoke(&mut world, of_user(&uid("alice"))).unwrap();
    world.log_in("alice", 1);
    let command = AdminCommand::MintToken {
        app: app(),
        uid: uid("alice"),
        ttl: Duration::from_secs(1),
        nonce: 1,
        app_server: false,
    };
    let Ok(AdminReply::Token { token, expires_at }) = world.admin(command) else { panic!("no token") };
    assert_eq!(expires_at.since(world.now.wall), Duration::from_millis(1_700));
    log_in_with_token(&mut world, "alice", 2, token);
}

#[test]
fn what_can_not_be_revoked_is_refused_by_its_reason() {
    let mut world = World::new();
    let elsewhere = AdminCommand::RevokeTokens { app: AppId::new(9).unwrap(), tokens: with_jti(1) };
    assert_eq!(world.admin(elsewhere).unwrap_err().code, ErrorCode::AppNotNormal);
    let soon = Some(world.now.wall + Duration::from_secs(61));
    for tokens in [
        RevokedTokens::OfKey("2.1".into()),
        RevokedTokens::OfKey(String::new()),
        RevokedTokens::WithId(String::new()),
        RevokedTokens::WithId("x".repeat(2_049)),
        RevokedTokens::OfUser { uid: uid("alice"), issued_before: soon },
    ] {
        assert_eq!(
            revoke(&mut world, tokens.clone()).unwrap_err().code,
            ErrorCode::InvalidRequest,
            "{tokens:?}"
        );
    }
    world.log_in("alice", 1);
}

#[test]
fn a_revocation_that_is_not_written_is_refused_and_holds_until_a_restart() {
    let mut world = World::new();
    let old = world.hello("alice");
    let alice = world.log_in("alice", 1);
    world.fails_writes = true;
    let refused = revoke(&mut world, of_user(&uid("alice"))).unwrap_err();
    assert_eq!(refused.code, ErrorCode::StorageUnavailable);
    assert!(world.closed.contains(&alice));
    assert_eq!(world.refused(old.clone()), ErrorCode::InvalidToken);
    let mut world = world.restart();
    world.log_in_with(old);
}

#[test]
fn neither_the_record_nor_a_notice_holds_the_jti() {
    let mut world = World::new();
    revoke(&mut world, RevokedTokens::WithId("canary".into())).unwrap();
    let record = world.log.record(&RecordKey::Revocations(app())).unwrap().unwrap();
    assert!(!record.value.windows(6).any(|bytes| bytes == b"canary"));
    assert!(!format!("{:?}", world.notices).contains("canary"));
}

fn of_user(uid: &Uid) -> RevokedTokens {
    RevokedTokens::OfUser { uid: uid.clone(), issued_before: None }
}

/// The token that was minted with this number.
fn with_jti(nonce: u128) -> RevokedTokens {
    RevokedTokens::WithId(format!("{nonce:032x}"))
}

fn revoke(world: &mut World, tokens: RevokedTokens) -> Result<AdminReply, Refusal> {
    world.admin(AdminCommand::RevokeTokens { app: app(), tokens })
}

fn mint(world: &mut World, name: &str, nonce: u128) -> Result<AdminReply, Refusal> {
    world.admin(AdminCommand::MintToken { app: app(), uid: uid(name), ttl: HOUR, nonce, app_server: false })
}

fn token_of(world: &mut World, name: &str, nonce: u128) -> Token {
    match mint(world, name, nonce) {
        Ok(AdminReply::Token { token, .. }) => token,
        other => panic!("{other:?}"),
    }
}

fn log_in_with_token(world: &mut World, name: &str, device: u128, token: Token) -> ConnectionId {
    let hello = Hello { device: DeviceId::new(device), token, ..world.hello(name) };
    world.log_in_with(hello)
}

/// Why alice is not let in with a token.
fn refusal(world: &mut World, token: Token) -> Refusal {
    let hello = Hello { token, ..world.hello("alice") };
    let connection = world.open();
    world.send_frame(connection, ClientFrame::Hello(hello));
    match world.received(connection).pop() {
        Some(ServerFrame::Goodbye(Goodbye { reason: Some(reason) })) => reason,
        other => panic!("{other:?}"),
    }
}
