//! The threads that own a log: merging, refusing, failing and closing.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bim_store::memory::MemoryLog;
use bim_store::{
    CommitDone, LogError, LogReader, LogThread, LogThreadOptions, READ_QUEUE_MAX, ReadLimit, ServerLog,
    SubmitError,
};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, LogOp, LogOutcome, LogRecord, RecordKey,
    RecordRange, Replace, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{AppId, ConversationShortId, Epoch, Seq, Wall};
use bytes::Bytes;

/// So that a test that hangs ends with a message instead.
const PATIENCE: Duration = Duration::from_secs(20);

type Answer = (u32, Result<Vec<LogOutcome>, LogError>);

mockall::mock! {
    Log {}

    impl ServerLog for Log {
        fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError>;
        fn head(&self, stream: StreamId) -> Result<StreamHead, LogError>;
        fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError>;
        fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError>;
        fn records(
            &self,
            range: &RecordRange,
            after: u64,
            limit: usize,
        ) -> Result<Vec<VersionedRecord>, LogError>;
        fn epoch(&self) -> Epoch;
    }
}

#[test]
fn each_submission_gets_its_own_outcomes_in_order() {
    let log = Arc::new(MemoryLog::new(Epoch(1)));
    let thread = LogThread::start(log.clone(), LogThreadOptions::default()).unwrap();
    let (answers, answered) = sync_channel(100);
    for number in 0..50 {
        thread.submit(vec![append("a"), append("b")], note(&answers, number)).unwrap();
    }
    for number in 0..50 {
        let first = u64::from(number) * 2 + 1;
        assert_eq!(next(&answered), (number, Ok(vec![fresh(first), fresh(first + 1)])));
    }
    thread.close();
    assert_eq!(log.head(stream()).unwrap().last, Seq(100));
}

#[test]
fn what_waits_during_a_commit_is_merged_into_the_next() {
    let (sizes, commits) = sync_channel(10);
    let (mut log, gate) = gated(sizes);
    log.expect_epoch().return_const(Epoch(1));
    let thread = LogThread::start(Arc::new(log), LogThreadOptions::default()).unwrap();
    let (answers, answered) = sync_channel(10);
    thread.submit(vec![append("a")], note(&answers, 0)).unwrap();
    assert_eq!(next(&commits), 1);
    for number in 1..=4 {
        thread.submit(vec![append("a")], note(&answers, number)).unwrap();
    }
    gate.send(()).unwrap();
    assert_eq!(next(&commits), 4);
    gate.send(()).unwrap();
    let numbers: Vec<_> = (0..5).map(|_| next(&answered).0).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    thread.close();
}

#[test]
fn a_commit_takes_no_more_than_its_limit() {
    let (sizes, commits) = sync_channel(10);
    let (log, gate) = gated(sizes);
    let options = LogThreadOptions { commit_ops_max: 3, ..LogThreadOptions::default() };
    let thread = LogThread::start(Arc::new(log), options).unwrap();
    let (answers, _answered) = sync_channel(10);
    thread.submit(vec![append("a")], note(&answers, 0)).unwrap();
    assert_eq!(next(&commits), 1);
    for number in 1..=4 {
        thread.submit(vec![append("a"); 2], note(&answers, number)).unwrap();
    }
    for _ in 0..4 {
        gate.send(()).unwrap();
        assert_eq!(next(&commits), 2, "two submissions of two do not fit into three");
    }
    gate.send(()).unwrap();
    thread.close();
}

#[test]
fn the_new_bytes_of_a_record_count_like_those_of_an_appended_one() {
    let (sizes, commits) = sync_channel(10);
    let (log, gate) = gated(sizes);
    let options = LogThreadOptions { queue_bytes_max: 4_000, ..LogThreadOptions::default() };
    let thread = LogThread::start(Arc::new(log), options).unwrap();
    thread.submit(vec![append("a")], Box::new(|_| {})).unwrap();
    next(&commits);
    thread.submit(vec![replace(vec![0; 2_500])], Box::new(|_| {})).unwrap();
    let refused = thread.submit(vec![replace(vec![0; 2_500])], Box::new(|_| {}));
    assert_eq!(refused, Err(SubmitError::Full));
    thread.submit(vec![replace(vec![0; 10])], Box::new(|_| {})).unwrap();
    gate.send(()).unwrap();
    assert_eq!(next(&commits), 2, "the one that was refused is not among them");
    gate.send(()).unwrap();
    thread.close();
}

