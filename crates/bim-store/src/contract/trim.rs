//! Checks of removing the old end of a stream.

use bim_types::Seq;
use bim_types::store::{AppendEntry, AppendOutcome, LogOutcome};

use super::Place;
use super::words::{
    append, append_after, appended, commit, ends, entry, entry_at, fresh, known, numbered, one, stream,
    texts, trim,
};

/// Records before the point go, the record at the point stays.
pub fn only_the_old_end_goes(place: &dyn Place) {
    let log = &*place.open();
    let entries = vec![entry_at("a", 10), entry_at("b", 20), entry_at("c", 30)];
    one(log, append(stream(1), entries));
    assert_eq!(one(log, trim(stream(1), 10)), LogOutcome::Trimmed(0));
    assert_eq!(ends(log, stream(1)), (1, 3));
    assert_eq!(one(log, trim(stream(1), 30)), LogOutcome::Trimmed(2));
    assert_eq!(ends(log, stream(1)), (3, 3));
    assert_eq!(texts(log, stream(1)), numbered(&[(3, "c")]));
    assert_eq!(one(log, trim(stream(1), 30)), LogOutcome::Trimmed(0));
}

/// A clock may step back: what follows a record that stays, stays too, so that no hole appears.
pub fn a_young_record_protects_what_follows(place: &dyn Place) {
    let log = &*place.open();
    let entries = vec![entry_at("a", 10), entry_at("b", 50), entry_at("c", 20), entry_at("d", 60)];
    one(log, append(stream(1), entries));
    assert_eq!(one(log, trim(stream(1), 40)), LogOutcome::Trimmed(1));
    assert_eq!(texts(log, stream(1)), numbered(&[(2, "b"), (3, "c"), (4, "d")]));
    assert_eq!(one(log, trim(stream(1), 55)), LogOutcome::Trimmed(2));
    assert_eq!(texts(log, stream(1)), numbered(&[(4, "d")]));
}

/// After everything was removed, numbers go on, and conditions still hold for the last one.
pub fn numbers_are_not_handed_out_again(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![entry("a"), entry("b")]));
    assert_eq!(one(log, trim(stream(1), 99)), LogOutcome::Trimmed(2));
    assert_eq!(ends(log, stream(1)), (3, 2));
    assert_eq!(texts(log, stream(1)), numbered(&[]));
    let stopped = one(log, append_after(0, stream(1), vec![entry("x")]));
    assert_eq!(stopped, LogOutcome::LastDiffers(Seq(2)));
    assert_eq!(one(log, append_after(2, stream(1), vec![entry("c")])), fresh([3]));
    assert_eq!(texts(log, stream(1)), numbered(&[(3, "c")]));
}

/// With a record goes what recognises it, and nothing else does.
pub fn a_trimmed_record_may_be_appended_again(place: &dyn Place) {
    let log = &*place.open();
    let old = known(1, "a");
    let young = AppendEntry { at: bim_types::Wall::from_millis(50), ..known(2, "b") };
    one(log, append(stream(1), vec![old.clone(), young.clone()]));
    assert_eq!(one(log, trim(stream(1), 50)), LogOutcome::Trimmed(1));
    let both = one(log, append(stream(1), vec![old, young]));
    assert_eq!(both, appended(&[AppendOutcome::New(Seq(3)), AppendOutcome::Duplicate(Seq(2))]));
    assert_eq!(texts(log, stream(1)), numbered(&[(2, "b"), (3, "a")]));
}

/// A trim concerns one stream; one that was never written has nothing to lose.
pub fn other_streams_are_left_alone(place: &dyn Place) {
    let log = &*place.open();
    for number in [1, 2, 3] {
        one(log, append(stream(number), vec![known(1, "a")]));
    }
    assert_eq!(one(log, trim(stream(2), 99)), LogOutcome::Trimmed(1));
    assert_eq!(one(log, trim(stream(4), 99)), LogOutcome::Trimmed(0));
    assert_eq!(ends(log, stream(4)), (1, 0));
    for number in [1, 3] {
        assert_eq!(texts(log, stream(number)), numbered(&[(1, "a")]));
        let again = one(log, append(stream(number), vec![known(1, "a")]));
        assert_eq!(again, appended(&[AppendOutcome::Duplicate(Seq(1))]));
    }
}

/// A trim is as long as it needs to be, and sees what its own commit appended.
pub fn many_records_go_at_once(place: &dyn Place) {
    const OLD: u64 = 9_000;
    let log = &*place.open();
    let entries = (0..OLD).map(|number| known(u128::from(number), "a")).collect();
    assert_eq!(one(log, append(stream(1), entries)), fresh(1..=OLD));
    let ops = [append(stream(1), vec![entry_at("b", 5), entry_at("c", 9)]), trim(stream(1), 9)];
    let outcomes = commit(log, &ops);
    assert_eq!(outcomes, [fresh([OLD + 1, OLD + 2]), LogOutcome::Trimmed(OLD + 1)]);
    assert_eq!(texts(log, stream(1)), numbered(&[(OLD + 2, "c")]));
    assert_eq!(ends(log, stream(1)), (OLD + 2, OLD + 2));
    let again = one(log, append(stream(1), vec![known(0, "a"), known(u128::from(OLD - 1), "a")]));
    assert_eq!(again, fresh([OLD + 3, OLD + 4]));
}
