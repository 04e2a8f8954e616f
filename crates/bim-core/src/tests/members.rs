//! Members: what is asked of them, what is done to them, who comes and goes.

use std::time::Duration;

use bim_proto::{Joined, MemberQuery, RequestBody, ResponseBody, ServerFrame, SetMemberInfo};
use bim_types::{
    ConnectStatus, Continuity, Conversation, Cursor, ErrorCode, GroupChange, GroupEvent, LivePulse, Measure,
    MeasureDone, Member, MemberFailure, MemberInfo, MemberInfoChange, MemberList, Named, Role, Uid, Until,
};

use crate::testing::{
    Bench, conversation, group, join_request, joined, joined_at, live, me, position, pulse, refused,
    refused_with, reply, request, resumed, status,
};
use crate::{Answer, Ask, LeftReason, LiveEvent, Output};

fn bob() -> Uid {
    Uid::string("bob").unwrap()
}

fn owner() -> Option<Uid> {
    Some(Uid::string("owner").unwrap())
}

fn alias(alias: &str) -> MemberInfo {
    MemberInfo { alias: alias.into(), ..MemberInfo::default() }
}

fn event(version: u64, change: GroupChange) -> GroupEvent {
    GroupEvent { conversation_short_id: group(), version, operator: owner(), change }
}

fn tell(bench: &mut Bench, event: &GroupEvent) -> Vec<Output> {
    bench.frame(ServerFrame::LiveEvent(event.clone()))
}

/// The state when this is the user's own record.
fn state_with(version: u64, record: Member) -> Conversation {
    Conversation { role: record.role, me: Some(record), ..conversation(version) }
}

#[test]
fn a_measure_reports_for_whom_it_was_not_done() {
    let mut bench = Bench::joined();
    let mute = Measure::Mute(vec![bob()], Duration::from_secs(60));
    let (call, out) = bench.ask(Ask::Measure(group(), mute.clone()));
    assert_eq!(out, [request(1, 3, RequestBody::ChangeLiveGroup(group(), mute))]);
    let failed = vec![MemberFailure { uid: bob(), reason: ErrorCode::UserForbidden.into() }];
    let done = MeasureDone { version: 2, failed };
    let out = bench.answer(3, Ok(ResponseBody::LiveGroupChanged(done.clone())));
    assert_eq!(out, [reply(call, Answer::Measure(done))]);
}

#[test]
fn measures_that_can_not_be_done_are_refused_without_a_round_trip() {
    let mut bench = Bench::joined();
    for measure in [
        Measure::Kick(vec![]),
        Measure::Kick(vec![bob(); 101]),
        Measure::SlowMode(Duration::from_secs(3601)),
        Measure::Mark(String::new(), vec![bob()]),
    ] {
        let (call, out) = bench.ask(Ask::Measure(group(), measure));
        assert_eq!((out.len(), refused_with(&out, call)), (1, Some(ErrorCode::InvalidRequest)));
    }
    for uids in [vec![], vec![bob(); 201]] {
        let (call, out) = bench.ask(Ask::GetMembers(group(), uids));
        assert_eq!((out.len(), refused_with(&out, call)), (1, Some(ErrorCode::InvalidRequest)));
    }
    let (call, out) = bench.ask(Ask::Join(group(), Some(alias(&"x".repeat(101)))));
    assert_eq!((out.len(), refused_with(&out, call)), (1, Some(ErrorCode::InvalidRequest)));
}

#[test]
fn a_measure_in_flight_is_repeated_and_a_transfer_is_not() {
    let mut bench = Bench::connected();
    let kick = Measure::Kick(vec![bob()]);
    let (kicking, _) = bench.ask(Ask::Measure(group(), kick.clone()));
    let (giving, _) = bench.ask(Ask::Measure(group(), Measure::TransferOwner(bob())));
    let out = bench.cut_and_redial();
    assert_eq!(refused_with(&out, giving), Some(ErrorCode::OutcomeUnknown), "it may have been given away");
    assert_eq!(refused_with(&out, kicking), None);
    let out = bench.dialed_and_welcomed();
    assert_eq!(out[1..], [request(2, 2, RequestBody::ChangeLiveGroup(group(), kick))]);
}

#[test]
fn lists_and_records_of_members_are_read() {
    let mut bench = Bench::connected();
    let query =
        MemberQuery { group: group(), list: MemberList::Online, after: Some(bob()), count: 2, mark: None };
    let (listing, out) = bench.ask(Ask::ListMembers(query.clone()));
    assert_eq!(out, [request(1, 2, RequestBody::ListLiveMembers(query))]);
    let page = bim_proto::MemberPage { members: vec![Member::unknown(me())], has_more: true };
    let out = bench.answer(2, Ok(ResponseBody::LiveMemberPage(page.clone())));
    assert_eq!(out, [reply(listing, Answer::Members(page.clone()))]);
    let (reading, out) = bench.ask(Ask::GetMembers(group(), vec![me()]));
    assert_eq!(out, [request(1, 3, RequestBody::GetLiveMembers(group(), vec![me()]))]);
    let out = bench.answer(3, Ok(ResponseBody::LiveMemberPage(page.clone())));
    assert_eq!(out, [reply(reading, Answer::Members(page))]);
}

