//! Attributes and counters: what is asked, what is told, and what a reconnect tells anew.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::{Joined, RequestBody, ResponseBody, ServerFrame, Taps};
use bim_types::limits::{REQUEST_TIMEOUT, TAP_INTERVAL};
use bim_types::{
    Attribute, AttributeCondition, AttributeWrite, Attributes, AttributesChanged, AttributesWritten,
    ErrorCode, LivePulse, Refusal, Wall,
};

use crate::testing::{
    Bench, decoded_request, group, joined, live, me, pulse, refused, refused_with, reply, request, resumed,
};
use crate::{Answer, Ask, CallId, Command, LiveEvent, Output};

fn attribute(key: &str, version: u64) -> Attribute {
    Attribute {
        key: key.into(),
        value: "v".into(),
        version,
        setter: me(),
        set_at: Wall::from_millis(1),
        expires_at: None,
        delete_on_leave: false,
    }
}

fn attributes(version: u64) -> Attributes {
    Attributes { attributes: vec![attribute("k", version)], version }
}

fn changed(version: u64) -> AttributesChanged {
    let set = vec![attribute("k", version)];
    AttributesChanged { conversation_short_id: group(), version, set, removed: vec!["old".into()] }
}

fn sums(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
    of.iter().map(|(name, sum)| ((*name).to_owned(), *sum)).collect()
}

/// Cuts the connection and rejoins; gives what the app hears of the answer.
fn rejoin_with(bench: &mut Bench, attributes: Attributes, counters: BTreeMap<String, u64>) -> Vec<Output> {
    bench.cut_and_redial();
    bench.dialed_and_welcomed();
    let id = bench.machine.last_request() - 1;
    let answer = Joined { attributes, counters, ..joined(10, resumed()) };
    let mut out = bench.answer(id, Ok(ResponseBody::JoinedLiveGroup(answer)));
    out.retain(|output| matches!(output, Output::Event(crate::Event::Live(_))));
    out
}

#[test]
fn attributes_are_written_read_and_told() {
    let mut bench = Bench::joined();
    let writes = vec![AttributeWrite::set("k", "v")];
    let (call, out) = bench.ask(Ask::WriteAttributes(group(), writes.clone()));
    assert_eq!(out, [request(1, 3, RequestBody::WriteLiveAttributes(group(), writes))]);
    let written = AttributesWritten { written: vec![attribute("k", 1)], failed: vec![], version: 1 };
    let out = bench.answer(3, Ok(ResponseBody::LiveAttributesWritten(written.clone())));
    assert_eq!(out, [reply(call, Answer::AttributesWritten(written))]);
    let out = bench.frame(ServerFrame::LiveAttributesChanged(changed(1)));
    assert_eq!(out, [live(LiveEvent::AttributesChanged(changed(1)))]);
    let (call, out) = bench.ask(Ask::ReadAttributes(group(), vec![]));
    assert_eq!(out, [request(1, 4, RequestBody::ReadLiveAttributes(group(), vec![]))]);
    let out = bench.answer(4, Ok(ResponseBody::LiveAttributes(attributes(1))));
    assert_eq!(out, [reply(call, Answer::Attributes(attributes(1)))]);
}

#[test]
fn writes_that_can_not_be_kept_are_refused_without_a_round_trip() {
    let mut bench = Bench::joined();
    let large = || AttributeWrite::set("k", "x".repeat(4096));
    for (writes, code) in [
        (vec![], ErrorCode::InvalidRequest),
        (vec![AttributeWrite::remove("k"); 101], ErrorCode::InvalidRequest),
        (vec![AttributeWrite::set("", "v")], ErrorCode::InvalidRequest),
        (vec![AttributeWrite::set("k", "x".repeat(4097))], ErrorCode::InvalidRequest),
        (vec![large(); 16], ErrorCode::TouchLimit),
    ] {
        let (call, out) = bench.ask(Ask::WriteAttributes(group(), writes));
        assert_eq!((out.len(), refused_with(&out, call)), (1, Some(code)));
    }
    let (call, out) = bench.ask(Ask::ReadAttributes(group(), vec!["k".into(); 101]));
    assert_eq!((out.len(), refused_with(&out, call)), (1, Some(ErrorCode::InvalidRequest)));
}

