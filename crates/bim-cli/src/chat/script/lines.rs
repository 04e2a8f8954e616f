//! Standard input, cut into lines.
//!
//! Only `\n` ends a line; `\r` belongs to the line; what follows the last `\n` counts as a line too. Empty
//! lines are counted and passed over: a message has at least one byte.

use std::io::{self, BufRead, BufReader, Read};

use tokio::sync::mpsc;

/// Lines read ahead of what can be sent. When full, reading waits, and so does whoever writes to us.
const READ_AHEAD_LINES: usize = 64;

/// One line of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Counted from 1, empty lines included.
    pub(crate) number: u64,
    /// Without its `\n`.
    pub(crate) text: String,
}

/// Why input can not be read on.
#[derive(Debug)]
pub(crate) enum LineError {
    /// A line is longer than a message may be.
    TooLong { line: u64, limit: usize },
    /// A line is not UTF-8.
    NotText { line: u64, byte: usize },
    /// Reading failed.
    Read { line: u64, source: io::Error },
}

/// Cuts a stream of bytes into lines, with bounded memory.
#[derive(Debug)]
pub(crate) struct LineReader<R> {
    source: BufReader<R>,
    limit: usize,
    read: u64,
    empty: u64,
}

impl<R: Read> LineReader<R> {
    /// Reads lines of at most `limit` bytes.
    pub(crate) fn new(source: R, limit: usize) -> Self {
        Self { source: BufReader::new(source), limit, read: 0, empty: 0 }
    }

    /// The next line that is not empty; `None` at the end.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line>, LineError> {
        loop {
            let number = self.read + 1;
            let mut bytes = Vec::new();
            // One byte for the line's end, one to see that it is too long.
            let most = self.limit as u64 + 2;
            let read = (&mut self.source).take(most).read_until(b'\n', &mut bytes);
            read.map_err(|source| LineError::Read { line: number, source })?;
            if bytes.is_empty() {
                return Ok(None);
            }
            self.read = number;
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            if bytes.is_empty() {
                self.empty += 1;
                continue;
            }
            if bytes.len() > self.limit {
                return Err(LineError::TooLong { line: number, limit: self.limit });
            }
            let text = String::from_utf8(bytes).map_err(|error| LineError::NotText {
                line: number,
                byte: error.utf8_error().valid_up_to() + 1,
            })?;
            return Ok(Some(Line { number, text }));
        }
    }

    /// How many empty lines were passed over.
    pub(crate) fn empty_lines(&self) -> u64 {
        self.empty
    }
}

/// What the reading thread says.
#[derive(Debug)]
pub(crate) enum Input {
    /// A line.
    Line(Line),
    /// Input is over; so many lines were empty.
    End { empty: u64 },
    /// Input can not be read on.
    Failed(LineError),
}

/// Reads standard input on a thread of its own, so that a read that never ends holds nothing up.
pub(crate) fn read_stdin(limit: usize) -> mpsc::Receiver<Input> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD_LINES);
    std::thread::spawn(move || {
        let mut reader = LineReader::new(io::stdin().lock(), limit);
        loop {
            let (next, last) = match reader.next_line() {
                Ok(Some(line)) => (Input::Line(line), false),
                Ok(None) => (Input::End { empty: reader.empty_lines() }, true),
                Err(error) => (Input::Failed(error), true),
            };
            if sender.blocking_send(next).is_err() || last {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<(u64, String)> {
        let mut reader = LineReader::new(input, 8);
        std::iter::from_fn(|| reader.next_line().unwrap()).map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn only_a_line_feed_ends_a_line_and_the_last_needs_none() {
        assert_eq!(lines(b"a\r\nb\rc\nlast"), [(1, "a\r".into()), (2, "b\rc".into()), (3, "last".into())]);
    }

    #[test]
    fn empty_lines_are_counted_and_passed_over() {
        let mut reader = LineReader::new(&b"\n\nx\n\n"[..], 8);
        assert_eq!(reader.next_line().unwrap(), Some(Line { number: 3, text: "x".into() }));
        assert_eq!(reader.next_line().unwrap(), None);
        assert_eq!(reader.empty_lines(), 3);
    }

    #[test]
    fn a_line_at_the_limit_passes_with_or_without_its_end() {
        assert_eq!(lines(b"12345678\n12345678"), [(1, "12345678".into()), (2, "12345678".into())]);
    }

    #[test]
    fn a_line_one_byte_over_the_limit_is_refused_with_its_number() {
        for input in [&b"a\n123456789\n"[..], b"a\n123456789", b"a\n1234567890123456789\n"] {
            let mut reader = LineReader::new(input, 8);
            reader.next_line().unwrap();
            assert!(matches!(reader.next_line(), Err(LineError::TooLong { line: 2, limit: 8 })));
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused_with_their_place() {
        let mut reader = LineReader::new(&b"ok\nab\xff\n"[..], 8);
        reader.next_line().unwrap();
        assert!(matches!(reader.next_line(), Err(LineError::NotText { line: 2, byte: 3 })));
    }
}
