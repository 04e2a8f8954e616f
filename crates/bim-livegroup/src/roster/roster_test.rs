//! The roster, case by case.

use std::collections::BTreeMap;

use bim_proto::ServerFrame;
use bim_types::limits::{FRAME_BYTES_MAX, PULSE_NAMES_MAX};
use bim_types::{ConversationShortId, LivePulse, Named, Presence, Role, Until};

use super::*;
use crate::counters::COUNTERS_PER_PULSE_MAX;

#[test]
fn a_user_is_counted_once_however_many_devices_it_has() {
    let mut roster = Roster::new();
    assert!(enter(&mut roster, 1, "ann"));
    assert!(!enter(&mut roster, 2, "ann"));
    assert!(!enter(&mut roster, 2, "ann"));
    assert_eq!((roster.users(), roster.connections().count()), (1, 2));
    assert_eq!(roster.leave(ConnectionId(1)), Some(Left { uid: uid("ann"), last: false }));
    assert_eq!(roster.connections_of(&uid("ann")).collect::<Vec<_>>(), [ConnectionId(2)]);
    assert_eq!(roster.leave(ConnectionId(2)), Some(Left { uid: uid("ann"), last: true }));
    assert_eq!(roster.leave(ConnectionId(2)), None);
    assert_eq!(roster.users(), 0);
}

#[test]
fn a_user_is_in_since_its_first_device_came() {
    let mut roster = Roster::new();
    roster.enter(ConnectionId(1), uid("ann"), None, wall(1));
    roster.enter(ConnectionId(2), uid("ann"), None, wall(2));
    roster.leave(ConnectionId(1));
    assert_eq!(roster.joined_at(&uid("ann")), Some(wall(1)));
}

#[test]
fn another_device_without_information_keeps_what_the_first_said() {
    let mut roster = Roster::new();
    roster.enter(ConnectionId(1), uid("ann"), Some(alias("Ann")), wall(1));
    roster.enter(ConnectionId(2), uid("ann"), None, wall(1));
    assert_eq!(roster.info(&uid("ann")), Some(&alias("Ann")));
    roster.enter(ConnectionId(3), uid("ann"), Some(alias("Anna")), wall(1));
    assert_eq!(roster.info(&uid("ann")), Some(&alias("Anna")));
}

#[test]
fn a_connection_that_enters_as_another_user_is_not_the_first_one_any_more() {
    let mut roster = Roster::new();
    enter(&mut roster, 1, "ann");
    assert!(enter(&mut roster, 1, "bob"));
    assert!(!roster.is_in(&uid("ann")));
    assert_eq!(roster.uid_of(ConnectionId(1)), Some(&uid("bob")));
}

#[test]
fn a_page_begins_after_the_last_user_of_the_one_before() {
    let mut roster = Roster::new();
    for (at, name) in ["cid", "ann", "bob"].into_iter().enumerate() {
        enter(&mut roster, at as u64, name);
    }
    let after = |uid: Option<&Uid>| roster.after(uid).map(|(uid, _)| uid.to_string()).collect::<Vec<_>>();
    assert_eq!(after(None), ["ann", "bob", "cid"]);
    assert_eq!(after(Some(&uid("ann"))), ["bob", "cid"]);
    assert_eq!(after(Some(&uid("bo"))), ["bob", "cid"]);
    assert_eq!(after(Some(&uid("cid"))), [""; 0]);
}

#[test]
fn one_who_came_and_went_between_two_pulses_is_not_told_of() {
    let mut roster = quiet();
    enter(&mut roster, 9, "bob");
    roster.leave(ConnectionId(9));
    assert_eq!(pulse(&mut roster), Some(count_only(1)));
    assert_eq!(pulse(&mut roster), None);
    assert!(!roster.has_news());
}

#[test]
fn one_who_left_and_came_back_is_not_told_of_unless_it_says_something_else_now() {
    let mut roster = quiet();
    roster.leave(ConnectionId(1));
    enter(&mut roster, 2, "ann");
    assert_eq!(pulse(&mut roster), Some(count_only(1)));
    roster.leave(ConnectionId(2));
    roster.enter(ConnectionId(3), uid("ann"), Some(alias("Ann")), wall(1));
    assert_eq!(told(&pulse(&mut roster).unwrap()), ["", "", "ann"]);
}

#[test]
fn one_who_came_and_changed_is_told_of_as_having_come() {
    let mut roster = quiet();
    enter(&mut roster, 2, "bob");
    assert!(roster.set_info(&uid("bob"), alias("Bob")));
    roster.record_changed(&uid("bob"));
    assert_eq!(told(&pulse(&mut roster).unwrap()), ["bob", "", ""]);
}

