//! Chance as a value: bits from a seed, so that machines draw ids and jitter and stay repeatable.

use std::time::Duration;

use crate::ids::DeviceId;

/// A generator of evenly spread bits (SplitMix64, Steele, Lea and Flood 2014), seeded by the shell. Good for
/// jitter and names; not for secrets.
#[derive(Clone, Debug)]
pub struct Entropy(u64);

impl Entropy {
    /// Starts from a seed: the same seed gives the same bits.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Sixty-four bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Any duration from zero to this one, in microseconds.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        let span = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX - 1).saturating_add(1);
        let drawn = (u128::from(self.bits()) * u128::from(span)) >> 64;
        Duration::from_micros(u64::try_from(drawn).unwrap_or(u64::MAX))
    }

    /// The name of a new device.
    pub fn device(&mut self) -> DeviceId {
        DeviceId::new((u128::from(self.bits()) << 64) | u128::from(self.bits()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bits() {
        let draw = |seed| {
            let mut entropy = Entropy::new(seed);
            [entropy.bits(), entropy.bits()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_eq!(draw(0)[0], 0xE220_A839_7B1D_CDAF, "the generator's published first value");
    }

    #[test]
    fn a_drawn_duration_fills_its_range_and_stays_in_it() {
        let mut entropy = Entropy::new(3);
        let longest = Duration::from_millis(100);
        let drawn: Vec<_> = (0..1000).map(|_| entropy.up_to(longest)).collect();
        assert!(drawn.iter().all(|delay| *delay <= longest));
        assert!(drawn.iter().any(|delay| *delay < longest / 10));
        assert!(drawn.iter().any(|delay| *delay > longest * 9 / 10));
        assert_eq!(entropy.up_to(Duration::ZERO), Duration::ZERO);
    }
}