#[test]
fn a_write_on_a_condition_is_not_repeated_blindly() {
    let mut bench = Bench::connected();
    let plain = vec![AttributeWrite::set("k", "v")];
    let on_condition = vec![AttributeWrite::set("k", "v").only_if(AttributeCondition::Absent)];
    let (first, _) = bench.ask(Ask::WriteAttributes(group(), plain.clone()));
    let (second, _) = bench.ask(Ask::WriteAttributes(group(), on_condition));
    let out = bench.cut_and_redial();
    assert_eq!(refused_with(&out, first), None);
    assert_eq!(refused_with(&out, second), Some(ErrorCode::OutcomeUnknown));
    let out = bench.dialed_and_welcomed();
    assert_eq!(out[1..], [request(2, 2, RequestBody::WriteLiveAttributes(group(), plain))]);
}

#[test]
fn attributes_that_changed_while_away_are_told_as_a_whole_and_others_are_not() {
    let mut bench = Bench::joined();
    bench.frame(ServerFrame::LiveAttributesChanged(changed(3)));
    assert_eq!(rejoin_with(&mut bench, attributes(3), BTreeMap::new()), []);
    let told = LiveEvent::AttributesSnapshot { group: group(), attributes: attributes(5) };
    assert_eq!(rejoin_with(&mut bench, attributes(5), BTreeMap::new()), [live(told)]);
    assert_eq!(bench.frame(ServerFrame::LiveAttributesChanged(changed(4))), [], "it is in the snapshot");
    assert_eq!(bench.frame(ServerFrame::LiveAttributesChanged(changed(6))).len(), 1);
}

#[test]
fn counters_are_told_when_they_change_and_known_without_asking() {
    let mut bench = Bench::joined();
    let told = |counters: &[(&str, u64)]| {
        live(LiveEvent::CountersChanged { group: group(), counters: sums(counters) })
    };
    let first = LivePulse { counters: sums(&[("a", 1), ("b", 2)]), ..pulse() };
    let out = bench.frame(ServerFrame::LivePulse(first.clone()));
    assert_eq!(out, [live(LiveEvent::Pulse(first)), told(&[("a", 1), ("b", 2)])]);
    let out = rejoin_with(&mut bench, Attributes::default(), sums(&[("a", 1), ("b", 5), ("c", 1)]));
    assert_eq!(out, [told(&[("b", 5), ("c", 1)])]);
    let (call, out) = bench.command(Command::Counters(group()));
    assert_eq!(out, [reply(call, Answer::Counters(sums(&[("a", 1), ("b", 5), ("c", 1)])))]);
    let late = LivePulse { counters: sums(&[("b", 4)]), ..pulse() };
    assert_eq!(bench.frame(ServerFrame::LivePulse(late.clone())), [live(LiveEvent::Pulse(late))]);
}

fn tap(bench: &mut Bench, counter: &str, amount: u64) -> (CallId, Vec<Output>) {
    bench.command(Command::Tap { group: group(), counter: counter.into(), amount })
}

/// The batches among what is sent, with the numbers of their requests.
fn batches(out: &[Output]) -> Vec<(u64, Taps)> {
    let batch = |output: &Output| match decoded_request(output)? {
        (id, RequestBody::TapLiveCounters(taps)) => Some((id, taps)),
        _ => None,
    };
    out.iter().filter_map(batch).collect()
}

fn one_batch(out: &[Output]) -> (u64, Taps) {
    let mut batches = batches(out);
    assert_eq!(batches.len(), 1, "{out:?}");
    batches.remove(0)
}

