//! What a server does to its log.

use bim_store::crash::{Chance, CrashDisk};
use bim_store::memory::MemoryLog;
use bim_store::redb::{OpenError, RedbLog, RedbOptions};
use bim_store::{LogError, ReadLimit, ServerLog};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, Expected, IdempotencyKey, LogOp, LogRecord, Put, RecordKey,
    RecordRange, Replace, StreamHead, StreamId, Trim, VersionedRecord,
};
use bim_types::{AppId, ClientMessageId, ConversationShortId, DeviceId, Epoch, Seq, Uid, Wall};
use bytes::Bytes;

use crate::Script;

const EPOCH: Epoch = Epoch(77);
const STREAMS: i64 = 3;
/// How many records are replaced again and again.
const EDITED: u64 = 3;
const OPTIONS: RedbOptions = RedbOptions { cache_bytes: 64 * 1024, journal_bytes: 64 * 1024, verify: false };
const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

/// A little of everything.
pub(crate) struct Mixture;

/// A few records, then one edit of one of them in each commit: a record of the edit, and the new bytes.
pub(crate) struct Edits;

/// Records so long that the journal is full, and begins anew, several times.
pub(crate) struct Rounds;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Content {
    streams: Vec<(StreamHead, Vec<LogRecord>)>,
    records: Vec<VersionedRecord>,
}

macro_rules! log_script {
    ($script:ident, $commits:expr, $ops:expr) => {
        impl Script for $script {
            type Store = RedbLog;
            type Content = Content;

            const COMMITS: u64 = $commits;

            fn open(disk: &CrashDisk) -> Result<RedbLog, OpenError> {
                open(disk)
            }

            fn commit(store: &RedbLog, number: u64) -> bool {
                commit(store, &$ops(number), || model($ops, number))
            }

            fn content(store: &RedbLog) -> Content {
                content(store)
            }

            fn content_after(commits: u64) -> Content {
                content(&model($ops, commits))
            }

            fn has_failed(store: &RedbLog) -> bool {
                has_failed(store)
            }

            fn check_integrity(store: &mut RedbLog) -> bool {
                store.check_integrity().unwrap()
            }

            fn recognise_and_go_on(store: &RedbLog, commits: u64) {
                recognise_and_go_on(store, $ops, commits);
            }
        }
    };
}

log_script!(Mixture, 6, mixture);
log_script!(Edits, 5, edits);
log_script!(Rounds, 9, rounds);

type Ops = fn(u64) -> Vec<LogOp>;

fn open(disk: &CrashDisk) -> Result<RedbLog, OpenError> {
    // A log that is there must keep the epoch that it has.
    let fresh = if disk.length().is_ok_and(|length| length > 0) { Epoch(1) } else { EPOCH };
    let log = RedbLog::open_on(disk, fresh, OPTIONS)?;
    assert_eq!(log.epoch(), EPOCH);
    Ok(log)
}

fn commit(log: &RedbLog, ops: &[LogOp], model: impl FnOnce() -> MemoryLog) -> bool {
    let Ok(outcomes) = log.commit(ops) else { return false };
    assert_eq!(Ok(outcomes), model().commit(ops));
    true
}

fn model(script: Ops, commits: u64) -> MemoryLog {
    let model = MemoryLog::new(EPOCH);
    for number in 0..commits {
        model.commit(&script(number)).unwrap();
    }
    model
}

fn has_failed(log: &RedbLog) -> bool {
    let failed = Some(LogError::Failed);
    log.commit(&[]).err() == failed
        && log.commit(&[append_text("x")]).err() == failed
        && log.head(stream(1)).err() == failed
        && log.read(stream(1), Seq::ZERO, ALL).err() == failed
        && log.record(&app(1)).err() == failed
        && log.records(&RecordRange::Apps, 0, 1).err() == failed
}

fn recognise_and_go_on(log: &RedbLog, script: Ops, commits: u64) {
    let model = model(script, commits);
    for number in 0..commits {
        let mut again = script(number);
        again.retain(|op| matches!(op, LogOp::Append(_)));
        assert_eq!(log.commit(&again), model.commit(&again), "the appends of commit {number}, again");
    }
    assert_eq!(log.commit(&script(commits)), model.commit(&script(commits)));
    assert_eq!(content(log), content(&model));
}

