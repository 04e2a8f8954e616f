//! Checks of putting other bytes in the place of a record.

use std::sync::atomic::{AtomicBool, Ordering};

use bim_types::Seq;
use bim_types::store::{AppendEntry, AppendOutcome, LogOutcome, StreamId};

use super::Place;
use super::words::{
    NO_LIMIT, app, append, append_after, appended, commit, counters, ends, entry, entry_at, fresh, group,
    known, numbered, one, replace, stream, texts, texts_after, trim,
};
use crate::server_log::{ReadLimit, ServerLog};

const DONE: LogOutcome = LogOutcome::Replaced(true);
const NOT_KEPT: LogOutcome = LogOutcome::Replaced(false);

/// Shorter, longer and no bytes come in the place of the old ones, as often as asked for; the neighbours and
/// the ends of the stream stay.
pub fn a_kept_record_gets_new_bytes(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![entry("first"), known(2, "second"), entry("third")]));
    let long = "long ".repeat(4_000);
    for text in ["x", "", &long, "x", "x", "and then"] {
        for seq in [1, 2] {
            assert_eq!(one(log, replace(stream(1), seq, text)), DONE);
        }
        assert_eq!(texts(log, stream(1)), numbered(&[(1, text), (2, text), (3, "third")]));
        assert_eq!(ends(log, stream(1)), (1, 3));
    }
    assert_eq!(one(log, replace(stream(1), 3, "last")), DONE);
    assert_eq!(texts_after(log, stream(1), 2, NO_LIMIT), numbered(&[(3, "last")]));
    assert_eq!(one(log, append_after(3, stream(1), vec![entry("d")])), fresh([4]));
}

/// A number that was trimmed, that was not handed out yet, or of a stream never written, is answered so, and
/// nothing is made in its place.
pub fn a_record_that_is_not_kept_is_left_alone(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![entry_at("a", 10), entry_at("b", 20), entry_at("c", 30)]));
    one(log, trim(stream(1), 30));
    for seq in [0, 1, 2, 4, 5, u64::MAX - 1, u64::MAX] {
        assert_eq!(one(log, replace(stream(1), seq, "x")), NOT_KEPT, "number {seq}");
    }
    assert_eq!(texts(log, stream(1)), numbered(&[(3, "c")]));
    assert_eq!(ends(log, stream(1)), (3, 3));

    for seq in [0, 1, u64::MAX] {
        assert_eq!(one(log, replace(stream(2), seq, "x")), NOT_KEPT, "number {seq} of nothing");
    }
    assert_eq!(texts(log, stream(2)), numbered(&[]));
    assert_eq!(ends(log, stream(2)), (1, 0));
    assert_eq!(one(log, append_after(0, stream(2), vec![entry("a")])), fresh([1]));

    one(log, trim(stream(1), 99));
    assert_eq!(one(log, replace(stream(1), 3, "x")), NOT_KEPT, "nothing is kept at all");
    assert_eq!(one(log, append(stream(1), vec![entry("d")])), fresh([4]));
    assert_eq!(texts(log, stream(1)), numbered(&[(4, "d")]));
}

/// The time is the one it was appended with, for readers and for trimming.
pub fn a_replaced_record_keeps_its_time(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![entry_at("a", 10), entry_at("b", 20), entry_at("c", 30)]));
    assert_eq!(commit(log, &[replace(stream(1), 2, "x"), replace(stream(1), 3, "y")]), [DONE, DONE]);
    let found = log.read(stream(1), Seq::ZERO, NO_LIMIT).expect("a sound log answers");
    let times: Vec<_> = found.iter().map(|record| record.at.as_millis()).collect();
    assert_eq!(times, [10, 20, 30]);
    assert_eq!(one(log, trim(stream(1), 20)), LogOutcome::Trimmed(1));
    assert_eq!(one(log, trim(stream(1), 30)), LogOutcome::Trimmed(1));
    assert_eq!(texts(log, stream(1)), numbered(&[(3, "y")]));
}

/// A repeated append is known by what was first appended, not by what stands there now, and does not bring
/// the old bytes back.
pub fn a_replaced_record_is_still_recognised(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![known(1, "a"), known(2, "b")]));
    assert_eq!(one(log, replace(stream(1), 1, "x")), DONE);
    for _ in 0..2 {
        let again = one(log, append(stream(1), vec![known(1, "a"), known(1, "x"), known(2, "b")]));
        let expected = [
            AppendOutcome::Duplicate(Seq(1)),
            AppendOutcome::Conflict(Seq(1)),
            AppendOutcome::Duplicate(Seq(2)),
        ];
        assert_eq!(again, appended(&expected));
    }
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "x"), (2, "b")]));
}

