//! The operations of one commit, inside one transaction.

use std::collections::BTreeMap;

use ::redb::{Entry as Slot, ReadableTable, Table, WriteTransaction};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, Expected, LogOp, LogOutcome, Put, PutOutcome,
    Replace, StreamId, Trim,
};
use bim_types::{Seq, Wall};

use super::fault::Fault;
use super::format::{
    Entry, HEADS, Head, HeadRow, IDS, IdRow, JOURNALLED, Known, LOG, LogKey, META, RECORDS, StreamKey,
    decode_record, encode_record, id_bytes, id_key, log_key, seq_of, stream_key,
};

/// Records that one step of a trim looks at before it removes them; bounds memory, not the trim.
const TRIM_STEP_RECORDS: usize = 4_096;

/// The tables of a log, each opened once, and the heads as they will be.
pub(super) struct Change<'a> {
    heads: Table<'a, &'static StreamKey, &'static HeadRow>,
    log: Table<'a, &'static LogKey, &'static [u8]>,
    ids: Table<'a, &'static [u8], &'static IdRow>,
    records: Table<'a, &'static [u8], &'static [u8]>,
    meta: Table<'a, &'static str, &'static [u8]>,
    /// Heads of the streams this commit names, and whether they changed.
    named: BTreeMap<StreamId, (Head, bool)>,
    changed: bool,
    key: Vec<u8>,
    row: Vec<u8>,
}

/// The oldest records of a stream that a trim removes in one step.
struct Old {
    last: Seq,
    count: u64,
    ids: Vec<Vec<u8>>,
}

