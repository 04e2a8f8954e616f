//! Messages that change after they were accepted, and what history says of them.

use std::time::Duration;

use bim_livegroup::queue::{QueueLimits, ViewerQueue};
use bim_proto::{HistoryQuery, LiveChange, LiveChanged, RequestBody, ResponseBody, SendLive, ServerFrame};
use bim_types::store::{LogOp, StreamId, Trim};
use bim_types::{ConnectionId, Cursor, ErrorCode, Measure, PerPriority, Priority, ResumeVerdict, Seq};

use super::stage::{Stage, text};
use super::world::{app, message, uid};
use crate::{EngineConfig, Input};

impl Stage {
    fn changes(&mut self, who: ConnectionId) -> Vec<LiveChange> {
        let frames = self.world.received(who).into_iter();
        let changes = frames.filter_map(|frame| match frame {
            ServerFrame::LiveChange(change) => Some(change),
            _ => None,
        });
        changes.collect()
    }

    /// Comes back on a new connection; what is replayed: number, words (none: hidden), or what was changed.
    fn replayed(&mut self, name: &str, device: u128, cursor: Cursor) -> Vec<String> {
        let connection = self.world.log_in(name, device);
        let joined = self.world.join(connection, self.group, Some(cursor));
        assert!(matches!(joined.verdict, ResumeVerdict::Resumed { .. }), "{:?}", joined.verdict);
        let told = |frame| match frame {
            ServerFrame::LiveMessage(push) if push.hidden => format!("{} -", push.message.position.seq),
            ServerFrame::LiveMessage(push) => {
                format!("{} {}", push.message.position.seq, push.message.body.as_str().unwrap_or_default())
            }
            ServerFrame::LiveChange(change) => match change.what {
                LiveChanged::Updated(message) => {
                    format!("{} of {}", change.position.seq, message.position.seq)
                }
                LiveChanged::Deleted { position, .. } => {
                    format!("{} without {}", change.position.seq, position.seq)
                }
            },
            other => panic!("{other:?}"),
        };
        self.world.received(connection).into_iter().map(told).collect()
    }
}

#[test]
fn an_edit_is_told_with_a_position_of_its_own_and_history_says_the_new_words() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.say(bob, 1).unwrap();
    stage.world.received(ann);
    stage.edit(bob, 1, "better").unwrap();
    let changes = stage.changes(ann);
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(
        (change.position.seq, change.previous.normal, &change.operator),
        (Seq(2), Seq(1), &uid("bob"))
    );
    let LiveChanged::Updated(told) = &change.what else { panic!("{change:?}") };
    assert_eq!((told.position.seq, &told.body, told.edits), (Seq(1), &text("better"), 1));
    assert_eq!(stage.texts(ann), ["better"]);
    assert_eq!(stage.say(bob, 3), Ok(3));
    let mut stage = stage.restart();
    let ann = stage.ann;
    assert_eq!(stage.texts(ann), ["better", "message 3"]);
}

#[test]
fn a_removed_message_is_gone_from_history_and_can_not_be_changed_again() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    for id in 1..=3 {
        stage.say(bob, id).unwrap();
    }
    stage.world.received(ann);
    stage.delete(owner, 2).unwrap();
    let changes = stage.changes(ann);
    assert!(matches!(changes[0].what, LiveChanged::Deleted { position, .. } if position.seq == Seq(2)));
    assert_eq!(stage.texts(ann), ["message 1", "message 3"]);
    assert_eq!(stage.edit(bob, 2, "x"), Err(ErrorCode::MessageNotFound));
    assert_eq!(stage.delete(owner, 2), Ok(()), "it is gone already");
    assert_eq!(stage.changes(ann), []);
}

#[test]
fn who_comes_back_gets_messages_as_they_are_now_also_after_a_restart() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    for id in 1..=3 {
        stage.say(bob, id).unwrap();
    }
    let seen =
        Cursor { seqs: PerPriority::splat(Seq::ZERO), ..stage.world.join(ann, stage.group, None).cursor };
    stage.edit(bob, 1, "better").unwrap();
    stage.delete(bob, 2).unwrap();
    stage.edit(bob, 1, "best").unwrap();
    let expected = ["1 best", "2 -", "3 message 3", "4 of 1", "5 without 2", "6 of 1"];
    assert_eq!(stage.replayed("cat", 20, seen), expected);
    let partly = Cursor { seqs: PerPriority::splat(Seq(3)), ..seen };
    assert_eq!(stage.replayed("dan", 21, partly), ["4 of 1", "5 without 2", "6 of 1"]);
    let mut stage = stage.restart();
    assert_eq!(stage.replayed("cat", 20, seen), expected);
    assert_eq!(stage.say(stage.bob, 7), Ok(7));
}

