use bim_proto::{Joined, LiveChange, LiveChanged, LivePush, RequestBody, ResponseBody, ServerFrame};
use bim_types::limits::REQUEST_TIMEOUT;
use bim_types::{
    ConnectStatus, Continuity, Conversation, Cursor, DiscontinuityReason, ErrorCode, LiveGap, MessageBody,
    PerPriority, Priority, ResumeVerdict, Seq, Uid,
};

use crate::testing::{
    Bench, accepted, conversation, group, join, join_request, joined, joined_at, live, message, position,
    push, refused_with, reply, request, resumed, status, text,
};
use crate::{Answer, Ask, Input, LeftReason, LinkId, LiveEvent, Output};

fn gap(to: u64, count: u64) -> LiveGap {
    LiveGap { conversation_short_id: group(), priority: Priority::Normal, count, from: Seq(11), to: Seq(to) }
}

fn owner() -> Uid {
    Uid::string("owner").unwrap()
}

/// A change that comes when everything before it was accounted for.
fn change(seq: u64, what: LiveChanged) -> ServerFrame {
    let change =
        LiveChange { position: position(seq), previous: PerPriority::default(), operator: owner(), what };
    ServerFrame::LiveChange(change)
}

/// The number of the join that resumes at a cursor.
fn rejoin_id(out: &[Output], link: u64, cursor: Cursor) -> u64 {
    let join = join_request(Some(cursor), None);
    (1..50).find(|id| out.contains(&request(link, *id, join.clone()))).expect("a rejoin goes out")
}

#[test]
fn messages_gaps_and_changes_reach_the_app_once() {
    let mut bench = Bench::joined();
    let first = message(11, "bob", 1);
    assert_eq!(bench.frame(push(first.clone())), [live(LiveEvent::Received(first.clone()))]);
    assert_eq!(bench.frame(push(first.clone())), []);
    assert_eq!(bench.frame(ServerFrame::LiveGap(gap(14, 3))), [live(LiveEvent::LeftOut(gap(14, 3)))]);
    assert_eq!(bench.frame(ServerFrame::LiveGap(gap(14, 3))), []);
    let edited = bim_types::Message { edits: 1, ..first };
    let out = bench.frame(change(15, LiveChanged::Updated(edited.clone())));
    assert_eq!(out, [live(LiveEvent::Updated { message: edited.clone(), operator: owner() })]);
    assert_eq!(bench.frame(change(15, LiveChanged::Updated(edited))), []);
    let position = position(11);
    let out = bench.frame(change(16, LiveChanged::Deleted { group: group(), position }));
    assert_eq!(out, [live(LiveEvent::Deleted { group: group(), position, operator: owner() })]);
}

#[test]
fn a_missing_change_breaks_the_path_like_a_missing_message() {
    let mut bench = Bench::joined();
    let what = LiveChanged::Deleted { group: group(), position: position(3) };
    let ServerFrame::LiveChange(mut late) = change(13, what) else { unreachable!() };
    late.previous.high = Seq(12);
    assert_eq!(bench.frame(ServerFrame::LiveChange(late))[0], Output::Abort(LinkId(1)));
}

#[test]
fn a_hidden_message_is_accounted_for_and_not_shown() {
    let mut bench = Bench::joined();
    let ServerFrame::LiveMessage(push) = push(message(11, "bob", 1)) else { unreachable!() };
    assert_eq!(bench.frame(ServerFrame::LiveMessage(LivePush { hidden: true, ..push })), []);
    bench.cut_and_redial();
    rejoin_id(&bench.dialed_and_welcomed(), 2, Cursor::at(position(11)));
}

#[test]
fn a_message_that_a_moderator_rewrote_says_what_it_says_now() {
    let mut bench = Bench::joined();
    let (call, _) = bench.ask(Ask::Send(text(7)));
    let ResponseBody::LiveMessageAccepted(verdict) = accepted(11) else { unreachable!() };
    let body = MessageBody::Text("h***o".into());
    let rewritten = bim_proto::Accepted { rewritten: Some(body.clone()), ..verdict };
    let out = bench.answer(3, Ok(ResponseBody::LiveMessageAccepted(rewritten)));
    let mine = bim_types::Message { body, ..message(11, "alice", 7) };
    assert_eq!(out, [live(LiveEvent::Sent(mine.clone())), reply(call, Answer::Message(mine))]);
}