/// All there is, after checking that every stream is dense.
fn content(log: &dyn ServerLog) -> Content {
    let streams = (1..=STREAMS).map(stream).map(|stream| {
        let head = log.head(stream).unwrap();
        let records = log.read(stream, Seq::ZERO, ALL).unwrap();
        let numbers: Vec<_> = records.iter().map(|record| record.seq.0).collect();
        assert_eq!(numbers, (head.first.0..=head.last.0).collect::<Vec<_>>());
        (head, records)
    });
    Content { streams: streams.collect(), records: log.records(&RecordRange::Apps, 0, usize::MAX).unwrap() }
}

fn mixture(number: u64) -> Vec<LogOp> {
    let mut chance = Chance::seeded(number);
    let others = 1 + chance.below(4);
    // The first one makes sure that no commit leaves everything as it was.
    let first = append(1, vec![entry(u128::from(number) << 32, number, vec![1; 40])]);
    std::iter::once(first).chain((0..others).map(|part| mixed(&mut chance, number, part))).collect()
}

fn mixed(chance: &mut Chance, number: u64, part: u64) -> LogOp {
    match chance.below(8) {
        0 => LogOp::Trim(Trim {
            stream: stream(1 + chance.below(3) as i64),
            before: Wall::from_millis(number.saturating_sub(2)),
        }),
        1 | 2 => LogOp::Put(Put {
            key: app(1 + chance.below(4) as u32),
            expected: Expected::Any,
            value: (!chance.one_in(4)).then(|| Bytes::from(vec![7; chance.below(900) as usize])),
        }),
        3 | 4 => {
            let record = vec![9; chance.below(6_000) as usize];
            replace(1 + chance.below(3) as i64, 1 + chance.below(20), record)
        }
        _ => {
            let entries = (0..1 + chance.below(3)).map(|entry_number| {
                let id = u128::from((number << 16) | (part << 8) | entry_number);
                entry(id, number, vec![id as u8; 1 + chance.below(6_000) as usize])
            });
            append(1 + (part % 3) as i64, entries.collect())
        }
    }
}

fn edits(number: u64) -> Vec<LogOp> {
    if number == 0 {
        let originals = (0..EDITED).map(|id| entry(u128::from(id), id, edited(0)));
        return vec![append(1, originals.collect())];
    }
    let edit = entry(u128::from(EDITED + number), number, b"edit".as_slice());
    vec![append(1, vec![edit]), replace(1, 1 + number % EDITED, edited(number))]
}

fn rounds(number: u64) -> Vec<LogOp> {
    let id = u128::from(number);
    let long = entry(id, number, vec![number as u8; 25_000]);
    let put =
        Put { key: app(1), expected: Expected::Any, value: Some(Bytes::from(number.to_be_bytes().to_vec())) };
    vec![append(1 + (number % 3) as i64, vec![long]), LogOp::Put(put)]
}

/// The bytes after an edit: of another length each time, some larger than a page.
fn edited(edit: u64) -> Vec<u8> {
    vec![edit as u8; 1 + (edit * 1_777 % 6_000) as usize]
}

/// A record of the first stream without an id.
pub(crate) fn append_text(text: &str) -> LogOp {
    let record = Bytes::copy_from_slice(text.as_bytes());
    append(1, vec![AppendEntry { idempotency: None, at: Wall::from_millis(1), record }])
}

/// A record of the first stream of so many bytes.
pub(crate) fn append_bytes(bytes: usize, content: u8) -> LogOp {
    let record = Bytes::from(vec![content; bytes]);
    append(1, vec![AppendEntry { idempotency: None, at: Wall::from_millis(1), record }])
}

pub(crate) fn stream(number: i64) -> StreamId {
    StreamId::LiveGroup(AppId::new(1).unwrap(), ConversationShortId::new(number).unwrap())
}

fn app(number: u32) -> RecordKey {
    RecordKey::App(AppId::new(number).unwrap())
}

fn replace(number: i64, seq: u64, record: Vec<u8>) -> LogOp {
    LogOp::Replace(Replace { stream: stream(number), seq: Seq(seq), record: Bytes::from(record) })
}

fn append(number: i64, entries: Vec<AppendEntry>) -> LogOp {
    LogOp::Append(Append { stream: stream(number), condition: AppendCondition::Any, entries })
}

fn entry(id: u128, at: u64, record: impl Into<Bytes>) -> AppendEntry {
    let key = IdempotencyKey {
        sender: Uid::int(5).unwrap(),
        device: DeviceId::new(1),
        client_id: ClientMessageId::new(id),
        content: [1; 16],
    };
    AppendEntry { idempotency: Some(key), at: Wall::from_millis(at), record: record.into() }
}
