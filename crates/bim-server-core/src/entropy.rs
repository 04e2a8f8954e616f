//! Random bits from a seed: ids and jitter, never secrets.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, good enough for ids that are checked for
/// collision and for jitter.
#[derive(Clone, Debug)]
pub(crate) struct Entropy(u64);

impl Entropy {
    /// Starts from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Sixty-four bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A duration between two, so that many peers do not come back at once.
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX).max(1);
        least + Duration::from_millis(self.bits() % span)
    }
}
