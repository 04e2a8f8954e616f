//! One direction of a link: frames on their way, in order.

use std::collections::VecDeque;
use std::time::Duration;

use bim_types::{Entropy, Mono};
use bytes::Bytes;

use super::config::LinkConfig;

/// What travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Frame(Bytes),
    /// Nothing comes after it.
    End,
}

/// One direction of a link. Frames are never reordered, repeated or torn: that is what a transport promises. What
/// can happen to them is that they take long, or that nothing arrives from some point on.
#[derive(Debug)]
pub(super) struct Pipe {
    config: LinkConfig,
    under_way: VecDeque<(Mono, Item)>,
    bytes: usize,
    last_due: Mono,
    pub(super) stalled_until: Mono,
    /// Bytes in a second, if the reader is slow.
    pub(super) rate: Option<u64>,
    /// Nothing arrives any more; what is sent stays under way and takes up the window.
    pub(super) dead: bool,
    /// Whether an arrival is on the agenda.
    pub(super) planned: bool,
    /// Nothing can be sent any more.
    ended: bool,
}

impl Pipe {
    pub(super) fn new(config: LinkConfig) -> Self {
        Self {
            config,
            under_way: VecDeque::new(),
            bytes: 0,
            last_due: Mono::ZERO,
            stalled_until: Mono::ZERO,
            rate: None,
            dead: false,
            planned: false,
            ended: false,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.bytes == 0 || self.bytes < self.config.window
    }

    /// What is sent after the end is lost.
    pub(super) fn push(&mut self, now: Mono, item: Item, dice: &mut Entropy) {
        if self.ended {
            return;
        }
        self.ended = item == Item::End;
        let size = item.size();
        let transfer = self.rate.map_or(Duration::ZERO, |rate| {
            Duration::from_micros((size as u64).saturating_mul(1_000_000) / rate.max(1))
        });
        let due = now + self.config.latency + dice.up_to(self.config.jitter);
        self.last_due = due.max(self.last_due) + transfer;
        self.bytes += size;
        self.under_way.push_back((self.last_due, item));
    }

    /// When the next item arrives, as things are.
    pub(super) fn next_due(&self) -> Option<Mono> {
        let (due, _) = self.under_way.front().filter(|_| !self.dead)?;
        Some((*due).max(self.stalled_until))
    }

    pub(super) fn take(&mut self, now: Mono) -> Option<Item> {
        if self.next_due()? > now {
            return None;
        }
        let (_, item) = self.under_way.pop_front()?;
        self.bytes -= item.size();
        Some(item)
    }

    /// The link is cut: of what is under way, so many frames still arrive and no more.
    pub(super) fn cut(&mut self, keep: usize) {
        self.under_way.retain(|(_, item)| *item != Item::End);
        self.under_way.truncate(keep);
        self.ended = false;
        self.bytes = self.under_way.iter().map(|(_, item)| item.size()).sum();
    }

    /// Whatever slowed it down is over, also what did when it was opened; what is under way arrives now.
    pub(super) fn calm(&mut self, now: Mono, latency: Duration) {
        (self.rate, self.stalled_until, self.config.latency) = (None, now, latency);
        for (due, _) in &mut self.under_way {
            *due = now.min(*due);
        }
        self.last_due = now.min(self.last_due);
    }

    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }
}

impl Item {
    fn size(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.len(),
            Self::End => 0,
        }
    }
}
