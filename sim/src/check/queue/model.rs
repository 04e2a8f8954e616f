//! One viewer's queue, as its rules say and as simply as can be.
//!
//! A reserved share of frames and bytes is for control and HIGH alone. What has no room makes room: the oldest LOW goes
//! first, then, for NORMAL and what is above it, the oldest NORMAL; when nothing may go, the new one is given up. Control
//! and HIGH are never given up: what they do not fit into has overflowed. Control leaves first, then what a resume reads
//! again, then HIGH, then NORMAL and LOW in the order in which they came; a marker leaves before the next message of
//! its class, or when nothing else waits.

use bim_proto::ServerFrame;
use bim_server_core::queue::{LiveFrame, QueueLimits};
use bim_types::{GroupKey, LiveGap, Priority};
use bytes::Bytes;

/// One viewer's queue.
#[derive(Debug)]
pub(super) struct Model {
    limits: QueueLimits,
    control: Vec<Bytes>,
    replay: Vec<LiveFrame>,
    /// HIGH, NORMAL and LOW in the order in which they came.
    live: Vec<LiveFrame>,
    gaps: Vec<(GroupKey, LiveGap)>,
    closing: bool,
    overflowed: bool,
    /// An overflow that has to be seen.
    overflow_due: bool,
}

/// Frames and bytes.
type Load = (usize, usize);

impl Model {
    pub(super) fn new(limits: QueueLimits) -> Self {
        let (control, replay, live, gaps) = Default::default();
        Self { limits, control, replay, live, gaps, closing: false, overflowed: false, overflow_due: false }
    }

    pub(super) fn push_control(&mut self, frame: &Bytes) {
        if !self.closing && self.makes_room_for_express(frame.len()) {
            self.control.push(frame.clone());
        }
    }

    pub(super) fn push_live(&mut self, live: &LiveFrame) {
        if self.closing || self.overflowed {
            return;
        }
        let has_room = match live.priority {
            Priority::High => self.makes_room_for_express(live.frame.len()),
            class => self.makes_room_for_shared(class, live),
        };
        if has_room {
            self.live.push(live.clone());
        }
    }

    pub(super) fn push_replay(&mut self, live: &LiveFrame) {
        if !self.closing && !self.overflowed {
            self.replay.push(live.clone());
        }
    }

    pub(super) fn leave(&mut self, group: GroupKey) {
        self.replay.retain(|live| live.group != group);
        self.live.retain(|live| live.group != group);
        self.gaps.retain(|(of, _)| *of != group);
    }

    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    /// It has overflowed. Whether that had to be.
    pub(super) fn take_overflow(&mut self) -> bool {
        std::mem::take(&mut self.overflow_due)
    }

    /// A frame left. Whether it is the one that had to.
    pub(super) fn wrote(&mut self, frame: &Bytes) -> Result<(), String> {
        if self.overflow_due {
            return Err("the queue has to overflow, and goes on".to_owned());
        }
        let expected = if !self.control.is_empty() {
            Some(self.control.remove(0))
        } else if self.closing {
            None
        } else if !self.replay.is_empty() {
            Some(self.replay.remove(0).frame)
        } else if let Some(at) = self.live.iter().position(|live| live.priority == Priority::High) {
            Some(self.live.remove(at).frame)
        } else {
            self.next_shared(frame)
        };
        match expected {
            Some(expected) if is_same(&expected, frame) => Ok(()),
            Some(expected) => Err(format!("{} is written in the place of {}", told(frame), told(&expected))),
            None => Err(format!("{} is written, and nothing waits", told(frame))),
        }
    }

    fn next_shared(&mut self, frame: &Bytes) -> Option<Bytes> {
        if let Some(next) = self.live.first() {
            let is_before =
                |(of, gap): &(GroupKey, LiveGap)| *of == next.group && gap.priority == next.priority;
            if let Some(at) = self.gaps.iter().position(is_before) {
                return Some(marker(self.gaps.remove(at).1));
            }
            return Some(self.live.remove(0).frame);
        }
        // No rule says which marker comes first.
        let at = self.gaps.iter().position(|(_, gap)| is_same(&marker(*gap), frame)).unwrap_or(0);
        (!self.gaps.is_empty()).then(|| marker(self.gaps.remove(at).1))
    }