#[test]
fn a_resend_of_a_changed_message_is_answered_with_its_position() {
    let config = EngineConfig { room_buffer_messages: 1, ..EngineConfig::default() };
    let mut stage = Stage::with(config);
    let bob = stage.bob;
    stage.say(bob, 1).unwrap();
    stage.edit(bob, 1, "better").unwrap();
    for id in [1, 2, 1] {
        stage.say(bob, id).unwrap();
    }
    let again = stage.world.say(bob, stage.group, 1).unwrap();
    assert_eq!((again.position.seq, again.rewritten), (Seq(1), None));
    let mut stage = stage.restart();
    assert_eq!(stage.say(stage.bob, 1), Ok(1));
}

#[test]
fn what_is_not_announced_yet_is_not_there_to_be_changed() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.world.holds_writes = true;
    stage.request_say(bob, 1);
    stage.world.request(bob, RequestBody::UpdateLiveMessage(group, Seq(1), text("x")));
    stage.world.request(owner, RequestBody::DeleteLiveMessage(group, Seq(1)));
    for seq in [Seq(0), Seq(9)] {
        stage.world.request(owner, RequestBody::DeleteLiveMessage(group, seq));
    }
    assert_eq!(stage.codes(owner), [Some(ErrorCode::MessageNotFound); 3]);
    assert_eq!(stage.codes(bob), [Some(ErrorCode::MessageNotFound)]);
    stage.world.release_writes();
    assert_eq!(stage.delete(owner, 1), Ok(()));
    assert_eq!(stage.delete(owner, 2), Err(ErrorCode::MessageNotFound), "a change is no message");
}

#[test]
fn changes_of_one_message_follow_each_other_while_messages_go_on() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.say(bob, 1).unwrap();
    stage.world.holds_reads = true;
    for words in ["second", "third"] {
        stage.world.request(bob, RequestBody::UpdateLiveMessage(group, Seq(1), text(words)));
    }
    stage.request_say(ann, 2);
    stage.world.release_reads();
    assert_eq!(stage.codes(bob), [None, None]);
    assert_eq!(stage.texts(ann), ["third", "message 2"]);
}

#[test]
fn rights_are_looked_at_when_the_message_was_read() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.say(bob, 1).unwrap();
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::Mute(vec![uid("bob")], Duration::ZERO));
    stage.world.request(bob, RequestBody::UpdateLiveMessage(group, Seq(1), text("x")));
    stage.world.release_writes();
    assert_eq!(stage.codes(bob), [Some(ErrorCode::UserBannedToPost)]);
    assert_eq!(stage.delete(bob, 1), Ok(()), "an own message may be recalled in silence");
}

#[test]
fn own_messages_may_be_changed_for_two_minutes_and_those_of_others_are_not_ones_to_change() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.say(bob, 1).unwrap();
    assert_eq!(stage.edit(ann, 1, "x"), Err(ErrorCode::UserForbidden));
    assert_eq!(stage.delete(ann, 1), Err(ErrorCode::UserForbidden));
    assert_eq!(stage.edit(owner, 1, "x"), Err(ErrorCode::UserForbidden));
    stage.pass(Duration::from_secs(120));
    assert_eq!(stage.edit(bob, 1, "on time"), Ok(()));
    stage.pass(Duration::from_millis(1));
    assert_eq!(stage.edit(bob, 1, "late"), Err(ErrorCode::RecallTimeout));
    assert_eq!(stage.delete(bob, 1), Err(ErrorCode::RecallTimeout));
    assert_eq!(stage.delete(owner, 1), Ok(()));
}

#[test]
fn an_edit_to_the_same_words_changes_nothing_and_one_to_too_many_is_refused() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.say(bob, 1).unwrap();
    stage.world.received(ann);
    stage.edit(bob, 1, "message 1").unwrap();
    assert_eq!(stage.edit(bob, 1, &"x".repeat(70_000)), Err(ErrorCode::MessageTooLarge));
    assert_eq!(stage.changes(ann), []);
    let eve = stage.world.log_in("eve", 9);
    assert_eq!(stage.edit(eve, 1, "x"), Err(ErrorCode::UserNotInGroup));
}

