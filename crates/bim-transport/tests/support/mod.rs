//! Listeners on loopback and dialers to them.

use std::{net::SocketAddr, time::Duration};

use bim_transport::{
    BoxConnection, ConnectionExt, Dialer, HandshakeLimits, Listener,
    quic::{QuicConfig, QuicDialer, QuicListener},
    tls::{ClientTls, DevCertificate},
    websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener},
};
use bytes::Bytes;

pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A dial that waits in vain does so for this long.
pub(crate) const DIAL_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn certificate() -> DevCertificate {
    DevCertificate::generate(&[], Duration::from_secs(3600)).unwrap()
}

pub(crate) async fn websocket(handshake: HandshakeLimits) -> (WebSocketListener, WebSocketDialer) {
    let config = WebSocketConfig { handshake, ..WebSocketConfig::default() };
    let listener = WebSocketListener::bind(LOOPBACK, config).await.unwrap();
    let dialer = WebSocketDialer::new(listener.local()).timeout(DIAL_TIMEOUT);
    (listener, dialer)
}

pub(crate) async fn websocket_tls(handshake: HandshakeLimits) -> (WebSocketListener, WebSocketDialer) {
    let certificate = certificate();
    let config =
        WebSocketConfig { tls: Some(certificate.server().unwrap()), handshake, ..WebSocketConfig::default() };
    let listener = WebSocketListener::bind(LOOPBACK, config).await.unwrap();
    let trust = ClientTls::trust_pem(certificate.cert_pem.as_bytes()).unwrap();
    let dialer = WebSocketDialer::new(listener.local()).tls(trust).timeout(DIAL_TIMEOUT);
    (listener, dialer)
}

pub(crate) async fn quic(handshake: HandshakeLimits) -> (QuicListener, QuicDialer) {
    let certificate = certificate();
    let config = QuicConfig { handshake, ..QuicConfig::default() };
    let listener = QuicListener::bind(LOOPBACK, certificate.server().unwrap(), config).await.unwrap();
    let trust = ClientTls::trust_pem(certificate.cert_pem.as_bytes()).unwrap();
    let dialer = QuicDialer::new(listener.local(), trust).timeout(DIAL_TIMEOUT);
    (listener, dialer)
}

pub(crate) async fn connect(
    listener: &mut dyn Listener,
    dialer: &dyn Dialer,
) -> (BoxConnection, BoxConnection) {
    let (client, server) = tokio::join!(dialer.dial(), listener.accept());
    (client.unwrap(), server.unwrap())
}

/// One frame there and one back.
pub(crate) async fn greet(client: &mut BoxConnection, server: &mut BoxConnection) {
    client.send(Bytes::from_static(b"ping")).await.unwrap();
    assert_eq!(server.recv().await.unwrap().unwrap(), "ping");
    server.send(Bytes::from_static(b"pong")).await.unwrap();
    assert_eq!(client.recv().await.unwrap().unwrap(), "pong");
}

/// A test that hangs fails instead.
pub(crate) async fn in_time<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test ends in time")
}
