//! A fake server in its several lives.

use std::time::Duration;

use bim_fake_server::{FakeServer, serve};
use bim_proto::{ClientFrame, Ping, ServerFrame};
use bim_transport::{ConnectionExt, DialError, Dialer};
use bim_types::{ErrorCode, Uid};

use crate::peer::Peer;

#[tokio::test(start_paused = true)]
async fn a_message_goes_from_one_client_to_another() {
    let server = serve().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    let mut bob = Peer::logged_in(&server, "bob").await;
    let group = alice.create().await;
    alice.join(group).await;
    bob.join(group).await;
    assert_eq!(alice.send(group, 1, "hello").await.unwrap().position.seq.0, 1);
    assert_eq!(bob.message().await, "hello");
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_survives_a_crash_and_a_resend_gets_its_position() {
    let server = serve().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    let group = alice.create().await;
    alice.join(group).await;
    let first = alice.send(group, 1, "hello").await.unwrap();
    server.crash().await;
    while alice.frame().await.is_some() {}
    assert!(matches!(server.dialer().dial().await, Err(DialError::Refused)));

    server.restart().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    alice.join(group).await;
    assert_eq!(alice.send(group, 1, "hello").await.unwrap(), first);
    assert_eq!(alice.send(group, 2, "again").await.unwrap().position.seq.0, 2);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_says_goodbye_and_when_to_come_back() {
    let server = serve().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    let (stopped, last) = tokio::join!(server.shutdown(), alice.frame());
    assert_eq!(stopped, bim_server::Stopped::Orderly);
    let Some(ServerFrame::Goodbye(goodbye)) = last else { panic!("no goodbye: {last:?}") };
    let reason = goodbye.reason.unwrap();
    assert_eq!(reason.code, ErrorCode::ServerDraining);
    assert!(reason.retry_after.is_some());
    assert!(alice.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn tokens_expire_by_the_clock_of_tokio() {
    let server = serve().await;
    let token = server.token_for("alice", Duration::from_secs(30));
    tokio::time::advance(Duration::from_secs(31)).await;
    let mut alice = Peer::dial(&server).await;
    let ServerFrame::Goodbye(goodbye) = alice.hello(&server, "alice", token).await else { panic!("let in") };
    assert_eq!(goodbye.reason.unwrap().code, ErrorCode::ExpiredToken);
    assert!(alice.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_given_up_and_a_stranger_sooner() {
    let server = serve().await;
    let start = tokio::time::Instant::now();
    let mut stranger = Peer::dial(&server).await;
    let mut silent = Peer::logged_in(&server, "alice").await;
    while stranger.frame().await.is_some() {}
    assert_eq!(start.elapsed(), bim_types::limits::AUTHENTICATION_DEADLINE);
    while silent.frame().await.is_some() {}
    assert_eq!(start.elapsed().as_secs(), bim_types::limits::LIVENESS_TIMEOUT.as_secs());
}

#[tokio::test]
async fn an_app_of_another_name_has_other_tokens() {
    let server = FakeServer::builder().limits(|limits| limits.devices_per_uid = 1).start().await.unwrap();
    let other = server.make_app("other").await.unwrap();
    assert_ne!(other.id(), server.app_id());
    let foreign = other.token(Uid::string("alice").unwrap(), Duration::from_secs(60));
    let mut alice = Peer::dial(&server).await;
    let ServerFrame::Goodbye(goodbye) = alice.hello(&server, "alice", foreign).await else {
        panic!("let in")
    };
    assert_eq!(goodbye.reason.unwrap().code, ErrorCode::InvalidToken);
    assert_eq!(server.counters().accepted(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_over_several_shards_and_log_threads_all_get_everything() {
    const VIEWERS: usize = 60;
    const MESSAGES: u128 = 20;
    let builder = FakeServer::builder().workers(3).store_mode(bim_server::StoreMode::Threads);
    let server = builder.start().await.unwrap();
    let mut alice = Peer::logged_in(&server, "alice").await;
    let group = alice.create().await;
    alice.join(group).await;
    let mut viewers = Vec::new();
    for number in 0..VIEWERS {
        let mut viewer = Peer::logged_in(&server, &format!("viewer {number}")).await;
        viewer.join(group).await;
        viewers.push(viewer);
    }
    for id in 1..=MESSAGES {
        alice.send(group, id, &id.to_string()).await.unwrap();
    }
    for viewer in &mut viewers {
        for id in 1..=MESSAGES {
            assert_eq!(viewer.message().await, id.to_string());
        }
    }
    let ping = ClientFrame::Ping(Ping { nonce: 9 }).encode();
    alice.connection.send(ping).await.unwrap();
    assert_eq!(server.shutdown().await, bim_server::Stopped::Orderly);
}
