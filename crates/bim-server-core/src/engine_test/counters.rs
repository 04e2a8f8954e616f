//! Taps: added up exactly once, told from time to time.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::{RequestBody, ResponseBody, Taps};
use bim_types::store::{RecordKey, StreamId};
use bim_types::{ClientMessageId, ConnectionId, ErrorCode, Measure};

use super::stage::Stage;
use super::world::{app, uid};
use crate::{EngineConfig, Input};

const MINUTE: Duration = Duration::from_secs(60);

type Sums = BTreeMap<String, u64>;

fn sums<const N: usize>(entries: [(&str, u64); N]) -> Sums {
    entries.map(|(name, sum)| (name.to_owned(), sum)).into()
}

impl Stage {
    fn taps<const N: usize>(&self, batch: u128, taps: [(&str, u64); N]) -> RequestBody {
        let batch_id = ClientMessageId::new(batch);
        RequestBody::TapLiveCounters(Taps { group: self.group, batch_id, taps: sums(taps) })
    }

    fn tap<const N: usize>(
        &mut self,
        who: ConnectionId,
        batch: u128,
        taps: [(&str, u64); N],
    ) -> Result<Sums, ErrorCode> {
        let taps = self.taps(batch, taps);
        match self.ask(who, taps)? {
            ResponseBody::LiveCounters(sums) => Ok(sums),
            other => panic!("{other:?}"),
        }
    }

    fn sums(&mut self, who: ConnectionId) -> Sums {
        let group = self.group;
        self.world.join(who, group, None).counters
    }
}

#[test]
fn a_batch_counts_once_however_often_it_is_sent_and_wherever_the_server_was_killed() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    assert_eq!(stage.tap(bob, 1, [("likes", 5)]), Ok(sums([("likes", 5)])));
    assert_eq!(stage.tap(bob, 1, [("likes", 5)]), Ok(sums([("likes", 5)])));
    assert_eq!(stage.tap(ann, 1, [("likes", 2), ("gifts", 1)]), Ok(sums([("gifts", 1), ("likes", 7)])));
    let mut stage = stage.restart();
    let (ann, bob) = (stage.ann, stage.bob);
    assert_eq!(stage.tap(bob, 1, [("likes", 5)]), Ok(sums([("likes", 7)])));
    // Kept and killed again: the sums are read from their record and the taps after it.
    stage.pass(MINUTE);
    let kept = |stage: &Stage| {
        let key = RecordKey::LiveCounters(app(), stage.group);
        bim_store::ServerLog::record(&*stage.world.log, &key).unwrap().is_some()
    };
    assert!(kept(&stage));
    stage.tap(ann, 2, [("likes", 10)]).unwrap();
    let mut stage = stage.restart();
    let (ann, bob) = (stage.ann, stage.bob);
    assert_eq!(stage.sums(ann), sums([("gifts", 1), ("likes", 17)]));
    assert_eq!(stage.tap(bob, 1, [("likes", 5)]), Ok(sums([("likes", 17)])));
    assert_eq!(stage.tap(bob, 1, [("likes", 6)]), Err(ErrorCode::IdempotencyConflict));
}

#[test]
fn what_was_not_kept_is_not_trimmed() {
    let config = EngineConfig { live_history: Duration::from_secs(30), ..EngineConfig::default() };
    let mut stage = Stage::with(config);
    let bob = stage.bob;
    stage.tap(bob, 1, [("likes", 5)]).unwrap();
    stage.world.is_busy = true;
    stage.pass(3 * MINUTE);
    stage.world.is_busy = false;
    stage.pass(3 * MINUTE);
    let stream = StreamId::LiveCounters(app(), stage.group);
    let head = bim_store::ServerLog::head(&*stage.world.log, stream).unwrap();
    assert_eq!((head.first.0, head.last.0), (2, 1), "the tap was trimmed");
    let mut stage = stage.restart();
    assert_eq!(stage.sums(stage.bob), sums([("likes", 5)]));
}