#[test]
fn history_is_read_from_the_newest_end_whatever_the_size_of_its_messages() {
    let config = EngineConfig { sender_burst: 1_000, ..EngineConfig::default() };
    let mut stage = Stage::with(config);
    let (owner, ann, bob, group) = (stage.owner, stage.ann, stage.bob, stage.group);
    let large = QueueLimits { frames: 10_000, bytes: 64 << 20, ..QueueLimits::default() };
    for connection in [owner, ann, bob] {
        stage.world.inboxes.insert(connection, ViewerQueue::new(large));
    }
    for id in 1..=40 {
        let body = text(&"x".repeat(if id % 3 == 0 { 64 * 1024 } else { 10 }));
        let send = SendLive { body, ..message(group, id) };
        stage.ask(bob, RequestBody::SendLiveMessage(send)).unwrap();
    }
    for seq in [40, 39, 25, 1] {
        stage.delete(owner, seq).unwrap();
    }
    let shown: Vec<u64> = (1..=40).filter(|seq| ![40, 39, 25, 1].contains(seq)).collect();
    for newest_first in [true, false] {
        let (mut read, mut at, mut pages) = (Vec::new(), 0, 0);
        loop {
            let (from, to) =
                if newest_first { (Seq(0), (pages > 0).then_some(Seq(at))) } else { (Seq(at), None) };
            let query = HistoryQuery { group, from, to, limit: 0, newest_first };
            let Ok(ResponseBody::LiveHistoryPage(page)) = stage.ask(ann, RequestBody::ReadLiveHistory(query))
            else {
                panic!("no page")
            };
            read.extend(page.messages.iter().map(|message| message.position.seq.0));
            (at, pages) = (page.next.0, pages + 1);
            assert!(pages < 60, "it does not end");
            if !page.has_more {
                break;
            }
        }
        let mut expected = shown.clone();
        if newest_first {
            expected.reverse();
        }
        assert_eq!(read, expected);
    }
}

#[test]
fn history_ends_where_the_log_was_trimmed() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    for id in 1..=4 {
        stage.say(bob, id).unwrap();
        stage.world.pass(Duration::from_secs(1));
    }
    let before = stage.world.now.wall.before(Duration::from_secs(2));
    let trim = Trim { stream: StreamId::LiveGroup(app(), stage.group), before };
    bim_store::ServerLog::commit(&*stage.world.log, &[LogOp::Trim(trim)]).unwrap();
    let page = stage.history(ann, true, None);
    let seqs: Vec<u64> = page.messages.iter().map(|message| message.position.seq.0).collect();
    assert_eq!((seqs.as_slice(), page.has_more), (&[4, 3][..], true));
    let rest = stage.history(ann, true, Some(page.next.0));
    assert_eq!((rest.messages.len(), rest.has_more), (0, false));
    assert_eq!(stage.edit(bob, 1, "x"), Err(ErrorCode::MessageNotFound), "it is not there any more");
}

#[test]
fn who_asks_for_a_change_and_is_gone_leaves_nothing_behind() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.say(bob, 1).unwrap();
    stage.world.holds_reads = true;
    stage.world.request(bob, RequestBody::UpdateLiveMessage(group, Seq(1), text("x")));
    stage.world.feed(Input::Closed { connection: bob });
    stage.world.release_reads();
    let notice = stage.notice("n");
    assert_eq!(stage.ask(ann, notice), Err(ErrorCode::UserForbidden), "changes go on");
}

#[test]
fn a_change_of_a_low_message_is_high_and_is_not_left_out() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    let low = SendLive { priority: Priority::Low, ..message(group, 1) };
    stage.ask(bob, RequestBody::SendLiveMessage(low)).unwrap();
    stage.world.received(ann);
    stage.world.inboxes.insert(
        ann,
        ViewerQueue::new(QueueLimits { frames: 4, reserved_frames: 2, ..QueueLimits::default() }),
    );
    for id in 2..=6 {
        let low = SendLive { priority: Priority::Low, ..message(group, id) };
        stage.ask(bob, RequestBody::SendLiveMessage(low)).unwrap();
    }
    stage.delete(bob, 1).unwrap();
    assert_eq!(stage.changes(ann).len(), 1);
}

#[test]
fn up_to_the_join_cursor_of_an_empty_group_there_is_nothing_whatever_was_said_since() {
    let mut stage = Stage::new();
    let ann = stage.ann;
    for said in [false, true] {
        if said {
            stage.say(ann, 1).unwrap();
        }
        for newest_first in [true, false] {
            let page = stage.history(ann, newest_first, Some(0));
            assert_eq!((page.messages, page.has_more), (vec![], false));
        }
    }
}
