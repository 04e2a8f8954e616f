//! Checks of small records.

use bim_types::store::{Expected, LogOutcome, RecordKey, RecordRange};
use bim_types::{Seq, Uid};

use super::Place;
use super::words::{
    app, append, append_after, commit, differs, done, entry, fresh, group, one, put, record, stream, user,
};
use crate::server_log::ServerLog;

/// Only the first of two that expect a record to be absent creates it.
pub fn a_record_is_created_once(place: &dyn Place) {
    let log = &*place.open();
    let key = RecordKey::App(app(1));
    assert_eq!(record(log, &key), None);
    assert_eq!(one(log, put(&key, Expected::Absent, Some("a"))), done(1));
    assert_eq!(one(log, put(&key, Expected::Absent, Some("b"))), differs(Some(1)));
    assert_eq!(record(log, &key), Some((1, "a".to_owned())));
}

/// A change at the present version happens and raises it by one; at any other it does not.
pub fn a_record_is_changed_at_its_version(place: &dyn Place) {
    let log = &*place.open();
    let key = RecordKey::LiveGroup(app(1), group(1));
    assert_eq!(one(log, put(&key, Expected::Version(1), Some("a"))), differs(None));
    one(log, put(&key, Expected::Absent, Some("a")));
    assert_eq!(one(log, put(&key, Expected::Version(1), Some("b"))), done(2));
    for wrong in [0, 1, 3] {
        assert_eq!(one(log, put(&key, Expected::Version(wrong), Some("c"))), differs(Some(2)));
    }
    assert_eq!(record(log, &key), Some((2, "b".to_owned())));
    assert_eq!(one(log, put(&key, Expected::Version(2), Some(""))), done(3));
    assert_eq!(record(log, &key), Some((3, String::new())), "an empty value is a value");
}

/// A removed record does not exist; when it comes again it begins at version 1.
pub fn a_removed_record_is_gone_and_may_come_again(place: &dyn Place) {
    let log = &*place.open();
    let key = RecordKey::App(app(1));
    one(log, put(&key, Expected::Absent, Some("a")));
    one(log, put(&key, Expected::Any, Some("b")));
    assert_eq!(one(log, put(&key, Expected::Version(1), None)), differs(Some(2)));
    assert_eq!(one(log, put(&key, Expected::Version(2), None)), done(0));
    assert_eq!(record(log, &key), None);
    assert_eq!(keys(log, &RecordRange::Apps, 0, 9), []);
    assert_eq!(one(log, put(&key, Expected::Version(2), None)), differs(None));
    assert_eq!(one(log, put(&key, Expected::Any, None)), done(0), "removing what is gone is done");
    assert_eq!(one(log, put(&key, Expected::Absent, Some("c"))), done(1));
}

/// Without an expectation a record is made or changed, whichever it takes.
pub fn no_expectation_always_holds(place: &dyn Place) {
    let log = &*place.open();
    let key = RecordKey::LiveGroupOf(app(1), user("ann"), group(1));
    assert_eq!(one(log, put(&key, Expected::Any, Some("a"))), done(1));
    assert_eq!(one(log, put(&key, Expected::Any, Some("b"))), done(2));
    assert_eq!(record(log, &key), Some((2, "b".to_owned())));
}

/// What is known about one live group stands in records of different kinds, each with a version of its own.
pub fn the_records_of_one_group_are_isolated(place: &dyn Place) {
    let log = &*place.open();
    let kinds = kinds_of_group(1, 1);
    for (number, key) in (1_usize..).zip(&kinds) {
        for version in 1..=number as u64 {
            assert_eq!(
                one(log, put(key, Expected::Any, Some(&format!("{number}")))),
                done(version),
                "{key:?}"
            );
        }
    }
    assert_eq!(one(log, put(&kinds[1], Expected::Version(2), None)), done(0));
    for (number, key) in (1_usize..).zip(&kinds) {
        let kept = (number != 2).then(|| (number as u64, format!("{number}")));
        assert_eq!(record(log, key), kept, "{key:?}");
    }
    for key in kinds_of_group(1, 2).iter().chain(&kinds_of_group(2, 1)) {
        assert_eq!(record(log, key), None, "{key:?}");
    }
}

fn kinds_of_group(of: u32, number: i64) -> [RecordKey; 4] {
    let (app, group) = (app(of), group(number));
    [
        RecordKey::LiveGroup(app, group),
        RecordKey::LiveRoll(app, group),
        RecordKey::LiveAttributes(app, group),
        RecordKey::LiveCounters(app, group),
    ]
}

