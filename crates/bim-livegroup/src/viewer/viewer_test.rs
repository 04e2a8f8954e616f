use std::time::Duration;

use bim_types::{
    Attributes, Epoch, ErrorCode, GroupInfo, Member, MessageBody, MuteAll, PerPriority, Role, Wall,
};

use super::*;

const EPOCH: Epoch = Epoch(7);

pub(super) fn me() -> Uid {
    Uid::string("me").unwrap()
}

pub(super) fn group() -> ConversationShortId {
    ConversationShortId::new(5).unwrap()
}

pub(super) fn conversation(version: u64) -> Conversation {
    Conversation {
        conversation_short_id: group(),
        conversation_id: Conversation::live_group_id(group()),
        info: GroupInfo { name: "room".into(), ..GroupInfo::default() },
        owner: Uid::string("owner").unwrap(),
        role: Role::Normal,
        created_at: Wall::from_millis(1),
        version,
        online_count: 1,
        online_count_age: Duration::ZERO,
        joined: false,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: Some(Member::unknown(me())),
    }
}

fn position(seq: u64) -> Position {
    Position { epoch: EPOCH, seq: Seq(seq) }
}

fn joined(seq: u64, verdict: ResumeVerdict) -> Joined {
    Joined {
        conversation: conversation(1),
        cursor: Cursor::at(position(seq)),
        verdict,
        attributes: Attributes::default(),
        counters: Default::default(),
    }
}

pub(super) fn viewer_at(seq: u64) -> Viewer {
    let mut viewer = Viewer::joining(me());
    assert_eq!(viewer.on_joined(joined(seq, ResumeVerdict::Fresh)), JoinOutcome::Fresh);
    viewer
}

fn message(seq: u64, priority: Priority, sender: Uid) -> Message {
    Message {
        conversation_short_id: group(),
        position: position(seq),
        client_message_id: ClientMessageId::new(seq.into()),
        sender,
        priority,
        accepted_at: Wall::from_millis(seq),
        edits: 0,
        body: MessageBody::Text("x".into()),
    }
}

fn others(seq: u64, priority: Priority) -> Message {
    message(seq, priority, Uid::string("other").unwrap())
}

fn mine(seq: u64) -> Message {
    message(seq, Priority::Normal, me())
}

/// The message as it comes when each class had one message of every number before.
fn push(message: Message) -> LivePush {
    let before = Seq(message.position.seq.0 - 1);
    let mut previous = PerPriority::splat(before);
    previous[message.priority] = Seq::ZERO;
    LivePush { message, previous, hidden: false }
}

/// A change that comes when each class had one message of every number before.
fn change(seq: u64, what: LiveChanged) -> LiveChange {
    let mut previous = PerPriority::splat(Seq(seq - 1));
    previous.high = Seq::ZERO;
    LiveChange { position: position(seq), previous, operator: Uid::string("admin").unwrap(), what }
}

fn removal(seq: u64, target: u64) -> LiveChange {
    change(seq, LiveChanged::Deleted { group: group(), position: position(target) })
}

fn edited(target: u64) -> Message {
    Message { edits: 1, body: MessageBody::Text("y".into()), ..others(target, Priority::Normal) }
}

fn hidden(message: Message) -> LivePush {
    let body = MessageBody::Unknown { kind: 0 };
    LivePush { hidden: true, ..push(Message { body, ..message }) }
}

fn id(seq: u64) -> ClientMessageId {
    ClientMessageId::new(seq.into())
}

fn gap(from: u64, to: u64, count: u64) -> LiveGap {
    LiveGap {
        conversation_short_id: group(),
        priority: Priority::Normal,
        count,
        from: Seq(from),
        to: Seq(to),
    }
}

#[test]
fn a_message_is_received_once() {
    let mut viewer = viewer_at(10);
    let new = others(11, Priority::Normal);
    assert_eq!(viewer.on_message(push(new.clone())), Delivery::Received(new.clone()));
    assert_eq!(viewer.on_message(push(new)), Delivery::Quiet);
    assert_eq!(viewer.on_message(push(others(10, Priority::Normal))), Delivery::Quiet);
}

#[test]
fn a_high_message_that_overtakes_does_not_hide_the_normal_one_behind_it() {
    let mut viewer = viewer_at(10);
    assert!(matches!(viewer.on_message(push(others(12, Priority::High))), Delivery::Received(_)));
    assert!(matches!(viewer.on_message(push(others(11, Priority::Normal))), Delivery::Received(_)));
}

