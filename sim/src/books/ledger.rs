//! What was accepted, as the senders were told.

use bim_types::{PerPriority, Priority, Seq};

use super::{Faults, SeqSet};

/// Every position that a verdict gave, by class. The truth that each viewer is measured against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    classes: PerPriority<Vec<Seq>>,
    all: SeqSet,
    last: Seq,
}

impl Ledger {
    /// The ledger of a log that was empty, from the verdicts of all senders in any order.
    ///
    /// A position that was given twice, and one below the last that no verdict gave, are faults: the log has no
    /// holes, so somebody's message was accepted without a verdict.
    pub fn of(accepted: impl IntoIterator<Item = (Priority, Seq)>, faults: &mut Faults) -> Self {
        let mut ledger = Self::default();
        for (class, seq) in accepted {
            if !ledger.all.insert(seq) {
                faults.add("position given twice", || format!("position {seq} was given to two messages"));
                continue;
            }
            ledger.classes[class].push(seq);
            ledger.last = ledger.last.max(seq);
        }
        for class in Priority::ALL {
            ledger.classes[class].sort_unstable();
        }
        let unknown = ledger.last.0 - ledger.all.len();
        if unknown > 0 {
            faults.add("accepted without a verdict", || {
                format!("{unknown} positions up to {} were given by no verdict", ledger.last)
            });
        }
        ledger
    }

    /// Takes the position that was given after the last one. `false`, and nothing is taken, when it is not the next.
    pub fn accept(&mut self, class: Priority, seq: Seq) -> bool {
        let is_next = seq == self.last.next();
        if is_next {
            self.all.insert(seq);
            self.classes[class].push(seq);
            self.last = seq;
        }
        is_next
    }

    /// The positions of a class after one and up to another.
    #[must_use]
    pub fn between(&self, class: Priority, after: Seq, to: Seq) -> &[Seq] {
        let all = &self.classes[class];
        let begin = all.partition_point(|seq| *seq <= after);
        let end = all.partition_point(|seq| *seq <= to);
        all.get(begin..end).unwrap_or_default()
    }

    /// Messages of a class after a position.
    #[must_use]
    pub fn after(&self, class: Priority, after: Seq) -> u64 {
        self.between(class, after, self.last).len() as u64
    }

    /// The last position.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.last
    }

    /// Messages of a class.
    #[must_use]
    pub fn count(&self, class: Priority) -> u64 {
        self.classes[class].len() as u64
    }

    /// Whether a position was given to a message of a class.
    #[must_use]
    pub fn has(&self, class: Priority, seq: Seq) -> bool {
        self.classes[class].binary_search(&seq).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_given_twice_and_one_never_given_are_faults() {
        let mut faults = Faults::default();
        let accepted = [(Priority::High, Seq(1)), (Priority::Low, Seq(3)), (Priority::Low, Seq(4))];
        let ledger = Ledger::of(accepted, &mut faults);
        assert_eq!(faults.count(), 1);
        assert_eq!(ledger.between(Priority::Low, Seq(3), Seq(9)), [Seq(4)]);
        assert_eq!(ledger.between(Priority::Low, Seq(9), Seq(3)), []);
        Ledger::of(accepted.into_iter().chain([(Priority::High, Seq(4))]), &mut faults);
        assert_eq!(faults.count(), 3);
    }

    #[test]
    fn a_ledger_that_is_kept_as_things_happen_takes_the_next_position_only() {
        let mut ledger = Ledger::default();
        assert!(ledger.accept(Priority::Low, Seq(1)) && ledger.accept(Priority::High, Seq(2)));
        assert!(!ledger.accept(Priority::High, Seq(2)) && !ledger.accept(Priority::High, Seq(4)));
        let all = [(Priority::Low, Seq(1)), (Priority::High, Seq(2))];
        assert_eq!(ledger, Ledger::of(all, &mut Faults::default()));
    }

    #[test]
    fn positions_without_holes_are_no_fault_in_any_order() {
        let mut faults = Faults::default();
        let ledger = Ledger::of([(Priority::Low, Seq(2)), (Priority::High, Seq(1))], &mut faults);
        assert!(faults.is_empty());
        assert_eq!((ledger.last(), ledger.after(Priority::Low, Seq(1))), (Seq(2), 1));
        assert!(ledger.has(Priority::High, Seq(1)) && !ledger.has(Priority::High, Seq(2)));
    }
}
