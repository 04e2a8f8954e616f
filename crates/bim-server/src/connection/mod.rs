//! One task for each connection: it owns the pipe, empties the mailbox into it, and hands what arrives to the
//! pump.
//!
//! ```text
//!   Mailbox ─► poll_ready, start_send … one flush ─► peer
//!   pump ◄── bounded queue of arrivals ◄── poll_recv ◄─ peer
//! ```
//!
//! *What it owns.* The connection, its place in the census, and what a stranger may cost: 4 KiB for a frame
//! and [`STRANGER_BYTES_MAX`] in all until the engine admits it.
//!
//! *How it ends.* The engine asks for it: the control frames that wait are written and the connection is
//! closed in order, within [`FAREWELL_TIMEOUT`]. The peer closes or is lost. Or the task panics: then that
//! connection ends, and no other notices. Who started the task tells the engine, once.
//!
//! *When slow.* A peer that takes nothing for [`UNWRITABLE_TIMEOUT`] while something waits, or whose mailbox
//! overflows, or that has not read what it missed within [`REPLAY_TIMEOUT`], is reported once; the engine says goodbye and asks for the end.

mod arrival;
mod driver;
#[cfg(test)]
mod driver_test;

use std::time::Duration;

use bim_types::limits::RESUME_WINDOW;

pub(crate) use arrival::{ARRIVALS_MAX, Arrival};
pub(crate) use driver::{Driver, Ending};

/// Bytes that a peer may send before it is authenticated. More: it is closed.
pub(crate) const STRANGER_BYTES_MAX: usize = 16 * 1024;

/// How long what a resume reads again may wait. Its bytes are the room buffer's, which lets them go after this
/// time; a peer that reads more slowly would keep them, and resumes from where it is instead.
pub(crate) const REPLAY_TIMEOUT: Duration = RESUME_WINDOW;

/// How long the last frames and the close may take. After it the connection is cut.
pub(crate) const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

/// The same for a peer that never said who it is.
pub(crate) const STRANGER_FAREWELL_TIMEOUT: Duration = Duration::from_millis(250);

#[cfg(doc)]
use bim_types::limits::UNWRITABLE_TIMEOUT;
