//! The books of delivery: what was accepted, and what became of each message for each viewer. The simulation, the
//! big-room program and the torture tools all count with them.
//!
//! *What it is.* A [`Ledger`] of the positions that were accepted, and an [`Account`] for each viewer. *What it owns.*
//! Positions and counts, no message. *What it never does.* It uses nothing of what it checks: no cursor, no queue and no
//! buffer of the product, only what was written on the wire and what was durable.
//!
//! ```text
//!   frames, markers, verdicts ─► Account ─┐
//!                                         ├─ check ─► Tally per class, Faults
//!   positions that were accepted ─► Ledger┘
//! ```

mod account;
#[cfg(test)]
mod account_test;
mod faults;
mod ledger;
mod seq_set;
mod spans;

pub use account::{Account, Tally};
pub use faults::Faults;
pub use ledger::Ledger;
pub use seq_set::SeqSet;