#[test]
fn a_message_before_the_join_is_answered_is_ignored() {
    let mut viewer = Viewer::joining(me());
    assert_eq!(viewer.on_message(push(others(1, Priority::Normal))), Delivery::Quiet);
}

#[test]
fn a_message_of_another_epoch_is_never_taken_for_one_of_this() {
    let mut viewer = viewer_at(10);
    let mut strange = others(11, Priority::Normal);
    strange.position.epoch = Epoch(8);
    assert_eq!(viewer.on_message(push(strange)), Delivery::Broken);
    assert_eq!(viewer.cursor(), Some(Cursor::at(position(10))));
}

#[test]
fn a_message_whose_forerunner_never_came_is_not_taken() {
    let mut viewer = viewer_at(10);
    let mut late = push(others(13, Priority::High));
    late.previous.high = Seq(12);
    assert_eq!(viewer.on_message(late.clone()), Delivery::Broken);
    assert_eq!(viewer.cursor(), Some(Cursor::at(position(10))));
    viewer.on_gap(LiveGap { priority: Priority::High, ..gap(11, 12, 2) });
    assert!(matches!(viewer.on_message(late), Delivery::Received(_)));
}

#[test]
fn a_message_accounts_for_the_classes_in_which_nothing_was_sent() {
    let mut viewer = viewer_at(10);
    let previous = PerPriority { low: Seq(15), normal: Seq(10), high: Seq(3) };
    viewer.on_message(LivePush { message: others(20, Priority::Normal), previous, hidden: false });
    let seqs = PerPriority { low: Seq(10), normal: Seq(20), high: Seq(20) };
    assert_eq!(viewer.cursor(), Some(Cursor { epoch: EPOCH, seqs }));
}

#[test]
fn a_gap_marker_moves_the_cursor_of_its_class_only() {
    let mut viewer = viewer_at(10);
    assert_eq!(viewer.on_gap(gap(11, 15, 3)), Some(gap(11, 15, 3)));
    assert_eq!(viewer.on_gap(gap(11, 15, 3)), None);
    assert_eq!(viewer.on_message(push(others(15, Priority::Normal))), Delivery::Quiet);
    assert!(matches!(viewer.on_message(push(others(12, Priority::Low))), Delivery::Received(_)));
}

#[test]
fn an_own_message_is_reported_by_its_verdict_whichever_comes_first() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    assert!(viewer.on_accepted(id(11), position(11), Priority::Normal));
    assert_eq!(viewer.on_message(push(mine(11))), Delivery::Quiet);
    viewer.on_send(id(12));
    assert_eq!(viewer.on_message(push(mine(12))), Delivery::Quiet);
    assert!(viewer.on_accepted(id(12), position(12), Priority::Normal));
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn a_message_of_the_same_user_from_another_device_is_received() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(99));
    assert_eq!(viewer.on_message(push(mine(11))), Delivery::Received(mine(11)));
}

#[test]
fn an_own_copy_stays_quiet_across_a_reconnect() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    assert!(viewer.on_accepted(id(11), position(11), Priority::Normal));
    viewer.on_send(id(12));
    viewer.on_lost();
    assert_eq!(viewer.resume_cursor(), Some(Cursor::at(position(10))));
    let verdict = ResumeVerdict::Resumed { left_out: PerPriority::default() };
    assert_eq!(viewer.on_joined(joined(10, verdict)), JoinOutcome::Resumed(vec![]));
    assert_eq!(viewer.on_message(push(mine(11))), Delivery::Quiet);
    assert_eq!(viewer.on_message(push(mine(12))), Delivery::Quiet);
    assert!(viewer.on_accepted(id(12), position(12), Priority::Normal));
}

#[test]
fn a_message_without_a_verdict_is_reported_when_its_copy_comes() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    assert_eq!(viewer.copy_of(id(11)), None);
    viewer.on_no_verdict(id(11));
    assert_eq!(viewer.on_message(push(mine(11))), Delivery::Sent(mine(11)));
    viewer.on_send(id(11));
    assert!(!viewer.on_accepted(id(11), position(11), Priority::Normal), "reported before");
}

