//! The queue against the promises, on random pushes and pops.

use std::collections::BTreeMap;
use std::sync::Arc;

use bim_proto::ServerFrame;
use bim_types::{AppId, ConversationShortId, GroupKey, Priority, Seq};
use bytes::Bytes;
use proptest::prelude::*;

use super::{LiveBatch, LiveFrame, QueueLimits, QueueOverflow, ViewerQueue};

const LIMITS: QueueLimits =
    QueueLimits { frames: 8, bytes: 4_000, reserved_frames: 3, reserved_bytes: 1_000 };

#[test]
fn low_goes_first_then_normal_and_high_stays() {
    let mut world = World::new();
    for _ in 0..3 {
        world.push(Priority::Low, 10);
    }
    for _ in 0..7 {
        world.push(Priority::Normal, 10);
    }
    for _ in 0..8 {
        world.push(Priority::High, 10);
    }
    assert_eq!(world.queue.push_live(world.live(Priority::High, 99, 10)), Err(QueueOverflow));
    world.drain();
    assert_eq!(world.delivered[&Priority::High].len(), 8);
    assert_eq!(world.reported[&Priority::Low], 3);
    assert_eq!(world.reported[&Priority::Normal], 7);
}

#[test]
fn a_low_message_that_finds_only_normal_ones_is_itself_left_out() {
    let mut world = World::new();
    for _ in 0..5 {
        world.push(Priority::Normal, 10);
    }
    world.push(Priority::Low, 10);
    world.drain();
    assert_eq!(world.delivered[&Priority::Normal].len(), 5);
    assert_eq!(world.reported[&Priority::Low], 1);
}

#[test]
fn the_marker_comes_before_the_next_message_of_its_class() {
    let mut world = World::new();
    for _ in 0..6 {
        world.push(Priority::Low, 10);
    }
    let first = ServerFrame::decode(world.queue.pop().unwrap()).unwrap();
    let ServerFrame::LiveGap(gap) = first else { panic!("expected a gap, got {first:?}") };
    assert_eq!((gap.count, gap.from, gap.to), (1, Seq(1), Seq(1)));
}

#[test]
fn control_leaves_first_and_replay_before_newer_messages() {
    let mut world = World::new();
    world.push(Priority::High, 10);
    world.queue.push_replay(world.live(Priority::High, 0, 11));
    world.queue.push_control(Bytes::from_static(b"answer")).unwrap();
    let lengths: Vec<usize> = std::iter::from_fn(|| world.queue.pop()).map(|frame| frame.len()).collect();
    assert_eq!(lengths, [6, 11, 10]);
}

#[test]
fn a_group_that_was_left_is_forgotten() {
    let mut world = World::new();
    for priority in [Priority::Low; 7].into_iter().chain([Priority::High]) {
        world.push(priority, 10);
    }
    world.queue.forget_group(group());
    assert!(world.queue.is_empty());
    assert_eq!((world.queue.len(), world.queue.bytes()), (0, 0));
}

#[derive(Clone, Debug)]
enum Step {
    Push(Priority, usize),
    Control(usize),
    Pop,
}

fn step() -> impl Strategy<Value = Step> {
    let priority = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)];
    prop_oneof![
        4 => (priority, 3usize..1_500).prop_map(|(priority, size)| Step::Push(priority, size)),
        1 => (3usize..500).prop_map(Step::Control),
        2 => Just(Step::Pop),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_uncounted_or_out_of_order(steps in prop::collection::vec(step(), 0..200)) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Push(priority, size) => world.push(priority, size),
                Step::Control(size) => drop(world.queue.push_control(Bytes::from(vec![0; size]))),
                Step::Pop => world.pop(),
            }
            prop_assert!(world.queue.bytes() <= LIMITS.bytes);
            prop_assert!(world.queue.len() <= LIMITS.frames);
        }
        world.drain();
        for priority in Priority::ALL {
            let delivered = &world.delivered[&priority];
            prop_assert!(delivered.is_sorted());
            prop_assert_eq!(delivered.len() as u64 + world.reported[&priority], world.pushed[&priority]);
        }
        prop_assert_eq!(world.reported[&Priority::High], 0);
    }
}

/// What comes together, and what is done in between.
#[derive(Clone, Debug)]
enum Turn {
    Batch(Vec<(Priority, usize)>),
    Control(usize),
    Pop(usize),
    Forget,
}

fn turn() -> impl Strategy<Value = Turn> {
    let priority =
        prop_oneof![3 => Just(Priority::Low), 3 => Just(Priority::Normal), 1 => Just(Priority::High)];
    let batch = prop::collection::vec((priority, 3usize..900), 1..5);
    prop_oneof![
        6 => batch.prop_map(Turn::Batch),
        1 => (3usize..500).prop_map(Turn::Control),
        3 => (1usize..4).prop_map(Turn::Pop),
        1 => Just(Turn::Forget),
    ]
}

