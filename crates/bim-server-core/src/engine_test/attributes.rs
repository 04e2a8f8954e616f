//! What a group keeps under keys: written on conditions, expired, gone with who set it.

use std::time::Duration;

use bim_proto::{RequestBody, ResponseBody, ServerFrame};
use bim_types::{
    AttributeCondition, AttributeWrite, AttributesChanged, AttributesWritten, ConnectionId, ErrorCode,
    Measure,
};

use super::stage::Stage;
use super::world::uid;
use crate::{EngineConfig, Input};

const SECOND: Duration = Duration::from_secs(1);

fn lasting(key: &str, expires_in: Duration) -> AttributeWrite {
    AttributeWrite { expires_in: Some(expires_in), ..AttributeWrite::set(key, "v") }
}

/// Goes with its setter.
fn own(key: &str) -> AttributeWrite {
    AttributeWrite { delete_on_leave: true, ..AttributeWrite::set(key, "v") }
}

impl Stage {
    fn put(
        &mut self,
        who: ConnectionId,
        writes: Vec<AttributeWrite>,
    ) -> Result<AttributesWritten, ErrorCode> {
        match self.ask(who, RequestBody::WriteLiveAttributes(self.group, writes))? {
            ResponseBody::LiveAttributesWritten(written) => Ok(written),
            other => panic!("{other:?}"),
        }
    }

    fn request_put(&mut self, who: ConnectionId, write: AttributeWrite) {
        self.world.request(who, RequestBody::WriteLiveAttributes(self.group, vec![write]));
    }

    fn keys(&mut self, who: ConnectionId) -> Vec<String> {
        match self.ask(who, RequestBody::ReadLiveAttributes(self.group, Vec::new())) {
            Ok(ResponseBody::LiveAttributes(read)) => read.attributes.into_iter().map(|a| a.key).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn told(&mut self, who: ConnectionId) -> Vec<AttributesChanged> {
        let frames = self.world.received(who).into_iter();
        let changes = frames.filter_map(|frame| match frame {
            ServerFrame::LiveAttributesChanged(changed) => Some(changed),
            _ => None,
        });
        changes.collect()
    }

    /// What was removed, as told to a connection.
    fn removed(&mut self, who: ConnectionId) -> Vec<String> {
        self.told(who).into_iter().flat_map(|changed| changed.removed).collect()
    }
}

#[test]
fn a_value_is_told_to_everyone_and_to_who_comes_later_and_survives_a_restart() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.world.received(ann);
    let written = stage.put(bob, vec![AttributeWrite::set("song", "la"), AttributeWrite::set("seat", "1")]);
    assert_eq!(written.unwrap().version, 2);
    let told = stage.told(ann);
    let [changed] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((changed.version, changed.set.len(), changed.set[0].setter.clone()), (2, 2, uid("bob")));
    let eve = stage.world.log_in("eve", 9);
    assert_eq!(stage.world.join(eve, group, None).attributes.attributes.len(), 2);
    let mut stage = stage.restart();
    let bob = stage.bob;
    assert_eq!(stage.keys(bob), ["seat", "song"]);
    assert_eq!(stage.put(bob, vec![AttributeWrite::remove("song")]).unwrap().version, 3);
    let mut stage = stage.restart();
    assert_eq!(stage.keys(stage.bob), ["seat"]);
}

#[test]
fn of_two_who_write_on_the_same_version_one_succeeds() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.put(ann, vec![AttributeWrite::set("seat", "free")]).unwrap();
    stage.world.received(ann);
    stage.world.holds_writes = true;
    let take = |name: &str| AttributeWrite::set("seat", name).only_if(AttributeCondition::Version(1));
    stage.request_put(ann, take("ann"));
    stage.request_put(bob, take("bob"));
    stage.world.release_writes();
    let answers = [stage.answers(ann), stage.answers(bob)].concat();
    let [Ok(ResponseBody::LiveAttributesWritten(first)), Ok(ResponseBody::LiveAttributesWritten(second))] =
        answers.as_slice()
    else {
        panic!("{answers:?}")
    };
    assert_eq!((first.written.len(), first.failed.len()), (1, 0));
    assert_eq!(second.failed[0].reason.code, ErrorCode::ConditionFailed);
    assert_eq!(second.failed[0].present.as_ref().unwrap().value, "ann");
}

