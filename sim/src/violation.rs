//! A promise that was broken.

use std::fmt;

use bim_types::Mono;

/// A promise that was broken, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which checker says so.
    pub check: &'static str,
    /// What it saw.
    pub what: String,
    /// In virtual time since the start.
    pub at: Mono,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.as_micros() as f64 / 1e6;
        write!(f, "{} at {seconds:.3} s: {}", self.check, self.what)
    }
}
