//! Every cell of the table, asked at the doors that the engine asks at.

use std::time::Duration;

use bim_proto::stored::StoredLiveMessage;
use bim_types::{ErrorCode, GroupInfoChange, Measure, MemberInfoChange, MuteAll, Priority, Refusal, Uid};

use super::testing::{
    CONTENT, actor, app_server, at, code, done, enter, message_of, owner, room, room_of, send, text, uid,
    uids,
};
use super::{Actor, Admission, Room, RoomPolicy};
use crate::authority::{Operation, Ruling, Standing, ruling};

/// What a door answers: `None` is yes.
type Answer = Option<ErrorCode>;

#[test]
fn every_cell_of_the_table_is_what_a_room_answers() {
    for operation in Operation::ALL {
        for standing in Standing::ALL {
            for Case { policy, mute_all, exempt, expected } in cases(operation, standing) {
                let mut room = scene(policy, mute_all, exempt);
                let actor = person(standing);
                assert_eq!(room.standing(&actor), standing, "the scene is wrong");
                for (door, answer) in ask(&mut room, operation, &actor) {
                    let case =
                        format!("{operation:?}, {standing:?}, {mute_all:?}, exempt {exempt}, {policy:?}");
                    assert_eq!(answer, expected, "{door}: {case}");
                }
            }
        }
    }
}

#[test]
fn an_owner_or_admin_needs_not_be_in_to_act_but_to_speak() {
    let mut room = scene(RoomPolicy::default(), MuteAll::Off, false);
    for who in ["owner", "admin"] {
        room.leave(actor(who).connection);
        assert_eq!(room.permit(Operation::SanctionMember, &actor(who)), Ok(()), "{who}");
        let refused = room.may_speak(at(0), &actor(who), Priority::Low);
        assert_eq!(code(refused), ErrorCode::UserNotInGroup, "{who}");
    }
    assert_eq!(room.may_speak(at(0), &app_server(), Priority::High), Ok(()), "it is in no group");
}

#[test]
fn another_device_of_a_member_is_not_in() {
    let room = scene(RoomPolicy::default(), MuteAll::Off, false);
    let other = Actor { connection: actor("other").connection, ..actor("member") };
    assert_eq!(room.standing(&other), Standing::Outsider);
}

#[test]
fn a_muted_user_is_told_when_it_may_speak_again() {
    let mut room = scene(RoomPolicy::default(), MuteAll::Off, false);
    done(&mut room, &owner(), Measure::Mute(uids(&["member"]), Duration::from_secs(60)));
    let wait = |now, room: &Room| {
        let refused = room.may_speak(now, &actor("member"), Priority::Low).unwrap_err();
        assert_eq!(refused.code, ErrorCode::UserBannedToPost);
        refused.retry_after
    };
    assert_eq!(wait(at(0), &room), Some(Duration::from_secs(60)));
    assert_eq!(wait(at(59), &room), Some(Duration::from_secs(1)));
    assert_eq!(room.next_expiry(), Some(at(60).mono));
    assert_eq!(room.expire(at(59).mono), []);
    assert_eq!(room.expire(at(60).mono), uids(&["member"]));
    assert_eq!(room.may_speak(at(60), &actor("member"), Priority::Low), Ok(()));
    done(&mut room, &owner(), Measure::Mute(uids(&["member"]), Duration::ZERO));
    assert_eq!(wait(at(0), &room), None, "a mute for ever has no end");
}

#[test]
fn an_admin_who_is_muted_keeps_every_right_but_to_speak() {
    let mut room = scene(RoomPolicy::default(), MuteAll::Off, false);
    done(&mut room, &owner(), Measure::Mute(uids(&["admin"]), Duration::ZERO));
    let admin = actor("admin");
    for operation in Operation::ALL {
        let is_speech =
            [Operation::Send, Operation::SendHigh, Operation::EditOwn, Operation::WriteAttributes];
        let expected = match ruling(operation, Standing::Admin) {
            _ if is_speech.contains(&operation) => Some(ErrorCode::UserBannedToPost),
            Ruling::Forbidden => Some(ErrorCode::UserForbidden),
            _ => None,
        };
        assert_eq!(answer(room.permit(operation, &admin)), expected, "{operation:?}");
    }
    let edit = room.permit_change_of(at(1).wall, &admin, &message_of("admin", 1), Some(&text("new")));
    assert_eq!(code(edit), ErrorCode::UserBannedToPost);
    assert_eq!(room.permit_change_of(at(1).wall, &admin, &message_of("admin", 1), None), Ok(()));
    let own = room.plan(at(0), &admin, Measure::Unmute(uids(&["admin"]))).unwrap();
    assert_eq!(own.failed[0].reason.code, ErrorCode::UserForbidden, "nobody lifts an own mute");
}

