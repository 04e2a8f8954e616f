//! What measures come to: whole ones and partial ones, roles, the owner's chair, marks, the group's settings.

use std::time::Duration;

use bim_types::limits::{ADMINS_MAX, BATCH_UIDS_MAX, MARK_TYPES_MAX, SANCTIONS_MAX};
use bim_types::{Conversation, ErrorCode, GroupChange, Measure, MemberInfo, MemberList, MuteAll, Role, Uid};

use super::testing::{
    actor, app_server, at, carry_out, code, done, enter, failures, measure, owner, room, room_of, room_with,
    seconds, uid, uids,
};
use super::{Plan, Restraint, Room, RoomPolicy};

#[test]
fn a_measure_that_changes_nothing_plans_nothing() {
    let mut room = room_with(&["admin"], &["v"]);
    let v = || uids(&["v"]);
    let mark = || "vip".to_owned();
    for what in [
        Measure::AddMarkTypes(vec![mark()]),
        Measure::Mark(mark(), v()),
        Measure::Mute(v(), Duration::ZERO),
        Measure::Exempt(v()),
        Measure::MuteAll(MuteAll::Everyone),
        Measure::SlowMode(seconds(5)),
        Measure::DissolveAfterIdle(seconds(60)),
    ] {
        done(&mut room, &owner(), what);
    }
    for what in [
        Measure::MuteAll(MuteAll::Everyone),
        Measure::SlowMode(seconds(5)),
        Measure::DissolveAfterIdle(seconds(60)),
        Measure::AddAdmins(uids(&["admin"])),
        Measure::RemoveAdmins(uids(&["v", "owner", "nobody"])),
        Measure::TransferOwner(uid("owner")),
        Measure::Mute(v(), Duration::ZERO),
        Measure::Unmute(uids(&["admin", "nobody"])),
        Measure::Exempt(v()),
        Measure::Unexempt(uids(&["admin", "nobody"])),
        Measure::Unblock(uids(&["v", "nobody"])),
        Measure::AddMarkTypes(vec![mark(), mark()]),
        Measure::RemoveMarkTypes(vec!["other".into()]),
        Measure::Mark(mark(), v()),
        Measure::Unmark(mark(), uids(&["admin", "nobody"])),
        Measure::Unmark("other".into(), v()),
    ] {
        assert_eq!(room.plan(at(1), &owner(), what.clone()).unwrap(), nothing(), "{what:?}");
    }
}

#[test]
fn each_change_raises_the_version_by_one_and_only_a_kick_changes_nothing_else() {
    let mut room = room_with(&["admin"], &["v"]);
    for what in [
        Measure::MuteAll(MuteAll::NormalMembers),
        Measure::SlowMode(seconds(5)),
        Measure::DissolveAfterIdle(seconds(60)),
        Measure::Mute(uids(&["v"]), seconds(5)),
        Measure::Unmute(uids(&["v"])),
        Measure::Exempt(uids(&["v"])),
        Measure::Unexempt(uids(&["v"])),
        Measure::AddMarkTypes(vec!["vip".into()]),
        Measure::Mark("vip".into(), uids(&["v"])),
        Measure::Unmark("vip".into(), uids(&["v"])),
        Measure::RemoveMarkTypes(vec!["vip".into()]),
        Measure::RemoveAdmins(uids(&["admin"])),
        Measure::AddAdmins(uids(&["admin"])),
        Measure::TransferOwner(uid("admin")),
    ] {
        let version = room.version();
        let owner = actor(if room.owner() == &uid("owner") { "owner" } else { "admin" });
        let plan = done(&mut room, &owner, what.clone());
        assert_eq!(room.version(), version + 1, "{what:?}");
        assert_eq!(plan.group.map(|group| group.version), Some(version + 1), "{what:?}");
    }
    let before = room.state();
    let kick = done(&mut room, &actor("admin"), Measure::Kick(uids(&["v"])));
    assert_eq!((kick.is_kept, kick.roll), (false, None));
    let after = Conversation { version: before.version + 1, online_count: before.online_count - 1, ..before };
    assert_eq!(room.state(), after);
}

