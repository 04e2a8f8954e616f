//! Checks of a client store.

use std::sync::atomic::{AtomicBool, Ordering};

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
    commit(store, vec![ClientOp::PutDevice(device(6))]);
    assert_eq!(known(store), (Some(device(6)), Some(session("ben"))));
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
    let last = vec![ClientOp::PutSession(session("ann")), ClientOp::PutSession(session("ben"))];
    commit(store, last);
    assert_eq!(store.session(), Ok(Some(session("ben"))));
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

/// Nothing of what is put in one opening hides what is put in the next, or brings back what was cleared.
pub fn every_opening_goes_on_where_the_last_one_ended(place: &dyn ClientPlace) {
    for number in 1..=4 {
        let store = &*place.open();
        let before = (number > 1).then(|| device(number - 1));
        assert_eq!(known(store), (before, None), "opening {number}");
        commit(store, vec![ClientOp::PutSession(session("ann"))]);
        commit(store, vec![ClientOp::PutDevice(device(number)), ClientOp::ClearSession]);
    }
}

/// While one thread commits batches that clear the session and put another, no other thread sees that there
/// is none.
pub fn a_reader_sees_whole_batches_only(place: &dyn ClientPlace) {
    const BATCHES: u32 = 60;
    let store = &*place.open();
    commit(store, vec![ClientOp::PutSession(session("ann"))]);
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !finished.load(Ordering::Acquire) {
                assert_ne!(store.session(), Ok(None), "a batch was seen in the middle");
            }
        });
        for number in 0..BATCHES {
            let next = session(if number % 2 == 0 { "ben" } else { "ann" });
            commit(store, vec![ClientOp::ClearSession, ClientOp::PutSession(next)]);
        }
        finished.store(true, Ordering::Release);
        assert!(reader.join().is_ok(), "the reader saw part of a batch");
    });
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
