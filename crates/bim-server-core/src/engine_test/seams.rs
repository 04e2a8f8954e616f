//! What meets at an awkward moment: joins, leaves, lists and ends while the log is read.

use bim_proto::{ListQuery, Page, RequestBody, ResponseBody, ServerFrame};
use bim_types::limits::{EXT_BYTES_MAX, GROUP_TEXT_BYTES_MAX, PAGE_ENTRIES_MAX};
use bim_types::{Conversation, ErrorCode, GroupInfo};

use super::world::{World, join};
use crate::{AdminCommand, EngineConfig, Input};

#[test]
fn who_leaves_while_the_room_is_read_is_not_in_it() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    let mut world = world.restart();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    world.holds_reads = true;
    world.request(viewer, join(group, None));
    world.request(viewer, RequestBody::LeaveLiveGroup(group));
    world.release_reads();
    let answers = world.received(viewer);
    let [ServerFrame::Response(joined), ServerFrame::Response(left)] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    assert!(joined.id < left.id && left.body == Ok(ResponseBody::Done), "{answers:?}");
    assert_eq!(world.join(owner, group, None).conversation.online_count, 1);
    world.say(owner, group, 1).unwrap();
    assert!(world.received(viewer).is_empty());
}

#[test]
fn leaving_a_room_that_turns_out_not_to_exist_is_refused() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.ask(owner, RequestBody::DissolveLiveGroup(group)).unwrap();
    world.holds_reads = true;
    world.request(owner, join(group, None));
    world.request(owner, RequestBody::LeaveLiveGroup(group));
    world.release_reads();
    let bodies: Vec<_> = world.received(owner).into_iter().map(body).collect();
    assert_eq!(bodies, [Err(ErrorCode::ConversationNotFound), Err(ErrorCode::UserNotInGroup)]);
}

#[test]
fn joining_again_without_a_cursor_loses_nothing_that_waits() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    let viewer = world.log_in("viewer", 2);
    world.join(owner, group, None);
    let first = world.join(viewer, group, None).cursor;
    world.say(owner, group, 1).unwrap();
    world.join(viewer, group, None);
    world.say(owner, group, 2).unwrap();
    assert_eq!((first.seqs.normal.0, world.seqs(viewer)), (0, vec![1, 2]));
}

#[test]
fn a_page_of_large_groups_fits_a_frame_and_leads_on() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let text = "x".repeat(GROUP_TEXT_BYTES_MAX);
    let info = GroupInfo {
        name: "群".repeat(100),
        description: text.clone(),
        notice: text.clone(),
        avatar_url: text,
        ext: [("k".into(), "v".repeat(EXT_BYTES_MAX - 1))].into(),
    };
    for _ in 0..PAGE_ENTRIES_MAX {
        world.ask(owner, RequestBody::CreateLiveGroup(info.clone())).unwrap();
    }
    for mine in [false, true] {
        let mut found: Vec<Conversation> = Vec::new();
        let mut cursor = 0;
        loop {
            let page = page(&mut world, owner, ListQuery { cursor, count: 50, mine });
            found.extend(page.entries);
            cursor = page.next_cursor;
            if !page.has_more {
                break;
            }
        }
        assert_eq!(found.len(), PAGE_ENTRIES_MAX);
    }
}

#[test]
fn a_page_whose_groups_are_all_gone_still_leads_on() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let mut groups: Vec<_> = (0..3).map(|_| world.create(owner)).collect();
    groups.sort();
    world.holds_reads = true;
    world.request(owner, RequestBody::ListLiveGroups(ListQuery { cursor: 0, count: 1, mine: true }));
    // The index is read, its groups are not yet.
    let index = world.held_reads.pop_front().unwrap();
    world.load(index.0, index.1);
    world.run();
    let keys = world.held_reads.pop_front().unwrap();
    world.holds_reads = false;
    world.ask(owner, RequestBody::DissolveLiveGroup(groups[0])).unwrap();
    world.load(keys.0, keys.1);
    world.run();
    let answers = world.received(owner);
    let Some(Ok(ResponseBody::LiveGroupPage(page))) = answers.into_iter().map(body).next() else {
        panic!("no page")
    };
    assert!(page.entries.is_empty() && page.has_more);
    assert_eq!(page.next_cursor, groups[0].value());
}