#[test]
fn information_that_is_as_it_was_is_no_news() {
    let mut roster = quiet();
    roster.set_info(&uid("ann"), MemberInfo::default());
    assert!(!roster.has_news());
    roster.set_info(&uid("ann"), alias("Ann"));
    roster.set_info(&uid("ann"), MemberInfo::default());
    assert_eq!(pulse(&mut roster), None);
    assert!(!roster.set_info(&uid("nobody"), alias("x")));
}

#[test]
fn a_change_of_a_record_that_is_not_in_the_roster_is_told_also_of_one_who_is_out() {
    let mut roster = quiet();
    roster.record_changed(&uid("ann"));
    roster.record_changed(&uid("owner"));
    assert_eq!(told(&pulse(&mut roster).unwrap()), ["", "", "ann owner"]);
}

#[test]
fn who_was_seen_in_a_list_and_left_before_the_pulse_is_told_of() {
    let mut roster = quiet();
    enter(&mut roster, 2, "bob");
    roster.list_read();
    roster.leave(ConnectionId(2));
    assert_eq!(told(&pulse(&mut roster).unwrap()), ["", "bob", ""]);
}

#[test]
fn who_was_missing_in_a_list_and_came_back_before_the_pulse_is_told_of() {
    let mut roster = quiet();
    roster.leave(ConnectionId(1));
    roster.list_read();
    enter(&mut roster, 2, "ann");
    assert_eq!(told(&pulse(&mut roster).unwrap()), ["ann", "", ""]);
}

#[test]
fn another_device_of_someone_who_is_in_is_no_news() {
    let mut roster = quiet();
    enter(&mut roster, 2, "ann");
    roster.leave(ConnectionId(1));
    assert_eq!((roster.has_news(), pulse(&mut roster)), (false, None));
}

#[test]
fn vips_are_named_beside_as_many_others_as_one_pulse_names() {
    let mut roster = Roster::new();
    for at in 0..1_000 {
        roster.enter(ConnectionId(at), number(at), None, wall(43_200));
    }
    let is_vip = |uid: &Uid| matches!(uid, Uid::Int(number) if number % 10 == 0);
    let parts = roster.take_pulse(is_vip, plain).unwrap();
    let vips = parts.joined.named.iter().filter(|member| is_vip(&member.uid)).count();
    assert_eq!((vips, parts.joined.named.len()), (100, 100 + PULSE_NAMES_MAX));
    assert_eq!(parts.joined.more, 1_000 - 150);
    assert!(parts.joined.named.is_sorted_by(|one, other| one.uid < other.uid));
}

#[test]
fn a_pulse_of_the_largest_records_fits_a_frame() {
    // Many entries, and few that are large.
    for (keys, marks) in [(16, 20), (1, 0), (0, 0)] {
        let mut roster = Roster::new();
        for at in 0..2_000 {
            roster.enter(ConnectionId(at), long_uid(at), None, wall(43_200));
        }
        roster.take_pulse(|_| true, plain);
        for at in 0..1_000 {
            roster.leave(ConnectionId(at));
            roster.record_changed(&long_uid(at + 1_000));
            roster.enter(ConnectionId(at + 5_000), long_uid(at + 5_000), None, wall(43_200));
        }
        let is_vip = |uid: &Uid| matches!(uid, Uid::Str(text) if text.contains('7'));
        let parts = roster.take_pulse(is_vip, |uid, _| heavy(uid.clone(), keys, marks)).unwrap();
        for (named, more) in [
            (parts.joined.named.len(), parts.joined.more),
            (parts.left.named.len(), parts.left.more),
            (parts.changed.named.len(), parts.changed.more),
        ] {
            assert_eq!(named as u64 + more, 1_000);
        }
        assert!(parts.left.named.len() >= 200);
        assert!(parts.joined.named.iter().filter(|member| is_vip(&member.uid)).count() >= 16);
        assert_fits_a_frame(parts);
    }
}

fn assert_fits_a_frame(parts: PulseParts) {
    let counters = (0..COUNTERS_PER_PULSE_MAX).map(|name| (format!("{name:0>64}"), u64::MAX));
    let frame = ServerFrame::LivePulse(LivePulse {
        conversation_short_id: ConversationShortId::new(i64::MAX).unwrap(),
        online_count: u64::MAX,
        joined: parts.joined,
        left: parts.left,
        changed: parts.changed,
        counters: counters.collect(),
    });
    let bytes = frame.clone().encode();
    assert!(bytes.len() < FRAME_BYTES_MAX, "{} bytes", bytes.len());
    assert_eq!(ServerFrame::decode(bytes), Ok(frame));
}