/// With a replaced record goes what recognises it, as with any other.
pub fn a_replaced_record_may_be_trimmed_and_appended_again(place: &dyn Place) {
    let log = &*place.open();
    let young = AppendEntry { at: bim_types::Wall::from_millis(50), ..known(2, "b") };
    one(log, append(stream(1), vec![known(1, "a"), young.clone()]));
    assert_eq!(commit(log, &[replace(stream(1), 1, "x"), replace(stream(1), 2, "y")]), [DONE, DONE]);
    assert_eq!(one(log, trim(stream(1), 50)), LogOutcome::Trimmed(1));
    let both = one(log, append(stream(1), vec![known(1, "a"), young]));
    assert_eq!(both, appended(&[AppendOutcome::New(Seq(3)), AppendOutcome::Duplicate(Seq(2))]));
    assert_eq!(texts(log, stream(1)), numbered(&[(2, "y"), (3, "a")]));
}

/// The limit of a read is about the bytes that are there now.
pub fn a_read_counts_the_new_bytes(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![known(1, "aaaa"), entry("b"), entry("c")]));
    let counts = |bytes| texts_after(log, stream(1), 0, ReadLimit { records: 9, bytes }).len();
    assert_eq!((counts(2), counts(5), counts(6)), (1, 2, 3));
    one(log, replace(stream(1), 1, ""));
    assert_eq!((counts(0), counts(1), counts(2)), (1, 2, 3));
    one(log, replace(stream(1), 1, "aaaaaaaa"));
    assert_eq!((counts(8), counts(9), counts(10)), (1, 2, 3));
}

/// A replacement sees what its commit did before it, and nothing of what comes after.
pub fn replacements_are_carried_out_in_order(place: &dyn Place) {
    let log = &*place.open();
    let ops = [
        replace(stream(1), 1, "too early"),
        append(stream(1), vec![known(1, "a")]),
        replace(stream(1), 1, "b"),
        replace(stream(1), 2, "too early"),
        append(stream(1), vec![known(1, "a"), known(2, "c")]),
        replace(stream(1), 2, "d"),
        replace(stream(1), 2, "e"),
    ];
    let second = [AppendOutcome::Duplicate(Seq(1)), AppendOutcome::New(Seq(2))];
    assert_eq!(commit(log, &ops), [NOT_KEPT, fresh([1]), DONE, NOT_KEPT, appended(&second), DONE, DONE]);
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "b"), (2, "e")]));

    let ops = [
        replace(stream(1), 2, "f"),
        trim(stream(1), 99),
        replace(stream(1), 2, "too late"),
        append(stream(1), vec![known(2, "c")]),
        append_after(9, stream(1), vec![entry("x")]),
        replace(stream(1), 3, "g"),
    ];
    let stopped = LogOutcome::LastDiffers(Seq(3));
    assert_eq!(commit(log, &ops), [DONE, LogOutcome::Trimmed(2), NOT_KEPT, fresh([3]), stopped, DONE]);
    assert_eq!(texts(log, stream(1)), numbered(&[(3, "g")]));
}

/// The record of the same number in another group, in another app or in the counters of the group stays.
pub fn other_streams_keep_their_bytes(place: &dyn Place) {
    let log = &*place.open();
    let others = [stream(2), counters(1), counters(2), StreamId::LiveGroup(app(2), group(1))];
    for stream in others.into_iter().chain([stream(1)]) {
        one(log, append(stream, vec![known(1, "a"), known(2, "b")]));
    }
    assert_eq!(one(log, replace(stream(1), 2, "x")), DONE);
    assert_eq!(one(log, replace(counters(1), 1, "y")), DONE);
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "x")]));
    assert_eq!(texts(log, counters(1)), numbered(&[(1, "y"), (2, "b")]));
    for stream in others.into_iter().filter(|stream| *stream != counters(1)) {
        assert_eq!(texts(log, stream), numbered(&[(1, "a"), (2, "b")]), "{stream:?}");
    }
}

/// While one thread commits an append and a replacement together, another never sees one without the other.
pub fn a_reader_sees_a_replacement_with_its_commit(place: &dyn Place) {
    const COMMITS: usize = 40;
    let log = &*place.open();
    one(log, append(stream(1), vec![entry("0")]));
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| watch(log, &finished));
        for number in 1..=COMMITS {
            let ops = [append(stream(1), vec![entry("a")]), replace(stream(1), 1, &number.to_string())];
            commit(log, &ops);
        }
        finished.store(true, Ordering::Release);
        assert!(reader.join().is_ok(), "the reader saw part of a commit");
    });
    assert_eq!(texts(log, stream(1))[0], (1, COMMITS.to_string()));
}

/// The first record says how many follow it.
fn watch(log: &dyn ServerLog, finished: &AtomicBool) {
    while !finished.load(Ordering::Acquire) {
        let found = texts(log, stream(1));
        assert_eq!(found[0].1, (found.len() - 1).to_string(), "records in the middle of a commit");
    }
}
