//! Every broken client store is found.

use std::sync::Arc;

use bim_store::ClientStore;
use bim_store::contract::{CLIENT_CHECKS, ClientPlace};

use crate::client::{BrokenClientStore, Fault, Home};
use crate::{all_found, failing};

/// Each fault, and the checks that are about it.
const FAULTS: &[(Fault, &[&str])] = &[
    (Fault::InventsADevice, &["a_fresh_store_knows_nothing"]),
    (Fault::LosesDevices, &["what_is_put_is_there"]),
    (Fault::KeepsTheFirstDevice, &["the_last_put_counts"]),
    (Fault::KeepsTheFirstSession, &["the_last_put_counts"]),
    (Fault::IgnoresClearing, &["a_cleared_session_is_gone"]),
    (Fault::ClearsTheDeviceToo, &["a_cleared_session_is_gone"]),
    (Fault::LoginMakesANewDevice, &["the_last_put_counts"]),
    (Fault::ReversesBatches, &["operations_are_carried_out_in_order"]),
    (Fault::CutsBatchesShort, &["what_is_put_is_there"]),
    (Fault::TakesAnEmptyBatchForClearing, &["an_empty_batch_changes_nothing"]),
    (Fault::MixesFlavours, &["both_flavours_of_users_come_back"]),
    (Fault::CutsLongNames, &["both_flavours_of_users_come_back"]),
    (Fault::CutsAppIds, &["both_flavours_of_users_come_back"]),
    (Fault::CutsDeviceIds, &["everything_is_there_again_after_reopening"]),
    (Fault::ShowsParts, &["a_reader_sees_whole_batches_only"]),
    (Fault::WritesBehind, &["what_is_put_is_there"]),
    (Fault::ForgetsAtReopen, &["everything_is_there_again_after_reopening"]),
    (Fault::ForgetsDevicesAtReopen, &["everything_is_there_again_after_reopening"]),
    (Fault::ForgetsClearingAtReopen, &["every_opening_goes_on_where_the_last_one_ended"]),
    (Fault::KeepsTheFirstOpening, &["every_opening_goes_on_where_the_last_one_ended"]),
];

#[test]
fn a_sound_client_store_passes_every_check() {
    assert_eq!(failures(None), Vec::<&str>::new());
}

#[test]
fn every_broken_client_store_is_found_by_the_check_that_is_about_it() {
    all_found(FAULTS, |fault| failures(Some(fault)));
}

fn failures(fault: Option<Fault>) -> Vec<&'static str> {
    failing(CLIENT_CHECKS, |check: fn(&dyn ClientPlace)| check(&place(fault)))
}

fn place(fault: Option<Fault>) -> impl Fn() -> Box<dyn ClientStore> {
    let home = Arc::new(Home::default());
    move || Box::new(BrokenClientStore::open(fault, &home))
}
