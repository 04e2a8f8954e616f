//! What owner and admins do, and when it takes effect.

use std::time::Duration;

use bim_proto::{RequestBody, ResponseBody, ServerFrame};
use bim_types::{
    ErrorCode, GroupChange, GroupInfoChange, Measure, MemberList, MuteAll, Priority, Role, Uid, Until,
};

use super::stage::Stage;
use super::world::{World, join, message, uid};
use crate::{EngineConfig, Input};

const SECOND: Duration = Duration::from_secs(1);

fn for_ever(name: &str) -> Measure {
    Measure::Mute(vec![uid(name)], Duration::ZERO)
}

fn block(name: &str, period: Duration) -> Measure {
    Measure::Block(vec![uid(name)], period)
}

#[test]
fn a_mute_is_told_to_everyone_holds_at_once_and_survives_a_restart() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    let done = stage.measure(owner, for_ever("bob")).unwrap();
    assert_eq!((done.version, done.failed), (2, vec![]));
    let muted = GroupChange::Muted(vec![uid("bob")], Until::Forever);
    assert_eq!(stage.events(ann), [muted]);
    let frames = stage.world.received(bob);
    let [ServerFrame::LiveEvent(_), ServerFrame::LiveState(all), ServerFrame::LiveState(own)] =
        frames.as_slice()
    else {
        panic!("{frames:?}")
    };
    assert_eq!((all.version, all.me.is_none()), (2, true));
    assert_eq!(own.me.as_ref().unwrap().muted, Some(Until::Forever));
    assert_eq!(stage.say(bob, 1), Err(ErrorCode::UserBannedToPost));
    let mut stage = stage.restart();
    let (owner, bob) = (stage.owner, stage.bob);
    assert_eq!(stage.say(bob, 1), Err(ErrorCode::UserBannedToPost));
    stage.measure(owner, Measure::Unmute(vec![uid("bob")])).unwrap();
    assert_eq!(stage.say(bob, 1), Ok(1));
}

#[test]
fn nothing_is_accepted_from_a_muted_sender_after_the_operators_answer() {
    let mut stage = Stage::new();
    let (owner, bob) = (stage.owner, stage.bob);
    stage.world.holds_writes = true;
    stage.request_say(bob, 1);
    stage.request_measure(owner, for_ever("bob"));
    stage.request_say(bob, 2);
    stage.world.release_some_writes(1);
    assert_eq!(stage.codes(bob), [None], "the first was on its way before");
    assert!(stage.codes(owner).is_empty());
    stage.world.release_writes();
    assert_eq!(stage.codes(owner), [None]);
    assert_eq!(stage.codes(bob), [Some(ErrorCode::UserBannedToPost)]);
    assert_eq!(stage.texts(owner), ["message 1"]);
}

#[test]
fn messages_of_others_do_not_wait_for_a_measure() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.world.holds_writes = true;
    stage.request_measure(owner, for_ever("bob"));
    stage.request_say(ann, 1);
    assert_eq!(stage.world.held.len(), 2);
}

#[test]
fn everyones_messages_wait_while_all_are_muted() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.measure(owner, Measure::Exempt(vec![uid("bob")])).unwrap();
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::MuteAll(MuteAll::NormalMembers));
    for who in [owner, ann, bob] {
        stage.request_say(who, 1);
    }
    assert_eq!(stage.world.held.len(), 1);
    stage.world.release_writes();
    assert_eq!(stage.codes(ann), [Some(ErrorCode::SendConversationSilent)]);
    assert_eq!((stage.codes(owner), stage.codes(bob)), (vec![None, None], vec![None]));
}

#[test]
fn who_is_no_admin_any_more_is_silenced_with_the_others_at_once() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.measure(owner, Measure::AddAdmins(vec![uid("ann")])).unwrap();
    stage.measure(owner, Measure::MuteAll(MuteAll::NormalMembers)).unwrap();
    stage.world.received(ann);
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::RemoveAdmins(vec![uid("ann")]));
    stage.request_say(ann, 1);
    stage.world.release_writes();
    assert_eq!(stage.codes(ann), [Some(ErrorCode::SendConversationSilent)]);
}

#[test]
fn what_waited_for_a_measure_is_not_overtaken_while_the_next_one_is_written() {
    let mut stage = Stage::new();
    let (owner, bob) = (stage.owner, stage.bob);
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::Exempt(vec![uid("bob")]));
    let notice = stage.notice("n");
    stage.world.request(owner, notice);
    stage.request_say(bob, 1);
    stage.world.release_some_writes(1);
    stage.request_say(bob, 2);
    stage.world.release_writes();
    assert_eq!(stage.texts(owner), ["message 1", "message 2"]);
}

