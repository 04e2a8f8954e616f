//! WebSocket over TCP (`ws://`) and over TLS (`wss://`), for both ends.
//!
//! *What it is.* Each frame is one binary message. The handshake is tokio-tungstenite's, the messages are
//! tungstenite's, TLS is a stream of our own beneath them, and every one of their limits is set here.
//!
//! *How a peer gets in.*
//!
//! ```text
//!   TCP accept ─► a free slot? ─► TLS (5 s) ─► HTTP head, at most 8 KiB, and upgrade (5 s) ─► accept()
//!                  no: closed        slow or wrong: dropped, and nobody else notices
//! ```
//!
//! *Limits.* Messages as large as the frame limit in force, from their announced length on; 4 KiB read
//! steps; 64 KiB outbound before a write, at most 1 MiB; 10 control frames a second. A text message, a
//! control flood or a message over the limit ends the connection with the fitting close code.

mod config;
mod connection;
mod control;
mod dialer;
mod framing;
mod head;
mod listener;
mod poll_io;
mod shared_out;
mod upgrade;

pub use config::WebSocketConfig;
pub use dialer::WebSocketDialer;
pub use listener::WebSocketListener;
