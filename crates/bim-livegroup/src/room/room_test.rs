//! Joins, resumes and verdicts of one room.

use std::time::Duration;

use bim_proto::stored::{StoredLiveGroup, StoredLiveMessage};
use bim_proto::{Accepted, SendLive};
use bim_types::{
    AppId, ClientMessageId, ConnectionId, ConversationShortId, Cursor, DeviceId, DiscontinuityReason, Epoch,
    ErrorCode, GroupInfo, GroupKey, MessageBody, Mono, Position, Priority, ResumeVerdict, Seq, Uid, Wall,
};

use super::{Admission, BufferLimits, Room, RoomPolicy, Viewer};

const CONNECTION: ConnectionId = ConnectionId(1);
const CONTENT: [u8; 16] = [1; 16];

#[test]
fn a_first_join_starts_at_the_head() {
    let mut room = room_with(3);
    let entry = room.join(Mono::ZERO, CONNECTION, viewer("v"), None);
    assert_eq!(entry.verdict, ResumeVerdict::Fresh);
    assert_eq!(entry.cursor, cursor(3));
    assert!(entry.replay.is_empty());
}

#[test]
fn a_resume_inside_the_window_replays_everything_missed() {
    let mut room = room_with(5);
    let entry = room.join(Mono::ZERO, CONNECTION, viewer("v"), Some(cursor(2)));
    assert!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }));
    let seqs: Vec<u64> = entry.replay.iter().map(|live| live.seq.0).collect();
    assert_eq!(seqs, [3, 4, 5]);
}

#[test]
fn a_viewer_that_received_nothing_yet_can_resume() {
    let mut room = room_with(0);
    let first = room.join(Mono::ZERO, CONNECTION, viewer("v"), None);
    send_some(&mut room, 1..=2, Priority::High);
    let entry = room.join(Mono::ZERO, CONNECTION, viewer("v"), Some(first.cursor));
    assert_eq!(entry.replay.len(), 2);
}

#[test]
fn the_window_ends_exactly_after_its_messages() {
    for (missed, resumed) in [(1_999, true), (2_000, true), (2_001, false)] {
        let mut room = room_with(0);
        send_some(&mut room, 1..=missed, Priority::Normal);
        let entry = room.join(Mono::ZERO, CONNECTION, viewer("v"), Some(cursor(0)));
        assert_eq!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }), resumed, "{missed} missed");
        assert_eq!(entry.replay.len(), if resumed { missed as usize } else { 0 });
    }
}

#[test]
fn the_window_ends_exactly_after_its_time() {
    for (seconds, resumed) in [(1, true), (119, true), (120, true), (121, false)] {
        let mut room = room_with(4);
        let later = Mono::ZERO + Duration::from_secs(seconds);
        let entry = room.join(later, CONNECTION, viewer("v"), Some(cursor(2)));
        assert_eq!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }), resumed, "after {seconds} s");
    }
}

#[test]
fn a_cursor_of_another_epoch_or_ahead_of_the_log_is_a_discontinuity_with_its_reason() {
    let mut room = room_with(4);
    let mut foreign = cursor(2);
    foreign.epoch = Epoch(8);
    let entry = room.join(Mono::ZERO, CONNECTION, viewer("v"), Some(foreign));
    assert_eq!(entry.verdict, ResumeVerdict::Discontinuity(DiscontinuityReason::NewEpoch));
    assert_eq!(entry.cursor, cursor(4));
    let entry = room.join(Mono::ZERO, CONNECTION, viewer("v"), Some(cursor(5)));
    assert_eq!(entry.verdict, ResumeVerdict::Discontinuity(DiscontinuityReason::CursorAhead));
}

#[test]
fn an_idle_class_does_not_end_a_resume() {
    let mut room = room_with(0);
    send_some(&mut room, 1..=5_000, Priority::Normal);
    let mut behind = cursor(4_990);
    behind.seqs.low = Seq(0);
    let entry = room.join(Mono::ZERO, CONNECTION, viewer("v"), Some(behind));
    assert_eq!(entry.replay.len(), 10);
}

