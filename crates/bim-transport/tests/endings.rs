//! The last frame before a close, again and again, and connections without their makers.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use bim_transport::{
    BoxConnection, ConnectionExt, DialError, Dialer, HandshakeLimits, Listener, TransportError,
};
use bytes::Bytes;
use support::{connect, greet, in_time, quic, websocket, websocket_tls};

const ROUNDS: u32 = 200;

#[tokio::test]
async fn a_websocket_server_that_closes_right_after_its_last_frame_loses_none() {
    let (listener, dialer) = websocket(HandshakeLimits::default()).await;
    in_time(last_frames(listener, dialer)).await;
}

#[tokio::test]
async fn a_websocket_server_with_tls_that_closes_right_after_its_last_frame_loses_none() {
    let (listener, dialer) = websocket_tls(HandshakeLimits::default()).await;
    in_time(last_frames(listener, dialer)).await;
}

#[tokio::test]
async fn a_quic_server_that_closes_right_after_its_last_frame_loses_none() {
    let (listener, dialer) = quic(HandshakeLimits::default()).await;
    in_time(last_frames(listener, dialer)).await;
}

#[tokio::test]
async fn a_quic_reader_that_comes_late_still_gets_everything_after_the_close() {
    in_time(async {
        let (mut listener, dialer) = quic(HandshakeLimits::default()).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        for number in 0..50_u8 {
            server.feed(Bytes::from(vec![number; 2000])).await.unwrap();
        }
        server.close().await.unwrap();
        drop(server);
        drop(listener);
        for number in 0..50_u8 {
            assert_eq!(client.recv().await.unwrap().unwrap(), vec![number; 2000]);
        }
        assert!(client.recv().await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_dropped_quic_peer_is_lost_and_not_closed_in_order() {
    in_time(async {
        let (mut listener, dialer) = quic(HandshakeLimits::default()).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        greet(&mut client, &mut server).await;
        drop(server);
        assert!(matches!(client.recv().await, Some(Err(TransportError::Lost))));
    })
    .await;
}

#[tokio::test]
async fn a_listener_that_closes_with_an_established_connection_in_its_queue_cuts_it() {
    in_time(async {
        let (mut listener, dialer) = websocket(HandshakeLimits::default()).await;
        let mut client = dialer.dial().await.unwrap();
        listener.close().await;
        assert!(!matches!(client.recv().await, Some(Ok(_))));
    })
    .await;
}

#[tokio::test]
async fn one_hundred_dials_at_once_all_get_in_when_the_limits_allow_it() {
    in_time(async {
        // A hundred handshakes at once take a busy machine longer than each of them may take elsewhere, at
        // either end; this is about how many there may be.
        let patience = std::time::Duration::from_secs(30);
        // Above half of the share, QUIC makes a peer prove its address, so both ways in are used.
        let limits = HandshakeLimits {
            pending_per_address_max: 110,
            secure_timeout: patience,
            upgrade_timeout: patience,
            total_timeout: patience,
            ..HandshakeLimits::default()
        };
        let (listener, dialer) = quic(limits.clone()).await;
        crowd(listener, dialer.timeout(patience)).await;
        let (listener, dialer) = websocket(limits).await;
        crowd(listener, dialer.timeout(patience)).await;
    })
    .await;
}

async fn crowd(mut listener: impl Listener, dialer: impl Dialer + Clone) {
    let mut dials = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let dialer = dialer.clone();
        dials.spawn(async move {
            let mut client = dial_in_the_end(&dialer).await;
            client.send(Bytes::from_static(b"here")).await.unwrap();
            client
        });
    }
    let mut servers = Vec::new();
    while servers.len() < 100 {
        let mut server = listener.accept().await.unwrap();
        // One whose dialer lost patience says nothing, and comes again.
        if let Some(Ok(frame)) = server.recv().await {
            assert_eq!(frame, "here");
            servers.push(server);
        }
    }
    assert_eq!(dials.join_all().await.len(), 100);
}

/// Dials until that takes no longer than it may; on a busy machine a handshake does. Everything else fails.
async fn dial_in_the_end(dialer: &impl Dialer) -> BoxConnection {
    loop {
        match dialer.dial().await {
            Err(DialError::TimedOut { .. }) => {}
            dialed => return dialed.unwrap(),
        }
    }
}

async fn last_frames(mut listener: impl Listener, dialer: impl Dialer) {
    for round in 0..ROUNDS {
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        let last = Bytes::from(round.to_be_bytes().repeat(100));
        // The peer has sent something that is never read, which makes careless closes lose data.
        client.send(Bytes::from_static(b"unread")).await.unwrap();
        let closing = async {
            server.send(last.clone()).await.unwrap();
            server.close().await.unwrap();
            drop(server);
        };
        let reading = async {
            assert_eq!(client.recv().await.unwrap().unwrap(), last, "round {round}");
            assert!(client.recv().await.is_none(), "round {round}");
        };
        tokio::join!(closing, reading);
    }
}
