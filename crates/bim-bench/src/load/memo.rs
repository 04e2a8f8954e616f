//! What was read of the latest messages, so that it is read once and not by every viewer.
//!
//! A message comes to everyone in the same bytes. Whoever gets it first looks at its fields; the others compare the bytes
//! with those, which takes a tenth of the time and says as much.

use bim_types::{PerPriority, Priority, Seq};

use crate::Clock;
use crate::peek::MessageGlimpse;

/// Messages that are remembered; older ones are forgotten, and looked at again.
const MESSAGES_MAX: usize = 1_024;

/// Frames that are remembered are at most so long, in bytes.
const FRAME_BYTES_MAX: usize = 4_096;

/// What the books need of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) group: i64,
    pub(crate) class: Priority,
    pub(crate) seq: Seq,
    pub(crate) previous: PerPriority<Seq>,
    /// When it was sent, in nanoseconds of the clock; `None` when it does not say.
    pub(crate) sent: Option<u64>,
}

/// The latest messages.
#[derive(Debug)]
pub(crate) struct Memo {
    places: Vec<(Vec<u8>, Known)>,
}

impl Memo {
    pub(crate) fn new() -> Self {
        Self { places: vec![(Vec::new(), Known::default()); MESSAGES_MAX] }
    }

    /// What is known of a frame, if it is the message with this number.
    #[inline]
    pub(crate) fn recall(&self, seq: u64, frame: &[u8]) -> Option<Known> {
        let (bytes, known) = &self.places[seq as usize % MESSAGES_MAX];
        (bytes == frame).then_some(*known)
    }

    /// Takes what a glimpse showed.
    pub(crate) fn learn(&mut self, frame: &[u8], glimpse: &MessageGlimpse<'_>) -> Known {
        let MessageGlimpse { group, seq, class, previous, body } = *glimpse;
        let known = Known { group, class, seq, previous, sent: Clock::nanos_in(body) };
        if frame.len() <= FRAME_BYTES_MAX {
            let (bytes, place) = &mut self.places[seq.0 as usize % MESSAGES_MAX];
            bytes.clear();
            bytes.extend_from_slice(frame);
            *place = known;
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_known() {
        let mut memo = Memo::new();
        let body = format!("{:020}", 7);
        let glimpse =
            MessageGlimpse { group: 1, seq: Seq(5), body: body.as_bytes(), ..MessageGlimpse::default() };
        let known = memo.learn(b"five", &glimpse);
        assert_eq!((known.seq, known.sent), (Seq(5), Some(7)));
        assert_eq!(memo.recall(5, b"five"), Some(known));
        assert_eq!((memo.recall(5, b"fibe"), memo.recall(6, b"five")), (None, None));
        memo.learn(b"later", &MessageGlimpse { seq: Seq(5 + MESSAGES_MAX as u64), ..glimpse });
        assert_eq!(memo.recall(5, b"five"), None);
    }
}
