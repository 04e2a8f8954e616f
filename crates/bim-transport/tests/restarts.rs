//! QUIC servers that are killed, restarted, closed, or not there at all.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]
#![expect(dead_code, reason = "each test file uses a part of the support module")]

mod support;

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use bim_transport::{
    BoxConnection, ConnectionExt, DialError, Dialer, Endpoint, HandshakeLimits, Listener, TransportError,
    quic::{QuicConfig, QuicDialer, QuicListener},
    tls::{ClientTls, DevCertificate},
};
use bytes::Bytes;
use support::{connect, greet, in_time, quic};
use tokio::{
    runtime::Runtime,
    sync::oneshot,
    time::{Instant, timeout},
};

/// A reset comes at the speed of the network; this is for machines that are busy.
const SOON: Duration = Duration::from_secs(3);

/// The keep-alive of 5 s, and as much again.
const AFTER_A_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A server with a runtime of its own, so that it can be ended without a word to anybody.
struct Server {
    runtime: Runtime,
    address: SocketAddr,
}

impl Server {
    /// Accepts one connection, answers its first frame, and holds it.
    async fn start(address: SocketAddr, certificate: &DevCertificate) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let (runtime, tls) = (runtime.unwrap(), certificate.server().unwrap());
        let (bound, address_of) = oneshot::channel();
        runtime.spawn(async move {
            let mut listener = QuicListener::bind(address, tls, QuicConfig::default()).await.unwrap();
            bound.send(listener.local()).unwrap();
            let mut connection = listener.accept().await.unwrap();
            assert_eq!(connection.recv().await.unwrap().unwrap(), "ping");
            connection.send(Bytes::from_static(b"pong")).await.unwrap();
            std::future::pending::<()>().await;
            drop((connection, listener));
        });
        let local = address_of.await.unwrap();
        Self { runtime, address: SocketAddr::new(local.host().parse().unwrap(), local.port()) }
    }

    /// Its tasks are dropped where they are, so none of them sends anything any more.
    async fn kill(self) -> SocketAddr {
        tokio::task::spawn_blocking(move || drop(self.runtime)).await.unwrap();
        self.address
    }
}

fn dialer(address: SocketAddr, certificate: &DevCertificate) -> QuicDialer {
    QuicDialer::new(Endpoint::quic(address), ClientTls::trust_fingerprint(&certificate.fingerprint).unwrap())
}

async fn greeted(server: &Server, certificate: &DevCertificate) -> BoxConnection {
    let mut client = dialer(server.address, certificate).dial().await.unwrap();
    client.send(Bytes::from_static(b"ping")).await.unwrap();
    assert_eq!(client.recv().await.unwrap().unwrap(), "pong");
    client
}

#[tokio::test]
async fn a_client_that_sends_notices_at_once_that_its_server_was_killed_and_restarted() {
    in_time(async {
        let certificate = support::certificate();
        let server = Server::start(support::LOOPBACK, &certificate).await;
        let mut client = greeted(&server, &certificate).await;
        let address = server.kill().await;
        let restarted = Server::start(address, &certificate).await;
        client.send(Bytes::from_static(b"anybody there?")).await.unwrap();
        let noticed = timeout(SOON, client.recv()).await.expect("the client notices");
        assert!(matches!(noticed, Some(Err(TransportError::Lost))), "{noticed:?}");
        drop(greeted(&restarted, &certificate).await);
        restarted.kill().await;
    })
    .await;
}

