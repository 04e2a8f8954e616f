//! The connection that sends everything.

use super::link::{Entered, Link};
use crate::{Event, Wire};

/// The connection that sends everything.
pub(super) struct Sender {
    link: Link,
    tail: Vec<u8>,
    /// What there was no room for yet.
    pub(super) out: Vec<u8>,
}

impl Sender {
    pub(super) fn new(entered: Entered) -> Self {
        Self { link: entered.link, tail: entered.early, out: Vec::new() }
    }

    pub(super) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// Writes what waits, as far as there is room.
    ///
    /// # Errors
    ///
    /// The connection is over.
    pub(super) fn write(&mut self) -> Result<(), String> {
        while !self.out.is_empty() {
            match self.link.write(&self.out).map_err(|error| error.to_string())? {
                0 => break,
                count => drop(self.out.drain(..count)),
            }
        }
        Ok(())
    }

    /// Reads all there is. Messages that come back are nothing to count.
    ///
    /// # Errors
    ///
    /// The connection is over, or a message was refused.
    pub(super) fn read(&mut self, buffer: &mut [u8], wire: &dyn Wire) -> Result<(), String> {
        while let Some(count) = self.link.read(buffer).map_err(|error| error.to_string())? {
            if count == 0 {
                return Err("the server closed the connection".to_owned());
            }
            self.tail.extend_from_slice(buffer.get(..count).unwrap_or_default());
            let mut taken = 0;
            while let Some((length, event)) = wire.next(self.tail.get(taken..).unwrap_or_default())? {
                taken += length;
                if let Event::Asks(answer) = event {
                    self.out.extend_from_slice(&answer);
                }
            }
            self.tail.drain(..taken);
            if count < buffer.len() && self.link.is_emptied_by_a_short_read() {
                break;
            }
        }
        self.write()
    }
}
