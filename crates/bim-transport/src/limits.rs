//! The limits of this crate, named, with their units and what happens at each of them.

use std::{net::IpAddr, time::Duration};

/// Largest frame, in bytes (256 KiB). A larger one is refused before it is sent, and ends the connection
/// when a peer announces it.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Bytes a connection takes in for sending before it says that it is not ready (64 KiB). One more frame
/// may be on top.
pub const OUTBOUND_BYTES_HIGH: usize = 64 * 1024;

/// Longest time that closing a connection in order may take, flushing and the peer's answer together.
/// After it the connection is closed regardless.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time for one dial: name resolution, connection, TLS and upgrade together.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// What a listener spends on peers that have not finished their handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeLimits {
    /// From the first packet to the end of the TLS handshake (5 s). A slower peer is dropped.
    pub secure_timeout: Duration,
    /// From there to the established connection: WebSocket upgrade, first QUIC stream (5 s). A slower
    /// peer is dropped.
    pub upgrade_timeout: Duration,
    /// Both of these together (5 s). A slower peer is dropped, however it spread its time.
    pub total_timeout: Duration,
    /// Peers in handshake in all (2,000). One more is closed at once.
    pub pending_max: usize,
    /// Peers in handshake for one IPv4 address or IPv6 /64 (20). One more is closed at once.
    pub pending_per_address_max: usize,
    /// Addresses whose peers are counted in all, but not by address (none): those of proxies. An IPv4
    /// address may be given in its IPv6 form.
    pub exempt: Vec<IpAddr>,
    /// Established connections that wait for `accept` (128). When full, finished handshakes wait and keep
    /// counting as pending.
    pub backlog: usize,
}

impl Default for HandshakeLimits {
    fn default() -> Self {
        Self {
            secure_timeout: Duration::from_secs(5),
            upgrade_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(5),
            pending_max: 2_000,
            pending_per_address_max: 20,
            exempt: Vec::new(),
            backlog: 128,
        }
    }
}
