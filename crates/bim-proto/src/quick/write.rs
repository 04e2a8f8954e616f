//! Writes messages as the generated code does: fields in the order of their numbers, without those that are zero.

use bim_types::{MessageBody, Position, Uid};
use bytes::Bytes;

use super::block;
use crate::frame::{HEADER_BYTES, PROTOCOL_VERSION};
use crate::message::{Accepted, LivePush, RequestId, SendLive};
use crate::stored::StoredLiveMessage;
use crate::wire::FrameKind;

const BYTES: u8 = 2;

/// A pushed message as a frame.
pub(crate) fn live_frame(push: &LivePush) -> Bytes {
    shared(Some(head(FrameKind::LiveMessage)), push)
}

impl Fields for LivePush {
    fn write(&self, out: &mut impl Out) {
        let message = &self.message;
        out.number(1, message.conversation_short_id.value() as u64);
        out.position(2, message.position);
        out.uid(3, &message.sender);
        out.bytes(4, &message.client_message_id.to_bytes());
        out.number(5, message.priority as u64);
        out.number(6, message.accepted_at.as_millis());
        out.content(7, Some(&message.body).filter(|_| !self.hidden));
        out.number(8, message.edits.into());
        out.number(9, self.previous.low.0);
        out.number(10, self.previous.normal.0);
        out.number(11, self.previous.high.0);
        out.number(12, self.hidden.into());
    }
}

/// The request to send a message as a frame.
pub(crate) fn send_frame(id: RequestId, send: &SendLive) -> Bytes {
    measured(Some(head(FrameKind::Request)), &Within { id, field: 9, what: send })
}

impl Fields for SendLive {
    fn write(&self, out: &mut impl Out) {
        out.number(1, self.group.value() as u64);
        out.bytes(2, &self.client_message_id.to_bytes());
        out.number(3, self.priority as u64);
        out.content(4, Some(&self.body));
        if let Some(before) = self.follows {
            out.bytes(5, &before.to_bytes());
        }
    }
}

/// The answer to a message that was accepted as it was said, as a frame; `None` for one that was rewritten.
pub(crate) fn accepted_frame(id: RequestId, accepted: &Accepted) -> Option<Bytes> {
    let as_said = accepted.rewritten.is_none();
    as_said.then(|| shared(Some(head(FrameKind::Response)), &Within { id, field: 8, what: accepted }))
}

impl Fields for Accepted {
    fn write(&self, out: &mut impl Out) {
        out.position(1, self.position);
        out.number(2, self.accepted_at.as_millis());
        out.number(3, self.only_for_sender.into());
    }
}

/// A message as it is stored; `None` for a change of another one.
pub(crate) fn stored(message: &StoredLiveMessage) -> Option<Bytes> {
    message.changed.is_none().then(|| shared(None, message))
}

impl Fields for StoredLiveMessage {
    fn write(&self, out: &mut impl Out) {
        out.uid(1, &self.sender);
        out.bytes(2, &self.device.to_bytes());
        out.bytes(3, &self.client_message_id.to_bytes());
        out.number(4, self.priority as u64);
        out.number(5, self.accepted_at.as_millis());
        out.content(6, Some(&self.body));
        out.number(7, self.edits.into());
        out.number(8, self.deleted.into());
        out.number(9, self.only_for_sender.into());
        out.number(10, self.changes.unwrap_or_default().0);
    }
}

/// A request or an answer: its number, and what it is about in one field.
struct Within<'a, F> {
    id: RequestId,
    field: u8,
    what: &'a F,
}

impl<F: Fields> Fields for Within<'_, F> {
    fn write(&self, out: &mut impl Out) {
        out.number(1, self.id.0);
        out.open(self.field, self.what.len());
        self.what.write(out);
    }
}

fn head(kind: FrameKind) -> [u8; HEADER_BYTES] {
    [PROTOCOL_VERSION, kind as u8]
}

