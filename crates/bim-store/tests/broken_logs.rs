//! The contract suite itself is put to the test: logs with one fault each, of the kind that real ones had,
//! must be found out by the check that is about it.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bim_store::contract::LOG_CHECKS;
use bim_store::memory::MemoryLog;
use bim_store::{LogError, ReadLimit, ServerLog};
use bim_types::store::{
    AppendCondition, AppendEntry, Expected, LogOp, LogOutcome, LogRecord, RecordKey, RecordRange, StreamHead,
    StreamId, VersionedRecord,
};
use bim_types::{AppId, DeviceId, Epoch, Seq, Uid, Wall};
use bytes::Bytes;

#[test]
fn a_sound_log_passes_every_check() {
    assert_eq!(failures(None), Vec::<&str>::new());
}

#[test]
fn a_hole_in_the_numbers_is_found() {
    caught(Fault::LeavesHoles, "numbers_are_dense_from_one");
}

#[test]
fn a_forgotten_id_is_found() {
    caught(Fault::ForgetsIds, "a_duplicate_is_answered_with_the_original");
}

#[test]
fn ids_that_are_not_scoped_by_sender_and_device_are_found() {
    caught(Fault::MixesSenders, "another_sender_or_device_is_another_record");
}

#[test]
fn content_that_is_not_compared_is_found() {
    caught(Fault::IgnoresContent, "other_content_under_a_known_id_is_a_conflict");
}

#[test]
fn a_condition_that_is_not_checked_is_found() {
    caught(Fault::IgnoresConditions, "another_last_number_stops_an_append");
}

#[test]
fn a_failure_that_stops_the_rest_of_the_commit_is_found() {
    caught(Fault::StopsAtFailure, "a_failed_condition_leaves_the_others_alone");
}

#[test]
fn reads_without_a_limit_are_found() {
    caught(Fault::IgnoresLimits, "a_read_respects_both_limits");
}

#[test]
fn apps_that_share_streams_are_found() {
    caught(Fault::MixesApps, "apps_are_isolated");
}

#[test]
fn a_blind_overwrite_is_found() {
    caught(Fault::OverwritesBlindly, "a_record_is_created_once");
}

#[test]
fn a_range_that_leaks_is_found() {
    caught(Fault::LeaksRanges, "a_range_does_not_leak_into_its_neighbours");
}

#[test]
fn a_trim_that_takes_too_much_is_found() {
    caught(Fault::TrimsEverything, "only_the_old_end_goes");
}

#[test]
fn commits_that_are_seen_in_part_are_found() {
    caught(Fault::ShowsParts, "a_reader_sees_whole_commits_only");
}

#[test]
fn a_log_that_forgets_when_it_is_opened_again_is_found() {
    caught(Fault::ForgetsAtReopen, "everything_is_there_again");
}

#[test]
fn a_log_that_draws_a_new_epoch_each_time_is_found() {
    caught(Fault::ChangesEpoch, "the_epoch_stays");
}

fn caught(fault: Fault, check: &str) {
    let failures = failures(Some(fault));
    assert!(failures.contains(&check), "{fault:?} was found by {failures:?} only");
}

/// The names of the checks that fail.
fn failures(fault: Option<Fault>) -> Vec<&'static str> {
    let fails = |check: fn(&dyn bim_store::contract::Place)| {
        let shared = Arc::new(BrokenLog::new(fault, 7));
        let opened = AtomicU64::new(7);
        let place = move || -> Box<dyn ServerLog> {
            let number = opened.fetch_add(1, Ordering::Relaxed);
            match fault {
                Some(Fault::ForgetsAtReopen) => Box::new(BrokenLog::new(fault, 7)),
                Some(Fault::ChangesEpoch) => Box::new(BrokenLog::new(fault, number)),
                _ => Box::new(Arc::clone(&shared)),
            }
        };
        catch_unwind(AssertUnwindSafe(|| check(&place))).is_err()
    };
    LOG_CHECKS.iter().filter(|(_, check)| fails(*check)).map(|(name, _)| *name).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    LeavesHoles,
    ForgetsIds,
    MixesSenders,
    IgnoresContent,
    IgnoresConditions,
    StopsAtFailure,
    IgnoresLimits,
    MixesApps,
    OverwritesBlindly,
    LeaksRanges,
    TrimsEverything,
    ShowsParts,
    ForgetsAtReopen,
    ChangesEpoch,
}

/// A sound log behind a fault.
struct BrokenLog {
    log: MemoryLog,
    fault: Option<Fault>,
    reads: AtomicU64,
}

