//! One stream of a log in memory.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, IdempotencyKey, LogOutcome, LogRecord,
};
use bim_types::{ClientMessageId, DeviceId, Seq, Uid, Wall};
use bytes::Bytes;

use crate::server_log::ReadLimit;

/// Records `first..=last` without holes, and what recognises them.
#[derive(Debug, Default)]
pub(super) struct Stream {
    last: Seq,
    kept: VecDeque<Kept>,
    known: BTreeMap<SentId, Known>,
}

#[derive(Debug)]
struct Kept {
    at: Wall,
    id: Option<SentId>,
    record: Bytes,
}

/// What recognises a record. What differs most stands first, so that two of them differ at a glance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SentId {
    client_id: ClientMessageId,
    device: DeviceId,
    sender: Uid,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    seq: Seq,
    content: [u8; 16],
}

impl Stream {
    pub(super) fn append(&mut self, append: &Append) -> LogOutcome {
        if let AppendCondition::Last(last) = append.condition
            && last != self.last
        {
            return LogOutcome::LastDiffers(self.last);
        }
        LogOutcome::Appended(append.entries.iter().map(|entry| self.append_one(entry)).collect())
    }

    fn append_one(&mut self, entry: &AppendEntry) -> AppendOutcome {
        let seq = self.last.next();
        let id = entry.idempotency.as_ref().map(SentId::of);
        if let (Some(id), Some(IdempotencyKey { content, .. })) = (&id, entry.idempotency.as_ref()) {
            match self.known.entry(id.clone()) {
                Entry::Occupied(known) if known.get().content == *content => {
                    return AppendOutcome::Duplicate(known.get().seq);
                }
                Entry::Occupied(known) => return AppendOutcome::Conflict(known.get().seq),
                Entry::Vacant(place) => place.insert(Known { seq, content: *content }),
            };
        }
        self.last = seq;
        self.kept.push_back(Kept { at: entry.at, id, record: entry.record.clone() });
        AppendOutcome::New(seq)
    }

    /// Removes from the old end while records are older than `before`; says how many.
    pub(super) fn trim(&mut self, before: Wall) -> u64 {
        let mut trimmed = 0;
        while self.kept.front().is_some_and(|oldest| oldest.at < before) {
            if let Some(Kept { id: Some(id), .. }) = self.kept.pop_front() {
                self.known.remove(&id);
            }
            trimmed += 1;
        }
        trimmed
    }

    /// Puts other bytes in the place of a record; says whether it is kept.
    pub(super) fn replace(&mut self, seq: Seq, record: &Bytes) -> bool {
        let index = seq.0.checked_sub(self.first().0).and_then(|index| usize::try_from(index).ok());
        let Some(kept) = index.and_then(|index| self.kept.get_mut(index)) else {
            return false;
        };
        kept.record = record.clone();
        true
    }

    pub(super) fn first(&self) -> Seq {
        Seq(self.last.0 - self.kept.len() as u64).next()
    }

    pub(super) fn last(&self) -> Seq {
        self.last
    }

    pub(super) fn read(&self, after: Seq, limit: ReadLimit) -> Vec<LogRecord> {
        let first = self.first();
        let skip = usize::try_from(after.next().0.saturating_sub(first.0)).unwrap_or(usize::MAX);
        let mut bytes = 0_usize;
        let mut found = Vec::new();
        for (kept, seq) in self.kept.iter().zip(first.0..).skip(skip.min(self.kept.len())) {
            if !limit.admits(found.len(), bytes, kept.record.len()) {
                break;
            }
            bytes += kept.record.len();
            found.push(LogRecord { seq: Seq(seq), at: kept.at, record: kept.record.clone() });
        }
        found
    }
}

impl SentId {
    fn of(key: &IdempotencyKey) -> Self {
        Self { client_id: key.client_id, device: key.device, sender: key.sender.clone() }
    }
}
