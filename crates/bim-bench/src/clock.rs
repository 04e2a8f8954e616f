//! The time of sending, carried in a message.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bim_types::MessageBody;

/// Digits of the time at the beginning of a body.
const STAMP_DIGITS: usize = 20;

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

    /// A body that says it is sent now.
    #[must_use]
    pub fn stamped(&self) -> MessageBody {
        MessageBody::Text(format!("{:0STAMP_DIGITS$}{}", self.now().as_nanos(), self.padding).into())
    }

    /// When a body says it was sent; `None` when it does not say.
    #[must_use]
    pub fn sent_at(body: &MessageBody) -> Option<Duration> {
        let digits = body.as_str()?.get(..STAMP_DIGITS)?;
        digits.parse().ok().map(Duration::from_nanos)
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
