//! Checks of appending: numbers, ids and conditions.

use bim_types::Seq;
use bim_types::store::{AppendOutcome, LogOutcome};

use super::Place;
use super::words::{
    append, append_after, appended, commit, ends, entry, fresh, known, known_by, numbered, one, stream, texts,
};

/// A stream's numbers are 1, 2, 3 … across appends and commits.
pub fn numbers_are_dense_from_one(place: &dyn Place) {
    let log = &*place.open();
    assert_eq!(one(log, append(stream(1), vec![entry("a")])), fresh([1]));
    assert_eq!(one(log, append(stream(1), vec![entry("b"), entry("c")])), fresh([2, 3]));
    let both = commit(log, &[append(stream(1), vec![entry("d")]), append(stream(1), vec![entry("e")])]);
    assert_eq!(both, [fresh([4]), fresh([5])]);
    assert_eq!(ends(log, stream(1)), (1, 5));
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")]));
}

/// Each stream counts for itself.
pub fn streams_are_numbered_apart(place: &dyn Place) {
    let log = &*place.open();
    let ops = [
        append(stream(1), vec![entry("a")]),
        append(stream(2), vec![entry("b")]),
        append(stream(1), vec![entry("c")]),
    ];
    assert_eq!(commit(log, &ops), [fresh([1]), fresh([1]), fresh([2])]);
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "c")]));
    assert_eq!(texts(log, stream(2)), numbered(&[(1, "b")]));
}

/// However often a record is appended again, it is there once and the answer is its number.
pub fn a_duplicate_is_answered_with_the_original(place: &dyn Place) {
    let log = &*place.open();
    assert_eq!(one(log, append(stream(1), vec![known(1, "a")])), fresh([1]));
    assert_eq!(one(log, append(stream(1), vec![known(2, "b")])), fresh([2]));
    for _ in 0..3 {
        let again = one(log, append(stream(1), vec![known(1, "a")]));
        assert_eq!(again, appended(&[AppendOutcome::Duplicate(Seq(1))]));
    }
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "b")]));
}

/// A known id with another content hash appends nothing and changes nothing.
pub fn other_content_under_a_known_id_is_a_conflict(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![known(1, "a")]));
    let other = one(log, append(stream(1), vec![known(1, "b")]));
    assert_eq!(other, appended(&[AppendOutcome::Conflict(Seq(1))]));
    let again = one(log, append(stream(1), vec![known(1, "a")]));
    assert_eq!(again, appended(&[AppendOutcome::Duplicate(Seq(1))]));
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a")]));
}

/// Ids are scoped by sender and by device, and users that look alike are not the same.
pub fn another_sender_or_device_is_another_record(place: &dyn Place) {
    let log = &*place.open();
    let entries = vec![
        known_by("ann", 1, 1, "a"),
        known_by("ann", 2, 1, "b"),
        known_by("anna", 1, 1, "c"),
        known_by("ben", 1, 1, "d"),
    ];
    assert_eq!(one(log, append(stream(1), entries.clone())), fresh([1, 2, 3, 4]));
    let again = (1..=4).map(|seq| AppendOutcome::Duplicate(Seq(seq))).collect();
    assert_eq!(one(log, append(stream(1), entries)), LogOutcome::Appended(again));
}

/// Ids are scoped by stream.
pub fn the_same_id_in_another_stream_is_another_record(place: &dyn Place) {
    let log = &*place.open();
    assert_eq!(one(log, append(stream(1), vec![known(1, "a")])), fresh([1]));
    assert_eq!(one(log, append(stream(2), vec![known(1, "a")])), fresh([1]));
}

/// Entries of one append, and of one commit, recognise each other.
pub fn entries_that_repeat_each_other_are_one_record(place: &dyn Place) {
    let log = &*place.open();
    let ops = [
        append(stream(1), vec![known(1, "a"), known(1, "a"), known(1, "b"), known(2, "c")]),
        append(stream(1), vec![known(2, "c"), known(3, "d")]),
    ];
    let first = [
        AppendOutcome::New(Seq(1)),
        AppendOutcome::Duplicate(Seq(1)),
        AppendOutcome::Conflict(Seq(1)),
        AppendOutcome::New(Seq(2)),
    ];
    let second = [AppendOutcome::Duplicate(Seq(2)), AppendOutcome::New(Seq(3))];
    assert_eq!(commit(log, &ops), [appended(&first), appended(&second)]);
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "c"), (3, "d")]));
}

