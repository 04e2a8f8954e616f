//! The budget of one class, shared fairly between those who want it.
//!
//! Who asked within the last second or two is a contender. Everyone's fair share is the budget of a second
//! divided by the contenders *and one more*: the share of whoever comes next is kept for them. A message keeps
//! its sender busy for the time in which the sender's share fills up by one; somebody busy for less than a
//! second takes less than a share. Such a sender may take any token. Everyone else may take tokens only while
//! the bucket is at least half full: what nobody claims is for who wants it, and the half below is for those
//! who have had little.
//!
//! Nothing is left idle by this, and nobody is paid for having been silent for more than a second.

use std::time::Duration;

use bim_types::Mono;

use super::bucket::{Bucket, Rate};

/// How far back a sender's taking counts, and how long a window is in which contenders are counted.
pub(super) const WINDOW: Duration = Duration::from_secs(1);

/// [`WINDOW`] in microseconds.
const WINDOW_MICROS: u64 = 1_000_000;

/// What one class of a room has to give.
#[derive(Debug)]
pub(super) struct ClassBudget {
    bucket: Bucket,
    contenders: Contenders,
}

/// What one sender took of one class. The default is a sender who never asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    asked_in: Option<u64>,
    busy_until: Mono,
}

impl ClassBudget {
    pub(super) fn full(rate: Rate, now: Mono) -> Self {
        Self { bucket: Bucket::full(rate, now), contenders: Contenders::default() }
    }

    /// Counts the sender among those who want some of it. Only for a share that is remembered, or the same
    /// sender would count more than once.
    pub(super) fn ask(&mut self, now: Mono, share: &mut Share) {
        self.contenders.ask(window_of(now), share);
    }

    /// How long until this sender may take a token, if nobody else does; zero when it may now.
    pub(super) fn wait(&mut self, now: Mono, share: &Share) -> Duration {
        let over = (share.busy_until + self.price(now)).since(now + WINDOW);
        self.bucket.wait(now).max(over.min(self.bucket.wait_for_half(now)))
    }

    /// Takes the token that [`Self::wait`] said is there.
    pub(super) fn take(&mut self, now: Mono, share: &mut Share) {
        let busy_until = share.busy_until.max(now) + self.price(now);
        share.busy_until = busy_until.min(now + WINDOW);
        self.bucket.take(now);
    }

    /// For how long a message keeps its sender busy: as long as a share takes to fill up by one, and not more
    /// than a second, so that everyone's share is at least one message a second.
    fn price(&mut self, now: Mono) -> Duration {
        let shares = self.contenders.count(window_of(now)) + 1;
        let per_second = u64::from(self.bucket.rate().per_second);
        Duration::from_micros((shares * WINDOW_MICROS).div_ceil(per_second)).min(WINDOW)
    }
}

impl Share {
    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self, now: Mono) -> bool {
        self.busy_until <= now && self.asked_in.is_none_or(|asked_in| asked_in + 1 < window_of(now))
    }
}

/// How many asked in this window or the one before; each counts once.
#[derive(Debug, Default)]
struct Contenders {
    window: u64,
    /// Those who asked in this window.
    present: u64,
    /// Those who asked in the window before and not in this one.
    past: u64,
}

impl Contenders {
    fn ask(&mut self, window: u64, share: &mut Share) {
        self.roll(window);
        match share.asked_in {
            Some(asked_in) if asked_in >= self.window => return,
            Some(asked_in) if asked_in + 1 == self.window => self.past = self.past.saturating_sub(1),
            Some(_) | None => {}
        }
        self.present += 1;
        share.asked_in = Some(self.window);
    }

    fn count(&mut self, window: u64) -> u64 {
        self.roll(window);
        self.present + self.past
    }

    fn roll(&mut self, window: u64) {
        if window > self.window {
            self.past = if window == self.window + 1 { self.present } else { 0 };
            self.present = 0;
            self.window = window;
        }
    }
}

fn window_of(now: Mono) -> u64 {
    now.as_micros() / WINDOW_MICROS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contender_counts_once_for_this_window_and_the_next() {
        let mut contenders = Contenders::default();
        let mut shares = [Share::default(); 3];
        for share in &mut shares {
            contenders.ask(5, share);
            contenders.ask(5, share);
        }
        assert_eq!(contenders.count(5), 3);
        assert_eq!(contenders.count(6), 3);
        contenders.ask(6, &mut shares[0]);
        assert_eq!(contenders.count(6), 3);
        assert_eq!(contenders.count(7), 1);
        contenders.ask(9, &mut shares[1]);
        assert_eq!(contenders.count(9), 1);
    }

    #[test]
    fn above_its_share_a_sender_leaves_the_lower_half_to_others() {
        let mut class = ClassBudget::full(Rate::of_a_second(8), Mono::ZERO);
        let mut greedy = Share::default();
        class.ask(Mono::ZERO, &mut greedy);
        let mut taken = 0;
        while class.wait(Mono::ZERO, &greedy).is_zero() {
            class.take(Mono::ZERO, &mut greedy);
            taken += 1;
        }
        assert_eq!(taken, 5);
        assert_eq!(class.wait(Mono::ZERO, &greedy), Duration::from_millis(125));
        let mut modest = Share::default();
        class.ask(Mono::ZERO, &mut modest);
        assert_eq!(class.wait(Mono::ZERO, &modest), Duration::ZERO);
    }

    #[test]
    fn a_share_is_idle_when_it_counts_for_nothing_any_more() {
        let mut class = ClassBudget::full(Rate::of_a_second(1), Mono::ZERO);
        let mut share = Share::default();
        assert!(share.is_idle(Mono::ZERO));
        class.ask(Mono::ZERO, &mut share);
        assert!(!share.is_idle(Mono::ZERO + WINDOW));
        assert!(share.is_idle(Mono::ZERO + WINDOW * 2));
    }
}