#[test]
fn who_may_write_and_how_much_at_once() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    let eve = stage.world.log_in("eve", 9);
    let one = || vec![AttributeWrite::set("k", "v")];
    assert_eq!(stage.put(eve, one()), Err(ErrorCode::UserNotInGroup));
    stage.measure(owner, Measure::Mute(vec![uid("bob")], Duration::ZERO)).unwrap();
    assert_eq!(stage.put(bob, one()), Err(ErrorCode::UserBannedToPost));
    assert_eq!(stage.put(ann, Vec::new()), Err(ErrorCode::InvalidRequest));
    let many = |count: usize| (0..count).map(|key| AttributeWrite::set(key.to_string(), "v")).collect();
    assert_eq!(stage.put(ann, many(101)), Err(ErrorCode::InvalidRequest));
    assert_eq!(stage.put(ann, many(100)).unwrap().written.len(), 100);
    let keys = (0..101).map(|key| key.to_string()).collect();
    let too_many = RequestBody::ReadLiveAttributes(stage.group, keys);
    assert_eq!(stage.ask(ann, too_many), Err(ErrorCode::InvalidRequest));
    let config = EngineConfig { members_may_set_attributes: false, ..EngineConfig::default() };
    let mut stage = Stage::with(config);
    let (owner, ann) = (stage.owner, stage.ann);
    assert_eq!(stage.put(ann, one()), Err(ErrorCode::UserForbidden));
    assert!(stage.put(owner, one()).is_ok());
}

#[test]
fn a_value_expires_on_time_and_that_is_told_also_after_a_restart() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.put(bob, vec![lasting("lock", 3 * SECOND), AttributeWrite::set("song", "la")]).unwrap();
    stage.world.received(ann);
    stage.world.pass(3 * SECOND - Duration::from_millis(1));
    assert_eq!(stage.removed(ann), [""; 0]);
    stage.world.pass(Duration::from_millis(1));
    assert_eq!(stage.removed(ann), ["lock"]);
    stage.put(bob, vec![lasting("lock", 3 * SECOND), lasting("past", SECOND)]).unwrap();
    let mut stage = {
        stage.world.now.wall = stage.world.now.wall + 2 * SECOND;
        stage.restart()
    };
    let ann = stage.ann;
    assert_eq!(stage.keys(ann), ["lock", "song"]);
    stage.world.pass(SECOND);
    assert_eq!(stage.removed(ann), ["past", "lock"]);
    assert_eq!(stage.keys(ann), ["song"]);
}

#[test]
fn what_expires_while_the_disk_is_full_is_absent_at_once_and_removed_when_there_is_room() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.put(bob, vec![lasting("lock", SECOND)]).unwrap();
    stage.world.received(ann);
    stage.world.is_busy = true;
    stage.world.pass(5 * SECOND);
    assert_eq!((stage.keys(ann), stage.removed(ann).len()), (vec![], 0));
    stage.world.is_busy = false;
    stage.world.pass(SECOND);
    assert_eq!(stage.removed(ann), ["lock"]);
}

#[test]
fn what_expires_while_a_change_is_written_or_nothing_can_be_written_wakes_nobody_again_and_again() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.put(bob, vec![lasting("lock", SECOND), lasting("later", 9 * SECOND)]).unwrap();
    stage.measure(owner, Measure::Mute(vec![uid("eve")], SECOND)).unwrap();
    stage.world.received(ann);
    stage.world.holds_writes = true;
    let notice = stage.notice("n");
    stage.world.request(owner, notice);
    stage.world.pass(4 * SECOND);
    stage.world.release_writes();
    stage.world.pass(SECOND);
    assert_eq!(stage.removed(ann), ["lock"]);
    stage.world.fails_writes = true;
    stage.say(ann, 1).unwrap_err();
    stage.world.pass(6 * SECOND);
    assert_eq!(stage.keys(ann), [""; 0]);
}

