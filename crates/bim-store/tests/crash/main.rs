//! Stores on a disk that fails: the power goes at every write and every sync of a script, and again while the
//! store recovers; or a write, a sync or the space fails and the machine goes on.
//!
//! A [`Script`] says what is done to a store and what must be there after each commit; [`power_cut`] and
//! [`failing_disk`] do it on disks that fail in their way. What was acked is there, a commit that was not is
//! there whole or not at all, and the store goes on from there.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod client_script;
mod failing_disk;
mod full_disk;
mod log_scripts;
mod power_cut;
mod script;

use script::Script;
