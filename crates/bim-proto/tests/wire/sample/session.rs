//! A session's own frames.

use std::time::Duration;

use bim_proto::{ClientFrame, Goodbye, Hello, Ping, Pong, ServerFrame, Welcome};
use bim_types::{AppId, ErrorCode, Refusal, Token, Uid, Wall};

use super::values::{T, alice, device};
use crate::words::Words;

/// By name.
pub(super) fn all() -> Vec<(&'static str, Words)> {
    let hello = |uid| {
        let token = Token::new("head.claims.mac");
        let sdk = "bim/0.1.0".into();
        Words::Client(ClientFrame::Hello(Hello {
            app: AppId::new(1000).unwrap(),
            uid,
            device: device(),
            token,
            sdk,
        }))
    };
    let welcome = Welcome {
        generation: 3,
        server_time: Wall::from_millis(T),
        token_expires_at: Wall::from_millis(T + 3_600_000),
        ping_interval_ms: 10_000,
        liveness_timeout_ms: 22_000,
        in_flight_max: 64,
        frame_bytes_max: 262_144,
        body_bytes_max: 65_536,
    };
    let draining = Refusal::new(ErrorCode::ServerDraining).hint("restart");
    let reason = Some(draining.retry_after(Duration::from_millis(1500)));
    let pong = Pong { nonce: u64::MAX, server_time: Wall::from_millis(T) };
    let pong_of_a_client = Pong { nonce: 1, server_time: Wall::default() };
    vec![
        ("hello", hello(alice())),
        ("hello_integer_uid", hello(Uid::int(i64::MAX).unwrap())),
        ("welcome", Words::Server(ServerFrame::Welcome(welcome))),
        ("ping", Words::Client(ClientFrame::Ping(Ping { nonce: u64::MAX }))),
        ("pong", Words::Server(ServerFrame::Pong(pong))),
        ("pong_of_a_client", Words::Client(ClientFrame::Pong(pong_of_a_client))),
        ("goodbye", Words::Server(ServerFrame::Goodbye(Goodbye { reason }))),
        ("goodbye_ordinary", Words::Client(ClientFrame::Goodbye(Goodbye { reason: None }))),
    ]
}
