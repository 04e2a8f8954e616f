use std::time::Duration;

use bim_proto::{RequestBody, ResponseBody};
use bim_types::limits::{CLIENT_WAITING_REQUESTS_MAX, MESSAGE_BODY_BYTES_MAX, REQUEST_TIMEOUT};
use bim_types::{ErrorCode, GroupInfo, MessageBody, Refusal};

use crate::testing::{
    Bench, accepted, conversation, group, live, message, push, refused, refused_with, reply, request, text,
};
use crate::{Answer, Ask, CallId, Input, LiveEvent, Output, SendLive};

fn send(bench: &mut Bench, id: u128) -> (CallId, Vec<Output>) {
    bench.ask(Ask::Send(text(id)))
}

fn sent(id: u64, body: SendLive) -> Output {
    request(1, id, RequestBody::SendLiveMessage(body))
}

#[test]
fn a_send_ends_in_one_verdict_and_the_sender_sees_its_message_once() {
    let mut bench = Bench::joined();
    let (call, out) = send(&mut bench, 7);
    assert_eq!(out, [sent(3, text(7))]);
    let mine = message(11, "alice", 7);
    let out = bench.answer(3, Ok(accepted(11)));
    assert_eq!(out, [live(LiveEvent::Sent(mine.clone())), reply(call, Answer::Message(mine.clone()))]);
    assert_eq!(bench.frame(push(mine)), []);
    assert_eq!(bench.answer(3, Ok(accepted(11))), [], "a repeated answer changes nothing");
}

#[test]
fn a_refused_send_gives_the_servers_words() {
    let mut bench = Bench::joined();
    let (call, _) = send(&mut bench, 7);
    let refusal = Refusal::new(ErrorCode::MessageFrequency).retry_after(Duration::from_millis(300));
    assert_eq!(bench.answer(3, Err(refusal.clone())), [refused(call, refusal)]);
}

#[test]
fn what_must_not_be_overtaken_is_told_to_the_server() {
    let mut bench = Bench::joined();
    let second = SendLive { follows: Some(text(7).client_message_id), ..text(8) };
    let (_, out) = bench.ask(Ask::Send(second.clone()));
    assert_eq!(out, [sent(3, second)]);
}

#[test]
fn what_follows_a_refused_message_does_not_overtake_it_on_a_new_connection() {
    let mut bench = Bench::joined();
    let following = |id: u128| SendLive { follows: Some(text(id - 1).client_message_id), ..text(id) };
    send(&mut bench, 7);
    let followers: Vec<_> = (8..12).map(|id| bench.ask(Ask::Send(following(id))).0).collect();
    let out = bench.answer(3, Err(ErrorCode::MessageFrequency.into()));
    let told = |out: &[Output]| -> Vec<_> {
        followers.iter().filter(|call| refused_with(out, **call).is_some()).copied().collect()
    };
    assert_eq!(told(&out), followers[2..], "those that waited come back at once");
    let link = bench.link();
    let out = bench.input(Input::Closed(link));
    assert_eq!(told(&out), followers[..2], "those in flight come back instead of being repeated");
    assert!(ErrorCode::Timeout.is_retryable());
    bench.wait();
    bench.dialed_and_welcomed();
    let out = bench.answer(8, Ok(crate::testing::joined_at(10, crate::testing::resumed())));
    assert_eq!(out.len(), 1, "nothing is sent again: {out:?}");
}

#[test]
fn a_message_that_was_refused_for_good_holds_nobody_until_it_is_sent_again() {
    let mut bench = Bench::joined();
    let following = |id: u128| SendLive { follows: Some(text(7).client_message_id), ..text(id) };
    send(&mut bench, 7);
    bench.answer(3, Err(ErrorCode::UserBannedToPost.into()));
    assert_eq!(bench.ask(Ask::Send(following(8))).1, [sent(4, text(8))]);
    send(&mut bench, 7);
    assert_eq!(bench.ask(Ask::Send(following(9))).1, [sent(6, following(9))]);
}

