//! Short words for what the checks say.

use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, Expected, IdempotencyKey, LogOp, LogOutcome, Put,
    PutOutcome, RecordKey, Replace, StreamId, Trim,
};
use bim_types::{AppId, ClientMessageId, ConversationShortId, DeviceId, Seq, Uid, Wall};
use bytes::Bytes;

use crate::server_log::{ReadLimit, ServerLog};

pub(super) const NO_LIMIT: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

pub(super) fn app(number: u32) -> AppId {
    AppId::new(number).expect("the checks use ids from 1")
}

pub(super) fn group(number: i64) -> ConversationShortId {
    ConversationShortId::new(number).expect("the checks use ids from 1")
}

pub(super) fn user(name: &str) -> Uid {
    Uid::string(name).expect("the checks use short names")
}

/// A stream of the first app.
pub(super) fn stream(number: i64) -> StreamId {
    StreamId::LiveGroup(app(1), group(number))
}

/// The stream of counters beside [`stream`].
pub(super) fn counters(number: i64) -> StreamId {
    StreamId::LiveCounters(app(1), group(number))
}

pub(super) fn entry(text: &str) -> AppendEntry {
    AppendEntry {
        idempotency: None,
        at: Wall::from_millis(1),
        record: Bytes::copy_from_slice(text.as_bytes()),
    }
}

pub(super) fn entry_at(text: &str, millis: u64) -> AppendEntry {
    AppendEntry { at: Wall::from_millis(millis), ..entry(text) }
}

/// An entry of one sender and device whose content hash follows from its text.
pub(super) fn known(id: u128, text: &str) -> AppendEntry {
    known_by("ann", 1, id, text)
}

pub(super) fn known_by(sender: &str, device: u128, id: u128, text: &str) -> AppendEntry {
    let mut content = [0; 16];
    for (slot, byte) in content.iter_mut().zip(text.bytes()) {
        *slot = byte;
    }
    let key = IdempotencyKey {
        sender: user(sender),
        device: DeviceId::new(device),
        client_id: ClientMessageId::new(id),
        content,
    };
    AppendEntry { idempotency: Some(key), ..entry(text) }
}

pub(super) fn append(stream: StreamId, entries: Vec<AppendEntry>) -> LogOp {
    LogOp::Append(Append { stream, condition: AppendCondition::Any, entries })
}

pub(super) fn append_after(last: u64, stream: StreamId, entries: Vec<AppendEntry>) -> LogOp {
    LogOp::Append(Append { stream, condition: AppendCondition::Last(Seq(last)), entries })
}

pub(super) fn put(key: &RecordKey, expected: Expected, value: Option<&str>) -> LogOp {
    let value = value.map(|text| Bytes::copy_from_slice(text.as_bytes()));
    LogOp::Put(Put { key: key.clone(), expected, value })
}

pub(super) fn trim(stream: StreamId, before: u64) -> LogOp {
    LogOp::Trim(Trim { stream, before: Wall::from_millis(before) })
}

pub(super) fn replace(stream: StreamId, seq: u64, text: &str) -> LogOp {
    LogOp::Replace(Replace { stream, seq: Seq(seq), record: Bytes::copy_from_slice(text.as_bytes()) })
}

pub(super) fn fresh(seqs: impl IntoIterator<Item = u64>) -> LogOutcome {
    LogOutcome::Appended(seqs.into_iter().map(|seq| AppendOutcome::New(Seq(seq))).collect())
}

pub(super) fn appended(outcomes: &[AppendOutcome]) -> LogOutcome {
    LogOutcome::Appended(outcomes.to_vec())
}

pub(super) fn done(version: u64) -> LogOutcome {
    LogOutcome::Put(PutOutcome::Done(version))
}

pub(super) fn differs(version: Option<u64>) -> LogOutcome {
    LogOutcome::Put(PutOutcome::Differs(version))
}

#[track_caller]
pub(super) fn commit(log: &dyn ServerLog, ops: &[LogOp]) -> Vec<LogOutcome> {
    log.commit(ops).expect("a sound log commits")
}

/// Commits one operation.
#[track_caller]
pub(super) fn one(log: &dyn ServerLog, op: LogOp) -> LogOutcome {
    let mut outcomes = commit(log, &[op]);
    assert_eq!(outcomes.len(), 1, "one operation has one outcome");
    outcomes.remove(0)
}

/// First and last number of a stream.
#[track_caller]
pub(super) fn ends(log: &dyn ServerLog, stream: StreamId) -> (u64, u64) {
    let head = log.head(stream).expect("a sound log answers");
    assert_eq!(head.epoch, log.epoch());
    (head.first.0, head.last.0)
}

/// All records of a stream with their numbers.
#[track_caller]
pub(super) fn texts(log: &dyn ServerLog, stream: StreamId) -> Vec<(u64, String)> {
    texts_after(log, stream, 0, NO_LIMIT)
}

#[track_caller]
pub(super) fn texts_after(
    log: &dyn ServerLog,
    stream: StreamId,
    after: u64,
    limit: ReadLimit,
) -> Vec<(u64, String)> {
    let records = log.read(stream, Seq(after), limit).expect("a sound log answers");
    records.into_iter().map(|r| (r.seq.0, String::from_utf8_lossy(&r.record).into_owned())).collect()
}

/// Version and text of a small record.
#[track_caller]
pub(super) fn record(log: &dyn ServerLog, key: &RecordKey) -> Option<(u64, String)> {
    let record = log.record(key).expect("a sound log answers")?;
    assert_eq!(&record.key, key);
    Some((record.version, String::from_utf8_lossy(&record.value).into_owned()))
}

pub(super) fn numbered(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
    rows.iter().map(|(seq, text)| (*seq, (*text).to_owned())).collect()
}
