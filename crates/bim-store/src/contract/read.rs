//! Checks of reading streams.

use std::sync::atomic::{AtomicBool, Ordering};

use bim_types::store::{AppendEntry, AppendOutcome, LogOutcome, StreamId};
use bim_types::{Seq, Wall};
use bytes::Bytes;

use super::Place;
use super::words::{
    NO_LIMIT, app, append, append_after, appended, commit, counters, ends, entry, fresh, group, known,
    numbered, one, stream, texts, texts_after, trim,
};
use crate::server_log::{ReadLimit, ServerLog};

/// A stream never written begins at 1, ends at 0 and holds nothing.
pub fn an_unknown_stream_is_empty(place: &dyn Place) {
    let log = &*place.open();
    assert_eq!(ends(log, stream(1)), (1, 0));
    assert_eq!(texts(log, stream(1)), numbered(&[]));
}

/// A read gives what comes after a number, and nothing after the last.
pub fn a_read_begins_after_a_number(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![entry("a"), entry("b"), entry("c")]));
    one(log, append(stream(2), vec![entry("x")]));
    assert_eq!(texts_after(log, stream(1), 1, NO_LIMIT), numbered(&[(2, "b"), (3, "c")]));
    for after in [3, 4, u64::MAX - 1, u64::MAX] {
        assert_eq!(texts_after(log, stream(1), after, NO_LIMIT), numbered(&[]));
    }
}

/// Neither limit is passed, but the first record always comes.
pub fn a_read_respects_both_limits(place: &dyn Place) {
    let log = &*place.open();
    one(log, append(stream(1), vec![entry("aaaa"), entry("bbb"), entry("cc"), entry("d")]));
    let counts = |records, bytes| texts_after(log, stream(1), 0, ReadLimit { records, bytes }).len();
    assert_eq!(counts(2, usize::MAX), 2);
    assert_eq!(counts(9, usize::MAX), 4);
    assert_eq!(counts(9, 10), 4);
    assert_eq!(counts(9, 9), 3);
    assert_eq!(counts(9, 7), 2);
    assert_eq!(counts(9, 6), 1);
    assert_eq!(counts(9, 0), 1);
    assert_eq!(counts(0, 9), 1);
    let page = texts_after(log, stream(1), 1, ReadLimit { records: 9, bytes: 5 });
    assert_eq!(page, numbered(&[(2, "bbb"), (3, "cc")]));
}

/// Records are bytes: empty, binary and large ones come back as they were, with their time.
pub fn bytes_and_times_come_back_unharmed(place: &dyn Place) {
    let log = &*place.open();
    let every_byte: Vec<u8> = (0..=255).collect();
    let bodies = [vec![], every_byte.clone(), every_byte.repeat(1024), vec![0; 3]];
    let times = [0, 1_700_000_000_000, u64::MAX, 5];
    let entries = bodies.iter().zip(times).enumerate().map(|(number, (body, at))| AppendEntry {
        at: Wall::from_millis(at),
        record: Bytes::from(body.clone()),
        // Every other one without an id: the id must not end up in the bytes.
        ..if number % 2 == 0 { known(number as u128, "") } else { entry("") }
    });
    one(log, append(stream(1), entries.collect()));
    let found = log.read(stream(1), Seq::ZERO, NO_LIMIT).expect("a sound log answers");
    assert_eq!(found.len(), bodies.len());
    for ((record, body), at) in found.iter().zip(&bodies).zip(times) {
        assert_eq!(record.at, Wall::from_millis(at));
        assert!(record.record == *body, "record {} came back changed", record.seq);
    }
}

/// The same short id in two apps is two streams, and neighbours in key order stay apart.
pub fn apps_are_isolated(place: &dyn Place) {
    let log = &*place.open();
    let streams = [
        StreamId::LiveGroup(app(1), group(1)),
        StreamId::LiveGroup(app(2), group(1)),
        StreamId::LiveGroup(app(1), group(2)),
        StreamId::LiveGroup(app(u32::MAX), group(i64::MAX)),
    ];
    for (number, stream) in streams.into_iter().enumerate() {
        let text = number.to_string();
        assert_eq!(one(log, append(stream, vec![known(1, &text)])), fresh([1]));
    }
    for (number, stream) in streams.into_iter().enumerate() {
        assert_eq!(texts(log, stream), numbered(&[(1, &number.to_string())]));
        assert_eq!(ends(log, stream), (1, 1));
    }
}

/// The messages of a live group and the taps on its counters share neither numbers, ids, bytes nor ends.
pub fn the_streams_of_one_group_are_isolated(place: &dyn Place) {
    let log = &*place.open();
    let (messages, taps) = (stream(1), counters(1));
    assert_eq!(one(log, append(messages, vec![known(1, "a"), known(2, "b")])), fresh([1, 2]));
    assert_eq!(ends(log, taps), (1, 0));
    assert_eq!(texts(log, taps), numbered(&[]));
    assert_eq!(one(log, append_after(0, taps, vec![known(1, "x")])), fresh([1]));
    assert_eq!(texts(log, messages), numbered(&[(1, "a"), (2, "b")]));
    assert_eq!(texts(log, taps), numbered(&[(1, "x")]));
    assert_eq!(one(log, trim(messages, 99)), LogOutcome::Trimmed(2));
    assert_eq!(ends(log, taps), (1, 1));
    assert_eq!(texts(log, taps), numbered(&[(1, "x")]));
    let ops = [append(messages, vec![known(1, "a")]), append(taps, vec![known(1, "x")])];
    assert_eq!(commit(log, &ops), [fresh([3]), appended(&[AppendOutcome::Duplicate(Seq(1))])]);
}

/// While one thread commits, another never sees part of a commit, and what it has seen stays.
pub fn a_reader_sees_whole_commits_only(place: &dyn Place) {
    const COMMITS: usize = 40;
    const RECORDS: usize = 5;
    let log = &*place.open();
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| watch(log, &finished, RECORDS));
        for _ in 0..COMMITS {
            let ops: Vec<_> = (0..RECORDS).map(|_| append(stream(1), vec![entry("a")])).collect();
            commit(log, &ops);
        }
        finished.store(true, Ordering::Release);
        assert!(reader.join().is_ok(), "the reader saw part of a commit");
    });
    assert_eq!(ends(log, stream(1)), (1, (COMMITS * RECORDS) as u64));
}

fn watch(log: &dyn ServerLog, finished: &AtomicBool, records: usize) {
    let mut seen = 0;
    while !finished.load(Ordering::Acquire) {
        let (_, last) = ends(log, stream(1));
        let found = texts(log, stream(1)).len();
        assert_eq!(last % records as u64, 0, "a head in the middle of a commit");
        assert_eq!(found % records, 0, "records in the middle of a commit");
        assert!(last >= seen, "a head that went back");
        assert!(found as u64 >= last, "a head before its records");
        seen = last;
    }
}
