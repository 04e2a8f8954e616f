//! Checks of a client store.

use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};
use bim_types::{DeviceId, Uid};

use super::ClientPlace;
use super::words::{app, user};
use crate::client_store::ClientStore;

/// A fresh store has no device and no session.
pub fn a_fresh_store_knows_nothing(place: &dyn ClientPlace) {
    assert_eq!(known(&*place.open()), (None, None));
}

/// A batch is there as soon as it is committed.
pub fn what_is_put_is_there(place: &dyn ClientPlace) {
    let store = &*place.open();
    commit(store, vec![ClientOp::PutDevice(device(5)), ClientOp::PutSession(session("ann"))]);
    assert_eq!(known(store), (Some(device(5)), Some(session("ann"))));
}

/// A second put replaces the first, and touches nothing else.
pub fn the_last_put_counts(place: &dyn ClientPlace) {
    let store = &*place.open();
    commit(store, vec![ClientOp::PutDevice(device(5)), ClientOp::PutSession(session("a longer name"))]);
    commit(store, vec![ClientOp::PutSession(session("ben"))]);
    assert_eq!(known(store), (Some(device(5)), Some(session("ben"))));
}

/// Clearing the session forgets it and keeps the device; clearing nothing is fine.
pub fn a_cleared_session_is_gone(place: &dyn ClientPlace) {
    let store = &*place.open();
    commit(store, vec![ClientOp::ClearSession]);
    commit(store, vec![ClientOp::PutDevice(device(5)), ClientOp::PutSession(session("ann"))]);
    commit(store, vec![ClientOp::ClearSession]);
    assert_eq!(known(store), (Some(device(5)), None));
}

/// Within a batch the later operation wins.
pub fn operations_are_carried_out_in_order(place: &dyn ClientPlace) {
    let store = &*place.open();
    commit(store, vec![ClientOp::ClearSession, ClientOp::PutSession(session("ann"))]);
    assert_eq!(store.session(), Ok(Some(session("ann"))));
    commit(store, vec![ClientOp::PutSession(session("ben")), ClientOp::ClearSession]);
    assert_eq!(store.session(), Ok(None));
}

/// A batch without operations is fine.
pub fn an_empty_batch_changes_nothing(place: &dyn ClientPlace) {
    let store = &*place.open();
    commit(store, vec![ClientOp::PutDevice(device(5))]);
    commit(store, vec![]);
    assert_eq!(known(store), (Some(device(5)), None));
}

/// A user named by a number and one named by the same digits are told apart; long names are kept whole.
pub fn both_flavours_of_users_come_back(place: &dyn ClientPlace) {
    let store = &*place.open();
    let number = Uid::int(7).expect("7 is positive");
    for uid in [number, user("7"), user(&"é".repeat(64))] {
        let session = SessionRecord { app: app(u32::MAX), uid };
        commit(store, vec![ClientOp::PutSession(session.clone())]);
        assert_eq!(store.session(), Ok(Some(session)));
    }
}

/// What was committed survives.
pub fn everything_is_there_again_after_reopening(place: &dyn ClientPlace) {
    let store = place.open();
    commit(&*store, vec![ClientOp::PutDevice(device(u128::MAX)), ClientOp::PutSession(session("ann"))]);
    drop(store);
    let store = place.open();
    assert_eq!(known(&*store), (Some(device(u128::MAX)), Some(session("ann"))));
    commit(&*store, vec![ClientOp::ClearSession]);
    drop(store);
    assert_eq!(known(&*place.open()), (Some(device(u128::MAX)), None));
}

fn device(bits: u128) -> DeviceRecord {
    DeviceRecord { device: DeviceId::new(bits) }
}

fn session(name: &str) -> SessionRecord {
    SessionRecord { app: app(1), uid: user(name) }
}

#[track_caller]
fn commit(store: &dyn ClientStore, ops: Vec<ClientOp>) {
    store.commit(&ClientBatch { ops }).expect("a sound store commits");
}

#[track_caller]
fn known(store: &dyn ClientStore) -> (Option<DeviceRecord>, Option<SessionRecord>) {
    let device = store.device().expect("a sound store answers");
    (device, store.session().expect("a sound store answers"))
}
