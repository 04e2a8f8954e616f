//! One write or sync fails, the machine goes on: the store says so once, answers nothing any more, and is
//! right again when it is opened anew.

use std::io;

use bim_store::ServerLog;
use bim_store::crash::{Chance, CrashDisk, Moment};
use bim_store::redb::OpenError;

use crate::Script;
use crate::client_script::Logins;
use crate::log_scripts::{Edits, Mixture, Rounds, append_text};
use crate::script::{fresh_disk, judge, run};

#[test]
fn a_log_acks_nothing_after_a_write_or_sync_that_failed() {
    at_every_write_and_sync::<Edits>();
    at_every_write_and_sync::<Rounds>();
}

#[test]
fn a_client_store_acks_nothing_after_a_write_or_sync_that_failed() {
    at_every_write_and_sync::<Logins>();
}

#[test]
fn a_failed_sync_is_reported_and_not_tried_again() {
    let disk = CrashDisk::blank();
    let log = Mixture::open(&disk).unwrap();
    disk.fail_at(Moment::Sync(1), io::ErrorKind::PermissionDenied);
    let failed = log.commit(&[append_text("a")]).unwrap_err();
    assert_eq!(failed, bim_store::LogError::Io(io::ErrorKind::PermissionDenied));

    let counts = disk.counts();
    assert!(Mixture::has_failed(&log));
    drop(log);
    assert_eq!(disk.counts().syncs, counts.syncs, "closing does not make up for it either");
}

#[test]
fn a_store_on_a_disk_that_is_in_use_is_refused() {
    let disk = CrashDisk::blank();
    let first = Mixture::open(&disk).unwrap();
    assert!(matches!(Mixture::open(&disk), Err(OpenError::InUse { .. })));
    drop(first);
    assert!(matches!(Logins::open(&disk), Err(OpenError::NotABimStore { .. })));
    assert!(Mixture::open(&disk).is_ok());
}

#[test]
fn a_store_on_a_disk_without_power_is_refused() {
    let disk = fresh_disk::<Mixture>();
    let _ = disk.crash(&mut Chance::seeded(1));
    assert!(matches!(Mixture::open(&disk), Err(OpenError::Io { .. })));
}

fn at_every_write_and_sync<S: Script>() {
    let whole = fresh_disk::<S>();
    drop(run::<S>(&whole));
    let counts = whole.counts();
    let writes = (1..=counts.writes).map(Moment::Write);
    writes.chain((1..=counts.syncs).map(Moment::Sync)).for_each(fail_and_judge::<S>);
}

fn fail_and_judge<S: Script>(moment: Moment) {
    let disk = fresh_disk::<S>();
    disk.fail_at(moment, io::ErrorKind::Other);
    let (store, acked) = run::<S>(&disk);
    // What fails when a store is closed in good order is nobody's commit.
    if let Some(store) = &store
        && acked < S::COMMITS
    {
        let counts = disk.counts();
        assert!(S::has_failed(store), "{moment:?}");
        assert_eq!(disk.counts(), counts, "the disk is left alone after {moment:?}");
    }
    drop(store);
    let mut chance = Chance::seeded(disk.counts().writes);
    let next = disk.kill();
    let power_too = chance.one_in(2);
    let next = if power_too { CrashDisk::new(next.crash(&mut chance)) } else { next };
    judge::<S>(&next, acked, &mut chance, &format!("a failed {moment:?}, power cut as well: {power_too}"));
}
