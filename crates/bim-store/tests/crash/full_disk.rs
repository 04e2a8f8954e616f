//! The disk is full, and has space again later.

use std::io;

use bim_store::crash::CrashDisk;
use bim_store::{LogError, ReadLimit, ServerLog};
use bim_types::Seq;

use crate::Script;
use crate::log_scripts::{Mixture, append_bytes, stream};

/// Bytes of one record, so that the file has to grow soon.
const RECORD_BYTES: usize = 20_000;

const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

#[test]
fn a_full_disk_is_named_and_every_acked_record_is_there_while_it_is_full_and_after() {
    let disk = CrashDisk::blank();
    let log = Mixture::open(&disk).unwrap();
    let capacity = disk.length().unwrap() + 100_000;
    disk.set_capacity(Some(capacity));

    let acked = fill(&log);
    assert!(acked > 0, "there was some space");
    assert_eq!(log.commit(&[append_bytes(1, 0)]), Err(LogError::Failed));
    drop(log);

    let disk = disk.kill();
    disk.set_capacity(Some(capacity));
    let log = Mixture::open(&disk).unwrap();
    let kept = log.read(stream(1), Seq::ZERO, ALL).unwrap().len();
    assert!((acked..=acked + 1).contains(&kept), "{acked} were acked while {kept} are there");
    assert_eq!(fill(&log), 0, "it is still full");
    drop(log);

    let log = Mixture::open(&disk.kill()).unwrap();
    assert_eq!(log.read(stream(1), Seq::ZERO, ALL).unwrap().len(), kept);
    log.commit(&[append_bytes(RECORD_BYTES, 1)]).unwrap();
    assert_eq!(log.head(stream(1)).unwrap().last, Seq(kept as u64 + 1));
}

/// Appends until that fails because the disk is full; says how often it succeeded.
fn fill(log: &impl ServerLog) -> usize {
    (0..250)
        .position(|number| match log.commit(&[append_bytes(RECORD_BYTES, number)]) {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error, LogError::Io(io::ErrorKind::StorageFull));
                true
            }
        })
        .expect("the disk is full at some point")
}