#[test]
fn what_a_user_says_about_itself_is_said_again_on_every_rejoin() {
    let mut bench = Bench::connected();
    let (call, out) = bench.ask(Ask::Join(group(), Some(alias("ally"))));
    assert_eq!(out, [request(1, 2, join_request(None, Some(alias("ally"))))]);
    let answer = joined(10, bim_types::ResumeVerdict::Fresh);
    let out = bench.answer(2, Ok(ResponseBody::JoinedLiveGroup(answer.clone())));
    assert_eq!(out, [reply(call, Answer::Joined(answer.into()))]);
    bench.cut_and_redial();
    let at = Some(Cursor::at(position(10)));
    let out = bench.dialed_and_welcomed();
    assert_eq!(out, [request(2, 3, join_request(at, Some(alias("ally"))))]);
    bench.answer(3, Ok(joined_at(10, resumed())));

    let change = MemberInfoChange { alias: Some("al".into()), ..MemberInfoChange::default() };
    let set = SetMemberInfo { group: group(), uid: None, change };
    let (call, _) = bench.ask(Ask::SetMemberInfo(set));
    let record = Member { info: alias("al"), ..Member::unknown(me()) };
    let id = bench.machine.last_request();
    let out = bench.answer(id, Ok(ResponseBody::LiveMember(record.clone())));
    let changed = live(LiveEvent::StateChanged(state_with(1, record.clone()).into()));
    assert_eq!(out, [changed, reply(call, Answer::Member(record))]);
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    assert_eq!(out, [request(3, id + 1, join_request(at, Some(alias("al"))))]);
    bench.answer(id + 1, Ok(joined_at(10, resumed())));

    let renamed = Member { info: alias("renamed by the app"), ..Member::unknown(me()) };
    bench.frame(ServerFrame::LiveState(state_with(2, renamed.clone())));
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    let id = bench.machine.last_request() - 1;
    assert_eq!(out, [request(4, id, join_request(at, Some(renamed.info)))], "another hand changed it");
}

#[test]
fn joining_again_with_something_new_to_say_goes_to_the_server() {
    let mut bench = Bench::joined();
    let (call, out) = bench.ask(Ask::Join(group(), Some(alias("ally"))));
    assert_eq!(out, [request(1, 3, join_request(None, Some(alias("ally"))))]);
    let record = Member { info: alias("ally"), ..Member::unknown(me()) };
    let answer =
        Joined { conversation: state_with(1, record), ..joined(12, bim_types::ResumeVerdict::Fresh) };
    let out = bench.answer(3, Ok(ResponseBody::JoinedLiveGroup(answer.clone())));
    let changed = live(LiveEvent::StateChanged(answer.conversation.clone().into()));
    assert_eq!(out, [changed, reply(call, Answer::Joined(answer.into()))]);
    bench.cut_and_redial();
    let at = Some(Cursor::at(position(10)));
    let out = bench.dialed_and_welcomed();
    assert_eq!(out, [request(2, 4, join_request(at, Some(alias("ally"))))], "the cursor is the first one's");
}

#[test]
fn the_record_of_somebody_else_is_not_taken_for_the_own_one() {
    let mut bench = Bench::joined();
    let set = SetMemberInfo { group: group(), uid: Some(bob()), change: alias("bobby").into() };
    let (call, _) = bench.ask(Ask::SetMemberInfo(set));
    let record = Member { info: alias("bobby"), ..Member::unknown(bob()) };
    let out = bench.answer(3, Ok(ResponseBody::LiveMember(record.clone())));
    assert_eq!(out, [reply(call, Answer::Member(record))]);
    bench.cut_and_redial();
    let at = Some(Cursor::at(position(10)));
    assert_eq!(bench.dialed_and_welcomed(), [request(2, 4, join_request(at, None))]);
}

#[test]
fn what_is_done_to_others_is_told_and_to_this_user_shows_in_its_record() {
    let mut bench = Bench::joined();
    let others = event(2, GroupChange::Muted(vec![bob()], Until::Forever));
    assert_eq!(tell(&mut bench, &others), [live(LiveEvent::Members(others))]);
    let muted = event(3, GroupChange::Muted(vec![me()], Until::Forever));
    let record = Member { muted: Some(Until::Forever), ..Member::unknown(me()) };
    let state = state_with(3, record);
    let changed = live(LiveEvent::StateChanged(state.clone().into()));
    assert_eq!(tell(&mut bench, &muted), [live(LiveEvent::Members(muted)), changed]);
    assert_eq!(bench.frame(ServerFrame::LiveState(state)), [], "the server tells it this way too");
    let promoted = event(4, GroupChange::AdminsAdded(vec![me()]));
    let out = tell(&mut bench, &promoted);
    assert!(
        matches!(&out[1], Output::Event(crate::Event::Live(LiveEvent::StateChanged(state))) if state.role == Role::Admin)
    );
}

