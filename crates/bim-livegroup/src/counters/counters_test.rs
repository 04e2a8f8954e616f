//! Counters at both ends, case by case.

use bim_types::ClientMessageId;
use bim_types::limits::COUNTERS_MAX;

use super::*;

#[test]
fn a_batch_counts_once() {
    let mut counters = Counters::default();
    assert!(counters.apply(Seq(1), &taps(&[("likes", 3)])));
    assert!(!counters.apply(Seq(1), &taps(&[("likes", 3)])));
    assert_eq!(counters.values(), taps(&[("likes", 3)]));
}

#[test]
fn a_pulse_tells_each_change_once_as_it_stands() {
    let mut counters = Counters::default();
    counters.apply(Seq(1), &taps(&[("gifts", 1), ("likes", 3)]));
    counters.apply(Seq(2), &taps(&[("likes", 4)]));
    assert!(counters.has_changed());
    assert_eq!(counters.take_changed(), taps(&[("gifts", 1), ("likes", 7)]));
    assert!(!counters.has_changed());
    counters.apply(Seq(3), &taps(&[("likes", 1)]));
    assert_eq!(counters.take_changed(), taps(&[("likes", 8)]));
}

#[test]
fn every_counter_has_its_turn_when_one_pulse_can_not_tell_all() {
    let mut counters = Counters::default();
    let mut told = BTreeSet::new();
    for seq in 1..=3 {
        counters.apply(Seq(seq), &(0..300).map(|name| (format!("{name:03}"), 1)).collect());
        let changed = counters.take_changed();
        assert_eq!(changed.len(), COUNTERS_PER_PULSE_MAX);
        told.extend(changed.into_keys());
    }
    assert_eq!(told.len(), 300);
}

#[test]
fn a_snapshot_and_the_log_after_it_give_the_same_sums() {
    let batches = [taps(&[("a", 1)]), taps(&[("a", 2), ("b", 3)]), taps(&[("b", 4)])];
    let mut counters = Counters::default();
    counters.apply(Seq(1), &batches[0]);
    counters.apply(Seq(2), &batches[1]);
    let mut restarted = Counters::new(counters.snapshot());
    assert!(!restarted.has_changed());
    for (seq, batch) in (1..).zip(&batches) {
        restarted.apply(Seq(seq), batch);
    }
    counters.apply(Seq(3), &batches[2]);
    assert_eq!(restarted.snapshot(), counters.snapshot());
}

#[test]
fn a_sum_ends_at_its_largest_value() {
    let mut counters = Counters::default();
    counters.apply(Seq(1), &taps(&[("likes", u64::MAX)]));
    counters.apply(Seq(2), &taps(&[("likes", 1)]));
    assert_eq!(counters.values()["likes"], u64::MAX);
}

#[test]
fn batches_out_of_range_are_refused() {
    let counters = Counters::default();
    let code = |batch: &BTreeMap<String, u64>| counters.check(batch, 64).map_err(|refusal| refusal.code);
    let invalid = Err(ErrorCode::InvalidRequest);
    assert_eq!(code(&taps(&[])), invalid);
    assert_eq!(code(&(0..17).map(|name| (name.to_string(), 1)).collect()), invalid);
    assert_eq!(code(&taps(&[("", 1)])), invalid);
    assert_eq!(code(&taps(&[(&"n".repeat(65), 1)])), invalid);
    assert_eq!(code(&taps(&[("likes", 0)])), invalid);
    assert_eq!(code(&taps(&[("likes", 1_000_001)])), invalid);
    assert_eq!(code(&taps(&[(&"n".repeat(64), 1_000_000)])), Ok(()));
}