#[test]
fn a_copy_that_came_is_the_verdict_when_no_other_comes() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    assert_eq!(viewer.on_message(push(mine(11))), Delivery::Quiet);
    assert_eq!(viewer.copy_of(id(11)), Some(&mine(11)));
    assert!(viewer.on_accepted(id(11), position(11), Priority::Normal));
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn a_message_that_was_accepted_before_it_was_refused_shows_as_sent_and_never_as_received() {
    let resume = || joined(10, ResumeVerdict::Resumed { left_out: PerPriority::default() });
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    viewer.on_lost();
    viewer.on_joined(resume());
    viewer.on_refused(id(11), ErrorCode::UserBannedToPost);
    assert_eq!(viewer.on_message(push(mine(11))), Delivery::Sent(mine(11)));
    assert_eq!(viewer.own.len(), 0);
    viewer.on_send(id(12));
    viewer.on_refused(id(12), ErrorCode::StorageUnavailable);
    let copy = Message { client_message_id: id(12), ..mine(12) };
    assert_eq!(viewer.on_message(push(copy.clone())), Delivery::Sent(copy));
}

#[test]
fn a_message_that_was_refused_and_nothing_else_is_forgotten() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    viewer.on_refused(id(11), ErrorCode::UserBannedToPost);
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn two_calls_with_one_id_report_the_message_once() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    viewer.on_send(id(11));
    assert!(viewer.on_accepted(id(11), position(11), Priority::Normal));
    assert!(!viewer.on_accepted(id(11), position(11), Priority::Normal));
    assert_eq!(viewer.on_message(push(mine(11))), Delivery::Quiet);
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn own_ids_leave_when_a_gap_swallows_their_copy() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    assert!(viewer.on_accepted(id(11), position(11), Priority::Normal));
    assert_eq!(viewer.own.len(), 1);
    viewer.on_gap(gap(11, 11, 1));
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn own_ids_are_bounded() {
    let mut viewer = viewer_at(10);
    for seq in 0..2 * OWN_SENDS_MAX as u64 {
        viewer.on_send(id(seq));
        viewer.on_no_verdict(id(seq));
    }
    assert_eq!(viewer.own.len(), OWN_SENDS_MAX);
}

#[test]
fn a_resume_says_what_was_left_out_and_never_moves_back() {
    let mut viewer = viewer_at(10);
    viewer.on_message(push(others(20, Priority::High)));
    viewer.on_lost();
    let left_out = PerPriority { low: 2, normal: 3, high: 0 };
    let mut answer = joined(10, ResumeVerdict::Resumed { left_out });
    answer.cursor.seqs = PerPriority { low: Seq(18), normal: Seq(10), high: Seq(15) };
    let low = LiveGap { priority: Priority::Low, ..gap(11, 18, 2) };
    assert_eq!(viewer.on_joined(answer), JoinOutcome::Resumed(vec![low, gap(11, 13, 3)]));
    let seqs = PerPriority { low: Seq(18), normal: Seq(10), high: Seq(20) };
    assert_eq!(viewer.cursor(), Some(Cursor { epoch: EPOCH, seqs }));
}

#[test]
fn a_discontinuity_gives_both_ends_of_the_hole() {
    let mut viewer = viewer_at(10);
    viewer.on_lost();
    let reason = DiscontinuityReason::BeyondWindow;
    let outcome = viewer.on_joined(joined(5000, ResumeVerdict::Discontinuity(reason)));
    let (from, to) = (Cursor::at(position(10)), Cursor::at(position(5000)));
    assert_eq!(outcome, JoinOutcome::Discontinuous { reason, from, to });
    assert_eq!(viewer.cursor(), Some(to));
}

#[test]
fn a_fresh_verdict_on_a_cursor_is_a_discontinuity() {
    let mut viewer = viewer_at(10);
    viewer.on_lost();
    assert!(matches!(
        viewer.on_joined(joined(12, ResumeVerdict::Fresh)),
        JoinOutcome::Discontinuous { reason: DiscontinuityReason::BeyondWindow, .. }
    ));
}

#[test]
fn a_new_epoch_is_named_and_forgets_copies_of_the_old_one() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    assert!(viewer.on_accepted(id(11), position(11), Priority::Normal));
    viewer.on_lost();
    let mut answer = joined(3, ResumeVerdict::Resumed { left_out: PerPriority::default() });
    answer.cursor.epoch = Epoch(8);
    assert!(matches!(
        viewer.on_joined(answer),
        JoinOutcome::Discontinuous { reason: DiscontinuityReason::NewEpoch, .. }
    ));
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn a_second_join_on_one_connection_loses_nothing() {
    let mut viewer = viewer_at(10);
    assert_eq!(viewer.on_joined(joined(14, ResumeVerdict::Fresh)), JoinOutcome::Resumed(vec![]));
    assert!(matches!(viewer.on_message(push(others(12, Priority::Low))), Delivery::Received(_)));
}

