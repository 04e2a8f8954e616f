//! Messages before a moderator: what each verdict does, in which order, and what happens meanwhile.

use std::time::Duration;

use bim_proto::{LiveChanged, RequestBody, SendLive, ServerFrame};
use bim_types::{ClientMessageId, ConnectionId, ErrorCode, Measure, MuteAll, Priority, Seq};

use super::stage::{Stage, text};
use super::world::{message, uid};
use crate::{EngineConfig, Input, ModerationVerdict};

fn moderated() -> Stage {
    Stage::with(EngineConfig { moderates: true, ..EngineConfig::default() })
}

fn refuse(words: &str) -> ModerationVerdict {
    ModerationVerdict::Refuse { check_code: 7, message: words.into() }
}

impl Stage {
    /// The numbers of the messages that wait for a verdict.
    fn asked(&mut self) -> Vec<u64> {
        self.world.moderated.drain(..).map(|(id, _)| id).collect()
    }

    fn judge(&mut self, id: u64, verdict: ModerationVerdict) {
        self.world.feed(Input::Moderated { id, verdict });
    }

    /// Sends a message and has it judged.
    fn say_judged(&mut self, who: ConnectionId, id: u128, verdict: ModerationVerdict) {
        self.request_say(who, id);
        let asked = self.asked();
        let [check] = asked.as_slice() else { panic!("{asked:?}") };
        self.judge(*check, verdict);
    }
}

#[test]
fn nothing_is_accepted_or_told_before_its_verdict() {
    let mut stage = moderated();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.request_say(bob, 1);
    let (_, shown) = stage.world.moderated[0].clone();
    assert_eq!((shown.group, shown.sender, shown.body), (stage.key(), uid("bob"), text("message 1")));
    assert!(stage.codes(bob).is_empty() && stage.world.seqs(ann).is_empty());
    let id = stage.asked()[0];
    stage.judge(id, ModerationVerdict::Allow);
    assert_eq!((stage.codes(bob), stage.world.seqs(ann)), (vec![None], vec![1]));
    assert_eq!(stage.world.reviewed.len(), 1);
    stage.judge(id, refuse("late"));
    assert_eq!(stage.texts(ann), ["message 1"]);
}

#[test]
fn a_refusal_says_the_apps_code_and_words_cut_to_what_a_hint_holds() {
    let mut stage = moderated();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.say_judged(bob, 1, refuse(&"群".repeat(100)));
    let frames = stage.world.received(bob);
    let [ServerFrame::Response(response)] = frames.as_slice() else { panic!("{frames:?}") };
    let refusal = response.body.as_ref().unwrap_err();
    assert_eq!(refusal.code, ErrorCode::MessageIllegal);
    let hint = &refusal.hint;
    assert!(hint.starts_with("check code 7: 群") && hint.len() <= 200, "{hint}");
    assert_eq!(stage.texts(ann), [""; 0]);
}

#[test]
fn a_rewritten_message_is_told_as_it_is_now_and_its_sender_learns_it_also_from_a_resend() {
    let mut stage = moderated();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.say_judged(bob, 1, ModerationVerdict::Rewrite(text("***")));
    let rewritten = |stage: &mut Stage, who| match stage.answers(who).pop() {
        Some(Ok(bim_proto::ResponseBody::LiveMessageAccepted(accepted))) => accepted.rewritten,
        other => panic!("{other:?}"),
    };
    assert_eq!(rewritten(&mut stage, bob), Some(text("***")));
    stage.request_say(bob, 1);
    assert_eq!(rewritten(&mut stage, bob), Some(text("***")), "from memory");
    assert_eq!(stage.texts(ann), ["***"]);
    let mut stage = stage.restart();
    let bob = stage.bob;
    stage.say_judged(bob, 1, ModerationVerdict::Allow);
    assert_eq!(rewritten(&mut stage, bob), Some(text("***")), "from the log");
    let body = text("something else");
    stage.world.request(bob, RequestBody::SendLiveMessage(SendLive { body, ..message(group, 1) }));
    let id = stage.asked()[0];
    stage.judge(id, ModerationVerdict::Allow);
    assert_eq!(stage.codes(bob), [Some(ErrorCode::IdempotencyConflict)]);
    stage.say_judged(bob, 2, ModerationVerdict::Rewrite(text("")));
    assert_eq!(stage.codes(bob), [Some(ErrorCode::MessageIllegal)], "that can not be sent");
}

