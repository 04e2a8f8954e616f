//! How much may be sent: what is let in never exceeds the rates, and nobody is held up who did not send.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_server_core::EngineConfig;
use bim_types::{Mono, Priority, Uid};

/// After how long without a message nobody can be held up for a rate any more: every bucket is full again.
const REFILL: Duration = Duration::from_secs(2);

/// What was sent to one group lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget {
    senders: BTreeMap<Uid, Bucket>,
    high: Bucket,
    shared: Bucket,
    last: Option<Mono>,
    /// The last message of each ordinary member, while the wait between two is what it is.
    slowed: BTreeMap<Uid, Mono>,
    wait: Duration,
    /// When somebody last sent a message again that the group no longer knew: only the log can tell that it is no new one.
    again: BTreeMap<Uid, Mono>,
}

/// Takes so many at once, and so many more in every second.
#[derive(Clone, Debug, Default)]
struct Bucket {
    used: f64,
    at: Mono,
}

impl Bucket {
    /// Takes one. Says whether there was one.
    fn take(&mut self, now: Mono, per_second: u32, burst: u32) -> bool {
        let back = now.since(self.at).as_secs_f64() * f64::from(per_second);
        self.used = (self.used - back).max(0.0) + 1.0;
        self.at = now;
        self.used <= f64::from(burst) + 0.01
    }
}

impl Budget {
    /// A message of a user is let in. Says what it exceeds, if anything.
    pub(super) fn take(
        &mut self,
        now: Mono,
        (uid, is_ordinary): (&Uid, bool),
        priority: Priority,
        config: &EngineConfig,
        wait: Duration,
    ) -> Option<&'static str> {
        if self.wait != wait {
            self.wait = wait;
            self.slowed.clear();
        }
        // Only ordinary members wait, and only from one message as such to the next.
        let before = if is_ordinary { self.slowed.insert(uid.clone(), now) } else { None };
        self.last = Some(now);
        let sender = self.senders.entry(uid.clone()).or_default();
        let sender = sender.take(now, config.sender_per_second, config.sender_burst);
        let (room, rate) = match priority {
            Priority::High => (&mut self.high, config.room_high_per_second),
            _ => (&mut self.shared, config.room_shared_per_second),
        };
        let is_early = before.is_some_and(|before| now.since(before) < wait);
        match (sender, room.take(now, rate, rate), is_early) {
            (_, _, true) => Some("slow mode"),
            (false, _, _) => Some("the rate of a sender"),
            (_, false, _) => Some("the rate of a group"),
            (true, true, false) => None,
        }
    }

    /// A message that was let in before is let in again, as the group no longer knew it.
    pub(super) fn take_again(&mut self, now: Mono, uid: &Uid) {
        self.last = Some(now);
        self.again.insert(uid.clone(), now);
    }

    /// Whether somebody can be held up now.
    pub(super) fn may_be_full(&self, now: Mono, (uid, is_ordinary): (&Uid, bool), wait: Duration) -> bool {
        let sent = self.senders.get(uid).map(|bucket| bucket.at).max(self.again.get(uid).copied());
        let is_slowed = is_ordinary && sent.is_some_and(|at| now.since(at) < wait);
        is_slowed || self.last.is_some_and(|at| now.since(at) < REFILL)
    }
}