#[test]
fn an_own_message_can_be_changed_for_two_minutes_and_not_a_moment_longer() {
    for (standing, is_late) in [
        (Standing::Member, true),
        (Standing::Admin, false),
        (Standing::Owner, false),
        (Standing::AppServer, false),
    ] {
        let room = scene(RoomPolicy::default(), MuteAll::Off, false);
        let who = person(standing);
        let original = StoredLiveMessage { sender: who.uid.clone(), ..message_of("member", 1) };
        for body in [Some(text("new")), None] {
            for (millis, is_over) in [(0, false), (120_000, false), (120_001, true)] {
                let now = super::testing::at_ms(millis).wall;
                let expected = (is_late && is_over).then_some(ErrorCode::RecallTimeout);
                let verdict = answer(room.permit_change_of(now, &who, &original, body.as_ref()));
                assert_eq!(verdict, expected, "{standing:?} after {millis} ms");
            }
        }
    }
}

#[test]
fn whose_message_it_is_counts_as_the_role_is_now() {
    let mut room = scene(RoomPolicy::default(), MuteAll::Off, false);
    let original = message_of("target", 1);
    let recall = |room: &Room| answer(room.permit_change_of(at(0).wall, &actor("admin"), &original, None));
    assert_eq!(recall(&room), None);
    done(&mut room, &owner(), Measure::AddAdmins(uids(&["target"])));
    assert_eq!(recall(&room), Some(ErrorCode::UserForbidden));
}

#[test]
fn nobody_who_is_silenced_speaks_by_editing() {
    let edit = |room: &Room, who: &str| {
        answer(room.permit_change_of(at(0).wall, &actor(who), &message_of(who, 1), Some(&text("new"))))
    };
    let room = scene(RoomPolicy::default(), MuteAll::NormalMembers, false);
    let silent = Some(ErrorCode::SendConversationSilent);
    assert_eq!((edit(&room, "member"), edit(&room, "admin")), (silent, None));
    let room = scene(RoomPolicy::default(), MuteAll::Everyone, false);
    assert_eq!((edit(&room, "member"), edit(&room, "admin"), edit(&room, "owner")), (silent, silent, None));
    let room = scene(RoomPolicy::default(), MuteAll::Everyone, true);
    assert_eq!((edit(&room, "member"), edit(&room, "admin")), (None, None));
}

#[test]
fn an_edit_has_to_be_a_message_that_can_be_sent() {
    let room = scene(RoomPolicy::default(), MuteAll::Off, false);
    let edit = |body: &str| {
        answer(room.permit_change_of(
            at(0).wall,
            &actor("member"),
            &message_of("member", 1),
            Some(&text(body)),
        ))
    };
    assert_eq!(edit(""), Some(ErrorCode::InvalidRequest));
    assert_eq!(edit(&"x".repeat(65_537)), Some(ErrorCode::MessageTooLarge));
}

/// One way to fill in what a cell leaves open, and what is answered then.
struct Case {
    policy: RoomPolicy,
    mute_all: MuteAll,
    exempt: bool,
    expected: Answer,
}

