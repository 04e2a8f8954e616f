//! The stores alone: durable appends to a log, a hundred to a commit, and what a client keeps of itself.

use bim_benches::Counts;
use bim_store::redb::{RedbClientStore, RedbLog, RedbOptions};
use bim_store::{ClientStore, ServerLog};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, ClientBatch, ClientOp, IdempotencyKey, LogOp, SessionRecord,
    StreamId,
};
use bim_types::{AppId, ClientMessageId, DeviceId, Epoch, Wall};

use crate::by_hand::{BODY_BYTES, group_id, uid};
use crate::cost;

/// Appends of one commit.
const BATCH: u64 = 100;

const COMMITS: u64 = 20;

pub(crate) fn count(counts: &mut Counts) {
    let place = tempfile::tempdir().expect("a temporary directory");
    counts.measure(&format!("store/redb append, {BATCH} to a commit"), BATCH * COMMITS, BODY_BYTES, || {
        let path = place.path().join("log.redb");
        let log = RedbLog::open(&path, Epoch(1), RedbOptions::default()).expect("a new log opens");
        let commits: Vec<Vec<LogOp>> =
            (0..COMMITS).map(|commit| (0..BATCH).map(|at| op(commit * BATCH + at)).collect()).collect();
        let cost = cost(|| {
            for ops in &commits {
                let outcomes = log.commit(ops).expect("a commit succeeds");
                assert_eq!(outcomes.len() as u64, BATCH);
            }
        });
        drop(log);
        std::fs::remove_file(&path).expect("nobody else has it");
        cost
    });
    counts.measure("store/client session, one to a commit", COMMITS, 0, || {
        let path = place.path().join("client.redb");
        let store = RedbClientStore::open(&path).expect("a new store opens");
        let batches: Vec<ClientBatch> = (0..COMMITS).map(session).collect();
        let cost = cost(|| batches.iter().for_each(|batch| store.commit(batch).expect("a commit succeeds")));
        drop(store);
        std::fs::remove_file(&path).expect("nobody else has it");
        cost
    });
}

fn session(number: u64) -> ClientBatch {
    let session =
        SessionRecord { app: AppId::new(1).expect("not zero"), uid: uid(&format!("user{}", number % 10)) };
    ClientBatch { ops: vec![ClientOp::PutSession(session)] }
}

fn op(number: u64) -> LogOp {
    let idempotency = IdempotencyKey {
        sender: uid("alice"),
        device: DeviceId::new(1),
        client_id: ClientMessageId::new(number.into()),
        content: [7; 16],
    };
    let record = vec![7; BODY_BYTES].into();
    let entry = AppendEntry { idempotency: Some(idempotency), at: Wall::from_millis(number), record };
    let stream = StreamId::LiveGroup(AppId::new(1).expect("not zero"), group_id());
    LogOp::Append(Append { stream, condition: AppendCondition::Any, entries: vec![entry] })
}
