//! Pluggable frame transports for bim: memory, WebSocket and QUIC behind one trait, with a contract suite.
//!
//! *What it is.* A [`Connection`] is one established, ordered, reliable pipe of whole frames of bytes. A
//! [`Dialer`] opens connections, a [`Listener`] takes them in. All three are small, poll-based or
//! `async_trait`, and usable as `dyn`, so that the layers above never know which network they are on.
//!
//! *What it owns.* Sockets, handshakes, TLS, framing, and the limits on all of them: frame sizes, buffers,
//! handshake time, unauthenticated peers.
//!
//! *What it never does.* It does not read frames, retry, reconnect, authenticate, or know what time of day
//! it is. A frame is bytes.
//!
//! ```text
//!   Dialer::dial ──► Connection ══ whole frames, in order, both ways ══ Connection ◄── Listener::accept
//!                       │                                                  │
//!            memory · WebSocket (ws, wss) · QUIC · yours        Counted<C> · Faulty<C> wrap any of them
//! ```
//!
//! | module | what | feature |
//! |---|---|---|
//! | [`memory`] | pairs and a hub inside one process, no runtime needed | – |
//! | `websocket` | `ws://`, and `wss://` together with `tls` | `websocket` |
//! | `quic` | `quic://`, TLS 1.3 | `quic` |
//! | `tls` | server certificates, and whom a client trusts | `tls` |
//! | [`wrappers`] | counting and scripted faults around any connection | – |
//! | `contract` | the checks that every transport passes, for authors of transports | `contract` |
//!
//! ```
//! use bim_transport::{ConnectionExt, memory};
//! use bytes::Bytes;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), bim_transport::TransportError> {
//! let (mut left, mut right) = memory::pair(memory::MemoryConfig::default());
//! left.send(Bytes::from_static(b"hello")).await?;
//! assert_eq!(right.recv().await.unwrap()?, "hello");
//! # Ok(())
//! # }
//! ```

mod connection;
mod connection_ext;
mod dialer;
mod endpoint;
mod error;
mod limits;
mod listener;
mod peer;

#[cfg(any(feature = "websocket", feature = "quic"))]
mod addresses;
#[cfg(any(feature = "websocket", feature = "quic"))]
mod admission;
#[cfg(any(feature = "websocket", feature = "quic"))]
mod intake;

#[cfg(feature = "contract")]
pub mod contract;
pub mod memory;
#[cfg(feature = "quic")]
pub mod quic;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "websocket")]
pub mod websocket;
pub mod wrappers;

pub use bim_types::{FrameBatch, Framing};
pub use connection::{BoxConnection, Connection};
pub use connection_ext::ConnectionExt;
pub use dialer::{CertificateProblem, DialError, Dialer};
pub use endpoint::{Endpoint, EndpointError, Scheme};
pub use error::TransportError;
pub use limits::{CLOSE_TIMEOUT, DIAL_TIMEOUT, FRAME_BYTES_MAX, HandshakeLimits, OUTBOUND_BYTES_HIGH};
pub use listener::{AcceptError, BindError, Listener};
pub use peer::{Peer, TransportKind};