#[test]
fn a_message_sent_between_a_leave_and_a_join_is_shown_once() {
    let mut bench = Bench::joined();
    let (leave, _) = bench.ask(Ask::Leave(group()));
    let (enter, _) = bench.ask(join());
    let (call, _) = bench.ask(Ask::Send(text(7)));
    let mine = message(11, "alice", 7);
    assert_eq!(bench.answer(3, Ok(ResponseBody::Done)), [reply(leave, Answer::Done)]);
    let entered = joined(10, ResumeVerdict::Fresh);
    let out = bench.answer(4, Ok(ResponseBody::JoinedLiveGroup(entered.clone())));
    assert!(matches!(&out[..], [Output::Reply(of, Ok(Answer::Joined(_)))] if *of == enter), "{out:?}");
    let out = bench.answer(5, Ok(accepted(11)));
    assert_eq!(out, [live(LiveEvent::Sent(mine.clone())), reply(call, Answer::Message(mine.clone()))]);
    assert_eq!(bench.frame(push(mine)), []);
}

#[test]
fn frames_of_a_group_the_client_is_not_in_are_ignored() {
    let mut bench = Bench::connected();
    assert_eq!(bench.frame(push(message(11, "bob", 1))), []);
    assert_eq!(bench.frame(ServerFrame::LiveState(conversation(9))), []);
}

#[test]
fn joining_twice_is_answered_from_what_is_known() {
    let mut bench = Bench::joined();
    let (call, out) = bench.ask(join());
    assert_eq!(out, [reply(call, Answer::Conversation(conversation(1).into()))]);
}

#[test]
fn a_reconnect_resumes_at_the_cursor_before_it_counts_as_connected() {
    let mut bench = Bench::joined();
    bench.frame(push(message(11, "bob", 1)));
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    let id = rejoin_id(&out, 2, Cursor::at(position(11)));
    assert_eq!(out.len(), 1, "not connected yet: {out:?}");
    let out = bench.answer(id, Ok(joined_at(11, resumed())));
    assert_eq!(out, [status(ConnectStatus::Connected(Continuity::Resumed))]);
    let missed = message(12, "bob", 2);
    assert_eq!(bench.frame(push(missed.clone())), [live(LiveEvent::Received(missed))]);
}

#[test]
fn a_cursor_that_can_not_be_continued_is_a_discontinuity_with_both_ends() {
    let mut bench = Bench::joined();
    bench.cut_and_redial();
    let from = Cursor::at(position(10));
    let out = bench.dialed_and_welcomed();
    let id = rejoin_id(&out, 2, from);
    let reason = DiscontinuityReason::BeyondWindow;
    let out = bench.answer(id, Ok(joined_at(5000, ResumeVerdict::Discontinuity(reason))));
    let to = Cursor::at(position(5000));
    assert_eq!(
        out,
        [
            live(LiveEvent::Discontinuity { group: group(), reason, from, to }),
            status(ConnectStatus::Connected(Continuity::Discontinuous)),
        ]
    );
}

#[test]
fn a_group_that_is_gone_is_left_and_the_session_goes_on() {
    let mut bench = Bench::joined();
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    let id = rejoin_id(&out, 2, Cursor::at(position(10)));
    let out = bench.answer(id, Err(ErrorCode::ConversationNotFound.into()));
    let reason = LeftReason::Refused(ErrorCode::ConversationNotFound);
    assert_eq!(
        out,
        [
            live(LiveEvent::Left { group: group(), reason }),
            status(ConnectStatus::Connected(Continuity::Resumed)),
        ]
    );
}

#[test]
fn a_rejoin_that_has_to_wait_is_tried_on_another_connection() {
    let mut bench = Bench::joined();
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    let id = rejoin_id(&out, 2, Cursor::at(position(10)));
    let out = bench.answer(id, Err(ErrorCode::StorageUnavailable.into()));
    assert_eq!(out[0], Output::Close(LinkId(2)));
    bench.wait();
    let out = bench.dialed_and_welcomed();
    rejoin_id(&out, 3, Cursor::at(position(10)));
}

#[test]
fn a_state_that_changed_while_away_is_told() {
    let mut bench = Bench::joined();
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    let id = rejoin_id(&out, 2, Cursor::at(position(10)));
    let ResponseBody::JoinedLiveGroup(joined) = joined_at(10, resumed()) else { unreachable!() };
    let newer = Joined { conversation: conversation(5), ..joined };
    let out = bench.answer(id, Ok(ResponseBody::JoinedLiveGroup(newer)));
    assert_eq!(out[0], live(LiveEvent::StateChanged(conversation(5).into())));
}

