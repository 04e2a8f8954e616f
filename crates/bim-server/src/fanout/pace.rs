//! When groups are sent what was gathered for them.

use std::time::Duration;

use tokio::time::Instant;

/// What has to be sent waits at most this long for company, counted from the end of the sending before; with the
/// granularity of the timers, 2 ms.
const COMPANY_WAIT_MAX: Duration = Duration::from_millis(1);

/// Lets messages travel together when sending is what takes the time: a room of thousands that has just been sent to waits
/// a moment for what is on its way, since each batch costs one write to every viewer, however many messages are in it.
/// A server that is not busy sends at once.
#[derive(Debug)]
pub(super) struct Pace {
    /// When something may be sent again.
    free_at: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { free_at: now }
    }

    /// When to send what is there.
    pub(super) fn due(&self) -> Instant {
        self.free_at
    }

    /// Something was sent.
    pub(super) fn sent(&mut self, from: Instant, to: Instant) {
        let took = to.saturating_duration_since(from);
        // Who needs less than the wait to send is better off without it.
        self.free_at = if took < COMPANY_WAIT_MAX { to } else { to + COMPANY_WAIT_MAX };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_after_a_sending_that_took_long_the_next_one_waits() {
        let start = Instant::now();
        let after = |micros| start + Duration::from_micros(micros);
        let mut pace = Pace::new(start);
        assert_eq!(pace.due(), start);
        pace.sent(start, after(900));
        assert_eq!(pace.due(), after(900));
        pace.sent(after(1_000), after(6_000));
        assert_eq!(pace.due(), after(7_000));
    }
}