/// Writes what several hands will hold: a sender and a log, or many viewers.
fn shared(head: Option<[u8; HEADER_BYTES]>, fields: &impl Fields) -> Bytes {
    let length = head.map_or(0, |head| head.len()) + fields.len();
    let filled = block::filled(length, |bytes| {
        let mut out = Row(bytes, 0);
        out.put(head.as_ref().map_or(&[], |head| head));
        fields.write(&mut out);
    });
    filled.unwrap_or_else(|| measured(head, fields))
}

/// Writes twice: first to know how much it is, so that nothing is moved and no room is left over.
fn measured(head: Option<[u8; HEADER_BYTES]>, fields: &impl Fields) -> Bytes {
    let head: &[u8] = head.as_ref().map_or(&[], |head| head);
    let mut out = Vec::with_capacity(head.len() + fields.len());
    out.extend_from_slice(head);
    fields.write(&mut out);
    out.into()
}

/// What is written field by field.
trait Fields {
    fn write(&self, out: &mut impl Out);

    /// How many bytes it is.
    fn len(&self) -> usize {
        let mut length = Length(0);
        self.write(&mut length);
        length.0
    }
}

/// Counts what is written.
struct Length(usize);

impl Out for Length {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    #[inline]
    fn varint(&mut self, value: u64) {
        self.0 += varint_len(value);
    }
}

impl Out for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }
}

/// Room for as much as was counted, and how much of it is written.
struct Row<'a>(&'a mut [u8], usize);

impl Out for Row<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.1 + bytes.len();
        if let Some(room) = self.0.get_mut(self.1..end) {
            room.copy_from_slice(bytes);
            self.1 = end;
        }
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        for room in self.0.iter_mut().skip(self.1) {
            self.1 += 1;
            if value < 0x80 {
                *room = value as u8;
                return;
            }
            *room = value as u8 | 0x80;
            value >>= 7;
        }
    }
}

/// Where fields are written to, or counted.
trait Out {
    fn put(&mut self, bytes: &[u8]);

    fn varint(&mut self, value: u64);

    /// A number, unless it is zero. Fields are numbered from 1 to 15.
    #[inline]
    fn number(&mut self, field: u8, value: u64) {
        if value != 0 {
            self.put(&[field << 3]);
            self.varint(value);
        }
    }

    /// The beginning of a field of so many bytes.
    #[inline]
    fn open(&mut self, field: u8, length: usize) {
        self.put(&[field << 3 | BYTES]);
        self.varint(length as u64);
    }

    #[inline]
    fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.open(field, bytes.len());
        self.put(bytes);
    }

    #[inline]
    fn position(&mut self, field: u8, position: Position) {
        self.open(field, number_len(position.epoch.0) + number_len(position.seq.0));
        self.number(1, position.epoch.0);
        self.number(2, position.seq.0);
    }

    fn uid(&mut self, field: u8, uid: &Uid) {
        match uid {
            Uid::Int(number) => {
                let number = *number as u64;
                self.open(field, 1 + varint_len(number));
                self.put(&[1 << 3]);
                self.varint(number);
            }
            Uid::Str(name) => self.nested(field, 2, name),
        }
    }

    /// A body; one of an unknown kind is not written.
    fn content(&mut self, field: u8, body: Option<&MessageBody>) {
        match body {
            Some(MessageBody::Text(text)) => self.nested(field, 1, text),
            Some(MessageBody::Custom(data)) => self.nested(field, 2, data),
            Some(_) | None => {}
        }
    }

    /// A message that has one field, which is a text.
    #[inline]
    fn nested(&mut self, field: u8, within: u8, text: &str) {
        self.open(field, 1 + varint_len(text.len() as u64) + text.len());
        self.bytes(within, text.as_bytes());
    }
}

/// Bytes of a number with its key.
fn number_len(value: u64) -> usize {
    if value == 0 { 0 } else { 1 + varint_len(value) }
}

fn varint_len(value: u64) -> usize {
    (u64::BITS - (value | 1).leading_zeros()).div_ceil(7) as usize
}
