//! The two clocks that the engine is told.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bim_types::{Mono, Now, Wall};
use tokio::time::Instant;

/// Reads both clocks. Durations always come from tokio's clock, so that paused time works.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    wall: WallClock,
}

#[derive(Clone, Copy, Debug)]
enum WallClock {
    /// The operating system's; it may step.
    System,
    /// So far from this point as tokio's clock went.
    Since(Wall),
}

impl Clock {
    /// The operating system's time of day.
    #[must_use]
    pub fn system() -> Self {
        Self { start: Instant::now(), wall: WallClock::System }
    }

    /// A time of day that moves with tokio's clock, from the present one on: with paused time it stands, and
    /// jumps with it. For tests.
    #[must_use]
    pub fn tokio() -> Self {
        Self { start: Instant::now(), wall: WallClock::Since(system_wall()) }
    }

    /// What both clocks show.
    #[must_use]
    pub fn now(&self) -> Now {
        let since_start = self.start.elapsed();
        let wall = match self.wall {
            WallClock::System => system_wall(),
            WallClock::Since(start) => start + since_start,
        };
        Now { mono: Mono::ZERO + since_start, wall }
    }

    /// When tokio's clock shows a point of the engine's.
    pub(crate) fn instant(&self, mono: Mono) -> Instant {
        // A deadline too far for the clock is one that never comes.
        const FAR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
        self.start.checked_add(mono.since(Mono::ZERO)).unwrap_or_else(|| Instant::now() + FAR)
    }
}

fn system_wall() -> Wall {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn with_paused_time_both_clocks_move_together() {
        let clock = Clock::tokio();
        let before = clock.now();
        tokio::time::advance(Duration::from_secs(90)).await;
        let after = clock.now();
        assert_eq!(after.mono.since(before.mono), Duration::from_secs(90));
        assert_eq!(after.wall.since(before.wall), Duration::from_secs(90));
    }

    #[tokio::test(start_paused = true)]
    async fn an_instant_is_where_the_clock_will_show_it() {
        let clock = Clock::tokio();
        let later = clock.now().mono + Duration::from_secs(5);
        tokio::time::sleep_until(clock.instant(later)).await;
        assert_eq!(clock.now().mono, later);
    }
}
