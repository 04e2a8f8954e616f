//! What was accepted, as the senders were told.

use bim_types::{PerPriority, Priority, Seq};

use super::Faults;

/// Most positions a ledger takes (268 million), one byte each. When it is full, a run is ended.
const POSITIONS_MAX: usize = 1 << 28;

/// A position that no verdict gave.
const NOBODY: u8 = u8::MAX;

/// The class of every position that a verdict gave, in a log that was empty before. The truth that each viewer is
/// measured against.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Of position 1, 2, 3 …
    classes: Vec<u8>,
    counts: PerPriority<u64>,
    sums: PerPriority<u64>,
    faults: Faults,
}

impl Ledger {
    /// Takes a verdict, in any order. `false`: the ledger is full.
    pub fn accept(&mut self, class: Priority, seq: Seq) -> bool {
        let Some(at) = seq.0.checked_sub(1).and_then(|at| usize::try_from(at).ok()) else {
            self.faults.add(|| "a verdict gave position 0".to_owned());
            return true;
        };
        if at >= POSITIONS_MAX {
            return false;
        }
        if self.classes.len() <= at {
            self.classes.resize(at + 1, NOBODY);
        }
        if self.classes[at] != NOBODY {
            self.faults.add(|| format!("position {seq} was given to two messages"));
            return true;
        }
        self.classes[at] = class.number();
        self.counts[class] += 1;
        self.sums[class] = self.sums[class].wrapping_add(seq.0);
        true
    }

    /// Messages that were accepted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.total()
    }

    /// Messages of each class.
    #[must_use]
    pub fn counts(&self) -> PerPriority<u64> {
        self.counts
    }

    /// The positions of each class, added up, as far as a `u64` goes.
    pub(super) fn sums(&self) -> PerPriority<u64> {
        self.sums
    }

    /// How many of a class lie from one position to another, and what they add up to.
    pub(super) fn between(&self, class: Priority, from: Seq, to: Seq) -> (u64, u64) {
        let begin = from.0.max(1);
        let at = |seq: u64| usize::try_from(seq).unwrap_or(usize::MAX).min(self.classes.len());
        let classes = self.classes.get(at(begin - 1)..at(to.0)).unwrap_or_default();
        let ours = (begin..).zip(classes).filter(|(_, of)| **of == class.number());
        ours.fold((0, 0), |(count, sum), (seq, _)| (count + 1, u64::wrapping_add(sum, seq)))
    }

    /// What is off with the verdicts themselves: a position given twice, one below the last that none gave.
    #[must_use]
    pub fn check(&self) -> Faults {
        let mut faults = self.faults.clone();
        let holes = self.classes.len() as u64 - self.total();
        if holes > 0 {
            faults.add(|| format!("{holes} positions up to {} were given by no verdict", self.classes.len()));
        }
        faults
    }
}
