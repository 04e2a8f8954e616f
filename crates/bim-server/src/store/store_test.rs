//! That every operation is answered, and writes in order.

use std::sync::Mutex;

use bim_store::memory::MemoryLog;
use bim_types::store::{LogRecord, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord};
use bim_types::{Epoch, Seq};

use super::*;
use crate::testing::soon;

/// A log whose commits wait until a lock is free, and then do what they are told.
struct MockGate {
    gate: Arc<Mutex<()>>,
    result: Result<(), LogError>,
    inner: MemoryLog,
}

impl ServerLog for MockGate {
    fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        drop(self.gate.lock().unwrap());
        self.result.and_then(|()| self.inner.commit(ops))
    }

    fn head(&self, stream: StreamId) -> Result<StreamHead, LogError> {
        self.inner.head(stream)
    }

    fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError> {
        self.inner.read(stream, after, limit)
    }

    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
        self.inner.record(key)
    }

    fn records(
        &self,
        range: &RecordRange,
        after: u64,
        limit: usize,
    ) -> Result<Vec<VersionedRecord>, LogError> {
        self.inner.records(range, after, limit)
    }

    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }
}

fn store(result: Result<(), LogError>, mode: StoreMode) -> (Store, Arc<Mutex<()>>) {
    let gate = Arc::new(Mutex::new(()));
    let log = MockGate { gate: Arc::clone(&gate), result, inner: MemoryLog::new(Epoch(1)) };
    (Store::start(Arc::new(log), mode, Arc::default()).unwrap(), gate)
}

async fn next(store: &mut Store) -> Input {
    store.send_off();
    loop {
        if let Some(input) = store.take() {
            return input;
        }
        soon(store.arrived()).await;
    }
}

#[tokio::test]
async fn writes_are_answered_in_order_those_that_found_no_room_included() {
    let (mut store, gate) = store(Ok(()), StoreMode::Threads);
    let closed = gate.lock().unwrap();
    let count = WRITES_IN_FLIGHT_MAX as u64;
    for op in 0..=count {
        store.write(OpId(op), Vec::new());
    }
    assert!(store.take().is_none());
    drop(closed);
    for expected in 0..=count {
        let Input::Written { op, result } = next(&mut store).await else { panic!("a read") };
        assert_eq!(op, OpId(expected));
        let right = if expected < count { Ok(Vec::new()) } else { Err(StoreFailure::Busy) };
        assert_eq!(result, right);
    }
    assert_eq!(store.counters.store_busy(), 1);
}

#[tokio::test]
async fn what_follows_a_refused_write_is_refused_until_the_refusal_was_heard() {
    let (mut store, gate) = store(Ok(()), StoreMode::Threads);
    let closed = gate.lock().unwrap();
    let count = WRITES_IN_FLIGHT_MAX as u64;
    for op in 0..=count {
        store.write(OpId(op), Vec::new());
    }
    drop(closed);
    for _ in 0..count {
        assert!(matches!(next(&mut store).await, Input::Written { result: Ok(_), .. }));
    }
    // There is room again, but nobody knows yet that the last one was refused.
    store.write(OpId(count + 1), Vec::new());
    for _ in 0..2 {
        assert!(matches!(next(&mut store).await, Input::Written { result: Err(StoreFailure::Busy), .. }));
    }
    store.write(OpId(count + 2), Vec::new());
    assert!(matches!(next(&mut store).await, Input::Written { result: Ok(_), .. }));
}

#[tokio::test]
async fn after_a_failed_commit_every_write_is_told() {
    for mode in [StoreMode::Threads, StoreMode::InPlace] {
        let (mut store, _gate) = store(Err(LogError::Failed), mode);
        for op in 0..3 {
            store.write(OpId(op), Vec::new());
            let Input::Written { op: answered, result } = next(&mut store).await else { panic!("a read") };
            assert_eq!((answered, result), (OpId(op), Err(StoreFailure::Failed)));
        }
    }
}

#[tokio::test]
async fn every_query_is_answered_in_both_modes() {
    let app = bim_types::AppId::new(1).unwrap();
    let stream = StreamId::LiveGroup(app, bim_types::ConversationShortId::new(1).unwrap());
    let key = RecordKey::App(app);
    let absent = RecordKey::App(bim_types::AppId::new(2).unwrap());
    for mode in [StoreMode::Threads, StoreMode::InPlace] {
        let (mut store, _gate) = store(Ok(()), mode);
        let put = bim_types::store::Put {
            key: key.clone(),
            expected: bim_types::store::Expected::Any,
            value: Some(bytes::Bytes::from_static(b"app")),
        };
        store.write(OpId(0), vec![LogOp::Put(put)]);
        assert!(matches!(next(&mut store).await, Input::Written { result: Ok(_), .. }));
        let queries = [
            LogQuery::Records { range: RecordRange::Apps, after: 0, limit: 9 },
            LogQuery::Keys(vec![key.clone(), absent.clone()]),
            LogQuery::Keys(Vec::new()),
            LogQuery::Room { keys: vec![absent.clone(), key.clone()], stream },
            LogQuery::Room { keys: Vec::new(), stream },
            LogQuery::Messages { stream, after: Seq::ZERO, records: 9, bytes: 9 },
        ];
        let mut sizes = Vec::new();
        for query in queries {
            store.read(OpId(1), query);
            let Input::Loaded { result: Ok(loaded), .. } = next(&mut store).await else { panic!("failed") };
            sizes.push(match loaded {
                Loaded::Records(records) => records.len(),
                Loaded::Room(records, head) => {
                    assert_eq!(head.last, Seq::ZERO);
                    records.len()
                }
                Loaded::Messages(records) => records.len(),
            });
        }
        assert_eq!(sizes, [1, 1, 0, 1, 0, 0]);
        store.close();
    }
}