#[test]
fn a_missing_message_breaks_the_path_and_the_resume_brings_it() {
    let mut bench = Bench::joined();
    let out = bench.frame(push(message(13, "bob", 3)));
    assert_eq!(out[0], Output::Abort(LinkId(1)));
    bench.wait();
    let out = bench.dialed_and_welcomed();
    let id = rejoin_id(&out, 2, Cursor::at(position(10)));
    bench.answer(id, Ok(joined_at(10, resumed())));
    for seq in 11..=13 {
        assert_eq!(bench.frame(push(message(seq, "bob", seq.into()))).len(), 1);
    }
}

#[test]
fn a_dissolved_group_is_left_and_sends_to_it_are_refused_at_once() {
    let mut bench = Bench::joined();
    let gone = Conversation { dissolved: true, ..conversation(2) };
    let out = bench.frame(ServerFrame::LiveState(gone.clone()));
    let left = LiveEvent::Left { group: group(), reason: LeftReason::Dissolved };
    assert_eq!(out, [live(LiveEvent::StateChanged(gone.into())), live(left)]);
    let (call, out) = bench.ask(Ask::Send(text(1)));
    assert_eq!((out.len(), refused_with(&out, call)), (1, Some(ErrorCode::ConversationNotFound)));
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    assert_eq!(out, [status(ConnectStatus::Connected(Continuity::Resumed))], "it is not entered again");
}

#[test]
fn a_group_that_is_dissolved_while_it_is_entered_again_was_not_left_twice() {
    let mut bench = Bench::joined();
    bench.ask(Ask::Leave(group()));
    bench.answer(3, Ok(ResponseBody::Done));
    let (call, _) = bench.ask(Ask::Join(group(), None));
    let gone = Conversation { dissolved: true, ..conversation(2) };
    assert_eq!(bench.frame(ServerFrame::LiveState(gone)), [], "of the stay before");
    let out = bench.answer(4, Err(ErrorCode::ConversationNotFound.into()));
    assert_eq!((out.len(), refused_with(&out, call)), (1, Some(ErrorCode::ConversationNotFound)));
}

#[test]
fn a_group_that_was_left_is_not_entered_again() {
    let mut bench = Bench::joined();
    let (call, out) = bench.ask(Ask::Leave(group()));
    assert_eq!(out, [request(1, 3, RequestBody::LeaveLiveGroup(group()))]);
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    assert_eq!(out[0], status(ConnectStatus::Connected(Continuity::Resumed)));
    assert_eq!(out[1], request(2, 3, RequestBody::LeaveLiveGroup(group())), "leaving twice is harmless");
    assert_eq!(bench.answer(3, Ok(ResponseBody::Done)), [reply(call, Answer::Done)]);
}

#[test]
fn who_was_not_entered_again_has_left_whatever_the_server_says_to_it() {
    let mut bench = Bench::joined();
    let (call, _) = bench.ask(Ask::Leave(group()));
    bench.cut_and_redial();
    bench.dialed_and_welcomed();
    assert_eq!(bench.answer(3, Err(ErrorCode::ServerBusy.into())), [reply(call, Answer::Done)]);
}

#[test]
fn who_could_not_leave_is_in_still() {
    let mut bench = Bench::joined();
    let (call, _) = bench.ask(Ask::Leave(group()));
    let out = bench.answer(3, Err(ErrorCode::ServerBusy.into()));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::ServerBusy));
    assert_eq!(bench.frame(push(message(11, "bob", 1))).len(), 1);
}

