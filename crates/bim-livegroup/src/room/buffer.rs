//! The last messages of a room, for viewers that were away for a moment.

use std::collections::VecDeque;
use std::time::Duration;

use bim_proto::{LiveChange, LiveChanged, LivePush, ServerFrame};
use bim_types::limits::{RESUME_WINDOW, ROOM_BUFFER_BYTES_MAX, ROOM_BUFFER_MESSAGES_MAX};
use bim_types::{Cursor, Defect, DiscontinuityReason, Epoch, Mono, PerPriority, Position, Priority, Seq};

use crate::queue::LiveFrame;

/// How far a room buffer reaches back: whichever is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLimits {
    /// Messages.
    pub messages: usize,
    /// Bytes.
    pub bytes: usize,
    /// Age.
    pub window: Duration,
}

impl Default for BufferLimits {
    fn default() -> Self {
        Self { messages: ROOM_BUFFER_MESSAGES_MAX, bytes: ROOM_BUFFER_BYTES_MAX, window: RESUME_WINDOW }
    }
}

/// The last messages of a room. What leaves raises the floor of its class; a cursor below a floor can not be
/// continued.
#[derive(Debug)]
pub struct RoomBuffer {
    limits: BufferLimits,
    entries: VecDeque<(Mono, LiveFrame)>,
    bytes: usize,
    floors: PerPriority<Seq>,
}

impl RoomBuffer {
    /// An empty buffer of a room whose log ends at `head`.
    #[must_use]
    pub fn new(limits: BufferLimits, head: Seq) -> Self {
        Self { limits, entries: VecDeque::new(), bytes: 0, floors: PerPriority::splat(head) }
    }

    /// Forgets everything; what stands at `after` and before is out of reach.
    pub(super) fn restart(&mut self, after: Seq) {
        *self = Self::new(self.limits, after);
    }

    /// Keeps a message, and lets go of what is too much or too old.
    pub(super) fn push(&mut self, now: Mono, live: LiveFrame) {
        self.bytes += live.frame.len();
        self.entries.push_back((now, live));
        while self.entries.len() > self.limits.messages || self.bytes > self.limits.bytes {
            self.evict();
        }
        self.expire(now);
    }

    /// What a viewer with this cursor missed, in order. What is too old has to be let go before.
    ///
    /// # Errors
    ///
    /// Why the cursor can not be continued.
    pub(super) fn missed(
        &self,
        epoch: Epoch,
        head: Seq,
        cursor: &Cursor,
    ) -> Result<Vec<LiveFrame>, DiscontinuityReason> {
        if cursor.epoch != epoch {
            return Err(DiscontinuityReason::NewEpoch);
        }
        if Priority::ALL.into_iter().any(|class| cursor.seqs[class] > head) {
            return Err(DiscontinuityReason::CursorAhead);
        }
        let is_beyond = |class| cursor.seqs[class] < self.floors[class];
        if Priority::ALL.into_iter().any(is_beyond) && !Defect::ResumeHidesLoss.is_planted() {
            return Err(DiscontinuityReason::BeyondWindow);
        }
        let lowest = cursor.lowest();
        let begin = self.entries.partition_point(|(_, live)| live.seq <= lowest);
        let missed = self.entries.range(begin..).map(|(_, live)| live);
        let is_new = |live: &&LiveFrame| !cursor.covers(live.priority, live.seq);
        let mut missed: Vec<_> = missed.filter(is_new).cloned().collect();
        if Defect::ResumeSkipsHigh.is_planted()
            && let Some(at) = missed.iter().position(|live| live.priority == Priority::High)
        {
            missed.remove(at);
        }
        if Defect::ResumeRepeats.is_planted()
            && let Some((_, known)) = begin.checked_sub(1).and_then(|at| self.entries.get(at))
        {
            missed.insert(0, known.clone());
        }
        Ok(missed)
    }

    /// The message with this number, if it is still here.
    pub(super) fn find(&self, seq: Seq) -> Option<LivePush> {
        let at = self.entries.partition_point(|(_, live)| live.seq < seq);
        let (_, live) = self.entries.get(at).filter(|(_, live)| live.seq == seq)?;
        match ServerFrame::decode(live.frame.clone()) {
            Ok(ServerFrame::LiveMessage(push)) => Some(push),
            _ => None,
        }
    }

    /// Puts another message in the place of one that is still here.
    pub(super) fn rewrite(&mut self, seq: Seq, rewrite: impl FnOnce(LivePush) -> LivePush) {
        let Some(push) = self.find(seq) else { return };
        let at = self.entries.partition_point(|(_, live)| live.seq < seq);
        self.put(at, ServerFrame::LiveMessage(rewrite(push)));
    }

    /// Has every earlier change of a message that is still here say that the message is gone.
    pub(super) fn unsay(&mut self, message: Position) {
        for at in 0..self.entries.len() {
            let Some((_, live)) = self.entries.get(at).filter(|(_, live)| live.seq > message.seq) else {
                continue;
            };
            if live.priority != Priority::High {
                continue;
            }
            if let Ok(ServerFrame::LiveChange(change)) = ServerFrame::decode(live.frame.clone())
                && let LiveChanged::Updated(updated) = &change.what
                && updated.position == message
            {
                let group = updated.conversation_short_id;
                let what = LiveChanged::Deleted { group, position: message };
                self.put(at, ServerFrame::LiveChange(LiveChange { what, ..change }));
            }
        }
    }

    fn put(&mut self, at: usize, frame: ServerFrame) {
        if let Some((_, live)) = self.entries.get_mut(at) {
            let frame = frame.encode();
            self.bytes = self.bytes - live.frame.len() + frame.len();
            live.frame = frame;
        }
    }

    /// Lets go of what is too old.
    pub(super) fn expire(&mut self, now: Mono) {
        while self.entries.front().is_some_and(|(at, _)| now.since(*at) > self.limits.window) {
            self.evict();
        }
    }

    fn evict(&mut self) {
        let Some((_, live)) = self.entries.pop_front() else { return };
        self.bytes -= live.frame.len();
        self.floors[live.priority] = live.seq;
    }
}
