//! Who is at the other end, as far as the transport knows.

use std::net::SocketAddr;

/// The other end of a connection, as the transport sees it. Nothing here is authenticated identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Network address of the peer when the connection was made; `None` where there is no such thing.
    pub address: Option<SocketAddr>,
    /// What carries the frames.
    pub transport: TransportKind,
    /// Whether the frames are encrypted between the two ends of this connection.
    pub encrypted: bool,
}

impl Peer {
    /// A peer inside this process.
    #[must_use]
    pub fn memory() -> Self {
        Self { address: None, transport: TransportKind::Memory, encrypted: false }
    }

    /// A peer reached by a transport of your own, named for logs and metrics.
    #[must_use]
    pub fn other(name: &'static str) -> Self {
        Self { address: None, transport: TransportKind::Other(name), encrypted: false }
    }
}

/// What carries the frames of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportKind {
    /// Queues inside one process.
    Memory,
    /// WebSocket over TCP, with or without TLS.
    WebSocket,
    /// QUIC over UDP.
    Quic,
    /// A transport written outside this crate.
    Other(&'static str),
}

impl TransportKind {
    /// A short name for logs and metric labels.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::WebSocket => "websocket",
            Self::Quic => "quic",
            Self::Other(name) => name,
        }
    }
}
