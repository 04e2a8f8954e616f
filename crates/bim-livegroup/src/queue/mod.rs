//! The bounded outbound queue of one viewer, and what a full queue gives up.
//!
//! ```text
//!   control  answers, state, pings            never given up, goes first
//!   replay   what a resume reads again        never given up, bounded by the room buffer
//!   high     HIGH                             never given up; no room: the viewer is too slow
//!   shared   NORMAL and LOW by arrival        LOW goes first, oldest first, then NORMAL
//! ```
//!
//! A reserved share of frames and bytes is for control and HIGH alone. What is given up is counted per group
//! and class, and a gap marker with the counts leaves before the next message of that class, or when the
//! queue has nothing else to send. So, for each group and class, at any time:
//! pushed = popped + reported in gap markers + still queued or still to be reported.
//!
//! Messages that were accepted together come as one [`LiveBatch`]. While nothing is given up a queue keeps batches whole,
//! and they leave whole; what leaves, and in which order, is what it would be had they come one by one.
//!
//! The queue knows frames as bytes that many queues share; it copies none and never waits.

mod batch;
mod gaps;
#[cfg(test)]
mod model_test;

use std::collections::VecDeque;
use std::ops::{AddAssign, SubAssign};
use std::sync::Arc;

use bim_types::limits::{
    OUTBOUND_BYTES_MAX, OUTBOUND_FRAMES_MAX, OUTBOUND_RESERVED_BYTES, OUTBOUND_RESERVED_FRAMES,
};
use bim_types::{Defect, GroupKey, Priority, Seq};
use bytes::Bytes;

pub use batch::LiveBatch;
use gaps::Gaps;

/// A message of a live group, encoded once and shared by everyone it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveFrame {
    /// Which group.
    pub group: GroupKey,
    /// Its class.
    pub priority: Priority,
    /// Its number.
    pub seq: Seq,
    /// The encoded frame.
    pub frame: Bytes,
}

/// How much one viewer's queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Frames in all.
    pub frames: usize,
    /// Bytes in all.
    pub bytes: usize,
    /// Of the frames, how many NORMAL and LOW may not use.
    pub reserved_frames: usize,
    /// Of the bytes, how many NORMAL and LOW may not use.
    pub reserved_bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            frames: OUTBOUND_FRAMES_MAX,
            bytes: OUTBOUND_BYTES_MAX,
            reserved_frames: OUTBOUND_RESERVED_FRAMES,
            reserved_bytes: OUTBOUND_RESERVED_BYTES,
        }
    }
}

/// Control and HIGH alone fill the queue: the viewer is to be disconnected as a slow consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("outbound queue is full of frames that must not be given up")]
pub struct QueueOverflow;

/// The outbound queue of one viewer. See the module for its rules.
#[derive(Debug, Default)]
pub struct ViewerQueue {
    limits: QueueLimits,
    control: VecDeque<Bytes>,
    replay: VecDeque<LiveFrame>,
    high: VecDeque<LiveFrame>,
    normal: VecDeque<Arrived>,
    low: VecDeque<Arrived>,
    /// Whole batches, by arrival. While there are any, replay, high, normal, low and gaps are empty, and only the first
    /// batch has HIGH.
    batches: VecDeque<Arc<LiveBatch>>,
    arrivals: u64,
    express: Load,
    shared: Load,
    gaps: Gaps,
}

#[derive(Debug)]
struct Arrived {
    order: u64,
    live: LiveFrame,
}

