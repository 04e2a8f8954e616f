//! Attributes, case by case.

use std::time::Duration;

use bim_types::limits::{ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_MAX};
use bim_types::{AttributeCondition, ConversationShortId, ErrorCode, Wall};

use super::*;

#[test]
fn each_write_is_done_or_refused_by_itself() {
    let mut board = board();
    write(&mut board, at(0), vec![AttributeWrite::set("seat", "ann")]);
    let taken = AttributeWrite::set("seat", "bob").only_if(AttributeCondition::Absent);
    let plan = board.plan(at(1), &uid("bob"), vec![taken, AttributeWrite::set("song", "la")]);
    assert_eq!(failures(&plan), [("seat", ErrorCode::ConditionFailed, Some("ann"))]);
    assert_eq!(keys(&plan.outcome.written), ["song"]);
    assert_eq!((plan.outcome.version, plan.set[0].version), (2, 2));
    assert_eq!((plan.set[0].setter.clone(), plan.set[0].set_at), (uid("bob"), at(1).wall));
}

#[test]
fn of_two_writers_with_the_same_version_one_succeeds() {
    let mut board = board();
    write(&mut board, at(0), vec![AttributeWrite::set("seat", "free")]);
    let claim = |who| AttributeWrite::set("seat", who).only_if(AttributeCondition::Version(1));
    assert_eq!(write(&mut board, at(1), vec![claim("ann")]).failed, []);
    let second = board.plan(at(1), &uid("bob"), vec![claim("bob")]);
    assert_eq!(failures(&second), [("seat", ErrorCode::ConditionFailed, Some("ann"))]);
    assert!(!second.is_change());
    assert_eq!(second.next, *board.stored());
}

#[test]
fn a_version_never_holds_of_what_is_not_there() {
    let claim = AttributeWrite::set("seat", "ann").only_if(AttributeCondition::Version(0));
    let plan = board().plan(at(0), &uid("ann"), vec![claim]);
    assert_eq!(failures(&plan), [("seat", ErrorCode::ConditionFailed, None)]);
}

#[test]
fn removing_what_is_not_there_is_done_and_changes_nothing() {
    let plan = board().plan(at(0), &uid("ann"), vec![AttributeWrite::remove("seat")]);
    assert_eq!((plan.outcome.failed.len(), plan.is_change(), plan.next.version), (0, false, 0));
    assert_eq!(plan.changed(group()), None);
}

#[test]
fn what_was_removed_is_told_with_the_version_of_its_removal() {
    let mut board = board();
    write(&mut board, at(0), vec![AttributeWrite::set("seat", "ann")]);
    let plan = board.plan(at(1), &uid("ann"), vec![AttributeWrite::remove("seat")]);
    let changed = plan.changed(group()).unwrap();
    assert_eq!((changed.version, changed.set, changed.removed), (2, vec![], vec!["seat".to_owned()]));
}

#[test]
fn a_key_may_stand_in_a_call_once() {
    let writes = vec![AttributeWrite::set("seat", "ann"), AttributeWrite::remove("seat")];
    let plan = board().plan(at(0), &uid("ann"), writes);
    assert_eq!(failures(&plan), [("seat", ErrorCode::InvalidRequest, None)]);
    assert_eq!(keys(&plan.set), ["seat"]);
}

#[test]
fn a_key_that_is_too_long_is_cut_in_the_answer() {
    let plan = board().plan(at(0), &uid("ann"), vec![AttributeWrite::set("群".repeat(90_000), "x")]);
    assert_eq!(failures(&plan), [("群".repeat(42).as_str(), ErrorCode::InvalidRequest, None)]);
}

#[test]
fn one_attribute_too_many_is_refused_and_one_that_is_there_may_be_written() {
    let mut board = board();
    for number in 0..ATTRIBUTES_MAX {
        write(&mut board, at(0), vec![AttributeWrite::set(number.to_string(), "x")]);
    }
    let more = vec![AttributeWrite::set("more", "x"), AttributeWrite::set("7", "y")];
    let plan = board.plan(at(0), &uid("ann"), more.clone());
    assert_eq!(failures(&plan), [("more", ErrorCode::TouchLimit, None)]);
    assert_eq!(plan.outcome.failed[0].reason.limit, Some(ATTRIBUTES_MAX as u64));
    let mut with_place = vec![AttributeWrite::remove("8")];
    with_place.extend(more);
    assert_eq!(failures(&board.plan(at(0), &uid("ann"), with_place)), []);
}

#[test]
fn one_byte_too_many_is_refused() {
    let mut board = board();
    let value = "x".repeat(ATTRIBUTE_VALUE_BYTES_MAX - 2);
    for number in 10..26 {
        assert_eq!(
            write(&mut board, at(0), vec![AttributeWrite::set(number.to_string(), &value)]).failed,
            []
        );
    }
    let plan = board.plan(at(0), &uid("ann"), vec![AttributeWrite::set("k", "")]);
    assert_eq!(failures(&plan), [("k", ErrorCode::TouchLimit, None)]);
    assert_eq!(plan.outcome.failed[0].reason.limit, Some(ATTRIBUTES_BYTES_MAX as u64));
    let smaller = vec![AttributeWrite::set("10", &value[1..]), AttributeWrite::set("k", "")];
    assert_eq!(failures(&board.plan(at(0), &uid("ann"), smaller)), []);
}

