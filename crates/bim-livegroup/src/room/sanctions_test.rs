//! Mutes, blocks, kicks, and the silence of all.

use std::time::Duration;

use bim_types::{
    ErrorCode, GroupChange, Measure, MemberList, MuteAll, Now, Priority, Refusal, Role, Uid, Until, Wall,
};

use super::testing::{
    actor, app_server, at, carry_out, code, done, enter, measure, owner, room, room_with, seconds, uid, uids,
};
use super::{Restraint, Room};
use crate::authority::{Operation, Standing};

#[test]
fn a_muted_user_says_nothing_from_then_on_and_is_told_to_all() {
    let mut room = room_with(&["admin"], &["v", "w"]);
    let plan = done(&mut room, &actor("admin"), Measure::Mute(uids(&["v", "gone"]), seconds(60)));
    let end = Until::At(at(60).wall);
    assert_eq!(plan.changes, [GroupChange::Muted(uids(&["v", "gone"]), end)]);
    assert_eq!(plan.concerned, uids(&["v", "gone"]));
    assert_eq!(plan.removed, []);
    assert_eq!((speaks(&room, "v"), speaks(&room, "w")), (muted(), Ok(())));
    assert_eq!(room.member(&uid("v"), &|_| at(0).wall, false).muted, Some(end));
    let plan = done(&mut room, &actor("admin"), Measure::Unmute(uids(&["v", "w"])));
    assert_eq!(plan.changes, [GroupChange::Unmuted(uids(&["v"]))]);
    assert_eq!(speaks(&room, "v"), Ok(()));
}

#[test]
fn messages_of_those_to_be_silenced_or_thrown_out_wait_until_it_is_durable() {
    let mut room = room_with(&[], &["v", "w"]);
    done(&mut room, &owner(), Measure::Exempt(uids(&["v"])));
    let mut restrains = |what| room.plan(at(0), &owner(), what).unwrap().restrains;
    let only_v = Restraint::Users([uid("v")].into());
    assert_eq!(restrains(Measure::Mute(uids(&["v"]), seconds(1))), only_v);
    assert_eq!(restrains(Measure::Block(uids(&["v"]), seconds(1))), only_v);
    assert_eq!(restrains(Measure::Kick(uids(&["v"]))), only_v);
    assert_eq!(restrains(Measure::Unexempt(uids(&["v", "w"]))), only_v);
    assert_eq!(restrains(Measure::MuteAll(MuteAll::NormalMembers)), Restraint::Everyone);
    let not_in = Restraint::Users([uid("gone")].into());
    assert_eq!(restrains(Measure::Block(uids(&["gone"]), seconds(1))), not_in, "it may be on its way in");
    for what in [
        Measure::Unmute(uids(&["v"])),
        Measure::Unblock(uids(&["v"])),
        Measure::Exempt(uids(&["w"])),
        Measure::SlowMode(seconds(1)),
        Measure::MuteAll(MuteAll::Off),
    ] {
        assert_eq!(restrains(what.clone()), Restraint::Nobody, "{what:?}");
    }
    assert!(only_v.holds_for(&uid("v")) && !only_v.holds_for(&uid("w")));
    assert!(Restraint::Everyone.holds_for(&uid("w")) && !Restraint::Nobody.holds_for(&uid("w")));
}

#[test]
fn a_mute_survives_that_its_owner_leaves_and_comes_back_and_is_promoted() {
    let mut room = room_with(&[], &["v"]);
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), Duration::ZERO));
    room.leave(actor("v").connection);
    enter(&mut room, "v");
    assert_eq!(speaks(&room, "v"), muted());
    done(&mut room, &owner(), Measure::AddAdmins(uids(&["v"])));
    assert_eq!(speaks(&room, "v"), muted());
    done(&mut room, &owner(), Measure::Unmute(uids(&["v"])));
    assert_eq!(speaks(&room, "v"), Ok(()));
}

#[test]
fn a_mute_again_counts_anew_from_the_second() {
    let mut room = room_with(&[], &["v"]);
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), seconds(60)));
    let plan = room.plan(at(30), &owner(), Measure::Mute(uids(&["v"]), seconds(10))).unwrap();
    carry_out(&mut room, at(30), &plan);
    assert_eq!(room.next_expiry(), Some(at(40).mono));
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), Duration::ZERO));
    assert_eq!(room.next_expiry(), None);
}

#[test]
fn a_step_of_the_clock_while_a_mute_is_written_does_not_move_its_end() {
    let mut room = room_with(&[], &["v"]);
    let plan = room.plan(at(0), &owner(), Measure::Mute(uids(&["v"]), seconds(60))).unwrap();
    let an_hour_back = Now { mono: at(2).mono, wall: at(0).wall.before(seconds(3_600)) };
    carry_out(&mut room, an_hour_back, &plan);
    assert_eq!(room.next_expiry(), Some(at(60).mono));
}