#[test]
fn only_owner_and_admins_send_high_unless_the_policy_says_otherwise() {
    let mut room = room_with(0);
    room.join(Mono::ZERO, CONNECTION, viewer("v"), None);
    room.join(Mono::ZERO, ConnectionId(2), viewer("owner"), None);
    let high = message(1, Priority::High);
    let refused = room.admit(Mono::ZERO, CONNECTION, &high, CONTENT).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UserForbidden);
    assert_eq!(room.admit(Mono::ZERO, ConnectionId(2), &high, CONTENT), Ok(Admission::New));
    assert_eq!(
        room.admit(Mono::ZERO, ConnectionId(3), &high, CONTENT).unwrap_err().code,
        ErrorCode::UserNotInGroup
    );
}

#[test]
fn a_resend_of_what_is_accepted_costs_no_budget() {
    let mut room = room_with(0);
    room.join(Mono::ZERO, CONNECTION, viewer("v"), None);
    send_some(&mut room, 1..=1, Priority::Normal);
    let known =
        Accepted { position: Position { epoch: Epoch(7), seq: Seq(1) }, accepted_at: Wall::default() };
    for _ in 0..100 {
        assert_eq!(
            room.admit(Mono::ZERO, CONNECTION, &message(1, Priority::Normal), CONTENT),
            Ok(Admission::Known(known))
        );
    }
    for n in 2..22 {
        assert_eq!(
            room.admit(Mono::ZERO, CONNECTION, &message(n, Priority::Normal), CONTENT),
            Ok(Admission::New)
        );
    }
    let refused = room.admit(Mono::ZERO, CONNECTION, &message(22, Priority::Normal), CONTENT).unwrap_err();
    assert_eq!(refused.code, ErrorCode::MessageFrequency);
    assert!(refused.retry_after.is_some());
}

#[test]
fn a_resend_with_other_content_is_a_conflict() {
    let mut room = room_with(1);
    room.join(Mono::ZERO, CONNECTION, viewer("v"), None);
    let refused = room.admit(Mono::ZERO, CONNECTION, &message(1, Priority::Normal), [2; 16]).unwrap_err();
    assert_eq!(refused.code, ErrorCode::IdempotencyConflict);
}

#[test]
fn after_a_dissolve_nobody_is_in() {
    let mut room = room_with(0);
    room.join(Mono::ZERO, CONNECTION, viewer("v"), None);
    assert!(room.may_dissolve(&uid("v")).is_err());
    assert!(room.may_dissolve(&uid("owner")).is_ok());
    assert_eq!(room.dissolve(), [CONNECTION]);
    assert!(room.state().dissolved);
    assert_eq!(room.state().version, 2);
}

fn room_with(messages: u64) -> Room {
    let key = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() };
    let group = StoredLiveGroup {
        info: GroupInfo { name: "room".into(), ..GroupInfo::default() },
        owner: uid("owner"),
        created_at: Wall::default(),
        version: 1,
        admins: Vec::new(),
    };
    let policy = RoomPolicy { buffer: BufferLimits::default(), ..RoomPolicy::default() };
    let mut room = Room::new(key, group, 1, Position { epoch: Epoch(7), seq: Seq(0) }, policy, Mono::ZERO);
    send_some(&mut room, 1..=messages, Priority::Normal);
    room
}

fn send_some(room: &mut Room, seqs: std::ops::RangeInclusive<u64>, priority: Priority) {
    for seq in seqs {
        let SendLive { client_message_id, body, .. } = message(u128::from(seq), priority);
        let stored = StoredLiveMessage {
            sender: uid("v"),
            device: device(),
            client_message_id,
            priority,
            accepted_at: Wall::default(),
            edits: 0,
            body,
        };
        room.accept(Mono::ZERO, Seq(seq), stored, CONTENT);
    }
}

fn message(id: u128, priority: Priority) -> SendLive {
    SendLive {
        group: ConversationShortId::new(1).unwrap(),
        client_message_id: ClientMessageId::new(id),
        priority,
        body: MessageBody::Text("hi".into()),
        follows: None,
    }
}

fn cursor(seq: u64) -> Cursor {
    Cursor::at(Position { epoch: Epoch(7), seq: Seq(seq) })
}

fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

fn viewer(name: &str) -> Viewer {
    Viewer { uid: uid(name), device: device() }
}

fn device() -> DeviceId {
    DeviceId::new(9)
}
