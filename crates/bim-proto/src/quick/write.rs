//! Writes messages as the generated code does: fields in the order of their numbers, without those that are zero.

use bim_types::{MessageBody, Uid};
use bytes::{BufMut, Bytes, BytesMut};

use crate::frame::{HEADER_BYTES, PROTOCOL_VERSION};
use crate::message::{LivePush, RequestId, SendLive};
use crate::stored::StoredLiveMessage;
use crate::wire::FrameKind;

const BYTES: u8 = 2;

/// A pushed message as a frame.
pub(crate) fn live_frame(push: &LivePush) -> Bytes {
    let message = &push.message;
    let shown = Some(&message.body).filter(|_| !push.hidden);
    let position = number_len(message.position.epoch.0) + number_len(message.position.seq.0);
    framed(FrameKind::LiveMessage, |out| {
        out.number(1, message.conversation_short_id.value() as u64);
        out.open(2, position);
        out.number(1, message.position.epoch.0);
        out.number(2, message.position.seq.0);
        out.uid(3, &message.sender);
        out.bytes(4, &message.client_message_id.to_bytes());
        out.number(5, message.priority as u64);
        out.number(6, message.accepted_at.as_millis());
        out.content(7, shown);
        out.number(8, message.edits.into());
        out.number(9, push.previous.low.0);
        out.number(10, push.previous.normal.0);
        out.number(11, push.previous.high.0);
        out.number(12, push.hidden.into());
    })
}

/// The request to send a message as a frame.
pub(crate) fn send_frame(id: RequestId, send: &SendLive) -> Bytes {
    let mut length = Out::Length(0);
    write_send(send, &mut length);
    framed(FrameKind::Request, |out| {
        out.number(1, id.0);
        out.open(9, length.len());
        write_send(send, out);
    })
}

fn write_send(send: &SendLive, out: &mut Out) {
    out.number(1, send.group.value() as u64);
    out.bytes(2, &send.client_message_id.to_bytes());
    out.number(3, send.priority as u64);
    out.content(4, Some(&send.body));
    if let Some(before) = send.follows {
        out.bytes(5, &before.to_bytes());
    }
}

/// A message as it is stored; `None` for a change of another one.
pub(crate) fn stored(message: &StoredLiveMessage) -> Option<Bytes> {
    if message.changed.is_some() {
        return None;
    }
    Some(measured(0, |out| {
        out.uid(1, &message.sender);
        out.bytes(2, &message.device.to_bytes());
        out.bytes(3, &message.client_message_id.to_bytes());
        out.number(4, message.priority as u64);
        out.number(5, message.accepted_at.as_millis());
        out.content(6, Some(&message.body));
        out.number(7, message.edits.into());
        out.number(8, message.deleted.into());
        out.number(9, message.only_for_sender.into());
        out.number(10, message.changes.unwrap_or_default().0);
    }))
}

fn framed(kind: FrameKind, write: impl Fn(&mut Out)) -> Bytes {
    measured(HEADER_BYTES, |out| {
        if let Out::Bytes(bytes) = out {
            bytes.put_u8(PROTOCOL_VERSION);
            bytes.put_u8(kind as u8);
        }
        write(out);
    })
}

/// Writes twice: first to know how much it is, so that nothing is moved and no room is left over.
fn measured(head: usize, write: impl Fn(&mut Out)) -> Bytes {
    let mut length = Out::Length(head);
    write(&mut length);
    let mut out = Out::Bytes(BytesMut::with_capacity(length.len()));
    write(&mut out);
    match out {
        Out::Bytes(bytes) => bytes.freeze(),
        Out::Length(_) => Bytes::new(),
    }
}

/// Where fields are written to, or counted.
enum Out {
    Length(usize),
    Bytes(BytesMut),
}

impl Out {
    fn len(&self) -> usize {
        match self {
            Self::Length(length) => *length,
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        match self {
            Self::Length(length) => *length += bytes.len(),
            Self::Bytes(out) => out.put_slice(bytes),
        }
    }

    fn varint(&mut self, mut value: u64) {
        match self {
            Self::Length(length) => *length += varint_len(value),
            Self::Bytes(out) => {
                while value >= 0x80 {
                    out.put_u8(value as u8 | 0x80);
                    value >>= 7;
                }
                out.put_u8(value as u8);
            }
        }
    }

    /// A number, unless it is zero. Fields are numbered from 1 to 15.
    fn number(&mut self, field: u8, value: u64) {
        if value != 0 {
            self.put(&[field << 3]);
            self.varint(value);
        }
    }

    /// The beginning of a field of so many bytes.
    fn open(&mut self, field: u8, length: usize) {
        self.put(&[field << 3 | BYTES]);
        self.varint(length as u64);
    }

    fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.open(field, bytes.len());
        self.put(bytes);
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