    fn makes_room_for_express(&mut self, bytes: usize) -> bool {
        let high = self.load_of(|class| class == Priority::High);
        let express = add(high, (self.control.len(), self.control.iter().map(Bytes::len).sum()));
        let all = (self.limits.frames, self.limits.bytes);
        if !fits(add(express, (1, bytes)), all) {
            self.overflow();
            return false;
        }
        while !fits(add(self.total(), (1, bytes)), all)
            && self.gives_up_one_of(&[Priority::Low, Priority::Normal])
        {}
        true
    }

    fn makes_room_for_shared(&mut self, class: Priority, new: &LiveFrame) -> bool {
        let lesser: &[_] =
            if class == Priority::Low { &[Priority::Low] } else { &[Priority::Low, Priority::Normal] };
        let QueueLimits { frames, bytes, reserved_frames, reserved_bytes } = self.limits;
        let (all, share) = ((frames, bytes), (frames - reserved_frames, bytes - reserved_bytes));
        let one = (1, new.frame.len());
        loop {
            let shared = self.load_of(|class| class != Priority::High);
            if fits(add(shared, one), share) && fits(add(self.total(), one), all) {
                return true;
            }
            if !self.gives_up_one_of(lesser) {
                self.report(new);
                return false;
            }
        }
    }

    /// Gives up the oldest of the first of these classes of which any waits.
    fn gives_up_one_of(&mut self, classes: &[Priority]) -> bool {
        let oldest = |class: &Priority| self.live.iter().position(|live| live.priority == *class);
        let Some(at) = classes.iter().find_map(oldest) else { return false };
        let victim = self.live.remove(at);
        self.report(&victim);
        true
    }

    fn report(&mut self, live: &LiveFrame) {
        let known = |(of, gap): &&mut (GroupKey, LiveGap)| *of == live.group && gap.priority == live.priority;
        if let Some((_, gap)) = self.gaps.iter_mut().find(known) {
            gap.count += 1;
            (gap.from, gap.to) = (gap.from.min(live.seq), gap.to.max(live.seq));
            return;
        }
        let (group, priority, from, to) = (live.group.group, live.priority, live.seq, live.seq);
        self.gaps.push((live.group, LiveGap { conversation_short_id: group, priority, count: 1, from, to }));
    }

    fn overflow(&mut self) {
        self.overflow_due = !self.overflowed;
        self.overflowed = true;
        self.control.clear();
        self.replay.clear();
        self.live.clear();
        self.gaps.clear();
    }

    fn total(&self) -> Load {
        let control = (self.control.len(), self.control.iter().map(Bytes::len).sum());
        add(control, self.load_of(|_| true))
    }

    fn load_of(&self, counts: impl Fn(Priority) -> bool) -> Load {
        let counted = self.live.iter().filter(|live| counts(live.priority));
        counted.fold((0, 0), |load, live| add(load, (1, live.frame.len())))
    }
}

fn add(one: Load, other: Load) -> Load {
    (one.0 + other.0, one.1 + other.1)
}

fn fits(load: Load, limit: Load) -> bool {
    load.0 <= limit.0 && load.1 <= limit.1
}

fn is_same(one: &Bytes, other: &Bytes) -> bool {
    one.len() == other.len() && (one.as_ptr() == other.as_ptr() || one == other)
}

fn marker(gap: LiveGap) -> Bytes {
    ServerFrame::LiveGap(gap).encode()
}

/// A frame in few words.
fn told(frame: &Bytes) -> String {
    match ServerFrame::decode(frame.clone()) {
        Ok(ServerFrame::LiveMessage(push)) => {
            format!("{} {}", push.message.priority.name(), push.message.position)
        }
        Ok(ServerFrame::LiveChange(change)) => format!("change {}", change.position),
        Ok(ServerFrame::LiveGap(gap)) => format!("{gap:?}"),
        Ok(ServerFrame::Response(response)) => format!("the answer to {:?}", response.id),
        Ok(other) => format!("{other:?}").chars().take(40).collect(),
        Err(error) => error.to_string(),
    }
}
