//! When the next message is due.

use std::time::Duration;

use bim_bench::Load;

use super::book::{Book, UNDER_WAY_MAX};

/// When the next message is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    load: Option<Load>,
    /// When it began, in nanoseconds of the book, and how many messages were sent by then.
    began: (u64, u64),
}

impl Pace {
    /// Nothing is sent.
    pub(super) fn rest() -> Self {
        Self { load: None, began: (0, 0) }
    }

    /// From now on.
    pub(super) fn of(load: Load, book: &Book) -> Self {
        Self { load: Some(load), began: (book.now(), book.sent) }
    }

    /// Messages to be sent now.
    pub(super) fn due(&self, book: &Book, now: u64) -> u64 {
        let room = UNDER_WAY_MAX.saturating_sub(book.under_way());
        match self.load {
            None => 0,
            Some(Load::InFlight(messages)) => room.min(u64::from(messages).saturating_sub(book.under_way())),
            Some(Load::Rate(per_second)) => {
                let until_now = (self.seconds(now) * per_second) as u64;
                room.min(until_now.saturating_sub(book.sent - self.began.1))
            }
        }
    }

    /// How long nothing will be due; `None` until something comes.
    pub(super) fn wait(&self, book: &Book, now: u64) -> Option<Duration> {
        match self.load {
            None | Some(Load::InFlight(_)) => None,
            Some(Load::Rate(per_second)) => {
                let next = (book.sent - self.began.1 + 1) as f64 / per_second;
                Some(Duration::from_secs_f64((next - self.seconds(now)).max(0.0)))
            }
        }
    }

    fn seconds(&self, now: u64) -> f64 {
        now.saturating_sub(self.began.0) as f64 / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_whatever_becomes_of_the_messages() {
        let mut book = Book::new(1, 8);
        let pace = Pace::of(Load::Rate(50.0), &book);
        let at = |millis: u64| pace.began.0 + millis * 1_000_000;
        assert_eq!((pace.due(&book, at(0)), pace.due(&book, at(21)), pace.due(&book, at(101))), (0, 1, 5));
        book.send(at(21));
        assert_eq!(pace.due(&book, at(101)), 4);
        assert_eq!(pace.wait(&book, at(30)), Some(Duration::from_millis(10)));
    }

    #[test]
    fn with_so_many_in_flight_the_next_is_due_when_one_has_come_to_everyone() {
        let mut book = Book::new(1, 8);
        let pace = Pace::of(Load::InFlight(2), &book);
        assert_eq!(pace.due(&book, 0), 2);
        let (_, body) = book.send(0);
        book.send(0);
        assert_eq!(pace.due(&book, 0), 0);
        book.came(0, body.as_bytes(), 0).unwrap();
        assert_eq!((pace.due(&book, 0), pace.wait(&book, 0)), (1, None));
    }

    #[test]
    fn at_rest_nothing_is_due() {
        assert_eq!(Pace::rest().due(&Book::new(1, 8), u64::MAX), 0);
    }
}
