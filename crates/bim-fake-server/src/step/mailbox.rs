//! The outbound queue of one connection of a stepped server.

use bim_server_core::queue::{LiveFrame, QueueLimits, QueueOverflow, ViewerQueue};
use bim_types::GroupKey;
use bytes::Bytes;

/// A [`ViewerQueue`], with the rules a server's shell adds to it: after an overflow only control frames are taken, so
/// that there is room to say why; when the connection closes, only control frames leave.
#[derive(Debug)]
pub(super) struct Mailbox {
    queue: ViewerQueue,
    limits: QueueLimits,
    /// Control frames in the queue. They leave before all others.
    control: usize,
    pub(super) overflowed: bool,
    pub(super) closing: bool,
}

impl Mailbox {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self { queue: ViewerQueue::new(limits), limits, control: 0, overflowed: false, closing: false }
    }

    /// `true` when that was too much.
    pub(super) fn push_control(&mut self, frame: Bytes) -> bool {
        if self.closing {
            return false;
        }
        let pushed = self.queue.push_control(frame);
        self.control += usize::from(pushed.is_ok());
        self.judge(pushed)
    }

    /// `true` when that was too much.
    pub(super) fn push_live(&mut self, live: LiveFrame) -> bool {
        if self.closing || self.overflowed {
            return false;
        }
        let pushed = self.queue.push_live(live);
        self.judge(pushed)
    }

    pub(super) fn push_replay(&mut self, live: LiveFrame) {
        if !self.closing && !self.overflowed {
            self.queue.push_replay(live);
        }
    }

    pub(super) fn forget_group(&mut self, group: GroupKey) {
        self.queue.forget_group(group);
    }

    pub(super) fn pop(&mut self) -> Option<Bytes> {
        if self.closing && self.control == 0 {
            return None;
        }
        self.control = self.control.saturating_sub(1);
        self.queue.pop()
    }

    /// Whether nothing more would leave.
    pub(super) fn is_empty(&self) -> bool {
        if self.closing { self.control == 0 } else { self.queue.is_empty() }
    }

    pub(super) fn has_replay(&self) -> bool {
        self.queue.has_replay()
    }

    /// Frames and bytes that wait, replay and gap markers aside.
    pub(super) fn load(&self) -> (usize, usize) {
        (self.queue.len(), self.queue.bytes())
    }

    fn judge(&mut self, pushed: Result<(), QueueOverflow>) -> bool {
        let first = pushed.is_err() && !self.overflowed;
        if pushed.is_err() {
            self.queue = ViewerQueue::new(self.limits);
            self.control = 0;
            self.overflowed = true;
        }
        first
    }
}