/// What a cell says, with everything it depends on.
fn cases(operation: Operation, standing: Standing) -> Vec<Case> {
    let plain =
        |expected| Case { policy: RoomPolicy::default(), mute_all: MuteAll::Off, exempt: false, expected };
    match ruling(operation, standing) {
        Ruling::Allowed | Ruling::WithinRecallWindow => vec![plain(None)],
        Ruling::Forbidden => vec![plain(Some(code_of(operation, standing)))],
        Ruling::Absent if operation == Operation::ReadInfo => {
            vec![plain(Some(ErrorCode::ConversationNotFound))]
        }
        Ruling::Absent => vec![plain(Some(ErrorCode::UserNotInGroup))],
        Ruling::UnlessAllMuted => silences(standing, RoomPolicy::default()),
        Ruling::IfMembersMaySendHigh => {
            let policy = RoomPolicy { members_may_send_high: true, ..RoomPolicy::default() };
            let mut cases = silences(standing, policy);
            cases.push(plain(Some(ErrorCode::UserForbidden)));
            cases
        }
        Ruling::IfMembersMaySetAttributes => {
            let policy = RoomPolicy { members_may_set_attributes: false, ..RoomPolicy::default() };
            vec![plain(None), Case { policy, ..plain(Some(ErrorCode::UserForbidden)) }]
        }
    }
}

fn silences(standing: Standing, policy: RoomPolicy) -> Vec<Case> {
    let silent = Some(ErrorCode::SendConversationSilent);
    let for_admins = if standing == Standing::Admin { None } else { silent };
    let modes = [
        (MuteAll::Off, false, None),
        (MuteAll::NormalMembers, false, for_admins),
        (MuteAll::NormalMembers, true, None),
        (MuteAll::Everyone, false, silent),
        (MuteAll::Everyone, true, None),
    ];
    modes.map(|(mute_all, exempt, expected)| Case { policy, mute_all, exempt, expected }).into()
}

fn code_of(operation: Operation, standing: Standing) -> ErrorCode {
    match operation {
        Operation::Join => ErrorCode::MemberBlock,
        Operation::Send | Operation::SendHigh | Operation::EditOwn | Operation::WriteAttributes
            if standing == Standing::Muted =>
        {
            ErrorCode::UserBannedToPost
        }
        _ => ErrorCode::UserForbidden,
    }
}

/// A room with one of each, and with somebody to act on.
fn scene(policy: RoomPolicy, mute_all: MuteAll, exempt: bool) -> Room {
    let mut room = if policy == RoomPolicy::default() { room() } else { room_of(policy) };
    for name in ["owner", "admin", "admin2", "member", "muted", "blocked", "target"] {
        enter(&mut room, name);
    }
    let owner = owner();
    done(&mut room, &owner, Measure::AddAdmins(uids(&["admin", "admin2"])));
    done(&mut room, &owner, Measure::Mute(uids(&["muted"]), Duration::ZERO));
    done(&mut room, &owner, Measure::Block(uids(&["blocked"]), Duration::ZERO));
    done(&mut room, &owner, Measure::AddMarkTypes(vec!["vip".into()]));
    done(&mut room, &owner, Measure::MuteAll(mute_all));
    if exempt {
        done(&mut room, &owner, Measure::Exempt(uids(&["admin", "member", "muted"])));
    }
    room
}

fn person(standing: Standing) -> Actor {
    match standing {
        Standing::Outsider => actor("nobody"),
        Standing::Blocked => actor("blocked"),
        Standing::Member => actor("member"),
        Standing::Muted => actor("muted"),
        Standing::Admin => actor("admin"),
        Standing::Owner => owner(),
        Standing::AppServer => app_server(),
    }
}

/// Asks for an operation at every door that stands for it. Nothing of it is carried out.
fn ask(room: &mut Room, operation: Operation, who: &Actor) -> Vec<(&'static str, Answer)> {
    let mut answers = match operation {
        Operation::Send => speak(room, who, &[Priority::Low, Priority::Normal]),
        Operation::SendHigh => speak(room, who, &[Priority::High]),
        Operation::SetInfo => {
            let change = GroupInfoChange { name: Some("new".into()), ..GroupInfoChange::default() };
            vec![("with_info", answer(room.with_info(who, change)))]
        }
        Operation::SetNotice => {
            let change = GroupInfoChange { notice: Some("new".into()), ..GroupInfoChange::default() };
            vec![("with_info", answer(room.with_info(who, change)))]
        }
        // The app's server is in no group and has no record to change.
        Operation::SetOwnInfo if !who.is_app_server => {
            vec![("plan_info", answer(room.plan_info(who, None, MemberInfoChange::default())))]
        }
        Operation::SetInfoOfOthers => {
            let change = MemberInfoChange::default();
            vec![("plan_info", answer(room.plan_info(who, Some(uid("target")), change)))]
        }
        Operation::EditOwn => change_of(room, who, &who.uid, true),
        Operation::EditOfOthers => change_of(room, who, &uid("target"), true),
        Operation::RecallOwn => change_of(room, who, &who.uid, false),
        Operation::RecallOfMember => change_of(room, who, &uid("target"), false),
        Operation::RecallOfResident => change_of(room, who, &uid("admin2"), false),
        _ => plan(room, who, measures(operation, who)),
    };
    answers.push(("permit", answer(room.permit(operation, who))));
    answers
}

