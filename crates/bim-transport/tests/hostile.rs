//! Peers that send rubbish, half a handshake, or nothing, while good ones come and go.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::{net::SocketAddr, time::Duration};

use bim_transport::{
    BindError, ConnectionExt, DialError, Dialer, HandshakeLimits, Listener, TransportError,
    quic::{QuicConfig, QuicDialer, QuicListener},
    tls::ClientTls,
};
use bytes::Bytes;
use support::{connect, greet, in_time, quic, websocket, websocket_tls};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::Instant,
};

const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A good peer after the deadline of the bad ones.
fn short_deadlines() -> HandshakeLimits {
    let second = Duration::from_secs(1);
    HandshakeLimits { secure_timeout: second, upgrade_timeout: second, ..HandshakeLimits::default() }
}

#[tokio::test]
async fn rubbish_over_tcp_leaves_the_websocket_listener_working() {
    in_time(async {
        let (listener, dialer) = websocket(HandshakeLimits::default()).await;
        rubbish_over_tcp(listener, dialer).await;
        let (listener, dialer) = websocket_tls(HandshakeLimits::default()).await;
        rubbish_over_tcp(listener, dialer).await;
    })
    .await;
}

#[tokio::test]
async fn rubbish_over_udp_leaves_the_quic_listener_working() {
    in_time(async {
        let (mut listener, dialer) = quic(HandshakeLimits::default()).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        let socket = UdpSocket::bind(support::LOOPBACK).await.unwrap();
        for (seed, size) in [1, 20, 1200, 1200, 1350, 9000].into_iter().cycle().take(300).enumerate() {
            let mut datagram = noise(seed as u64, size);
            // Every other one looks like the first packet of a client.
            if seed % 2 == 0 && size >= 1200 {
                datagram[..6].copy_from_slice(&[0xC3, 0, 0, 0, 1, 8]);
            }
            socket.send_to(&datagram, address(&listener)).await.unwrap();
        }
        greet(&mut client, &mut server).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        greet(&mut client, &mut server).await;
    })
    .await;
}

#[tokio::test]
async fn peers_that_never_finish_are_dropped_at_the_deadline_and_free_their_slots() {
    in_time(async {
        let limits = HandshakeLimits { pending_per_address_max: 3, ..short_deadlines() };
        let (mut listener, dialer) = websocket(limits).await;
        let before = Instant::now();
        let mut silent = Vec::new();
        for part in [&UPGRADE[..0], &UPGRADE[..9], &UPGRADE[..UPGRADE.len() - 1]] {
            let mut peer = TcpStream::connect(address(&listener)).await.unwrap();
            peer.write_all(part).await.unwrap();
            silent.push(peer);
        }
        // No slot is free: one more is closed at once.
        assert!(matches!(dialer.dial().await, Err(DialError::Handshake { .. } | DialError::Io(_))));
        assert!(before.elapsed() < Duration::from_secs(1), "an over-limit peer is closed at once");
        for peer in &mut silent {
            until_closed(peer).await;
        }
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        greet(&mut client, &mut server).await;
    })
    .await;
}