#[test]
fn a_hidden_message_is_accounted_for_and_nobody_hears_of_it() {
    let mut viewer = viewer_at(10);
    assert_eq!(viewer.on_message(hidden(others(11, Priority::Normal))), Delivery::Quiet);
    assert_eq!(viewer.cursor().unwrap().seqs.normal, Seq(11));
    let mut gapped = hidden(others(14, Priority::Normal));
    gapped.previous.normal = Seq(13);
    assert_eq!(viewer.on_message(gapped), Delivery::Broken);
}

#[test]
fn a_hidden_copy_of_an_own_message_is_the_verdict_when_no_other_comes() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    assert_eq!(viewer.on_message(hidden(mine(11))), Delivery::Quiet);
    assert_eq!(viewer.copy_of(id(11)).unwrap().position, position(11));
    assert!(viewer.on_accepted(id(11), position(11), Priority::Normal));
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn a_removed_message_whose_verdict_never_came_is_not_shown() {
    let mut viewer = viewer_at(10);
    viewer.on_send(id(11));
    viewer.on_no_verdict(id(11));
    assert_eq!(viewer.on_message(hidden(mine(11))), Delivery::Quiet);
    assert_eq!(viewer.own.len(), 0);
}

#[test]
fn a_change_is_told_once_and_accounted_for_as_high() {
    let mut viewer = viewer_at(10);
    let operator = Uid::string("admin").unwrap();
    let told = Delivery::Updated { message: edited(5), operator: operator.clone() };
    assert_eq!(viewer.on_change(change(11, LiveChanged::Updated(edited(5)))), told);
    assert_eq!(viewer.on_change(change(11, LiveChanged::Updated(edited(5)))), Delivery::Quiet);
    let told = Delivery::Deleted { group: group(), position: position(5), operator };
    assert_eq!(viewer.on_change(removal(12, 5)), told);
    assert_eq!(viewer.cursor().unwrap().seqs.high, Seq(12));
    assert_eq!(viewer.late.len(), 0, "the message came long ago");
}

#[test]
fn a_change_whose_forerunner_never_came_is_not_taken() {
    let mut viewer = viewer_at(10);
    let mut late = removal(13, 5);
    late.previous.high = Seq(12);
    assert_eq!(viewer.on_change(late), Delivery::Broken);
    assert_eq!(viewer.cursor(), Some(Cursor::at(position(10))));
    let mut strange = removal(11, 5);
    strange.position.epoch = Epoch(8);
    assert_eq!(viewer.on_change(strange), Delivery::Broken);
}

#[test]
fn a_change_of_a_message_of_another_life_of_the_log_is_accounted_for_in_silence() {
    let mut viewer = viewer_at(10);
    let target = Position { epoch: Epoch(1), seq: Seq(3) };
    let removal = change(11, LiveChanged::Deleted { group: group(), position: target });
    assert_eq!(viewer.on_change(removal), Delivery::Quiet);
    assert_eq!(viewer.cursor().unwrap().seqs.high, Seq(11));
}

#[test]
fn a_removal_that_overtakes_its_message_hides_it() {
    let mut viewer = viewer_at(10);
    assert!(matches!(viewer.on_change(removal(12, 11)), Delivery::Deleted { .. }));
    assert_eq!(viewer.on_message(push(others(11, Priority::Normal))), Delivery::Quiet);
    assert_eq!(viewer.cursor().unwrap().seqs.normal, Seq(11));
    viewer.on_gap(LiveGap { priority: Priority::Low, ..gap(11, 13, 1) });
    assert_eq!(viewer.late.len(), 0);
}

#[test]
fn a_change_that_overtakes_its_message_shows_in_it() {
    let mut viewer = viewer_at(10);
    assert!(matches!(
        viewer.on_change(change(12, LiveChanged::Updated(edited(11)))),
        Delivery::Updated { .. }
    ));
    assert_eq!(viewer.on_message(push(others(11, Priority::Normal))), Delivery::Received(edited(11)));
}

#[test]
fn changes_that_wait_for_their_message_are_bounded() {
    let mut viewer = viewer_at(10);
    for seq in 0..2 * LATE_CHANGES_MAX as u64 {
        assert!(matches!(viewer.on_change(removal(20_000 + seq, 11 + seq)), Delivery::Deleted { .. }));
    }
    assert_eq!(viewer.late.len(), LATE_CHANGES_MAX);
}
