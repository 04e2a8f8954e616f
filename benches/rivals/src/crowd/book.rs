//! Which messages were sent when, and who has which of them.
//!
//! A message begins with its number, as eight digits. Everyone is connected before the first one is sent and has to get all of them
//! in order; so what comes next to whom is known, and one comparison finds whatever is lost, doubled, late or changed.

use std::time::Instant;

use bim_bench::Histogram;

/// Digits of a message's number at the beginning of its body.
pub(super) const DIGITS: usize = 8;

/// After so many, numbers begin again.
const NUMBERS: u64 = 100_000_000;

/// Messages that may be under way at once. No more are sent.
pub(super) const UNDER_WAY_MAX: u64 = 1 << 15;

/// Which messages were sent when, and who has which of them.
#[derive(Debug)]
pub(super) struct Book {
    start: Instant,
    readers: u32,
    padding: String,
    notes: Vec<Note>,
    /// Messages that were sent.
    pub(super) sent: u64,
    /// Messages that everyone has.
    pub(super) everywhere: u64,
    /// Messages that came, counted once for each viewer.
    pub(super) deliveries: u64,
    latencies: Histogram,
    /// Times of sending whose latencies count, in nanoseconds.
    window: (u64, u64),
}

/// What is known of a message under way.
#[derive(Clone, Copy, Debug, Default)]
struct Note {
    digits: [u8; DIGITS],
    sent_at: u64,
    has: u32,
}

impl Book {
    pub(super) fn new(readers: usize, body_bytes: usize) -> Self {
        Self {
            start: Instant::now(),
            readers: u32::try_from(readers).unwrap_or(u32::MAX),
            padding: ".".repeat(body_bytes.saturating_sub(DIGITS)),
            notes: vec![Note::default(); UNDER_WAY_MAX as usize],
            sent: 0,
            everywhere: 0,
            deliveries: 0,
            latencies: Histogram::default(),
            window: (u64::MAX, 0),
        }
    }

    /// Nanoseconds since the book was opened.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Messages that somebody does not have yet.
    pub(super) fn under_way(&self) -> u64 {
        self.sent - self.everywhere
    }

    /// Notes that the next message is sent now, and says which number it has and what it says.
    pub(super) fn send(&mut self, now: u64) -> (u64, String) {
        let number = self.sent;
        let body = format!("{:0DIGITS$}{}", number % NUMBERS, self.padding);
        let mut note = Note { sent_at: now, ..Note::default() };
        note.digits.copy_from_slice(&body.as_bytes()[..DIGITS]);
        self.notes[place(number)] = note;
        self.sent += 1;
        (number, body)
    }

    /// A message came to somebody who has so many already.
    ///
    /// # Errors
    ///
    /// It is not the one that had to come.
    #[inline]
    pub(super) fn came(&mut self, has: u64, body: &[u8], now: u64) -> Result<(), String> {
        let note = &mut self.notes[place(has)];
        let is_next = has < self.sent
            && body.len() == DIGITS + self.padding.len()
            && body.first_chunk() == Some(&note.digits);
        if !is_next {
            return Err(wrong(has, self.sent, body));
        }
        self.deliveries += 1;
        if note.sent_at >= self.window.0 && note.sent_at < self.window.1 {
            self.latencies.add_micros(now.saturating_sub(note.sent_at) / 1_000);
        }
        note.has += 1;
        if note.has == self.readers {
            // Whoever has this one has all before it.
            self.everywhere = has + 1;
        }
        Ok(())
    }

    /// Latencies count of what is sent from now on.
    pub(super) fn open_window(&mut self) {
        self.latencies = Histogram::default();
        self.window = (self.now(), u64::MAX);
    }

    /// Latencies do not count of what is sent from now on.
    pub(super) fn close_window(&mut self) {
        self.window.1 = self.now();
    }

    pub(super) fn take_latencies(&mut self) -> Histogram {
        self.window = (u64::MAX, 0);
        std::mem::take(&mut self.latencies)
    }
}

fn place(number: u64) -> usize {
    (number % UNDER_WAY_MAX) as usize
}

#[cold]
fn wrong(has: u64, sent: u64, body: &[u8]) -> String {
    let words = String::from_utf8_lossy(body.get(..DIGITS).unwrap_or(body)).into_owned();
    format!(
        "message {has} of {sent} had to come, and one of {} bytes that begins with {words:?} came",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(messages: u64) -> (Book, Vec<String>) {
        let mut book = Book::new(2, 16);
        let bodies = (0..messages).map(|number| book.send(number * 1_000).1).collect();
        (book, bodies)
    }

    #[test]
    fn a_message_is_under_way_until_the_last_one_has_it() {
        let (mut book, bodies) = sent(2);
        assert_eq!((bodies[1].as_str(), book.under_way()), ("00000001........", 2));
        book.came(0, bodies[0].as_bytes(), 0).unwrap();
        book.came(1, bodies[1].as_bytes(), 0).unwrap();
        assert_eq!(book.under_way(), 2);
        book.came(0, bodies[0].as_bytes(), 0).unwrap();
        assert_eq!((book.under_way(), book.deliveries), (1, 3));
    }

    #[test]
    fn lost_doubled_late_changed_and_invented_messages_are_found() {
        let (mut book, bodies) = sent(2);
        for (has, body) in
            [(0, bodies[1].as_str()), (1, &bodies[0]), (0, "00000000"), (0, ""), (2, "00000002........")]
        {
            let error = book.came(has, body.as_bytes(), 0).unwrap_err();
            assert!(error.starts_with(&format!("message {has} of 2 had to come")), "{error}");
        }
    }

    #[test]
    fn latencies_count_of_what_is_sent_in_the_window() {
        let mut book = Book::new(1, 8);
        let (_, early) = book.send(book.now());
        book.open_window();
        let at = book.now();
        let (_, within) = book.send(at);
        book.close_window();
        let (_, late) = book.send(u64::MAX - 1);
        for (has, body) in [early, within, late].iter().enumerate() {
            book.came(has as u64, body.as_bytes(), at + 5_000).unwrap();
        }
        let latencies = book.take_latencies();
        assert_eq!((latencies.count(), latencies.quantile(1.0).as_micros()), (1, 5));
    }
}