#[test]
fn what_can_not_be_done_for_one_user_is_reported_for_that_one_and_done_for_the_others() {
    let mut room = room_with(&["admin", "admin2"], &["v"]);
    let everyone = uids(&["v", "admin2", "owner", "admin", "nobody"]);
    let forbidden = |names: &[&str]| -> Vec<(Uid, ErrorCode)> {
        names.iter().map(|name| (uid(name), ErrorCode::UserForbidden)).collect()
    };
    let kick = room.plan(at(0), &actor("admin"), Measure::Kick(everyone.clone())).unwrap();
    let mut expected = forbidden(&["admin2", "owner", "admin"]);
    expected.push((uid("nobody"), ErrorCode::UserNotInGroup));
    assert_eq!((kick.removed.clone(), failures(&kick)), (uids(&["v"]), expected));
    for what in
        [Measure::Mute(everyone.clone(), Duration::ZERO), Measure::Block(everyone.clone(), Duration::ZERO)]
    {
        let plan = room.plan(at(0), &actor("admin"), what.clone()).unwrap();
        assert_eq!(failures(&plan), forbidden(&["admin2", "owner", "admin"]), "{what:?}");
        assert_eq!(plan.roll.map(|roll| roll.members.len()), Some(2), "{what:?}: v and nobody");
    }
    let add = measure(&mut room, &owner(), Measure::AddAdmins(everyone)).unwrap();
    assert_eq!(
        failures(&add),
        [(uid("owner"), ErrorCode::UserForbidden), (uid("nobody"), ErrorCode::UserNotInGroup)]
    );
    assert_eq!(add.changes, [GroupChange::AdminsAdded(uids(&["v"]))]);
}

#[test]
fn who_is_no_operator_is_refused_as_a_whole_whoever_it_is_about() {
    let mut room = room_with(&["admin"], &["v", "w"]);
    let some = || uids(&["w", "nobody"]);
    for what in [
        Measure::MuteAll(MuteAll::Off),
        Measure::SlowMode(seconds(1)),
        Measure::DissolveAfterIdle(seconds(1)),
        Measure::AddAdmins(some()),
        Measure::RemoveAdmins(some()),
        Measure::TransferOwner(uid("w")),
        Measure::Mute(some(), seconds(1)),
        Measure::Unmute(some()),
        Measure::Exempt(some()),
        Measure::Unexempt(some()),
        Measure::Block(some(), seconds(1)),
        Measure::Unblock(some()),
        Measure::Kick(some()),
        Measure::AddMarkTypes(vec!["vip".into()]),
        Measure::RemoveMarkTypes(vec!["vip".into()]),
        Measure::Mark("vip".into(), some()),
        Measure::Unmark("vip".into(), some()),
    ] {
        for (who, expected) in [("v", ErrorCode::UserForbidden), ("nobody", ErrorCode::UserNotInGroup)] {
            let refused = room.plan(at(0), &actor(who), what.clone());
            assert_eq!(code(refused), expected, "{who}: {what:?}");
        }
    }
}

#[test]
fn a_user_who_is_named_twice_counts_once() {
    let mut room = room_with(&["admin"], &["v", "w"]);
    let twice = || uids(&["v", "w", "v", "admin", "admin", "w"]);
    let plan = room.plan(at(0), &actor("admin"), Measure::Mute(twice(), Duration::ZERO)).unwrap();
    assert_eq!(failures(&plan), [(uid("admin"), ErrorCode::UserForbidden)]);
    assert!(matches!(&plan.changes[..], [GroupChange::Muted(told, _)] if *told == uids(&["v", "w"])));
    let plan = measure(&mut room, &owner(), Measure::AddAdmins(twice())).unwrap();
    assert_eq!(plan.changes, [GroupChange::AdminsAdded(uids(&["v", "w"]))]);
    assert_eq!(room.admins(), uids(&["admin", "v", "w"]));
}

#[test]
fn a_call_takes_one_to_a_hundred_users() {
    let mut room = room();
    let many = |count: usize| (0..count).map(|n| Uid::int(n as i64 + 1).unwrap()).collect::<Vec<_>>();
    for (count, is_ok) in [(0, false), (1, true), (BATCH_UIDS_MAX, true), (BATCH_UIDS_MAX + 1, false)] {
        let plan = room.plan(at(0), &owner(), Measure::Mute(many(count), seconds(1)));
        assert_eq!(plan.is_ok(), is_ok, "{count}");
    }
    assert_eq!(code(room.plan(at(0), &owner(), Measure::Kick(many(101)))), ErrorCode::InvalidRequest);
    let stranger = room.plan(at(0), &actor("nobody"), Measure::Kick(many(101)));
    assert_eq!(code(stranger), ErrorCode::UserNotInGroup, "who may not ask learns no limits");
}