#[test]
fn what_was_called_later_does_not_overtake_what_is_given_up_with_a_connection() {
    let mut bench = Bench::joined();
    let following = |id: u128| SendLive { follows: Some(text(id - 1).client_message_id), ..text(id) };
    send(&mut bench, 7);
    bench.ask(Ask::Send(following(8)));
    bench.answer(3, Err(ErrorCode::MessageFrequency.into()));
    bench.ask(Ask::Send(text(20)));
    bench.ask(Ask::Send(text(21)));
    let (late, out) = bench.ask(Ask::Send(following(9)));
    assert_eq!(out, [], "there is no room for it");
    let link = bench.link();
    let out = bench.input(Input::Closed(link));
    assert_eq!(refused_with(&out, late), Some(ErrorCode::Timeout));
}

#[test]
fn limits_are_checked_without_a_round_trip() {
    let mut bench = Bench::joined();
    let body = MessageBody::Text("x".repeat(MESSAGE_BODY_BYTES_MAX + 1).into());
    let (call, out) = bench.ask(Ask::Send(SendLive { body, ..text(7) }));
    let [Output::Reply(of, Err(refusal))] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!((*of, refusal.code, refusal.limit), (call, ErrorCode::MessageTooLarge, Some(65_536)));
    let (call, out) = bench.ask(Ask::Create(GroupInfo::default()));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::InvalidRequest));
}

#[test]
fn the_window_is_kept_and_one_place_stays_free() {
    let mut bench = Bench::joined();
    let on_the_wire: usize = (0..10).map(|id| send(&mut bench, id).1.len()).sum();
    assert_eq!(on_the_wire, 3, "the server said four");
    let out = bench.answer(3, Ok(accepted(11)));
    assert_eq!(out.last(), Some(&sent(6, text(3))));
}

#[test]
fn a_request_that_timed_out_keeps_its_place_until_the_server_has_done_with_it() {
    let mut bench = Bench::joined();
    let (first, _) = send(&mut bench, 1);
    bench.now = bench.now + REQUEST_TIMEOUT / 2;
    (2..5).for_each(|id| drop(send(&mut bench, id)));
    bench.now = bench.now + REQUEST_TIMEOUT / 2;
    let out = bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    assert_eq!(refused_with(&out, first), Some(ErrorCode::Timeout));
    assert!(
        !out.iter().any(|output| matches!(output, Output::Send(_, frame) if frame.len() > 20)),
        "{out:?}"
    );
    assert_eq!(bench.answer(3, Ok(accepted(11))), [sent(6, text(4))]);
}

#[test]
fn a_server_that_answers_nothing_is_left_when_calls_wait_for_a_place() {
    let mut bench = Bench::joined();
    let calls: Vec<_> = (1..5).map(|id| send(&mut bench, id).0).collect();
    bench.now = bench.now + REQUEST_TIMEOUT;
    let out = bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    let told: Vec<_> = calls.iter().map(|call| refused_with(&out, *call)).collect();
    assert_eq!(told, [Some(ErrorCode::Timeout), Some(ErrorCode::Timeout), Some(ErrorCode::Timeout), None]);
    assert!(out.iter().any(|output| matches!(output, Output::Abort(_))), "{out:?}");
    bench.wait();
    bench.dialed_and_welcomed();
    let out = bench.answer(7, Ok(crate::testing::joined_at(10, crate::testing::resumed())));
    assert_eq!(out[1..], [request(2, 6, RequestBody::SendLiveMessage(text(4)))]);
}

#[test]
fn a_full_outbox_refuses_and_recovers() {
    let mut bench = Bench::joined();
    for id in 0..CLIENT_WAITING_REQUESTS_MAX as u128 + 3 {
        assert!(send(&mut bench, id).1.len() <= 1);
    }
    let (call, out) = send(&mut bench, 99_999);
    assert_eq!(out, [refused(call, ErrorCode::OutboxFull)]);
    bench.answer(3, Ok(accepted(11)));
    assert_eq!(send(&mut bench, 99_999).1, []);
}

