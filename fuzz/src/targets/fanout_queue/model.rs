//! What a queue should have done.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bim_livegroup::queue::{LiveBatch, LiveFrame, QueueLimits, QueueOverflow, ViewerQueue};
use bim_proto::ServerFrame;
use bim_types::{AppId, ConversationShortId, GroupKey, LiveGap, Priority, Seq};
use bytes::Bytes;

use super::step::Step;
use crate::reached::Reached;

/// Groups of the run.
const GROUPS: u8 = 3;

/// Frames of the run begin with a byte that is no protocol version, so that no frame is taken for a gap marker.
const MARK: u8 = 0xff;

/// Which frames stand together.
type Lane = (GroupKey, Priority);

/// The queue, and what is known about it.
pub(super) struct Model {
    queue: ViewerQueue,
    limits: QueueLimits,
    last: u64,
    lanes: BTreeMap<Lane, Account>,
    control: VecDeque<Bytes>,
    replay: VecDeque<Bytes>,
    reached: Reached,
}

/// What became of one lane since its group was last left.
#[derive(Default)]
struct Account {
    /// Numbers, with the length of their frames in bytes, that were pushed and neither delivered nor reported.
    open: VecDeque<(u64, usize)>,
    /// The last number that was delivered.
    delivered: u64,
    /// Of the open numbers, those that the queue must have given up.
    given_up: BTreeSet<u64>,
}

impl Model {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self {
            queue: ViewerQueue::new(limits),
            limits,
            last: 0,
            lanes: BTreeMap::new(),
            control: VecDeque::new(),
            replay: VecDeque::new(),
            reached: Reached::default(),
        }
    }

    pub(super) fn carry_out(&mut self, step: Step) {
        match step {
            Step::Live { group, class, size } => self.push_live(lane(group, class), size),
            Step::Control { size } => self.push_control(size),
            Step::Replay { group, class } => self.push_replay(lane(group, class)),
            Step::Write { frames } => {
                for _ in 0..frames % 32 {
                    self.pop();
                }
            }
            Step::Leave { group } => self.leave(group_key(group)),
        }
    }

    /// What must hold after every step.
    pub(super) fn check(&self) {
        let express = self.queue.len() - self.replay.len();
        assert!(express <= self.limits.frames, "{express} frames wait, of {}", self.limits.frames);
        let bytes = self.queue.bytes();
        assert!(bytes <= self.limits.bytes, "{bytes} bytes wait, of {}", self.limits.bytes);
        assert_eq!(self.queue.has_replay(), !self.replay.is_empty());
    }

    /// Writes everything that waits: then every message is accounted for.
    pub(super) fn finish(mut self) -> Reached {
        while self.pop() {}
        assert!(self.queue.is_empty() && self.queue.bytes() == 0, "nothing is left");
        for (lane, account) in &self.lanes {
            assert!(account.open.is_empty(), "{lane:?}: {:?} neither came nor were reported", account.open);
        }
        self.reached
    }

    fn push_live(&mut self, lane: Lane, size: u8) {
        self.last += 1;
        let live = live(lane, self.last, size);
        let bytes = live.frame.len();
        let before = self.queue.len();
        let pushed = match self.last % 3 {
            0 => self.queue.push_live(live),
            _ => self.queue.push_batch(&Arc::new(LiveBatch::new(vec![live]))),
        };
        match pushed {
            Ok(()) => {
                self.lanes.entry(lane).or_default().open.push_back((self.last, bytes));
                self.give_up(before + 1 - self.queue.len());
            }
            Err(QueueOverflow) => {
                self.reached.count("too slow");
                assert_eq!(lane.1, Priority::High, "only HIGH makes a viewer too slow");
                self.check_overflow(bytes);
            }
        }
    }

    fn push_control(&mut self, size: u8) {
        self.last += 1;
        let mut frame = vec![MARK, u8::MAX];
        frame.extend_from_slice(&self.last.to_be_bytes());
        frame.resize(frame.len() + 8 * usize::from(size), 0);
        let frame = Bytes::from(frame);
        let before = self.queue.len();
        match self.queue.push_control(frame.clone()) {
            Ok(()) => {
                self.control.push_back(frame);
                self.give_up(before + 1 - self.queue.len());
            }
            Err(QueueOverflow) => self.check_overflow(frame.len()),
        }
    }

    /// So many messages made room: LOW before NORMAL, and the oldest first, whatever group they are of.
    fn give_up(&mut self, count: usize) {
        for _ in 0..count {
            let waiting = self.lanes.iter().filter(|((_, class), _)| *class != Priority::High);
            let oldest =
                waiting.filter_map(|(lane, account)| Some((lane.1, account.first_waiting()?, *lane)));
            let (_, seq, lane) =
                oldest.min().expect("only LOW and NORMAL are given up, while there are some");
            self.lanes.entry(lane).or_default().given_up.insert(seq);
        }
    }

    /// A viewer is too slow only when control and HIGH leave no room: those are never given up, so they are known.
    fn check_overflow(&self, bytes: usize) {
        let high = self.lanes.iter().filter(|((_, class), _)| *class == Priority::High);
        let high = high.flat_map(|(_, account)| account.open.iter().map(|(_, bytes)| *bytes));
        let kept: Vec<usize> = self.control.iter().map(Bytes::len).chain(high).collect();
        let (frames, waiting) = (kept.len(), kept.iter().sum::<usize>());
        let full = frames + 1 > self.limits.frames || waiting + bytes > self.limits.bytes;
        assert!(full, "{frames} frames of {waiting} bytes must not be given up, of {:?}", self.limits);
    }

    fn push_replay(&mut self, lane: Lane) {
        let mut replayed = live(lane, 0, 1);
        replayed.frame = Bytes::from([&[MARK, u8::MAX - 1], &replayed.frame[..]].concat());
        self.replay.push_back(replayed.frame.clone());
        self.queue.push_replay(replayed);
    }

    fn leave(&mut self, group: GroupKey) {
        self.queue.forget_group(group);
        self.lanes.retain(|(of, _), _| *of != group);
        let tag = group_tag(group);
        self.replay.retain(|frame| frame.get(4) != Some(&tag));
        self.reached.count("left a group");
    }

    /// Writes one frame; false when there was none.
    fn pop(&mut self) -> bool {
        if let Some(batch) = self.queue.pop_batch() {
            self.reached.count("whole batch");
            batch.wire().frames().iter().for_each(|frame| self.deliver(frame));
            return true;
        }
        let waits = !self.queue.is_empty();
        let Some(frame) = self.queue.pop() else {
            assert!(!waits, "a queue that is not empty gives a frame");
            return false;
        };
        match (frame.first(), frame.get(1)) {
            (Some(&MARK), Some(&u8::MAX)) => {
                self.reached.count("control");
                assert_eq!(Some(frame), self.control.pop_front(), "control leaves in order");
            }
            (Some(&MARK), Some(&byte)) if byte == u8::MAX - 1 => {
                self.reached.count("replayed");
                assert!(self.control.is_empty(), "control leaves before replay");
                assert_eq!(Some(frame), self.replay.pop_front(), "replay leaves in order");
            }
            (Some(&MARK), Some(_)) => self.deliver(&frame),
            _ => self.report(frame),
        }
        true
    }

    fn deliver(&mut self, frame: &Bytes) {
        assert!(self.control.is_empty() && self.replay.is_empty(), "newer messages leave last");
        let (lane, seq) = read(frame);
        self.reached.count(match lane.1 {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
        });
        let account = self.lanes.get_mut(&lane).expect("only what was pushed and not left comes");
        let first = account.open.pop_front();
        assert_eq!(
            first,
            Some((seq, frame.len())),
            "{lane:?}: in order, after the marker of what is missing"
        );
        assert!(!account.given_up.contains(&seq), "{seq} was to be given up, and something else was");
        account.delivered = seq;
    }

    fn report(&mut self, frame: Bytes) {
        let Ok(ServerFrame::LiveGap(gap)) = ServerFrame::decode(frame) else {
            panic!("neither a frame of the run nor a gap marker")
        };
        self.reached.count("left out");
        let LiveGap { conversation_short_id, priority, count, from, to } = gap;
        assert_ne!(priority, Priority::High, "HIGH is never given up");
        let lane = (GroupKey { app: app(), group: conversation_short_id }, priority);
        let account = self.lanes.get_mut(&lane).expect("a marker speaks of a group the viewer is in");
        assert!(from <= to && count > 0 && from.0 > account.delivered, "{gap:?} after {}", account.delivered);
        account.skip(&gap);
    }
}

