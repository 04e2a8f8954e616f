//! The load generator: everyone who is connected, on one thread with one poller and one buffer.
//!
//! ```text
//!   Pace: how many are due ─► Sender ─► server ─► Seat: where frames end ─► Book: is it the next one, how late is it
//!     ▲                                                                       │
//!     └──────────────── the number up to which everyone has everything ◄──────┘
//! ```

mod book;
mod link;
mod pace;
mod room;
mod run;
mod seat;
mod sender;

pub use link::{Entered, Link};
pub(crate) use run::run;

use std::time::Duration;

use bim_bench::Load;

/// What every contestant is put through.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Connections that get every message.
    pub viewers: usize,
    /// Bytes of a message, at least [`BODY_BYTES_MIN`](Self::BODY_BYTES_MIN).
    pub body_bytes: usize,
    /// One after the other, with the same viewers.
    pub loads: Vec<Load>,
    /// How long everyone is left alone before memory is looked at.
    pub idle: Duration,
    /// How long a load runs before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub measured: Duration,
}

impl Plan {
    /// Fewest bytes of a message: its number.
    pub const BODY_BYTES_MIN: usize = book::DIGITS;
}