#[test]
fn a_full_queue_refuses_at_once_and_has_room_again_later() {
    let (sizes, commits) = sync_channel(10);
    let (log, gate) = gated(sizes);
    let options = LogThreadOptions { queue_ops_max: 2, ..LogThreadOptions::default() };
    let thread = LogThread::start(Arc::new(log), options).unwrap();
    let (answers, answered) = sync_channel(10);
    thread.submit(vec![append("a")], note(&answers, 0)).unwrap();
    next(&commits);
    thread.submit(vec![append("a"); 2], note(&answers, 1)).unwrap();
    assert_eq!(thread.submit(vec![append("a")], note(&answers, 2)), Err(SubmitError::Full));
    gate.send(()).unwrap();
    next(&commits);
    thread.submit(vec![append("a")], note(&answers, 3)).unwrap();
    gate.send(()).unwrap();
    gate.send(()).unwrap();
    let numbers: Vec<_> = (0..3).map(|_| next(&answered).0).collect();
    assert_eq!(numbers, [0, 1, 3], "what was refused is not answered");
    thread.close();
}

#[test]
fn after_a_failed_commit_everyone_is_told_and_nobody_is_taken() {
    let full = LogError::Io(io::ErrorKind::StorageFull);
    let (started, commits) = sync_channel(1);
    let (gate, open) = sync_channel(1);
    let (started, open) = (Mutex::new(started), Mutex::new(open));
    let mut log = MockLog::new();
    log.expect_commit().times(1).returning(move |_| {
        started.lock().unwrap().send(()).unwrap();
        next(&open.lock().unwrap());
        Err(full)
    });
    let thread = LogThread::start(Arc::new(log), LogThreadOptions::default()).unwrap();
    let (answers, answered) = sync_channel(10);
    thread.submit(vec![append("a")], note(&answers, 0)).unwrap();
    next(&commits);
    thread.submit(vec![append("a")], note(&answers, 1)).unwrap();
    thread.submit(vec![append("a")], note(&answers, 2)).unwrap();
    gate.send(()).unwrap();
    assert_eq!(next(&answered), (0, Err(full)));
    assert_eq!(next(&answered), (1, Err(LogError::Failed)));
    assert_eq!(next(&answered), (2, Err(LogError::Failed)));
    assert_eq!(thread.submit(vec![append("a")], note(&answers, 3)), Err(SubmitError::Failed));
    thread.close();
    assert_eq!(thread.submit(vec![append("a")], note(&answers, 4)), Err(SubmitError::Failed));
}

#[test]
fn a_log_that_panics_or_miscounts_has_failed() {
    let panics = || {
        let mut log = MockLog::new();
        log.expect_commit().times(1).returning(|_| panic!("on purpose"));
        log
    };
    let miscounts = || {
        let mut log = MockLog::new();
        log.expect_commit().times(1).returning(|_| Ok(vec![]));
        log
    };
    for log in [panics(), miscounts()] {
        let thread = LogThread::start(Arc::new(log), LogThreadOptions::default()).unwrap();
        let (answers, answered) = sync_channel(10);
        thread.submit(vec![append("a")], note(&answers, 0)).unwrap();
        assert_eq!(next(&answered), (0, Err(LogError::Damaged)));
        assert_eq!(thread.submit(vec![append("a")], note(&answers, 1)), Err(SubmitError::Failed));
    }
}

#[test]
fn closing_commits_what_waits_and_refuses_the_rest() {
    let log = Arc::new(MemoryLog::new(Epoch(1)));
    let thread = LogThread::start(log.clone(), LogThreadOptions::default()).unwrap();
    let (answers, answered) = sync_channel(300);
    for number in 0..200 {
        thread.submit(vec![append("a")], note(&answers, number)).unwrap();
    }
    thread.close();
    assert_eq!(answered.try_iter().count(), 200);
    assert_eq!(log.head(stream()).unwrap().last, Seq(200));
    assert_eq!(thread.submit(vec![append("a")], note(&answers, 200)), Err(SubmitError::Closed));
    thread.close();
}

#[test]
fn a_callback_may_panic_or_close_its_thread_without_harm_to_others() {
    let log = Arc::new(MemoryLog::new(Epoch(1)));
    let thread = Arc::new(LogThread::start(log, LogThreadOptions::default()).unwrap());
    let (answers, answered) = sync_channel(10);
    thread.submit(vec![append("a")], Box::new(|_| panic!("on purpose"))).unwrap();
    thread.submit(vec![append("b")], note(&answers, 1)).unwrap();
    assert_eq!(next(&answered), (1, Ok(vec![fresh(2)])));
    let itself = Arc::clone(&thread);
    let told = answers.clone();
    let close = Box::new(move |result| {
        itself.close();
        told.send((2, result)).unwrap();
    });
    thread.submit(vec![append("c")], close).unwrap();
    assert_eq!(next(&answered), (2, Ok(vec![fresh(3)])));
    assert_eq!(thread.submit(vec![], note(&answers, 3)), Err(SubmitError::Closed));
}

