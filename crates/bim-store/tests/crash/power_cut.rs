//! The power goes at every write and every sync of a script; half of the time once more in the recovery.

use bim_store::crash::{Chance, CrashDisk, DiskCounts, Moment};

use crate::Script;
use crate::client_script::Logins;
use crate::log_scripts::{Edits, Mixture, Rounds};
use crate::script::{crash_in_recovery, fresh_disk, judge, run};

#[test]
fn a_log_whose_power_goes_at_any_write_has_every_acked_commit() {
    at_every_write::<Mixture>();
}

#[test]
fn a_log_whose_power_goes_at_any_sync_has_every_acked_commit() {
    at_every_sync::<Mixture>();
}

#[test]
fn a_record_is_replaced_exactly_when_the_append_beside_it_is_there() {
    at_every_write::<Edits>();
    at_every_sync::<Edits>();
}

#[test]
fn a_log_whose_power_goes_while_its_journal_begins_anew_has_every_acked_commit() {
    at_every_write::<Rounds>();
    at_every_sync::<Rounds>();
}

#[test]
fn a_client_store_whose_power_goes_at_any_write_has_every_acked_batch() {
    at_every_write::<Logins>();
}

#[test]
fn a_client_store_whose_power_goes_at_any_sync_has_every_acked_batch() {
    at_every_sync::<Logins>();
}

#[test]
fn a_store_that_is_being_made_is_there_whole_or_not_at_all() {
    for cut in [Moment::Write(1), Moment::Sync(1), Moment::Write(2), Moment::Sync(2)] {
        making_is_cut::<Mixture>(cut);
        making_is_cut::<Logins>(cut);
    }
}

/// Crashes tried after each power cut, each with its own luck.
const CRASHES_PER_SYNC: u64 = 4;

fn at_every_write<S: Script>() {
    let DiskCounts { writes, .. } = counts::<S>();
    assert!(writes > S::COMMITS, "a commit writes");
    (1..=writes).for_each(|number| cut_and_judge::<S>(Moment::Write(number), 1));
}

fn at_every_sync<S: Script>() {
    let DiskCounts { syncs, .. } = counts::<S>();
    assert!(syncs >= S::COMMITS, "a commit is synced");
    (1..=syncs).for_each(|number| cut_and_judge::<S>(Moment::Sync(number), CRASHES_PER_SYNC));
}

/// What the whole script asks of the disk.
fn counts<S: Script>() -> DiskCounts {
    let disk = fresh_disk::<S>();
    let (store, acked) = run::<S>(&disk);
    assert_eq!(acked, S::COMMITS);
    drop(store);
    disk.counts()
}

fn cut_and_judge<S: Script>(cut: Moment, crashes: u64) {
    let disk = fresh_disk::<S>();
    disk.cut_power_at(cut);
    let (store, acked) = run::<S>(&disk);
    drop(store);
    assert!(!disk.has_power(), "{cut:?} came");
    for seed in 0..crashes {
        let mut chance = Chance::seeded(disk.counts().writes * crashes + seed);
        let mut image = disk.crash(&mut chance);
        let twice = chance.one_in(2);
        if twice {
            image = crash_in_recovery::<S>(image, &mut chance);
        }
        let context = format!("{cut:?}, crash {seed}, again in recovery: {twice}");
        judge::<S>(&CrashDisk::new(image), acked, &mut chance, &context);
    }
}

fn making_is_cut<S: Script>(cut: Moment) {
    let disk = CrashDisk::blank();
    disk.cut_power_at(cut);
    let (store, acked) = run::<S>(&disk);
    drop(store);
    for seed in 0..CRASHES_PER_SYNC {
        let mut chance = Chance::seeded(seed);
        let image = disk.crash(&mut chance);
        judge::<S>(&CrashDisk::new(image), acked, &mut chance, &format!("{cut:?} of a store that is made"));
    }
}
