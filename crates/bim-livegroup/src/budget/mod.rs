//! How much a room accepts: token buckets per class and per sender.
//!
//! HIGH has a bucket of its own, so that it never waits behind the others; NORMAL and LOW share one; every
//! sender has one across all classes. A message is accepted when all buckets it needs have a token, and then
//! takes one from each; a refused one takes none, and is told when to come back.

mod bucket;

use std::collections::BTreeMap;
use std::time::Duration;

use bim_types::limits::{ROOM_HIGH_PER_SECOND, ROOM_SHARED_PER_SECOND, SENDER_BURST, SENDER_PER_SECOND};
use bim_types::{Mono, Priority, Uid};

pub use bucket::{Bucket, Rate};

/// Senders remembered before those whose bucket is full again are forgotten. A forgotten sender has a full
/// bucket, so nothing is lost by it. Senders with less than a full bucket are at most as many as the room
/// accepts messages within one refill.
const SENDERS_BEFORE_SWEEP: usize = 4_096;

/// What a room accepts per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// HIGH messages of a room.
    pub high: Rate,
    /// NORMAL and LOW messages of a room together.
    pub shared: Rate,
    /// Messages of one sender in a room.
    pub sender: Rate,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            high: Rate { per_second: ROOM_HIGH_PER_SECOND, burst: ROOM_HIGH_PER_SECOND },
            shared: Rate { per_second: ROOM_SHARED_PER_SECOND, burst: ROOM_SHARED_PER_SECOND },
            sender: Rate { per_second: SENDER_PER_SECOND, burst: SENDER_BURST },
        }
    }
}

/// The budget of one room.
#[derive(Debug)]
pub struct RoomBudget {
    budgets: Budgets,
    high: Bucket,
    shared: Bucket,
    senders: BTreeMap<Uid, Bucket>,
}

impl RoomBudget {
    /// A room that may take a full burst at once.
    #[must_use]
    pub fn new(budgets: Budgets, now: Mono) -> Self {
        Self {
            budgets,
            high: Bucket::full(budgets.high, now),
            shared: Bucket::full(budgets.shared, now),
            senders: BTreeMap::new(),
        }
    }

    /// Takes what one message needs.
    ///
    /// # Errors
    ///
    /// How long until it could be accepted; nothing was taken.
    pub fn take(&mut self, now: Mono, sender: &Uid, priority: Priority) -> Result<(), Duration> {
        let room = match priority {
            Priority::High => &mut self.high,
            Priority::Normal | Priority::Low => &mut self.shared,
        };
        let mut fresh = Bucket::full(self.budgets.sender, now);
        let own = self.senders.get_mut(sender).unwrap_or(&mut fresh);
        let wait = room.wait(now).max(own.wait(now));
        if wait > Duration::ZERO {
            return Err(wait);
        }
        room.take(now);
        own.take(now);
        if !self.senders.contains_key(sender) {
            self.remember(now, sender, fresh);
        }
        Ok(())
    }

    fn remember(&mut self, now: Mono, sender: &Uid, bucket: Bucket) {
        if self.senders.len() >= SENDERS_BEFORE_SWEEP {
            self.senders.retain(|_, bucket| !bucket.is_full(now));
        }
        self.senders.insert(sender.clone(), bucket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Uid {
        Uid::string(name).unwrap()
    }

    #[test]
    fn a_sender_may_burst_and_is_then_told_when_to_come_back() {
        let mut budget = RoomBudget::new(Budgets::default(), Mono::ZERO);
        for _ in 0..20 {
            assert_eq!(budget.take(Mono::ZERO, &user("a"), Priority::Normal), Ok(()));
        }
        let wait = budget.take(Mono::ZERO, &user("a"), Priority::Normal).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(budget.take(Mono::ZERO + wait, &user("a"), Priority::Normal), Ok(()));
        assert_eq!(budget.take(Mono::ZERO, &user("b"), Priority::Normal), Ok(()));
    }

    #[test]
    fn high_does_not_wait_behind_the_others() {
        let mut budget = RoomBudget::new(Budgets::default(), Mono::ZERO);
        for n in 0..400 {
            budget.take(Mono::ZERO, &user(&n.to_string()), Priority::Low).unwrap();
        }
        assert!(budget.take(Mono::ZERO, &user("x"), Priority::Normal).is_err());
        assert_eq!(budget.take(Mono::ZERO, &user("x"), Priority::High), Ok(()));
    }

    #[test]
    fn a_refused_message_takes_nothing() {
        let one = Rate { per_second: 1, burst: 1 };
        let mut budget = RoomBudget::new(
            Budgets { high: one, shared: one, sender: Rate { per_second: 9, burst: 9 } },
            Mono::ZERO,
        );
        budget.take(Mono::ZERO, &user("a"), Priority::Low).unwrap();
        for _ in 0..50 {
            assert!(budget.take(Mono::ZERO, &user("b"), Priority::Low).is_err());
        }
        let later = Mono::ZERO + Duration::from_secs(1);
        assert_eq!(budget.take(later, &user("b"), Priority::Low), Ok(()));
    }
}