#[test]
fn an_admin_has_to_be_in_when_it_is_made_and_not_to_be_blocked() {
    let mut room = room_with(&[], &["v"]);
    done(&mut room, &owner(), Measure::Block(uids(&["b"]), Duration::ZERO));
    enter(&mut room, "b");
    let plan = room.plan(at(0), &owner(), Measure::AddAdmins(uids(&["b", "nobody"]))).unwrap();
    assert_eq!(
        failures(&plan),
        [(uid("b"), ErrorCode::MemberBlock), (uid("nobody"), ErrorCode::UserNotInGroup)]
    );
    assert_eq!(plan.group, None);
    done(&mut room, &owner(), Measure::AddAdmins(uids(&["v"])));
    room.leave(actor("v").connection);
    assert_eq!(room.role(&uid("v")), Role::Admin, "a role survives that its owner leaves");
}

#[test]
fn admins_are_limited_and_who_is_one_already_needs_no_place() {
    let policy = RoomPolicy { admins: 2, ..RoomPolicy::default() };
    let mut room = room_of(policy);
    for name in ["a", "b", "c"] {
        enter(&mut room, name);
    }
    let plan = measure(&mut room, &owner(), Measure::AddAdmins(uids(&["a", "b", "c"]))).unwrap();
    assert_eq!(failures(&plan), [(uid("c"), ErrorCode::MassManagerMoreThanLimit)]);
    assert_eq!(plan.failed[0].reason.limit, Some(2));
    let again = measure(&mut room, &owner(), Measure::AddAdmins(uids(&["b"]))).unwrap();
    assert_eq!(again, nothing());
    done(&mut room, &owner(), Measure::RemoveAdmins(uids(&["a"])));
    done(&mut room, &owner(), Measure::AddAdmins(uids(&["c"])));
    assert_eq!(room.admins(), uids(&["b", "c"]));
    assert_eq!(RoomPolicy::default().admins, ADMINS_MAX);
}

#[test]
fn roles_go_into_the_index_and_their_info_is_kept_as_long_as_they_last() {
    let mut room = room();
    let info = MemberInfo { alias: "Vera".into(), ..MemberInfo::default() };
    room.join(at(0), &actor("v"), Some(info.clone()), None);
    let add = done(&mut room, &owner(), Measure::AddAdmins(uids(&["v"])));
    assert_eq!((add.residents.clone(), add.concerned.clone()), (vec![(uid("v"), true)], uids(&["v"])));
    room.leave(actor("v").connection);
    assert_eq!(room.info(&uid("v")), Some(&info));
    let remove = done(&mut room, &owner(), Measure::RemoveAdmins(uids(&["v"])));
    assert_eq!(remove.residents, [(uid("v"), false)]);
    assert_eq!(remove.changes, [GroupChange::AdminsRemoved(uids(&["v"]))]);
    assert_eq!(room.info(&uid("v")), None);
}

#[test]
fn one_who_is_demoted_while_in_keeps_what_it_says_until_it_leaves() {
    let mut room = room_with(&["v"], &[]);
    let info = MemberInfo { alias: "Vera".into(), ..MemberInfo::default() };
    let plan = room.plan_info(&actor("v"), None, info.clone().into()).unwrap();
    room.replace_roll(plan.roll.unwrap(), 9, at(0));
    room.set_info(&plan.uid, plan.info);
    room.leave(actor("v").connection);
    enter(&mut room, "v");
    done(&mut room, &owner(), Measure::RemoveAdmins(uids(&["v"])));
    assert_eq!(room.info(&uid("v")), Some(&info));
    room.leave(actor("v").connection);
    assert_eq!(room.info(&uid("v")), None);
}

#[test]
fn messages_of_one_who_is_demoted_wait_until_it_is_durable() {
    let mut room = room_with(&["admin"], &["v"]);
    let plan = room.plan(at(0), &owner(), Measure::RemoveAdmins(uids(&["admin", "v"]))).unwrap();
    assert_eq!(plan.restrains, Restraint::Users([uid("admin")].into()));
    let plan = room.plan(at(0), &owner(), Measure::AddAdmins(uids(&["v"]))).unwrap();
    assert_eq!(plan.restrains, Restraint::Nobody);
}

