//! How a program that checks promises ends.
#![expect(clippy::print_stderr, reason = "what is off is told where nothing else is")]

use std::process::ExitCode;

use crate::load::Faults;

/// Success when all is well; otherwise says exactly what is off.
#[must_use]
pub fn verdict(checked: Result<Faults, String>) -> ExitCode {
    match checked {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            eprint!("\n{} promises broken:\n{faults}", faults.count());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("could not run: {error}");
            ExitCode::FAILURE
        }
    }
}
