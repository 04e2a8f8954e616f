use std::time::Duration;

use bim_types::{DiscontinuityReason, ResumeVerdict};

use super::world::World;
use crate::{EngineConfig, Input};

#[test]
fn a_viewer_that_comes_back_in_time_misses_nothing() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    world.join(owner, group, None);
    let cursor = world.join(viewer, group, None).cursor;
    world.feed(Input::Closed { connection: viewer });
    for id in 1..=3 {
        world.say(owner, group, id).unwrap();
    }
    let viewer = world.log_in("viewer", 2);
    let joined = world.join(viewer, group, Some(cursor));
    assert!(matches!(joined.verdict, ResumeVerdict::Resumed { .. }));
    assert_eq!(world.seqs(viewer), [1, 2, 3]);
    world.say(owner, group, 4).unwrap();
    assert_eq!(world.seqs(viewer), [4]);
}

#[test]
fn a_killed_server_resumes_from_its_log() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    let cursor = world.join(owner, group, None).cursor;
    for id in 1..=5 {
        world.say(owner, group, id).unwrap();
    }
    let mut world = world.restart();
    let owner = world.log_in("owner", 1);
    let joined = world.join(owner, group, Some(cursor));
    assert!(matches!(joined.verdict, ResumeVerdict::Resumed { .. }), "{:?}", joined.verdict);
    assert_eq!(world.seqs(owner), [1, 2, 3, 4, 5]);
    assert_eq!(world.say(owner, group, 6).unwrap().position.seq.0, 6);
}

#[test]
fn a_killed_server_reaches_back_as_far_as_the_window_and_no_farther() {
    let config = EngineConfig { room_buffer_messages: 3, ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    let cursor = world.join(owner, group, None).cursor;
    for id in 1..=4 {
        world.say(owner, group, id).unwrap();
    }
    let mut world = world.restart();
    let owner = world.log_in("owner", 1);
    let joined = world.join(owner, group, Some(cursor));
    assert_eq!(joined.verdict, ResumeVerdict::Discontinuity(DiscontinuityReason::BeyondWindow));
    assert_eq!(joined.cursor.seqs.normal.0, 4);
}

#[test]
fn old_messages_do_not_come_back_with_a_restart() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    let cursor = world.join(owner, group, None).cursor;
    world.say(owner, group, 1).unwrap();
    let mut world = world.restart();
    world.pass(Duration::from_secs(121));
    let owner = world.log_in("owner", 1);
    let joined = world.join(owner, group, Some(cursor));
    assert_eq!(joined.verdict, ResumeVerdict::Discontinuity(DiscontinuityReason::BeyondWindow));
}

#[test]
fn a_room_that_nobody_is_in_leaves_memory_and_comes_back_from_the_log() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.say(owner, group, 1).unwrap();
    world.feed(Input::Closed { connection: owner });
    world.pass(Duration::from_secs(700));
    let status = world.admin(crate::AdminCommand::Status).unwrap();
    assert_eq!(status, crate::AdminReply::Status { sessions: 0, rooms: 0, accepted: 1 });
    let owner = world.log_in("owner", 1);
    assert_eq!(world.join(owner, group, None).cursor.seqs.normal.0, 1);
}

#[test]
fn messages_older_than_the_history_are_removed() {
    let config = EngineConfig { live_history: Duration::from_secs(30), ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.say(owner, group, 1).unwrap();
    for _ in 0..20 {
        world.pass(Duration::from_secs(7));
        world.send_frame(owner, bim_proto::ClientFrame::Ping(bim_proto::Ping { nonce: 1 }));
    }
    let query =
        bim_proto::HistoryQuery { group, from: bim_types::Seq(0), to: None, limit: 0, newest_first: false };
    match world.ask(owner, bim_proto::RequestBody::ReadLiveHistory(query)) {
        Ok(bim_proto::ResponseBody::LiveHistoryPage(page)) => assert!(page.messages.is_empty()),
        other => panic!("{other:?}"),
    }
}
