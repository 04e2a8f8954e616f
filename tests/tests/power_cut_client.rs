//! The power of the client's machine goes at every write and every sync while it logs in and out: the device is
//! the one it was, who was told to be logged out is, and the client can go on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use bim::store::{ClientStore, DeviceRecord, RedbClientStore, SessionRecord};
use bim::{Client, Error};
use bim_fake_server::FakeServer;
use bim_store::crash::{Chance, CrashDisk, DiskCounts, DiskImage, Moment};
use bim_tests::uid;

/// A run that takes longer than this, in virtual time, hangs.
const RUN_TIMEOUT: Duration = Duration::from_secs(600);

/// What a client store says when its disk failed.
const STORAGE_FAILED: i32 = 2007;

#[tokio::test(start_paused = true)]
async fn whenever_the_power_goes_a_client_knows_which_device_it_is_and_that_it_was_logged_out() {
    let server = FakeServer::builder().start().await.unwrap();
    let image = made();
    let DiskCounts { writes, syncs } = {
        let disk = CrashDisk::new(image.clone());
        assert!(in_and_out(&server, &disk).await.is_out, "nothing fails on a sound disk");
        disk.counts()
    };
    assert!(syncs >= 2, "each step is synced before it is done");
    for cut in (1..=writes).map(Moment::Write).chain((1..=syncs).map(Moment::Sync)) {
        let run = cut_and_judge(&server, CrashDisk::new(image.clone()), cut);
        tokio::time::timeout(RUN_TIMEOUT, run).await.expect("the run ends");
    }
}

async fn cut_and_judge(server: &FakeServer, disk: CrashDisk, cut: Moment) {
    disk.cut_power_at(cut);
    let before = in_and_out(server, &disk).await;
    let mut chance = Chance::seeded(disk.counts().writes);
    let store = Arc::new(RedbClientStore::open_on(&CrashDisk::new(disk.crash(&mut chance))).unwrap());

    let (device, session) = (store.device().unwrap(), store.session().unwrap());
    assert!(!before.is_in || device.is_some(), "logged in before {cut:?}, and the device is not known");
    assert!(before.device.is_none() || device == before.device, "another device after {cut:?}");
    if before.is_out {
        assert_eq!(session, None, "logged out before {cut:?}");
    }
    // Of a login that was not told to be done, the note may be there or not.
    let alice = SessionRecord { app: server.app_id(), uid: uid("alice") };
    assert!(session.is_none_or(|session| session == alice));

    let again = client(server, Arc::clone(&store)).await.unwrap();
    login(server, &again).await.unwrap();
    let known = store.device().unwrap();
    assert!(known.is_some() && (device.is_none() || known == device), "a device that is known stays");
    again.logout().await.unwrap();
    assert_eq!(store.session().unwrap(), None);
}

/// What was told to be done.
#[derive(Default)]
struct Before {
    is_in: bool,
    /// Which device logged in, if the disk could still say.
    device: Option<DeviceRecord>,
    is_out: bool,
}

/// Logs in and out, until the disk fails.
async fn in_and_out(server: &FakeServer, disk: &CrashDisk) -> Before {
    let mut before = Before::default();
    let Ok(store) = RedbClientStore::open_on(disk) else { return before };
    let store = Arc::new(store);
    let Some(client) = unless_failed(client(server, Arc::clone(&store)).await) else { return before };
    if unless_failed(login(server, &client).await).is_none() {
        return before;
    }
    before.is_in = true;
    // The note of who is logged in is written behind, so the disk may be gone by now.
    before.device = store.device().ok().flatten();
    before.is_out = unless_failed(client.logout().await).is_some();
    client.shutdown().await;
    before
}

async fn client(server: &FakeServer, store: Arc<RedbClientStore>) -> Result<Client, Error> {
    Client::builder(server.app_id(), "alice").dialer(server.dialer()).store(store).build().await
}

async fn login(server: &FakeServer, client: &Client) -> Result<(), Error> {
    client.login("alice", server.token("alice")).await
}

/// What was done; nothing when the disk failed, and any other failure is one of the test.
fn unless_failed<T>(outcome: Result<T, Error>) -> Option<T> {
    outcome.inspect_err(|error| assert_eq!(error.code(), STORAGE_FAILED, "{error}")).ok()
}

/// A disk with a store on it that nobody has used.
fn made() -> DiskImage {
    let disk = CrashDisk::blank();
    drop(RedbClientStore::open_on(&disk).unwrap());
    disk.crash(&mut Chance::seeded(0))
}
