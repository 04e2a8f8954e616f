//! Commits that are on the disk before the database is.
//!
//! ```text
//!   file:     header, one page │ journal, of fixed length │ database
//!
//!   commit:   transaction ─► record behind the last one, one sync ─► transaction becomes visible, in memory
//!   now and then: transaction, made durable by the database itself ─► the journal begins anew
//!   opening:  what the database does not have yet is carried out again
//! ```
//!
//! What a commit costs is then one write behind the other and one sync, however many streams it touches. A
//! database alone writes a page and more for each of them, anywhere in the file, and syncs twice. The journal
//! is filled with zeros when the file is made, so that writing to it changes nothing but its bytes.
//!
//! The records are the operations. Carried out again in order, from the state they met first, they have the
//! same outcomes. A record that is torn is the last one and was never acknowledged. If there is a later one
//! behind it, the file is damaged; damage of the very last record can not be told from a torn one.

mod header;
mod record;
mod words;

use std::sync::Arc;

use bim_types::store::LogOp;

use self::record::{BLOCK_BYTES, Record};
use super::fault::Fault;
use super::shared_file::SharedFile;

pub(super) use self::header::{HEADER_BYTES, Header};

/// Operations and entries after which the database is made durable. Fewer cost more syncs; with more of them
/// that one commit takes longer, and so does the opening after a crash.
const CHECKPOINT_WEIGHT: usize = 1_024;

/// Bytes of zeros that are written at once when a journal is made.
const ZEROS_BYTES: usize = 1 << 20;

/// The records since the database was last durable, and where the next one goes.
#[derive(Debug)]
pub(super) struct Journal {
    file: Arc<SharedFile>,
    header: Header,
    /// The last commit that there was.
    serial: u64,
    /// Where the next record goes, in bytes from the start of the journal.
    tail: u64,
    /// Operations and entries in it.
    weight: usize,
    /// The record that is being made.
    record: Vec<u8>,
}

impl Journal {
    /// Writes the header and an empty journal to a file, and syncs it.
    pub(super) fn make(file: &SharedFile, header: Header) -> Result<(), Fault> {
        let end = header.database_offset();
        file.set_len(end)?;
        file.write(0, &header.encode())?;
        let zeros = vec![0; ZEROS_BYTES];
        let mut at = HEADER_BYTES as u64;
        while at < end {
            let length = ZEROS_BYTES.min(usize::try_from(end - at).unwrap_or(ZEROS_BYTES));
            file.write(at, &zeros[..length])?;
            at += length as u64;
        }
        Ok(file.sync()?)
    }

    /// The journal of a file whose database has the commits up to `serial`.
    pub(super) fn new(file: Arc<SharedFile>, header: Header, serial: u64) -> Self {
        Self { file, header, serial, tail: 0, weight: 0, record: Vec::new() }
    }

    /// Gives the commits that the database does not have to `carry_out`, in order, each with its number.
    ///
    /// # Errors
    ///
    /// [`Fault::Damaged`] when one is missing, and what `carry_out` says.
    pub(super) fn recover(
        &mut self,
        mut carry_out: impl FnMut(u64, &[LogOp]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let bytes = self.bytes()?;
        let mut rest = &bytes[..];
        let mut last = None;
        while let Some(record) = Record::decode(rest, self.header.salt)
            && last.is_none_or(|last| record.serial == last + 1)
        {
            last = Some(record.serial);
            rest = &rest[record.blocks_bytes().min(rest.len())..];
            if record.serial <= self.serial {
                continue;
            }
            if record.serial != self.serial + 1 {
                return Err(Fault::Damaged);
            }
            let ops = words::read(record.words)?;
            carry_out(record.serial, &ops)?;
            self.serial = record.serial;
            self.weight += weight(&ops);
            self.tail = (bytes.len() - rest.len()) as u64;
        }
        let later = |block| Record::decode(block, self.header.salt).is_some_and(|r| r.serial > self.serial);
        let blocks = (0..rest.len()).step_by(BLOCK_BYTES);
        if blocks.map(|at| &rest[at..]).any(later) { Err(Fault::Damaged) } else { Ok(()) }
    }

    /// The number that the next commit gets.
    pub(super) fn next(&self) -> u64 {
        self.serial + 1
    }

    /// Makes the record of the next commit. `false` when it does not go into the journal: the database is due
    /// to be made durable, or the record does not fit any more.
    pub(super) fn prepare(&mut self, ops: &[LogOp]) -> bool {
        if self.weight >= CHECKPOINT_WEIGHT {
            return false;
        }
        let next = self.next();
        record::encode(&mut self.record, self.header.salt, next, |out| words::write(out, ops));
        self.tail + self.record.len() as u64 <= self.header.journal_bytes
    }

    /// Makes the commit durable whose record was prepared last.
    pub(super) fn append(&mut self, ops: &[LogOp]) -> Result<(), Fault> {
        self.file.write(HEADER_BYTES as u64 + self.tail, &self.record)?;
        self.file.sync()?;
        self.serial += 1;
        self.tail += self.record.len() as u64;
        self.weight += weight(ops);
        Ok(())
    }

    /// Begins anew, after the database was made durable with the next commit.
    pub(super) fn restart(&mut self) {
        self.serial += 1;
        self.tail = 0;
        self.weight = 0;
    }

    fn bytes(&self) -> Result<Vec<u8>, Fault> {
        let length = usize::try_from(self.header.journal_bytes).map_err(|_| Fault::Damaged)?;
        let mut bytes = vec![0; length];
        self.file.read(HEADER_BYTES as u64, &mut bytes)?;
        Ok(bytes)
    }
}

/// What the database has to write for them later, roughly in pages.
fn weight(ops: &[LogOp]) -> usize {
    let of_one = |op: &LogOp| match op {
        LogOp::Append(append) => append.entries.len(),
        LogOp::Put(_) | LogOp::Trim(_) | LogOp::Replace(_) => 1,
    };
    ops.iter().map(of_one).sum()
}

#[cfg(test)]
#[path = "journal_test.rs"]
mod tests;