#[test]
fn reads_are_answered_beside_a_commit_that_takes_long() {
    let (sizes, commits) = sync_channel(10);
    let (mut log, gate) = gated(sizes);
    log.expect_read().returning(|_, after, _| {
        Ok(vec![LogRecord { seq: after.next(), at: Wall::from_millis(1), record: Bytes::new() }])
    });
    let log: Arc<dyn ServerLog> = Arc::new(log);
    let thread = LogThread::start(Arc::clone(&log), LogThreadOptions::default()).unwrap();
    let reader = LogReader::start(log, 2).unwrap();
    thread.submit(vec![append("a")], Box::new(|_| {})).unwrap();
    next(&commits);
    let (answers, answered) = sync_channel(1);
    let limit = ReadLimit { records: 1, bytes: 1 };
    reader.read(stream(), Seq(4), limit, move |found| answers.send(found.unwrap()[0].seq).unwrap()).unwrap();
    assert_eq!(next(&answered), Seq(5));
    gate.send(()).unwrap();
    reader.close();
    thread.close();
}

#[test]
fn a_reader_answers_every_kind_of_question_and_what_waits_at_closing() {
    let log = Arc::new(MemoryLog::new(Epoch(1)));
    log.commit(&[append("a")]).unwrap();
    let reader = LogReader::start(log, 1).unwrap();
    let (answers, answered) = sync_channel(10);
    let app = AppId::new(1).unwrap();
    let told = answers.clone();
    reader.head(stream(), move |head| told.send(head.unwrap().last.0).unwrap()).unwrap();
    let told = answers.clone();
    reader
        .record(RecordKey::App(app), move |found| told.send(u64::from(found.unwrap().is_some())).unwrap())
        .unwrap();
    let told = answers.clone();
    reader
        .records(RecordRange::Apps, 0, 9, move |found| told.send(found.unwrap().len() as u64).unwrap())
        .unwrap();
    reader.close();
    assert_eq!(answered.try_iter().collect::<Vec<_>>(), [1, 0, 0]);
    assert_eq!(reader.head(stream(), |_| {}), Err(SubmitError::Closed));
}

#[test]
fn a_reader_with_a_full_queue_refuses_and_one_that_panics_answers() {
    let (started, reads) = sync_channel(1);
    let (gate, open) = sync_channel::<()>(1);
    let (started, open) = (Mutex::new(started), Mutex::new(open));
    let mut log = MockLog::new();
    log.expect_head().returning(move |_| {
        started.lock().unwrap().send(()).unwrap();
        next(&open.lock().unwrap());
        panic!("on purpose")
    });
    log.expect_record().returning(|_| Ok(None));
    let reader = LogReader::start(Arc::new(log), 1).unwrap();
    let (answers, answered) = sync_channel(1);
    reader.head(stream(), move |head| answers.send(head).unwrap()).unwrap();
    next(&reads);
    let key = RecordKey::App(AppId::new(1).unwrap());
    for _ in 0..READ_QUEUE_MAX {
        reader.record(key.clone(), |_| {}).unwrap();
    }
    assert_eq!(reader.record(key, |_| {}), Err(SubmitError::Full));
    gate.send(()).unwrap();
    assert_eq!(next(&answered), Err(LogError::Damaged));
    reader.close();
}

/// A log whose every commit says how many operations it has, then waits until it is let through.
fn gated(sizes: SyncSender<usize>) -> (MockLog, SyncSender<()>) {
    let (gate, open) = sync_channel(10);
    let (sizes, open) = (Mutex::new(sizes), Mutex::new(open));
    let mut log = MockLog::new();
    log.expect_commit().returning(move |ops| {
        sizes.lock().unwrap().send(ops.len()).unwrap();
        next(&open.lock().unwrap());
        Ok(vec![fresh(1); ops.len()])
    });
    (log, gate)
}

fn note(answers: &SyncSender<Answer>, number: u32) -> CommitDone {
    let answers = answers.clone();
    Box::new(move |result| answers.send((number, result)).unwrap())
}

#[track_caller]
fn next<T>(channel: &Receiver<T>) -> T {
    channel.recv_timeout(PATIENCE).expect("something arrives in time")
}

fn append(text: &'static str) -> LogOp {
    let record = Bytes::from_static(text.as_bytes());
    let entry = AppendEntry { idempotency: None, at: Wall::from_millis(1), record };
    LogOp::Append(Append { stream: stream(), condition: AppendCondition::Any, entries: vec![entry] })
}

fn replace(record: Vec<u8>) -> LogOp {
    LogOp::Replace(Replace { stream: stream(), seq: Seq(1), record: Bytes::from(record) })
}

fn stream() -> StreamId {
    StreamId::LiveGroup(AppId::new(1).unwrap(), ConversationShortId::new(1).unwrap())
}

fn fresh(seq: u64) -> LogOutcome {
    LogOutcome::Appended(vec![AppendOutcome::New(Seq(seq))])
}
