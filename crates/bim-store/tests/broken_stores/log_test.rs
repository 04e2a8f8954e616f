//! Every broken log is found.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bim_store::ServerLog;
use bim_store::contract::{LOG_CHECKS, Place};
use bim_store::memory::MemoryLog;
use bim_types::Epoch;

use crate::log::{BrokenLog, Fault};
use crate::{all_found, failing};

/// Each fault, and the checks that are about it.
const FAULTS: &[(Fault, &[&str])] = &[
    (Fault::LeavesHoles, &["numbers_are_dense_from_one"]),
    (Fault::ForgetsIds, &["a_duplicate_is_answered_with_the_original"]),
    (Fault::MixesSenders, &["another_sender_or_device_is_another_record"]),
    (Fault::IgnoresContent, &["other_content_under_a_known_id_is_a_conflict"]),
    (Fault::IgnoresConditions, &["another_last_number_stops_an_append"]),
    (Fault::StopsAtFailure, &["a_failed_condition_leaves_the_others_alone"]),
    (Fault::IgnoresLimits, &["a_read_respects_both_limits"]),
    (Fault::MixesApps, &["apps_are_isolated"]),
    (Fault::MixesStreams, &["the_streams_of_one_group_are_isolated", "other_streams_keep_their_bytes"]),
    (Fault::MixesRecords, &["the_records_of_one_group_are_isolated"]),
    (Fault::DropsReplacements, &["a_kept_record_gets_new_bytes"]),
    (Fault::AppendsReplacements, &["a_kept_record_gets_new_bytes"]),
    (Fault::LosesReplacedIds, &["a_replaced_record_is_still_recognised"]),
    (Fault::RedatesReplaced, &["a_replaced_record_keeps_its_time"]),
    (Fault::ClaimsReplacements, &["a_record_that_is_not_kept_is_left_alone"]),
    (Fault::ReplacesFirst, &["replacements_are_carried_out_in_order"]),
    (Fault::ForgetsReplacements, &["replaced_records_stay_replaced"]),
    (Fault::OverwritesBlindly, &["a_record_is_created_once"]),
    (Fault::LeaksRanges, &["a_range_does_not_leak_into_its_neighbours"]),
    (Fault::TrimsEverything, &["only_the_old_end_goes"]),
    (Fault::ShowsParts, &["a_reader_sees_whole_commits_only", "a_reader_sees_a_replacement_with_its_commit"]),
    (Fault::ForgetsAtReopen, &["everything_is_there_again"]),
    (Fault::ChangesEpoch, &["the_epoch_stays"]),
];

#[test]
fn a_sound_log_passes_every_check() {
    assert_eq!(failures(None), Vec::<&str>::new());
}

#[test]
fn every_broken_log_is_found_by_the_check_that_is_about_it() {
    all_found(FAULTS, |fault| failures(Some(fault)));
}

fn failures(fault: Option<Fault>) -> Vec<&'static str> {
    failing(LOG_CHECKS, |check: fn(&dyn Place)| check(&place(fault)))
}

fn place(fault: Option<Fault>) -> impl Fn() -> Box<dyn ServerLog> {
    let kept = empty(7);
    let shared = Arc::new(BrokenLog::new(fault, Arc::clone(&kept)));
    let opened = AtomicU64::new(7);
    move || {
        let number = opened.fetch_add(1, Ordering::Relaxed);
        match fault {
            Some(Fault::ForgetsAtReopen) => Box::new(BrokenLog::new(fault, empty(7))),
            Some(Fault::ChangesEpoch) => Box::new(BrokenLog::new(fault, empty(number))),
            Some(Fault::ForgetsReplacements) => Box::new(BrokenLog::new(fault, Arc::clone(&kept))),
            _ => Box::new(Arc::clone(&shared)),
        }
    }
}

fn empty(epoch: u64) -> Arc<MemoryLog> {
    Arc::new(MemoryLog::new(Epoch(epoch)))
}
