//! What the log costs alone: durable appends, so many to a commit; and the database that is inside of it, with the same
//! rows in the same batches and nothing around it.

mod alone;

use std::time::{Duration, Instant};

use bim_benches::{Latencies, Report};
use bim_store::redb::{RedbLog, RedbOptions};
use bim_store::{ReadLimit, ServerLog};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, IdempotencyKey, LogOp, LogOutcome, StreamId,
};
use bim_types::{AppId, ClientMessageId, ConversationShortId, DeviceId, Epoch, Seq, Uid, Wall};

const BODY_BYTES: usize = 128;
const PER_BATCH_SIZE: Duration = Duration::from_secs(2);

fn main() {
    let place = tempfile::tempdir().expect("a temporary directory");
    for batch in [1, 10, 100, 1_000] {
        let path = place.path().join(format!("log-{batch}.redb"));
        let log = RedbLog::open(&path, Epoch(1), RedbOptions::default()).expect("a new log opens");
        let report = append(&log, batch);
        let head = log.head(stream()).expect("the head is read");
        assert_eq!(head.last, Seq(report.messages), "every append has its number");
        report.print();
        if batch == 1_000 {
            read(&log, head.last).print();
        }
        drop(log);
        alone::append(&place.path().join(format!("alone-{batch}.redb")), batch).print();
    }
}

fn append(log: &RedbLog, batch: u64) -> Report {
    let (begin, mut messages, mut latencies) = (Instant::now(), 0, Latencies::default());
    while begin.elapsed() < PER_BATCH_SIZE {
        let ops: Vec<LogOp> = (0..batch).map(|n| op(messages + n)).collect();
        let commit = Instant::now();
        let outcomes = log.commit(&ops).expect("a commit succeeds");
        latencies.add(commit.elapsed());
        for outcome in outcomes {
            let LogOutcome::Appended(entries) = outcome else { panic!("not an append: {outcome:?}") };
            messages += 1;
            assert_eq!(entries, [AppendOutcome::New(Seq(messages))]);
        }
    }
    Report {
        name: format!("store/log append, {batch} to a commit"),
        messages,
        bytes: messages * BODY_BYTES as u64,
        elapsed: begin.elapsed(),
        latencies: Some(latencies),
    }
}

fn read(log: &RedbLog, last: Seq) -> Report {
    let (begin, mut after, mut messages) = (Instant::now(), Seq::ZERO, 0);
    while after < last {
        let limit = ReadLimit { records: 50, bytes: usize::MAX };
        let page = log.read(stream(), after, limit).expect("a page is read");
        messages += page.len() as u64;
        after = page.last().expect("the stream goes on").seq;
    }
    assert_eq!(messages, last.0, "every record is read");
    Report {
        name: "store/log read, 50 to a page".into(),
        messages,
        bytes: messages * BODY_BYTES as u64,
        elapsed: begin.elapsed(),
        latencies: None,
    }
}

fn op(number: u64) -> LogOp {
    let idempotency = IdempotencyKey {
        sender: Uid::string("alice").expect("a short uid"),
        device: DeviceId::new(1),
        client_id: ClientMessageId::new(number.into()),
        content: [7; 16],
    };
    let record = vec![7; BODY_BYTES].into();
    let entry = AppendEntry { idempotency: Some(idempotency), at: Wall::from_millis(number), record };
    LogOp::Append(Append { stream: stream(), condition: AppendCondition::Any, entries: vec![entry] })
}

fn stream() -> StreamId {
    let app = AppId::new(1).expect("not zero");
    StreamId::LiveGroup(app, ConversationShortId::new(1).expect("positive"))
}