#[test]
fn a_leave_that_is_not_answered_in_time_ends_outside_of_the_group() {
    let mut bench = Bench::joined();
    let (leave, _) = bench.ask(Ask::Leave(group()));
    bench.now = bench.now + REQUEST_TIMEOUT;
    let out = bench.frame(ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    assert!(out.contains(&reply(leave, Answer::Done)), "{out:?}");
    assert_eq!(bench.frame(push(message(11, "bob", 1))), [], "it is of the past");
    let (again, out) = bench.ask(join());
    assert_eq!(out, [request(1, 4, join_request(None, None))], "the server is asked, which has it out");
    assert_eq!(bench.answer(3, Ok(ResponseBody::Done)), []);
    let out = bench.answer(4, Ok(joined_at(20, ResumeVerdict::Fresh)));
    assert_eq!(out, [reply(again, Answer::Joined(joined(20, ResumeVerdict::Fresh).into()))]);
    assert_eq!(bench.frame(push(message(21, "bob", 1))).len(), 1);
}

#[test]
fn a_group_whose_leave_was_not_answered_in_time_is_not_entered_again() {
    let mut bench = Bench::joined();
    bench.ask(Ask::Leave(group()));
    bench.now = bench.now + REQUEST_TIMEOUT;
    bench.frame(ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    bench.cut_and_redial();
    assert_eq!(bench.dialed_and_welcomed(), [status(ConnectStatus::Connected(Continuity::Resumed))]);
}

#[test]
fn leaving_and_joining_again_ends_in_the_group() {
    let mut bench = Bench::joined();
    bench.ask(Ask::Leave(group()));
    let (again, out) = bench.ask(join());
    assert_eq!(out, [request(1, 4, join_request(None, None))]);
    bench.answer(3, Ok(ResponseBody::Done));
    let out = bench.answer(4, Ok(joined_at(20, ResumeVerdict::Fresh)));
    assert_eq!(out, [reply(again, Answer::Joined(joined(20, ResumeVerdict::Fresh).into()))]);
    assert_eq!(bench.frame(push(message(21, "bob", 1))).len(), 1);
}

#[test]
fn a_refused_join_leaves_nothing_behind() {
    let mut bench = Bench::connected();
    let (call, _) = bench.ask(join());
    let out = bench.answer(2, Err(ErrorCode::MemberBlock.into()));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::MemberBlock));
    assert_eq!(bench.frame(push(message(11, "bob", 1))), []);
    let link = bench.link();
    bench.input(Input::Closed(link));
    bench.wait();
    assert_eq!(bench.dialed_and_welcomed(), [status(ConnectStatus::Connected(Continuity::Resumed))]);
}

#[test]
fn a_message_sent_just_before_leaving_gets_its_true_verdict_after_a_lost_connection() {
    let mut bench = Bench::joined();
    let (send, _) = bench.ask(Ask::Send(text(7)));
    let (leave, _) = bench.ask(Ask::Leave(group()));
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    let id = rejoin_id(&out, 2, Cursor::at(position(10)));
    let out = bench.answer(id, Ok(joined_at(10, resumed())));
    assert_eq!(
        out[1..],
        [
            request(2, 3, RequestBody::SendLiveMessage(text(7))),
            request(2, 4, RequestBody::LeaveLiveGroup(group())),
        ],
        "outside of the group the server could not say that it was accepted"
    );
    let out = bench.answer(3, Ok(accepted(11)));
    assert!(out.contains(&reply(send, Answer::Message(message(11, "alice", 7)))), "{out:?}");
    assert_eq!(bench.answer(4, Ok(ResponseBody::Done)), [reply(leave, Answer::Done)]);
    bench.cut_and_redial();
    assert_eq!(bench.dialed_and_welcomed(), [status(ConnectStatus::Connected(Continuity::Resumed))]);
}

#[test]
fn a_refusal_on_the_next_connection_does_not_make_an_accepted_message_somebody_elses() {
    let refused = || Err(ErrorCode::StorageUnavailable.into());
    for comes_first in [true, false] {
        let mut bench = Bench::joined();
        let (call, _) = bench.ask(Ask::Send(text(7)));
        let mine = message(11, "alice", 7);
        bench.cut_and_redial();
        let id = rejoin_id(&bench.dialed_and_welcomed(), 2, Cursor::at(position(10)));
        bench.answer(id, Ok(joined_at(10, resumed())));
        let sent = live(LiveEvent::Sent(mine.clone()));
        if comes_first {
            assert_eq!(bench.frame(push(mine.clone())), []);
            assert_eq!(bench.answer(3, refused()), [sent, reply(call, Answer::Message(mine))]);
        } else {
            let out = bench.answer(3, refused());
            assert_eq!(refused_with(&out, call), Some(ErrorCode::StorageUnavailable));
            assert_eq!(bench.frame(push(mine)), [sent]);
        }
    }
}

#[test]
fn a_group_that_was_being_left_and_is_gone_is_not_told_as_a_surprise() {
    let mut bench = Bench::joined();
    bench.ask(Ask::Send(text(7)));
    bench.ask(Ask::Leave(group()));
    bench.cut_and_redial();
    bench.dialed_and_welcomed();
    let out = bench.answer(5, Err(ErrorCode::ConversationNotFound.into()));
    assert_eq!(out[0], status(ConnectStatus::Connected(Continuity::Resumed)), "{out:?}");
}
