//! The bim server engine under tokio: listeners, fan-out, store, configuration, shutdown.
//!
//! *What it is.* A shell. It carries bytes between connections and the engine of [`bim_server_core`], and
//! operations between the engine and a log, and understands none of them. The fake server is this same
//! shell over memory parts.
//!
//! *What it owns.* Sockets, tasks, threads, clocks, random bits, the data directory, and every limit that
//! keeps one connection from costing another: see [`ConnectionLimits`] and [`bim_types::limits`].
//!
//! *What it never does.* It does not read a frame, decide who may do what, or lose the result of a commit.
//! It installs no log subscriber and starts no runtime.
//!
//! ```text
//!   Listener ─► Door ─► one task per connection ─► arrivals (bounded) ─┐
//!                           ▲                                          ▼
//!                        Mailbox ◄── Shard ◄── Fanout ◄── outputs ── Pump ── Engine
//!                                                                      ▲
//!                                   log threads ── results ────────────┤
//!                                   Moderator ── verdicts ─────────────┤
//!                                   AdminHandle, AdminClient ──────────┘
//! ```
//!
//! *Memory.* Bounded by settings: connections × (queue bytes + the transport's buffers) + live groups ×
//! (`limits.room_buffer_bytes` + what it remembers of its senders) + apps × 2 MiB of revoked tokens, at most +
//! 1,024 arrivals of at most 256 KiB + the log's queue of 64 MiB and its cache + with a moderator, 2,048
//! messages of at most 64 KiB that are with it + while it is recorded, 64 MiB that wait for the disk. A live
//! group remembers the budgets of its active senders, 65,536 of 256 bytes, and the names of the messages of the
//! resume window, 65,536 of 300 bytes: up to 36 MiB for one in which as many speak as may, and next to nothing
//! for a quiet one.
//!
//! | feature | gives |
//! |---|---|
//! | `websocket` | `ws://` and `wss://` |
//! | `quic` | `quic://`, and the development certificate |
//! | `redb` | `Server::open`: the real server on a data directory, and `admin::connect_or_open` |

pub mod admin;
mod census;
#[cfg(all(feature = "redb", any(feature = "websocket", feature = "quic")))]
mod certificate;
mod clock;
pub mod config;
mod connection;
mod counters;
mod door;
mod fanout;
#[cfg(feature = "redb")]
mod listeners;
pub mod moderation;
mod notice;
#[cfg(feature = "redb")]
mod open;
#[cfg(feature = "redb")]
mod private_file;
mod pump;
pub mod recording;
mod running;
mod server;
#[cfg(all(feature = "websocket", feature = "quic"))]
#[cfg(test)]
mod sockets_test;
mod start_error;
mod store;
#[cfg(test)]
mod testing;

pub use census::ConnectionLimits;
pub use clock::Clock;
pub use config::{ConfigError, ServerConfig, ServerOverrides};
pub use counters::Counters;
pub use pump::Machine;
pub use running::{DRAIN_TIMEOUT, LEAVE_TIMEOUT, Running, Stopped};
pub use server::Server;
pub use start_error::StartError;
pub use store::StoreMode;