impl Account {
    /// The oldest number that was not given up.
    fn first_waiting(&self) -> Option<u64> {
        self.open.iter().map(|(seq, _)| *seq).find(|seq| !self.given_up.contains(seq))
    }

    /// Takes out what a marker reports: everything in its range, because the oldest of a lane go first.
    fn skip(&mut self, gap: &LiveGap) {
        let within = |(seq, _): &(u64, usize)| (gap.from.0..=gap.to.0).contains(seq);
        let inside = self.open.iter().filter(|open| within(open)).count() as u64;
        assert_eq!(
            inside, gap.count,
            "a marker counts each message in its range once: {gap:?}, {:?}",
            self.open
        );
        let reported = self.open.iter().filter(|open| within(open)).map(|(seq, _)| *seq);
        let kept: Vec<u64> = reported.filter(|seq| !self.given_up.remove(seq)).collect();
        assert!(kept.is_empty(), "{kept:?} were not to be given up, and something else was");
        self.open.retain(|open| !within(open));
    }
}

fn live(lane: Lane, seq: u64, size: u8) -> LiveFrame {
    let (group, priority) = lane;
    let mut frame = vec![MARK, priority.number(), group_tag(group)];
    frame.extend_from_slice(&seq.to_be_bytes());
    frame.resize(frame.len() + 8 * usize::from(size), 0);
    LiveFrame { group, priority, seq: Seq(seq), frame: frame.into() }
}

fn read(frame: &Bytes) -> (Lane, u64) {
    let priority = Priority::from_number(frame[1].into()).expect("a class of the run");
    let seq = frame[3..11].try_into().map(u64::from_be_bytes).expect("eight bytes");
    ((group_key(frame[2]), priority), seq)
}

fn lane(group: u8, class: u8) -> Lane {
    (group_key(group), Priority::ALL[usize::from(class) % Priority::ALL.len()])
}

fn group_key(group: u8) -> GroupKey {
    let group = ConversationShortId::new(i64::from(group % GROUPS) + 1).expect("positive");
    GroupKey { app: app(), group }
}

fn group_tag(group: GroupKey) -> u8 {
    u8::try_from(group.group.value() - 1).expect("one of the run's groups")
}

fn app() -> AppId {
    AppId::new(1).expect("not zero")
}