#[test]
fn what_only_its_sender_sees_has_a_position_and_nothing_to_show() {
    let mut stage = moderated();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.say_judged(bob, 1, ModerationVerdict::OnlyForSender);
    let frames = stage.world.received(ann);
    let [ServerFrame::LiveMessage(push)] = frames.as_slice() else { panic!("{frames:?}") };
    assert!(push.hidden && push.message.body.as_str().is_none());
    assert_eq!(stage.texts(ann), [""; 0]);
    assert_eq!(stage.texts(bob), ["message 1"]);
    assert_eq!(stage.delete(owner, 1), Err(ErrorCode::MessageNotFound), "it is not there for others");
    let mut stage = stage.restart();
    let (ann, bob) = (stage.ann, stage.bob);
    assert_eq!((stage.texts(ann).len(), stage.texts(bob).len()), (0, 1));
}

#[test]
fn verdicts_come_in_any_order_and_the_messages_of_a_connection_in_theirs() {
    let mut stage = moderated();
    let (ann, bob) = (stage.ann, stage.bob);
    for id in 1..=3 {
        stage.request_say(bob, id);
    }
    stage.request_say(ann, 4);
    let asked = stage.asked();
    for which in [3, 2, 0, 1] {
        stage.judge(asked[which], ModerationVerdict::Allow);
    }
    assert_eq!(stage.texts(ann), ["message 4", "message 1", "message 2", "message 3"]);
}

#[test]
fn without_a_verdict_in_time_the_fallback_decides() {
    for moderation_fallback_allows in [false, true] {
        let config = EngineConfig { moderates: true, moderation_fallback_allows, ..EngineConfig::default() };
        let mut stage = Stage::with(config);
        let bob = stage.bob;
        stage.request_say(bob, 1);
        stage.request_say(bob, 2);
        let asked = stage.asked();
        stage.judge(asked[1], refuse("no"));
        stage.world.pass(Duration::from_millis(499));
        assert_eq!(stage.codes(bob), []);
        stage.world.pass(Duration::from_millis(1));
        assert_eq!(stage.codes(bob).len(), 2);
        let shown = if moderation_fallback_allows { vec!["message 1"] } else { vec![] };
        assert_eq!(stage.texts(bob), shown);
        stage.judge(asked[0], refuse("late"));
        assert_eq!(stage.codes(bob), []);
    }
}

#[test]
fn who_was_muted_or_left_while_the_verdict_was_awaited_does_not_speak() {
    let mut stage = moderated();
    let (owner, ann, bob, group) = (stage.owner, stage.ann, stage.bob, stage.group);
    stage.request_say(bob, 1);
    stage.request_say(ann, 2);
    let asked = stage.asked();
    stage.measure(owner, Measure::Mute(vec![uid("bob")], Duration::ZERO)).unwrap();
    stage.ask(ann, RequestBody::LeaveLiveGroup(group)).unwrap();
    stage.world.received(bob);
    asked.iter().for_each(|id| stage.judge(*id, ModerationVerdict::Allow));
    assert_eq!(stage.codes(bob), [Some(ErrorCode::UserBannedToPost)]);
    assert_eq!(stage.codes(ann), [Some(ErrorCode::UserNotInGroup)]);
    assert_eq!(stage.texts(owner), [""; 0]);
}

#[test]
fn a_verdict_that_comes_while_the_mute_is_written_does_not_slip_past_it() {
    let mut stage = moderated();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    for who in [bob, bob, ann] {
        stage.request_say(who, who.0.into());
    }
    let asked = stage.asked();
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::MuteAll(MuteAll::NormalMembers));
    asked.iter().for_each(|id| stage.judge(*id, ModerationVerdict::Allow));
    assert_eq!(stage.world.held.len(), 1);
    stage.world.release_writes();
    assert_eq!(stage.codes(bob), [Some(ErrorCode::SendConversationSilent); 2]);
    assert_eq!(stage.codes(ann), [Some(ErrorCode::SendConversationSilent)]);
}

