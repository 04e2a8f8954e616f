//! How an operator's program talks to a server: in process, or from another process on the same machine.
//!
//! ```text
//!   AdminHandle ───────────────────────────────► pump ─► engine
//!   AdminClient ─► 127.0.0.1, one JSON line ─► AdminService ─┘
//!        │  reads address and key from data_dir/admin.json, which only the owner may read
//!        └─ no server runs: opens the database and runs the engine for the one command
//! ```
//!
//! *Limits.* One request a connection, at most [`LINE_BYTES_MAX`] bytes, within [`REQUEST_TIMEOUT`], and at
//! most [`REQUESTS_MAX`] at once. The key is 32 random bytes, new with each start, and compared in constant
//! time.

#[cfg(feature = "redb")]
#[cfg(test)]
mod admin_test;
#[cfg(feature = "redb")]
mod client;
pub mod command;
mod error;
mod handle;
#[cfg(feature = "redb")]
mod hex;
#[cfg(feature = "redb")]
mod place;
#[cfg(feature = "redb")]
mod service;
#[cfg(feature = "redb")]
mod wire;

use std::time::Duration;

pub use bim_server_core::{AdminCommand, AdminReply, AppSummary, RevokedTokens};
#[cfg(feature = "redb")]
pub use client::{AdminClient, connect, connect_or_open};
pub use error::AdminError;
pub use handle::AdminHandle;
#[cfg(feature = "redb")]
pub(crate) use service::AdminService;

/// Longest request line, in bytes. A longer one is refused.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// Longest answer line that a client reads, in bytes: thousands of apps.
#[cfg(feature = "redb")]
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest time for one request and its answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Requests served at once. More wait to be accepted.
pub const REQUESTS_MAX: usize = 8;
