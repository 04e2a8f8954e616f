//! The clocks of one process, which may be wrong.

use std::time::Duration;

use bim_types::{Mono, Now, Wall};

/// One million: rates are parts of it.
const MILLION: i128 = 1_000_000;

/// The clocks of one process: how fast they run, and how far its time of day is off.
///
/// The monotonic clock begins at zero with the process and never steps; the time of day may be set at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepClock {
    began: Mono,
    wall_at_start: Wall,
    /// Parts per million by which both clocks run fast (or slow, below zero); -100,000 to 100,000.
    drift_ppm: i32,
    /// Milliseconds by which the time of day is ahead of what it should be.
    wall_offset_ms: i64,
}

impl StepClock {
    /// Clocks of a process that begins at a point in true time, when the true time of day is `wall`.
    #[must_use]
    pub fn new(began: Mono, wall: Wall, drift_ppm: i32) -> Self {
        Self { began, wall_at_start: wall, drift_ppm: drift_ppm.clamp(-100_000, 100_000), wall_offset_ms: 0 }
    }

    /// Sets the time of day so many milliseconds ahead of what it should be, or behind it, below zero.
    pub fn set_wall_offset(&mut self, ms: i64) {
        self.wall_offset_ms = ms;
    }

    /// What both clocks show at a point in true time.
    #[must_use]
    pub fn now(&self, at: Mono) -> Now {
        let passed = at.since(self.began).as_micros();
        let shown = i128::try_from(passed).unwrap_or(i128::MAX / MILLION) * self.rate() / MILLION;
        let shown = u64::try_from(shown).unwrap_or(u64::MAX);
        let wall = (self.wall_at_start + Duration::from_micros(shown)).as_millis();
        Now {
            mono: Mono::from_micros(shown),
            wall: Wall::from_millis(wall.saturating_add_signed(self.wall_offset_ms)),
        }
    }

    /// The first point in true time at which the monotonic clock shows this much.
    #[must_use]
    pub fn when(&self, shown: Mono) -> Mono {
        let passed = (i128::from(shown.as_micros()) * MILLION + self.rate() - 1) / self.rate();
        self.began + Duration::from_micros(u64::try_from(passed).unwrap_or(u64::MAX))
    }

    fn rate(&self) -> i128 {
        MILLION + i128::from(self.drift_ppm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_due_no_earlier_and_hardly_later_than_the_clock_shows_it() {
        for drift in [-50_000, -1, 0, 3, 50_000] {
            let clock = StepClock::new(Mono::from_micros(77), Wall::from_secs(9), drift);
            for shown in [0, 1, 999_999, 12_345_678] {
                let when = clock.when(Mono::from_micros(shown));
                let now = clock.now(when).mono.as_micros();
                assert!((shown..=shown + 1).contains(&now), "drift {drift}: {shown} is shown as {now}");
            }
        }
    }

    #[test]
    fn a_step_moves_the_time_of_day_alone() {
        let mut clock = StepClock::new(Mono::ZERO, Wall::from_secs(1_000), 0);
        let before = clock.now(Mono::from_micros(5_000_000));
        clock.set_wall_offset(-86_400_000);
        let after = clock.now(Mono::from_micros(5_000_000));
        assert_eq!(before.mono, after.mono);
        assert_eq!(after.wall, Wall::from_millis(0), "not before the epoch");
        assert_eq!(before.wall, Wall::from_secs(1_005));
    }
}
