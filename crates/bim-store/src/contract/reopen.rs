//! Checks of opening a log again.

use bim_types::Seq;
use bim_types::store::{AppendOutcome, Expected, LogOutcome, RecordKey};

use super::Place;
use super::words::{
    NO_LIMIT, app, append, append_after, appended, commit, differs, ends, fresh, known, numbered, one, put,
    record, replace, stream, texts, trim,
};

/// Records, ids, heads and small records survive.
pub fn everything_is_there_again(place: &dyn Place) {
    let key = RecordKey::App(app(1));
    let log = place.open();
    let ops = [
        append(stream(1), vec![known(1, "a"), known(2, "b")]),
        append(stream(2), vec![known(1, "c")]),
        put(&key, Expected::Absent, Some("v")),
    ];
    commit(&*log, &ops);
    drop(log);

    let log = &*place.open();
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "a"), (2, "b")]));
    assert_eq!(texts(log, stream(2)), numbered(&[(1, "c")]));
    assert_eq!(ends(log, stream(1)), (1, 2));
    assert_eq!(record(log, &key), Some((1, "v".to_owned())));
    assert_eq!(one(log, put(&key, Expected::Absent, Some("w"))), differs(Some(1)));
    let more = one(log, append_after(2, stream(1), vec![known(1, "a"), known(2, "x"), known(3, "d")]));
    let expected =
        [AppendOutcome::Duplicate(Seq(1)), AppendOutcome::Conflict(Seq(2)), AppendOutcome::New(Seq(3))];
    assert_eq!(more, appended(&expected));
}

/// A log keeps the epoch it was made with.
pub fn the_epoch_stays(place: &dyn Place) {
    let log = place.open();
    let epoch = log.epoch();
    one(&*log, append(stream(1), vec![known(1, "a")]));
    drop(log);
    for _ in 0..2 {
        let log = place.open();
        assert_eq!(log.epoch(), epoch);
        assert_eq!(log.head(stream(1)).expect("a sound log answers").epoch, epoch);
    }
}

/// What was trimmed stays away, and its numbers stay used.
pub fn trimmed_numbers_stay_used(place: &dyn Place) {
    let log = place.open();
    one(&*log, append(stream(1), vec![known(1, "a"), known(2, "b")]));
    assert_eq!(one(&*log, trim(stream(1), 99)), LogOutcome::Trimmed(2));
    drop(log);

    let log = &*place.open();
    assert_eq!(ends(log, stream(1)), (3, 2));
    assert_eq!(one(log, append(stream(1), vec![known(1, "a")])), fresh([3]));
    assert_eq!(texts(log, stream(1)), numbered(&[(3, "a")]));
}

/// A replacement survives with what it leaves alone: number, time, id and neighbours.
pub fn replaced_records_stay_replaced(place: &dyn Place) {
    let log = place.open();
    one(&*log, append(stream(1), vec![known(1, "a"), known(2, "b")]));
    assert_eq!(one(&*log, replace(stream(1), 1, "edited")), LogOutcome::Replaced(true));
    let ops = [append(stream(1), vec![known(3, "c")]), replace(stream(1), 3, "")];
    assert_eq!(commit(&*log, &ops), [fresh([3]), LogOutcome::Replaced(true)]);
    let before = log.read(stream(1), Seq::ZERO, NO_LIMIT);
    drop(log);

    let log = &*place.open();
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "edited"), (2, "b"), (3, "")]));
    assert_eq!(log.read(stream(1), Seq::ZERO, NO_LIMIT), before);
    let again = one(log, append(stream(1), vec![known(1, "a"), known(3, "c")]));
    assert_eq!(again, appended(&[AppendOutcome::Duplicate(Seq(1)), AppendOutcome::Duplicate(Seq(3))]));
    assert_eq!(one(log, replace(stream(1), 3, "again")), LogOutcome::Replaced(true));
    assert_eq!(texts(log, stream(1)), numbered(&[(1, "edited"), (2, "b"), (3, "again")]));
}
