//! A bad network, seen by clients that speak frames.

use std::time::Duration;

use bim_fake_server::{FakeServer, serve};
use bim_proto::{ClientFrame, Ping, ServerFrame};
use bim_transport::{ConnectionExt, DialError, Dialer};
use bim_types::ConversationShortId;
use tokio::time::{Instant, timeout};

use crate::peer::Peer;

/// A server, and alice and bob in a group.
async fn scene() -> (FakeServer, Peer, Peer, ConversationShortId) {
    let server = FakeServer::builder().without_budgets().start().await.unwrap();
    let mut alice = Peer::logged_in(&server, "alice").await;
    let mut bob = Peer::logged_in(&server, "bob").await;
    let group = server.create_group("room").await;
    alice.join(group).await;
    bob.join(group).await;
    (server, alice, bob, group)
}

#[tokio::test(start_paused = true)]
async fn offline_everyone_is_cut_and_no_dial_succeeds_until_the_time_is_over() {
    let (server, mut alice, mut bob, _) = scene().await;
    let begin = Instant::now();
    let away = async {
        server.offline_for(Duration::from_secs(120)).await;
    };
    let look = async {
        while alice.frame().await.is_some() {}
        while bob.frame().await.is_some() {}
        assert!(matches!(server.dialer().dial().await, Err(DialError::Io(_))));
        assert_eq!(begin.elapsed(), Duration::ZERO);
    };
    tokio::join!(away, look);
    assert_eq!(begin.elapsed(), Duration::from_secs(120));
    Peer::logged_in(&server, "alice").await;
}

#[tokio::test(start_paused = true)]
async fn one_user_offline_leaves_the_others_alone() {
    let (server, mut alice, mut bob, group) = scene().await;
    server.network_of("alice").go_offline();
    while alice.frame().await.is_some() {}
    let mut again = Peer::dial(&server).await;
    assert!(again.try_hello(&server, "alice", server.token("alice")).await.is_err());
    bob.send(group, 1, "still here").await.unwrap();
    server.network_of("alice").come_back();
    Peer::logged_in(&server, "alice").await;
    server.seen().assert_logins("alice", 2).assert_logins("bob", 1);
}

#[tokio::test(start_paused = true)]
async fn a_cut_is_for_those_who_are_there_and_they_may_come_back_at_once() {
    let (server, mut alice, mut bob, group) = scene().await;
    server.cut("alice");
    while alice.frame().await.is_some() {}
    bob.send(group, 1, "still here").await.unwrap();
    Peer::logged_in(&server, "alice").await;
    server.cut_connections();
    while bob.frame().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn in_silence_nobody_is_told_and_the_server_finds_out_by_itself() {
    let (server, mut alice, _bob, group) = scene().await;
    server.network_of("alice").go_silent();
    alice.start(crate::peer::message(group, 1, "unheard")).await;
    let heard = timeout(Duration::from_secs(20), alice.connection.recv()).await;
    assert!(heard.is_err(), "{heard:?}");
    drop(alice);
    assert!(!server.seen().to_string().contains("gone"), "the server does not know yet: {}", server.seen());
    let begin = Instant::now();
    server.until(|seen| !seen.endings("alice").is_empty()).await;
    assert!(begin.elapsed() <= bim_types::limits::LIVENESS_TIMEOUT, "{:?}", begin.elapsed());
    server.seen().assert_sends("alice", 0);
}

#[tokio::test(start_paused = true)]
async fn in_silence_dials_wait_and_go_on_when_it_ends() {
    let server = serve().await;
    server.network().go_silent();
    let dialer = server.dialer();
    let dial = dialer.dial();
    tokio::pin!(dial);
    assert!(timeout(Duration::from_secs(60), &mut dial).await.is_err());
    server.network().come_back();
    assert!(dial.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_stalled_reader_misses_nothing_that_the_server_could_keep() {
    let (server, _alice, mut bob, group) = scene().await;
    server.network_of("bob").stall();
    server.deliver(group, 20, |number| number.to_string()).await;
    assert!(timeout(Duration::from_secs(1), bob.connection.recv()).await.is_err());
    server.network_of("bob").flow_again();
    for number in 1..=20 {
        assert_eq!(bob.message().await, number.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_takes_one_frame_at_a_time() {
    let (server, mut alice, _bob, _) = scene().await;
    let ping = |nonce| ClientFrame::Ping(Ping { nonce }).encode();
    server.network_of("alice").slow_down(Duration::from_millis(100));
    let begin = Instant::now();
    for nonce in 1..=5 {
        alice.connection.send(ping(nonce)).await.unwrap();
    }
    let mut pongs = 0;
    while pongs < 5 {
        pongs += u32::from(matches!(alice.frame().await, Some(ServerFrame::Pong(_))));
    }
    assert!(begin.elapsed() >= Duration::from_millis(400), "{:?}", begin.elapsed());
}
