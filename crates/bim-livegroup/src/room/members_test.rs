//! Members as others see them, page by page, and what they say about themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use bim_types::{
    ConnectionId, ErrorCode, Measure, MemberInfo, MemberInfoChange, MemberList, Presence, Role, Uid, Wall,
};
use proptest::prelude::*;

use super::testing::{
    actor, app_server, at, code, connection, done, enter, owner, room, room_with, uid, uids,
};
use super::{Actor, Room};

#[test]
fn residents_are_listed_whether_they_are_in_or_not_and_nobody_else_is() {
    let mut room = room_with(&["admin", "b"], &["v"]);
    room.leave(connection("admin"));
    assert_eq!(all(&room, MemberList::Resident, None), uids(&["admin", "b", "owner"]));
    enter(&mut room, "owner");
    room.leave(connection("b"));
    assert_eq!(all(&room, MemberList::Resident, None), uids(&["admin", "b", "owner"]));
    assert_eq!(all(&room, MemberList::Online, None), uids(&["owner", "v"]));
}

#[test]
fn each_list_has_those_it_is_about_in_the_order_of_uids() {
    let mut room = room_with(&["admin"], &["w", "v"]);
    done(&mut room, &owner(), Measure::Mute(uids(&["z", "w"]), Duration::ZERO));
    done(&mut room, &owner(), Measure::Exempt(uids(&["y", "v"])));
    done(&mut room, &owner(), Measure::Block(uids(&["b2", "b1"]), Duration::ZERO));
    let expected = [
        (MemberList::Resident, ["admin", "owner"].as_slice()),
        (MemberList::Online, &["admin", "v", "w"]),
        (MemberList::Muted, &["w", "z"]),
        (MemberList::Exempt, &["v", "y"]),
        (MemberList::Blocked, &["b1", "b2"]),
    ];
    assert_eq!(expected.map(|(list, _)| list), MemberList::ALL);
    for (list, names) in expected {
        assert_eq!(all(&room, list, None), uids(names), "{list:?}");
        for page in 1..4 {
            assert_eq!(paged(&mut room, list, None, page, |_, _| {}), uids(names), "{list:?} by {page}");
        }
        assert_eq!(room.listed(list, Some(&uid(names[0])), None).count(), names.len() - 1);
    }
}

#[test]
fn integers_come_before_strings_and_in_the_order_of_numbers() {
    let mut room = room();
    let mixed = [Uid::int(10).unwrap(), Uid::int(9).unwrap(), uid("10"), uid("9")];
    for (who, id) in mixed.iter().zip(1..) {
        let actor = Actor { uid: who.clone(), connection: ConnectionId(id), ..actor("any") };
        room.join(at(0), &actor, None, None);
    }
    let [ten, nine, ten_text, nine_text] = mixed;
    assert_eq!(all(&room, MemberList::Online, None), [nine, ten, ten_text, nine_text]);
}

#[test]
fn a_mark_leaves_only_those_who_have_it_on_every_list() {
    let mut room = room_with(&["admin"], &["v", "w"]);
    done(&mut room, &owner(), Measure::AddMarkTypes(vec!["vip".into(), "old".into()]));
    done(&mut room, &owner(), Measure::Mark("vip".into(), uids(&["v", "away", "admin", "m"])));
    done(&mut room, &owner(), Measure::Mark("old".into(), uids(&["w"])));
    done(&mut room, &owner(), Measure::Mute(uids(&["m", "w"]), Duration::ZERO));
    assert_eq!(all(&room, MemberList::Online, Some("vip")), uids(&["admin", "v"]));
    assert_eq!(all(&room, MemberList::Resident, Some("vip")), uids(&["admin"]));
    assert_eq!(all(&room, MemberList::Muted, Some("vip")), uids(&["m"]));
    assert_eq!(all(&room, MemberList::Exempt, Some("vip")), []);
    assert_eq!(all(&room, MemberList::Online, Some("none")), []);
    let paged = paged(&mut room, MemberList::Online, Some("vip"), 1, |_, _| {});
    assert_eq!(paged, uids(&["admin", "v"]));
}

