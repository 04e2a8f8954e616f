//! What can be set about QUIC connections, and what is passed on to quinn.

use std::{sync::Arc, time::Duration};

use quinn::{AckFrequencyConfig, IdleTimeout, TransportConfig, VarInt};

use super::keys::Keys;
use crate::{HandshakeLimits, limits::FRAME_BYTES_MAX};

/// Bidirectional streams a peer may open; one is used.
const STREAMS_MAX: u32 = 4;

/// Bytes that a server lets an unproven client have in flight (128 KiB).
pub(super) const RECEIVE_WINDOW_FIRST: u32 = 128 * 1024;

/// Bytes in flight towards a client, and towards a server that raised its frame limit (1 MiB).
pub(super) const RECEIVE_WINDOW: u32 = 1024 * 1024;

/// Bytes written and not yet acknowledged by the peer (512 KiB). With more there is no room.
const SEND_WINDOW: u64 = 512 * 1024;

/// First packets of one peer that are kept until it is accepted, which happens at once (16 KiB).
const INCOMING_BYTES_MAX: u64 = 16 * 1024;

/// The same for all peers together (8 MiB).
const INCOMING_BYTES_MAX_TOTAL: u64 = 8 * 1024 * 1024;

/// Silence after which a connection is lost (30 s).
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a client says that it is there (5 s), and so the time in which an idle one notices that its
/// server was restarted.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Packets with something to confirm that a client takes before it confirms them, unless the usual delay is over first.
/// A server that sends the same to thousands would spend more on what confirms it than on sending
/// (draft-ietf-quic-ack-frequency).
const PACKETS_PER_ACK: u32 = 10;

/// Shortest time between two packets that reset unknown connections (100 µs, so 10,000 in a second). More of
/// them are not answered; their senders repeat themselves. After a restart all clients come at once.
const RESET_INTERVAL: Duration = Duration::from_micros(100);

/// How a [`QuicListener`](super::QuicListener) works.
#[derive(Debug, Clone)]
pub struct QuicConfig {
    /// Largest frame in bytes, either way (256 KiB). Connections start with it;
    /// [`set_frame_limit`](crate::Connection::set_frame_limit) can lower it for receiving.
    pub frame_bytes_max: usize,
    /// What unfinished peers may cost.
    pub handshake: HandshakeLimits,
    /// Peers in handshake above which a new one must first prove its address (1,000). Half of the share of
    /// one address has the same effect for that address.
    pub retry_above: usize,
}

impl Default for QuicConfig {
    fn default() -> Self {
        Self { frame_bytes_max: FRAME_BYTES_MAX, handshake: HandshakeLimits::default(), retry_above: 1_000 }
    }
}

pub(super) fn endpoint(keys: &Keys) -> quinn::EndpointConfig {
    let ids = keys.connection_ids.clone();
    let mut endpoint = quinn::EndpointConfig::new(Arc::new(keys.reset.clone()));
    endpoint.cid_generator(move || Box::new(ids.clone())).min_reset_interval(RESET_INTERVAL);
    endpoint
}

pub(super) fn server(
    crypto: Arc<dyn quinn::crypto::ServerConfig>,
    keys: &Keys,
    config: &QuicConfig,
) -> quinn::ServerConfig {
    let mut transport = transport();
    transport.receive_window(VarInt::from_u32(RECEIVE_WINDOW_FIRST));
    transport.max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX));
    let mut acks = AckFrequencyConfig::default();
    acks.ack_eliciting_threshold(VarInt::from_u32(PACKETS_PER_ACK - 1));
    transport.ack_frequency_config(Some(acks));
    let mut server = quinn::ServerConfig::new(crypto, Arc::new(keys.token.clone()));
    server
        .transport_config(Arc::new(transport))
        .migration(true)
        .max_incoming(config.handshake.pending_max)
        .incoming_buffer_size(INCOMING_BYTES_MAX)
        .incoming_buffer_size_total(INCOMING_BYTES_MAX_TOTAL);
    server
}

pub(super) fn client(crypto: Arc<dyn quinn::crypto::ClientConfig>) -> quinn::ClientConfig {
    let mut transport = transport();
    transport.receive_window(VarInt::from_u32(RECEIVE_WINDOW));
    transport.max_concurrent_bidi_streams(VarInt::from_u32(0));
    transport.keep_alive_interval(Some(KEEP_ALIVE));
    let mut client = quinn::ClientConfig::new(crypto);
    client.transport_config(Arc::new(transport));
    client
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        // The window of the whole connection is the smaller one and the one that can grow.
        .stream_receive_window(VarInt::from_u32(RECEIVE_WINDOW))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(IdleTimeout::try_from(IDLE_TIMEOUT).ok());
    transport
}