#[test]
fn batches_on_their_way_make_no_more_counters_than_allowed() {
    let mut counters = Counters::default();
    let first = taps(&[("a", 1), ("b", 1)]);
    assert_eq!(counters.check(&first, 2), Ok(()));
    counters.reserve(&first);
    let refusal = counters.check(&taps(&[("a", 1), ("c", 1)]), 2).unwrap_err();
    assert_eq!((refusal.code, refusal.limit), (ErrorCode::TouchLimit, Some(2)));
    assert_eq!((counters.values(), counters.snapshot().counters), (taps(&[]), taps(&[])));
    counters.apply(Seq(1), &first);
    assert_eq!(counters.check(&first, 1), Ok(()), "what is there may be tapped though fewer are allowed now");
    assert_eq!(counters.values_of(["a", "c"].map(String::from).iter()), taps(&[("a", 1)]));
}

#[test]
fn taps_are_added_up_while_a_batch_is_on_its_way() {
    let mut gatherer = TapGatherer::default();
    assert_eq!(gatherer.next_batch(id(1)), None);
    gatherer.tap("likes", 2).unwrap();
    assert_eq!(gatherer.next_batch(id(1)).map(|batch| batch.taps.clone()), Some(taps(&[("likes", 2)])));
    gatherer.tap("likes", 3).unwrap();
    gatherer.tap("likes", 4).unwrap();
    assert_eq!(gatherer.next_batch(id(2)), None);
    assert_eq!(gatherer.resend().map(|batch| batch.id), Some(id(1)));
    assert!(!gatherer.on_done(id(9)));
    assert!(gatherer.on_done(id(1)));
    assert_eq!(gatherer.next_batch(id(2)).map(|batch| batch.taps.clone()), Some(taps(&[("likes", 7)])));
}

#[test]
fn what_does_not_fit_a_batch_waits_for_the_next_and_each_counter_has_its_turn() {
    let mut gatherer = TapGatherer::default();
    let mut sent = BTreeSet::new();
    for batch in 0..4 {
        for name in 0..COUNTERS_MAX {
            gatherer.tap(&format!("{name:02}"), 2_000_000).unwrap();
        }
        let next = gatherer.next_batch(id(batch)).unwrap();
        assert_eq!((next.taps.len(), next.taps.values().max()), (16, Some(&1_000_000)));
        sent.extend(next.taps.clone().into_keys());
        gatherer.on_done(id(batch));
    }
    assert_eq!(sent.len(), 64);
}

#[test]
fn a_tap_that_can_not_be_taken_is_refused_and_nothing_of_it_is_kept() {
    let mut gatherer = TapGatherer::default();
    let code = |result: Result<(), Refusal>| result.map_err(|refusal| refusal.code);
    assert_eq!(code(gatherer.tap("likes", 0)), Err(ErrorCode::InvalidRequest));
    assert_eq!(code(gatherer.tap("", 1)), Err(ErrorCode::InvalidRequest));
    assert!(gatherer.is_idle());
    for name in 0..COUNTERS_MAX {
        gatherer.tap(&name.to_string(), u64::MAX).unwrap();
    }
    assert_eq!(code(gatherer.tap("likes", 1)), Err(ErrorCode::OutboxFull));
    assert_eq!(code(gatherer.tap("7", 1)), Err(ErrorCode::OutboxFull));
    assert_eq!(gatherer.waiting()["7"], u64::MAX);
}

#[test]
fn a_refusal_that_may_pass_keeps_the_batch_under_its_id() {
    let mut gatherer = TapGatherer::default();
    gatherer.tap("likes", 2).unwrap();
    gatherer.next_batch(id(1));
    assert_eq!(gatherer.on_refused(id(1), true), None);
    assert_eq!(gatherer.resend().map(|batch| batch.id), Some(id(1)));
}

#[test]
fn a_refusal_for_good_hands_back_what_is_lost() {
    let mut gatherer = TapGatherer::default();
    gatherer.tap("likes", 2).unwrap();
    gatherer.next_batch(id(1));
    assert_eq!(gatherer.on_refused(id(7), false), None);
    assert_eq!(gatherer.on_refused(id(1), false), Some(taps(&[("likes", 2)])));
    assert!(gatherer.is_idle());
}

fn taps(taps: &[(&str, u64)]) -> BTreeMap<String, u64> {
    taps.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
}

fn id(number: u128) -> ClientMessageId {
    ClientMessageId::new(number)
}
