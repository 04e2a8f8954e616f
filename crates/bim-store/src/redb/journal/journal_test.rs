//! What is recovered of a journal, and what is not.

use ::redb::backends::InMemoryBackend;
use bim_types::store::{Append, AppendCondition, AppendEntry, StreamId};
use bim_types::{AppId, ConversationShortId, Wall};
use bytes::Bytes;

use super::*;

const HEADER: Header = Header { journal_bytes: 64 * 1024, salt: 7 };

/// A journal of a database that never keeps anything.
struct Bench {
    file: Arc<SharedFile>,
    journal: Journal,
}

impl Bench {
    fn new() -> Self {
        let file = SharedFile::new(InMemoryBackend::new());
        Journal::make(&file, HEADER).unwrap();
        Self { journal: Journal::new(Arc::clone(&file), HEADER, 0), file }
    }

    /// Appends a record of so many bytes; `false` when the journal is not to take it.
    fn append(&mut self, bytes: usize) -> bool {
        let ops = [op(bytes)];
        let taken = self.journal.prepare(&ops);
        if taken {
            self.journal.append(&ops).unwrap();
        }
        taken
    }

    /// The numbers that are carried out again for a database that has those up to `serial`.
    fn recovered(&self, serial: u64) -> Result<(Vec<u64>, Journal), Fault> {
        let mut journal = Journal::new(Arc::clone(&self.file), HEADER, serial);
        let mut serials = Vec::new();
        journal.recover(|serial, _| {
            serials.push(serial);
            Ok(())
        })?;
        Ok((serials, journal))
    }

    fn serials(&self, serial: u64) -> Result<Vec<u64>, Fault> {
        self.recovered(serial).map(|(serials, _)| serials)
    }

    fn flip(&self, at: u64) {
        let mut byte = [0];
        self.file.read(HEADER_BYTES as u64 + at, &mut byte).unwrap();
        self.file.write(HEADER_BYTES as u64 + at, &[byte[0] ^ 1]).unwrap();
    }
}

fn op(bytes: usize) -> LogOp {
    let stream = StreamId::LiveGroup(AppId::new(1).unwrap(), ConversationShortId::new(1).unwrap());
    let entry =
        AppendEntry { idempotency: None, at: Wall::from_millis(1), record: Bytes::from(vec![9; bytes]) };
    LogOp::Append(Append { stream, condition: AppendCondition::Any, entries: vec![entry] })
}

#[test]
fn what_the_database_has_is_not_carried_out_again() {
    let mut bench = Bench::new();
    assert!((0..4).all(|_| bench.append(5_000)));
    assert_eq!(bench.serials(0), Ok(vec![1, 2, 3, 4]));
    assert_eq!(bench.serials(3), Ok(vec![4]));
    assert_eq!(bench.serials(4), Ok(vec![]));
}

#[test]
fn a_recovered_journal_goes_on_behind_its_last_record() {
    let mut bench = Bench::new();
    assert!(bench.append(10) && bench.append(5_000));
    let (_, journal) = bench.recovered(0).unwrap();
    bench.journal = journal;
    assert!(bench.append(10));
    assert_eq!(bench.serials(0), Ok(vec![1, 2, 3]));
}

#[test]
fn records_from_before_the_last_restart_are_not_taken_for_new_ones() {
    let mut bench = Bench::new();
    assert!((0..6).all(|_| bench.append(10)));
    bench.journal.restart();
    assert_eq!(bench.serials(7), Ok(vec![]));
    assert!(bench.append(10) && bench.append(10));
    assert_eq!(bench.serials(7), Ok(vec![8, 9]), "3 to 6 stand behind them");
}

#[test]
fn a_full_or_heavy_journal_takes_no_record() {
    let mut bench = Bench::new();
    assert!(!bench.append(64 * 1024), "longer than the journal");
    let taken = (0..).take_while(|_| bench.append(15_000)).count();
    assert_eq!(taken, 4, "of 16 KiB each");
    bench.journal.restart();
    assert!(bench.append(15_000));

    bench.journal.weight = CHECKPOINT_WEIGHT - 1;
    assert!(bench.append(10));
    assert!(!bench.append(10));
}

#[test]
fn a_torn_last_record_is_as_if_it_had_not_been_written() {
    let mut bench = Bench::new();
    assert!(bench.append(10) && bench.append(10_000));
    bench.flip(2 * 4_096 + 5);
    assert_eq!(bench.serials(0), Ok(vec![1]));
}

#[test]
fn a_damaged_record_before_another_one_is_damage() {
    for block in 0..3 {
        let mut bench = Bench::new();
        assert!((0..4).all(|_| bench.append(10)));
        bench.flip(block * 4_096 + 30);
        assert_eq!(bench.serials(0), Err(Fault::Damaged), "block {block}");
    }
}

#[test]
fn a_record_that_is_missing_between_database_and_journal_is_damage() {
    let mut bench = Bench::new();
    bench.journal.restart();
    assert!(bench.append(10));
    assert_eq!(bench.serials(0), Err(Fault::Damaged), "record 2 without commit 1");
}

#[test]
fn bytes_that_a_user_sent_are_not_taken_for_a_record() {
    let mut bench = Bench::new();
    let mut forged = Vec::new();
    record::encode(&mut forged, HEADER.salt ^ 1, 2, |out| words::write(out, &[op(1)]));
    assert!(bench.append(10));
    bench.file.write(HEADER_BYTES as u64 + 4_096, &forged).unwrap();
    assert_eq!(bench.serials(0), Ok(vec![1]));
}
