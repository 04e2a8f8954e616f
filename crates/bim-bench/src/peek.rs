//! Reading of a frame only what the books need, without decoding it.
//!
//! A crowd reads millions of frames a second on one core. [`peek`] walks over the fields of a message once, makes
//! nothing and copies nothing; everything else that comes is rare and is decoded in full.

use bim_proto::wire::FrameKind;
use bim_types::{PerPriority, Priority, Seq};

/// What a frame is, as far as a viewer needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glimpse<'a> {
    /// A message of a live group.
    Message(MessageGlimpse<'a>),
    /// State, pulses, events and attributes: nothing that is counted.
    Aside,
    /// Anything else, and what can not be read: to be decoded in full.
    Whole,
}

/// What the books need of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageGlimpse<'a> {
    /// Of which group.
    pub group: i64,
    /// Its number.
    pub seq: Seq,
    /// Its class.
    pub class: Priority,
    /// The numbers of the last messages before it.
    pub previous: PerPriority<Seq>,
    /// What it says.
    pub body: &'a [u8],
}

/// Numbers of the fields of `LiveMessage`, and of the messages in it.
mod field {
    pub(super) const GROUP: u64 = 1;
    pub(super) const POSITION: u64 = 2;
    pub(super) const POSITION_SEQ: u64 = 2;
    pub(super) const CLASS: u64 = 5;
    pub(super) const CONTENT: u64 = 7;
    pub(super) const CONTENT_TEXT: u64 = 1;
    pub(super) const CONTENT_CUSTOM: u64 = 2;
    pub(super) const PREVIOUS_LOW: u64 = 9;
    pub(super) const PREVIOUS_NORMAL: u64 = 10;
    pub(super) const PREVIOUS_HIGH: u64 = 11;
}

/// Looks at a frame of a server.
#[must_use]
pub fn peek(frame: &[u8]) -> Glimpse<'_> {
    let Some((&[version, kind], fields)) = frame.split_first_chunk::<2>() else { return Glimpse::Whole };
    if version != bim_proto::PROTOCOL_VERSION {
        return Glimpse::Whole;
    }
    match FrameKind::try_from(i32::from(kind)) {
        Ok(FrameKind::LiveMessage) => message(fields).map_or(Glimpse::Whole, Glimpse::Message),
        Ok(
            FrameKind::LiveState
            | FrameKind::LiveEvent
            | FrameKind::LivePulse
            | FrameKind::LiveAttributesChanged
            | FrameKind::Pong,
        ) => Glimpse::Aside,
        _ => Glimpse::Whole,
    }
}

fn message(bytes: &[u8]) -> Option<MessageGlimpse<'_>> {
    let (mut fields, mut seen, mut class) = (Fields(bytes), MessageGlimpse::default(), 0);
    while let Some(field) = fields.next()? {
        match field {
            (field::GROUP, Value::Number(group)) => seen.group = i64::try_from(group).ok()?,
            (field::POSITION, Value::Bytes(position)) => {
                seen.seq = Seq(number_in(position, field::POSITION_SEQ)?)
            }
            (field::CLASS, Value::Number(number)) => class = number,
            (field::CONTENT, Value::Bytes(content)) => seen.body = text_in(content)?,
            (field::PREVIOUS_LOW, Value::Number(seq)) => seen.previous.low = Seq(seq),
            (field::PREVIOUS_NORMAL, Value::Number(seq)) => seen.previous.normal = Seq(seq),
            (field::PREVIOUS_HIGH, Value::Number(seq)) => seen.previous.high = Seq(seq),
            _ => {}
        }
    }
    seen.class = Priority::from_number(i64::try_from(class).ok()?)?;
    Some(seen)
}

fn number_in(bytes: &[u8], wanted: u64) -> Option<u64> {
    let (mut fields, mut found) = (Fields(bytes), 0);
    while let Some(field) = fields.next()? {
        if let (number, Value::Number(value)) = field
            && number == wanted
        {
            found = value;
        }
    }
    Some(found)
}

fn text_in(bytes: &[u8]) -> Option<&[u8]> {
    let (mut fields, mut found) = (Fields(bytes), &[][..]);
    while let Some(field) = fields.next()? {
        if let (field::CONTENT_TEXT | field::CONTENT_CUSTOM, Value::Bytes(text)) = field {
            found = text;
        }
    }
    Some(found)
}

/// A field's value, of the kinds that are in use.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The fields of one message of Protocol Buffers, in the order in which they lie there.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next field; `Some(None)` at the end, `None` when the bytes are no message.
    #[inline]
    #[expect(clippy::option_option, reason = "the end and an error are told apart by `?`")]
    fn next(&mut self) -> Option<Option<(u64, Value<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            1 => self.take(8).map(|_| Value::Fixed)?,
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some(Some((key >> 3, value)))
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    #[inline]
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
#[path = "peek_test.rs"]
mod tests;