#[test]
fn whoever_is_kicked_has_left_and_does_not_enter_again_by_itself() {
    for blocked in [false, true] {
        let mut bench = Bench::joined();
        let kicked = event(2, GroupChange::Kicked { uids: vec![bob(), me()], blocked });
        let left =
            LiveEvent::Left { group: group(), reason: LeftReason::Kicked { blocked, operator: owner() } };
        assert_eq!(tell(&mut bench, &kicked), [live(LiveEvent::Members(kicked.clone())), live(left)]);
        assert_eq!(tell(&mut bench, &kicked), [], "it is not in the group any more");
        bench.cut_and_redial();
        let connected = status(ConnectStatus::Connected(Continuity::Resumed));
        assert_eq!(bench.dialed_and_welcomed(), [connected]);
        let (_, out) = bench.ask(crate::testing::join());
        assert_eq!(out.len(), 1, "it may ask to be let in again");
    }
}

#[test]
fn somebody_elses_kick_and_one_of_an_earlier_stay_do_not_end_this_one() {
    let mut bench = Bench::joined();
    let others = event(2, GroupChange::Kicked { uids: vec![bob()], blocked: true });
    assert_eq!(tell(&mut bench, &others), [live(LiveEvent::Members(others))]);
    let earlier = event(1, GroupChange::Kicked { uids: vec![me()], blocked: false });
    assert_eq!(tell(&mut bench, &earlier), [live(LiveEvent::Members(earlier))]);
    assert_eq!(bench.ask(crate::testing::join()).1.len(), 1);
}

#[test]
fn a_pulse_is_told_with_the_new_online_count() {
    let mut bench = Bench::joined();
    let joined = Named { named: vec![Member::unknown(bob())], more: 7 };
    let pulse = LivePulse { online_count: 9, joined, ..pulse() };
    let counted = Conversation { online_count: 9, ..conversation(1) };
    let out = bench.frame(ServerFrame::LivePulse(pulse.clone()));
    assert_eq!(out, [live(LiveEvent::Pulse(pulse.clone())), live(LiveEvent::StateChanged(counted.into()))]);
    let out = bench.frame(ServerFrame::LivePulse(pulse.clone()));
    assert_eq!(out, [live(LiveEvent::Pulse(pulse))], "the count is the same");
}

#[test]
fn events_of_a_group_the_client_is_not_in_are_ignored() {
    let mut bench = Bench::connected();
    assert_eq!(tell(&mut bench, &event(9, GroupChange::AdminsAdded(vec![me()]))), []);
    assert_eq!(bench.frame(ServerFrame::LivePulse(pulse())), []);
}

#[test]
fn leaving_a_group_the_client_is_not_in_is_an_error_of_the_call() {
    let mut bench = Bench::connected();
    let (call, _) = bench.ask(Ask::Leave(group()));
    assert_eq!(
        bench.answer(2, Err(ErrorCode::UserNotInGroup.into())),
        [refused(call, ErrorCode::UserNotInGroup)]
    );
}

#[test]
fn leaving_a_group_that_a_lost_connection_has_left_already_is_done() {
    let mut bench = Bench::joined();
    let (call, _) = bench.ask(Ask::Leave(group()));
    bench.cut_and_redial();
    let out = bench.dialed_and_welcomed();
    assert_eq!(out[1], request(2, 3, RequestBody::LeaveLiveGroup(group())));
    let out = bench.answer(3, Err(ErrorCode::UserNotInGroup.into()));
    assert_eq!(out, [reply(call, Answer::Done)]);
    let (again, _) = bench.ask(Ask::Leave(group()));
    let id = bench.machine.last_request();
    let out = bench.answer(id, Err(ErrorCode::UserNotInGroup.into()));
    assert_eq!(out, [refused(again, ErrorCode::UserNotInGroup)], "by now it knows");
}

#[test]
fn leaving_while_being_kicked_is_done() {
    let mut bench = Bench::joined();
    let (call, _) = bench.ask(Ask::Leave(group()));
    tell(&mut bench, &event(2, GroupChange::Kicked { uids: vec![me()], blocked: false }));
    let out = bench.answer(3, Err(ErrorCode::UserNotInGroup.into()));
    assert_eq!(out, [reply(call, Answer::Done)]);
}
