//! The power is cut at every sync and at many writes of a script, and once more while the log recovers.

use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, Expected, IdempotencyKey, LogOp, LogOutcome,
    LogRecord, Put, RecordKey, RecordRange, Replace, StreamHead, StreamId, Trim, VersionedRecord,
};
use bim_types::{AppId, ClientMessageId, ConversationShortId, DeviceId, Epoch, Seq, Uid, Wall};
use bytes::Bytes;

use super::fault::Fault;
use super::file::{Access, Identity, make_backend, open_backend};
use super::format::Kind;
use super::log::RedbLog;
use super::power_cut::{Chance, Cut, Disk};
use crate::memory::MemoryLog;
use crate::server_log::{LogError, ReadLimit, ServerLog};

const EPOCH: Epoch = Epoch(77);
const COMMITS: u64 = 14;
const STREAMS: i64 = 3;
const SEEDS_PER_CUT: u64 = 4;
const WRITES_BETWEEN_CUTS: usize = 5;
/// How many records are replaced again and again.
const EDITED: u64 = 3;
const ACCESS: Access = Access { cache_bytes: 64 * 1024, verify: false };
const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

#[test]
fn after_a_power_cut_at_any_sync_every_acked_commit_is_there() {
    let (syncs, _) = run(script, 1, Cut::Never).disk.counts();
    assert!(syncs >= COMMITS * 2, "a commit has two phases, each with a sync");
    for cut in 1..=syncs {
        for seed in 0..SEEDS_PER_CUT {
            crash_and_check(script, cut * SEEDS_PER_CUT + seed, Cut::AtSync(cut));
        }
    }
}

#[test]
fn after_a_power_cut_a_record_is_replaced_exactly_when_the_append_beside_it_is_there() {
    let (syncs, writes) = run(edits, 1, Cut::Never).disk.counts();
    let at_writes = (1..=writes).step_by(WRITES_BETWEEN_CUTS).map(Cut::AtWrite);
    for (seed, cut) in (1..).zip((1..=syncs).map(Cut::AtSync).chain(at_writes)) {
        let (log, context) = crash_and_open(edits, seed, cut);
        let records = log.read(stream(1), Seq::ZERO, ALL).unwrap();
        let edits = (records.len() as u64).saturating_sub(EDITED);
        for (number, record) in (0..EDITED).zip(&records) {
            let newest = (1..=edits).rev().find(|edit| edit % EDITED == number).unwrap_or(0);
            assert!(record.record == edited(newest), "record {number} after {edits} edits: {context}");
            assert_eq!(record.at, Wall::from_millis(number), "{context}");
            let again = log.commit(&[append(1, vec![original(number)])]).unwrap();
            let known = AppendOutcome::Duplicate(Seq(number + 1));
            assert_eq!(again, [LogOutcome::Appended(vec![known])], "{context}");
        }
    }
}

#[test]
fn after_a_failed_write_every_acked_commit_is_there() {
    let (_, writes) = run(script, 1, Cut::Never).disk.counts();
    for cut in (1..=writes).step_by(WRITES_BETWEEN_CUTS) {
        crash_and_check(script, cut, Cut::AtWrite(cut));
    }
}

#[test]
fn after_a_failed_commit_nothing_is_answered_any_more() {
    let Run { log, .. } = run(script, 1, Cut::AtSync(6));
    let log = log.unwrap();
    assert_eq!(log.commit(&[]), Err(LogError::Failed));
    assert_eq!(log.commit(&script(1, 0)), Err(LogError::Failed));
    assert_eq!(log.head(stream(1)), Err(LogError::Failed));
    assert_eq!(log.read(stream(1), Seq::ZERO, ALL), Err(LogError::Failed));
    assert_eq!(log.records(&RecordRange::Apps, 0, 1), Err(LogError::Failed));
}

/// The operations of one commit, from a seed and the number of the commit.
type Script = fn(u64, u64) -> Vec<LogOp>;

struct Run {
    disk: Disk,
    log: Option<RedbLog>,
    /// How many commits returned success.
    acked: u64,
    /// The small records and streams after those commits, and after one more.
    expected: [State; 2],
}

#[derive(Debug, PartialEq, Eq)]
struct State {
    streams: Vec<(StreamHead, Vec<LogRecord>)>,
    records: Vec<VersionedRecord>,
}

/// Carries out a script until the power goes.
fn run(script: Script, seed: u64, cut: Cut) -> Run {
    let disk = Disk::new(fresh_image(), cut);
    let log = open_backend(disk.clone(), Kind::ServerLog, ACCESS)
        .ok()
        .map(|(database, _)| RedbLog::with_database(database, EPOCH));
    let model = MemoryLog::new(EPOCH);
    let mut acked = 0;
    while let Some(log) = &log
        && acked < COMMITS
    {
        let ops = script(seed, acked);
        let Ok(outcomes) = log.commit(&ops) else {
            assert!(disk.is_dead());
            break;
        };
        assert_eq!(outcomes, model.commit(&ops).unwrap());
        acked += 1;
    }
    let before = state(&model);
    model.commit(&script(seed, acked)).unwrap();
    Run { disk, log, acked, expected: [before, state(&model)] }
}

