//! How long to wait before trying again.

use std::time::Duration;

use bim_types::limits::{RECONNECT_DELAY_FIRST, RECONNECT_DELAY_MAX};
use bim_types::{Defect, Entropy};

/// The longest delay a server may ask for. A longer one is cut to this: the server can ask again, and a client
/// that was told nonsense comes back all the same.
pub(crate) const ASKED_DELAY_MAX: Duration = Duration::from_secs(10 * 60);

/// Full jitter: each delay is drawn from zero to a bound that doubles with each failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next delay. One that the server asked for is waited out first, up to [`ASKED_DELAY_MAX`].
    pub(crate) fn next(&mut self, entropy: &mut Entropy, asked: Option<Duration>) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let bound = RECONNECT_DELAY_FIRST.saturating_mul(factor).min(RECONNECT_DELAY_MAX);
        self.failures = self.failures.saturating_add(1);
        let asked = asked.filter(|_| !Defect::HintIgnored.is_planted());
        asked.unwrap_or_default().min(ASKED_DELAY_MAX).saturating_add(entropy.up_to(bound))
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_drawn_from_a_range_that_doubles_up_to_its_cap() {
        let longest = |failures| {
            let drawn = (0..2000).map(|seed| Backoff { failures }.next(&mut Entropy::new(seed), None));
            drawn.max().unwrap()
        };
        for (failures, bound) in [(0, 500), (1, 1000), (3, 4000), (6, 30_000), (40, 30_000)] {
            let bound = Duration::from_millis(bound);
            assert!(longest(failures) <= bound);
            assert!(longest(failures) > bound.mul_f64(0.98));
        }
    }

    #[test]
    fn a_delay_is_never_shorter_than_what_the_server_asked_for() {
        let asked = Duration::from_secs(7);
        for seed in 0..100 {
            let delay = Backoff::default().next(&mut Entropy::new(seed), Some(asked));
            assert!(delay >= asked);
            assert!(delay <= asked + RECONNECT_DELAY_FIRST);
        }
    }
}
