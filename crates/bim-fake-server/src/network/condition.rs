//! How a network is.

use std::time::Duration;

/// How a network is. By default nothing is wrong with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// There is none, and everyone knows: connections are cut, dials fail.
    pub(super) is_offline: bool,
    /// Nothing arrives in either direction, and nobody knows.
    pub(super) is_silent: bool,
    /// The client takes nothing; what it sends arrives.
    pub(super) is_stalled: bool,
    /// The client takes one frame in so long at most.
    pub(super) pace: Option<Duration>,
}

impl Condition {
    /// The worse of two in each respect.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            is_offline: self.is_offline || other.is_offline,
            is_silent: self.is_silent || other.is_silent,
            is_stalled: self.is_stalled || other.is_stalled,
            pace: self.pace.max(other.pace),
        }
    }
}