fn crash_and_check(script: Script, seed: u64, cut: Cut) {
    let (log, context) = crash_and_open(script, seed, cut);
    let last = log.head(stream(1)).unwrap().last;
    let next = log.commit(&[append(1, vec![entry(u128::MAX, 1, b"more".as_slice())])]).unwrap();
    assert_eq!(next, [LogOutcome::Appended(vec![AppendOutcome::New(last.next())])], "{context}");
}

/// The log after a crash, which holds what was acked, or one commit more; and what was done to it.
fn crash_and_open(script: Script, seed: u64, cut: Cut) -> (RedbLog, String) {
    let run = run(script, seed, cut);
    let mut chance = Chance::seeded(seed);
    let mut image = run.disk.crash(&mut chance);
    drop(run.log);
    if chance.one_in(2) {
        let dying = Disk::new(image, Cut::AtSync(1 + chance.below(3)));
        // It may well be open when the power goes again.
        let opened = open_backend(dying.clone(), Kind::ServerLog, ACCESS);
        image = dying.crash(&mut chance);
        drop(opened);
    }
    let context = format!("seed {seed}, {cut:?}, {} commits acked", run.acked);
    let (mut database, identity) = open_backend(Disk::new(image, Cut::Never), Kind::ServerLog, ACCESS)
        .unwrap_or_else(|fault| panic!("not opened after {context}: {fault:?}"));
    assert_eq!(identity.epoch, Some(EPOCH), "{context}");
    assert!(database.check_integrity().unwrap(), "{context}");
    let log = RedbLog::with_database(database, EPOCH);
    assert!(run.expected.contains(&state(&log)), "acked and kept differ: {context}");
    (log, context)
}

fn fresh_image() -> Vec<u8> {
    let disk = Disk::new(Vec::new(), Cut::Never);
    let fresh = Identity { kind: Kind::ServerLog, epoch: Some(EPOCH) };
    let made: Result<_, Fault> = make_backend(disk.clone(), fresh, ACCESS);
    made.unwrap().close().unwrap();
    // Closing synced everything, so that nothing is left to chance.
    disk.crash(&mut Chance::seeded(1))
}

/// A little of everything.
fn script(seed: u64, commit: u64) -> Vec<LogOp> {
    let mut chance = Chance::seeded(seed * COMMITS + commit + 1);
    (0..=chance.below(5))
        .map(|number| match chance.below(10) {
            0 => LogOp::Trim(Trim {
                stream: stream(1 + chance.below(3) as i64),
                before: Wall::from_millis(commit.saturating_sub(2)),
            }),
            1 | 2 => LogOp::Put(Put {
                key: RecordKey::App(AppId::new(1 + chance.below(4) as u32).unwrap()),
                expected: Expected::Any,
                value: (!chance.one_in(4)).then(|| Bytes::from(vec![7; chance.below(900) as usize])),
            }),
            3 | 4 => {
                let record = vec![9; chance.below(6_000) as usize];
                replace(1 + chance.below(3) as i64, 1 + chance.below(40), record)
            }
            _ => {
                let entries = (0..1 + chance.below(4)).map(|part| {
                    let id = u128::from(commit << 16 | number << 8 | part);
                    entry(id, commit, vec![id as u8; 1 + chance.below(6_000) as usize])
                });
                append(1 + (number % 3) as i64, entries.collect())
            }
        })
        .collect()
}

/// A few records, then one edit of one of them in each commit: a record of the edit, and the new bytes.
fn edits(_seed: u64, commit: u64) -> Vec<LogOp> {
    if commit == 0 {
        return vec![append(1, (0..EDITED).map(original).collect())];
    }
    let edit = entry(u128::from(EDITED + commit), commit, b"edit".as_slice());
    vec![append(1, vec![edit]), replace(1, 1 + commit % EDITED, edited(commit))]
}

fn original(number: u64) -> AppendEntry {
    entry(u128::from(number), number, edited(0))
}

/// The bytes after an edit: of another length each time, some larger than a page.
fn edited(edit: u64) -> Vec<u8> {
    vec![edit as u8; 1 + (edit * 1_777 % 6_000) as usize]
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

fn stream(number: i64) -> StreamId {
    StreamId::LiveGroup(AppId::new(1).unwrap(), ConversationShortId::new(number).unwrap())
}

/// All there is, after checking that every stream is dense.
fn state(log: &dyn ServerLog) -> State {
    let streams = (1..=STREAMS).map(stream).map(|stream| {
        let head = log.head(stream).unwrap();
        let records = log.read(stream, Seq::ZERO, ALL).unwrap();
        let numbers: Vec<_> = records.iter().map(|record| record.seq.0).collect();
        assert_eq!(numbers, (head.first.0..=head.last.0).collect::<Vec<_>>());
        (head, records)
    });
    State { streams: streams.collect(), records: log.records(&RecordRange::Apps, 0, usize::MAX).unwrap() }
}
