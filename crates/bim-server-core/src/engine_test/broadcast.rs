//! One message for every group of an app, whatever happens to the groups meanwhile.

use std::time::Duration;

use bim_proto::{Broadcast, BroadcastDone, RequestBody, ResponseBody, ServerFrame};
use bim_types::{ClientMessageId, ConnectionId, ConversationShortId, ErrorCode, MuteAll, Priority, Seq};

use super::stage::{Stage, text};
use super::world::World;
use crate::{EngineConfig, Input};

fn broadcast(id: u128) -> RequestBody {
    let client_message_id = ClientMessageId::new(id);
    RequestBody::BroadcastToLiveGroups(Broadcast {
        client_message_id,
        priority: Priority::High,
        body: text("to all"),
    })
}

/// What came of the broadcasts that were answered: accepted and failed.
fn done(world: &mut World, server: ConnectionId) -> Vec<(u64, u64)> {
    let frames = world.received(server).into_iter();
    let answers = frames.filter_map(|frame| match frame {
        ServerFrame::Response(response) => match response.body {
            Ok(ResponseBody::BroadcastDone(BroadcastDone { accepted, failed })) => Some((accepted, failed)),
            other => panic!("{other:?}"),
        },
        _ => None,
    });
    answers.collect()
}

/// A server with so many groups, none of them in memory, and the app's server logged in.
fn with_groups(count: usize) -> (World, ConnectionId, Vec<ConversationShortId>) {
    let config = EngineConfig { live_groups_per_app: 1_000, ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let mut groups: Vec<_> = (0..count).map(|_| world.create(owner)).collect();
    groups.sort();
    let mut world = world.restart();
    let server = world.log_in_server("backend");
    (world, server, groups)
}

#[test]
fn every_group_gets_the_message_with_a_position_of_its_own_and_once() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.measure(owner, bim_types::Measure::MuteAll(MuteAll::Everyone)).unwrap();
    stage.say(owner, 1).unwrap();
    let other = stage.world.log_in("eve", 9);
    let second = stage.world.create(other);
    let server = stage.world.log_in_server("backend");
    stage.world.received(ann);
    for _ in 0..2 {
        stage.world.request(server, broadcast(1));
        assert_eq!(done(&mut stage.world, server), [(2, 0)]);
    }
    assert_eq!(stage.world.seqs(ann), [2]);
    assert_eq!(stage.world.join(other, second, None).cursor.seqs.high, Seq(1));
    assert_eq!(stage.ask(owner, broadcast(2)), Err(ErrorCode::UserForbidden));
}

#[test]
fn groups_are_brought_into_memory_a_page_at_a_time() {
    let (mut world, server, groups) = with_groups(600);
    world.holds_writes = true;
    world.request(server, broadcast(1));
    assert_eq!(world.engine.rooms.len(), 256);
    world.release_some_writes(255);
    assert_eq!(world.engine.rooms.len(), 256);
    world.release_writes();
    assert_eq!(done(&mut world, server), [(groups.len() as u64, 0)]);
}

#[test]
fn an_app_without_groups_and_one_with_a_full_page_are_told_so() {
    for count in [0, 256] {
        let (mut world, server, _) = with_groups(count);
        world.request(server, broadcast(1));
        assert_eq!(done(&mut world, server), [(count as u64, 0)]);
    }
}

#[test]
fn a_group_that_ends_meanwhile_is_not_missed_and_one_that_may_be_ending_is() {
    let (mut world, server, groups) = with_groups(3);
    let owner = world.log_in("owner", 1);
    world.holds_reads = true;
    world.request(server, broadcast(1));
    let page = world.held_reads.pop_front().unwrap();
    world.holds_reads = false;
    world.ask(owner, RequestBody::DissolveLiveGroup(groups[0])).unwrap();
    world.holds_writes = true;
    world.request(owner, RequestBody::DissolveLiveGroup(groups[1]));
    world.load(page.0, page.1);
    world.run();
    world.release_writes();
    assert_eq!(done(&mut world, server), [(1, 1)]);
}

#[test]
fn a_group_that_can_not_be_read_or_written_is_counted_as_missed_and_reached_by_the_next_try() {
    let (mut world, server, groups) = with_groups(3);
    world.holds_reads = true;
    world.request(server, broadcast(1));
    let page = world.held_reads.pop_front().unwrap();
    (world.holds_reads, world.reads_are_busy) = (false, true);
    world.load(page.0, page.1);
    world.run();
    assert_eq!(done(&mut world, server), [(0, 3)]);
    (world.reads_are_busy, world.is_busy) = (false, true);
    world.request(server, broadcast(1));
    assert_eq!(done(&mut world, server), [(0, 3)]);
    world.is_busy = false;
    world.request(server, broadcast(1));
    assert_eq!(done(&mut world, server), [(groups.len() as u64, 0)]);
}

#[test]
fn a_page_of_groups_that_can_not_be_read_ends_the_broadcast() {
    let (mut world, server, _) = with_groups(3);
    world.reads_are_busy = true;
    let refused = world.ask(server, broadcast(1)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::ServerBusy);
    world.reads_are_busy = false;
    assert!(world.ask(server, broadcast(1)).is_ok());
}

#[test]
fn a_broadcast_goes_on_without_who_asked_for_it() {
    let (mut world, server, groups) = with_groups(300);
    world.holds_writes = true;
    world.request(server, broadcast(1));
    world.feed(Input::Closed { connection: server });
    world.release_writes();
    let ann = world.log_in("ann", 2);
    for group in [groups[0], groups[299]] {
        assert_eq!(world.join(ann, group, None).cursor.seqs.high, Seq(1));
        world.ask(ann, RequestBody::LeaveLiveGroup(group)).unwrap();
    }
}

#[test]
fn a_server_that_stops_waits_for_what_is_being_written_and_not_for_the_rest_of_a_broadcast() {
    let (mut world, server, _) = with_groups(300);
    world.holds_writes = true;
    world.request(server, broadcast(1));
    world.feed(Input::Drain);
    assert!(!world.drained);
    world.release_writes();
    assert!(world.drained);
    assert_eq!(world.farewell(server), ErrorCode::ServerDraining);
}

#[test]
fn sixteen_broadcasts_are_under_way_and_no_more() {
    let (mut world, server, _) = with_groups(2);
    world.holds_writes = true;
    for id in 0..16 {
        world.request(server, broadcast(id));
    }
    let refused = world.ask(server, broadcast(16)).unwrap_err();
    assert_eq!((refused.code, refused.retry_after), (ErrorCode::ServerBusy, Some(Duration::from_secs(1))));
    world.release_writes();
    assert_eq!(done(&mut world, server), [(2, 0); 16]);
}