/// The measures that an operation stands for.
fn measures(operation: Operation, who: &Actor) -> Vec<Measure> {
    let target = || uids(&["target"]);
    match operation {
        Operation::MuteAll => vec![
            Measure::MuteAll(MuteAll::Everyone),
            Measure::SlowMode(Duration::from_secs(1)),
            Measure::Exempt(target()),
            Measure::Unexempt(target()),
        ],
        Operation::SanctionMember => sanctions(uid("target")),
        Operation::SanctionAdmin => sanctions(uid("admin2")),
        Operation::SanctionOwner => [sanctions(uid("owner")), sanctions(who.uid.clone())].concat(),
        Operation::LiftFromMember => lifts(uid("target")),
        Operation::LiftFromAdmin => lifts(uid("admin2")),
        Operation::ManageRoles => vec![
            Measure::AddAdmins(target()),
            Measure::RemoveAdmins(target()),
            Measure::TransferOwner(uid("target")),
        ],
        Operation::Dissolve => vec![Measure::DissolveAfterIdle(Duration::from_secs(60))],
        Operation::Mark => vec![
            Measure::Mark("vip".into(), target()),
            Measure::Unmark("vip".into(), target()),
            Measure::AddMarkTypes(vec!["new".into()]),
            Measure::RemoveMarkTypes(vec!["new".into()]),
        ],
        _ => Vec::new(),
    }
}

fn speak(room: &mut Room, who: &Actor, classes: &[Priority]) -> Vec<(&'static str, Answer)> {
    let mut answers = Vec::new();
    for (class, id) in classes.iter().zip(1..) {
        answers.push(("may_speak", answer(room.may_speak(at(0), who, *class))));
        let admitted = room.admit(at(0), who, &send(id, *class), CONTENT);
        assert!(admitted.as_ref().map_or(true, |admission| *admission == Admission::New));
        answers.push(("admit", answer(admitted)));
    }
    answers
}

fn sanctions(uid: Uid) -> Vec<Measure> {
    let period = Duration::from_secs(60);
    let uids = vec![uid];
    vec![Measure::Mute(uids.clone(), period), Measure::Block(uids.clone(), period), Measure::Kick(uids)]
}

fn lifts(uid: Uid) -> Vec<Measure> {
    vec![Measure::Unmute(vec![uid.clone()]), Measure::Unblock(vec![uid])]
}

fn plan(room: &mut Room, who: &Actor, measures: Vec<Measure>) -> Vec<(&'static str, Answer)> {
    let mut answers = Vec::new();
    for measure in measures {
        let planned = room.plan(at(0), who, measure);
        let verdict = planned.and_then(|plan| match plan.failed.into_iter().next() {
            Some(failure) => Err(failure.reason),
            None => Ok(()),
        });
        answers.push(("plan", answer(verdict)));
    }
    answers
}

fn change_of(room: &Room, who: &Actor, sender: &Uid, is_edit: bool) -> Vec<(&'static str, Answer)> {
    let original = StoredLiveMessage { sender: sender.clone(), ..message_of("any", 1) };
    let body = is_edit.then(|| text("new"));
    vec![("permit_change_of", answer(room.permit_change_of(at(1).wall, who, &original, body.as_ref())))]
}

fn answer<T>(result: Result<T, Refusal>) -> Answer {
    result.err().map(|refusal| refusal.code)
}