#[test]
fn a_group_goes_to_one_who_is_in_and_the_old_owner_is_an_ordinary_member() {
    let mut room = room_with(&["admin"], &["v"]);
    enter(&mut room, "owner");
    for to in ["admin", "v"] {
        let from = room.owner().clone();
        let plan = done(&mut room, &app_server(), Measure::TransferOwner(uid(to)));
        let told = GroupChange::OwnerChanged { from: from.clone(), to: uid(to) };
        assert_eq!(plan.changes, [told]);
        assert_eq!(plan.residents, [(from.clone(), false), (uid(to), true)]);
        assert_eq!(plan.concerned, [from.clone(), uid(to)]);
        assert_eq!(plan.restrains, Restraint::Users([from.clone()].into()));
        assert_eq!((room.role(&from), room.role(&uid(to))), (Role::Normal, Role::Owner));
    }
    assert_eq!(room.admins(), [], "an admin who becomes owner is no admin any more");
    assert_eq!(
        code(measure(&mut room, &owner(), Measure::TransferOwner(uid("v")))),
        ErrorCode::UserForbidden
    );
}

#[test]
fn a_group_does_not_go_to_one_who_is_blocked_or_not_in() {
    let mut room = room_with(&[], &["v"]);
    done(&mut room, &owner(), Measure::Block(uids(&["v"]), Duration::ZERO));
    for (to, expected) in
        [("v", ErrorCode::SetOwnerParticipantIsBlock), ("nobody", ErrorCode::UserNotInGroup)]
    {
        let refused = room.plan(at(0), &owner(), Measure::TransferOwner(uid(to)));
        assert_eq!(code(refused), expected, "{to}");
    }
    assert_eq!(ErrorCode::SetOwnerParticipantIsBlock.number(), 1014);
}

#[test]
fn a_muted_user_who_becomes_owner_may_speak() {
    let mut room = room_with(&[], &["v"]);
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), Duration::ZERO));
    done(&mut room, &owner(), Measure::TransferOwner(uid("v")));
    assert_eq!(listed(&room, MemberList::Muted), []);
    assert_eq!(room.may_speak(at(0), &actor("v"), bim_types::Priority::High), Ok(()));
}

#[test]
fn mark_types_are_limited_as_a_whole_and_named_once() {
    let mut room = room();
    let types = |range: std::ops::Range<usize>| range.map(|n| format!("m{n:02}")).collect::<Vec<_>>();
    let plan = done(&mut room, &owner(), Measure::AddMarkTypes(types(0..MARK_TYPES_MAX - 1)));
    assert_eq!(plan.changes, [GroupChange::MarkTypesAdded(types(0..19))]);
    let refused = room.plan(at(0), &owner(), Measure::AddMarkTypes(types(18..21))).unwrap_err();
    assert_eq!(refused.code, ErrorCode::ConversationMarkTypeMoreThanLimit);
    assert_eq!(refused.limit, Some(20));
    let plan = done(&mut room, &owner(), Measure::AddMarkTypes(types(18..20)));
    assert_eq!(plan.changes, [GroupChange::MarkTypesAdded(types(19..20))]);
    assert_eq!(room.state().mark_types, types(0..20));
}

#[test]
fn a_mark_type_that_goes_is_taken_from_everyone() {
    let mut room = room_with(&[], &["v", "w"]);
    done(&mut room, &owner(), Measure::AddMarkTypes(vec!["a".into(), "b".into()]));
    done(&mut room, &owner(), Measure::Mark("a".into(), uids(&["v", "w"])));
    done(&mut room, &owner(), Measure::Mark("b".into(), uids(&["v", "gone"])));
    let gone = vec!["a".to_owned(), "other".to_owned()];
    let plan = done(&mut room, &owner(), Measure::RemoveMarkTypes(gone));
    assert_eq!(plan.changes, [GroupChange::MarkTypesRemoved(vec!["a".into()])]);
    assert_eq!(plan.concerned, uids(&["v", "w"]));
    assert_eq!((marks(&room, "v"), marks(&room, "w")), (vec!["b".to_owned()], vec![]));
    assert_eq!(room.state().mark_types, ["b"]);
}

