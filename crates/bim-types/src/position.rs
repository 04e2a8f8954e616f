//! Where a message stands: an epoch and a number in it, so that "you missed some" differs from "this is
//! another stream".

use std::fmt;

use crate::priority::{PerPriority, Priority};

/// One life of a log. It changes only when the log was lost or rebuilt, and that is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// The number of a message within an epoch: 1, 2, 3 … without holes. Zero means "before the first".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first message.
    pub const ZERO: Self = Self(0);

    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of one message in its conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which life of the log.
    pub epoch: Epoch,
    /// Which message of that life.
    pub seq: Seq,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch.0, self.seq.0)
    }
}

/// How far a viewer of a live group has been accounted to: for each class, every message up to and
/// including this number was delivered or reported as left out. Given at join, so that a viewer who has
/// received nothing yet can resume too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Which life of the log.
    pub epoch: Epoch,
    /// The last accounted number of each class.
    pub seqs: PerPriority<Seq>,
}

impl Cursor {
    /// A cursor that stands at one position in every class.
    #[must_use]
    pub fn at(position: Position) -> Self {
        Self { epoch: position.epoch, seqs: PerPriority::splat(position.seq) }
    }

    /// Whether a message of this class and number is already accounted.
    #[must_use]
    pub fn covers(&self, priority: Priority, seq: Seq) -> bool {
        seq <= self.seqs[priority]
    }

    /// The lowest number that some class still waits behind.
    #[must_use]
    pub fn lowest(&self) -> Seq {
        Priority::ALL.into_iter().map(|priority| self.seqs[priority]).min().unwrap_or_default()
    }
}
