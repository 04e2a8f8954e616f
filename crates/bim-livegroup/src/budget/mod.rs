//! How much a room accepts: token buckets per class and per sender, fairness between senders, and slow mode.
//!
//! HIGH has a bucket of its own, so that it never waits behind the others; NORMAL and LOW share one; every
//! sender has one across all classes. A message is accepted when all buckets it needs have a token, when its
//! sender is not above its fair share of a room that is short of budget, and when slow mode does not apply or
//! has passed; it then takes one token from each. A refused message takes none, and is told when to come back.
//!
//! What holds for the bucket of a class with a rate R per second and a burst B, tested by property:
//!
//! * *Never more.* In any stretch of time t, at most B + R·t messages are accepted.
//! * *Never idle.* Whenever the room refuses, there is a moment in the past since which it accepted at least
//!   half of B, and R for every second; so whoever wants, alone or not, gets that much together. (With a B of
//!   1, the half is none.)
//! * *Fair.* Let one sender flood without a pause, and let there be N others, with N + 2 <= R and R <= B. None of
//!   the others is refused, from the first message on, as long as each of them sends at its share of R / (N + 2)
//!   a second, after silence up to a second's worth of that at once, and they are together never more than
//!   half of B, less 4, messages ahead of sending evenly. The flooder gets all that is left over.
//! * *Crowded.* With more contenders than R, a share is one message a second, and the first who come are served.

mod bucket;
mod fair;
#[cfg(test)]
mod fair_test;
#[cfg(test)]
mod model_test;
mod senders;
mod slow_mode;

use std::time::Duration;

use bim_types::limits::{ROOM_HIGH_PER_SECOND, ROOM_SHARED_PER_SECOND, SENDER_BURST, SENDER_PER_SECOND};
use bim_types::{Mono, Priority, Uid};

pub use bucket::{Bucket, Rate};
pub use senders::SENDERS_MAX;

use fair::ClassBudget;
use senders::Senders;
use slow_mode::SlowMode;

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

impl Budgets {
    /// What cloud products sell as the quota of a room: 10 HIGH a second, 30 NORMAL and LOW a second together, and
    /// 5 a second from one sender, 10 of them at once.
    pub const CLOUD: Self = Self {
        high: Rate::of_a_second(10),
        shared: Rate::of_a_second(30),
        sender: Rate { per_second: 5, burst: 10 },
    };
}

impl Default for Budgets {
    /// Ours, at least ten times [`Budgets::CLOUD`] for a room: 100 HIGH a second, 400 NORMAL and LOW a second
    /// together, and 10 a second from one sender, 20 of them at once.
    fn default() -> Self {
        Self {
            high: Rate::of_a_second(ROOM_HIGH_PER_SECOND),
            shared: Rate::of_a_second(ROOM_SHARED_PER_SECOND),
            sender: Rate { per_second: SENDER_PER_SECOND, burst: SENDER_BURST },
        }
    }
}

/// The budget of one room. Remembers at most [`SENDERS_MAX`] senders.
#[derive(Debug)]
pub struct RoomBudget {
    high: ClassBudget,
    shared: ClassBudget,
    senders: Senders,
    slow_mode: SlowMode,
}

impl RoomBudget {
    /// A room that may take a full burst at once, not in slow mode.
    #[must_use]
    pub fn new(budgets: Budgets, now: Mono) -> Self {
        Self::with_senders(budgets, now, Senders::new(budgets.sender))
    }

    /// How long members that it applies to wait between two messages; zero ends slow mode. A shorter time
    /// counts at once, a longer one from everyone's next message on.
    pub fn set_slow_mode(&mut self, interval: Duration) {
        self.slow_mode = SlowMode { interval };
    }

    /// Takes what one message needs. `is_slowed` says whether slow mode applies to this sender.
    ///
    /// # Errors
    ///
    /// How long until it can be accepted, if nobody else sends; more than zero. Nothing was taken.
    pub fn take(
        &mut self,
        now: Mono,
        sender: &Uid,
        priority: Priority,
        is_slowed: bool,
    ) -> Result<(), Duration> {
        let mut stranger = self.senders.stranger(now);
        let (sender, is_remembered) = match self.senders.remember(now, sender) {
            Some(sender) => (sender, true),
            None => (&mut stranger, false),
        };
        let (class, share) = match priority {
            Priority::High => (&mut self.high, &mut sender.high),
            Priority::Normal | Priority::Low => (&mut self.shared, &mut sender.shared),
        };
        if is_remembered {
            class.ask(now, share);
        }
        let slow = if is_slowed { self.slow_mode.wait(now, &sender.slowed) } else { Duration::ZERO };
        let wait = class.wait(now, share).max(sender.own.wait(now)).max(slow);
        if wait > Duration::ZERO {
            return Err(wait);
        }
        class.take(now, share);
        sender.own.take(now);
        if is_slowed {
            sender.slowed = self.slow_mode.accepted(now);
        }
        Ok(())
    }