#[test]
fn taps_are_taken_at_once_and_sent_together() {
    let mut bench = Bench::joined();
    for _ in 0..1000 {
        let (call, out) = tap(&mut bench, "likes", 1);
        assert_eq!(out, [reply(call, Answer::Done)]);
    }
    tap(&mut bench, "gifts", 3);
    let began = bench.now;
    let (id, taps) = one_batch(&bench.wait());
    assert_eq!(bench.now.since(began), TAP_INTERVAL);
    assert_eq!((taps.group, taps.taps), (group(), sums(&[("gifts", 3), ("likes", 1000)])));
    tap(&mut bench, "likes", 1);
    assert_eq!(batches(&bench.advance(TAP_INTERVAL)), [], "one batch at a time");
    let out = bench.answer(id, Ok(ResponseBody::LiveCounters(sums(&[("likes", 5000), ("gifts", 3)]))));
    let counters = sums(&[("likes", 5000), ("gifts", 3)]);
    assert_eq!(out[0], live(LiveEvent::CountersChanged { group: group(), counters }));
    let (_, next) = one_batch(&out);
    assert_eq!(next.taps, sums(&[("likes", 1)]), "its time had come already");
    assert_ne!(next.batch_id, taps.batch_id);
}

#[test]
fn an_answered_batch_leaves_nothing_to_wake_up_for() {
    let mut bench = Bench::joined();
    let quiet = bench.machine.next_deadline();
    tap(&mut bench, "likes", 1);
    assert!(bench.machine.next_deadline() < quiet);
    let (id, _) = one_batch(&bench.wait());
    bench.answer(id, Ok(ResponseBody::LiveCounters(BTreeMap::new())));
    assert!(bench.machine.next_deadline() >= quiet);
}

#[test]
fn a_batch_whose_answer_was_lost_is_sent_again_under_its_id() {
    let mut bench = Bench::joined();
    tap(&mut bench, "likes", 2);
    let (id, taps) = one_batch(&bench.wait());
    tap(&mut bench, "likes", 5);
    let mut out = bench.cut_and_redial();
    out.extend(bench.dialed_and_welcomed());
    assert_eq!(batches(&out), [], "not before the group is entered again");
    assert_eq!(one_batch(&bench.rejoin(10)), (id, taps.clone()));
    let out = bench.answer(id, Ok(ResponseBody::LiveCounters(sums(&[("likes", 2)]))));
    let next = if batches(&out).is_empty() { bench.advance(TAP_INTERVAL) } else { out };
    assert_eq!(one_batch(&next).1.taps, sums(&[("likes", 5)]));
}

#[test]
fn taps_made_while_away_are_sent_when_the_client_is_back() {
    let mut bench = Bench::joined();
    let link = bench.link();
    bench.input(crate::Input::Closed(link));
    let (call, out) = tap(&mut bench, "likes", 2);
    assert_eq!(out, [reply(call, Answer::Done)]);
    bench.wait();
    bench.dialed_and_welcomed();
    bench.rejoin(10);
    assert_eq!(one_batch(&bench.advance(TAP_INTERVAL)).1.taps, sums(&[("likes", 2)]));
}

#[test]
fn a_batch_that_is_refused_for_now_is_sent_again_when_the_server_says() {
    let mut bench = Bench::joined();
    tap(&mut bench, "likes", 2);
    let (id, taps) = one_batch(&bench.wait());
    let after = Duration::from_secs(3);
    let out = bench.answer(id, Err(Refusal::new(ErrorCode::MessageFrequency).retry_after(after)));
    assert_eq!(out, []);
    let refused_at = bench.now;
    let (again, same) = one_batch(&bench.wait());
    assert_eq!((bench.now.since(refused_at), &same), (after, &taps));
    assert_ne!(again, id);
}

