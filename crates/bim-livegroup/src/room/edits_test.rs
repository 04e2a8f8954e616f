//! Messages that change after they were accepted, as viewers get them now and on a resume.

use bim_proto::stored::StoredLiveMessage;
use bim_proto::{LiveChanged, LivePush};
use bim_types::{MessageBody, PerPriority, Position, Priority, ResumeVerdict, Seq};

use super::testing::{
    CONTENT, EPOCH, actor, at, change, cursor, enter, key, message_of, push, room, room_of, send, text, uid,
};
use super::{Admission, BufferLimits, Edit, Room, RoomPolicy};
use crate::queue::LiveFrame;

const NOTHING: MessageBody = MessageBody::Unknown { kind: 0 };

#[test]
fn an_edit_counts_up_and_is_a_high_message_of_the_one_who_made_it() {
    let original = message_of("v", 1);
    let edit = Edit::of(Seq(4), original.clone(), uid("server"), Some(text("new")), at(9).wall).unwrap();
    let replacement = StoredLiveMessage { body: text("new"), edits: 1, ..original };
    assert_eq!((edit.seq, &edit.replacement), (Seq(4), &replacement));
    let notice = edit.notice;
    assert_eq!(
        (notice.sender, notice.priority, notice.accepted_at),
        (uid("server"), Priority::High, at(9).wall)
    );
    assert_eq!((notice.changes, notice.changed), (Some(Seq(4)), Some(Box::new(replacement))));
    assert_eq!((notice.body, notice.deleted), (NOTHING, false));
}

#[test]
fn a_removal_leaves_nothing_of_the_message_behind() {
    let edit = Edit::of(Seq(4), message_of("v", 1), uid("v"), None, at(9).wall).unwrap();
    assert_eq!((edit.replacement.deleted, edit.replacement.body), (true, NOTHING));
    assert_eq!((edit.notice.changes, edit.notice.changed, edit.notice.body), (Some(Seq(4)), None, NOTHING));
}

#[test]
fn what_would_change_nothing_is_no_edit() {
    let removed = StoredLiveMessage { deleted: true, body: NOTHING, ..message_of("v", 1) };
    for (original, body) in
        [(message_of("v", 1), Some(text("hi"))), (removed.clone(), None), (removed, Some(text("new")))]
    {
        assert_eq!(Edit::of(Seq(1), original, uid("v"), body, at(0).wall), None);
    }
}

#[test]
fn viewers_get_an_edit_with_its_own_position_and_what_came_before_it() {
    let mut log = Log::new(room());
    log.say(Priority::Normal);
    log.say(Priority::Low);
    let live = log.edit(1, Some("new"));
    assert_eq!((live.priority, live.seq, live.group), (Priority::High, Seq(3), key()));
    let change = change(&live);
    assert_eq!((change.position, change.operator), (position(3), uid("v")));
    assert_eq!(change.previous, PerPriority { high: Seq(0), normal: Seq(1), low: Seq(2) });
    let LiveChanged::Updated(message) = change.what else { panic!("not an update") };
    assert_eq!((message.position, message.edits, message.body), (position(1), 1, text("new")));
    assert_eq!((message.sender, message.priority), (uid("v"), Priority::Normal));
    assert_eq!(push(&log.say(Priority::High)).previous.high, Seq(3), "the next of its class comes after it");
}

#[test]
fn viewers_get_a_removal_with_its_own_position_and_not_what_was_said() {
    let mut log = Log::new(room());
    log.say(Priority::Normal);
    let change = change(&log.edit(1, None));
    assert_eq!(change.position, position(2));
    assert_eq!(change.what, LiveChanged::Deleted { group: key().group, position: position(1) });
}

#[test]
fn a_resume_replays_the_new_text_and_the_change() {
    let mut log = Log::new(room());
    let before = push(&log.say(Priority::Normal));
    log.say(Priority::Normal);
    log.edit(1, Some("new"));
    let replay = log.resume(0);
    assert_eq!(replay.iter().map(|live| live.seq.0).collect::<Vec<_>>(), [1, 2, 3]);
    let message = bim_types::Message { body: text("new"), edits: 1, ..before.message };
    assert_eq!(push(&replay[0]), LivePush { message, ..before });
    assert!(matches!(change(&replay[2]).what, LiveChanged::Updated(message) if message.body == text("new")));
    let replay = log.resume(2);
    assert_eq!(replay.len(), 1, "who had the message gets the change alone");
}

#[test]
fn a_resume_replays_a_removed_message_as_nothing_to_show() {
    let mut log = Log::new(room());
    log.say(Priority::Normal);
    log.edit(1, Some("worse"));
    log.edit(1, None);
    let replay = log.resume(0);
    let removed = push(&replay[0]);
    assert_eq!((removed.hidden, removed.message.body, removed.message.edits), (true, NOTHING, 2));
    assert_eq!(removed.message.position, position(1), "it is accounted for all the same");
    assert!(matches!(change(&replay[2]).what, LiveChanged::Deleted { .. }));
}

