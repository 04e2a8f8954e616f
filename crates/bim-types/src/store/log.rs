//! What a server appends and reads: streams of records with positions.

use bytes::Bytes;

use crate::ids::{AppId, ClientMessageId, ConversationShortId, DeviceId, Uid};
use crate::position::{Epoch, Seq};
use crate::store::record::{Put, PutOutcome, group_from_bytes, uid_from_bytes};
use crate::time::Wall;

/// Names a stream of the log. Every stream belongs to one app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// The messages of one live group.
    LiveGroup(AppId, ConversationShortId),
    /// The taps on the counters of one live group.
    LiveCounters(AppId, ConversationShortId),
}

impl StreamId {
    /// The stream as bytes for a key: fixed length, and never equal for different streams.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 13] {
        let (kind, app, group) = match self {
            Self::LiveGroup(app, group) => (1, app, group),
            Self::LiveCounters(app, group) => (2, app, group),
        };
        let mut key = [0; 13];
        key[0] = kind;
        key[1..5].copy_from_slice(&app.value().to_be_bytes());
        key[5..].copy_from_slice(&group.value().to_be_bytes());
        key
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (app, group) = rest.split_first_chunk::<4>()?;
        let app = AppId::new(u32::from_be_bytes(*app)).ok()?;
        let group = group_from_bytes(group)?;
        match kind {
            1 => Some(Self::LiveGroup(app, group)),
            2 => Some(Self::LiveCounters(app, group)),
            _ => None,
        }
    }
}

/// One change of a server log. Operations of one commit are carried out in order and become durable
/// together; one whose condition fails changes nothing and does not hinder the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogOp {
    /// Adds records to the end of a stream.
    Append(Append),
    /// Sets or removes a small record.
    Put(Put),
    /// Removes the old end of a stream.
    Trim(Trim),
    /// Puts other bytes in the place of a record.
    Replace(Replace),
}

/// Puts other bytes in the place of a record that is kept. Its number, its time and what recognises a repeated
/// append of it stay. A record that is not kept is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// Which stream.
    pub stream: StreamId,
    /// Which record.
    pub seq: Seq,
    /// The new bytes.
    pub record: Bytes,
}

/// Adds records to the end of a stream: all of those that are new, in order, without holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub stream: StreamId,
    /// What must hold of the stream before.
    pub condition: AppendCondition,
    /// What to add.
    pub entries: Vec<AppendEntry>,
}

/// What must hold of a stream before an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendCondition {
    /// Nothing.
    Any,
    /// The last number handed out is this one; [`Seq::ZERO`] for a stream never written.
    Last(Seq),
}

/// One record to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendEntry {
    /// Makes a repeated append harmless, as long as the record is kept.
    pub idempotency: Option<IdempotencyKey>,
    /// When it was accepted; retention goes by it.
    pub at: Wall,
    /// The bytes, meaningless to the store.
    pub record: Bytes,
}

/// Recognises a record that was appended before, within its stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdempotencyKey {
    /// Who sent it.
    pub sender: Uid,
    /// From which device.
    pub device: DeviceId,
    /// What the device called it.
    pub client_id: ClientMessageId,
    /// A hash of the content: the same id with another hash is a conflict.
    pub content: [u8; 16],
}

impl IdempotencyKey {
    /// Sender, device and client id as bytes for a key: length-prefixed, so that no two differ only in
    /// where one part ends.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(48);
        push_uid(&mut key, &self.sender);
        key.extend_from_slice(&self.device.to_bytes());
        key.extend_from_slice(&self.client_id.to_bytes());
        key
    }

    /// Reads what [`Self::to_bytes`] wrote, with the hash that it leaves out; `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(key: &[u8], content: [u8; 16]) -> Option<Self> {
        let (sender, rest) = uid_from_bytes(key)?;
        let (device, client_id) = rest.split_first_chunk::<16>()?;
        let device = DeviceId::new(u128::from_be_bytes(*device));
        let client_id = ClientMessageId::from_slice(client_id).ok()?;
        Some(Self { sender, device, client_id, content })
    }
}

pub(crate) fn push_uid(key: &mut Vec<u8>, uid: &Uid) {
    match uid {
        Uid::Int(number) => {
            key.push(0);
            key.extend_from_slice(&number.to_be_bytes());
        }
        Uid::Str(text) => {
            let length = u8::try_from(text.len()).expect("a uid has at most 128 bytes");
            key.extend_from_slice(&[1, length]);
            key.extend_from_slice(text.as_bytes());
        }
    }
}

/// Removes every record of a stream that was accepted before a point in time, oldest first, and what
/// recognises them. Numbers are not handed out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// Which stream.
    pub stream: StreamId,
    /// Records accepted before this go.
    pub before: Wall,
}

/// What became of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogOutcome {
    /// The append happened; one outcome per entry, in order.
    Appended(Vec<AppendOutcome>),
    /// The append's condition failed; this is the last number.
    LastDiffers(Seq),
    /// What became of the small record.
    Put(PutOutcome),
    /// So many records were removed.
    Trimmed(u64),
    /// Whether the record was there, and has the new bytes now.
    Replaced(bool),
}

/// What became of one appended record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It is new and has this number.
    New(Seq),
    /// It was appended before, under this number.
    Duplicate(Seq),
    /// Its id was used before, under this number, for other content; nothing was appended.
    Conflict(Seq),
}

/// A record read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Its number.
    pub seq: Seq,
    /// When it was accepted.
    pub at: Wall,
    /// The bytes as they stand.
    pub record: Bytes,
}

/// The ends of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// Which life of the log: drawn when the store was first made.
    pub epoch: Epoch,
    /// The first number still kept; one past `last` when nothing is.
    pub first: Seq,
    /// The last number handed out.
    pub last: Seq,
}
