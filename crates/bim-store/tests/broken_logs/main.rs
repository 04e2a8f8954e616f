//! The contract suite itself is put to the test: logs with one fault each, of the kind that real ones had,
//! must be found out by the check that is about it.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod broken_log;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bim_store::ServerLog;
use bim_store::contract::LOG_CHECKS;
use bim_store::memory::MemoryLog;
use bim_types::Epoch;

use broken_log::{BrokenLog, Fault};

#[test]
fn a_sound_log_passes_every_check() {
    assert_eq!(failures(None), Vec::<&str>::new());
}

#[test]
fn a_hole_in_the_numbers_is_found() {
    caught(Fault::LeavesHoles, "numbers_are_dense_from_one");
}

#[test]
fn a_forgotten_id_is_found() {
    caught(Fault::ForgetsIds, "a_duplicate_is_answered_with_the_original");
}

#[test]
fn ids_that_are_not_scoped_by_sender_and_device_are_found() {
    caught(Fault::MixesSenders, "another_sender_or_device_is_another_record");
}

#[test]
fn content_that_is_not_compared_is_found() {
    caught(Fault::IgnoresContent, "other_content_under_a_known_id_is_a_conflict");
}

#[test]
fn a_condition_that_is_not_checked_is_found() {
    caught(Fault::IgnoresConditions, "another_last_number_stops_an_append");
}

#[test]
fn a_failure_that_stops_the_rest_of_the_commit_is_found() {
    caught(Fault::StopsAtFailure, "a_failed_condition_leaves_the_others_alone");
}

#[test]
fn reads_without_a_limit_are_found() {
    caught(Fault::IgnoresLimits, "a_read_respects_both_limits");
}

#[test]
fn apps_that_share_streams_are_found() {
    caught(Fault::MixesApps, "apps_are_isolated");
}

#[test]
fn messages_and_counters_that_share_a_stream_are_found() {
    caught(Fault::MixesStreams, "the_streams_of_one_group_are_isolated");
    caught(Fault::MixesStreams, "other_streams_keep_their_bytes");
}

#[test]
fn kinds_of_records_that_share_a_place_are_found() {
    caught(Fault::MixesRecords, "the_records_of_one_group_are_isolated");
}

#[test]
fn a_replacement_that_is_dropped_is_found() {
    caught(Fault::DropsReplacements, "a_kept_record_gets_new_bytes");
}

#[test]
fn a_replacement_that_moves_the_record_to_the_end_is_found() {
    caught(Fault::AppendsReplacements, "a_kept_record_gets_new_bytes");
}

#[test]
fn a_replacement_that_loses_the_id_is_found() {
    caught(Fault::LosesReplacedIds, "a_replaced_record_is_still_recognised");
}

#[test]
fn a_replacement_that_changes_the_time_is_found() {
    caught(Fault::RedatesReplaced, "a_replaced_record_keeps_its_time");
}

#[test]
fn a_replacement_of_nothing_that_is_called_done_is_found() {
    caught(Fault::ClaimsReplacements, "a_record_that_is_not_kept_is_left_alone");
}

#[test]
fn replacements_that_come_before_their_turn_are_found() {
    caught(Fault::ReplacesFirst, "replacements_are_carried_out_in_order");
}

#[test]
fn replacements_that_are_not_there_after_opening_again_are_found() {
    caught(Fault::ForgetsReplacements, "replaced_records_stay_replaced");
}

#[test]
fn a_blind_overwrite_is_found() {
    caught(Fault::OverwritesBlindly, "a_record_is_created_once");
}

#[test]
fn a_range_that_leaks_is_found() {
    caught(Fault::LeaksRanges, "a_range_does_not_leak_into_its_neighbours");
}

#[test]
fn a_trim_that_takes_too_much_is_found() {
    caught(Fault::TrimsEverything, "only_the_old_end_goes");
}

#[test]
fn commits_that_are_seen_in_part_are_found() {
    caught(Fault::ShowsParts, "a_reader_sees_whole_commits_only");
    caught(Fault::ShowsParts, "a_reader_sees_a_replacement_with_its_commit");
}

#[test]
fn a_log_that_forgets_when_it_is_opened_again_is_found() {
    caught(Fault::ForgetsAtReopen, "everything_is_there_again");
}

#[test]
fn a_log_that_draws_a_new_epoch_each_time_is_found() {
    caught(Fault::ChangesEpoch, "the_epoch_stays");
}

fn caught(fault: Fault, check: &str) {
    let failures = failures(Some(fault));
    assert!(failures.contains(&check), "{fault:?} was found by {failures:?} only");
}

/// The names of the checks that fail.
fn failures(fault: Option<Fault>) -> Vec<&'static str> {
    let fails = |check: fn(&dyn bim_store::contract::Place)| {
        let kept = Arc::new(MemoryLog::new(Epoch(7)));
        let shared = Arc::new(BrokenLog::new(fault, Arc::clone(&kept)));
        let opened = AtomicU64::new(7);
        let place = move || -> Box<dyn ServerLog> {
            let number = opened.fetch_add(1, Ordering::Relaxed);
            match fault {
                Some(Fault::ForgetsAtReopen) => Box::new(BrokenLog::new(fault, empty(7))),
                Some(Fault::ChangesEpoch) => Box::new(BrokenLog::new(fault, empty(number))),
                Some(Fault::ForgetsReplacements) => Box::new(BrokenLog::new(fault, Arc::clone(&kept))),
                _ => Box::new(Arc::clone(&shared)),
            }
        };
        catch_unwind(AssertUnwindSafe(|| check(&place))).is_err()
    };
    LOG_CHECKS.iter().filter(|(_, check)| fails(*check)).map(|(name, _)| *name).collect()
}

fn empty(epoch: u64) -> Arc<MemoryLog> {
    Arc::new(MemoryLog::new(Epoch(epoch)))
}
