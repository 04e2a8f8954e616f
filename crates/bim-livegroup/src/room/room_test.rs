//! Joins, resumes and verdicts of one room.

use std::time::Duration;

use bim_proto::Accepted;
use bim_proto::stored::StoredLiveMessage;
use bim_types::{
    DiscontinuityReason, Epoch, ErrorCode, GroupInfoChange, Measure, Position, Priority, ResumeVerdict, Seq,
};

use super::testing::{
    CONTENT, EPOCH, actor, app_server, at, code, connection, cursor, done, enter, message_of, owner, push,
    room, send, text, uids,
};
use super::{Admission, BufferLimits, Room, RoomPolicy, testing};

#[test]
fn a_first_join_starts_at_the_head() {
    let mut room = room_after(3);
    let entry = room.join(at(0), &actor("v"), None, None);
    assert_eq!(entry.verdict, ResumeVerdict::Fresh);
    assert_eq!(entry.cursor, cursor(3));
    assert!(entry.replay.is_empty());
}

#[test]
fn a_resume_inside_the_window_replays_everything_missed() {
    let mut room = room_after(5);
    let entry = room.join(at(0), &actor("v"), None, Some(cursor(2)));
    assert!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }));
    let seqs: Vec<u64> = entry.replay.iter().map(|live| live.seq.0).collect();
    assert_eq!(seqs, [3, 4, 5]);
}

#[test]
fn a_viewer_that_received_nothing_yet_can_resume() {
    let mut room = room();
    let first = room.join(at(0), &actor("v"), None, None);
    send_some(&mut room, 1..=2, Priority::High);
    let entry = room.join(at(0), &actor("v"), None, Some(first.cursor));
    assert_eq!(entry.replay.len(), 2);
}

#[test]
fn the_window_ends_exactly_after_its_messages() {
    for (missed, resumed) in [(1_999, true), (2_000, true), (2_001, false)] {
        let mut room = room_after(missed);
        let entry = room.join(at(0), &actor("v"), None, Some(cursor(0)));
        assert_eq!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }), resumed, "{missed} missed");
        assert_eq!(entry.replay.len(), if resumed { missed as usize } else { 0 });
    }
}

#[test]
fn the_window_ends_exactly_after_its_time() {
    for (seconds, resumed) in [(1, true), (60, true), (119, true), (120, true), (121, false)] {
        let mut room = room_after(4);
        let entry = room.join(at(seconds), &actor("v"), None, Some(cursor(2)));
        assert_eq!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }), resumed, "after {seconds} s");
    }
}

#[test]
fn the_window_ends_exactly_after_its_bytes() {
    let mut room = room();
    let frames =
        (1..=3).map(|n| room.accept(at(0).mono, Seq(n), message_of("v", n.into()), None).frame.len());
    let all: usize = frames.sum();
    for (bytes, resumed) in [(all, true), (all - 1, false)] {
        let buffer = BufferLimits { bytes, ..BufferLimits::default() };
        let mut room = testing::room_of(RoomPolicy { buffer, ..RoomPolicy::default() });
        send_some(&mut room, 1..=3, Priority::Normal);
        let entry = room.join(at(0), &actor("v"), None, Some(cursor(0)));
        assert_eq!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }), resumed, "{bytes} of {all} bytes");
    }
}

#[test]
fn a_cursor_of_another_epoch_or_ahead_of_the_log_is_a_discontinuity_with_its_reason() {
    let mut room = room_after(4);
    let mut foreign = cursor(2);
    foreign.epoch = Epoch(8);
    let entry = room.join(at(0), &actor("v"), None, Some(foreign));
    assert_eq!(entry.verdict, ResumeVerdict::Discontinuity(DiscontinuityReason::NewEpoch));
    assert_eq!(entry.cursor, cursor(4));
    let entry = room.join(at(0), &actor("v"), None, Some(cursor(5)));
    assert_eq!(entry.verdict, ResumeVerdict::Discontinuity(DiscontinuityReason::CursorAhead));
}

#[test]
fn an_idle_class_does_not_end_a_resume() {
    let mut room = room_after(5_000);
    let mut behind = cursor(4_990);
    behind.seqs.low = Seq(0);
    let entry = room.join(at(0), &actor("v"), None, Some(behind));
    assert_eq!(entry.replay.len(), 10);
}

