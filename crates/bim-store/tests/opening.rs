//! Opening store files: the second time, at the wrong place, and what is not a store.

use std::fs;

use bim_store::redb::{OpenError, RedbClientStore, RedbLog, RedbOptions};
use bim_store::{ClientStore, ServerLog};
use bim_types::Epoch;
use bim_types::store::{ClientBatch, ClientOp, DeviceRecord};

fn open_log(path: &std::path::Path) -> Result<RedbLog, OpenError> {
    RedbLog::open(path, Epoch(5), RedbOptions::default())
}

#[test]
fn a_second_opening_is_refused_while_the_first_lasts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.redb");
    let first = open_log(&path).unwrap();
    assert!(matches!(open_log(&path), Err(OpenError::InUse { .. })));
    drop(first);
    assert_eq!(open_log(&path).unwrap().epoch(), Epoch(5));

    let path = directory.path().join("client.redb");
    let first = RedbClientStore::open(&path).unwrap();
    assert!(matches!(RedbClientStore::open(&path), Err(OpenError::InUse { .. })));
    drop(first);
    assert!(RedbClientStore::open(&path).is_ok());
}

#[test]
fn missing_directories_are_made_and_no_draft_is_left() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("some/where");
    let log = open_log(&place.join("log.redb")).unwrap();
    drop(log);
    let names: Vec<_> = fs::read_dir(&place).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["log.redb"]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_a_store() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.redb");
    drop(open_log(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_empty_or_foreign_file_is_refused_and_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.redb");
    for content in [&b""[..], b"{}", &[0; 100_000]] {
        fs::write(&path, content).unwrap();
        assert!(matches!(open_log(&path), Err(OpenError::NotABimStore { .. })));
        assert!(matches!(RedbClientStore::open(&path), Err(OpenError::NotABimStore { .. })));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn one_kind_of_store_is_not_taken_for_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let (log, client) = (directory.path().join("log.redb"), directory.path().join("client.redb"));
    drop(open_log(&log).unwrap());
    drop(RedbClientStore::open(&client).unwrap());
    assert!(matches!(open_log(&client), Err(OpenError::NotABimStore { .. })));
    assert!(matches!(RedbClientStore::open(&log), Err(OpenError::NotABimStore { .. })));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    for path in [file.join("log.redb"), file.join("deeper/log.redb"), directory.path().to_owned()] {
        let refused = open_log(&path).unwrap_err();
        assert!(matches!(refused, OpenError::Unwritable { .. }), "{refused:?}");
        assert!(refused.to_string().contains(&path.display().to_string()));
    }
}

#[test]
fn many_who_make_the_same_store_at_once_get_one_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("client.redb");
    let opened: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| RedbClientStore::open(&path))).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    let mut stores = Vec::new();
    for result in opened {
        match result {
            Ok(store) => stores.push(store),
            Err(error) => assert!(matches!(error, OpenError::InUse { .. }), "{error:?}"),
        }
    }
    assert_eq!(stores.len(), 1);
    let device = DeviceRecord { device: bim_types::DeviceId::new(3) };
    stores[0].commit(&ClientBatch { ops: vec![ClientOp::PutDevice(device)] }).unwrap();
    drop(stores);
    assert_eq!(RedbClientStore::open(&path).unwrap().device(), Ok(Some(device)));
}