#[test]
fn a_block_is_shown_to_those_only_who_may_read_the_list() {
    let mut room = room_with(&[], &["v"]);
    done(&mut room, &owner(), Measure::Block(uids(&["b"]), Duration::ZERO));
    let heard = |_| at(0).wall;
    assert_eq!(room.member(&uid("b"), &heard, false).blocked, None);
    assert!(room.member(&uid("b"), &heard, true).blocked.is_some());
    let own = room.conversation(&uid("b"), connection("b"), &heard).me.unwrap();
    assert_eq!(own.blocked, None);
}

#[test]
fn a_user_is_there_since_its_first_device_and_was_heard_on_any() {
    let mut room = room();
    let second = Actor { connection: ConnectionId(2), ..actor("v") };
    room.join(at(5), &actor("v"), None, None);
    room.join(at(8), &second, None, None);
    let heard = |id| if id == ConnectionId(2) { at(20).wall } else { at(9).wall };
    let presence = |room: &Room| room.member(&uid("v"), &heard, false).presence;
    let expected = |last_seen_at: Wall| Some(Presence { joined_at: at(5).wall, last_seen_at });
    assert_eq!(presence(&room), expected(at(20).wall));
    assert_eq!(room.state().online_count, 1);
    room.leave(ConnectionId(2));
    assert_eq!(presence(&room), expected(at(9).wall));
    room.leave(connection("v"));
    assert_eq!(presence(&room), None);
    assert_eq!(room.member(&uid("v"), &heard, false), bim_types::Member::unknown(uid("v")));
}

#[test]
fn what_a_resident_says_about_itself_is_kept_and_comes_back_with_it() {
    let mut room = room();
    let plan = room.plan_info(&owner(), None, alias("Olga")).unwrap();
    assert_eq!(plan.uid, uid("owner"));
    room.replace_roll(plan.roll.expect("an owner's is kept"), 1, at(0));
    room.set_info(&plan.uid, plan.info);
    assert_eq!(said(&room, "owner"), "Olga", "an owner needs not be in");
    enter(&mut room, "owner");
    assert_eq!(said(&room, "owner"), "Olga");
    room.leave(connection("owner"));
    room.join(at(0), &owner(), Some(MemberInfo { alias: "O.".into(), ..MemberInfo::default() }), None);
    assert_eq!(said(&room, "owner"), "O.", "what it says as it comes in counts while it is in");
    let pulse = room.take_pulse(at(0).wall).unwrap();
    assert_eq!(pulse.joined.named[0].info.alias, "O.");
}

#[test]
fn what_an_ordinary_member_says_about_itself_lasts_as_long_as_it_is_in() {
    let mut room = room_with(&[], &["v"]);
    let plan = room.plan_info(&actor("v"), None, alias("Vera")).unwrap();
    assert_eq!(plan.roll, None);
    room.set_info(&plan.uid, plan.info);
    let avatar = MemberInfoChange { avatar_url: Some("a.png".into()), ..MemberInfoChange::default() };
    let plan = room.plan_info(&actor("v"), Some(uid("v")), avatar).unwrap();
    assert_eq!((plan.info.alias.as_str(), plan.info.avatar_url.as_str()), ("Vera", "a.png"));
    room.leave(connection("v"));
    enter(&mut room, "v");
    assert_eq!(said(&room, "v"), "");
}

#[test]
fn only_the_apps_server_speaks_for_others_and_only_for_those_who_are_known() {
    let mut room = room_with(&["admin"], &["v"]);
    room.leave(connection("admin"));
    for who in [owner(), actor("admin"), actor("v")] {
        let other = if who.uid == uid("v") { "admin" } else { "v" };
        assert_eq!(code(room.plan_info(&who, Some(uid(other)), alias("x"))), ErrorCode::UserForbidden);
    }
    assert_eq!(code(room.plan_info(&actor("gone"), None, alias("x"))), ErrorCode::UserNotInGroup);
    let server = app_server();
    assert!(room.plan_info(&server, Some(uid("v")), alias("x")).unwrap().roll.is_none());
    assert!(room.plan_info(&server, Some(uid("admin")), alias("x")).unwrap().roll.is_some());
    assert_eq!(code(room.plan_info(&server, Some(uid("gone")), alias("x"))), ErrorCode::UserNotInGroup);
    assert_eq!(code(room.plan_info(&server, None, alias("x"))), ErrorCode::UserNotInGroup);
}

