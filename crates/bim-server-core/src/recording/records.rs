//! What a store answered, in entries.

use bim_proto::recording::Unplayable;
use bim_proto::wire::{self, RecordedFailure, recorded_append, recorded_outcome};
use bim_types::store::{
    AppendOutcome, LogOutcome, LogRecord, OpId, PutOutcome, RecordKey, StreamHead, VersionedRecord,
};
use bim_types::{Epoch, Seq, Wall};

use crate::io::{Loaded, StoreFailure};

pub(super) fn written(op: OpId, result: Result<Vec<LogOutcome>, StoreFailure>) -> wire::RecordedWritten {
    let failure = failure(result.as_ref().err()).into();
    let outcomes = result.unwrap_or_default().into_iter().map(outcome).collect();
    wire::RecordedWritten { op: op.0, failure, outcomes }
}

pub(super) fn read_written(wire: wire::RecordedWritten) -> Result<Vec<LogOutcome>, StoreFailure> {
    match read_failure(wire.failure) {
        Some(failure) => Err(failure),
        None => Ok(wire.outcomes.into_iter().filter_map(|outcome| read_outcome(outcome.outcome?)).collect()),
    }
}

pub(super) fn loaded(op: OpId, result: Result<Loaded, StoreFailure>) -> wire::RecordedLoaded {
    let mut wire = wire::RecordedLoaded {
        op: op.0,
        failure: failure(result.as_ref().err()).into(),
        ..wire::RecordedLoaded::default()
    };
    match result {
        Ok(Loaded::Records(records)) => wire.records = Some(small_records(records)),
        Ok(Loaded::Room(records, head)) => {
            wire.records = Some(small_records(records));
            let StreamHead { epoch, first, last } = head;
            wire.head = Some(wire::RecordedHead { epoch: epoch.0, first: first.0, last: last.0 });
        }
        Ok(Loaded::Messages(messages)) => {
            let message = |message: LogRecord| wire::RecordedMessage {
                seq: message.seq.0,
                at_ms: message.at.as_millis(),
                record: message.record,
            };
            let messages = messages.into_iter().map(message).collect();
            wire.messages = Some(wire::RecordedMessages { messages });
        }
        Err(_) => {}
    }
    wire
}

pub(super) fn read_loaded(wire: wire::RecordedLoaded) -> Result<Result<Loaded, StoreFailure>, Unplayable> {
    if let Some(failure) = read_failure(wire.failure) {
        return Ok(Err(failure));
    }
    Ok(Ok(match (wire.records, wire.head, wire.messages) {
        (Some(records), None, None) => Loaded::Records(read_small_records(records)?),
        (Some(records), Some(head), None) => {
            let head = StreamHead { epoch: Epoch(head.epoch), first: Seq(head.first), last: Seq(head.last) };
            Loaded::Room(read_small_records(records)?, head)
        }
        (None, None, Some(messages)) => {
            let message = |message: wire::RecordedMessage| LogRecord {
                seq: Seq(message.seq),
                at: Wall::from_millis(message.at_ms),
                record: message.record,
            };
            Loaded::Messages(messages.messages.into_iter().map(message).collect())
        }
        _ => return Err(Unplayable),
    }))
}

fn small_records(records: Vec<VersionedRecord>) -> wire::RecordedSmallRecords {
    let small = |record: VersionedRecord| wire::RecordedSmallRecord {
        key: record.key.to_bytes().into(),
        version: record.version,
        value: record.value,
    };
    wire::RecordedSmallRecords { records: records.into_iter().map(small).collect() }
}

fn read_small_records(wire: wire::RecordedSmallRecords) -> Result<Vec<VersionedRecord>, Unplayable> {
    let small = |record: wire::RecordedSmallRecord| {
        let key = RecordKey::from_bytes(&record.key).ok_or(Unplayable)?;
        Ok(VersionedRecord { key, version: record.version, value: record.value })
    };
    wire.records.into_iter().map(small).collect()
}

fn failure(failure: Option<&StoreFailure>) -> RecordedFailure {
    match failure {
        None => RecordedFailure::None,
        Some(StoreFailure::Busy) => RecordedFailure::Busy,
        Some(StoreFailure::Failed) => RecordedFailure::Failed,
    }
}

fn read_failure(failure: i32) -> Option<StoreFailure> {
    match RecordedFailure::try_from(failure) {
        Ok(RecordedFailure::None) => None,
        Ok(RecordedFailure::Busy) => Some(StoreFailure::Busy),
        Ok(RecordedFailure::Failed) | Err(_) => Some(StoreFailure::Failed),
    }
}

fn outcome(outcome: LogOutcome) -> wire::RecordedOutcome {
    let outcome = match outcome {
        LogOutcome::Appended(appends) => {
            let appends = appends.into_iter().map(append).collect();
            recorded_outcome::Outcome::Appended(wire::RecordedAppends { appends })
        }
        LogOutcome::LastDiffers(last) => recorded_outcome::Outcome::LastDiffers(last.0),
        LogOutcome::Put(PutOutcome::Done(version)) => recorded_outcome::Outcome::PutDone(version),
        LogOutcome::Put(PutOutcome::Differs(version)) => {
            recorded_outcome::Outcome::PutDiffers(wire::RecordedPutDiffers { version })
        }
        LogOutcome::Trimmed(count) => recorded_outcome::Outcome::Trimmed(count),
        LogOutcome::Replaced(was_there) => recorded_outcome::Outcome::Replaced(was_there),
    };
    wire::RecordedOutcome { outcome: Some(outcome) }
}

fn read_outcome(wire: recorded_outcome::Outcome) -> Option<LogOutcome> {
    Some(match wire {
        recorded_outcome::Outcome::Appended(appends) => {
            LogOutcome::Appended(appends.appends.into_iter().map(read_append).collect::<Option<_>>()?)
        }
        recorded_outcome::Outcome::LastDiffers(last) => LogOutcome::LastDiffers(Seq(last)),
        recorded_outcome::Outcome::PutDone(version) => LogOutcome::Put(PutOutcome::Done(version)),
        recorded_outcome::Outcome::PutDiffers(differs) => {
            LogOutcome::Put(PutOutcome::Differs(differs.version))
        }
        recorded_outcome::Outcome::Trimmed(count) => LogOutcome::Trimmed(count),
        recorded_outcome::Outcome::Replaced(was_there) => LogOutcome::Replaced(was_there),
    })
}

fn append(append: AppendOutcome) -> wire::RecordedAppend {
    let outcome = match append {
        AppendOutcome::New(seq) => recorded_append::Outcome::New(seq.0),
        AppendOutcome::Duplicate(seq) => recorded_append::Outcome::Duplicate(seq.0),
        AppendOutcome::Conflict(seq) => recorded_append::Outcome::Conflict(seq.0),
    };
    wire::RecordedAppend { outcome: Some(outcome) }
}

fn read_append(wire: wire::RecordedAppend) -> Option<AppendOutcome> {
    Some(match wire.outcome? {
        recorded_append::Outcome::New(seq) => AppendOutcome::New(Seq(seq)),
        recorded_append::Outcome::Duplicate(seq) => AppendOutcome::Duplicate(Seq(seq)),
        recorded_append::Outcome::Conflict(seq) => AppendOutcome::Conflict(Seq(seq)),
    })
}
