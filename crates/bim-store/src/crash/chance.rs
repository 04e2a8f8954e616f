//! Where a crash gets its luck from.

/// Numbers that look random and are the same for the same seed, on every machine and in every version of
/// this crate. No secret is safe with them.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The numbers of one seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    /// Whether something came true that does so once in so many times. Once in 0 times is never.
    pub fn one_in(&mut self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }

    /// The generator is SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        // The reference values of SplitMix64.
        let mut chance = Chance::seeded(1_234_567);
        assert_eq!(chance.below(u64::MAX), 6_457_827_717_110_365_317);
        assert_eq!(chance.below(u64::MAX), 3_203_168_211_198_807_973);
    }

    #[test]
    fn nothing_is_below_zero_and_once_in_zero_times_is_never() {
        let mut chance = Chance::seeded(1);
        assert_eq!(chance.below(0), 0);
        assert!(!chance.one_in(0));
        assert!(chance.one_in(1));
    }
}
