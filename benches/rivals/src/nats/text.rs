//! What nats speaks: lines of text, and bodies with a length.

use std::io::Write as _;

use crate::wire::{decimal, line};
use crate::{Event, Wire};

/// The first words of a client. It does not want each of its lines acknowledged.
pub(super) const CONNECT: &[u8] =
    b"CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"rust\",\"version\":\"0\",\"protocol\":0}\r\n";

/// Subscribes to the one subject.
pub(super) const SUBSCRIBE: &[u8] = b"SUB bench 1\r\n";

pub(super) const PING: &[u8] = b"PING\r\n";
pub(super) const PONG: &[u8] = b"PONG\r\n";

/// What stands before the length of each message: its subject, and the number of the subscription.
const MESSAGE: &[u8] = b"MSG bench 1 ";

/// What nats speaks.
pub(super) struct Text;

impl Wire for Text {
    fn publish(&self, _: u64, body: &str, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        let _ = write!(out, "PUB bench {}\r\n{body}\r\n", body.len());
    }

    fn next<'a>(&self, bytes: &'a [u8]) -> Result<Option<(usize, Event<'a>)>, String> {
        if bytes.starts_with(MESSAGE) {
            return message(bytes);
        }
        let Some((said, taken)) = line(bytes) else { return Ok(None) };
        match said {
            b"PING" => Ok(Some((taken, Event::Asks(PONG.to_vec())))),
            b"PONG" | b"+OK" => Ok(Some((taken, Event::Aside))),
            said if said.starts_with(b"INFO ") => Ok(Some((taken, Event::Aside))),
            other => Err(String::from_utf8_lossy(other).into_owned()),
        }
    }
}

#[inline]
fn message(bytes: &[u8]) -> Result<Option<(usize, Event<'_>)>, String> {
    let rest = bytes.get(MESSAGE.len()..).unwrap_or_default();
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
    fn messages_pings_and_news_are_told_apart() {
        let bytes = b"MSG bench 1 5\r\nhel\r\n\r\nPING\r\nINFO {}\r\nMSG bench 1 0\r\n\r\nPONG\r\n";
        let expected = [
            Event::Delivery(b"hel\r\n"),
            Event::Asks(PONG.to_vec()),
            Event::Aside,
            Event::Delivery(b""),
            Event::Aside,
        ];
        assert_eq!(events(&Text, bytes), expected);
    }

    #[test]
    fn an_error_is_told_in_its_own_words() {
        assert_eq!(Text.next(b"-ERR 'Slow Consumer'\r\n"), Err("-ERR 'Slow Consumer'".into()));
        assert!(Text.next(b"MSG bench 1 x\r\n").is_err());
    }
}