#[test]
fn who_is_kicked_hears_of_it_and_then_nothing_and_may_come_back() {
    let mut stage = Stage::new();
    let (owner, ann, bob, group) = (stage.owner, stage.ann, stage.bob, stage.group);
    let other = stage.world.log_in("bob", 4);
    stage.world.join(other, group, None);
    stage.world.received(bob);
    let done = stage.measure(owner, Measure::Kick(vec![uid("bob")])).unwrap();
    assert_eq!((done.failed, done.version), (vec![], 2));
    stage.say(ann, 1).unwrap();
    stage.world.pass(SECOND);
    for connection in [bob, other] {
        let frames = stage.world.received_with_pulses(connection);
        let [.., ServerFrame::LiveEvent(event)] = frames.as_slice() else { panic!("{frames:?}") };
        assert_eq!(event.change, GroupChange::Kicked { uids: vec![uid("bob")], blocked: false });
        assert!(!stage.world.groups[&stage.key()].contains(&connection));
    }
    assert_eq!(stage.say(bob, 2), Err(ErrorCode::UserNotInGroup));
    assert_eq!(stage.world.join(bob, group, None).conversation.online_count, 3);
    assert_eq!(stage.say(bob, 2), Ok(2));
}

#[test]
fn a_kick_raises_the_version_for_who_is_there_and_over_a_restart() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.world.received(ann);
    stage.measure(owner, Measure::Kick(vec![uid("bob")])).unwrap();
    let versions: Vec<_> = stage.world.received(ann).into_iter().map(version_told).collect();
    assert_eq!(versions, [2, 2]);
    let mut stage = stage.restart();
    let owner = stage.owner;
    assert_eq!(stage.measure(owner, Measure::MuteAll(MuteAll::Everyone)).unwrap().version, 3);
}

#[test]
fn a_kick_is_carried_out_even_when_the_disk_does_not_take_it() {
    let mut stage = Stage::new();
    let (owner, bob) = (stage.owner, stage.bob);
    stage.world.fails_writes = true;
    assert_eq!(stage.say(owner, 1), Err(ErrorCode::StorageUnavailable));
    assert_eq!(stage.measure(owner, Measure::Kick(vec![uid("bob")])).unwrap().version, 1);
    assert_eq!(stage.events(bob), [GroupChange::Kicked { uids: vec![uid("bob")], blocked: false }]);
    assert!(!stage.world.groups[&stage.key()].contains(&bob));
}

#[test]
fn who_is_kicked_speaks_no_more_while_it_is_written() {
    let mut stage = Stage::new();
    let (owner, bob) = (stage.owner, stage.bob);
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::Kick(vec![uid("bob")]));
    stage.request_say(bob, 1);
    stage.world.release_writes();
    assert_eq!(stage.codes(bob), [Some(ErrorCode::UserNotInGroup)]);
    assert_eq!(stage.texts(owner), Vec::<String>::new());
}

#[test]
fn what_can_not_be_done_for_one_is_said_for_that_one() {
    let mut stage = Stage::new();
    let owner = stage.owner;
    let done = stage.measure(owner, Measure::Kick(["owner", "bob", "nobody", "bob"].map(uid).to_vec()));
    let failed: Vec<_> = done.unwrap().failed.into_iter().map(|f| (f.uid, f.reason.code)).collect();
    let expected = [(uid("owner"), ErrorCode::UserForbidden), (uid("nobody"), ErrorCode::UserNotInGroup)];
    assert_eq!(failed, expected);
}

#[test]
fn a_measure_that_does_nothing_is_told_to_nobody() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.measure(owner, for_ever("bob")).unwrap();
    stage.world.received(ann);
    assert_eq!(stage.measure(owner, for_ever("bob")).unwrap().version, 2);
    assert_eq!(stage.measure(owner, Measure::Kick(vec![uid("nobody")])).unwrap().version, 2);
    stage.world.pass(SECOND);
    assert_eq!(stage.world.received(ann), []);
}

