//! What a client does to its store.

use bim_store::crash::CrashDisk;
use bim_store::memory::MemoryClientStore;
use bim_store::redb::{OpenError, RedbClientStore};
use bim_store::{ClientStore, ClientStoreError};
use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};
use bim_types::{AppId, DeviceId, Uid};

use crate::Script;

/// A device that is set up, and users that log in and out.
pub(crate) struct Logins;

impl Script for Logins {
    type Store = RedbClientStore;
    type Content = (Option<DeviceRecord>, Option<SessionRecord>);

    const COMMITS: u64 = 5;

    fn open(disk: &CrashDisk) -> Result<Self::Store, OpenError> {
        RedbClientStore::open_on(disk)
    }

    fn commit(store: &Self::Store, number: u64) -> bool {
        store.commit(&batch(number)).is_ok()
    }

    fn content(store: &Self::Store) -> Self::Content {
        content(store)
    }

    fn content_after(commits: u64) -> Self::Content {
        content(&model(commits))
    }

    fn has_failed(store: &Self::Store) -> bool {
        let failed = Some(ClientStoreError::Failed);
        store.commit(&batch(0)).err() == failed
            && store.commit(&ClientBatch::default()).err() == failed
            && store.device().err() == failed
            && store.session().err() == failed
    }

    fn check_integrity(store: &mut Self::Store) -> bool {
        store.check_integrity().unwrap()
    }

    fn recognise_and_go_on(store: &Self::Store, commits: u64) {
        let next = commits % Self::COMMITS;
        store.commit(&batch(next)).unwrap();
        let model = model(commits);
        model.commit(&batch(next)).unwrap();
        assert_eq!(content(store), content(&model));
    }
}

/// Each batch leaves something that no other leaves.
fn batch(number: u64) -> ClientBatch {
    let device = ClientOp::PutDevice(DeviceRecord { device: DeviceId::new(u128::from(number) + 1) });
    let ops = match number % 4 {
        0 => vec![device, ClientOp::PutSession(named(number, 3))],
        1 => vec![ClientOp::ClearSession, ClientOp::PutSession(numbered(number))],
        2 => vec![ClientOp::PutSession(named(number, 100)), device],
        _ => vec![device, ClientOp::ClearSession],
    };
    ClientBatch { ops }
}

fn named(number: u64, length: usize) -> SessionRecord {
    let name = format!("{number}{}", "x".repeat(length));
    SessionRecord { app: AppId::new(7).unwrap(), uid: Uid::string(&name).unwrap() }
}

fn numbered(number: u64) -> SessionRecord {
    SessionRecord { app: AppId::new(8).unwrap(), uid: Uid::int(number as i64 + 1).unwrap() }
}

fn model(commits: u64) -> MemoryClientStore {
    let model = MemoryClientStore::new();
    (0..commits).for_each(|number| model.commit(&batch(number)).unwrap());
    model
}

fn content(store: &dyn ClientStore) -> (Option<DeviceRecord>, Option<SessionRecord>) {
    (store.device().unwrap(), store.session().unwrap())
}
