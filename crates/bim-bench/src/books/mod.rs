//! The books of delivery, lean enough for millions of entries a second: what was accepted, and what became of it for
//! each viewer.
//!
//! *What it owns.* For each viewer three numbers a class and its gap markers; for all of them one byte a position.
//! *What it never does.* It uses nothing of what it checks: no cursor, queue or buffer of the product.
//!
//! ```text
//!   frames, gap markers ─► Account ─┐
//!                                   ├─ check ─► Tally, Faults
//!   verdicts of the senders ─► Ledger
//! ```

mod account;
mod faults;
mod ledger;

pub use account::{Account, Tally};
pub use faults::Faults;
pub use ledger::Ledger;
