//! Makes a failing run smaller: the same violation with as few faults as possible.

use crate::plan::Plan;
use crate::run::{Outcome, Run};

/// Runs that shrinking may take.
const ATTEMPTS_MAX: usize = 200;

/// The fewest faults found with which a plan still breaks the same promise, and what comes of it. Halves of the list are
/// left out first, then single faults.
#[must_use]
pub fn shrink(plan: &Plan, outcome: Outcome) -> (Plan, Outcome) {
    shrink_with(plan, outcome, Run::play)
}

/// As [`shrink`], with another way to play a plan.
#[must_use]
pub fn shrink_with(plan: &Plan, outcome: Outcome, play: impl Fn(&Plan) -> Outcome) -> (Plan, Outcome) {
    let Some(check) = outcome.violation.as_ref().map(|violation| violation.check) else {
        return (plan.clone(), outcome);
    };
    let mut best = (plan.clone(), outcome);
    let mut size = best.0.faults.len().div_ceil(2);
    let mut attempts = 0;
    while size > 0 && attempts < ATTEMPTS_MAX {
        let mut at = 0;
        while at < best.0.faults.len() && attempts < ATTEMPTS_MAX {
            attempts += 1;
            let mut smaller = best.0.clone();
            smaller.faults.drain(at..(at + size).min(smaller.faults.len()));
            let outcome = play(&smaller);
            if outcome.violation.as_ref().is_some_and(|violation| violation.check == check) {
                best = (smaller, outcome);
            } else {
                at += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    best
}
