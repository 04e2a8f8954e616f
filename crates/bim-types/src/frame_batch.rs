//! Frames that leave together, for many receivers.

use std::sync::OnceLock;

use bytes::Bytes;

/// How a transport puts several frames into one run of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each frame as an unmasked binary WebSocket message (RFC 6455, section 5.2): what a server sends.
    WebSocket,
    /// Each frame after its length, 4 bytes, big-endian.
    LengthPrefixed,
}

/// Frames in the order in which they leave. Many connections share one batch, and so its bytes as they travel: the first
/// connection of each framing makes them, the others send the same.
#[derive(Debug)]
pub struct FrameBatch {
    frames: Box<[Bytes]>,
    bytes: usize,
    largest: usize,
    websocket: OnceLock<Bytes>,
    length_prefixed: OnceLock<Bytes>,
}

impl FrameBatch {
    /// A batch of these frames.
    #[must_use]
    pub fn new(frames: impl IntoIterator<Item = Bytes>) -> Self {
        let frames: Box<[Bytes]> = frames.into_iter().collect();
        let (bytes, largest) = (frames.iter().map(Bytes::len).sum(), frames.iter().map(Bytes::len).max());
        let (websocket, length_prefixed) = (OnceLock::new(), OnceLock::new());
        Self { frames, bytes, largest: largest.unwrap_or_default(), websocket, length_prefixed }
    }

    /// The frames.
    #[must_use]
    pub fn frames(&self) -> &[Bytes] {
        &self.frames
    }

    /// Bytes of all frames together, without what a transport adds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of the largest frame.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// The batch as it travels, made by `encode` when it is asked for the first time.
    pub fn encoded(&self, framing: Framing, encode: impl FnOnce(&[Bytes]) -> Bytes) -> Bytes {
        let made = match framing {
            Framing::WebSocket => &self.websocket,
            Framing::LengthPrefixed => &self.length_prefixed,
        };
        made.get_or_init(|| encode(&self.frames)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_encoded_once_for_each_framing() {
        let batch = FrameBatch::new([Bytes::from_static(b"one"), Bytes::from_static(b"three")]);
        assert_eq!((batch.bytes(), batch.largest()), (8, 5));
        let first = batch.encoded(Framing::WebSocket, |frames| frames.concat().into());
        let again = batch.encoded(Framing::WebSocket, |_| unreachable!("it is known already"));
        assert_eq!((first.as_ptr(), &first[..]), (again.as_ptr(), &b"onethree"[..]));
        assert_eq!(batch.encoded(Framing::LengthPrefixed, |_| Bytes::from_static(b"other")), "other");
    }
}