/// Without an id nothing is recognised.
pub fn entries_without_an_id_are_always_new(place: &dyn Place) {
    let log = &*place.open();
    assert_eq!(one(log, append(stream(1), vec![entry("a"), entry("a")])), fresh([1, 2]));
    assert_eq!(one(log, append(stream(1), vec![entry("a")])), fresh([3]));
}

/// A number is used up only by a record that is new.
pub fn known_entries_leave_no_hole(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![known(1, "a"), known(2, "b")]));
    let mixed = one(log, append(stream(1), vec![known(3, "c"), known(1, "a"), known(2, "x"), known(4, "d")]));
    let expected = [
        AppendOutcome::New(Seq(3)),
        AppendOutcome::Duplicate(Seq(1)),
        AppendOutcome::Conflict(Seq(2)),
        AppendOutcome::New(Seq(4)),
    ];
    assert_eq!(mixed, appended(&expected));
    assert_eq!(ends(log, stream(1)), (1, 4));
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "b"), (3, "c"), (4, "d")]));
}

/// An append that names the last number happens; zero names a stream never written.
pub fn the_expected_last_number_lets_an_append_pass(place: &dyn Place) {
    let log = &*place.open();
    assert_eq!(one(log, append_after(0, stream(1), vec![entry("a"), entry("b")])), fresh([1, 2]));
    assert_eq!(one(log, append_after(2, stream(1), vec![entry("c")])), fresh([3]));
}

/// An append that names another number is answered with the last one and changes nothing.
pub fn another_last_number_stops_an_append(place: &dyn Place) {
    let log = &*place.open();
    let first = one(log, append_after(1, stream(1), vec![known(1, "a")]));
    assert_eq!(first, LogOutcome::LastDiffers(Seq(0)));
    assert_eq!(ends(log, stream(1)), (1, 0));
    one(log, append(stream(1), vec![entry("b")]));
    for last in [0, 2] {
        let stopped = one(log, append_after(last, stream(1), vec![known(1, "a")]));
        assert_eq!(stopped, LogOutcome::LastDiffers(Seq(1)));
    }
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "b")]));
    let passed = one(log, append_after(1, stream(1), vec![known(1, "a")]));
    assert_eq!(passed, fresh([2]), "a stopped append leaves no id behind");
}

/// Operations before and after one whose condition fails are carried out.
pub fn a_failed_condition_leaves_the_others_alone(place: &dyn Place) {
    let log = &*place.open();
    let ops = [
        append(stream(1), vec![entry("a")]),
        append_after(7, stream(1), vec![entry("x")]),
        append_after(7, stream(2), vec![entry("x")]),
        append(stream(1), vec![entry("b")]),
    ];
    let expected = [fresh([1]), LogOutcome::LastDiffers(Seq(1)), LogOutcome::LastDiffers(Seq(0)), fresh([2])];
    assert_eq!(commit(log, &ops), expected);
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "b")]));
    assert_eq!(ends(log, stream(2)), (1, 0));
}

/// Operations of one commit are carried out in order.
pub fn operations_see_the_ones_before_them(place: &dyn Place) {
    let log = &*place.open();
    let ops = [
        append_after(0, stream(1), vec![entry("a")]),
        append_after(0, stream(1), vec![entry("x")]),
        append_after(1, stream(1), vec![entry("b")]),
    ];
    assert_eq!(commit(log, &ops), [fresh([1]), LogOutcome::LastDiffers(Seq(1)), fresh([2])]);
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "b")]));
}

/// A commit without operations and an append without entries are fine and change nothing.
pub fn nothing_to_do_changes_nothing(place: &dyn Place) {
    let log = &*place.open();
    assert_eq!(commit(log, &[]), []);
    assert_eq!(one(log, append(stream(1), vec![])), fresh([]));
    assert_eq!(ends(log, stream(1)), (1, 0));
    assert_eq!(one(log, append(stream(1), vec![entry("a")])), fresh([1]));
}