#[test]
fn who_is_blocked_is_out_and_stays_out_until_the_end_of_the_block() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.measure(owner, block("bob", 5 * SECOND)).unwrap();
    let kicked = GroupChange::Kicked { uids: vec![uid("bob")], blocked: true };
    assert_eq!(stage.events(bob), [kicked]);
    assert_eq!(stage.ask(bob, join(group, None)), Err(ErrorCode::MemberBlock));
    assert_eq!(stage.ask(bob, RequestBody::GetLiveGroup(group)), Err(ErrorCode::ConversationNotFound));
    assert_eq!(stage.say(bob, 1), Err(ErrorCode::UserNotInGroup));
    stage.pass(5 * SECOND);
    assert!(stage.ask(bob, join(group, None)).is_ok());
}

#[test]
fn who_wants_in_while_its_block_is_written_waits_at_the_door() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.ask(bob, RequestBody::LeaveLiveGroup(group)).unwrap();
    stage.world.holds_writes = true;
    stage.request_measure(owner, block("bob", Duration::ZERO));
    stage.world.request(bob, join(group, None));
    stage.request_say(bob, 1);
    stage.world.request(bob, RequestBody::LeaveLiveGroup(group));
    assert!(stage.codes(bob).is_empty());
    stage.world.release_writes();
    let refused = [ErrorCode::MemberBlock, ErrorCode::UserNotInGroup, ErrorCode::UserNotInGroup];
    assert_eq!(stage.codes(bob), refused.map(Some));
    assert!(!stage.world.groups[&stage.key()].contains(&bob));
    assert_eq!(stage.texts(owner), [""; 0]);
}

#[test]
fn who_wanted_in_and_out_again_while_a_block_failed_is_out() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.ask(bob, RequestBody::LeaveLiveGroup(group)).unwrap();
    stage.world.holds_writes = true;
    stage.request_measure(owner, block("bob", Duration::ZERO));
    stage.world.request(bob, join(group, None));
    stage.world.request(bob, RequestBody::LeaveLiveGroup(group));
    stage.world.fails_writes = true;
    stage.world.release_writes();
    assert_eq!(stage.codes(bob), [None, None]);
    assert!(!stage.world.groups[&stage.key()].contains(&bob));
}

#[test]
fn a_mute_ends_after_its_seconds_whatever_the_clock_does_and_everyone_is_told() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.measure(owner, Measure::Mute(vec![uid("bob")], 8 * SECOND)).unwrap();
    stage.world.received(ann);
    stage.world.now.wall = stage.world.now.wall.before(Duration::from_secs(3_600));
    stage.world.pass(8 * SECOND - Duration::from_millis(1));
    let refused = stage.world.say(bob, stage.group, 1).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UserBannedToPost);
    assert_eq!(refused.retry_after, Some(Duration::from_millis(1)));
    stage.world.pass(Duration::from_millis(1));
    assert_eq!(stage.events(ann), [GroupChange::Unmuted(vec![uid("bob")])]);
    assert_eq!(stage.say(bob, 1), Ok(1));
}

#[test]
fn a_mute_that_ends_while_another_measure_is_written_does_not_come_back() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.measure(owner, Measure::Mute(vec![uid("bob")], 3 * SECOND)).unwrap();
    stage.world.pass(2 * SECOND);
    stage.world.received(ann);
    stage.world.holds_writes = true;
    stage.request_measure(owner, for_ever("nobody"));
    stage.world.pass(4 * SECOND);
    stage.world.now.wall = stage.world.now.wall.before(Duration::from_secs(3_600));
    stage.world.release_writes();
    let unmuted = GroupChange::Unmuted(vec![uid("bob")]);
    let muted = GroupChange::Muted(vec![uid("nobody")], Until::Forever);
    assert_eq!(stage.events(ann), [unmuted, muted]);
    assert_eq!(stage.say(bob, 1), Ok(1));
    stage.world.pass(SECOND);
    assert_eq!(stage.say(bob, 2), Ok(2));
}

#[test]
fn a_mute_that_ended_before_a_restart_has_ended() {
    let mut stage = Stage::new();
    let owner = stage.owner;
    stage.measure(owner, Measure::Mute(vec![uid("ann")], 3 * SECOND)).unwrap();
    stage.measure(owner, Measure::Mute(vec![uid("bob")], 60 * SECOND)).unwrap();
    stage.world.pass(4 * SECOND);
    let mut stage = stage.restart();
    let (ann, bob) = (stage.ann, stage.bob);
    assert_eq!(stage.say(ann, 1), Ok(1));
    assert_eq!(stage.say(bob, 1), Err(ErrorCode::UserBannedToPost));
    stage.pass(56 * SECOND);
    assert_eq!(stage.say(bob, 1), Ok(2));
}

