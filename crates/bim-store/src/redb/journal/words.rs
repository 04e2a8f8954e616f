//! The operations of a commit as bytes.
//!
//! | operation | bytes, numbers big-endian |
//! |---|---|
//! | append | 1, stream, condition (0, or 1 and last u64), count u32, entries |
//! | … entry | length of id u8, id and content hash if there is one, accepted at u64 (ms), length u32, record |
//! | put | 2, length u16, record key, expected (0 any, 1 absent, 2 and version u64), value (0, or 1, length u32, bytes) |
//! | trim | 3, stream, before u64 (ms) |
//! | replace | 4, stream, number u64, length u32, record |

use bim_types::store::{
    Append, AppendCondition, AppendEntry, Expected, IdempotencyKey, LogOp, Put, RecordKey, Replace, StreamId,
    Trim,
};
use bim_types::{Seq, Wall};
use bytes::Bytes;

use crate::redb::fault::Fault;
use crate::redb::format::id_bytes;

/// Adds the operations of one commit to `out`.
pub(super) fn write(out: &mut Vec<u8>, ops: &[LogOp]) {
    ops.iter().for_each(|op| write_op(out, op));
}

/// Reads what [`write`] wrote.
pub(super) fn read(words: &[u8]) -> Result<Vec<LogOp>, Fault> {
    let mut words = Words(words);
    let mut ops = Vec::new();
    while !words.0.is_empty() {
        ops.push(words.op().ok_or(Fault::Damaged)?);
    }
    Ok(ops)
}

fn write_op(out: &mut Vec<u8>, op: &LogOp) {
    match op {
        LogOp::Append(append) => {
            out.push(1);
            out.extend_from_slice(&append.stream.to_bytes());
            match append.condition {
                AppendCondition::Any => out.push(0),
                AppendCondition::Last(last) => {
                    out.push(1);
                    out.extend_from_slice(&last.0.to_be_bytes());
                }
            }
            out.extend_from_slice(&length(append.entries.len()));
            append.entries.iter().for_each(|entry| write_entry(out, entry));
        }
        LogOp::Put(put) => write_put(out, put),
        LogOp::Trim(trim) => {
            out.push(3);
            out.extend_from_slice(&trim.stream.to_bytes());
            out.extend_from_slice(&trim.before.as_millis().to_be_bytes());
        }
        LogOp::Replace(replace) => {
            out.push(4);
            out.extend_from_slice(&replace.stream.to_bytes());
            out.extend_from_slice(&replace.seq.0.to_be_bytes());
            write_bytes(out, &replace.record);
        }
    }
}

fn write_entry(out: &mut Vec<u8>, entry: &AppendEntry) {
    let id = id_bytes(entry.idempotency.as_ref());
    out.push(u8::try_from(id.len()).expect("an idempotency key has at most 162 bytes"));
    out.extend_from_slice(&id);
    if let Some(idempotency) = &entry.idempotency {
        out.extend_from_slice(&idempotency.content);
    }
    out.extend_from_slice(&entry.at.as_millis().to_be_bytes());
    write_bytes(out, &entry.record);
}

fn write_put(out: &mut Vec<u8>, put: &Put) {
    let key = put.key.to_bytes();
    out.push(2);
    out.extend_from_slice(
        &u16::try_from(key.len()).expect("a record key has at most 151 bytes").to_be_bytes(),
    );
    out.extend_from_slice(&key);
    match put.expected {
        Expected::Any => out.push(0),
        Expected::Absent => out.push(1),
        Expected::Version(version) => {
            out.push(2);
            out.extend_from_slice(&version.to_be_bytes());
        }
    }
    match &put.value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            write_bytes(out, value);
        }
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length(bytes.len()));
    out.extend_from_slice(bytes);
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("what is stored is far below 4 GiB").to_be_bytes()
}