#[test]
fn who_is_gone_before_the_verdict_has_said_nothing() {
    let mut stage = moderated();
    let (owner, bob) = (stage.owner, stage.bob);
    stage.request_say(bob, 1);
    let asked = stage.asked();
    stage.world.feed(Input::Closed { connection: bob });
    stage.judge(asked[0], ModerationVerdict::Allow);
    assert_eq!(stage.texts(owner), [""; 0]);
    assert_eq!(stage.world.engine.checks.next_deadline(), None);
}

#[test]
fn verdicts_for_a_group_that_ends_and_for_a_server_that_stops_are_answered() {
    let mut stage = moderated();
    let (owner, ann, bob, group) = (stage.owner, stage.ann, stage.bob, stage.group);
    for who in [ann, bob] {
        stage.request_say(who, 1);
    }
    let asked = stage.asked();
    stage.world.holds_writes = true;
    stage.world.request(owner, RequestBody::DissolveLiveGroup(group));
    stage.judge(asked[0], ModerationVerdict::Allow);
    stage.world.release_writes();
    stage.judge(asked[1], ModerationVerdict::Allow);
    assert_eq!(stage.codes(ann), [Some(ErrorCode::ServerBusy)]);
    assert_eq!(stage.codes(bob), [Some(ErrorCode::UserNotInGroup)]);
    let mut stage = moderated();
    let (owner, bob) = (stage.owner, stage.bob);
    stage.request_say(bob, 1);
    let asked = stage.asked();
    stage.world.holds_writes = true;
    let notice = stage.notice("n");
    stage.world.request(owner, notice);
    stage.world.feed(Input::Drain);
    stage.judge(asked[0], ModerationVerdict::Allow);
    assert_eq!((stage.codes(bob), stage.world.held.len()), (vec![Some(ErrorCode::ServerDraining)], 1));
    stage.world.release_writes();
    assert!(stage.world.drained);
}

#[test]
fn what_follows_a_message_that_is_refused_with_its_verdict_does_not_overtake_it() {
    let mut stage = moderated();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.request_say(bob, 1);
    let follows = Some(ClientMessageId::new(1));
    stage.world.request(bob, RequestBody::SendLiveMessage(SendLive { follows, ..message(group, 2) }));
    let asked = stage.asked();
    stage.world.is_busy = true;
    stage.judge(asked[0], ModerationVerdict::Allow);
    stage.world.is_busy = false;
    stage.judge(asked[1], ModerationVerdict::Allow);
    assert_eq!(stage.codes(bob), [Some(ErrorCode::ServerBusy), Some(ErrorCode::MessageFrequency)]);
    assert_eq!(stage.texts(owner), [""; 0]);
}

#[test]
fn what_a_message_is_to_say_from_now_on_is_judged_too() {
    let mut stage = moderated();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.say_judged(bob, 1, ModerationVerdict::Allow);
    let mut edit = |words: &str, verdict| {
        stage.world.received(bob);
        stage.world.request(bob, RequestBody::UpdateLiveMessage(group, Seq(1), text(words)));
        let asked = stage.asked();
        stage.judge(asked[0], verdict);
        (stage.codes(bob), stage.texts(ann))
    };
    let illegal = vec![Some(ErrorCode::MessageIllegal)];
    let same = vec!["message 1".to_owned()];
    assert_eq!(edit("bad", refuse("bad")), (illegal.clone(), same.clone()));
    assert_eq!(edit("for me", ModerationVerdict::OnlyForSender), (illegal, same));
    assert_eq!(edit("b**", ModerationVerdict::Rewrite(text("b++"))), (vec![None], vec!["b++".into()]));
    assert_eq!(edit("good", ModerationVerdict::Allow), (vec![None], vec!["good".into()]));
    assert_eq!(stage.world.reviewed.last().unwrap().1.body, text("good"));
    assert_eq!(stage.delete(bob, 1), Ok(()), "a removal says nothing");
    let eve = stage.world.log_in("eve", 9);
    assert_eq!(stage.edit(eve, 1, "x"), Err(ErrorCode::UserNotInGroup));
    assert_eq!(stage.asked(), [0; 0]);
}