#[test]
fn what_goes_with_its_setter_goes_when_it_leaves_with_its_last_device() {
    let mut stage = Stage::new();
    let (owner, ann, bob, group) = (stage.owner, stage.ann, stage.bob, stage.group);
    let other = stage.world.log_in("bob", 4);
    stage.world.join(other, group, None);
    stage.put(bob, vec![own("seat"), AttributeWrite::set("song", "la")]).unwrap();
    stage.world.received(ann);
    stage.ask(other, RequestBody::LeaveLiveGroup(group)).unwrap();
    assert_eq!(stage.removed(ann), [""; 0]);
    stage.ask(bob, RequestBody::LeaveLiveGroup(group)).unwrap();
    assert_eq!(stage.removed(ann), ["seat"]);
    stage.world.join(bob, group, None);
    stage.put(bob, vec![own("seat")]).unwrap();
    stage.measure(owner, Measure::Kick(vec![uid("bob")])).unwrap();
    assert_eq!(stage.keys(ann), ["song"]);
}

#[test]
fn who_lost_the_connection_has_half_a_minute_to_come_back() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.put(bob, vec![own("seat")]).unwrap();
    stage.world.feed(Input::Closed { connection: bob });
    stage.world.closed.insert(bob);
    stage.pass(29 * SECOND);
    let bob = stage.world.log_in("bob", 3);
    stage.bob = bob;
    stage.world.join(bob, group, None);
    stage.pass(60 * SECOND);
    assert_eq!(stage.keys(ann), ["seat"]);
    stage.world.feed(Input::Closed { connection: bob });
    stage.world.closed.insert(bob);
    stage.pass(30 * SECOND - Duration::from_millis(1));
    assert_eq!(stage.keys(ann), ["seat"]);
    stage.world.received(ann);
    stage.pass(Duration::from_millis(1));
    assert_eq!(stage.removed(ann), ["seat"]);
}

#[test]
fn who_does_not_come_back_after_a_restart_has_left() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.put(bob, vec![own("bobs")]).unwrap();
    stage.put(ann, vec![own("anns")]).unwrap();
    let mut stage = stage.restart();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.world.feed(Input::Closed { connection: bob });
    stage.world.closed.insert(bob);
    stage.pass(31 * SECOND);
    assert_eq!(stage.keys(ann), ["anns"]);
}

#[test]
fn who_leaves_while_its_write_is_on_its_way_takes_it_along_later() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.world.holds_writes = true;
    stage.request_put(bob, own("seat"));
    stage.world.request(bob, RequestBody::LeaveLiveGroup(group));
    stage.world.release_writes();
    assert_eq!(stage.keys(ann), ["seat"]);
    stage.pass(31 * SECOND);
    assert_eq!(stage.keys(ann), [""; 0]);
}

#[test]
fn what_another_has_written_since_does_not_go_with_its_first_setter() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.put(bob, vec![own("seat")]).unwrap();
    stage.world.holds_writes = true;
    stage.request_put(ann, AttributeWrite::set("seat", "ann"));
    stage.world.request(bob, RequestBody::LeaveLiveGroup(group));
    stage.world.release_writes();
    stage.pass(31 * SECOND);
    assert_eq!(stage.keys(ann), ["seat"]);
}

#[test]
fn who_leaves_while_the_disk_is_full_takes_its_values_along_when_there_is_room() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.put(bob, vec![own("seat")]).unwrap();
    stage.world.is_busy = true;
    stage.ask(bob, RequestBody::LeaveLiveGroup(group)).unwrap();
    stage.world.pass(2 * SECOND);
    assert_eq!(stage.keys(ann), ["seat"]);
    stage.world.is_busy = false;
    stage.world.pass(SECOND);
    assert_eq!(stage.keys(ann), [""; 0]);
}

#[test]
fn a_room_that_is_dissolved_waits_for_no_expiry() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.put(bob, vec![lasting("lock", SECOND), own("seat")]).unwrap();
    stage.world.holds_writes = true;
    stage.world.request(owner, RequestBody::DissolveLiveGroup(group));
    stage.world.feed(Input::Closed { connection: bob });
    stage.world.pass(2 * SECOND);
    stage.world.release_writes();
    assert_eq!(stage.codes(owner), [None]);
    stage.world.pass(SECOND);
    assert_eq!(stage.world.engine.rooms.len(), 0);
}
