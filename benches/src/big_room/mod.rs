//! A big room under full load: thousands of viewers, some of whom read nothing, and a flood of LOW.
//!
//! Every sender keeps its verdicts, every viewer keeps an account of its own, and at the end each account has to
//! agree with the verdicts, position by position. What is off is told and the program fails.
//!
//! ```text
//!   Gathering ─► Running ─► Ending ───────────────► Settling(ledger) ─────────► Over
//!   all enter    senders    senders wait for their   stalled viewers read again,
//!                send       last verdicts            all read until their account is full
//! ```

mod books;
mod bystander;
mod compare;
mod link;
mod options;
mod outcome;
mod plan;
mod roles;
mod run;
mod sender;
mod stage;
mod table;
mod viewer;

pub use options::BigRoomOptions;

use crate::load::Faults;

/// Runs as often as was asked, and prints what came of it.
///
/// # Errors
///
/// What kept it from running; broken promises are returned as faults.
pub fn big_room(options: &BigRoomOptions) -> Result<Faults, String> {
    if options.compare {
        return compare::compare(options);
    }
    let mut faults = Faults::default();
    for number in 1..=options.runs.max(1) {
        let outcome = run::run(options, options.stalled())?;
        table::print(&format!("big room, run {number} of {}", options.runs.max(1)), &outcome);
        faults.extend(&format!("run {number}"), &outcome.faults);
    }
    Ok(faults)
}