/// What is left to read.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn op(&mut self) -> Option<LogOp> {
        Some(match self.byte()? {
            1 => LogOp::Append(self.append()?),
            2 => LogOp::Put(self.put()?),
            3 => LogOp::Trim(Trim { stream: self.stream()?, before: Wall::from_millis(self.number()?) }),
            4 => {
                let (stream, seq) = (self.stream()?, Seq(self.number()?));
                LogOp::Replace(Replace { stream, seq, record: self.bytes()? })
            }
            _ => return None,
        })
    }

    fn append(&mut self) -> Option<Append> {
        let stream = self.stream()?;
        let condition = match self.byte()? {
            0 => AppendCondition::Any,
            1 => AppendCondition::Last(Seq(self.number()?)),
            _ => return None,
        };
        let count = self.length()?;
        let entries = (0..count).map(|_| self.entry()).collect::<Option<_>>()?;
        Some(Append { stream, condition, entries })
    }

    fn entry(&mut self) -> Option<AppendEntry> {
        let idempotency = match usize::from(self.byte()?) {
            0 => None,
            length => {
                let id = self.take(length)?;
                let content = *self.take(16)?.first_chunk()?;
                Some(IdempotencyKey::from_bytes(id, content)?)
            }
        };
        Some(AppendEntry { idempotency, at: Wall::from_millis(self.number()?), record: self.bytes()? })
    }

    fn put(&mut self) -> Option<Put> {
        let length = u16::from_be_bytes(*self.take(2)?.first_chunk()?);
        let key = RecordKey::from_bytes(self.take(length.into())?)?;
        let expected = match self.byte()? {
            0 => Expected::Any,
            1 => Expected::Absent,
            2 => Expected::Version(self.number()?),
            _ => return None,
        };
        let value = match self.byte()? {
            0 => None,
            1 => Some(self.bytes()?),
            _ => return None,
        };
        Some(Put { key, expected, value })
    }

    fn stream(&mut self) -> Option<StreamId> {
        StreamId::from_bytes(self.take(13)?)
    }

    fn bytes(&mut self) -> Option<Bytes> {
        let length = self.length()?;
        self.take(length).map(Bytes::copy_from_slice)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(*self.take(4)?.first_chunk()?)).ok()
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(*self.take(8)?.first_chunk()?))
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use bim_types::{AppId, ClientMessageId, ConversationShortId, DeviceId, Uid};

    use super::*;

    fn stream() -> StreamId {
        StreamId::LiveGroup(AppId::new(1).unwrap(), ConversationShortId::new(2).unwrap())
    }

    fn entry(sender: Option<Uid>, record: &'static [u8]) -> AppendEntry {
        let key = |sender| IdempotencyKey {
            sender,
            device: DeviceId::new(3),
            client_id: ClientMessageId::new(4),
            content: [5; 16],
        };
        let record = Bytes::from_static(record);
        AppendEntry { idempotency: sender.map(key), at: Wall::from_millis(6), record }
    }

    fn put(key: RecordKey, expected: Expected, value: Option<&'static [u8]>) -> LogOp {
        LogOp::Put(Put { key, expected, value: value.map(Bytes::from_static) })
    }

    fn one_of_each() -> Vec<LogOp> {
        let (app, group) = (AppId::new(7).unwrap(), ConversationShortId::new(8).unwrap());
        let named = Uid::string(&"n".repeat(128)).unwrap();
        let entries = vec![
            entry(None, b""),
            entry(Some(Uid::int(9).unwrap()), b"body"),
            entry(Some(named.clone()), &[0; 70_000]),
        ];
        vec![
            LogOp::Append(Append { stream: stream(), condition: AppendCondition::Any, entries }),
            LogOp::Append(Append {
                stream: StreamId::LiveCounters(app, group),
                condition: AppendCondition::Last(Seq(10)),
                entries: Vec::new(),
            }),
            put(RecordKey::App(app), Expected::Any, None),
            put(RecordKey::LiveGroupOf(app, named, group), Expected::Absent, Some(b"value")),
            put(RecordKey::LiveRoll(app, group), Expected::Version(11), Some(b"")),
            LogOp::Trim(Trim { stream: stream(), before: Wall::from_millis(12) }),
            LogOp::Replace(Replace { stream: stream(), seq: Seq(13), record: Bytes::from_static(b"new") }),
        ]
    }

    #[test]
    fn every_operation_is_read_back_as_it_was() {
        let mut words = Vec::new();
        write(&mut words, &one_of_each());
        assert_eq!(read(&words), Ok(one_of_each()));
    }

    #[test]
    fn the_bytes_of_an_append() {
        let entries = vec![entry(Some(Uid::string("ab").unwrap()), b"body")];
        let append = Append { stream: stream(), condition: AppendCondition::Last(Seq(1)), entries };
        let mut golden = vec![1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]; // an append to a stream
        golden.extend([1, 0, 0, 0, 0, 0, 0, 0, 1]); // whose last number is 1
        golden.extend([0, 0, 0, 1]); // of one entry
        golden.extend([36, 1, 2, b'a', b'b']); // sender
        golden.extend(3_u128.to_be_bytes()); // device
        golden.extend(4_u128.to_be_bytes()); // client id
        golden.extend([5; 16]); // content hash
        golden.extend([0, 0, 0, 0, 0, 0, 0, 6]); // accepted at
        golden.extend([0, 0, 0, 4, b'b', b'o', b'd', b'y']);
        let mut words = Vec::new();
        write(&mut words, &[LogOp::Append(append)]);
        assert_eq!(words, golden);
    }

    #[test]
    fn words_that_end_early_or_mean_nothing_are_damage() {
        let mut words = Vec::new();
        write(&mut words, &[put(RecordKey::App(AppId::new(7).unwrap()), Expected::Absent, Some(b"value"))]);
        for length in 1..words.len() {
            assert_eq!(read(&words[..length]), Err(Fault::Damaged), "cut off at {length}");
        }
        assert_eq!(read(&[9]), Err(Fault::Damaged));
        assert_eq!(read(&[]), Ok(Vec::new()));
    }
}