#[test]
fn marks_are_given_to_anyone_if_the_group_has_them() {
    let mut room = room_with(&["admin"], &["v"]);
    let refused = room.plan(at(0), &actor("admin"), Measure::Mark("vip".into(), uids(&["v"])));
    assert_eq!(code(refused), ErrorCode::InvalidRequest);
    done(&mut room, &actor("admin"), Measure::AddMarkTypes(vec!["vip".into()]));
    let some = uids(&["v", "owner", "admin", "nobody"]);
    let plan = done(&mut room, &actor("admin"), Measure::Mark("vip".into(), some.clone()));
    assert_eq!(plan.changes, [GroupChange::Marked("vip".into(), some.clone())]);
    assert_eq!(plan.concerned, some);
    let plan = done(&mut room, &actor("admin"), Measure::Unmark("vip".into(), uids(&["v", "w", "owner"])));
    assert_eq!(plan.changes, [GroupChange::Unmarked("vip".into(), uids(&["v", "owner"]))]);
    assert_eq!((marks(&room, "v"), marks(&room, "admin")), (vec![], vec!["vip".to_owned()]));
}

#[test]
fn each_list_ends_at_its_limit_and_the_lists_do_not_crowd_each_other() {
    let mut room = room();
    done(&mut room, &owner(), Measure::AddMarkTypes(vec!["a".into(), "b".into()]));
    let kinds: [fn(Vec<Uid>) -> Measure; 4] = [
        |uids| Measure::Mute(uids, Duration::ZERO),
        |uids| Measure::Block(uids, Duration::ZERO),
        Measure::Exempt,
        |uids| Measure::Mark("a".into(), uids),
    ];
    let user = |n: usize| Uid::int(n as i64 + 1).unwrap();
    for kind in kinds {
        for batch in (0..SANCTIONS_MAX).collect::<Vec<_>>().chunks(BATCH_UIDS_MAX) {
            done(&mut room, &owner(), kind(batch.iter().map(|n| user(*n)).collect()));
        }
        let plan = measure(&mut room, &owner(), kind(vec![user(SANCTIONS_MAX), user(0)])).unwrap();
        assert_eq!(failures(&plan), [(user(SANCTIONS_MAX), ErrorCode::TouchLimit)], "{:?}", kind(Vec::new()));
        assert_eq!(plan.failed[0].reason.limit, Some(1_000));
    }
    done(&mut room, &owner(), Measure::Mark("b".into(), vec![user(0)]));
    done(&mut room, &owner(), Measure::Mute(vec![user(0)], seconds(5)));
    done(&mut room, &owner(), Measure::Unmute(vec![user(1)]));
    done(&mut room, &owner(), Measure::Mute(vec![user(SANCTIONS_MAX)], Duration::ZERO));
}

#[test]
fn settings_of_the_group_are_told_with_its_state_and_bounded() {
    let mut room = room();
    let plan = done(&mut room, &owner(), Measure::SlowMode(seconds(3_600)));
    assert_eq!((plan.changes, plan.restrains), (vec![], Restraint::Nobody));
    done(&mut room, &owner(), Measure::DissolveAfterIdle(seconds(60)));
    let state = room.state();
    assert_eq!((state.slow_mode, state.dissolve_after_idle), (seconds(3_600), seconds(60)));
    assert_eq!(room.dissolve_after_idle(), seconds(60));
    let refused = room.plan(at(0), &owner(), Measure::SlowMode(seconds(3_601)));
    assert_eq!(code(refused), ErrorCode::InvalidRequest);
}

#[test]
fn a_plan_that_is_not_carried_out_changes_nothing() {
    let mut room = room_with(&["admin"], &["v"]);
    let before = room.state();
    let plan = room.plan(at(0), &owner(), Measure::Block(uids(&["v", "admin"]), seconds(5))).unwrap();
    assert_eq!(room.state(), before);
    assert!(room.roster().is_in(&uid("v")));
    carry_out(&mut room, at(0), &plan);
    assert!(!room.roster().is_in(&uid("v")));
    assert_eq!(room.state().version, before.version + 1);
}

fn nothing() -> Plan {
    Plan {
        group: None,
        is_kept: false,
        roll: None,
        residents: Vec::new(),
        changes: Vec::new(),
        removed: Vec::new(),
        concerned: Vec::new(),
        failed: Vec::new(),
        restrains: Restraint::Nobody,
    }
}

fn listed(room: &Room, list: MemberList) -> Vec<Uid> {
    room.listed(list, None, None).cloned().collect()
}

fn marks(room: &Room, name: &str) -> Vec<String> {
    room.member(&uid(name), &|_| at(0).wall, false).marks
}
