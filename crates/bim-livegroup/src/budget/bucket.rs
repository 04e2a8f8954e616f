//! A token bucket in whole numbers.

use std::time::Duration;

use bim_types::Mono;

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens per second; 0 counts as 1.
    pub per_second: u32,
    /// Tokens it holds; 0 counts as 1.
    pub burst: u32,
}

impl Rate {
    /// A rate whose bucket holds what it gains in a second.
    #[must_use]
    pub const fn of_a_second(per_second: u32) -> Self {
        Self { per_second, burst: per_second }
    }
}

/// Micro-tokens in a token; with time in microseconds no division is needed to fill up.
const TOKEN: u64 = 1_000_000;

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    rate: Rate,
    micro_tokens: u64,
    filled_at: Mono,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn full(rate: Rate, now: Mono) -> Self {
        let rate = Rate { per_second: rate.per_second.max(1), burst: rate.burst.max(1) };
        Self { rate, micro_tokens: u64::from(rate.burst) * TOKEN, filled_at: now }
    }

    /// How long until it has a token; zero when it has one.
    pub fn wait(&mut self, now: Mono) -> Duration {
        self.wait_for(now, TOKEN)
    }

    /// How long until it is at least half full; zero when it is.
    pub fn wait_for_half(&mut self, now: Mono) -> Duration {
        self.wait_for(now, self.size().div_ceil(2))
    }

    /// Takes a token, if it has one.
    pub fn take(&mut self, now: Mono) {
        self.fill(now);
        self.micro_tokens = self.micro_tokens.saturating_sub(TOKEN);
    }

    /// Whether it holds all it can.
    pub fn is_full(&mut self, now: Mono) -> bool {
        self.fill(now);
        self.micro_tokens == self.size()
    }

    /// How fast it fills and how much it holds; nothing in it is zero.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    fn size(&self) -> u64 {
        u64::from(self.rate.burst) * TOKEN
    }

    fn wait_for(&mut self, now: Mono, micro_tokens: u64) -> Duration {
        self.fill(now);
        let missing = micro_tokens.saturating_sub(self.micro_tokens);
        Duration::from_micros(missing.div_ceil(u64::from(self.rate.per_second)))
    }

    fn fill(&mut self, now: Mono) {
        let elapsed = u64::try_from(now.since(self.filled_at).as_micros()).unwrap_or(u64::MAX);
        let gained = elapsed.saturating_mul(u64::from(self.rate.per_second));
        self.micro_tokens = self.micro_tokens.saturating_add(gained).min(self.size());
        self.filled_at = self.filled_at.max(now);
    }
}
