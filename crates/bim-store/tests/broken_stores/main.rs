//! The contract suites themselves are put to the test: logs and client stores with one fault each, of the kind
//! that real ones had, must be found out by the check that is about it.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod client;
mod client_test;
mod log;
mod log_test;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The names of the checks that fail.
fn failing<C: Copy>(checks: &[(&'static str, C)], run: impl Fn(C)) -> Vec<&'static str> {
    let fails = |check| catch_unwind(AssertUnwindSafe(|| run(check))).is_err();
    checks.iter().filter(|(_, check)| fails(*check)).map(|(name, _)| *name).collect()
}

/// Prints which checks found which fault, and fails unless all of those did that are about it.
#[expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]
fn all_found<F: Copy + Debug>(faults: &[(F, &[&str])], failures: impl Fn(F) -> Vec<&'static str>) {
    let mut found = 0;
    for (fault, checks) in faults {
        let failures = failures(*fault);
        let all = checks.iter().all(|check| failures.contains(check));
        let verdict = if all { "found" } else { "MISSED" };
        println!("{verdict:6} {:30} {}", format!("{fault:?}"), checks.join(", "));
        found += usize::from(all);
    }
    println!("{found} of {} found", faults.len());
    assert_eq!(found, faults.len(), "the table above says which ones were missed");
}
