//! How messages lie in a stream of bytes.

/// How one kind of server is spoken to when everyone is connected. It keeps nothing, and is shared by all connections.
pub trait Wire {
    /// Appends what publishes this body. `number` counts messages from 0.
    fn publish(&self, number: u64, body: &str, out: &mut Vec<u8>);

    /// The first thing in these bytes, and how many of them it takes; `None` when it is not there as a whole.
    ///
    /// # Errors
    ///
    /// The bytes are nothing this server may send, in words.
    fn next<'a>(&self, bytes: &'a [u8]) -> Result<Option<(usize, Event<'a>)>, String>;
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A message came; this is its body.
    Delivery(&'a [u8]),
    /// Something that wants these bytes as an answer.
    Asks(Vec<u8>),
    /// Nothing that counts.
    Aside,
}

/// The line at the beginning of these bytes without its end, and how many bytes both take.
pub(crate) fn line(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((&bytes[..end], end + 2))
}

/// A decimal number without a sign.
pub(crate) fn decimal(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |number, digit| {
        let digit = usize::from(digit.wrapping_sub(b'0'));
        if digit > 9 { None } else { number.checked_mul(10)?.checked_add(digit) }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Reads everything, however the bytes are cut: whole, and one byte at a time.
    pub(crate) fn events(wire: &dyn Wire, bytes: &[u8]) -> Vec<Event<'static>> {
        let whole = read(wire, &[bytes]);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(wire, &single), whole, "it matters how the bytes are cut");
        whole
    }

    fn read(wire: &dyn Wire, parts: &[&[u8]]) -> Vec<Event<'static>> {
        let (mut waiting, mut events) = (Vec::new(), Vec::new());
        for part in parts {
            waiting.extend_from_slice(part);
            while let Some((taken, event)) = wire.next(&waiting).unwrap() {
                events.push(match event {
                    Event::Delivery(body) => Event::Delivery(body.to_vec().leak()),
                    Event::Asks(answer) => Event::Asks(answer),
                    Event::Aside => Event::Aside,
                });
                waiting.drain(..taken);
            }
        }
        assert!(waiting.is_empty(), "bytes are left over: {waiting:?}");
        events
    }

    #[test]
    fn lines_end_with_both_bytes() {
        assert_eq!(line(b"+OK\r\n:1\r\n"), Some((&b"+OK"[..], 5)));
        assert_eq!(line(b"+OK\r"), None);
    }

    #[test]
    fn numbers_have_digits_only() {
        assert_eq!(decimal(b"128"), Some(128));
        for wrong in [&b""[..], b"-1", b"1a", b"99999999999999999999999"] {
            assert_eq!(decimal(wrong), None);
        }
    }
}