#[test]
fn an_edit_waits_its_turn_with_its_verdict_and_goes_with_its_sender() {
    let mut stage = moderated();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.say_judged(bob, 1, ModerationVerdict::Allow);
    for words in ["second", "third"] {
        stage.world.request(bob, RequestBody::UpdateLiveMessage(group, Seq(1), text(words)));
    }
    let asked = stage.asked();
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::Mute(vec![uid("bob")], Duration::ZERO));
    stage.judge(asked[0], ModerationVerdict::Allow);
    stage.world.received(bob);
    stage.world.release_writes();
    assert_eq!(stage.codes(bob), [Some(ErrorCode::UserBannedToPost)]);
    stage.measure(owner, Measure::Unmute(vec![uid("bob")])).unwrap();
    stage.world.feed(Input::Closed { connection: bob });
    stage.judge(asked[1], ModerationVerdict::Allow);
    assert_eq!(stage.texts(owner), ["message 1"]);
}

#[test]
fn the_apps_server_is_not_judged() {
    let mut stage = moderated();
    let (ann, group) = (stage.ann, stage.group);
    let server = stage.world.log_in_server("backend");
    assert_eq!(stage.say(server, 1), Ok(1));
    assert_eq!(stage.edit(server, 1, "better"), Ok(()));
    let high = SendLive { priority: Priority::High, ..message(group, 2) };
    stage.world.request(ann, RequestBody::SendLiveMessage(high));
    assert_eq!(stage.asked(), [0; 0], "what may not be said is not asked about");
}

#[test]
fn a_moderator_removes_an_accepted_message_in_the_owners_name() {
    let mut stage = moderated();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.say_judged(bob, 1, ModerationVerdict::Allow);
    let (seq, _) = stage.world.reviewed[0].clone();
    stage.world.received(ann);
    let group = stage.key();
    stage.world.feed(Input::Remove { group, seq });
    let frames = stage.world.received(ann);
    let [ServerFrame::LiveChange(change)] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(change.operator, uid("owner"));
    assert!(matches!(change.what, LiveChanged::Deleted { .. }));
    assert_eq!(stage.texts(ann), [""; 0]);
    for (group, seq) in
        [(group, Seq(1)), (group, Seq(9)), (bim_types::GroupKey { group: stage.group, ..group }, Seq(0))]
    {
        stage.world.feed(Input::Remove { group, seq });
    }
    assert_eq!(stage.world.received(ann), []);
}

#[test]
fn a_removal_that_meets_a_full_store_is_tried_again() {
    type Fill = fn(&mut Stage, bool);
    let writes: Fill = |stage, is_busy| stage.world.is_busy = is_busy;
    let reads: Fill = |stage, is_busy| stage.world.reads_are_busy = is_busy;
    for fill in [writes, reads] {
        let mut stage = moderated();
        let (ann, bob) = (stage.ann, stage.bob);
        stage.say_judged(bob, 1, ModerationVerdict::Allow);
        let group = stage.key();
        fill(&mut stage, true);
        stage.world.feed(Input::Remove { group, seq: Seq(1) });
        stage.world.pass(Duration::from_secs(3));
        fill(&mut stage, false);
        assert_eq!(stage.texts(ann), ["message 1"]);
        stage.world.pass(Duration::from_secs(1));
        assert_eq!(stage.texts(ann), [""; 0]);
    }
}

#[test]
fn a_removal_in_a_room_that_can_not_be_read_yet_is_made_later() {
    let mut stage = moderated();
    let bob = stage.bob;
    stage.say_judged(bob, 1, ModerationVerdict::Allow);
    let group = stage.key();
    let mut world = stage.world.restart();
    world.reads_are_busy = true;
    world.feed(Input::Remove { group, seq: Seq(1) });
    world.reads_are_busy = false;
    world.pass(Duration::from_secs(2));
    let ann = world.log_in("ann", 2);
    world.join(ann, group.group, None);
    let query =
        bim_proto::HistoryQuery { group: group.group, from: Seq(0), to: None, limit: 0, newest_first: false };
    match world.ask(ann, RequestBody::ReadLiveHistory(query)) {
        Ok(bim_proto::ResponseBody::LiveHistoryPage(page)) => assert_eq!(page.messages, []),
        other => panic!("{other:?}"),
    }
}