#[test]
fn no_group_is_made_after_the_end() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    world.holds_reads = true;
    let info = GroupInfo { name: "late".into(), ..GroupInfo::default() };
    world.request(owner, RequestBody::CreateLiveGroup(info));
    world.feed(Input::Drain);
    assert!(world.drained);
    world.holds_writes = true;
    world.release_reads();
    assert!(world.held.is_empty());
}

#[test]
fn who_comes_after_the_end_is_sent_away_at_once() {
    let mut world = World::new();
    world.feed(Input::Drain);
    let late = world.open();
    assert_eq!(world.farewell(late), ErrorCode::ServerDraining);
}

#[test]
fn two_apps_made_at_the_same_time_are_two() {
    let mut world = World::new();
    world.holds_writes = true;
    for id in [1_001, 1_002] {
        let secret = bim_types::AppSecret::new(vec![7; 32]);
        world.feed(Input::Admin { id, command: AdminCommand::CreateApp { name: "app".into(), secret } });
    }
    world.release_writes();
    let Ok(crate::AdminReply::Apps(apps)) = world.admin(AdminCommand::ListApps) else { panic!("no list") };
    assert_eq!(apps.len(), 3);
}

#[test]
fn a_hole_at_the_old_end_of_the_log_is_not_taken_for_silence() {
    let mut world = World::with(EngineConfig::default());
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    let cursor = world.join(owner, group, None).cursor;
    world.say(owner, group, 1).unwrap();
    world.pass(std::time::Duration::from_secs(10));
    world.say(owner, group, 2).unwrap();
    let mut world = world.restart();
    let owner = world.log_in("owner", 1);
    world.holds_reads = true;
    world.request(owner, join(group, Some(cursor)));
    let room = world.held_reads.pop_front().unwrap();
    world.load(room.0, room.1);
    world.run();
    // Message 1 is removed between the two reads.
    let stream = bim_types::store::StreamId::LiveGroup(super::world::app(), group);
    let before = world.now.wall.before(std::time::Duration::from_secs(5));
    let trim = bim_types::store::LogOp::Trim(bim_types::store::Trim { stream, before });
    bim_store::ServerLog::commit(&*world.log, &[trim]).unwrap();
    world.release_reads();
    let Some(Ok(ResponseBody::JoinedLiveGroup(joined))) = world.received(owner).into_iter().map(body).next()
    else {
        panic!("not joined")
    };
    let beyond = bim_types::DiscontinuityReason::BeyondWindow;
    assert_eq!(joined.verdict, bim_types::ResumeVerdict::Discontinuity(beyond));
}

#[test]
fn who_left_meanwhile_reads_no_history() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    world.join(viewer, group, None);
    world.holds_reads = true;
    let query =
        bim_proto::HistoryQuery { group, from: bim_types::Seq(0), to: None, limit: 0, newest_first: false };
    world.request(viewer, RequestBody::ReadLiveHistory(query));
    world.request(viewer, RequestBody::LeaveLiveGroup(group));
    world.release_reads();
    let bodies: Vec<_> = world.received(viewer).into_iter().map(body).collect();
    assert_eq!(bodies, [Ok(ResponseBody::Done), Err(ErrorCode::UserNotInGroup)]);
}

#[test]
fn a_group_that_may_yet_stay_is_not_said_to_be_gone() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    world.join(owner, group, None);
    world.join(viewer, group, None);
    world.holds_writes = true;
    world.request(owner, RequestBody::DissolveLiveGroup(group));
    assert_eq!(world.say(viewer, group, 1).unwrap_err().code, ErrorCode::ServerBusy);
    world.release_writes();
    assert_eq!(world.say(viewer, group, 1).unwrap_err().code, ErrorCode::UserNotInGroup);
}

fn page(world: &mut World, asker: bim_types::ConnectionId, query: ListQuery) -> Page<Conversation> {
    match world.ask(asker, RequestBody::ListLiveGroups(query)) {
        Ok(ResponseBody::LiveGroupPage(page)) => page,
        other => panic!("{other:?}"),
    }
}

fn body(frame: ServerFrame) -> Result<ResponseBody, ErrorCode> {
    match frame {
        ServerFrame::Response(response) => response.body.map_err(|refusal| refusal.code),
        other => panic!("{other:?}"),
    }
}
