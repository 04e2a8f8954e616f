//! The time of sending, carried in a message.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bim_types::MessageBody;

/// Digits of the time at the beginning of a body, and so the fewest bytes of a body.
pub const STAMP_DIGITS: usize = 20;

/// One clock for senders and viewers of a process, and the bodies that carry its time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    padding: Arc<str>,
}

impl Clock {
    /// A clock that starts now, for bodies of so many bytes; not fewer than the time takes.
    #[must_use]
    pub fn start(body_bytes: usize) -> Self {
        let padding = ".".repeat(body_bytes.saturating_sub(STAMP_DIGITS)).into();
        Self { start: Instant::now(), padding }
    }

    /// How long ago the clock was started.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Nanoseconds since the clock was started.
    #[must_use]
    pub fn nanos(&self) -> u64 {
        u64::try_from(self.now().as_nanos()).unwrap_or(u64::MAX)
    }

    /// A body that says it is sent now.
    #[must_use]
    pub fn stamped(&self) -> MessageBody {
        MessageBody::Text(format!("{:0STAMP_DIGITS$}{}", self.now().as_nanos(), self.padding).into())
    }

    /// When a body says it was sent; `None` when it does not say.
    #[must_use]
    pub fn sent_at(body: &MessageBody) -> Option<Duration> {
        Self::nanos_in(body.as_str()?.as_bytes()).map(Duration::from_nanos)
    }

    /// Nanoseconds from the start until the sending, as the bytes of a body say; `None` when they do not say.
    #[must_use]
    pub fn nanos_in(body: &[u8]) -> Option<u64> {
        let mut nanos = 0_u64;
        for digit in body.get(..STAMP_DIGITS)? {
            let digit = u64::from(digit.wrapping_sub(b'0'));
            if digit > 9 {
                return None;
            }
            nanos = nanos.wrapping_mul(10).wrapping_add(digit);
        }
        Some(nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_when_it_was_sent_and_has_the_size_that_was_asked_for() {
        let clock = Clock::start(64);
        let before = clock.now();
        let body = clock.stamped();
        assert_eq!(body.len(), 64);
        assert!(Clock::sent_at(&body).is_some_and(|at| at >= before && at <= clock.now()));
        assert_eq!(Clock::sent_at(&MessageBody::Text("hello".into())), None);
    }
}
