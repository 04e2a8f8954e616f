//! What is off.

use std::fmt;

/// Promises that were broken: all counted, the first in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    count: u64,
    first: Option<String>,
}

impl Faults {
    /// Adds one, which is only put into words when it is the first.
    pub fn add(&mut self, tell: impl FnOnce() -> String) {
        self.count += 1;
        self.first.get_or_insert_with(tell);
    }

    /// Adds those of somebody, who is named.
    pub fn extend(&mut self, whose: impl FnOnce() -> String, others: &Self) {
        if let Some(first) = &others.first {
            self.count += others.count;
            self.first.get_or_insert_with(|| format!("{}: {first}", whose()));
        }
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether all is well.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.first, self.count) {
            (None, _) => f.write_str("no fault"),
            (Some(first), 1) => f.write_str(first),
            (Some(first), count) => write!(f, "{first}; {} more", count - 1),
        }
    }
}
