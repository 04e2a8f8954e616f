//! What a room remembers of its senders, bounded.

use std::collections::BTreeMap;

use bim_types::{Mono, Uid};

use super::bucket::{Bucket, Rate};
use super::fair::{Share, WINDOW};
use super::slow_mode::LastSlowed;

/// Senders a room remembers. A sender who is idle is forgotten when the place is needed, which changes nothing
/// for that sender. When all are active, a new sender counts as one with no history: it has a full budget of
/// its own, does not count as a contender, and waits for nobody but the room. An entry takes about 250 bytes at
/// most, so a room at most 16 MiB.
pub const SENDERS_MAX: usize = 65_536;

/// Senders remembered before idle ones are looked for.
const SENDERS_BEFORE_SWEEP: usize = 4_096;

/// What a room remembers of one sender.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender {
    pub(super) own: Bucket,
    pub(super) high: Share,
    pub(super) shared: Share,
    pub(super) slowed: LastSlowed,
}

/// The senders of a room.
#[derive(Debug)]
pub(super) struct Senders {
    rate: Rate,
    known: BTreeMap<Uid, Sender>,
    most: usize,
    before_sweep: usize,
    swept_at: Option<Mono>,
}

impl Senders {
    pub(super) fn new(rate: Rate) -> Self {
        Self::bounded(rate, SENDERS_MAX, SENDERS_BEFORE_SWEEP)
    }

    pub(super) fn bounded(rate: Rate, most: usize, before_sweep: usize) -> Self {
        Self { rate, known: BTreeMap::new(), most, before_sweep, swept_at: None }
    }

    /// A sender with no history.
    pub(super) fn stranger(&self, now: Mono) -> Sender {
        Sender {
            own: Bucket::full(self.rate, now),
            high: Share::default(),
            shared: Share::default(),
            slowed: LastSlowed::default(),
        }
    }

    /// What is known of the sender, from now on at the latest; `None` when there is no place.
    pub(super) fn remember(&mut self, now: Mono, uid: &Uid) -> Option<&mut Sender> {
        if !self.known.contains_key(uid) {
            self.sweep(now);
            if self.known.len() >= self.most {
                return None;
            }
            self.known.insert(uid.clone(), self.stranger(now));
        }
        self.known.get_mut(uid)
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Forgets those who are idle, when there are many, and at most once a second: it looks at all of them.
    fn sweep(&mut self, now: Mono) {
        let is_due = self.swept_at.is_none_or(|swept_at| now.since(swept_at) >= WINDOW);
        if is_due && self.known.len() >= self.before_sweep.min(self.most) {
            self.known.retain(|_, sender| !sender.is_idle(now));
            self.swept_at = Some(now);
        }
    }
}

impl Sender {
    fn is_idle(&mut self, now: Mono) -> bool {
        self.own.is_full(now)
            && self.high.is_idle(now)
            && self.shared.is_idle(now)
            && self.slowed.is_idle(now)
    }
}
