//! A server log in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::RwLock;

use bim_types::store::{
    Expected, LogOp, LogOutcome, LogRecord, Put, PutOutcome, RecordKey, RecordRange, StreamHead, StreamId,
    VersionedRecord,
};
use bim_types::{Epoch, Seq};

use super::stream::Stream;
use crate::server_log::{LogError, ReadLimit, ServerLog};

/// A [`ServerLog`] in ordered maps. To "open it again", share it in an `Arc`.
#[derive(Debug)]
pub struct MemoryLog {
    epoch: Epoch,
    image: RwLock<Image>,
}

#[derive(Debug, Default)]
struct Image {
    streams: BTreeMap<StreamId, Stream>,
    records: BTreeMap<Vec<u8>, VersionedRecord>,
}

impl MemoryLog {
    /// An empty log of the given epoch.
    #[must_use]
    pub fn new(epoch: Epoch) -> Self {
        Self { epoch, image: RwLock::default() }
    }

    fn image(&self) -> Result<std::sync::RwLockReadGuard<'_, Image>, LogError> {
        self.image.read().map_err(|_| LogError::Failed)
    }
}

impl ServerLog for MemoryLog {
    fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError> {
        let mut image = self.image.write().map_err(|_| LogError::Failed)?;
        Ok(ops.iter().map(|op| image.carry_out(op)).collect())
    }

    fn head(&self, stream: StreamId) -> Result<StreamHead, LogError> {
        let image = self.image()?;
        let (first, last) = match image.streams.get(&stream) {
            Some(stream) => (stream.first(), stream.last()),
            None => (Seq(1), Seq::ZERO),
        };
        Ok(StreamHead { epoch: self.epoch, first, last })
    }

    fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError> {
        let image = self.image()?;
        Ok(image.streams.get(&stream).map(|stream| stream.read(after, limit)).unwrap_or_default())
    }

    fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError> {
        Ok(self.image()?.records.get(&key.to_bytes()).cloned())
    }

    fn records(
        &self,
        range: &RecordRange,
        after: u64,
        limit: usize,
    ) -> Result<Vec<VersionedRecord>, LogError> {
        let Some((from, to)) = crate::server_log::record_bounds(range, after) else {
            return Ok(Vec::new());
        };
        let image = self.image()?;
        let rows = image.records.range::<[u8], _>((Bound::Excluded(&from[..]), Bound::Included(&to[..])));
        Ok(rows.take(limit).map(|(_, record)| record.clone()).collect())
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }
}

impl Image {
    fn carry_out(&mut self, op: &LogOp) -> LogOutcome {
        match op {
            LogOp::Append(append) => self.streams.entry(append.stream).or_default().append(append),
            LogOp::Put(put) => LogOutcome::Put(self.put(put)),
            LogOp::Trim(trim) => {
                LogOutcome::Trimmed(self.streams.get_mut(&trim.stream).map_or(0, |s| s.trim(trim.before)))
            }
            LogOp::Replace(replace) => {
                let stream = self.streams.get_mut(&replace.stream);
                LogOutcome::Replaced(stream.is_some_and(|s| s.replace(replace.seq, &replace.record)))
            }
        }
    }

    fn put(&mut self, put: &Put) -> PutOutcome {
        let key = put.key.to_bytes();
        let present = self.records.get(&key).map(|record| record.version);
        let expected = match put.expected {
            Expected::Any => true,
            Expected::Absent => present.is_none(),
            Expected::Version(version) => present == Some(version),
        };
        if !expected {
            return PutOutcome::Differs(present);
        }
        let Some(value) = &put.value else {
            self.records.remove(&key);
            return PutOutcome::Done(0);
        };
        let version = present.unwrap_or(0) + 1;
        self.records.insert(key, VersionedRecord { key: put.key.clone(), version, value: value.clone() });
        PutOutcome::Done(version)
    }
}
