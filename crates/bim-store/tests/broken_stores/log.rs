//! A sound log behind one fault.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bim_store::memory::MemoryLog;
use bim_store::{LogError, ReadLimit, ServerLog};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, Expected, LogOp, LogOutcome, LogRecord, RecordKey,
    RecordRange, Replace, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{AppId, DeviceId, Epoch, Seq, Uid, Wall};
use bytes::Bytes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    LeavesHoles,
    ForgetsIds,
    MixesSenders,
    IgnoresContent,
    IgnoresConditions,
    StopsAtFailure,
    IgnoresLimits,
    MixesApps,
    MixesStreams,
    MixesRecords,
    OverwritesBlindly,
    LeaksRanges,
    TrimsEverything,
    /// Says that it did, and does nothing.
    DropsReplacements,
    /// Adds the new bytes to the end.
    AppendsReplacements,
    LosesReplacedIds,
    RedatesReplaced,
    /// Says that it did, whether there is such a record or not.
    ClaimsReplacements,
    ReplacesFirst,
    /// Keeps new bytes until it is opened again.
    ForgetsReplacements,
    ShowsParts,
    ForgetsAtReopen,
    ChangesEpoch,
}

/// A sound log behind a fault.
pub(crate) struct BrokenLog {
    log: Arc<MemoryLog>,
    fault: Option<Fault>,
    reads: AtomicU64,
    /// What was replaced since this was opened, with the new bytes.
    replaced: Mutex<BTreeMap<(StreamId, Seq), Bytes>>,
}

impl BrokenLog {
    pub(crate) fn new(fault: Option<Fault>, log: Arc<MemoryLog>) -> Self {
        Self { log, fault, reads: AtomicU64::new(0), replaced: Mutex::default() }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn stream(&self, stream: StreamId) -> StreamId {
        let first = AppId::new(1).unwrap();
        match (self.fault, stream) {
            (Some(Fault::MixesApps), StreamId::LiveGroup(_, group)) => StreamId::LiveGroup(first, group),
            (Some(Fault::MixesApps), StreamId::LiveCounters(_, group)) => {
                StreamId::LiveCounters(first, group)
            }
            (Some(Fault::MixesStreams), StreamId::LiveCounters(app, group)) => {
                StreamId::LiveGroup(app, group)
            }
            _ => stream,
        }
    }

    fn key(&self, key: &RecordKey) -> RecordKey {
        match (self.fault, key) {
            (Some(Fault::MixesRecords), RecordKey::LiveRoll(app, group)) => {
                RecordKey::LiveAttributes(*app, *group)
            }
            _ => key.clone(),
        }
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
                put.key = self.key(&put.key);
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
            LogOp::Replace(replace) => replace.stream = self.stream(replace.stream),
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
            outcomes.push(self.one(op)?);
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
                _ => outcomes.push(self.one(op)?),
            }
        }
        Ok(outcomes)
    }

    fn commit_replacements_first(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        let mut turns: Vec<_> = ops.iter().enumerate().collect();
        turns.sort_by_key(|(_, op)| !matches!(op, LogOp::Replace(_)));
        let mut outcomes = BTreeMap::new();
        for (number, op) in turns {
            outcomes.insert(number, self.one(op)?);
        }
        Ok(outcomes.into_values().collect())
    }

    fn replace(&self, replace: &Replace) -> Result<LogOutcome, LogError> {
        let Replace { stream, seq, record } = replace;
        let head = self.log.head(*stream)?;
        let kept = (head.first..=head.last).contains(seq);
        if kept {
            self.replaced.lock().unwrap().insert((*stream, *seq), record.clone());
        }
        match self.fault {
            Some(Fault::DropsReplacements | Fault::ForgetsReplacements) => Ok(LogOutcome::Replaced(kept)),
            Some(Fault::AppendsReplacements) => {
                if kept {
                    self.one(&append_plain(*stream, record.clone()))?;
                }
                Ok(LogOutcome::Replaced(kept))
            }
            Some(Fault::ClaimsReplacements) => {
                self.one(&LogOp::Replace(replace.clone()))?;
                Ok(LogOutcome::Replaced(true))
            }
            _ => self.one(&LogOp::Replace(replace.clone())),
        }
    }

    /// What is known to have been appended is new again once it was replaced.
    fn append_without_replaced_ids(&self, append: &Append) -> Result<LogOutcome, LogError> {
        let outcome = self.one(&LogOp::Append(append.clone()))?;
        let LogOutcome::Appended(mut entries) = outcome else {
            return Ok(outcome);
        };
        for (answer, entry) in entries.iter_mut().zip(&append.entries) {
            let (AppendOutcome::Duplicate(seq) | AppendOutcome::Conflict(seq)) = *answer else {
                continue;
            };
            if self.replaced.lock().unwrap().contains_key(&(append.stream, seq)) {
                self.one(&append_plain(append.stream, entry.record.clone()))?;
                *answer = AppendOutcome::New(self.log.head(append.stream)?.last);
            }
        }
        Ok(LogOutcome::Appended(entries))
    }

    fn commit_one(&self, op: &LogOp) -> Result<LogOutcome, LogError> {
        match (self.fault, op) {
            (_, LogOp::Replace(replace)) => self.replace(replace),
            (Some(Fault::LosesReplacedIds), LogOp::Append(append)) => {
                self.append_without_replaced_ids(append)
            }
            _ => self.one(op),
        }
    }

    fn one(&self, op: &LogOp) -> Result<LogOutcome, LogError> {
        Ok(self.log.commit(std::slice::from_ref(op))?.remove(0))
    }

    fn break_record(&self, stream: StreamId, record: &mut LogRecord) {
        if let Some(bytes) = self.replaced.lock().unwrap().get(&(stream, record.seq)) {
            if self.is(Fault::RedatesReplaced) {
                record.at = Wall::from_millis(77);
            }
            if self.is(Fault::ForgetsReplacements) {
                record.record = bytes.clone();
            }
        }
    }

    fn use_up_a_number(&self, op: &LogOp) -> Result<(), LogError> {
        if let LogOp::Append(append) = op {
            self.one(&append_plain(append.stream, Bytes::new()))?;
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
            Some(Fault::ReplacesFirst) => self.commit_replacements_first(&ops),
            Some(
                Fault::DropsReplacements
                | Fault::AppendsReplacements
                | Fault::LosesReplacedIds
                | Fault::RedatesReplaced
                | Fault::ClaimsReplacements
                | Fault::ForgetsReplacements,
            ) => ops.iter().map(|op| self.commit_one(op)).collect(),
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
        let stream = self.stream(stream);
        let mut found = self.log.read(stream, after, limit)?;
        found.iter_mut().for_each(|record| self.break_record(stream, record));
        Ok(found)
    }

    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
        let found = self.log.record(&self.key(key))?;
        Ok(found.map(|record| VersionedRecord { key: key.clone(), ..record }))
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

fn append_plain(stream: StreamId, record: Bytes) -> LogOp {
    let entries = vec![AppendEntry { idempotency: None, at: Wall::from_millis(0), record }];
    LogOp::Append(Append { stream, condition: AppendCondition::Any, entries })
}
