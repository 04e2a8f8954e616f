//! One viewer.

use super::book::Book;
use super::link::{Entered, Link};
use crate::{Event, Wire};

/// One viewer.
pub(super) struct Seat {
    link: Link,
    /// What is not there as a whole yet.
    tail: Vec<u8>,
    /// Messages that came.
    pub(super) has: u64,
}

impl Seat {
    pub(super) fn new(entered: Entered) -> Self {
        Self { link: entered.link, tail: entered.early, has: 0 }
    }

    pub(super) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// Reads all there is.
    ///
    /// # Errors
    ///
    /// The connection is over, or something else came than had to.
    pub(super) fn read(&mut self, buffer: &mut [u8], wire: &dyn Wire, book: &mut Book) -> Result<(), String> {
        loop {
            let count = match self.link.read(buffer).map_err(|error| error.to_string())? {
                None => return Ok(()),
                Some(0) => return Err("the server closed the connection".to_owned()),
                Some(count) => count,
            };
            let bytes = buffer.get(..count).unwrap_or_default();
            let now = book.now();
            if self.tail.is_empty() {
                let taken = self.take(bytes, wire, book, now)?;
                self.tail.extend_from_slice(bytes.get(taken..).unwrap_or_default());
            } else {
                let mut tail = std::mem::take(&mut self.tail);
                tail.extend_from_slice(bytes);
                let taken = self.take(&tail, wire, book, now)?;
                tail.drain(..taken);
                self.tail = tail;
            }
            if count < buffer.len() && self.link.is_emptied_by_a_short_read() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, bytes: &[u8], wire: &dyn Wire, book: &mut Book, now: u64) -> Result<usize, String> {
        let mut taken = 0;
        while let Some((length, event)) = wire.next(bytes.get(taken..).unwrap_or_default())? {
            taken += length;
            match event {
                Event::Delivery(body) => {
                    book.came(self.has, body, now)?;
                    self.has += 1;
                }
                Event::Asks(answer) => self.answer(&answer)?,
                Event::Aside => {}
            }
        }
        Ok(taken)
    }

    /// A viewer says nothing else, so there is room.
    fn answer(&mut self, bytes: &[u8]) -> Result<(), String> {
        let written = self.link.write(bytes).map_err(|error| error.to_string())?;
        if written < bytes.len() { Err("the server does not read".to_owned()) } else { Ok(()) }
    }
}
