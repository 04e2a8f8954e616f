//! The shell over real sockets of the loopback address.

use std::net::SocketAddr;
use std::sync::Arc;

use bim_server_core::{Input, Output};
use bim_store::memory::MemoryLog;
use bim_transport::quic::{QuicConfig, QuicDialer, QuicListener};
use bim_transport::tls::{ClientTls, DevCertificate};
use bim_transport::websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener};
use bim_transport::{BoxConnection, ConnectionExt, Dialer, Listener};
use bim_types::{Epoch, ErrorCode};
use bytes::Bytes;

use crate::config::ServerConfig;
use crate::running::{Running, Stopped};
use crate::server::Server;
use crate::testing::{Script, soon};

/// Admits whoever sends a frame, and echoes; says goodbye when it drains.
async fn echo(listener: Box<dyn Listener>) -> Running {
    let mut inside = Vec::new();
    let script = Script::new(move |input| match input {
        Input::Opened { connection, .. } => {
            inside.push(connection);
            Vec::new()
        }
        Input::Frame { connection, frame } => {
            vec![Output::Admit { connection }, Output::Send { connection, frame }]
        }
        Input::Drain => {
            let goodbye = Bytes::from_static(ErrorCode::ServerDraining.text().as_bytes());
            let leave = inside.drain(..).flat_map(|connection| {
                [Output::Send { connection, frame: goodbye.clone() }, Output::Close { connection }]
            });
            leave.chain([Output::Drained]).collect()
        }
        _ => Vec::new(),
    });
    let log = Arc::new(MemoryLog::new(Epoch(1)));
    let server = Server::new(ServerConfig::default(), log).listener(listener);
    server.run_machine(script).await.unwrap()
}

async fn through(server: Running, dialer: impl Dialer) {
    let mut peers: Vec<BoxConnection> = Vec::new();
    for _ in 0..30 {
        let mut peer = soon(dialer.dial()).await.unwrap();
        for size in [100, 200 * 1024, 0] {
            peer.send(Bytes::from(vec![7; size])).await.unwrap();
            assert_eq!(soon(peer.recv()).await.unwrap().unwrap().len(), size);
        }
        peers.push(peer);
    }
    let readers: Vec<_> = peers
        .into_iter()
        .map(|mut peer| {
            tokio::spawn(async move {
                let goodbye = soon(peer.recv()).await.unwrap().unwrap();
                (goodbye, soon(peer.recv()).await.is_none())
            })
        })
        .collect();
    assert_eq!(soon(server.drain()).await, Stopped::Orderly);
    for reader in readers {
        assert_eq!(reader.await.unwrap(), (Bytes::from_static(b"server is shutting down"), true));
    }
}

fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[tokio::test]
async fn over_websocket_frames_grow_after_admission_and_everyone_is_told_goodbye() {
    let listener = WebSocketListener::bind(free(), WebSocketConfig::default()).await.unwrap();
    let dialer = WebSocketDialer::new(listener.local());
    through(echo(Box::new(listener)).await, dialer).await;
}

#[tokio::test]
async fn over_quic_frames_grow_after_admission_and_everyone_is_told_goodbye() {
    let certificate = DevCertificate::generate(&[], std::time::Duration::from_secs(3600)).unwrap();
    let listener =
        QuicListener::bind(free(), certificate.server().unwrap(), QuicConfig::default()).await.unwrap();
    let trust = ClientTls::trust_fingerprint(&certificate.fingerprint).unwrap();
    let dialer = QuicDialer::new(listener.local(), trust);
    through(echo(Box::new(listener)).await, dialer).await;
}