proptest! {
    #[test]
    fn batches_leave_as_their_messages_would_one_by_one(turns in prop::collection::vec(turn(), 0..60)) {
        let (mut one_by_one, mut whole) = (World::new(), ViewerQueue::new(LIMITS));
        for turn in turns {
            match turn {
                Turn::Batch(sizes) => {
                    let batch = sizes.into_iter().map(|(priority, size)| {
                        one_by_one.next += 1;
                        one_by_one.live(priority, one_by_one.next, size)
                    });
                    let batch = Arc::new(LiveBatch::new(batch.collect()));
                    let mut frames = batch.frames().iter();
                    let pushed = frames.try_for_each(|live| one_by_one.queue.push_live(live.clone()));
                    prop_assert_eq!(whole.push_batch(&batch), pushed);
                }
                Turn::Control(size) => {
                    let frame = Bytes::from(vec![0; size]);
                    prop_assert_eq!(whole.push_control(frame.clone()), one_by_one.queue.push_control(frame));
                }
                Turn::Pop(times) => {
                    for frame in std::iter::repeat_with(|| take(&mut whole)).take(times).flatten() {
                        prop_assert_eq!(Some(frame), one_by_one.queue.pop());
                    }
                }
                Turn::Forget => {
                    whole.forget_group(group());
                    one_by_one.queue.forget_group(group());
                }
            }
            prop_assert_eq!((whole.len(), whole.bytes()), (one_by_one.queue.len(), one_by_one.queue.bytes()));
        }
        let rest: Vec<Bytes> = std::iter::from_fn(|| one_by_one.queue.pop()).collect();
        let mut left = Vec::new();
        while !whole.is_empty() {
            left.extend(take(&mut whole));
        }
        prop_assert_eq!(left, rest);
    }
}

/// The next frames: a whole batch, if that is what comes next.
fn take(queue: &mut ViewerQueue) -> Vec<Bytes> {
    match queue.pop_batch() {
        Some(batch) => batch.wire().frames().to_vec(),
        None => queue.pop().into_iter().collect(),
    }
}

#[test]
fn a_batch_for_an_idle_queue_leaves_whole_and_behind_answers() {
    let mut world = World::new();
    let frames = [(Priority::Low, 1), (Priority::High, 2), (Priority::Normal, 3)];
    let frames = frames.map(|(priority, seq)| world.live(priority, seq, 10));
    let batch = Arc::new(LiveBatch::new(frames.to_vec()));
    world.queue.push_batch(&batch).unwrap();
    world.queue.push_control(Bytes::from_static(b"answer")).unwrap();
    assert!(world.queue.pop_batch().is_none());
    assert_eq!(world.queue.pop().unwrap(), "answer");
    let left = world.queue.pop_batch().unwrap();
    assert!(Arc::ptr_eq(&left, &batch), "nothing is copied");
    let classes = left.frames().iter().map(|live| live.priority);
    assert!(classes.eq([Priority::High, Priority::Low, Priority::Normal]));
    assert!(world.queue.is_empty());
}

struct World {
    queue: ViewerQueue,
    next: u64,
    pushed: BTreeMap<Priority, u64>,
    reported: BTreeMap<Priority, u64>,
    delivered: BTreeMap<Priority, Vec<u64>>,
}

impl World {
    fn new() -> Self {
        Self {
            queue: ViewerQueue::new(LIMITS),
            next: 1,
            pushed: Priority::ALL.map(|priority| (priority, 0)).into(),
            reported: Priority::ALL.map(|priority| (priority, 0)).into(),
            delivered: Priority::ALL.map(|priority| (priority, Vec::new())).into(),
        }
    }

    /// Frames carry no header, so that they are never taken for a gap marker: class, then number.
    fn live(&self, priority: Priority, seq: u64, size: usize) -> LiveFrame {
        let mut frame = vec![0xff; size.max(10)];
        frame[1] = priority.number();
        frame[2..10].copy_from_slice(&seq.to_be_bytes());
        LiveFrame { group: group(), priority, seq: Seq(seq), frame: frame.into() }
    }

    fn push(&mut self, priority: Priority, size: usize) {
        let live = self.live(priority, self.next, size);
        self.next += 1;
        if self.queue.push_live(live).is_ok() {
            *self.pushed.get_mut(&priority).unwrap() += 1;
        }
    }

    fn pop(&mut self) {
        let Some(frame) = self.queue.pop() else { return };
        if let Ok(ServerFrame::LiveGap(gap)) = ServerFrame::decode(frame.clone()) {
            *self.reported.get_mut(&gap.priority).unwrap() += gap.count;
            let last = self.delivered[&gap.priority].last().copied().unwrap_or(0);
            assert!(last < gap.from.0, "a marker must not speak of what was delivered");
        } else if frame.first() == Some(&0xff) {
            let priority = Priority::from_number(frame[1].into()).unwrap();
            let seq = u64::from_be_bytes(frame[2..10].try_into().unwrap());
            self.delivered.get_mut(&priority).unwrap().push(seq);
        }
    }

    fn drain(&mut self) {
        while !self.queue.is_empty() {
            self.pop();
        }
    }
}

fn group() -> GroupKey {
    GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() }
}
