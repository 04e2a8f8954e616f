//! Whatever a message is refused for, what follows it does not overtake it.

use std::time::Duration;

use bim_livegroup::queue::QueueLimits;
use bim_proto::{RequestBody, SendLive};
use bim_types::{ClientMessageId, ConnectionId, ConversationShortId, ErrorCode, MessageBody, Refusal};

use super::world::{World, message};
use crate::EngineConfig;

fn follow(
    world: &mut World,
    sender: ConnectionId,
    group: ConversationShortId,
    before: u128,
) -> Result<(), Refusal> {
    let follows = Some(ClientMessageId::new(before));
    let send = SendLive { follows, ..message(group, before + 1) };
    world.ask(sender, RequestBody::SendLiveMessage(send)).map(drop)
}

fn code(answer: Result<(), Refusal>) -> Option<ErrorCode> {
    answer.err().map(|refusal| refusal.code)
}

/// A sender in a group.
fn inside(config: EngineConfig) -> (World, ConnectionId, ConversationShortId) {
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    (world, owner, group)
}

#[test]
fn what_follows_a_message_that_the_store_had_no_room_for_is_held() {
    let (mut world, owner, group) = inside(EngineConfig::default());
    world.is_busy = true;
    assert_eq!(world.say(owner, group, 1).unwrap_err().code, ErrorCode::ServerBusy);
    world.is_busy = false;
    assert_eq!(code(follow(&mut world, owner, group, 1)), Some(ErrorCode::MessageFrequency));
    assert_eq!(world.say(owner, group, 1).unwrap().position.seq.0, 1);
    assert_eq!(code(follow(&mut world, owner, group, 1)), None);
}

#[test]
fn what_follows_a_message_beyond_the_window_is_held() {
    let (mut world, owner, group) = inside(EngineConfig { in_flight_requests: 1, ..EngineConfig::default() });
    world.holds_writes = true;
    world.request(owner, RequestBody::SendLiveMessage(message(group, 9)));
    assert_eq!(world.say(owner, group, 1).unwrap_err().code, ErrorCode::ServerBusy);
    world.release_writes();
    assert_eq!(code(follow(&mut world, owner, group, 1)), Some(ErrorCode::MessageFrequency));
}

#[test]
fn the_latest_refusal_is_remembered_however_many_were_before() {
    let config = EngineConfig { sender_burst: 1, in_flight_requests: 2, ..EngineConfig::default() };
    let (mut world, owner, group) = inside(config);
    world.say(owner, group, 1).unwrap();
    for id in [70, 60, 50, 40, 30, 20] {
        assert!(world.say(owner, group, id).is_err());
    }
    world.pass(Duration::from_secs(1));
    for id in [20, 30] {
        assert_eq!(code(follow(&mut world, owner, group, id)), Some(ErrorCode::MessageFrequency), "{id}");
    }
}

#[test]
fn what_follows_a_message_that_is_refused_for_good_is_held_too_as_the_refusal_may_be_lost() {
    let (mut world, owner, group) = inside(EngineConfig::default());
    let large = MessageBody::Text("x".repeat(70_000).into());
    let large = RequestBody::SendLiveMessage(SendLive { body: large, ..message(group, 2) });
    assert_eq!(world.ask(owner, large).unwrap_err().code, ErrorCode::MessageTooLarge);
    assert_eq!(code(follow(&mut world, owner, group, 2)), Some(ErrorCode::MessageFrequency));
    assert_eq!(world.say(owner, group, 2).unwrap().position.seq.0, 1);
    assert_eq!(code(follow(&mut world, owner, group, 2)), None);
}

#[test]
fn the_store_is_never_given_more_than_it_has_room_for() {
    let mut world = World::unrecorded(EngineConfig {
        sender_burst: 10_000,
        room_shared_per_second: 10_000,
        in_flight_requests: 10_000,
        ..EngineConfig::default()
    });
    world.queue_limits = QueueLimits { frames: 10_000, ..QueueLimits::default() };
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.holds_writes = true;
    let large = |id| {
        let body = MessageBody::Text("x".repeat(64 * 1024).into());
        RequestBody::SendLiveMessage(SendLive { body, ..message(group, id) })
    };
    for id in 0..1_000 {
        world.request(owner, large(id));
    }
    let held: usize = world.held.iter().map(|(_, ops)| crate::ops::weigh(ops)).sum();
    assert!(held <= 33 * 1024 * 1024, "{held} bytes wait for the store");
    world.received(owner);
    world.release_writes();
    assert_eq!(code(follow(&mut world, owner, group, 999)), Some(ErrorCode::MessageFrequency));
}