#[tokio::test]
async fn an_idle_client_notices_with_its_next_keep_alive_that_its_server_was_killed_and_restarted() {
    in_time(async {
        let certificate = support::certificate();
        let server = Server::start(support::LOOPBACK, &certificate).await;
        let mut client = greeted(&server, &certificate).await;
        let restarted = Server::start(server.kill().await, &certificate).await;
        let noticed = timeout(AFTER_A_KEEP_ALIVE, client.recv()).await.expect("the client notices");
        assert!(matches!(noticed, Some(Err(TransportError::Lost))), "{noticed:?}");
        restarted.kill().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_with_another_private_key_cannot_end_a_connection() {
    in_time(async {
        let certificate = support::certificate();
        let server = Server::start(support::LOOPBACK, &certificate).await;
        let mut client = greeted(&server, &certificate).await;
        let stranger = Server::start(server.kill().await, &support::certificate()).await;
        client.send(Bytes::from_static(b"anybody there?")).await.unwrap();
        let noticed = timeout(SOON, client.recv()).await;
        assert!(noticed.is_err(), "the client was told {noticed:?}");
        stranger.kill().await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_listener_without_connections_has_freed_its_port() {
    in_time(async {
        let (mut listener, dialer) = quic(HandshakeLimits::default()).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        greet(&mut client, &mut server).await;
        drop(server);
        let _unaccepted = dialer.dial().await.unwrap();
        let local = listener.local();
        listener.close().await;
        UdpSocket::bind((local.host(), local.port())).unwrap();
        assert!(matches!(client.recv().await, Some(Err(TransportError::Lost))));
        listener.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_listener_does_not_keep_its_port_for_a_peer_that_fell_silent() {
    in_time(async {
        let (mut listener, _) = quic(HandshakeLimits::default()).await;
        let local = listener.local();
        let entrance = tokio::net::UdpSocket::bind(support::LOOPBACK).await.unwrap();
        let dialer = dialer(entrance.local_addr().unwrap(), &support::certificate());
        let dial = tokio::spawn(async move { dialer.dial().await });
        // Only the first packet gets through, so the handshake begins and does not go on.
        let mut packet = [0; 2048];
        let size = entrance.recv(&mut packet).await.unwrap();
        let exit = tokio::net::UdpSocket::bind(support::LOOPBACK).await.unwrap();
        exit.send_to(&packet[..size], (local.host(), local.port())).await.unwrap();
        assert!(exit.recv(&mut packet).await.unwrap() > 0);
        listener.close().await;
        UdpSocket::bind((local.host(), local.port())).unwrap();
        dial.abort();
    })
    .await;
}

#[tokio::test]
async fn the_last_connection_of_a_dropped_listener_works_to_its_end_and_frees_the_port() {
    in_time(async {
        let (mut listener, dialer) = quic(HandshakeLimits::default()).await;
        let (mut client, mut server) = connect(&mut listener, &dialer).await;
        let local = listener.local();
        listener.close().await;
        drop(listener);
        greet(&mut client, &mut server).await;
        UdpSocket::bind((local.host(), local.port())).unwrap_err();
        drop(server);
        assert!(matches!(client.recv().await, Some(Err(TransportError::Lost))));
        while UdpSocket::bind((local.host(), local.port())).is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dial_to_where_nobody_listens_takes_four_seconds() {
    let silent = UdpSocket::bind(support::LOOPBACK).unwrap();
    let begin = Instant::now();
    let failure = dialer(silent.local_addr().unwrap(), &support::certificate()).dial().await;
    assert!(matches!(failure, Err(DialError::TimedOut { .. })), "{:?}", failure.err());
    assert_eq!(begin.elapsed().as_secs(), 4);
}

#[tokio::test]
async fn a_dial_finds_a_server_that_comes_back_meanwhile() {
    in_time(async {
        let certificate = support::certificate();
        let silent = UdpSocket::bind(support::LOOPBACK).unwrap();
        let address = silent.local_addr().unwrap();
        let dialer = dialer(address, &certificate);
        let dial = tokio::spawn(async move { dialer.dial().await });
        // The first packet of the dial is here, and lost.
        let first = tokio::task::spawn_blocking(move || silent.recv(&mut [0; 2048])).await.unwrap();
        assert!(first.unwrap() >= 1200);
        let server = Server::start(address, &certificate).await;
        assert!(dial.await.unwrap().is_ok());
        server.kill().await;
    })
    .await;
}
