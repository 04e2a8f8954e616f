//! What a disk shows and what survives.

use std::collections::BTreeSet;

use super::*;

const EVERY_CHANCE: u64 = 400;

#[test]
fn what_was_synced_survives_and_what_was_not_may() {
    let disk = CrashDisk::blank();
    disk.write_at(0, b"abcd").unwrap();
    disk.sync().unwrap();
    disk.write_at(2, b"xyz").unwrap();
    assert_eq!(read(&disk), b"abxyz");

    let images = all_images(&disk);
    assert!(images.iter().all(|image| image.starts_with(b"ab") && image.len() >= 4));
    for expected in [&b"abcd"[..], b"abxd", b"abxy", b"abxyz"] {
        assert!(images.contains(expected), "{images:?}");
    }
    assert!(!disk.has_power());
    assert!(disk.write_at(0, b"late").is_err());
}

#[test]
fn writes_between_two_syncs_may_be_kept_in_another_order() {
    let disk = CrashDisk::blank();
    disk.write_at(0, b"a").unwrap();
    disk.write_at(0, b"b").unwrap();
    disk.set_length(2).unwrap();
    let images = all_images(&disk);
    for expected in [&b""[..], b"a", b"b", b"a\0", b"b\0", b"\0\0"] {
        assert!(images.contains(expected), "{images:?}");
    }
}

#[test]
fn the_same_chance_gives_the_same_image() {
    let disk = CrashDisk::blank();
    (0..50).for_each(|number| disk.write_at(number, &[number as u8; 9]).unwrap());
    for seed in 0..20 {
        assert_eq!(disk.crash(&mut Chance::seeded(seed)), disk.crash(&mut Chance::seeded(seed)));
    }
}

#[test]
fn a_power_cut_fails_the_planned_write_and_everything_after_it() {
    let disk = CrashDisk::new(DiskImage::from(b"....".to_vec()));
    disk.write_at(0, b"a").unwrap();
    disk.cut_power_at(Moment::Write(2));
    disk.write_at(1, b"b").unwrap();
    assert!(disk.write_at(2, b"c").is_err());
    assert!(!disk.has_power());
    assert!(disk.sync().is_err());
    assert!(disk.length().is_err());
    assert_eq!(disk.counts(), DiskCounts { writes: 3, syncs: 0 });
    let images = all_images(&disk);
    assert!(images.contains(&b"..c."[..]), "the write that was cut may have come through: {images:?}");
    assert!(images.contains(&b"...."[..]));
}

#[test]
fn a_power_cut_at_a_sync_leaves_everything_before_it_to_chance() {
    let disk = CrashDisk::blank();
    disk.cut_power_at(Moment::Sync(2));
    disk.write_at(0, b"a").unwrap();
    disk.sync().unwrap();
    disk.write_at(1, b"b").unwrap();
    assert!(disk.sync().is_err());
    assert_eq!(all_images(&disk), BTreeSet::from([b"a".to_vec(), b"ab".to_vec()]));
}

#[test]
fn a_write_that_fails_changes_nothing_and_the_next_one_succeeds() {
    let disk = CrashDisk::blank();
    disk.fail_at(Moment::Write(1), io::ErrorKind::Interrupted);
    assert_eq!(disk.write_at(0, b"a").unwrap_err().kind(), io::ErrorKind::Interrupted);
    assert_eq!(read(&disk), b"");
    disk.write_at(0, b"b").unwrap();
    assert_eq!(read(&disk), b"b");
}

#[test]
fn no_later_sync_makes_up_for_one_that_failed() {
    let disk = CrashDisk::blank();
    disk.write_at(0, b"ab").unwrap();
    disk.fail_at(Moment::Sync(1), io::ErrorKind::Other);
    assert!(disk.sync().is_err());
    disk.write_at(1, b"c").unwrap();
    disk.sync().unwrap();
    assert_eq!(read(&disk), b"ac");
    assert_eq!(disk.crash(&mut Chance::seeded(1)).as_bytes(), b"\0c");
}

#[test]
fn a_full_disk_refuses_what_makes_the_file_longer() {
    let disk = CrashDisk::blank();
    disk.write_at(0, b"abcd").unwrap();
    disk.set_capacity(Some(5));
    assert_eq!(disk.write_at(3, b"xyz").unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(disk.set_length(6).unwrap_err().kind(), io::ErrorKind::StorageFull);
    disk.write_at(3, b"xy").unwrap();
    disk.set_capacity(None);
    disk.set_length(6).unwrap();
    assert_eq!(read(&disk), b"abcxy\0");
}

#[test]
fn a_killed_process_leaves_its_writes_and_its_disk_dead() {
    let disk = CrashDisk::blank();
    disk.write_at(0, b"a").unwrap();
    disk.cut_power_at(Moment::Write(1));
    let next = disk.kill();
    assert!(disk.write_at(0, b"x").is_err());
    assert_eq!(read(&next), b"a");
    next.write_at(1, b"b").unwrap();
    let images = all_images(&next);
    assert!(images.contains(&b""[..]) && images.contains(&b"ab"[..]), "neither was synced: {images:?}");
}

#[test]
fn reading_past_the_end_is_an_error() {
    let disk = CrashDisk::new(DiskImage::from(vec![1; 4]));
    for offset in [3, 4, u64::MAX] {
        assert!(disk.read_at(offset, &mut [0; 2]).is_err());
    }
}

fn read(disk: &CrashDisk) -> Vec<u8> {
    let mut bytes = vec![0; disk.length().unwrap() as usize];
    disk.read_at(0, &mut bytes).unwrap();
    bytes
}

/// What the crash may leave, over many chances.
fn all_images(disk: &CrashDisk) -> BTreeSet<Vec<u8>> {
    (0..EVERY_CHANCE).map(|seed| disk.crash(&mut Chance::seeded(seed)).as_bytes().to_vec()).collect()
}
