//! Golden bytes: every fixture is what its value encodes to, and reads as its value.

use std::collections::BTreeSet;

use bim_proto::{ClientFrame, ServerFrame};

use crate::words::Words;
use crate::{fixture, sample};

#[test]
fn every_value_encodes_to_its_golden_bytes() {
    for (name, words) in sample::all() {
        assert_eq!(fixture::as_hex(&words.encode()), fixture::as_hex(&fixture::bytes(name)), "{name}");
    }
}

#[test]
fn golden_bytes_read_as_their_value() {
    for (name, words) in sample::all() {
        assert_eq!(words.family().decode(fixture::bytes(name)), Ok(words), "{name}");
    }
}

#[test]
fn every_fixture_has_a_value_and_no_value_stands_twice() {
    let refused = sample::not_read_any_more().map(|(name, ..)| name.to_owned());
    let values: Vec<_> = sample::all().into_iter().map(|(name, _)| name.to_owned()).chain(refused).collect();
    let names: BTreeSet<_> = values.iter().cloned().collect();
    assert_eq!(names.len(), values.len());
    assert_eq!(fixture::names(), names.into_iter().collect::<Vec<_>>());
}

#[test]
fn golden_bytes_of_frames_that_nobody_sent_are_refused_by_the_field_that_is_missing() {
    for (name, family, error) in sample::not_read_any_more() {
        assert_eq!(family.decode(fixture::bytes(name)), Err(error), "{name}");
    }
}

#[test]
fn what_both_sides_send_reads_the_same_on_both_sides() {
    for name in ["ping", "pong", "pong_of_a_client", "goodbye", "goodbye_ordinary"] {
        let bytes = fixture::bytes(name);
        let same = match (ClientFrame::decode(bytes.clone()), ServerFrame::decode(bytes.clone())) {
            (Ok(ClientFrame::Ping(one)), Ok(ServerFrame::Ping(other))) => one == other,
            (Ok(ClientFrame::Pong(one)), Ok(ServerFrame::Pong(other))) => one == other,
            (Ok(ClientFrame::Goodbye(one)), Ok(ServerFrame::Goodbye(other))) => one == other,
            differing => panic!("{name}: {differing:?}"),
        };
        assert!(same, "{name}");
        let back = Words::Client(ClientFrame::decode(bytes.clone()).unwrap()).encode();
        assert_eq!(back, Words::Server(ServerFrame::decode(bytes).unwrap()).encode(), "{name}");
    }
}

#[test]
fn a_token_or_key_of_a_fixture_does_not_print() {
    for (name, words) in sample::all() {
        let printed = format!("{words:?}");
        assert!(!printed.contains("head."), "{name}");
        assert!(!printed.contains("255, 255"), "{name}");
    }
}
