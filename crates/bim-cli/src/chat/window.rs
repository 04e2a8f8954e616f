//! The lines that have no verdict yet: which one may be sent next, and what a refusal holds back.
//!
//! *What it owns.* The lines in their order, how many may be in flight at once, and until when a refusal
//! holds them.
//!
//! *What it never does.* It sends nothing and reads no clock.
//!
//! *How it flows.* A line comes in at the back, is handed out once, and leaves with its verdict. A refusal
//! with a retry time puts its line back where it was; until that time, and until all others in flight were
//! answered, nothing is handed out. Then the lines go out again in their order, carrying the ids they had.
//! The width halves with every refusal and grows by one with every accepted line, so that a sender who is too
//! fast settles at the pace the server allows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Lines that may wait for their verdict. When full, no further line is read.
pub(crate) const WINDOW_LINES_MAX: usize = 64;

/// How long a refused line waits when the refusal names no time. Doubles up to [`RETRY_DELAY_MAX`].
const RETRY_DELAY_FIRST: Duration = Duration::from_millis(200);

/// The longest wait when refusals name no time.
const RETRY_DELAY_MAX: Duration = Duration::from_secs(5);

/// Lines without a verdict, in their order.
#[derive(Debug)]
pub(crate) struct SendWindow<M> {
    lines: VecDeque<Entry<M>>,
    width: usize,
    in_flight: usize,
    hold: Option<Hold>,
    refusals_in_a_row: u32,
}

#[derive(Debug)]
struct Entry<M> {
    line: u64,
    message: M,
    in_flight: bool,
}

/// What keeps lines from being sent for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hold {
    line: u64,
    until: Instant,
}

impl<M> SendWindow<M> {
    pub(crate) fn new() -> Self {
        Self {
            lines: VecDeque::with_capacity(WINDOW_LINES_MAX),
            width: WINDOW_LINES_MAX,
            in_flight: 0,
            hold: None,
            refusals_in_a_row: 0,
        }
    }

    /// Takes a line in, behind all others. Line numbers rise.
    pub(crate) fn push(&mut self, line: u64, message: M) {
        debug_assert!(self.lines.back().is_none_or(|last| last.line < line), "line numbers rise");
        self.lines.push_back(Entry { line, message, in_flight: false });
    }

    /// Hands out the next line that may be sent now; it counts as in flight.
    pub(crate) fn next_to_send(&mut self, now: Instant) -> Option<(u64, &M)> {
        if let Some(hold) = self.hold {
            if now < hold.until || self.in_flight > 0 {
                return None;
            }
            self.hold = None;
        }
        if self.in_flight >= self.width {
            return None;
        }
        let entry = self.lines.iter_mut().find(|entry| !entry.in_flight)?;
        entry.in_flight = true;
        self.in_flight += 1;
        Some((entry.line, &entry.message))
    }

    /// The line was accepted and leaves.
    pub(crate) fn on_accepted(&mut self, line: u64) -> Option<M> {
        self.width = (self.width + 1).min(WINDOW_LINES_MAX);
        self.refusals_in_a_row = 0;
        self.take(line)
    }

    /// The line was refused for now: it stays, and everything behind it waits. True when this begins a new
    /// wait, false when it belongs to one that is known.
    pub(crate) fn on_refused(&mut self, line: u64, retry_after: Option<Duration>, now: Instant) -> bool {
        let Some(entry) = self.lines.iter_mut().find(|entry| entry.line == line && entry.in_flight) else {
            return false;
        };
        entry.in_flight = false;
        self.in_flight -= 1;
        // The answers to what was sent behind a refused line follow from that refusal.
        if self.hold.is_some_and(|hold| hold.line <= line) {
            return false;
        }
        let begins = self.hold.is_none();
        let delay = retry_after.unwrap_or_else(|| self.own_delay());
        self.hold = Some(Hold { line, until: now + delay });
        self.width = (self.width / 2).max(1);
        self.refusals_in_a_row = self.refusals_in_a_row.saturating_add(1);
        begins
    }

    /// The line was refused for good and leaves.
    pub(crate) fn on_refused_for_good(&mut self, line: u64) -> Option<M> {
        self.take(line)
    }

    /// Gives up everything that is not in flight. Returns how many lines that were.
    pub(crate) fn drop_unsent(&mut self) -> usize {
        let before = self.lines.len();
        self.lines.retain(|entry| entry.in_flight);
        before - self.lines.len()
    }

    /// When to ask again for what may be sent.
    pub(crate) fn wakes_at(&self) -> Option<Instant> {
        self.hold.filter(|_| self.in_flight == 0).map(|hold| hold.until)
    }