#[test]
fn a_resume_replays_nothing_of_what_an_edit_had_said_before_the_message_was_removed() {
    let mut log = Log::new(room());
    log.say(Priority::Normal);
    log.edit(1, Some("regretted"));
    log.edit(1, None);
    let replay = log.resume(0);
    assert_eq!(replay.iter().map(|live| live.seq.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(replay.iter().all(|live| !contains(live, b"regretted")));
    for (live, seq) in replay[1..].iter().zip([2, 3]) {
        let change = change(live);
        assert_eq!(change.position, position(seq));
        assert_eq!(change.what, LiveChanged::Deleted { group: key().group, position: position(1) });
    }
}

#[test]
fn what_only_its_sender_sees_is_hidden_and_an_edit_does_not_show_it() {
    let mut log = Log::new(room());
    log.room.accept(at(0).mono, Seq(1), message_of("w", 7), None);
    let live = log.append(StoredLiveMessage { only_for_sender: true, ..message_of("v", 2) });
    let shown = push(&live);
    assert_eq!((shown.hidden, shown.message.body), (true, NOTHING));
    let change = change(&log.edit(2, Some("again")));
    assert!(matches!(change.what, LiveChanged::Deleted { .. }));
    for live in log.resume(0) {
        assert!(!contains(&live, b"again"), "{:?}", live.seq);
    }
}

#[test]
fn a_change_of_a_message_that_left_the_buffer_is_told() {
    let buffer = BufferLimits { messages: 2, ..BufferLimits::default() };
    let mut log = Log::new(room_of(RoomPolicy { buffer, ..RoomPolicy::default() }));
    for _ in 0..3 {
        log.say(Priority::Normal);
    }
    assert!(matches!(change(&log.edit(1, Some("new"))).what, LiveChanged::Updated(_)));
    assert_eq!(log.resume(2).iter().map(|live| live.seq.0).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn an_edit_that_outgrows_the_buffer_pushes_the_oldest_out() {
    let buffer = BufferLimits { bytes: 2_000, ..BufferLimits::default() };
    let mut log = Log::new(room_of(RoomPolicy { buffer, ..RoomPolicy::default() }));
    for _ in 0..3 {
        log.say(Priority::Normal);
    }
    assert_eq!(log.resume(0).len(), 3);
    log.edit(3, Some(&"x".repeat(950)));
    let entry = log.room.join(at(0), &actor("v"), None, Some(cursor(0)));
    assert!(matches!(entry.verdict, ResumeVerdict::Discontinuity(_)));
    let kept: usize = log.resume(3).iter().map(|live| live.frame.len()).sum();
    assert!(kept <= 2_000);
}

#[test]
fn a_room_that_is_read_again_replays_what_it_replayed_before() {
    let mut log = Log::new(room());
    for _ in 0..4 {
        log.say(Priority::Normal);
    }
    for (target, body) in
        [(1, Some("b")), (2, Some("b")), (1, Some("c")), (2, None), (3, None), (1, Some("d"))]
    {
        log.edit(target, body);
    }
    let mut again = room();
    again.recall_from(Seq(0));
    for (record, seq) in log.records.iter().cloned().zip(1..) {
        match record.changes {
            Some(_) => again.accept_change(at(0).mono, Seq(seq), record),
            None => again.accept(at(0).mono, Seq(seq), record, None),
        };
    }
    let replay = again.join(at(0), &actor("w"), None, Some(cursor(0))).replay;
    let before = log.resume(0);
    assert_eq!(replay.len(), before.len());
    for (now, before) in replay.iter().zip(&before) {
        assert_eq!(now, before, "{:?}", now.seq);
    }
}

#[test]
fn a_resend_of_an_edited_message_is_known_and_not_called_rewritten() {
    let mut log = Log::new(room());
    enter(&mut log.room, "v");
    log.say(Priority::Normal);
    log.edit(1, Some("new"));
    let verdict = log.room.admit(at(0), &actor("v"), &send(1, Priority::Normal), CONTENT);
    assert!(matches!(verdict, Ok(Admission::Known(accepted)) if accepted.rewritten.is_none()));
}

/// A room and what the log holds of it.
struct Log {
    room: Room,
    records: Vec<StoredLiveMessage>,
}

impl Log {
    fn new(room: Room) -> Self {
        Self { room, records: Vec::new() }
    }

    fn say(&mut self, priority: Priority) -> LiveFrame {
        let id = self.records.len() as u128 + 1;
        self.append(StoredLiveMessage { priority, ..message_of("v", id) })
    }

    fn append(&mut self, stored: StoredLiveMessage) -> LiveFrame {
        let seq = self.room.head().seq.next();
        self.records.resize(seq.0 as usize, stored.clone());
        self.room.accept(at(0).mono, seq, stored, Some(CONTENT))
    }

    /// Has the sender change a message, or remove it.
    fn edit(&mut self, target: u64, body: Option<&str>) -> LiveFrame {
        let original = self.records[target as usize - 1].clone();
        let operator = original.sender.clone();
        let edit = Edit::of(Seq(target), original, operator, body.map(text), at(1).wall).unwrap();
        self.records[target as usize - 1] = edit.replacement;
        self.records.push(edit.notice.clone());
        self.room.accept_change(at(0).mono, Seq(self.records.len() as u64), edit.notice)
    }

    fn resume(&mut self, after: u64) -> Vec<LiveFrame> {
        self.room.leave(actor("w").connection);
        let entry = self.room.join(at(0), &actor("w"), None, Some(cursor(after)));
        assert!(matches!(entry.verdict, ResumeVerdict::Resumed { .. }), "{:?}", entry.verdict);
        entry.replay
    }
}

fn position(seq: u64) -> Position {
    Position { epoch: EPOCH, seq: Seq(seq) }
}

fn contains(live: &LiveFrame, text: &[u8]) -> bool {
    live.frame.windows(text.len()).any(|part| part == text)
}