#[test]
fn rights_are_looked_at_when_a_waiting_measure_has_its_turn() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.measure(owner, Measure::AddAdmins(vec![uid("ann")])).unwrap();
    stage.world.received(ann);
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::RemoveAdmins(vec![uid("ann")]));
    stage.request_measure(ann, for_ever("bob"));
    stage.world.release_writes();
    assert_eq!(stage.codes(ann), [Some(ErrorCode::UserForbidden)]);
    assert_eq!(stage.say(bob, 1), Ok(1));
}

#[test]
fn the_group_goes_to_another_owner_with_all_that_belongs_to_it() {
    let mut stage = Stage::new();
    let (owner, ann, group) = (stage.owner, stage.ann, stage.group);
    stage.measure(owner, Measure::TransferOwner(uid("ann"))).unwrap();
    let changed = GroupChange::OwnerChanged { from: uid("owner"), to: uid("ann") };
    assert_eq!(stage.events(ann), [changed]);
    assert_eq!(stage.measure(owner, for_ever("bob")), Err(ErrorCode::UserForbidden));
    let mut stage = stage.restart();
    let role = |world: &mut World, who| world.join(who, group, None).conversation.role;
    assert_eq!(role(&mut stage.world, stage.ann), Role::Owner);
    assert_eq!(role(&mut stage.world, stage.owner), Role::Normal);
    let mine = |stage: &mut Stage, who| {
        let query = bim_proto::ListQuery { cursor: 0, count: 0, mine: true };
        match stage.ask(who, RequestBody::ListLiveGroups(query)) {
            Ok(ResponseBody::LiveGroupPage(page)) => page.entries.len(),
            other => panic!("{other:?}"),
        }
    };
    let (owner, ann) = (stage.owner, stage.ann);
    assert_eq!((mine(&mut stage, owner), mine(&mut stage, ann)), (0, 1));
    stage.ask(ann, RequestBody::DissolveLiveGroup(group)).unwrap();
    assert_eq!(mine(&mut stage, ann), 0);
}

#[test]
fn whatever_change_the_disk_refuses_the_next_one_is_made() {
    let mut stage = Stage::new();
    let (owner, group) = (stage.owner, stage.group);
    stage.say(owner, 1).unwrap();
    let alias = bim_types::MemberInfoChange { alias: Some("Boss".into()), ..Default::default() };
    let requests = [
        stage.notice("n"),
        RequestBody::ChangeLiveGroup(group, for_ever("bob")),
        RequestBody::SetLiveMemberInfo(bim_proto::SetMemberInfo { group, uid: None, change: alias }),
        RequestBody::WriteLiveAttributes(group, vec![bim_types::AttributeWrite::set("k", "v")]),
        RequestBody::UpdateLiveMessage(group, bim_types::Seq(1), super::stage::text("other")),
        RequestBody::DeleteLiveMessage(group, bim_types::Seq(1)),
        RequestBody::DissolveLiveGroup(group),
    ];
    for request in requests {
        stage.world.is_busy = true;
        assert_eq!(stage.ask(owner, request.clone()), Err(ErrorCode::ServerBusy), "{request:?}");
        stage.world.is_busy = false;
        if matches!(request, RequestBody::UpdateLiveMessage(..) | RequestBody::DeleteLiveMessage(..)) {
            stage.world.reads_are_busy = true;
            assert_eq!(stage.ask(owner, request.clone()), Err(ErrorCode::ServerBusy), "{request:?}");
            stage.world.reads_are_busy = false;
        }
        assert!(stage.ask(owner, request.clone()).is_ok(), "{request:?}");
    }
}

#[test]
fn what_waits_behind_a_change_that_fails_is_answered() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.world.holds_writes = true;
    stage.world.request(owner, RequestBody::DissolveLiveGroup(stage.group));
    stage.request_measure(owner, for_ever("bob"));
    stage.request_say(ann, 1);
    let notice = stage.notice("n");
    stage.world.request(owner, notice);
    stage.world.fails_writes = true;
    stage.world.release_writes();
    assert_eq!(stage.codes(owner), [Some(ErrorCode::StorageUnavailable); 3]);
    assert_eq!(stage.codes(ann), [Some(ErrorCode::ServerBusy)]);
}

