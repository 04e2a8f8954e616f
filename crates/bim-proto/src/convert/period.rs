//! Periods as numbers. They are rounded up: whoever comes back a moment too soon is refused again.

use std::time::Duration;

const NANOS_PER_SECOND: u128 = 1_000_000_000;
const NANOS_PER_MILLISECOND: u128 = 1_000_000;

/// Whole milliseconds.
pub(crate) fn millis(period: Duration) -> u64 {
    whole(period, NANOS_PER_MILLISECOND)
}

/// Whole seconds.
pub(crate) fn seconds(period: Duration) -> u64 {
    whole(period, NANOS_PER_SECOND)
}

fn whole(period: Duration, unit_nanos: u128) -> u64 {
    u64::try_from(period.as_nanos().div_ceil(unit_nanos)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_rounded_up_and_never_lost() {
        for (nanos, seconds_read, millis_read) in
            [(0, 0, 0), (1, 1, 1), (1_000_000, 1, 1), (1_000_001, 1, 2), (1_000_000_001, 2, 1_001)]
        {
            let period = Duration::from_nanos(nanos);
            assert_eq!((seconds(period), millis(period)), (seconds_read, millis_read), "{nanos} ns");
        }
        assert_eq!((seconds(Duration::MAX), millis(Duration::MAX)), (u64::MAX, u64::MAX));
    }
}
