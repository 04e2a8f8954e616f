//! Whether the path is alive.

use std::time::Duration;

use bim_proto::Welcome;
use bim_types::limits::{LIVENESS_TIMEOUT, PING_INTERVAL};
use bim_types::{Defect, Mono};

/// The server may ask for pings as often as this, and not more often.
const PING_INTERVAL_MIN: Duration = Duration::from_millis(200);

/// Knows when something last went either way on the present connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Liveness {
    interval: Duration,
    timeout: Duration,
    sent: Mono,
    received: Mono,
    pinged: Mono,
}

/// What is to be done about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// Nothing.
    Fine,
    /// Ask for a sign of life.
    Ping,
    /// Give the path up.
    Dead,
}

impl Liveness {
    /// A path that begins now, under the server's rules; zeros mean the usual ones.
    ///
    /// The rules may be stricter than the usual ones, within reason, but not laxer: a dead path is noticed in the
    /// promised time, and never without having been asked.
    pub(crate) fn new(now: Mono, welcome: &Welcome) -> Self {
        let or = |millis: u32, usual: Duration| match millis {
            0 => usual,
            millis => Duration::from_millis(millis.into()),
        };
        let interval = or(welcome.ping_interval_ms, PING_INTERVAL).clamp(PING_INTERVAL_MIN, PING_INTERVAL);
        let timeout = or(welcome.liveness_timeout_ms, LIVENESS_TIMEOUT).clamp(interval * 2, LIVENESS_TIMEOUT);
        Self { interval, timeout, sent: now, received: now, pinged: now }
    }

    pub(crate) fn on_sent(&mut self, now: Mono) {
        self.sent = now;
    }

    pub(crate) fn on_received(&mut self, now: Mono) {
        self.received = now;
    }

    pub(crate) fn on_ping(&mut self, now: Mono) {
        self.pinged = now;
    }

    pub(crate) fn pulse(&self, now: Mono) -> Pulse {
        if now >= self.dead_at() && !Defect::DeafToSilence.is_planted() {
            Pulse::Dead
        } else if now >= self.ping_at() {
            Pulse::Ping
        } else {
            Pulse::Fine
        }
    }

    /// Whether nothing was heard for a whole ping interval.
    pub(crate) fn is_silent(&self, now: Mono) -> bool {
        now >= self.received + self.interval && !Defect::DeafToSilence.is_planted()
    }

    pub(crate) fn due(&self) -> Mono {
        if Defect::DeafToSilence.is_planted() {
            return self.ping_at();
        }
        self.ping_at().min(self.dead_at())
    }

    fn ping_at(&self) -> Mono {
        self.sent.min(self.received).max(self.pinged) + self.interval
    }

    fn dead_at(&self) -> Mono {
        self.received + self.timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_micros(seconds * 1_000_000)
    }

    fn path() -> Liveness {
        Liveness {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(22),
            sent: at(0),
            received: at(0),
            pinged: at(0),
        }
    }

    #[test]
    fn a_ping_follows_silence_of_either_side() {
        for (sent, received) in [(9, 0), (0, 9)] {
            let path = Liveness { sent: at(sent), received: at(received), ..path() };
            assert_eq!(path.pulse(at(9)), Pulse::Fine);
            assert_eq!(path.pulse(at(10)), Pulse::Ping);
        }
    }

    #[test]
    fn a_busy_path_needs_no_ping() {
        let path = Liveness { sent: at(8), received: at(9), ..path() };
        assert_eq!(path.due(), at(18));
    }

    #[test]
    fn a_silent_peer_is_pinged_once_an_interval_and_given_up_in_time() {
        let mut path = path();
        let mut pings = 0;
        let mut dead = None;
        for second in 0..40 {
            match path.pulse(at(second)) {
                Pulse::Ping => {
                    pings += 1;
                    path.on_sent(at(second));
                    path.on_ping(at(second));
                }
                Pulse::Dead => dead = dead.or(Some(second)),
                Pulse::Fine => {}
            }
        }
        assert_eq!((pings, dead), (2, Some(22)));
    }
}