    /// Whether a further line may come in.
    pub(crate) fn has_room(&self) -> bool {
        self.lines.len() < WINDOW_LINES_MAX
    }

    /// How many lines have no verdict.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The messages without a verdict.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &M> {
        self.lines.iter().map(|entry| &entry.message)
    }

    fn take(&mut self, line: u64) -> Option<M> {
        let at = self.lines.iter().position(|entry| entry.line == line)?;
        let entry = self.lines.remove(at)?;
        self.in_flight -= usize::from(entry.in_flight);
        Some(entry.message)
    }

    fn own_delay(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.refusals_in_a_row.min(10));
        RETRY_DELAY_FIRST.saturating_mul(doubled).min(RETRY_DELAY_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Option<Duration> = Some(Duration::from_millis(100));

    fn window(lines: u64) -> SendWindow<String> {
        let mut window = SendWindow::new();
        for line in 1..=lines {
            window.push(line, format!("m{line}"));
        }
        window
    }

    fn sent(window: &mut SendWindow<String>, now: Instant) -> Vec<u64> {
        std::iter::from_fn(|| window.next_to_send(now).map(|(line, _)| line)).collect()
    }

    #[test]
    fn lines_go_out_in_order_and_leave_with_their_verdict() {
        let now = Instant::now();
        let mut window = window(3);
        assert_eq!(sent(&mut window, now), [1, 2, 3]);
        assert_eq!(window.on_accepted(2).as_deref(), Some("m2"));
        assert_eq!(window.len(), 2);
        assert_eq!(window.on_accepted(2), None);
        window.on_accepted(1);
        window.on_accepted(3);
        assert!(window.is_empty());
    }

    #[test]
    fn a_refusal_holds_its_line_and_all_behind_it_until_its_time() {
        let now = Instant::now();
        let mut window = window(4);
        sent(&mut window, now);
        window.on_accepted(1);
        assert!(window.on_refused(2, RETRY, now));
        assert!(!window.on_refused(3, RETRY, now));
        assert!(!window.on_refused(4, RETRY, now));
        assert!(sent(&mut window, now).is_empty());
        assert_eq!(window.wakes_at(), Some(now + Duration::from_millis(100)));
        let later = now + Duration::from_millis(100);
        assert_eq!(sent(&mut window, later), [2, 3, 4]);
        assert_eq!(window.next_to_send(later), None);
    }

    #[test]
    fn nothing_is_sent_again_while_an_answer_is_still_out() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut window = window(2);
        sent(&mut window, now);
        window.on_refused(1, RETRY, now);
        assert_eq!(window.wakes_at(), None);
        assert!(sent(&mut window, later).is_empty());
        window.on_refused(2, RETRY, now);
        assert_eq!(sent(&mut window, later), [1, 2]);
    }

    #[test]
    fn an_earlier_line_that_is_refused_later_decides_when_to_go_on() {
        let now = Instant::now();
        let mut window = window(2);
        sent(&mut window, now);
        assert!(window.on_refused(2, RETRY, now));
        assert!(!window.on_refused(1, Some(Duration::from_secs(3)), now));
        assert_eq!(window.wakes_at(), Some(now + Duration::from_secs(3)));
    }

    #[test]
    fn the_width_halves_with_refusals_and_grows_with_verdicts() {
        let mut now = Instant::now();
        let mut window = window(64);
        for width in [64, 32, 16, 8, 4, 2, 1, 1] {
            let lines = sent(&mut window, now);
            assert_eq!(lines.len(), width);
            for line in lines {
                window.on_refused(line, RETRY, now);
            }
            now += Duration::from_millis(100);
        }
        assert_eq!(sent(&mut window, now), [1]);
        window.on_accepted(1);
        assert_eq!(sent(&mut window, now), [2, 3]);
    }

    #[test]
    fn a_refusal_without_a_time_waits_longer_each_time_up_to_a_bound() {
        let mut now = Instant::now();
        let mut window = window(1);
        let mut waits = Vec::new();
        for _ in 0..7 {
            sent(&mut window, now);
            window.on_refused(1, None, now);
            let until = window.wakes_at().unwrap();
            waits.push((until - now).as_millis());
            now = until;
        }
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn the_window_says_when_it_is_full() {
        assert!(window(63).has_room());
        assert!(!window(64).has_room());
    }

    #[test]
    fn what_is_in_flight_can_not_be_dropped() {
        let now = Instant::now();
        let mut window = window(3);
        window.next_to_send(now);
        assert_eq!(window.drop_unsent(), 2);
        assert_eq!(window.len(), 1);
    }
}
