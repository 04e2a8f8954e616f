//! How many control frames a peer may send.

use std::time::Duration;

use tokio::time::Instant;

/// Pings and pongs accepted from a peer in one second; one more is a flood and ends the connection.
const CONTROL_FRAMES_PER_SECOND: u32 = 10;

/// Counts control frames in windows of one second.
#[derive(Debug, Default)]
pub(super) struct ControlBudget {
    window: Option<Instant>,
    spent: u32,
}

impl ControlBudget {
    /// Counts one control frame; `false` when it is one too many.
    pub(super) fn spend(&mut self, now: Instant) -> bool {
        match self.window {
            Some(start) if now.duration_since(start) < Duration::from_secs(1) => self.spent += 1,
            _ => (self.window, self.spent) = (Some(now), 1),
        }
        self.spent <= CONTROL_FRAMES_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_in_a_second_pass_and_the_eleventh_does_not() {
        let mut budget = ControlBudget::default();
        let start = Instant::now();
        assert!((0..10).all(|_| budget.spend(start)));
        assert!(!budget.spend(start));
        assert!(budget.spend(start + Duration::from_secs(1)));
    }
}
