//! How often things go wrong, and what that means for one seed.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_types::Entropy;

use super::FaultKind;

/// How often each kind of fault happens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    per_minute: BTreeMap<FaultKind, f64>,
}

/// One fault that is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFault {
    /// Its place in the whole list of its seed, from 0; the same in a shortened list.
    pub number: usize,
    /// When, after the start.
    pub at: Duration,
    /// What.
    pub kind: FaultKind,
    /// How long it lasts; zero when it is over at once.
    pub lasts: Duration,
    /// To whom: the remainder of a division by however many there are.
    pub target: u64,
    /// Chance for whatever else has to be decided about it.
    pub dice: u64,
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What a user on the move sees: connections are cut, stall and are slow a few times a minute.
    #[must_use]
    pub fn mobile() -> Self {
        Self::none()
            .per_minute(FaultKind::Cut, 3.0)
            .per_minute(FaultKind::HalfOpen, 0.5)
            .per_minute(FaultKind::Stall, 2.0)
            .per_minute(FaultKind::SlowRead, 0.5)
    }

    /// Every kind, each about once a minute.
    #[must_use]
    pub fn storm() -> Self {
        FaultKind::ALL.iter().fold(Self::none(), |faults, kind| faults.per_minute(*kind, 1.0))
    }

    /// Sets how often a kind happens in a minute, on average; 0 for never. At most 6,000; what is not a number counts
    /// as 0.
    #[must_use]
    pub fn per_minute(mut self, kind: FaultKind, times: f64) -> Self {
        let times = if times.is_finite() { times.clamp(0.0, 6_000.0) } else { 0.0 };
        self.per_minute.insert(kind, times);
        self
    }

    /// How often a kind happens in a minute, on average.
    #[must_use]
    pub fn times_per_minute(&self, kind: FaultKind) -> f64 {
        self.per_minute.get(&kind).copied().unwrap_or(0.0)
    }

    /// What happens within a time, by a seed, in order. The faults of one kind are the same whichever others are on.
    #[must_use]
    pub fn plan(&self, seed: u64, span: Duration) -> Vec<PlannedFault> {
        let mut planned = Vec::new();
        for (kind, per_minute) in &self.per_minute {
            if *per_minute > 0.0 {
                self.plan_kind(*kind, Duration::from_secs(60).div_f64(*per_minute), seed, span, &mut planned);
            }
        }
        planned.sort_by_key(|fault| (fault.at, fault.kind));
        for (number, fault) in planned.iter_mut().enumerate() {
            fault.number = number;
        }
        planned
    }

    fn plan_kind(
        &self,
        kind: FaultKind,
        mean: Duration,
        seed: u64,
        span: Duration,
        planned: &mut Vec<PlannedFault>,
    ) {
        let mut dice = Entropy::new(seed ^ (kind as u64 + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let mut at = dice.up_to(mean * 2);
        while at < span {
            let (lasts, target) = (dice.up_to(kind.lasts_at_most()), dice.bits());
            planned.push(PlannedFault { number: 0, at, kind, lasts, target, dice: dice.bits() });
            at += dice.up_to(mean * 2).max(Duration::from_micros(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn faults_come_about_as_often_as_was_said_and_in_order() {
        let plan = Faults::none().per_minute(FaultKind::Cut, 2.0).plan(1, HOUR);
        assert!((90..150).contains(&plan.len()), "{} in an hour", plan.len());
        assert!(plan.is_sorted_by_key(|fault| fault.at));
        assert!(plan.iter().enumerate().all(|(at, fault)| fault.number == at));
    }

    #[test]
    fn another_seed_is_another_plan_and_the_same_one_the_same() {
        let faults = Faults::storm();
        assert_eq!(faults.plan(1, HOUR), faults.plan(1, HOUR));
        assert_ne!(faults.plan(1, HOUR), faults.plan(2, HOUR));
    }

    #[test]
    fn the_faults_of_one_kind_do_not_depend_on_the_others() {
        let cuts = |faults: Faults| -> Vec<_> {
            let plan = faults.plan(9, HOUR).into_iter();
            plan.filter(|fault| fault.kind == FaultKind::Cut).map(|fault| (fault.at, fault.dice)).collect()
        };
        assert_eq!(cuts(Faults::storm()), cuts(Faults::none().per_minute(FaultKind::Cut, 1.0)));
    }

    #[test]
    fn what_is_not_a_number_of_times_is_never() {
        let faults = Faults::none().per_minute(FaultKind::Cut, f64::NAN).per_minute(FaultKind::Kick, -1.0);
        assert!(faults.plan(1, HOUR).is_empty());
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), FaultKind::ALL.len());
    }
}
