//! What the disk keeps of mutes and blocks that ended.

use std::time::Duration;

use bim_proto::RequestBody;
use bim_proto::stored::StoredLiveRoll;
use bim_store::ServerLog;
use bim_types::store::RecordKey;
use bim_types::{Measure, Uid};

use super::stage::Stage;
use super::world::uid;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_mute_that_ended_is_not_kept_and_comes_back_with_no_clock() {
    let mut stage = Stage::new();
    let owner = stage.owner;
    stage.measure(owner, Measure::Mute(vec![uid("bob")], 5 * SECOND)).unwrap();
    stage.measure(owner, Measure::Block(vec![uid("eve")], 5 * SECOND)).unwrap();
    stage.measure(owner, Measure::Mute(vec![uid("ann")], Duration::ZERO)).unwrap();
    assert_eq!(kept(&stage), ["ann", "bob", "eve"].map(uid));
    stage.pass(6 * SECOND);
    assert_eq!(kept(&stage), [uid("ann")]);
    stage.world.now.wall = stage.world.now.wall.before(5 * SECOND);
    let mut stage = stage.restart();
    let bob = stage.bob;
    assert_eq!(stage.say(bob, 1), Ok(1));
}

#[test]
fn an_end_that_meets_a_change_or_a_full_disk_is_kept_later() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.measure(owner, Measure::Mute(vec![uid("bob")], 5 * SECOND)).unwrap();
    stage.pass(4 * SECOND);
    stage.world.holds_writes = true;
    stage.request_measure(owner, Measure::SlowMode(SECOND));
    stage.pass(2 * SECOND);
    assert_eq!(kept(&stage), [uid("bob")]);
    stage.world.release_writes();
    assert_eq!(kept(&stage), []);
    stage.measure(owner, Measure::Mute(vec![uid("bob")], 5 * SECOND)).unwrap();
    stage.world.is_busy = true;
    stage.pass(6 * SECOND);
    stage.world.is_busy = false;
    assert_eq!(kept(&stage), [uid("bob")]);
    stage.ask(ann, RequestBody::GetLiveGroup(stage.group)).unwrap();
    assert_eq!(kept(&stage), []);
}

/// Of whom the disk knows something.
fn kept(stage: &Stage) -> Vec<Uid> {
    let record = RecordKey::LiveRoll(stage.key().app, stage.key().group);
    let record = stage.world.log.record(&record).unwrap().unwrap();
    StoredLiveRoll::decode(record.value).unwrap().members.into_keys().collect()
}