/// Operations of one commit see each other's records, and one that fails does not hinder the others.
pub fn conditions_see_the_operations_before_them(place: &dyn Place) {
    let log = &*place.open();
    let (one_key, other) = (RecordKey::App(app(1)), RecordKey::App(app(2)));
    let ops = [
        put(&one_key, Expected::Absent, Some("a")),
        put(&one_key, Expected::Absent, Some("x")),
        append(stream(1), vec![entry("a")]),
        put(&one_key, Expected::Version(1), Some("b")),
        append_after(9, stream(1), vec![entry("x")]),
        put(&other, Expected::Version(1), Some("x")),
        put(&other, Expected::Any, Some("c")),
    ];
    let expected = [
        done(1),
        differs(Some(1)),
        fresh([1]),
        done(2),
        LogOutcome::LastDiffers(Seq(1)),
        differs(None),
        done(1),
    ];
    assert_eq!(commit(log, &ops), expected);
    assert_eq!(record(log, &one_key), Some((2, "b".to_owned())));
    assert_eq!(record(log, &other), Some((1, "c".to_owned())));
}

/// A range comes in order of the last part, page by page, up to the largest.
pub fn a_range_is_in_order_and_paged(place: &dyn Place) {
    let log = &*place.open();
    let ids = [300, 1, 256, 2, 255, i64::MAX, 40];
    let ops: Vec<_> = ids
        .iter()
        .map(|id| put(&RecordKey::LiveGroup(app(1), group(*id)), Expected::Absent, Some("v")))
        .collect();
    commit(log, &ops);
    let range = RecordRange::LiveGroups(app(1));
    let of =
        |ids: &[i64]| -> Vec<_> { ids.iter().map(|id| RecordKey::LiveGroup(app(1), group(*id))).collect() };
    assert_eq!(keys(log, &range, 0, 99), of(&[1, 2, 40, 255, 256, 300, i64::MAX]));
    assert_eq!(keys(log, &range, 0, 3), of(&[1, 2, 40]));
    assert_eq!(keys(log, &range, 40, 3), of(&[255, 256, 300]));
    assert_eq!(keys(log, &range, 41, 1), of(&[255]));
    assert_eq!(keys(log, &range, 300, 3), of(&[i64::MAX]));
    assert_eq!(keys(log, &range, 0, 0), []);
    for after in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        assert_eq!(keys(log, &range, after, 9), []);
    }
    assert_eq!(keys(log, &RecordRange::Apps, u64::MAX, 9), []);
}

/// A range holds its own records only: not another kind's, another app's or another user's.
pub fn a_range_does_not_leak_into_its_neighbours(place: &dyn Place) {
    let log = &*place.open();
    let mut all = Vec::new();
    for number in [1, 2, 3, u32::MAX] {
        let app = app(number);
        all.push((RecordRange::Apps, RecordKey::App(app)));
        all.push((RecordRange::LiveGroups(app), RecordKey::LiveGroup(app, group(i64::MAX))));
        let numbered = Uid::int(1).expect("1 is positive");
        for uid in [user("a"), user("ab"), user("1"), user("b"), numbered] {
            let key = RecordKey::LiveGroupOf(app, uid.clone(), group(1));
            all.push((RecordRange::LiveGroupsOf(app, uid), key));
        }
    }
    let mut ops: Vec<_> = all.iter().map(|(_, key)| put(key, Expected::Absent, Some("v"))).collect();
    // Kinds that stand in no range, beside the ones that do.
    let [_, others @ ..] = kinds_of_group(1, i64::MAX);
    ops.extend(others.iter().map(|key| put(key, Expected::Absent, Some("v"))));
    assert!(commit(log, &ops).iter().all(|outcome| *outcome == done(1)));
    for (range, _) in &all {
        let expected: Vec<_> =
            all.iter().filter(|(other, _)| other == range).map(|(_, key)| key.clone()).collect();
        assert_eq!(keys(log, range, 0, 99), expected, "in {range:?}");
    }
}

#[track_caller]
fn keys(log: &dyn ServerLog, range: &RecordRange, after: u64, limit: usize) -> Vec<RecordKey> {
    let records = log.records(range, after, limit).expect("a sound log answers");
    records.into_iter().map(|record| record.key).collect()
}
