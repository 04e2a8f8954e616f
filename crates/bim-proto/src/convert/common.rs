//! Words that several messages share.

use std::borrow::Cow;
use std::time::Duration;

use bim_types::{
    ClientMessageId, ConversationShortId, Cursor, Epoch, ErrorCode, MessageBody, PerPriority, Position,
    Priority, Refusal, Seq, Uid,
};

use crate::convert::millis;
use crate::error::DecodeError;
use crate::wire::{self, content::Kind, uid::Value};

/// Longest hint of a refusal, in bytes. A longer one is cut, on its way out and on its way in.
const HINT_BYTES_MAX: usize = 200;

impl From<Uid> for wire::Uid {
    fn from(uid: Uid) -> Self {
        let value = match uid {
            Uid::Int(number) => Value::Number(number),
            Uid::Str(text) => Value::Text(text.as_ref().into()),
        };
        Self { value: Some(value) }
    }
}

/// Reads a required uid; `field` names it in the error.
pub(crate) fn uid(wire: Option<wire::Uid>, field: &'static str) -> Result<Uid, DecodeError> {
    let read = match wire.and_then(|uid| uid.value) {
        Some(Value::Number(number)) => Uid::int(number),
        Some(Value::Text(text)) => Uid::string(&text),
        None => return Err(DecodeError::field(field)),
    };
    read.map_err(|_| DecodeError::field(field))
}

/// Reads a list of uids; `field` names it in the error.
pub(crate) fn uids(wire: Vec<wire::Uid>, field: &'static str) -> Result<Vec<Uid>, DecodeError> {
    wire.into_iter().map(|one| uid(Some(one), field)).collect()
}

/// Reads the number of a group; `field` names it in the error.
pub(crate) fn short_id(number: i64, field: &'static str) -> Result<ConversationShortId, DecodeError> {
    ConversationShortId::new(number).map_err(|_| DecodeError::field(field))
}

/// Reads an idempotency key; `field` names it in the error.
pub(crate) fn client_message_id(bytes: &[u8], field: &'static str) -> Result<ClientMessageId, DecodeError> {
    ClientMessageId::from_slice(bytes).map_err(|_| DecodeError::field(field))
}

impl From<Position> for wire::Position {
    fn from(position: Position) -> Self {
        Self { epoch: position.epoch.0, seq: position.seq.0 }
    }
}

impl From<wire::Position> for Position {
    fn from(wire: wire::Position) -> Self {
        Self { epoch: Epoch(wire.epoch), seq: Seq(wire.seq) }
    }
}

impl From<Cursor> for wire::Cursor {
    fn from(cursor: Cursor) -> Self {
        let PerPriority { low, normal, high } = cursor.seqs;
        Self { epoch: cursor.epoch.0, low: low.0, normal: normal.0, high: high.0 }
    }
}

impl From<wire::Cursor> for Cursor {
    fn from(wire: wire::Cursor) -> Self {
        let seqs = PerPriority { low: Seq(wire.low), normal: Seq(wire.normal), high: Seq(wire.high) };
        Self { epoch: Epoch(wire.epoch), seqs }
    }
}

impl From<Priority> for wire::Priority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Low => Self::Low,
            Priority::Normal => Self::Normal,
            Priority::High => Self::High,
        }
    }
}

/// Reads a class; `field` names it in the error.
pub(crate) fn priority(number: i32, field: &'static str) -> Result<Priority, DecodeError> {
    Priority::from_number(number.into()).ok_or(DecodeError::field(field))
}

impl From<Refusal> for wire::Refusal {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code.number(),
            retry_after_ms: millis(refusal.retry_after.unwrap_or_default()),
            limit: refusal.limit.unwrap_or_default(),
            hint: within(refusal.hint, HINT_BYTES_MAX).into_owned(),
        }
    }
}

impl From<wire::Refusal> for Refusal {
    fn from(wire: wire::Refusal) -> Self {
        Self {
            code: ErrorCode::from_number(wire.code),
            retry_after: (wire.retry_after_ms > 0).then(|| Duration::from_millis(wire.retry_after_ms)),
            limit: (wire.limit > 0).then_some(wire.limit),
            hint: within(wire.hint.into(), HINT_BYTES_MAX),
        }
    }
}

/// Cuts a phrase that is longer than a number of bytes, between characters.
fn within(phrase: Cow<'static, str>, bytes_max: usize) -> Cow<'static, str> {
    if phrase.len() <= bytes_max {
        return phrase;
    }
    let end = (0..=bytes_max).rev().find(|at| phrase.is_char_boundary(*at)).unwrap_or_default();
    match phrase {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// A body as content; an unknown kind has none.
pub(crate) fn content(body: MessageBody) -> Option<wire::Content> {
    let kind = match body {
        MessageBody::Text(text) => Kind::Text(text.as_ref().into()),
        MessageBody::Custom(data) => Kind::Custom(data.as_ref().into()),
        _ => return None,
    };
    Some(wire::Content { kind: Some(kind) })
}

/// Content as a body; content of a kind this version does not know becomes a placeholder.
pub(crate) fn message_body(content: Option<wire::Content>) -> MessageBody {
    match content.and_then(|content| content.kind) {
        Some(Kind::Text(text)) => MessageBody::Text(text.into()),
        Some(Kind::Custom(data)) => MessageBody::Custom(data.into()),
        None => MessageBody::Unknown { kind: 0 },
    }
}

/// Content that a client may send: of a kind that is known. `field` names it in the error.
pub(crate) fn said(wire: Option<wire::Content>, field: &'static str) -> Result<MessageBody, DecodeError> {
    match message_body(wire) {
        MessageBody::Unknown { .. } => Err(DecodeError::field(field)),
        body => Ok(body),
    }
}