#[test]
fn a_message_says_how_far_each_class_had_come_before_it() {
    let mut room = room();
    let classes = [Priority::Low, Priority::High, Priority::Low];
    let frames = classes.into_iter().zip(1..).map(|(priority, seq)| {
        let stored = StoredLiveMessage { priority, ..message_of("v", seq) };
        push(&room.accept(at(0).mono, Seq(seq as u64), stored, None)).previous
    });
    let previous: Vec<_> = frames.map(|p| (p.low.0, p.normal.0, p.high.0)).collect();
    assert_eq!(previous, [(0, 0, 0), (1, 0, 0), (1, 0, 2)]);
}

#[test]
fn only_owner_and_admins_send_high_unless_the_policy_says_otherwise() {
    let mut room = room();
    enter(&mut room, "v");
    enter(&mut room, "owner");
    let high = send(1, Priority::High);
    assert_eq!(code(room.admit(at(0), &actor("v"), &high, CONTENT)), ErrorCode::UserForbidden);
    assert_eq!(room.admit(at(0), &owner(), &high, CONTENT), Ok(Admission::New));
    assert_eq!(code(room.admit(at(0), &actor("w"), &high, CONTENT)), ErrorCode::UserNotInGroup);
}

#[test]
fn an_owner_who_is_not_in_does_not_send() {
    let mut room = room();
    let refused = room.admit(at(0), &owner(), &send(1, Priority::Normal), CONTENT);
    assert_eq!(code(refused), ErrorCode::UserNotInGroup);
}

#[test]
fn a_resend_of_what_is_accepted_costs_no_budget() {
    let mut room = room();
    enter(&mut room, "v");
    send_some(&mut room, 1..=1, Priority::Normal);
    for _ in 0..100 {
        let verdict = room.admit(at(0), &actor("v"), &send(1, Priority::Normal), CONTENT);
        assert_eq!(verdict, Ok(Admission::Known(accepted(1))));
    }
    for n in 2..22 {
        let verdict = room.admit(at(0), &actor("v"), &send(n, Priority::Normal), CONTENT);
        assert_eq!(verdict, Ok(Admission::New));
    }
    let refused = room.admit(at(0), &actor("v"), &send(22, Priority::Normal), CONTENT).unwrap_err();
    assert_eq!(refused.code, ErrorCode::MessageFrequency);
    assert!(refused.retry_after.is_some());
}

#[test]
fn a_resend_is_answered_even_when_its_sender_was_muted_since() {
    let mut room = room();
    enter(&mut room, "v");
    send_some(&mut room, 1..=1, Priority::Normal);
    done(&mut room, &owner(), Measure::Mute(uids(&["v"]), Duration::ZERO));
    let verdict = room.admit(at(0), &actor("v"), &send(1, Priority::Normal), CONTENT);
    assert_eq!(verdict, Ok(Admission::Known(accepted(1))));
    let refused = room.admit(at(0), &actor("v"), &send(2, Priority::Normal), CONTENT);
    assert_eq!(code(refused), ErrorCode::UserBannedToPost);
}

#[test]
fn a_resend_of_what_a_moderator_rewrote_learns_what_it_says_now() {
    let mut room = room();
    enter(&mut room, "v");
    let stored = StoredLiveMessage { body: text("**"), ..message_of("v", 1) };
    let first = room.accepted(Seq(1), &stored, Some(&send(1, Priority::Normal).body));
    assert_eq!(first.rewritten, Some(text("**")));
    room.accept(at(0).mono, Seq(1), stored, Some(CONTENT));
    let verdict = room.admit(at(0), &actor("v"), &send(1, Priority::Normal), CONTENT);
    assert_eq!(verdict, Ok(Admission::Known(first)));
}

#[test]
fn a_resend_with_other_content_is_a_conflict() {
    let mut room = room_after(1);
    enter(&mut room, "v");
    let refused = room.admit(at(0), &actor("v"), &send(1, Priority::Normal), [2; 16]);
    assert_eq!(code(refused), ErrorCode::IdempotencyConflict);
}