#[test]
fn requests_wait_for_the_connection_and_go_out_in_the_order_of_the_calls() {
    let mut bench = Bench::joined();
    let calls: Vec<_> = (0..5).map(|id| send(&mut bench, id).0).collect();
    let out = bench.cut_and_redial();
    assert!(calls.iter().all(|call| refused_with(&out, *call).is_none()));
    send(&mut bench, 5);
    bench.dialed_and_welcomed();
    let out = bench.answer(9, Ok(crate::testing::joined_at(10, crate::testing::resumed())));
    let again: Vec<_> =
        (0..3).map(|n| request(2, 3 + n, RequestBody::SendLiveMessage(text(n.into())))).collect();
    assert_eq!(out[1..], again, "same numbers, same message ids, same order");
}

#[test]
fn a_create_in_flight_is_not_repeated_after_a_lost_connection() {
    let mut bench = Bench::connected();
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let (call, _) = bench.ask(Ask::Create(info));
    let link = bench.link();
    let out = bench.input(Input::Closed(link));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::OutcomeUnknown));
}

#[test]
fn a_request_without_an_answer_times_out_only_while_connected() {
    let mut bench = Bench::connected();
    let (call, _) = bench.ask(Ask::Get(group()));
    bench.now = bench.now + REQUEST_TIMEOUT / 2;
    bench.cut_and_redial();
    bench.now = bench.now + Duration::from_secs(5);
    bench.dialed_and_welcomed();
    bench.now = bench.now + (REQUEST_TIMEOUT - Duration::from_millis(1));
    bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    let out = bench.advance(Duration::from_millis(1));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::Timeout));
    let late = bench.answer(2, Ok(ResponseBody::LiveGroup(conversation(1))));
    assert_eq!(late, []);
}

#[test]
fn a_request_on_a_silent_path_is_repeated_on_another_instead_of_timing_out() {
    let mut bench = Bench::joined();
    let (call, _) = send(&mut bench, 7);
    bench.advance(Duration::from_secs(1));
    bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    let out = bench.advance(REQUEST_TIMEOUT - Duration::from_secs(1));
    assert_eq!(refused_with(&out, call), None, "{out:?}");
    bench.wait();
    bench.dialed_and_welcomed();
    let out = bench.answer(4, Ok(crate::testing::joined_at(10, crate::testing::resumed())));
    assert_eq!(out[1..], [request(2, 3, RequestBody::SendLiveMessage(text(7)))]);
}

#[test]
fn a_send_that_times_out_is_not_reported_as_refused_and_its_copy_tells_the_truth() {
    let mut bench = Bench::joined();
    let (call, _) = send(&mut bench, 7);
    bench.now = bench.now + REQUEST_TIMEOUT;
    let out = bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::Timeout));
    assert!(ErrorCode::Timeout.is_retryable());
    let mine = message(11, "alice", 7);
    assert_eq!(bench.frame(push(mine.clone())), [live(LiveEvent::Sent(mine.clone()))]);
    let (call, out) = send(&mut bench, 7);
    assert_eq!(out, [sent(4, text(7))]);
    let out = bench.answer(4, Ok(accepted(11)));
    assert_eq!(out, [reply(call, Answer::Message(mine))], "reported once");
}

#[test]
fn a_send_without_a_verdict_is_known_by_its_copy_also_in_the_next_stay() {
    for leaves_first in [true, false] {
        let mut bench = Bench::joined();
        send(&mut bench, 7);
        if leaves_first {
            bench.ask(Ask::Leave(group()));
            bench.answer(4, Ok(ResponseBody::Done));
        }
        bench.now = bench.now + REQUEST_TIMEOUT;
        bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
        if !leaves_first {
            bench.ask(Ask::Leave(group()));
            bench.answer(4, Ok(ResponseBody::Done));
        }
        bench.ask(Ask::Join(group(), None));
        bench.answer(5, Ok(crate::testing::joined_at(10, bim_types::ResumeVerdict::Fresh)));
        let mine = message(11, "alice", 7);
        assert_eq!(bench.frame(push(mine.clone())), [live(LiveEvent::Sent(mine))], "{leaves_first}");
    }
}