impl BrokenLog {
    fn new(fault: Option<Fault>, epoch: u64) -> Self {
        Self { log: MemoryLog::new(Epoch(epoch)), fault, reads: AtomicU64::new(0) }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn stream(&self, stream: StreamId) -> StreamId {
        let StreamId::LiveGroup(_, group) = stream;
        if self.is(Fault::MixesApps) { StreamId::LiveGroup(AppId::new(1).unwrap(), group) } else { stream }
    }

    fn break_op(&self, op: &mut LogOp) {
        match op {
            LogOp::Append(append) => {
                append.stream = self.stream(append.stream);
                if self.is(Fault::IgnoresConditions) {
                    append.condition = AppendCondition::Any;
                }
                append.entries.iter_mut().for_each(|entry| self.break_entry(entry));
            }
            LogOp::Put(put) => {
                if self.is(Fault::OverwritesBlindly) {
                    put.expected = Expected::Any;
                }
            }
            LogOp::Trim(trim) => {
                trim.stream = self.stream(trim.stream);
                if self.is(Fault::TrimsEverything) {
                    trim.before = Wall::from_millis(u64::MAX);
                }
            }
        }
    }

    fn break_entry(&self, entry: &mut AppendEntry) {
        if self.is(Fault::ForgetsIds) {
            entry.idempotency = None;
        }
        if let Some(key) = &mut entry.idempotency {
            if self.is(Fault::MixesSenders) {
                key.sender = Uid::int(1).unwrap();
                key.device = DeviceId::new(1);
            }
            if self.is(Fault::IgnoresContent) {
                key.content = [0; 16];
            }
        }
    }

    /// One by one, so that a reader may come between them.
    fn commit_in_parts(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        let mut outcomes = Vec::new();
        for op in ops {
            outcomes.extend(self.log.commit(std::slice::from_ref(op))?);
            let reads = self.reads.load(Ordering::Relaxed);
            for _ in 0..10_000 {
                if self.reads.load(Ordering::Relaxed) != reads {
                    break;
                }
                std::thread::yield_now();
            }
        }
        Ok(outcomes)
    }

    fn commit_until_failure(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        let mut outcomes: Vec<LogOutcome> = Vec::new();
        for op in ops {
            match outcomes.last() {
                Some(LogOutcome::LastDiffers(last)) => outcomes.push(LogOutcome::LastDiffers(*last)),
                _ => outcomes.extend(self.log.commit(std::slice::from_ref(op))?),
            }
        }
        Ok(outcomes)
    }

    fn use_up_a_number(&self, op: &LogOp) -> Result<(), LogError> {
        if let LogOp::Append(append) = op {
            let mut hole = append.clone();
            hole.entries =
                vec![AppendEntry { idempotency: None, at: Wall::from_millis(0), record: Bytes::new() }];
            self.log.commit(&[LogOp::Append(hole)])?;
        }
        Ok(())
    }
}

impl ServerLog for BrokenLog {
    fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        let mut ops = ops.to_vec();
        ops.iter_mut().for_each(|op| self.break_op(op));
        match self.fault {
            Some(Fault::ShowsParts) => self.commit_in_parts(&ops),
            Some(Fault::StopsAtFailure) => self.commit_until_failure(&ops),
            Some(Fault::LeavesHoles) => {
                let outcomes = self.log.commit(&ops)?;
                ops.iter().try_for_each(|op| self.use_up_a_number(op))?;
                Ok(outcomes)
            }
            _ => self.log.commit(&ops),
        }
    }

    fn head(&self, stream: StreamId) -> Result<StreamHead, LogError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.log.head(self.stream(stream))
    }

    fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let limit = if self.is(Fault::IgnoresLimits) {
            ReadLimit { records: usize::MAX, bytes: usize::MAX }
        } else {
            limit
        };
        self.log.read(self.stream(stream), after, limit)
    }

    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
        self.log.record(key)
    }

    fn records(
        &self,
        range: &RecordRange,
        after: u64,
        limit: usize,
    ) -> Result<Vec<VersionedRecord>, LogError> {
        let mut found = self.log.records(range, after, limit)?;
        if let (RecordRange::LiveGroups(app), true) = (range, self.is(Fault::LeaksRanges)) {
            let next = AppId::new(app.value().saturating_add(1)).unwrap();
            found.extend(self.log.records(&RecordRange::LiveGroups(next), after, limit)?);
        }
        Ok(found)
    }

    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }
}