    fn with_senders(budgets: Budgets, now: Mono, senders: Senders) -> Self {
        Self {
            high: ClassBudget::full(budgets.high, now),
            shared: ClassBudget::full(budgets.shared, now),
            senders,
            slow_mode: SlowMode::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Uid {
        Uid::string(name).unwrap()
    }

    fn after(millis: u64) -> Mono {
        Mono::ZERO + Duration::from_millis(millis)
    }

    #[test]
    fn a_sender_may_burst_and_is_then_told_when_to_come_back() {
        let mut budget = RoomBudget::new(Budgets::default(), Mono::ZERO);
        for _ in 0..20 {
            assert_eq!(budget.take(Mono::ZERO, &user("a"), Priority::Normal, false), Ok(()));
        }
        let wait = budget.take(Mono::ZERO, &user("a"), Priority::Normal, false).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(budget.take(Mono::ZERO + wait, &user("a"), Priority::Normal, false), Ok(()));
        assert_eq!(budget.take(Mono::ZERO, &user("b"), Priority::Normal, false), Ok(()));
    }

    #[test]
    fn high_does_not_wait_behind_the_others() {
        let mut budget = RoomBudget::new(Budgets::default(), Mono::ZERO);
        for n in 0..400 {
            budget.take(Mono::ZERO, &user(&n.to_string()), Priority::Low, false).unwrap();
        }
        assert!(budget.take(Mono::ZERO, &user("x"), Priority::Normal, false).is_err());
        assert_eq!(budget.take(Mono::ZERO, &user("x"), Priority::High, false), Ok(()));
    }

    #[test]
    fn a_refused_message_takes_nothing() {
        let one = Rate { per_second: 1, burst: 1 };
        let mut budget = RoomBudget::new(
            Budgets { high: one, shared: one, sender: Rate { per_second: 9, burst: 9 } },
            Mono::ZERO,
        );
        budget.take(Mono::ZERO, &user("a"), Priority::Low, false).unwrap();
        for _ in 0..50 {
            assert!(budget.take(Mono::ZERO, &user("b"), Priority::Low, false).is_err());
        }
        assert_eq!(budget.take(after(1_000), &user("b"), Priority::Low, false), Ok(()));
    }

    #[test]
    fn the_default_is_at_least_ten_times_the_preset_of_the_clouds_for_a_room() {
        let (ours, cloud) = (Budgets::default(), Budgets::CLOUD);
        for (ours, cloud) in [(ours.high, cloud.high), (ours.shared, cloud.shared)] {
            assert!(ours.per_second >= 10 * cloud.per_second);
            assert!(ours.burst >= 10 * cloud.burst);
        }
        assert!(ours.sender.per_second >= cloud.sender.per_second);
    }

    #[test]
    fn slow_mode_holds_back_those_it_applies_to_in_every_class() {
        let mut budget = RoomBudget::new(Budgets::default(), Mono::ZERO);
        budget.set_slow_mode(Duration::from_secs(10));
        assert_eq!(budget.take(Mono::ZERO, &user("a"), Priority::Low, true), Ok(()));
        let wait = Err(Duration::from_millis(9_500));
        assert_eq!(budget.take(after(500), &user("a"), Priority::High, true), wait);
        assert_eq!(budget.take(after(500), &user("a"), Priority::Low, true), wait);
        assert_eq!(budget.take(after(500), &user("a"), Priority::Low, false), Ok(()));
        assert_eq!(budget.take(after(500), &user("b"), Priority::Low, true), Ok(()));
        assert_eq!(budget.take(after(10_000), &user("a"), Priority::Low, true), Ok(()));
    }

    #[test]
    fn a_shorter_slow_mode_counts_at_once_and_a_longer_one_from_the_next_message_on() {
        let mut budget = RoomBudget::new(Budgets::default(), Mono::ZERO);
        budget.take(Mono::ZERO, &user("early"), Priority::Low, true).unwrap();
        budget.set_slow_mode(Duration::from_secs(10));
        budget.take(after(0), &user("early"), Priority::Low, true).unwrap();
        budget.set_slow_mode(Duration::from_secs(5));
        assert_eq!(
            budget.take(after(4_000), &user("early"), Priority::Low, true),
            Err(Duration::from_secs(1))
        );
        budget.set_slow_mode(Duration::from_secs(60));
        assert_eq!(
            budget.take(after(4_000), &user("early"), Priority::Low, true),
            Err(Duration::from_secs(6))
        );
        assert_eq!(budget.take(after(10_000), &user("early"), Priority::Low, true), Ok(()));
        assert_eq!(
            budget.take(after(11_000), &user("early"), Priority::Low, true),
            Err(Duration::from_secs(59))
        );
        budget.set_slow_mode(Duration::ZERO);
        assert_eq!(budget.take(after(11_000), &user("early"), Priority::Low, true), Ok(()));
    }

    #[test]
    fn when_too_many_are_active_a_new_sender_counts_as_one_with_no_history() {
        let budgets = Budgets { sender: Rate { per_second: 1, burst: 2 }, ..Budgets::default() };
        let senders = Senders::bounded(budgets.sender, 2, 1);
        let mut budget = RoomBudget::with_senders(budgets, Mono::ZERO, senders);
        for name in ["a", "b"] {
            budget.take(Mono::ZERO, &user(name), Priority::Low, false).unwrap();
        }
        for _ in 0..50 {
            assert_eq!(budget.take(Mono::ZERO, &user("c"), Priority::Low, false), Ok(()));
        }
        assert_eq!(budget.senders.len(), 2);
        assert_eq!(budget.take(after(3_000), &user("c"), Priority::Low, false), Ok(()));
        assert_eq!(budget.senders.len(), 1);
    }
}