#[test]
fn what_expired_is_absent_at_once_wherever_it_is_asked_for() {
    let mut board = board();
    write(&mut board, at(0), vec![lasting("lock", 5), AttributeWrite::set("song", "la")]);
    assert_eq!(board.next_expiry(), Some(at(5).mono));
    assert_eq!(read(&board, at(4)), ["lock", "song"]);
    assert_eq!(board.expired(at(4).mono), [""; 0]);
    assert_eq!(read(&board, at(5)), ["song"]);
    assert_eq!(board.expired(at(5).mono), ["lock"]);
    let absent = AttributeWrite::set("lock", "bob").only_if(AttributeCondition::Absent);
    let plan = board.plan(at(5), &uid("bob"), vec![absent]);
    assert_eq!((failures(&plan), keys(&plan.set), plan.removed.len()), (vec![], vec!["lock".to_owned()], 0));
    let expired = board.plan_removal(at(5).mono, &board.expired(at(5).mono));
    assert_eq!((expired.removed, expired.next.version), (vec!["lock".to_owned()], 3));
}

#[test]
fn any_plan_takes_out_what_expired() {
    let mut board = board();
    write(&mut board, at(0), vec![lasting("lock", 5)]);
    let plan = board.plan(at(6), &uid("ann"), vec![AttributeWrite::set("song", "la")]);
    assert_eq!((plan.removed, plan.next.attributes.len()), (vec!["lock".to_owned()], 1));
}

#[test]
fn a_step_of_the_clock_moves_no_expiry() {
    let mut board = board();
    write(&mut board, at(0), vec![lasting("lock", 5)]);
    let stepped = Now { mono: at(1).mono, wall: Wall::from_secs(999_999) };
    let plan = board.plan(stepped, &uid("ann"), vec![AttributeWrite::set("song", "la")]);
    assert_eq!(plan.next.attributes.len(), 2);
    board.replace(plan.next, stepped);
    assert_eq!(board.next_expiry(), Some(at(5).mono));
}

#[test]
fn a_value_written_again_expires_anew() {
    let mut board = board();
    write(&mut board, at(0), vec![lasting("lock", 5)]);
    write(&mut board, at(3), vec![lasting("lock", 5)]);
    assert_eq!(board.next_expiry(), Some(at(8).mono));
    write(&mut board, at(4), vec![AttributeWrite::set("lock", "ann")]);
    assert_eq!(board.next_expiry(), None);
}

#[test]
fn after_a_restart_expiry_goes_by_the_civil_time_of_the_record() {
    let mut before = board();
    write(&mut before, at(0), vec![lasting("lock", 5), lasting("past", 1)]);
    let restarted = Now { mono: Mono::from_micros(77), wall: at(2).wall };
    let after = AttributeBoard::new(before.stored().clone(), restarted);
    assert_eq!(after.expired(restarted.mono), ["past"]);
    let removal = after.plan_removal(restarted.mono, &after.expired(restarted.mono));
    let mut after = after;
    after.replace(removal.next, restarted);
    assert_eq!(after.next_expiry(), Some(restarted.mono + Duration::from_secs(3)));
}

#[test]
fn what_goes_with_its_setter_is_what_it_set_last() {
    let mut board = board();
    let seat = AttributeWrite { delete_on_leave: true, ..AttributeWrite::set("seat", "1") };
    let light = AttributeWrite { key: "light".into(), ..seat.clone() };
    write(&mut board, at(0), vec![seat.clone(), light, AttributeWrite::set("song", "la")]);
    let plan = board.plan(at(1), &uid("bob"), vec![seat]);
    board.replace(plan.next, at(1));
    assert_eq!(board.of_leaver(&uid("ann")), ["light"]);
    assert_eq!(board.of_leaver(&uid("bob")), ["seat"]);
    let gone = board.plan_removal(at(2).mono, &board.of_leaver(&uid("ann")));
    assert_eq!((gone.removed, gone.next.attributes.len()), (vec!["light".to_owned()], 2));
}

#[test]
fn some_keys_are_read_in_their_order_and_once() {
    let mut board = board();
    write(&mut board, at(0), ["c", "a", "b"].map(|key| AttributeWrite::set(key, "x")).to_vec());
    let wanted = ["c", "a", "c", "none"].map(String::from);
    assert_eq!(keys(&board.read(at(0).mono, &wanted).attributes), ["a", "c"]);
}

fn board() -> AttributeBoard {
    AttributeBoard::new(StoredLiveAttributes::default(), at(0))
}

/// Writes by ann, stored.
fn write(board: &mut AttributeBoard, now: Now, writes: Vec<AttributeWrite>) -> bim_types::AttributesWritten {
    let plan = board.plan(now, &uid("ann"), writes);
    board.replace(plan.next, now);
    plan.outcome
}

fn read(board: &AttributeBoard, now: Now) -> Vec<String> {
    keys(&board.read(now.mono, &[]).attributes)
}

fn keys(attributes: &[Attribute]) -> Vec<String> {
    attributes.iter().map(|attribute| attribute.key.clone()).collect()
}

fn failures(plan: &AttributePlan) -> Vec<(&str, ErrorCode, Option<&str>)> {
    let failed = plan.outcome.failed.iter();
    failed
        .map(|failed| {
            let present = failed.present.as_ref().map(|present| present.value.as_str());
            (failed.key.as_str(), failed.reason.code, present)
        })
        .collect()
}

fn lasting(key: &str, secs: u64) -> AttributeWrite {
    AttributeWrite { expires_in: Some(Duration::from_secs(secs)), ..AttributeWrite::set(key, "x") }
}

/// So many seconds after the start, on both clocks.
fn at(secs: u64) -> Now {
    Now { mono: Mono::from_micros(1_000_000 * (secs + 1)), wall: Wall::from_secs(1_000 + secs) }
}

fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

fn group() -> ConversationShortId {
    ConversationShortId::new(1).unwrap()
}