#[test]
fn what_waits_behind_a_change_is_answered_when_the_server_stops() {
    let mut stage = Stage::new();
    let (owner, bob) = (stage.owner, stage.bob);
    stage.world.holds_writes = true;
    stage.request_measure(owner, for_ever("bob"));
    stage.request_say(bob, 1);
    let notice = stage.notice("n");
    stage.world.request(owner, notice);
    stage.world.feed(Input::Drain);
    assert!(!stage.world.drained);
    stage.world.release_writes();
    assert_eq!(stage.codes(owner), [None, Some(ErrorCode::ServerDraining)]);
    assert_eq!(stage.codes(bob), [Some(ErrorCode::ServerDraining)]);
    assert!(stage.world.drained);
}

#[test]
fn more_changes_than_may_wait_are_refused_as_busy() {
    let config = EngineConfig { in_flight_requests: 5_000, ..EngineConfig::default() };
    let mut stage = Stage::with(config);
    let owner = stage.owner;
    stage.world.inboxes.insert(
        owner,
        bim_livegroup::queue::ViewerQueue::new(bim_livegroup::queue::QueueLimits {
            frames: 10_000,
            bytes: 64 << 20,
            ..Default::default()
        }),
    );
    stage.world.holds_writes = true;
    for number in 0..1_100 {
        let notice = stage.notice(&number.to_string());
        stage.world.request(owner, notice);
    }
    let refused = stage.codes(owner);
    assert_eq!(refused, vec![Some(ErrorCode::ServerBusy); 1_100 - 1_025]);
}

#[test]
fn the_apps_server_acts_without_being_in_and_no_user_does() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    let server = stage.world.log_in_server("backend");
    let outsider = stage.world.log_in("eve", 9);
    assert_eq!(stage.measure(outsider, for_ever("bob")), Err(ErrorCode::UserNotInGroup));
    assert_eq!(stage.measure(bob, for_ever("ann")), Err(ErrorCode::UserForbidden));
    assert_eq!(stage.measure(server, for_ever("bob")).unwrap().failed, []);
    assert_eq!(stage.measure(server, Measure::Kick(vec![uid("owner")])).unwrap().failed.len(), 1);
    let high = bim_proto::SendLive { priority: Priority::High, ..message(group, 1) };
    assert!(stage.ask(server, RequestBody::SendLiveMessage(high)).is_ok());
    match stage.ask(owner, RequestBody::GetLiveGroup(group)) {
        Ok(ResponseBody::LiveGroup(read)) => assert_eq!(read.online_count, 3),
        other => panic!("{other:?}"),
    }
    let query = bim_proto::MemberQuery { group, list: MemberList::Muted, after: None, count: 0, mark: None };
    match stage.ask(server, RequestBody::ListLiveMembers(query)) {
        Ok(ResponseBody::LiveMemberPage(page)) => {
            let uids: Vec<Uid> = page.members.into_iter().map(|member| member.uid).collect();
            assert_eq!(uids, [uid("bob")]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn slow_mode_holds_for_members_and_ends_when_it_is_taken_back() {
    let mut stage = Stage::new();
    let owner = stage.owner;
    stage.measure(owner, Measure::SlowMode(5 * SECOND)).unwrap();
    let mut stage = stage.restart();
    let (owner, bob) = (stage.owner, stage.bob);
    assert_eq!(stage.say(bob, 1), Ok(1));
    assert_eq!(stage.say(bob, 2), Err(ErrorCode::MessageFrequency));
    assert_eq!((stage.say(owner, 1), stage.say(owner, 2)), (Ok(2), Ok(3)));
    stage.measure(owner, Measure::SlowMode(Duration::ZERO)).unwrap();
    assert_eq!(stage.say(bob, 2), Ok(4));
}

#[test]
fn the_version_of_the_state_rises_with_each_change() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.world.received(ann);
    stage.measure(owner, for_ever("bob")).unwrap();
    let change = GroupInfoChange { name: Some("x".into()), ..GroupInfoChange::default() };
    stage.ask(owner, RequestBody::SetLiveGroupInfo(stage.group, change)).unwrap();
    stage.measure(owner, Measure::Kick(vec![uid("bob")])).unwrap();
    stage.measure(owner, Measure::MuteAll(MuteAll::Everyone)).unwrap();
    let group = stage.group;
    stage.ask(owner, RequestBody::DissolveLiveGroup(group)).unwrap();
    let frames = stage.world.received(ann);
    let states = frames.iter().filter_map(|frame| match frame {
        ServerFrame::LiveState(state) => Some(state.version),
        _ => None,
    });
    assert_eq!(states.collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
}

fn version_told(frame: ServerFrame) -> u64 {
    match frame {
        ServerFrame::LiveEvent(event) => event.version,
        ServerFrame::LiveState(state) => state.version,
        other => panic!("{other:?}"),
    }
}
