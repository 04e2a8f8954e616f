//! What is to happen, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_types::Mono;

/// Occasions in order of time; those of the same moment in the order they were planned.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    entries: BTreeMap<(Mono, u64), T>,
    planned: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), planned: 0 }
    }
}

impl<T> Agenda<T> {
    pub(super) fn plan(&mut self, at: Mono, occasion: T) {
        self.planned += 1;
        self.entries.insert((at, self.planned), occasion);
    }

    /// Takes one of the occasions that are due within a time of the next one, if that is due by then: the one that
    /// `choose` picks among so many.
    pub(super) fn one_by(
        &mut self,
        end: Mono,
        within: Duration,
        choose: impl FnOnce(usize) -> usize,
    ) -> Option<(Mono, T)> {
        let ((first, _), _) = self.entries.first_key_value()?;
        let last = (*first + within).min(end);
        let candidates = self.entries.range(..=(last, u64::MAX)).count();
        let chosen = if candidates > 1 { choose(candidates).min(candidates - 1) } else { 0 };
        let (key, _) = self.entries.range(..=(last, u64::MAX)).nth(chosen)?;
        let key = *key;
        self.entries.remove(&key).map(|occasion| (key.0, occasion))
    }

    /// Takes the next occasion if it is due by then.
    pub(super) fn next_by(&mut self, end: Mono) -> Option<(Mono, T)> {
        let ((at, _), _) = self.entries.first_key_value()?;
        if *at > end {
            return None;
        }
        self.entries.pop_first().map(|((at, _), occasion)| (at, occasion))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occasions_come_by_time_and_then_in_the_order_they_were_planned() {
        let mut agenda = Agenda::default();
        for (at, name) in [(2, "c"), (1, "a"), (1, "b"), (9, "late")] {
            agenda.plan(Mono::from_micros(at), name);
        }
        let by = Mono::from_micros(5);
        let due: Vec<_> = std::iter::from_fn(|| agenda.next_by(by)).map(|(_, name)| name).collect();
        assert_eq!(due, ["a", "b", "c"]);
    }
}