#[tokio::test]
async fn a_handshake_is_bounded_as_a_whole_too() {
    in_time(async {
        let minute = Duration::from_secs(60);
        let limits = HandshakeLimits {
            secure_timeout: minute,
            upgrade_timeout: minute,
            total_timeout: Duration::from_millis(200),
            ..HandshakeLimits::default()
        };
        for listener in [websocket(limits.clone()).await.0, websocket_tls(limits).await.0] {
            let mut peer = TcpStream::connect(address(&listener)).await.unwrap();
            until_closed(&mut peer).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_silent_peer_does_not_delay_a_good_one() {
    in_time(async {
        let (mut listener, dialer) = websocket_tls(HandshakeLimits::default()).await;
        let _silent = TcpStream::connect(address(&listener)).await.unwrap();
        let before = Instant::now();
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        greet(&mut client, &mut server).await;
        assert!(before.elapsed() < Duration::from_secs(3));
    })
    .await;
}

#[tokio::test]
async fn an_endless_http_head_is_cut_off_at_eight_kib() {
    in_time(async {
        let (listener, _dialer) = websocket(HandshakeLimits::default()).await;
        let before = Instant::now();
        let mut peer = TcpStream::connect(address(&listener)).await.unwrap();
        // Not a valid line in it, and no end; the listener hangs up before the deadline.
        let _ = peer.write_all(&vec![b'a'; 64 * 1024]).await;
        until_closed(&mut peer).await;
        assert!(before.elapsed() < Duration::from_secs(4));
    })
    .await;
}

#[tokio::test]
async fn a_plain_http_request_is_no_connection() {
    in_time(async {
        let (mut listener, dialer) = websocket(HandshakeLimits::default()).await;
        let mut peer = TcpStream::connect(address(&listener)).await.unwrap();
        peer.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        until_closed(&mut peer).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        greet(&mut client, &mut server).await;
    })
    .await;
}

#[tokio::test]
async fn rubbish_after_the_upgrade_ends_only_that_connection() {
    in_time(async {
        let (mut listener, dialer) = websocket(HandshakeLimits::default()).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        let mut peer = TcpStream::connect(address(&listener)).await.unwrap();
        peer.write_all(UPGRADE).await.unwrap();
        peer.write_all(&noise(7, 5000)).await.unwrap();
        let mut hostile = listener.accept().await.unwrap();
        assert!(matches!(hostile.recv().await, Some(Err(_))));
        greet(&mut client, &mut server).await;
    })
    .await;
}

#[tokio::test]
async fn a_quic_peer_over_the_share_of_its_address_is_refused() {
    in_time(async {
        let limits = HandshakeLimits { pending_per_address_max: 0, ..HandshakeLimits::default() };
        let (_listener, dialer) = quic(limits).await;
        assert!(matches!(dialer.dial().await, Err(DialError::Refused)));
    })
    .await;
}

#[tokio::test]
async fn quic_peers_without_a_stream_or_with_a_foreign_one_are_dropped_and_free_their_slots() {
    in_time(async {
        let limits = HandshakeLimits { pending_per_address_max: 3, ..short_deadlines() };
        let certificate = support::certificate();
        let config = QuicConfig { handshake: limits, ..QuicConfig::default() };
        let server = certificate.server().unwrap();
        let mut listener = QuicListener::bind(support::LOOPBACK, server, config).await.unwrap();
        let endpoint = bare_quic_client(&certificate.cert_pem);

        let connect = || async { endpoint.connect(address(&listener), "127.0.0.1").unwrap().await.unwrap() };
        let silent = connect().await;
        let halfway = connect().await;
        let (mut half, _) = halfway.open_bi().await.unwrap();
        half.write_all(b"BI").await.unwrap();
        let foreign = connect().await;
        let (mut wrong, _) = foreign.open_bi().await.unwrap();
        wrong.write_all(b"GET / HTTP/1.1").await.unwrap();
        foreign.closed().await;
        silent.closed().await;
        halfway.closed().await;

        let trust = ClientTls::trust_fingerprint(&certificate.fingerprint).unwrap();
        let dialer = QuicDialer::new(listener.local(), trust);
        let (mut client, mut server) = support::connect(&mut listener, &dialer).await;
        greet(&mut client, &mut server).await;
    })
    .await;
}

#[tokio::test]
async fn a_dial_to_a_server_of_another_kind_says_so() {
    in_time(async {
        let listener = tokio::net::TcpListener::bind(support::LOOPBACK).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            peer.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            peer
        });
        let endpoint = format!("ws://127.0.0.1:{port}").parse().unwrap();
        let failure = bim_transport::websocket::WebSocketDialer::new(endpoint).dial().await;
        assert!(matches!(failure, Err(DialError::Handshake { status: Some(404), .. })));
        drop(serving.await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let (listener, _) = websocket(HandshakeLimits::default()).await;
    let taken = address(&listener);
    let failure = bim_transport::websocket::WebSocketListener::bind(taken, Default::default()).await;
    let Err(error @ BindError::Address { .. }) = failure else { panic!("the port is taken") };
    assert_eq!(error.to_string(), format!("cannot listen on {taken}"));
}

#[tokio::test]
async fn a_dial_to_nobody_is_refused_and_one_to_silence_times_out() {
    in_time(async {
        let (mut listener, dialer) = websocket(HandshakeLimits::default()).await;
        listener.close().await;
        assert!(matches!(dialer.dial().await, Err(DialError::Refused)));

        let silent = tokio::net::TcpListener::bind(support::LOOPBACK).await.unwrap();
        let endpoint = format!("ws://{}", silent.local_addr().unwrap()).parse().unwrap();
        let after = Duration::from_millis(50);
        let dialer = bim_transport::websocket::WebSocketDialer::new(endpoint).timeout(after);
        assert!(matches!(dialer.dial().await, Err(DialError::TimedOut { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_quic_frame_over_the_limit_is_refused_from_its_length() {
    in_time(async {
        let (mut listener, dialer) = quic(HandshakeLimits::default()).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        server.set_frame_limit(4096);
        client.send(Bytes::from(vec![0; 100_000])).await.unwrap();
        let received = server.recv().await;
        assert!(matches!(received, Some(Err(TransportError::FrameTooLarge { size: 100_000, limit: 4096 }))));
    })
    .await;
}

/// A QUIC client that agrees on the protocol and does as it likes afterwards.
fn bare_quic_client(trusted: &str) -> quinn::Endpoint {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"bim/1".to_vec()];
    let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
    let mut endpoint = quinn::Endpoint::client(support::LOOPBACK).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(std::sync::Arc::new(crypto)));
    endpoint
}

async fn rubbish_over_tcp(mut listener: impl Listener, dialer: impl Dialer) {
    let (mut client, mut server) = connect(&mut listener, &dialer).await;
    for seed in 0..40 {
        let mut peer = TcpStream::connect(address(&listener)).await.unwrap();
        let _ = peer.write_all(&noise(seed, 1 + seed as usize * 97)).await;
    }
    greet(&mut client, &mut server).await;
    // The rubbish may hold slots until its streams are seen to end, so a refused dial is tried again.
    let (mut client, mut server) = loop {
        if let (Ok(client), Ok(server)) = tokio::join!(dialer.dial(), async {
            tokio::time::timeout(Duration::from_secs(1), listener.accept()).await
        }) {
            break (client, server.unwrap());
        }
    };
    greet(&mut client, &mut server).await;
}

fn address(listener: &impl Listener) -> SocketAddr {
    SocketAddr::new([127, 0, 0, 1].into(), listener.local().port())
}

async fn until_closed(peer: &mut TcpStream) {
    let mut rest = Vec::new();
    // A reset is an end as well.
    let _ = peer.read_to_end(&mut rest).await;
}

/// Bytes without meaning that are the same in every run.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..size).map(|_| next()).collect()
}