#[test]
fn a_record_takes_no_more_bytes_than_is_reckoned() {
    for member in
        [heavy(long_uid(7), 16, 20), Member::unknown(number(7)), Member::unknown(number(i64::MAX as u64 - 1))]
    {
        let bytes = |named: Vec<Member>| {
            let joined = Named { named, more: 0 };
            let conversation_short_id = ConversationShortId::new(1).unwrap();
            let PulseParts { online_count, left, changed, .. } = count_only(1);
            let counters = BTreeMap::new();
            let pulse = LivePulse { conversation_short_id, online_count, joined, left, changed, counters };
            ServerFrame::LivePulse(pulse).encode().len()
        };
        let taken = bytes(vec![member.clone()]) - bytes(Vec::new());
        let reckoned = pulse::Nameable::bytes(&member);
        assert!((taken..taken + 300).contains(&reckoned), "{taken} bytes, reckoned {reckoned}");
    }
}

#[test]
fn records_are_asked_for_only_of_those_who_are_named() {
    let mut roster = Roster::new();
    for at in 0..10_000 {
        roster.enter(ConnectionId(at), number(at), None, wall(43_200));
    }
    let asked = std::cell::Cell::new(0);
    let member = |uid: &Uid, _: Option<&Entry>| {
        asked.set(asked.get() + 1);
        heavy(uid.clone(), 16, 20)
    };
    let parts = roster.take_pulse(|_| false, member).unwrap();
    assert!(asked.get() <= parts.joined.named.len() + 1, "asked {}", asked.get());
    assert_eq!(parts.joined.named.len() as u64 + parts.joined.more, 10_000);
}

#[test]
fn everyone_is_let_go_at_once() {
    let mut roster = quiet();
    enter(&mut roster, 2, "bob");
    assert_eq!(roster.drain(), [ConnectionId(1), ConnectionId(2)]);
    assert_eq!((roster.users(), roster.has_news()), (0, false));
}

#[test]
fn an_idle_user_is_small() {
    assert!(size_of::<Uid>() <= 24);
    assert!(size_of::<Entry>() <= 48);
}

fn enter(roster: &mut Roster, connection: u64, name: &str) -> bool {
    roster.enter(ConnectionId(connection), uid(name), None, wall(43_200))
}

/// A room in which ann is, and everyone knows.
fn quiet() -> Roster {
    let mut roster = Roster::new();
    enter(&mut roster, 1, "ann");
    assert!(pulse(&mut roster).is_some());
    roster
}

fn pulse(roster: &mut Roster) -> Option<PulseParts> {
    roster.take_pulse(|_| false, plain)
}

fn count_only(online_count: u64) -> PulseParts {
    let (joined, left, changed) = Default::default();
    PulseParts { online_count, joined, left, changed }
}

/// Who joined, left and changed.
fn told(parts: &PulseParts) -> [String; 3] {
    let members = |list: &Named<Member>| list.named.iter().map(|member| member.uid.to_string()).collect();
    let left: Vec<String> = parts.left.named.iter().map(Uid::to_string).collect();
    [members(&parts.joined), left, members(&parts.changed)].map(|names: Vec<String>| names.join(" "))
}

fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

fn number(at: u64) -> Uid {
    Uid::int(at as i64 + 1).unwrap()
}

fn long_uid(at: u64) -> Uid {
    uid(&format!("{at:0>128}"))
}

fn wall(secs: u64) -> Wall {
    Wall::from_secs(secs)
}

fn alias(alias: &str) -> MemberInfo {
    MemberInfo { alias: alias.into(), ..MemberInfo::default() }
}

fn heavy(uid: Uid, keys: usize, marks: usize) -> Member {
    let ext: BTreeMap<String, String> =
        (0..keys).map(|at| (format!("{at:0>32}"), "x".repeat(4_096 / keys - 32))).collect();
    let info = MemberInfo { alias: "群".repeat(100), avatar_url: "u".repeat(1_024), ext };
    let far = Wall::from_millis(u64::MAX);
    Member {
        uid,
        role: Role::Admin,
        info,
        marks: (0..marks).map(|at| format!("{at:0>64}")).collect(),
        muted: Some(Until::At(far)),
        blocked: Some(Until::At(far)),
        exempt: true,
        presence: Some(Presence { joined_at: far, last_seen_at: far }),
    }
}

fn plain(uid: &Uid, _: Option<&Entry>) -> Member {
    Member::unknown(uid.clone())
}
