//! Who came and went, in one frame from time to time.

use std::time::Duration;

use bim_proto::{RequestBody, ServerFrame};
use bim_types::Uid;

use super::stage::Stage;
use super::world::uid;
use crate::Input;

const INTERVAL: Duration = Duration::from_millis(500);

fn uids(members: &[bim_types::Member]) -> Vec<Uid> {
    members.iter().map(|member| member.uid.clone()).collect()
}

#[test]
fn many_who_come_and_go_are_one_frame_in_half_a_second() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.world.pass(INTERVAL);
    stage.pulses(ann);
    for (device, name) in (20..).zip(["eve", "dan", "cat"]) {
        let connection = stage.world.log_in(name, device);
        stage.world.join(connection, group, None);
        if name == "dan" {
            stage.world.feed(Input::Closed { connection });
        }
    }
    stage.ask(bob, RequestBody::LeaveLiveGroup(group)).unwrap();
    assert!(stage.pulses(ann).is_empty());
    stage.world.pass(INTERVAL);
    let pulses = stage.pulses(ann);
    let [pulse] = pulses.as_slice() else { panic!("{pulses:?}") };
    assert_eq!(
        (uids(&pulse.joined.named), &pulse.left.named),
        (["cat", "eve"].map(uid).into(), &vec![uid("bob")])
    );
    assert_eq!((pulse.online_count, pulse.joined.more, pulse.left.more), (4, 0, 0));
    assert_eq!(stage.pulses(bob), [], "who left gets none");
}

#[test]
fn a_quiet_room_sends_nothing_and_wants_no_look() {
    let mut stage = Stage::new();
    let ann = stage.ann;
    stage.world.pass(INTERVAL);
    stage.pulses(ann);
    stage.world.pass(8 * INTERVAL);
    assert_eq!(stage.pulses(ann), []);
}

#[test]
fn a_room_that_nobody_is_in_sends_nothing() {
    let mut stage = Stage::new();
    for connection in [stage.owner, stage.ann, stage.bob] {
        stage.world.feed(Input::Closed { connection });
    }
    assert!(stage.world.groups[&stage.key()].is_empty());
    let sweep = stage.world.engine.next_deadline().unwrap();
    assert!(sweep.since(stage.world.now.mono) > Duration::from_secs(1));
}

#[test]
fn nothing_comes_after_a_goodbye() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.ann, stage.bob);
    stage.world.pass(Duration::from_secs(21));
    // Everyone but ann falls silent for too long at the very moment of a pulse.
    let ping = bim_proto::ClientFrame::Ping(bim_proto::Ping { nonce: 1 });
    stage.world.send_frame(ann, ping);
    stage.world.pass(Duration::from_millis(500));
    let eve = stage.world.log_in("eve", 9);
    stage.world.join(eve, stage.group, None);
    stage.world.pass(Duration::from_millis(500));
    assert!(stage.world.closed.contains(&bob) && !stage.world.closed.contains(&ann));
    let frames = stage.world.received_with_pulses(bob);
    assert!(matches!(frames.last(), Some(ServerFrame::Goodbye(_))), "{frames:?}");
    stage.world.pass(INTERVAL);
    let last = stage.pulses(ann).pop().unwrap();
    assert_eq!(last.online_count, 2);
}

#[test]
fn another_reason_to_look_does_not_bring_a_pulse_before_its_time() {
    let mut stage = Stage::new();
    let (owner, ann, bob, group) = (stage.owner, stage.ann, stage.bob, stage.group);
    let mute = bim_types::Measure::Mute(vec![uid("eve")], 2 * INTERVAL);
    stage.measure(owner, mute).unwrap();
    stage.world.pass(INTERVAL + INTERVAL / 2);
    stage.pulses(ann);
    stage.ask(bob, RequestBody::LeaveLiveGroup(group)).unwrap();
    stage.world.pass(INTERVAL / 2);
    assert_eq!(stage.events(ann), [bim_types::GroupChange::Unmuted(vec![uid("eve")])]);
    stage.world.pass(INTERVAL / 2 - Duration::from_millis(1));
    assert_eq!(stage.pulses(ann), []);
    stage.world.pass(Duration::from_millis(1));
    assert_eq!(stage.pulses(ann).len(), 1);
}