#[test]
fn a_send_whose_copy_came_is_accepted_even_if_its_verdict_never_comes() {
    let mut bench = Bench::joined();
    let (call, _) = send(&mut bench, 7);
    let mine = message(11, "alice", 7);
    assert_eq!(bench.frame(push(mine.clone())), []);
    bench.now = bench.now + REQUEST_TIMEOUT;
    let out = bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    assert!(out.contains(&live(LiveEvent::Sent(mine.clone()))), "{out:?}");
    assert!(out.contains(&reply(call, Answer::Message(mine))));
}

#[test]
fn an_answer_that_does_not_fit_its_request_is_an_error_for_that_call_alone() {
    let mut bench = Bench::connected();
    let (call, _) = bench.ask(Ask::Get(group()));
    let out = bench.answer(2, Ok(ResponseBody::Done));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::ProtocolViolation));
    assert!(bench.machine.is_logged_in());
}

#[test]
fn a_verdict_that_is_lost_again_and_again_is_the_original_one_in_the_end() {
    for lost in [1, 2, 20] {
        let mut bench = Bench::joined();
        let (call, _) = send(&mut bench, 7);
        for _ in 0..lost {
            let out = bench.cut_and_redial();
            assert_eq!(refused_with(&out, call), None);
            let out = bench.dialed_and_welcomed();
            assert_eq!(out.len(), 1, "the group is entered before anything is sent again");
            let rejoin = bench.rejoin(10);
            assert_eq!(rejoin.len(), 2, "connected, and the message once: {rejoin:?}");
        }
        let mine = message(11, "alice", 7);
        let out = bench.answer(3, Ok(accepted(11)));
        assert_eq!(out, [live(LiveEvent::Sent(mine.clone())), reply(call, Answer::Message(mine.clone()))]);
        assert_eq!(bench.frame(push(mine)), []);
    }
}

#[test]
fn a_late_retry_after_later_messages_gives_the_old_position_in_one_request() {
    let mut bench = Bench::joined();
    let (first, _) = send(&mut bench, 7);
    bench.now = bench.now + REQUEST_TIMEOUT;
    let out = bench.frame(bim_proto::ServerFrame::Ping(bim_proto::Ping { nonce: 1 }));
    assert_eq!(refused_with(&out, first), Some(ErrorCode::Timeout));
    let mine = message(11, "alice", 7);
    assert_eq!(bench.frame(push(mine.clone())), [live(LiveEvent::Sent(mine.clone()))]);
    for later in 8..13_u64 {
        let (_, out) = send(&mut bench, later.into());
        assert_eq!(out.len(), 1);
        assert_eq!(bench.answer(later - 4, Ok(accepted(later + 4))).len(), 2);
        assert_eq!(bench.frame(push(message(later + 4, "alice", later.into()))), []);
    }
    let (again, out) = send(&mut bench, 7);
    assert_eq!(out, [sent(9, text(7))]);
    assert_eq!(bench.answer(9, Ok(accepted(11))), [reply(again, Answer::Message(mine))], "told before");
}

#[test]
fn a_message_refused_for_good_holds_back_nobody_else() {
    let mut bench = Bench::joined();
    let following = |id: u128| SendLive { follows: Some(text(id - 1).client_message_id), ..text(id) };
    let calls: Vec<_> = (1..=10_u128).map(|id| bench.ask(Ask::Send(following(id))).0).collect();
    let mut replies = Vec::new();
    for (number, call) in (1..=10_u64).zip(&calls) {
        let answer =
            if number == 3 { Err(ErrorCode::UserBannedToPost.into()) } else { Ok(accepted(10 + number)) };
        let out = bench.answer(2 + number, answer);
        replies.extend(out.iter().filter(|output| matches!(output, Output::Reply(..))).cloned());
        assert_eq!(refused_with(&out, *call).is_some(), number == 3);
    }
    assert_eq!(replies.len(), 10, "each has its own verdict");
}
