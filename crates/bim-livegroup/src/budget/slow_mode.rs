//! Slow mode: how long a member waits between two messages.

use std::time::Duration;

use bim_types::Mono;

/// How long those it applies to wait between two messages; zero is off.
///
/// A message makes its sender wait for what the interval was when it was accepted, or for what it is now,
/// whichever is less. So a shorter interval counts at once, and a longer one from everyone's next message on;
/// what was said before slow mode began makes nobody wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SlowMode {
    pub(super) interval: Duration,
}

/// A sender's last message in slow mode. The default is a sender who said nothing yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastSlowed {
    accepted_at: Mono,
    waits_until: Mono,
}

impl SlowMode {
    pub(super) fn wait(self, now: Mono, last: &LastSlowed) -> Duration {
        last.waits_until.min(last.accepted_at + self.interval).since(now)
    }

    pub(super) fn accepted(self, now: Mono) -> LastSlowed {
        LastSlowed { accepted_at: now, waits_until: now + self.interval }
    }
}

impl LastSlowed {
    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self, now: Mono) -> bool {
        self.waits_until <= now
    }
}
