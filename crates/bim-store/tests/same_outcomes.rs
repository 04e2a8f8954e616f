//! Whatever is done to them, the log in a file and the log in memory answer alike.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use bim_store::memory::MemoryLog;
use bim_store::redb::{RedbLog, RedbOptions};
use bim_store::{ReadLimit, ServerLog};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, Expected, IdempotencyKey, LogOp, Put, RecordKey, RecordRange,
    Replace, StreamId, Trim,
};
use bim_types::{AppId, ClientMessageId, ConversationShortId, DeviceId, Epoch, Seq, Uid, Wall};
use bytes::Bytes;
use proptest::prelude::*;

const EPOCH: Epoch = Epoch(3);

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_and_memory_give_equal_outcomes(steps in prop::collection::vec((commit(), any::<bool>()), 1..10)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.redb");
        let open = || RedbLog::open(&path, EPOCH, RedbOptions::default()).unwrap();
        let memory = MemoryLog::new(EPOCH);
        let mut file = Some(open());
        for (ops, reopen) in steps {
            let log = file.take().unwrap();
            prop_assert_eq!(log.commit(&ops), memory.commit(&ops));
            file = Some(if reopen { drop(log); open() } else { log });
            compare(file.as_ref().unwrap(), &memory)?;
        }
    }
}

fn compare(file: &RedbLog, memory: &MemoryLog) -> Result<(), TestCaseError> {
    for stream in streams() {
        prop_assert_eq!(file.head(stream), memory.head(stream));
        for after in [0, 2, 5] {
            for limit in [ReadLimit { records: 100, bytes: 100_000 }, ReadLimit { records: 3, bytes: 20 }] {
                prop_assert_eq!(file.read(stream, Seq(after), limit), memory.read(stream, Seq(after), limit));
            }
        }
    }
    for app in [1, 2] {
        let range = RecordRange::LiveGroups(AppId::new(app).unwrap());
        for after in [0, 1] {
            prop_assert_eq!(file.records(&range, after, 2), memory.records(&range, after, 2));
        }
    }
    for key in keys() {
        prop_assert_eq!(file.record(&key), memory.record(&key));
    }
    Ok(())
}

fn commit() -> impl Strategy<Value = Vec<LogOp>> {
    prop::collection::vec(prop_oneof![4 => append(), 2 => put(), 1 => trim(), 2 => replace()], 0..7)
}

fn append() -> impl Strategy<Value = LogOp> {
    let condition = prop_oneof![3 => Just(AppendCondition::Any), 1 => (0..6_u64).prop_map(|n| AppendCondition::Last(Seq(n)))];
    (prop::sample::select(streams()), condition, prop::collection::vec(entry(), 0..5))
        .prop_map(|(stream, condition, entries)| LogOp::Append(Append { stream, condition, entries }))
}

fn entry() -> impl Strategy<Value = AppendEntry> {
    (prop::option::weighted(0.8, key()), 0..50_u64, prop::collection::vec(any::<u8>(), 0..12)).prop_map(
        |(idempotency, at, record)| AppendEntry {
            idempotency,
            at: Wall::from_millis(at),
            record: Bytes::from(record),
        },
    )
}

fn key() -> impl Strategy<Value = IdempotencyKey> {
    let uids = [Uid::string("a").unwrap(), Uid::string("ab").unwrap(), Uid::int(1).unwrap()];
    (prop::sample::select(uids.to_vec()), 0..2_u128, 0..4_u128, 0..2_u8).prop_map(
        |(sender, device, client_id, content)| IdempotencyKey {
            sender,
            device: DeviceId::new(device),
            client_id: ClientMessageId::new(client_id),
            content: [content; 16],
        },
    )
}

fn put() -> impl Strategy<Value = LogOp> {
    let expected =
        prop_oneof![Just(Expected::Any), Just(Expected::Absent), (0..4_u64).prop_map(Expected::Version),];
    let value = prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..5).prop_map(Bytes::from));
    (prop::sample::select(keys()), expected, value)
        .prop_map(|(key, expected, value)| LogOp::Put(Put { key, expected, value }))
}

fn trim() -> impl Strategy<Value = LogOp> {
    (prop::sample::select(streams()), 0..50_u64)
        .prop_map(|(stream, before)| LogOp::Trim(Trim { stream, before: Wall::from_millis(before) }))
}

fn replace() -> impl Strategy<Value = LogOp> {
    let seq = prop_oneof![8 => 0..12_u64, 1 => any::<u64>()].prop_map(Seq);
    (prop::sample::select(streams()), seq, prop::collection::vec(any::<u8>(), 0..12)).prop_map(
        |(stream, seq, record)| LogOp::Replace(Replace { stream, seq, record: Bytes::from(record) }),
    )
}

fn streams() -> Vec<StreamId> {
    let mut streams: Vec<_> =
        pairs().into_iter().map(|(app, group)| StreamId::LiveGroup(app, group)).collect();
    let (app, group) = pairs()[0];
    streams.push(StreamId::LiveCounters(app, group));
    streams
}

fn keys() -> Vec<RecordKey> {
    let mut keys: Vec<_> = pairs().into_iter().map(|(app, group)| RecordKey::LiveGroup(app, group)).collect();
    let (app, group) = pairs()[0];
    keys.push(RecordKey::LiveRoll(app, group));
    keys.push(RecordKey::LiveCounters(app, group));
    keys
}

fn pairs() -> Vec<(AppId, ConversationShortId)> {
    [(1, 1), (1, 2), (2, 1)]
        .map(|(app, group)| (AppId::new(app).unwrap(), ConversationShortId::new(group).unwrap()))
        .to_vec()
}