#[test]
fn a_mute_that_ends_while_another_change_is_written_does_not_begin_again() {
    let mut room = room_with(&[], &["v", "w"]);
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), seconds(60)));
    done(&mut room, &owner(), Measure::Block(uids(&["b"]), seconds(60)));
    let plan = room.plan(at(59), &owner(), Measure::Mute(uids(&["w"]), seconds(60))).unwrap();
    assert_eq!(room.expire(at(60).mono), uids(&["v"]));
    let an_hour_back = Now { mono: at(61).mono, wall: at(0).wall.before(seconds(3_600)) };
    carry_out(&mut room, an_hour_back, &plan);
    assert_eq!((speaks(&room, "v"), speaks(&room, "w")), (Ok(()), muted()));
    assert_eq!(room.next_expiry(), Some(at(119).mono), "only the second mute has an end to come");
    assert_eq!(listed(&room, MemberList::Blocked), []);
}

#[test]
fn a_mute_that_ends_when_another_ended_by_the_clock_that_was_set_back_lasts() {
    let mut room = room_with(&[], &["v"]);
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), seconds(60)));
    assert_eq!(room.expire(at(60).mono), uids(&["v"]));
    let set_back = Now { mono: at(100).mono, wall: at(0).wall };
    let plan = room.plan(set_back, &owner(), Measure::Mute(uids(&["v"]), seconds(60))).unwrap();
    carry_out(&mut room, set_back, &plan);
    assert_eq!(speaks(&room, "v"), muted());
    assert_eq!(room.next_expiry(), Some(at(160).mono));
    let set_back_again = Now { mono: at(110).mono, wall: at(0).wall };
    let plan = room.plan(set_back_again, &owner(), Measure::Mute(uids(&["v"]), seconds(60))).unwrap();
    carry_out(&mut room, set_back_again, &plan);
    let end = room.next_expiry().unwrap();
    assert!(end.since(at(170).mono) <= Duration::from_millis(1) && end >= at(170).mono);
}

#[test]
fn a_block_removes_who_is_inside_and_keeps_out_who_is_on_the_way() {
    let mut room = room_with(&[], &["v", "w"]);
    let plan = room.plan(at(0), &owner(), Measure::Block(uids(&["v", "late"]), seconds(60))).unwrap();
    assert_eq!(plan.changes, [GroupChange::Kicked { uids: uids(&["v"]), blocked: true }]);
    enter(&mut room, "late");
    carry_out(&mut room, at(0), &plan);
    for name in ["v", "late"] {
        assert!(!room.roster().is_in(&uid(name)), "{name}");
        assert_eq!(room.standing(&actor(name)), Standing::Blocked);
        assert_eq!(code(room.permit(Operation::Join, &actor(name))), ErrorCode::MemberBlock);
    }
    assert!(room.roster().is_in(&uid("w")));
    assert_eq!(room.expire(at(60).mono), [], "it could speak before as well");
    assert_eq!(room.permit(Operation::Join, &actor("v")), Ok(()));
}

#[test]
fn a_block_of_one_who_is_not_in_is_told_to_nobody() {
    let mut room = room_with(&[], &["w"]);
    let plan = done(&mut room, &owner(), Measure::Block(uids(&["gone"]), Duration::ZERO));
    assert_eq!((plan.changes, plan.concerned), (vec![], vec![]));
    let plan = done(&mut room, &owner(), Measure::Unblock(uids(&["gone"])));
    assert_eq!((plan.changes, plan.concerned), (vec![], vec![]));
    assert!(plan.roll.is_some_and(|roll| roll.members.is_empty()));
}

#[test]
fn an_admin_who_is_blocked_is_no_admin_any_more() {
    let mut room = room_with(&["admin", "away"], &[]);
    room.leave(actor("away").connection);
    let plan = done(&mut room, &owner(), Measure::Block(uids(&["admin", "away"]), Duration::ZERO));
    assert_eq!(
        plan.changes,
        [
            GroupChange::AdminsRemoved(uids(&["admin", "away"])),
            GroupChange::Kicked { uids: uids(&["admin"]), blocked: true },
        ]
    );
    assert_eq!(plan.residents, [(uid("admin"), false), (uid("away"), false)]);
    assert_eq!(plan.concerned, uids(&["admin", "away"]));
    assert_eq!((room.admins().len(), room.role(&uid("admin"))), (0, Role::Normal));
    done(&mut room, &owner(), Measure::Unblock(uids(&["admin"])));
    assert_eq!(room.role(&uid("admin")), Role::Normal, "the role does not come back by itself");
}

#[test]
fn a_kick_removes_every_device_and_lets_the_user_come_back_with_its_role() {
    let mut room = room_with(&["admin"], &[]);
    let second = super::Actor { connection: actor("second").connection, ..actor("admin") };
    room.join(at(0), &second, None, None);
    let plan = done(&mut room, &owner(), Measure::Kick(uids(&["admin"])));
    assert_eq!(plan.changes, [GroupChange::Kicked { uids: uids(&["admin"]), blocked: false }]);
    assert!(room.is_idle() && !room.has(second.connection));
    assert_eq!(room.permit(Operation::Join, &actor("admin")), Ok(()));
    assert_eq!(room.role(&uid("admin")), Role::Admin);
}