#[test]
fn a_resend_costs_no_budget_within_the_window_even_when_the_buffer_holds_it_no_more() {
    let buffer = BufferLimits { messages: 1, ..BufferLimits::default() };
    let mut room = testing::room_of(RoomPolicy { buffer, ..RoomPolicy::default() });
    enter(&mut room, "v");
    for seq in 1..=3 {
        room.accept(at(0).mono, Seq(seq), message_of("v", seq.into()), Some(CONTENT));
    }
    let verdict = room.admit(at(119), &actor("v"), &send(1, Priority::Normal), CONTENT);
    assert_eq!(verdict, Ok(Admission::Known(accepted(1))));
    room.accept(at(121).mono, Seq(4), message_of("v", 4), Some(CONTENT));
    let verdict = room.admit(at(121), &actor("v"), &send(1, Priority::Normal), CONTENT);
    assert_eq!(verdict, Ok(Admission::New), "from then on the log alone recognises it");
}

#[test]
fn slow_mode_holds_back_ordinary_members_only() {
    let mut room = testing::room_with(&["admin"], &["v"]);
    done(&mut room, &owner(), Measure::SlowMode(Duration::from_secs(10)));
    for (who, expected) in [("v", Some(Duration::from_secs(10))), ("admin", None)] {
        let first = room.admit(at(0), &actor(who), &send(1, Priority::Normal), CONTENT);
        assert_eq!(first, Ok(Admission::New));
        let second = room.admit(at(0), &actor(who), &send(2, Priority::Normal), CONTENT);
        assert_eq!(second.err().and_then(|refusal| refusal.retry_after), expected, "{who}");
    }
    for id in 0..1_000 {
        let verdict = room.admit(at(0), &app_server(), &send(id, Priority::Normal), CONTENT);
        assert_eq!(verdict, Ok(Admission::New), "budgets are for members");
    }
}

#[test]
fn an_admin_changes_the_info_and_only_the_owner_the_notice() {
    let room = testing::room_with(&["admin"], &["v"]);
    let name = GroupInfoChange { name: Some("new".into()), ..GroupInfoChange::default() };
    let notice = GroupInfoChange { notice: Some("new".into()), ..GroupInfoChange::default() };
    let both = GroupInfoChange { notice: Some("new".into()), ..name.clone() };
    let changed = room.with_info(&actor("admin"), name.clone()).unwrap();
    assert_eq!((changed.info.name.as_str(), changed.version), ("new", room.version() + 1));
    for change in [notice.clone(), both.clone()] {
        assert_eq!(code(room.with_info(&actor("admin"), change.clone())), ErrorCode::UserForbidden);
        assert!(room.with_info(&owner(), change.clone()).is_ok());
        assert_eq!(code(room.with_info(&actor("v"), change)), ErrorCode::UserForbidden);
    }
    assert_eq!(code(room.with_info(&actor("v"), name)), ErrorCode::UserForbidden);
    let nothing = GroupInfoChange::default();
    assert_eq!(code(room.with_info(&actor("v"), nothing.clone())), ErrorCode::UserForbidden);
    assert_eq!(code(room.with_info(&owner(), nothing)), ErrorCode::InvalidRequest);
}

#[test]
fn after_a_dissolve_nobody_is_in() {
    let mut room = room();
    enter(&mut room, "v");
    let version = room.version();
    assert_eq!(room.dissolve(), [connection("v")]);
    assert!(room.state().dissolved);
    assert!(room.state().version > version);
    let refused = room.admit(at(0), &actor("v"), &send(1, Priority::Normal), CONTENT);
    assert_eq!(code(refused), ErrorCode::UserNotInGroup);
}

fn accepted(seq: u64) -> Accepted {
    Accepted {
        position: Position { epoch: EPOCH, seq: Seq(seq) },
        accepted_at: at(0).wall,
        only_for_sender: false,
        rewritten: None,
    }
}

fn room_after(messages: u64) -> Room {
    let mut room = room();
    send_some(&mut room, 1..=messages, Priority::Normal);
    room
}

fn send_some(room: &mut Room, seqs: std::ops::RangeInclusive<u64>, priority: Priority) {
    for seq in seqs {
        let stored = StoredLiveMessage { priority, ..message_of("v", u128::from(seq)) };
        room.accept(at(0).mono, Seq(seq), stored, Some(CONTENT));
    }
}
