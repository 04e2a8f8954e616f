//! What can be set about WebSocket connections, and what is passed on to tungstenite.

use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig as Tuning};

#[cfg(feature = "tls")]
use crate::tls::ServerTls;
use crate::{
    HandshakeLimits,
    limits::{FRAME_BYTES_MAX, OUTBOUND_BYTES_HIGH},
};

/// Bytes that tungstenite takes at a time from a client; every connection owns a buffer of this size. The stream beneath
/// reads more at once. Most of what clients send is smaller, and a server has many of them.
const SERVER_READ_BUFFER_BYTES: usize = 256;

/// The same for what a server sends to a client.
const CLIENT_READ_BUFFER_BYTES: usize = 1024;

/// Most bytes that wait for a socket: the high-water mark, the frame on top of it, and room to spare.
const WRITE_BUFFER_BYTES_MAX: usize = 1024 * 1024;

/// Bytes that a frame may have in addition to its payload: the largest header.
const FRAME_HEADER_BYTES_MAX: usize = 14;

/// How a [`WebSocketListener`](super::WebSocketListener) works.
#[derive(Debug, Clone)]
pub struct WebSocketConfig {
    /// With it the listener speaks `wss://`, without it `ws://`.
    #[cfg(feature = "tls")]
    pub tls: Option<ServerTls>,
    /// Largest frame in bytes, either way (256 KiB). Connections start with it;
    /// [`set_frame_limit`](crate::Connection::set_frame_limit) can lower it for receiving.
    pub frame_bytes_max: usize,
    /// What unfinished peers may cost.
    pub handshake: HandshakeLimits,
}

impl Default for WebSocketConfig {
    fn default() -> Self {
        Self {
            #[cfg(feature = "tls")]
            tls: None,
            frame_bytes_max: FRAME_BYTES_MAX,
            handshake: HandshakeLimits::default(),
        }
    }
}

pub(super) fn tuning(role: Role, frame_bytes_max: usize) -> Tuning {
    let read_buffer_bytes = match role {
        Role::Server => SERVER_READ_BUFFER_BYTES,
        Role::Client => CLIENT_READ_BUFFER_BYTES,
    };
    let one_frame_on_top = OUTBOUND_BYTES_HIGH + frame_bytes_max + FRAME_HEADER_BYTES_MAX + read_buffer_bytes;
    Tuning::default()
        .read_buffer_size(read_buffer_bytes)
        .write_buffer_size(OUTBOUND_BYTES_HIGH)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX.max(one_frame_on_top))
        .max_message_size(Some(frame_bytes_max))
        .max_frame_size(Some(frame_bytes_max))
        .accept_unmasked_frames(false)
}
