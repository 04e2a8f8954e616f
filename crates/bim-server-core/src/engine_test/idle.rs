//! Groups that nobody is in: kept, forgotten for a while, or ended.

use std::time::Duration;

use bim_proto::{RequestBody, ResponseBody, ServerFrame};
use bim_types::{ConversationShortId, ErrorCode, Measure};

use super::stage::Stage;
use super::world::World;
use crate::{EngineConfig, Input, Notice};

const MINUTE: Duration = Duration::from_secs(60);

fn ends_after(idle: Duration) -> EngineConfig {
    EngineConfig { dissolve_after_idle: idle, ..EngineConfig::default() }
}

fn is_gone(world: &World, group: ConversationShortId) -> bool {
    let is_its =
        |notice: &Notice| matches!(notice, Notice::GroupDissolved { group: key } if key.group == group);
    world.notices.iter().any(is_its)
}

fn hang_up(stage: &mut Stage) {
    for connection in [stage.owner, stage.ann, stage.bob] {
        stage.world.feed(Input::Closed { connection });
    }
}

#[test]
fn a_group_ends_when_nobody_was_in_for_so_long_and_not_before() {
    let mut stage = Stage::with(ends_after(5 * MINUTE));
    let group = stage.group;
    stage.pass(6 * MINUTE);
    hang_up(&mut stage);
    stage.world.pass(4 * MINUTE);
    let ann = stage.world.log_in("ann", 2);
    stage.world.join(ann, group, None);
    stage.world.feed(Input::Closed { connection: ann });
    stage.world.pass(5 * MINUTE - Duration::from_millis(1));
    assert!(!is_gone(&stage.world, group));
    stage.world.pass(Duration::from_millis(1));
    assert!(is_gone(&stage.world, group));
    assert_eq!(stage.world.engine.rooms.len(), 0);
    let ann = stage.world.log_in("ann", 2);
    assert_eq!(stage.ask(ann, RequestBody::GetLiveGroup(group)), Err(ErrorCode::ConversationNotFound));
}

#[test]
fn a_group_that_nobody_ever_came_to_ends_too() {
    let mut world = World::with(ends_after(5 * MINUTE));
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.feed(Input::Closed { connection: owner });
    world.pass(5 * MINUTE);
    assert!(is_gone(&world, group));
}

#[test]
fn the_time_of_an_idle_group_begins_anew_with_a_restart() {
    let mut stage = Stage::with(ends_after(5 * MINUTE));
    let group = stage.group;
    hang_up(&mut stage);
    stage.world.pass(3 * MINUTE);
    let mut world = stage.world.restart();
    assert_eq!(world.engine.rooms.len(), 1, "it is watched");
    world.pass(5 * MINUTE - Duration::from_millis(1));
    assert!(!is_gone(&world, group));
    world.pass(Duration::from_millis(1));
    assert!(is_gone(&world, group));
}

#[test]
fn a_group_that_can_not_be_read_at_the_start_is_watched_a_little_later() {
    // The apps, a page of groups, the group's records, its messages, its taps.
    for read in 0..5 {
        let mut stage = Stage::with(ends_after(5 * MINUTE));
        let (group, bob) = (stage.group, stage.bob);
        stage.say(bob, 1).unwrap();
        hang_up(&mut stage);
        let World { log, config, now, .. } = stage.world;
        let mut world = World::unstarted(log, config, now);
        world.busy_read = Some(read);
        world.run();
        assert_eq!(world.busy_read, None, "there are so many reads");
        world.pass(5 * MINUTE + Duration::from_secs(1));
        assert!(is_gone(&world, group), "without read {read}");
    }
}

#[test]
fn a_group_whose_end_can_not_be_written_ends_later_and_wakes_nobody_again_and_again() {
    let mut stage = Stage::with(ends_after(5 * MINUTE));
    let group = stage.group;
    hang_up(&mut stage);
    stage.world.is_busy = true;
    stage.world.pass(6 * MINUTE);
    assert!(!is_gone(&stage.world, group));
    stage.world.is_busy = false;
    stage.world.pass(Duration::from_secs(1));
    assert!(is_gone(&stage.world, group));
}

#[test]
fn who_comes_in_before_the_end_is_written_keeps_the_group_only_if_the_end_fails() {
    let mut stage = Stage::with(ends_after(5 * MINUTE));
    let group = stage.group;
    hang_up(&mut stage);
    stage.world.holds_writes = true;
    stage.world.pass(5 * MINUTE);
    let ann = stage.world.log_in("ann", 2);
    assert_eq!(stage.ask(ann, super::world::join(group, None)), Err(ErrorCode::ServerBusy));
    stage.world.release_writes();
    assert_eq!(stage.ask(ann, super::world::join(group, None)), Err(ErrorCode::ConversationNotFound));
}

#[test]
fn the_owner_changes_for_how_long_a_group_is_kept() {
    let mut stage = Stage::new();
    let (owner, ann, group) = (stage.owner, stage.ann, stage.group);
    assert_eq!(stage.measure(ann, Measure::DissolveAfterIdle(MINUTE)), Err(ErrorCode::UserForbidden));
    stage.measure(owner, Measure::DissolveAfterIdle(MINUTE)).unwrap();
    let states = stage.world.received(ann);
    assert!(
        states.iter().any(
            |frame| matches!(frame, ServerFrame::LiveState(state) if state.dissolve_after_idle == MINUTE)
        )
    );
    hang_up(&mut stage);
    stage.world.pass(MINUTE);
    assert!(is_gone(&stage.world, group));
    let mut stage = Stage::with(ends_after(MINUTE));
    let (owner, group) = (stage.owner, stage.group);
    stage.measure(owner, Measure::DissolveAfterIdle(Duration::ZERO)).unwrap();
    hang_up(&mut stage);
    stage.world.pass(12 * MINUTE);
    assert!(!is_gone(&stage.world, group));
    assert_eq!(stage.world.engine.rooms.len(), 0, "it left memory");
    let owner = stage.world.log_in("owner", 1);
    match stage.ask(owner, RequestBody::GetLiveGroup(group)) {
        Ok(ResponseBody::LiveGroup(read)) => assert_eq!(read.online_count, 0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_group_that_ended_makes_room_for_another() {
    let config = EngineConfig { live_groups_per_app: 1, ..ends_after(MINUTE) };
    let mut stage = Stage::with(config);
    hang_up(&mut stage);
    stage.world.pass(MINUTE);
    let owner = stage.world.log_in("owner", 1);
    stage.world.create(owner);
}
