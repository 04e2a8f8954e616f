//! What mosquitto speaks: packets of MQTT 3.1.1.

use crate::{Event, Wire};

/// The answer to a connect that is let in, without a session from before.
pub(super) const CONNECTED: &[u8] = &[0x20, 2, 0, 0];

/// Subscribes to the one topic at quality of service 0, as request 1, and the answer.
pub(super) const SUBSCRIBE: &[u8] = b"\x82\x0a\x00\x01\x00\x05bench\x00";
pub(super) const SUBSCRIBED: &[u8] = &[0x90, 3, 0, 1, 0];

/// Kinds of packets.
const PUBLISH: u8 = 0x30;
const PING_ANSWER: u8 = 0xD0;

/// The topic with its length.
const TOPIC: &[u8] = b"\x00\x05bench";

/// Bytes of a length at most, seven bits each.
const LENGTH_BYTES_MAX: usize = 4;

/// The first packet of somebody who wants no session kept and never has to say that it is still there.
pub(super) fn connect(name: &str) -> Vec<u8> {
    let mut out = vec![0x10, u8::try_from(12 + name.len()).unwrap_or(u8::MAX)];
    out.extend_from_slice(b"\x00\x04MQTT\x04\x02\x00\x00");
    out.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(name.as_bytes());
    out
}

/// What mosquitto speaks.
pub(super) struct Packets;

impl Wire for Packets {
    fn publish(&self, _: u64, body: &str, out: &mut Vec<u8>) {
        out.push(PUBLISH);
        let mut length = TOPIC.len() + body.len();
        while length > 0x7F {
            out.push((length & 0x7F) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(TOPIC);
        out.extend_from_slice(body.as_bytes());
    }

    #[inline]
    fn next<'a>(&self, bytes: &'a [u8]) -> Result<Option<(usize, Event<'a>)>, String> {
        let Some((kind, rest)) = bytes.split_first() else { return Ok(None) };
        let Some((length, taken)) = length(rest)? else { return Ok(None) };
        let Some(packet) = rest.get(taken..taken + length) else { return Ok(None) };
        let event = match *kind {
            PUBLISH => Event::Delivery(packet.strip_prefix(TOPIC).ok_or("a message of another topic")?),
            PING_ANSWER => Event::Aside,
            other => return Err(format!("an unexpected packet: {other:#x}")),
        };
        Ok(Some((1 + taken + length, event)))
    }
}

/// A length and how many bytes it takes.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, String> {
    let mut length = 0;
    for at in 0..LENGTH_BYTES_MAX {
        let Some(byte) = bytes.get(at) else { return Ok(None) };
        length |= usize::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((length, at + 1)));
        }
    }
    Err("a packet without an end".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::events;

    #[test]
    fn what_is_published_comes_back_whatever_its_length() {
        let bodies = ["", "x", &"y".repeat(120), &"z".repeat(121), &"w".repeat(20_000)].map(str::to_owned);
        let mut bytes = Vec::new();
        bodies.iter().for_each(|body| Packets.publish(0, body, &mut bytes));
        let expected: Vec<_> = bodies.iter().map(|body| Event::Delivery(body.as_bytes())).collect();
        assert_eq!(events(&Packets, &bytes), expected);
    }

    #[test]
    fn other_topics_other_packets_and_endless_ones_are_errors() {
        for wrong in [&b"\x30\x07\x00\x05other"[..], b"\x90\x00", b"\x30\xff\xff\xff\xff"] {
            assert!(Packets.next(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(Packets.next(b"\xd0\x00"), Ok(Some((2, Event::Aside))));
    }

    #[test]
    fn a_connect_has_the_length_of_its_name() {
        let packet = connect("viewer7");
        assert_eq!((packet.len(), usize::from(packet[1])), (21, 19));
        assert!(packet.ends_with(b"\x00\x07viewer7"));
    }
}