#[test]
fn nobody_acts_on_the_owner_or_on_themselves() {
    for what in [
        Measure::Kick as fn(Vec<Uid>) -> Measure,
        |uids| Measure::Mute(uids, seconds(1)),
        |uids| Measure::Block(uids, seconds(1)),
    ] {
        let mut room = room_with(&["admin"], &[]);
        enter(&mut room, "owner");
        for (who, target) in [
            (owner(), "owner"),
            (actor("admin"), "owner"),
            (actor("admin"), "admin"),
            (app_server(), "owner"),
            (app_server(), "server"),
        ] {
            let plan = measure(&mut room, &who, what(uids(&[target]))).unwrap();
            assert_eq!(super::testing::failures(&plan), [(uid(target), ErrorCode::UserForbidden)]);
            assert_eq!((plan.group, plan.roll, plan.changes), (None, None, vec![]));
        }
        done(&mut room, &app_server(), what(uids(&["admin"])));
    }
}

#[test]
fn while_ordinary_members_are_silent_admins_and_the_exempt_speak() {
    let mut room = room_with(&["admin"], &["v", "w"]);
    enter(&mut room, "owner");
    done(&mut room, &actor("admin"), Measure::Exempt(uids(&["w"])));
    let plan = done(&mut room, &actor("admin"), Measure::MuteAll(MuteAll::NormalMembers));
    assert_eq!(plan.changes, [GroupChange::MuteAll(MuteAll::NormalMembers)]);
    let verdicts = ["v", "w", "admin", "owner"].map(|name| speaks(&room, name));
    assert_eq!(verdicts, [silent(), Ok(()), Ok(()), Ok(())]);
    assert_eq!(room.state().mute_all, MuteAll::NormalMembers);
    done(&mut room, &actor("admin"), Measure::Unexempt(uids(&["w"])));
    assert_eq!(speaks(&room, "w"), silent());
    done(&mut room, &actor("admin"), Measure::MuteAll(MuteAll::Off));
    assert_eq!(speaks(&room, "v"), Ok(()));
}

#[test]
fn while_everyone_is_silent_only_the_owner_the_exempt_and_the_apps_server_speak() {
    let mut room = room_with(&["admin", "admin2"], &["v", "w"]);
    enter(&mut room, "owner");
    done(&mut room, &owner(), Measure::MuteAll(MuteAll::Everyone));
    done(&mut room, &owner(), Measure::Exempt(uids(&["w", "admin2"])));
    let verdicts = ["v", "w", "admin", "admin2", "owner"].map(|name| speaks(&room, name));
    assert_eq!(verdicts, [silent(), Ok(()), silent(), Ok(()), Ok(())]);
    assert_eq!(room.may_speak(at(0), &app_server(), Priority::High), Ok(()));
    assert_eq!(room.permit(Operation::SanctionMember, &actor("admin")), Ok(()), "silent, not powerless");
}

#[test]
fn an_exemption_does_not_lift_a_mute() {
    let mut room = room_with(&[], &["v"]);
    let plan = done(&mut room, &owner(), Measure::Exempt(uids(&["v"])));
    assert_eq!((plan.changes, plan.concerned), (vec![], uids(&["v"])));
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), Duration::ZERO));
    assert_eq!(speaks(&room, "v"), muted());
}

#[test]
fn what_ended_while_nobody_looked_ends_when_the_room_is_read_again() {
    let mut room = room_with(&[], &["v"]);
    let plan = done(&mut room, &owner(), Measure::Mute(uids(&["v"]), seconds(60)));
    let records = super::RoomRecords {
        group: plan.group.unwrap(),
        group_version: 2,
        roll: plan.roll.unwrap(),
        roll_version: 1,
    };
    for (elapsed, is_over) in [(10, false), (59, false), (60, true), (600, true)] {
        let later = Now { mono: at(5).mono, wall: Wall::from_millis(at(elapsed).wall.as_millis()) };
        let head = room.head();
        let mut again = Room::new(super::testing::key(), records.clone(), head, Default::default(), later);
        assert_eq!(!again.expire(later.mono).is_empty(), is_over, "after {elapsed} s");
        let left = seconds(60_u64.saturating_sub(elapsed));
        assert_eq!(again.next_expiry(), (!is_over).then(|| later.mono + left));
    }
}

#[test]
fn a_silent_room_has_no_end_to_wait_for() {
    let mut room = room();
    assert_eq!((room.next_expiry(), room.expire(at(1_000).mono)), (None, vec![]));
}

fn speaks(room: &Room, name: &str) -> Result<(), ErrorCode> {
    let verdict = room.may_speak(at(0), &actor(name), Priority::Normal);
    verdict.map_err(|Refusal { code, .. }| code)
}

fn muted() -> Result<(), ErrorCode> {
    Err(ErrorCode::UserBannedToPost)
}

fn silent() -> Result<(), ErrorCode> {
    Err(ErrorCode::SendConversationSilent)
}

fn listed(room: &Room, list: MemberList) -> Vec<Uid> {
    room.listed(list, None, None).cloned().collect()
}