#[test]
fn what_is_too_long_is_not_said() {
    let room = room_with(&[], &["v"]);
    assert!(room.plan_info(&actor("v"), None, alias(&"é".repeat(100))).is_ok());
    assert_eq!(code(room.plan_info(&actor("v"), None, alias(&"é".repeat(101)))), ErrorCode::InvalidRequest);
}

#[test]
fn a_pulse_names_who_came_and_whose_record_changed() {
    let mut room = room_with(&["admin"], &["v"]);
    let pulse = room.take_pulse(at(1).wall).unwrap();
    let joined: Vec<(Uid, Role)> = pulse.joined.named.into_iter().map(|m| (m.uid, m.role)).collect();
    assert_eq!(joined, [(uid("admin"), Role::Admin), (uid("v"), Role::Normal)]);
    assert_eq!(room.take_pulse(at(1).wall), None);
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), Duration::ZERO));
    done(&mut room, &owner(), Measure::TransferOwner(uid("admin")));
    let changed = room.take_pulse(at(2).wall).unwrap().changed.named;
    let changed: Vec<_> = changed.into_iter().map(|m| (m.uid, m.role, m.muted.is_some())).collect();
    assert_eq!(
        changed,
        [
            (uid("admin"), Role::Owner, false),
            (uid("owner"), Role::Normal, false),
            (uid("v"), Role::Normal, true),
        ]
    );
}

proptest! {
    #[test]
    fn who_is_in_all_the_while_is_on_exactly_one_page_however_others_come_and_go(
        stays in prop::collection::btree_set(0_u8..60, 0..20),
        moves in prop::collection::vec((0_u8..60, any::<bool>()), 0..80),
        page in 1_usize..7,
        each in 0_usize..6,
    ) {
        let name = |n: u8| format!("u{n:02}");
        let mut room = room();
        for n in &stays {
            enter(&mut room, &name(*n));
        }
        let mut moves = moves.into_iter().filter(|(n, _)| !stays.contains(n));
        let listed = paged(&mut room, MemberList::Online, None, page, |room, _| {
            for (n, comes) in moves.by_ref().take(each) {
                if comes {
                    enter(room, &name(n));
                } else {
                    room.leave(connection(&name(n)));
                }
            }
        });
        let unique: BTreeSet<&Uid> = listed.iter().collect();
        prop_assert_eq!(unique.len(), listed.len());
        prop_assert!(listed.is_sorted());
        for n in &stays {
            prop_assert!(unique.contains(&uid(&name(*n))));
        }
    }
}

fn all(room: &Room, list: MemberList, mark: Option<&str>) -> Vec<Uid> {
    room.listed(list, None, mark).cloned().collect()
}

/// Reads a list page by page, with something going on between pages.
fn paged(
    room: &mut Room,
    list: MemberList,
    mark: Option<&str>,
    page: usize,
    mut between: impl FnMut(&mut Room, &[Uid]),
) -> Vec<Uid> {
    let mut read: Vec<Uid> = Vec::new();
    loop {
        let more: Vec<Uid> = room.listed(list, read.last(), mark).take(page).cloned().collect();
        if more.is_empty() {
            return read;
        }
        read.extend(more);
        between(room, &read);
    }
}

fn alias(alias: &str) -> MemberInfoChange {
    MemberInfoChange { alias: Some(alias.into()), ..MemberInfoChange::default() }
}

fn said<'a>(room: &'a Room, name: &str) -> &'a str {
    room.info(&uid(name)).map_or("", |info| &info.alias)
}
