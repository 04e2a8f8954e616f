//! Files that something else has written to.

use std::fs;
use std::path::Path;

use ::redb::Database;
use bim_types::store::{
    Append, AppendCondition, AppendEntry, Expected, LogOp, Put, RecordKey, RecordRange, Replace, StreamId,
};
use bim_types::{AppId, ConversationShortId, Epoch, Seq, Wall};
use bytes::Bytes;

use super::file::write;
use super::format::META;
use super::log::{RedbLog, RedbOptions};
use super::open_error::OpenError;
use crate::server_log::{LogError, ReadLimit, ServerLog};

const EPOCH: Epoch = Epoch(0x1234_5678_9abc_def0);
const PAGE: usize = 4096;
const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.redb");
    drop(open(&path, false).unwrap());
    let mut image = fs::read(&path).unwrap();
    image[8..12].copy_from_slice(&9_u32.to_be_bytes());
    let sum = crc32fast::hash(&image[..28]);
    image[28..32].copy_from_slice(&sum.to_be_bytes());
    fs::write(&path, image).unwrap();
    let refused = open(&path, false).unwrap_err();
    assert!(matches!(refused, OpenError::NewerFormat { found: 9, known: 2, .. }), "{refused}");
}

#[test]
fn a_log_without_a_journal_is_refused_as_an_older_format_and_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.redb");
    let database = Database::create(&path).unwrap();
    write(&database, |transaction| {
        let mut meta = transaction.open_table(META)?;
        meta.insert("kind", b"server log".as_slice())?;
        meta.insert("format", 1_u32.to_be_bytes().as_slice())?;
        Ok(())
    })
    .unwrap();
    drop(database);
    let refused = open(&path, false).unwrap_err();
    assert!(matches!(refused, OpenError::OlderFormat { found: 1, known: 2, .. }), "{refused}");
}

#[test]
fn another_database_is_refused_and_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.redb");
    drop(Database::create(&path).unwrap());
    assert!(matches!(open(&path, false), Err(OpenError::NotABimStore { .. })));
    let database = Database::open(&path).unwrap();
    write(&database, |transaction| {
        transaction.open_table(META)?.insert("kind", b"other".as_slice())?;
        Ok(())
    })
    .unwrap();
    drop(database);
    assert!(matches!(open(&path, false), Err(OpenError::NotABimStore { .. })));
}

#[test]
fn a_file_cut_off_anywhere_is_a_named_error() {
    let directory = tempfile::tempdir().unwrap();
    let whole = written(directory.path());
    let path = directory.path().join("cut.redb");
    for length in [1, 8, 9, 64, 320, PAGE - 1, PAGE, 3 * PAGE, whole.len() / 2, whole.len() - PAGE] {
        fs::write(&path, &whole[..length]).unwrap();
        for verify in [false, true] {
            let refused = open(&path, verify).err().map(|error| name(&error));
            assert!(matches!(refused, Some("damaged" | "foreign")), "cut at {length}: {refused:?}");
        }
        assert_eq!(fs::metadata(&path).unwrap().len(), length as u64, "the file is left as it was");
    }
}

#[test]
fn a_flipped_bit_is_never_a_panic_nor_another_epoch() {
    let directory = tempfile::tempdir().unwrap();
    let whole = written(directory.path());
    let path = directory.path().join("flipped.redb");
    for page in 0..whole.len() / PAGE {
        for offset in [0, 9, 64, 333, 1024, PAGE - 12] {
            let mut image = whole.clone();
            image[page * PAGE + offset] ^= 0x10;
            fs::write(&path, image).unwrap();
            if let Ok(log) = open(&path, false) {
                assert_eq!(log.epoch(), EPOCH, "page {page}, byte {offset}");
                let _ = contents(&log);
                let _ = log.commit(&[replace(1, b"instead"), append(b"after")]);
            }
        }
    }
}

#[test]
fn a_verified_opening_finds_every_flipped_bit_that_matters() {
    let directory = tempfile::tempdir().unwrap();
    let whole = written(directory.path());
    let sound = contents(&open(&directory.path().join("log.redb"), false).unwrap()).unwrap();
    let path = directory.path().join("flipped.redb");
    for page in 1..whole.len() / PAGE {
        let mut image = whole.clone();
        image[page * PAGE + 40] ^= 0x01;
        fs::write(&path, image).unwrap();
        if let Ok(log) = open(&path, true) {
            assert_eq!(contents(&log).as_ref(), Ok(&sound), "page {page}");
        }
    }
}

fn open(path: &Path, verify: bool) -> Result<RedbLog, OpenError> {
    // Were a new log made silently, it would have this epoch.
    let fresh = if path.exists() { Epoch(1) } else { EPOCH };
    RedbLog::open(path, fresh, RedbOptions { verify, cache_bytes: 1 << 20, journal_bytes: 64 * 1024 })
}

/// A log with something in each table, closed in good order.
fn written(directory: &Path) -> Vec<u8> {
    let path = directory.join("log.redb");
    let log = open(&path, false).unwrap();
    let key = RecordKey::App(AppId::new(1).unwrap());
    for _ in 0..4 {
        let put = Put { key: key.clone(), expected: Expected::Any, value: Some(Bytes::from_static(b"v")) };
        log.commit(&[append(&[3; 3_000]), append(b"small"), LogOp::Put(put)]).unwrap();
    }
    drop(log);
    fs::read(&path).unwrap()
}

fn append(body: &'static [u8]) -> LogOp {
    let record = Bytes::from_static(body);
    let entry = AppendEntry { idempotency: None, at: Wall::from_millis(1), record };
    LogOp::Append(Append { stream: stream(), condition: AppendCondition::Any, entries: vec![entry] })
}

fn replace(seq: u64, body: &'static [u8]) -> LogOp {
    LogOp::Replace(Replace { stream: stream(), seq: Seq(seq), record: Bytes::from_static(body) })
}

fn stream() -> StreamId {
    StreamId::LiveGroup(AppId::new(1).unwrap(), ConversationShortId::new(1).unwrap())
}

fn contents(log: &RedbLog) -> Result<String, LogError> {
    let records = log.read(stream(), Seq::ZERO, ALL)?;
    let small = log.records(&RecordRange::Apps, 0, 9)?;
    Ok(format!("{:?} {records:?} {small:?}", log.head(stream())?))
}

fn name(error: &OpenError) -> &'static str {
    match error {
        OpenError::Damaged { .. } => "damaged",
        OpenError::NotABimStore { .. } => "foreign",
        _ => "other",
    }
}
