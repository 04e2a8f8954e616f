//! What redis speaks: RESP, version 2.

use std::io::Write as _;

use crate::wire::{decimal, line};
use crate::{Event, Wire};

/// Subscribes to the one channel, and the answer.
pub(super) const SUBSCRIBE: &[u8] = b"*2\r\n$9\r\nSUBSCRIBE\r\n$5\r\nbench\r\n";
pub(super) const SUBSCRIBED: &[u8] = b"*3\r\n$9\r\nsubscribe\r\n$5\r\nbench\r\n:1\r\n";

/// What stands before the body of each message.
const MESSAGE: &[u8] = b"*3\r\n$7\r\nmessage\r\n$5\r\nbench\r\n$";

/// What redis speaks.
pub(super) struct Resp;

impl Wire for Resp {
    fn publish(&self, _: u64, body: &str, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        let _ = write!(out, "*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n${}\r\n{body}\r\n", body.len());
    }

    fn next<'a>(&self, bytes: &'a [u8]) -> Result<Option<(usize, Event<'a>)>, String> {
        match bytes.first() {
            None => Ok(None),
            Some(b'*') => message(bytes),
            Some(b'-') => match line(bytes) {
                Some((error, _)) => Err(String::from_utf8_lossy(error).into_owned()),
                None => Ok(None),
            },
            // How many were sent the message.
            Some(b':') => Ok(line(bytes).map(|(_, taken)| (taken, Event::Aside))),
            Some(other) => Err(format!("an answer that begins with {other:#x}")),
        }
    }
}

#[inline]
fn message(bytes: &[u8]) -> Result<Option<(usize, Event<'_>)>, String> {
    let Some((head, rest)) = bytes.split_at_checked(MESSAGE.len()) else { return Ok(None) };
    if head != MESSAGE {
        return Err(format!("no message: {}", String::from_utf8_lossy(head)));
    }
    let Some((digits, taken)) = line(rest) else { return Ok(None) };
    let length = decimal(digits).ok_or("a message without a length")?;
    let body = taken.checked_add(length).and_then(|end| rest.get(taken..end));
    match body {
        Some(body) if rest.len() >= taken + length + 2 => {
            Ok(Some((MESSAGE.len() + taken + length + 2, Event::Delivery(body))))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::events;

    #[test]
    fn messages_and_counts_of_receivers_are_read() {
        let bytes = b"*3\r\n$7\r\nmessage\r\n$5\r\nbench\r\n$4\r\n\r\n\r\n\r\n:1000\r\n*3\r\n$7\r\nmessage\r\n$5\r\nbench\r\n$0\r\n\r\n";
        assert_eq!(events(&Resp, bytes), [Event::Delivery(b"\r\n\r\n"), Event::Aside, Event::Delivery(b"")]);
    }

    #[test]
    fn an_error_is_told_in_its_own_words() {
        assert_eq!(
            Resp.next(b"-ERR max number of clients reached\r\n"),
            Err("-ERR max number of clients reached".into())
        );
        assert!(Resp.next(b"*3\r\n$9\r\nsubscribe\r\n$5\r\nbench\r\n:1\r\n").is_err());
    }

    #[test]
    fn a_body_is_published_with_its_length() {
        let mut out = Vec::new();
        Resp.publish(0, "hello", &mut out);
        assert_eq!(out, b"*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n$5\r\nhello\r\n");
    }
}
