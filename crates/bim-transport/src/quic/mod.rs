//! QUIC (`quic://`), for both ends; always TLS 1.3.
//!
//! *What it is.* One QUIC connection with one bidirectional stream, opened by the client, is one
//! [`Connection`](crate::Connection).
//!
//! *On the wire.* The application protocol (ALPN) is `bim/1`. The client's stream begins with the four
//! bytes `BIM1`, so that it is visible to the server at once and either side may speak first. After that,
//! both ways: a length in four bytes, most significant first, and so many bytes of frame.
//!
//! *How it ends.* In order: the stream is finished, the peer's acknowledgement is awaited, then the QUIC
//! connection is closed. A peer that reads on gets every frame and then the end. A dropped connection is
//! closed without finishing the stream, and the peer sees [`TransportError::Lost`](crate::TransportError).
//!
//! *Limits.* A client has 4 bidirectional streams (1 is used) and no others, no datagrams and no early
//! data. 128 KiB may be in flight towards the server until its frame limit is raised, then 1 MiB. Silence
//! of 30 s ends a connection; clients keep theirs alive every 5 s. Addresses may change (migration).
//!
//! *When the server restarts.* A server that was killed says nothing, but when it is back at the same address
//! with the same private key, it answers packets of connections it does not know with a stateless reset that
//! the client recognises: a client that sends notices at once, an idle one with its next keep-alive. The
//! keys for that are derived from the private key and the address, so nothing has to be stored.

mod config;
mod connection;
mod connection_ids;
mod dialer;
mod inbound;
mod keys;
mod listener;
mod outbound;
mod retirement;

pub use config::QuicConfig;
pub use dialer::QuicDialer;
pub use listener::QuicListener;

use crate::TransportError;

/// First bytes of a client's stream.
const PREFACE: &[u8; 4] = b"BIM1";

/// Bytes of the length before each frame.
const LENGTH_BYTES: usize = 4;

/// QUIC application error code of a connection that closes in order or was let go.
const CODE_CLOSED: quinn::VarInt = quinn::VarInt::from_u32(0);
/// QUIC application error code towards a peer that broke the protocol.
const CODE_PROTOCOL: quinn::VarInt = quinn::VarInt::from_u32(1);

fn transport_error(error: &quinn::ConnectionError) -> TransportError {
    use quinn::ConnectionError as Error;
    match error {
        Error::TimedOut => TransportError::TimedOut,
        Error::LocallyClosed => TransportError::Closed,
        Error::ApplicationClosed(_) | Error::ConnectionClosed(_) | Error::Reset => TransportError::Lost,
        Error::TransportError(_) | Error::VersionMismatch => {
            TransportError::Protocol("malformed quic packet")
        }
        Error::CidsExhausted => TransportError::Protocol("quic connection ids exhausted"),
    }
}