#[test]
fn a_batch_without_an_answer_is_sent_again_under_its_id() {
    let mut bench = Bench::joined();
    tap(&mut bench, "likes", 2);
    let (_, taps) = one_batch(&bench.wait());
    bench.now = bench.now + REQUEST_TIMEOUT;
    let mut out = bench.frame(ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    out.extend(bench.advance(TAP_INTERVAL));
    assert_eq!(one_batch(&out).1, taps);
}

#[test]
fn taps_that_are_refused_for_good_are_told_as_lost() {
    let mut bench = Bench::joined();
    tap(&mut bench, "likes", 2);
    let (id, _) = one_batch(&bench.wait());
    let reason = Refusal::new(ErrorCode::TouchLimit).limit(64);
    let out = bench.answer(id, Err(reason.clone()));
    let lost = LiveEvent::TapsRefused { group: group(), lost: sums(&[("likes", 2)]), reason };
    assert_eq!(out, [live(lost)]);
    tap(&mut bench, "other", 1);
    assert_eq!(one_batch(&bench.advance(TAP_INTERVAL)).1.taps, sums(&[("other", 1)]));
}

#[test]
fn a_tap_that_can_not_be_taken_is_told_too() {
    let mut bench = Bench::joined();
    let (call, out) = tap(&mut bench, "", 1);
    assert_eq!((out.len(), refused_with(&out, call)), (2, Some(ErrorCode::InvalidRequest)));
    let mut outside = Bench::connected();
    let (call, out) = tap(&mut outside, "likes", 4);
    let Output::Event(crate::Event::Live(LiveEvent::TapsRefused { lost, reason, .. })) = &out[0] else {
        panic!("{out:?}")
    };
    assert_eq!((lost, reason.code), (&sums(&[("likes", 4)]), ErrorCode::UserNotInGroup));
    assert_eq!(out[1], refused(call, reason.clone()));
    let (call, out) = outside.command(Command::Counters(group()));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::UserNotInGroup));
}

#[test]
fn leaving_sends_what_was_gathered_first() {
    let mut bench = Bench::joined();
    tap(&mut bench, "likes", 2);
    let (call, out) = bench.ask(Ask::Leave(group()));
    let (id, taps) = one_batch(&out);
    assert_eq!(taps.taps, sums(&[("likes", 2)]));
    assert_eq!(out[1], request(1, id + 1, RequestBody::LeaveLiveGroup(group())));
    assert_eq!(bench.answer(id + 1, Ok(ResponseBody::Done)), [reply(call, Answer::Done)]);
    assert_eq!(bench.answer(id, Ok(ResponseBody::LiveCounters(sums(&[("likes", 2)])))), []);
}

#[test]
fn taps_that_wait_when_the_membership_or_the_session_ends_are_told_as_lost() {
    let mut bench = Bench::joined();
    tap(&mut bench, "likes", 2);
    one_batch(&bench.wait());
    tap(&mut bench, "likes", 3);
    let (_, out) = bench.command(Command::Logout);
    let told = |lost: &[(&str, u64)], code: ErrorCode| {
        live(LiveEvent::TapsRefused { group: group(), lost: sums(lost), reason: code.into() })
    };
    assert!(out.contains(&told(&[("likes", 5)], ErrorCode::Cancelled)), "{out:?}");

    let mut bench = Bench::joined();
    tap(&mut bench, "likes", 2);
    let (id, _) = one_batch(&bench.wait());
    tap(&mut bench, "likes", 3);
    let kicked = bim_types::GroupChange::Kicked { uids: vec![me()], blocked: false };
    let out = bench.frame(ServerFrame::LiveEvent(bim_types::GroupEvent {
        conversation_short_id: group(),
        version: 2,
        operator: None,
        change: kicked,
    }));
    assert!(out.contains(&told(&[("likes", 3)], ErrorCode::UserNotInGroup)), "{out:?}");
    let out = bench.answer(id, Err(ErrorCode::UserNotInGroup.into()));
    assert_eq!(out, [told(&[("likes", 2)], ErrorCode::UserNotInGroup)], "each batch is answered for itself");
}
