//! What the app's own server does from inside, seen by clients that speak frames.

use std::time::Duration;

use bim_fake_server::{BACK_END_UID, BackEndCall, FakeServer, serve};
use bim_proto::ServerFrame;
use bim_types::{ErrorCode, GroupChange, Uid};
use tokio::time::Instant;

use crate::peer::Peer;

fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

/// The next thing that was done to members.
async fn change(peer: &mut Peer) -> GroupChange {
    loop {
        if let ServerFrame::LiveEvent(event) = peer.news().await {
            assert_eq!(event.operator, Some(uid(BACK_END_UID)));
            return event.change;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_back_end_makes_a_group_speaks_mutes_kicks_blocks_and_dissolves() {
    let server = serve().await;
    let group = server.create_group("room").await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    alice.join(group).await;
    assert_eq!(server.say(group, "welcome").await.seq.0, 1);
    assert_eq!(alice.message().await, "welcome");

    server.mute(group, "alice", Duration::from_secs(60)).await;
    assert!(matches!(change(&mut alice).await, GroupChange::Muted(uids, _) if uids == [uid("alice")]));
    assert_eq!(alice.send(group, 1, "hello").await.unwrap_err().code, ErrorCode::UserBannedToPost);
    server.unmute(group, "alice").await;
    alice.send(group, 1, "hello").await.unwrap();

    server.kick(group, "alice").await;
    assert_eq!(alice.send(group, 2, "hello").await.unwrap_err().code, ErrorCode::UserNotInGroup);
    alice.join(group).await;
    server.block(group, "alice", Duration::ZERO).await;
    assert_eq!(alice.send(group, 2, "hello").await.unwrap_err().code, ErrorCode::UserNotInGroup);
    server.unblock(group, "alice").await;
    alice.join(group).await;
    assert_eq!(server.broadcast("closing time").await, 1);
    server.dissolve(group).await;
    assert_eq!(alice.send(group, 2, "hello").await.unwrap_err().code, ErrorCode::UserNotInGroup);
}

#[tokio::test(start_paused = true)]
async fn what_the_back_end_does_is_not_among_what_was_seen_and_no_rule_is_about_it() {
    let server = serve().await;
    let group = server.create_group("room").await;
    server.refuse_next_send(ErrorCode::MessageIllegal);
    server.say(group, "welcome").await;
    assert_eq!(server.seen().journal().entries().count(), 1, "its start: {}", server.seen());
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_messages_are_delivered_in_order() {
    let server = FakeServer::builder().without_budgets().start().await.unwrap();
    let group = server.create_group("room").await;
    let positions = server.deliver(group, 10_000, |number| format!("message {number}")).await;
    let numbers: Vec<u64> = positions.iter().map(|position| position.seq.0).collect();
    assert_eq!(numbers, Vec::from_iter(1..=10_000));
}

#[tokio::test(start_paused = true)]
async fn deliveries_wait_while_the_server_is_busy_and_keep_their_order() {
    let limits = |limits: &mut bim_server_core::EngineConfig| limits.writes_in_flight = 4;
    let server = FakeServer::builder().limits(limits).start().await.unwrap();
    let group = server.create_group("room").await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    alice.join(group).await;
    let begin = Instant::now();
    let positions = server.deliver(group, 100, |number| number.to_string()).await;
    assert_eq!(positions.len(), 100);
    assert!(begin.elapsed() >= Duration::from_millis(100), "{:?}", begin.elapsed());
    for number in 1..=100 {
        assert_eq!(alice.message().await, number.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_back_end_is_told_as_it_is() {
    let server = serve().await;
    let group = server.create_group("room").await;
    server.dissolve(group).await;
    let refused = server.ask(BackEndCall::Dissolve(group)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::UserNotInGroup);
}

#[tokio::test(start_paused = true)]
async fn the_back_end_goes_on_after_a_crash() {
    let server = serve().await;
    let group = server.create_group("room").await;
    server.say(group, "before").await;
    server.restart().await;
    assert_eq!(server.say(group, "after").await.seq.0, 2);
}