impl<'a> Change<'a> {
    pub(super) fn begin(transaction: &'a WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            heads: transaction.open_table(HEADS)?,
            log: transaction.open_table(LOG)?,
            ids: transaction.open_table(IDS)?,
            records: transaction.open_table(RECORDS)?,
            meta: transaction.open_table(META)?,
            named: BTreeMap::new(),
            changed: false,
            key: Vec::new(),
            row: Vec::new(),
        })
    }

    pub(super) fn carry_out(&mut self, op: &LogOp) -> Result<LogOutcome, Fault> {
        match op {
            LogOp::Append(append) => self.append(append),
            LogOp::Put(put) => self.put(put).map(LogOutcome::Put),
            LogOp::Trim(trim) => self.trim(trim).map(LogOutcome::Trimmed),
            LogOp::Replace(replace) => self.replace(replace).map(LogOutcome::Replaced),
        }
    }

    /// Writes the heads that changed, and the number of the commit; says whether anything at all changed.
    pub(super) fn finish(mut self, serial: u64) -> Result<bool, Fault> {
        for (stream, (head, changed)) in &self.named {
            if *changed {
                self.heads.insert(&stream_key(*stream), &head.encode())?;
                self.changed = true;
            }
        }
        if self.changed {
            self.meta.insert(JOURNALLED, serial.to_be_bytes().as_slice())?;
        }
        Ok(self.changed)
    }

    fn append(&mut self, append: &Append) -> Result<LogOutcome, Fault> {
        let mut head = self.head(append.stream)?;
        if let AppendCondition::Last(last) = append.condition
            && last != head.last
        {
            return Ok(LogOutcome::LastDiffers(head.last));
        }
        let stream = stream_key(append.stream);
        let mut outcomes = Vec::with_capacity(append.entries.len());
        for entry in &append.entries {
            let outcome = self.append_one(&stream, head.last.next(), entry)?;
            if let AppendOutcome::New(seq) = outcome {
                head.last = seq;
            }
            outcomes.push(outcome);
        }
        self.set_head(append.stream, head);
        Ok(LogOutcome::Appended(outcomes))
    }

    fn append_one(
        &mut self,
        stream: &StreamKey,
        seq: Seq,
        entry: &AppendEntry,
    ) -> Result<AppendOutcome, Fault> {
        let id = id_bytes(entry.idempotency.as_ref());
        if let Some(idempotency) = &entry.idempotency {
            let content = idempotency.content;
            id_key(&mut self.key, stream, &id);
            match self.ids.entry(self.key.as_slice())? {
                Slot::Occupied(slot) => {
                    let known = Known::decode(slot.get()?.value());
                    return Ok(if known.content == content {
                        AppendOutcome::Duplicate(known.seq)
                    } else {
                        AppendOutcome::Conflict(known.seq)
                    });
                }
                Slot::Vacant(slot) => {
                    slot.insert(&Known { seq, content }.encode())?;
                }
            }
        }
        Entry { at: entry.at, id: &id, record: &entry.record }.encode(&mut self.row);
        self.log.insert(&log_key(stream, seq), self.row.as_slice())?;
        Ok(AppendOutcome::New(seq))
    }

    fn put(&mut self, put: &Put) -> Result<PutOutcome, Fault> {
        let key = put.key.to_bytes();
        let present = match self.records.get(key.as_slice())? {
            Some(row) => Some(decode_record(row.value())?.0),
            None => None,
        };
        let expected = match put.expected {
            Expected::Any => true,
            Expected::Absent => present.is_none(),
            Expected::Version(version) => present == Some(version),
        };
        if !expected {
            return Ok(PutOutcome::Differs(present));
        }
        let Some(value) = &put.value else {
            self.changed |= self.records.remove(key.as_slice())?.is_some();
            return Ok(PutOutcome::Done(0));
        };
        let version = present.unwrap_or(0) + 1;
        encode_record(&mut self.row, version, value);
        self.records.insert(key.as_slice(), self.row.as_slice())?;
        self.changed = true;
        Ok(PutOutcome::Done(version))
    }

    fn trim(&mut self, trim: &Trim) -> Result<u64, Fault> {
        let mut head = self.head(trim.stream)?;
        let stream = stream_key(trim.stream);
        let mut trimmed = 0;
        while head.first <= head.last {
            let old = self.old(&stream, head, trim.before)?;
            if old.count == 0 {
                break;
            }
            for id in &old.ids {
                id_key(&mut self.key, &stream, id);
                self.ids.remove(self.key.as_slice())?;
            }
            let (from, to) = (log_key(&stream, head.first), log_key(&stream, old.last));
            self.log.retain_in::<&LogKey, _>(&from..=&to, |_, _| false)?;
            head.first = old.last.next();
            trimmed += old.count;
        }
        self.set_head(trim.stream, head);
        Ok(trimmed)
    }

    /// Writes the row anew with what stood before the record; trimmed rows are gone, so none is made.
    fn replace(&mut self, replace: &Replace) -> Result<bool, Fault> {
        let key = log_key(&stream_key(replace.stream), replace.seq);
        match self.log.get(&key)? {
            Some(row) => {
                let kept = Entry::decode(row.value())?;
                Entry { record: &replace.record, ..kept }.encode(&mut self.row);
            }
            None => return Ok(false),
        }
        self.log.insert(&key, self.row.as_slice())?;
        self.changed = true;
        Ok(true)
    }

    fn old(&self, stream: &StreamKey, head: Head, before: Wall) -> Result<Old, Fault> {
        let mut old = Old { last: Seq::ZERO, count: 0, ids: Vec::new() };
        let (from, to) = (log_key(stream, head.first), log_key(stream, head.last));
        for row in self.log.range::<&LogKey>(&from..=&to)?.take(TRIM_STEP_RECORDS) {
            let (key, value) = row?;
            let entry = Entry::decode(value.value())?;
            if entry.at >= before {
                break;
            }
            old.last = seq_of(key.value());
            old.count += 1;
            if !entry.id.is_empty() {
                old.ids.push(entry.id.to_vec());
            }
        }
        Ok(old)
    }

    fn head(&mut self, stream: StreamId) -> Result<Head, Fault> {
        if let Some((head, _)) = self.named.get(&stream) {
            return Ok(*head);
        }
        let row = self.heads.get(&stream_key(stream))?;
        let head = row.map_or(Head::UNWRITTEN, |row| Head::decode(row.value()));
        self.named.insert(stream, (head, false));
        Ok(head)
    }

    fn set_head(&mut self, stream: StreamId, head: Head) {
        if let Some((present, changed)) = self.named.get_mut(&stream) {
            *changed |= *present != head;
            *present = head;
        }
    }
}