impl ViewerQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(limits: QueueLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Queues an answer, a state or a ping. It leaves before everything else.
    ///
    /// # Errors
    ///
    /// [`QueueOverflow`] when control and HIGH alone fill the queue; nothing was queued.
    pub fn push_control(&mut self, frame: Bytes) -> Result<(), QueueOverflow> {
        self.make_room_for_express(frame.len())?;
        self.express.add(frame.len());
        self.control.push_back(frame);
        Ok(())
    }

    /// Queues a message, giving up others or this one by the rules of the module.
    ///
    /// # Errors
    ///
    /// [`QueueOverflow`] for a HIGH message when control and HIGH alone fill the queue.
    pub fn push_live(&mut self, live: LiveFrame) -> Result<(), QueueOverflow> {
        self.open_batches();
        self.push_one(live)
    }

    /// Queues the messages of a batch, as if they came one by one in the order in which it holds them.
    ///
    /// # Errors
    ///
    /// As [`Self::push_live`], for the first message that does not fit.
    pub fn push_batch(&mut self, batch: &Arc<LiveBatch>) -> Result<(), QueueOverflow> {
        if self.keeps_whole(batch) {
            self.express += batch.high;
            self.shared += batch.shared;
            self.batches.push_back(Arc::clone(batch));
            return Ok(());
        }
        self.open_batches();
        batch.frames().iter().try_for_each(|live| self.push_one(live.clone()))
    }

    fn push_one(&mut self, live: LiveFrame) -> Result<(), QueueOverflow> {
        match live.priority {
            Priority::High if Defect::ShedHigh.is_planted() && self.total().frames > 3 => {
                self.gaps.add(&live)
            }
            Priority::High => {
                self.make_room_for_express(live.frame.len())?;
                self.express.add(live.frame.len());
                self.high.push_back(live);
            }
            Priority::Normal => self.push_normal(live),
            Priority::Low => self.push_low(live),
        }
        Ok(())
    }

    /// Queues a message that a resume reads again. The caller pushes at most one room buffer of them, before
    /// any newer message of the group.
    pub fn push_replay(&mut self, live: LiveFrame) {
        self.open_batches();
        self.replay.push_back(live);
    }

    /// Drops what waits of a group that the viewer left, and what would be reported of it.
    pub fn forget_group(&mut self, group: GroupKey) {
        self.open_batches();
        self.replay.retain(|live| live.group != group);
        retain(&mut self.high, &mut self.express, |live| live.group != group, |live| live);
        retain(&mut self.normal, &mut self.shared, |live| live.group != group, |arrived| &arrived.live);
        retain(&mut self.low, &mut self.shared, |live| live.group != group, |arrived| &arrived.live);
        self.gaps.forget(group);
    }

    /// Takes the next frame to write.
    pub fn pop(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.control.pop_front() {
            self.express.remove(frame.len());
            return Some(frame);
        }
        self.open_batches();
        if let Some(live) = self.replay.pop_front() {
            return Some(live.frame);
        }
        if let Some(live) = self.high.pop_front() {
            self.express.remove(live.frame.len());
            return Some(live.frame);
        }
        self.pop_shared()
    }

    /// Takes the next frames to write, if they are a whole batch.
    pub fn pop_batch(&mut self) -> Option<Arc<LiveBatch>> {
        if !self.control.is_empty() {
            return None;
        }
        let batch = self.batches.pop_front()?;
        self.express -= batch.high;
        self.shared -= batch.shared;
        Some(batch)
    }

    /// Whether messages wait that a resume reads again.
    #[must_use]
    pub fn has_replay(&self) -> bool {
        !self.replay.is_empty()
    }

    /// Whether [`Self::pop`] would give nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.gaps.is_empty()
    }

    /// Frames that wait, gap markers aside.
    #[must_use]
    pub fn len(&self) -> usize {
        self.express.frames + self.shared.frames + self.replay.len()
    }

    /// Bytes that wait, replay aside: those belong to the room buffer.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.express.bytes + self.shared.bytes
    }

    /// Whether a batch, kept whole, leaves as its messages would one by one.
    fn keeps_whole(&self, batch: &LiveBatch) -> bool {
        let waiting = self.len() - self.control.len();
        let lanes_are_empty = waiting == 0 || !self.batches.is_empty();
        let is_in_order = batch.high.frames == 0 || self.batches.is_empty();
        lanes_are_empty
            && self.gaps.is_empty()
            && is_in_order
            && self.has_room_for(batch)
            && !Defect::ShedHigh.is_planted()
    }

    fn has_room_for(&self, batch: &LiveBatch) -> bool {
        let (frames, bytes) = (batch.shared.frames, batch.shared.bytes);
        let (all_frames, all_bytes) = (frames + batch.high.frames, bytes + batch.high.bytes);
        self.shared_has_room(frames, bytes)
            && self.total().fits(all_frames, all_bytes, self.limits.frames, self.limits.bytes)
    }

    /// Makes messages of the batches that are whole.
    fn open_batches(&mut self) {
        for batch in std::mem::take(&mut self.batches) {
            for live in batch.frames() {
                let (order, live) = (self.next_arrival(), live.clone());
                match live.priority {
                    Priority::High => self.high.push_back(live),
                    Priority::Normal => self.normal.push_back(Arrived { order, live }),
                    Priority::Low => self.low.push_back(Arrived { order, live }),
                }
            }
        }
    }

    fn push_normal(&mut self, live: LiveFrame) {
        let bytes = live.frame.len();
        while !self.shared_has_room(1, bytes) {
            let victim = match Defect::ShedNormalFirst.is_planted() {
                true => self.normal.pop_front().or_else(|| self.low.pop_front()),
                false => self.low.pop_front().or_else(|| self.normal.pop_front()),
            };
            let Some(victim) = victim else {
                return self.gaps.add(&live);
            };
            self.give_up(&victim.live);
        }
        self.shared.add(bytes);
        let order = self.next_arrival();
        self.normal.push_back(Arrived { order, live });
    }

    fn push_low(&mut self, live: LiveFrame) {
        let bytes = live.frame.len();
        while !self.shared_has_room(1, bytes) {
            let Some(victim) = self.low.pop_front() else {
                return self.gaps.add(&live);
            };
            self.give_up(&victim.live);
        }
        self.shared.add(bytes);
        let order = self.next_arrival();
        self.low.push_back(Arrived { order, live });
    }

    fn pop_shared(&mut self) -> Option<Bytes> {
        let low_is_next = match (self.low.front(), self.normal.front()) {
            (Some(low), Some(normal)) => low.order < normal.order,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return self.gaps.pop_any(),
        };
        let lane = if low_is_next { &mut self.low } else { &mut self.normal };
        if let Some(marker) = lane.front().and_then(|next| self.gaps.pop_before(&next.live)) {
            return Some(marker);
        }
        let live = lane.pop_front()?.live;
        self.shared.remove(live.frame.len());
        Some(live.frame)
    }

    fn make_room_for_express(&mut self, bytes: usize) -> Result<(), QueueOverflow> {
        if !self.express.fits(1, bytes, self.limits.frames, self.limits.bytes) {
            return Err(QueueOverflow);
        }
        if !self.total().fits(1, bytes, self.limits.frames, self.limits.bytes) {
            self.open_batches();
        }
        while !self.total().fits(1, bytes, self.limits.frames, self.limits.bytes) {
            let victim = self.low.pop_front().or_else(|| self.normal.pop_front());
            let victim = victim.expect("what express does not fill, NORMAL and LOW fill");
            self.give_up(&victim.live);
        }
        Ok(())
    }

    fn shared_has_room(&self, frames: usize, bytes: usize) -> bool {
        let frames_max = self.limits.frames.saturating_sub(self.limits.reserved_frames);
        let bytes_max = self.limits.bytes.saturating_sub(self.limits.reserved_bytes);
        self.shared.fits(frames, bytes, frames_max, bytes_max)
            && self.total().fits(frames, bytes, self.limits.frames, self.limits.bytes)
    }

    fn give_up(&mut self, victim: &LiveFrame) {
        self.shared.remove(victim.frame.len());
        self.gaps.add(victim);
    }

    fn total(&self) -> Load {
        Load {
            frames: self.express.frames + self.shared.frames,
            bytes: self.express.bytes + self.shared.bytes,
        }
    }

    fn next_arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    frames: usize,
    bytes: usize,
}

impl Load {
    fn add(&mut self, bytes: usize) {
        self.frames += 1;
        self.bytes += bytes;
    }

    fn remove(&mut self, bytes: usize) {
        self.frames -= 1;
        self.bytes -= bytes;
    }

    fn fits(self, frames: usize, bytes: usize, frames_max: usize, bytes_max: usize) -> bool {
        Defect::UnboundedQueue.is_planted()
            || (self.frames + frames <= frames_max && self.bytes + bytes <= bytes_max)
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, more: Self) {
        self.frames += more.frames;
        self.bytes += more.bytes;
    }
}

impl SubAssign for Load {
    fn sub_assign(&mut self, less: Self) {
        self.frames -= less.frames;
        self.bytes -= less.bytes;
    }
}

fn retain<T>(
    lane: &mut VecDeque<T>,
    load: &mut Load,
    keep: impl Fn(&LiveFrame) -> bool,
    live: impl Fn(&T) -> &LiveFrame,
) {
    lane.retain(|entry| {
        let kept = keep(live(entry));
        if !kept {
            load.remove(live(entry).frame.len());
        }
        kept
    });
}