#[test]
fn a_room_that_left_memory_knows_its_sums_when_it_comes_back() {
    let mut stage = Stage::new();
    let bob = stage.bob;
    stage.tap(bob, 1, [("likes", 5)]).unwrap();
    for connection in [stage.owner, stage.ann, stage.bob] {
        stage.world.feed(Input::Closed { connection });
    }
    stage.world.pass(12 * MINUTE);
    assert_eq!(stage.world.engine.rooms.len(), 0);
    let bob = stage.world.log_in("bob", 3);
    assert_eq!(stage.sums(bob), sums([("likes", 5)]));
}

#[test]
fn sums_do_not_outlive_their_group() {
    let mut stage = Stage::new();
    let (owner, bob, group) = (stage.owner, stage.bob, stage.group);
    stage.pass(MINUTE - Duration::from_secs(1));
    stage.tap(bob, 1, [("likes", 5)]).unwrap();
    stage.world.holds_writes = true;
    stage.world.request(owner, RequestBody::DissolveLiveGroup(group));
    stage.pass(Duration::from_secs(5));
    stage.world.release_writes();
    for key in [
        RecordKey::LiveGroup(app(), group),
        RecordKey::LiveRoll(app(), group),
        RecordKey::LiveAttributes(app(), group),
        RecordKey::LiveCounters(app(), group),
    ] {
        assert_eq!(bim_store::ServerLog::record(&*stage.world.log, &key).unwrap(), None, "{key:?}");
    }
}

#[test]
fn a_million_taps_are_one_frame() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.world.pass(Duration::from_secs(1));
    stage.pulses(ann);
    for batch in 0..100 {
        stage.tap(bob, batch, [("likes", 10_000)]).unwrap();
    }
    assert_eq!(stage.pulses(ann), []);
    stage.world.pass(Duration::from_millis(500));
    let pulses = stage.pulses(ann);
    let [pulse] = pulses.as_slice() else { panic!("{pulses:?}") };
    assert_eq!(pulse.counters, sums([("likes", 1_000_000)]));
    assert!(pulse.joined.is_empty() && pulse.left.is_empty() && pulse.changed.is_empty());
    stage.world.pass(Duration::from_secs(2));
    assert_eq!(stage.pulses(ann), []);
}

#[test]
fn taps_have_limits_and_are_for_those_who_are_in() {
    let config = EngineConfig { counters_per_group: 2, ..EngineConfig::default() };
    let mut stage = Stage::with(config);
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    let eve = stage.world.log_in("eve", 9);
    assert_eq!(stage.tap(eve, 1, [("likes", 1)]), Err(ErrorCode::UserNotInGroup));
    assert_eq!(stage.tap(bob, 1, [("likes", 0)]), Err(ErrorCode::InvalidRequest));
    assert_eq!(stage.tap(bob, 1, [("likes", 1_000_001)]), Err(ErrorCode::InvalidRequest));
    stage.measure(owner, Measure::Mute(vec![uid("bob")], Duration::ZERO)).unwrap();
    stage.world.holds_writes = true;
    for (who, batch, name) in [(bob, 2, "likes"), (ann, 2, "gifts"), (ann, 3, "more")] {
        let taps = stage.taps(batch, [(name, 1)]);
        stage.world.request(who, taps);
    }
    stage.world.release_writes();
    assert_eq!(stage.codes(ann), [Some(ErrorCode::TouchLimit), None], "those on their way count");
    assert_eq!(stage.codes(bob).last(), Some(&None), "who is muted may still tap");
}

#[test]
fn taps_that_the_disk_refuses_are_not_counted() {
    let mut stage = Stage::new();
    let bob = stage.bob;
    stage.world.is_busy = true;
    assert_eq!(stage.tap(bob, 1, [("likes", 5)]), Err(ErrorCode::ServerBusy));
    stage.world.is_busy = false;
    assert_eq!(stage.sums(bob), sums([]));
    assert_eq!(stage.tap(bob, 1, [("likes", 5)]), Ok(sums([("likes", 5)])));
}
