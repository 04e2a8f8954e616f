//! Messages on their way to the shards, by group.

use std::sync::Arc;

use bim_server_core::queue::{LiveBatch, LiveFrame};
use bim_types::GroupKey;

/// Messages of one group that become one batch. One more, and the batch leaves.
const BATCH_MESSAGES_MAX: usize = 256;

/// Bytes of one group that become one batch. When as many are there, the batch leaves.
const BATCH_BYTES_MAX: usize = 64 * 1024;

/// What is sent to groups next. So a batch grows with the load, and an idle server sends each message at once.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    groups: Vec<(GroupKey, Gathered)>,
}

#[derive(Debug, Default)]
struct Gathered {
    frames: Vec<LiveFrame>,
    bytes: usize,
}

impl Gathering {
    /// Takes a message. Gives the batch of its group when that is full.
    pub(super) fn add(&mut self, live: LiveFrame) -> Option<Arc<LiveBatch>> {
        let group = live.group;
        let place = self.groups.iter().rposition(|(known, _)| *known == group);
        let place = place.unwrap_or_else(|| {
            self.groups.push((group, Gathered::default()));
            self.groups.len() - 1
        });
        let (_, gathered) = self.groups.get_mut(place)?;
        gathered.bytes += live.frame.len();
        gathered.frames.push(live);
        let is_full = gathered.frames.len() >= BATCH_MESSAGES_MAX || gathered.bytes >= BATCH_BYTES_MAX;
        is_full.then(|| self.groups.swap_remove(place).1.into_batch())
    }

    /// Whether nothing was gathered.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// What was gathered of one group.
    pub(super) fn take(&mut self, group: GroupKey) -> Option<Arc<LiveBatch>> {
        let place = self.groups.iter().position(|(known, _)| *known == group)?;
        Some(self.groups.swap_remove(place).1.into_batch())
    }

    /// What was gathered of some group.
    pub(super) fn take_any(&mut self) -> Option<Arc<LiveBatch>> {
        self.groups.pop().map(|(_, gathered)| gathered.into_batch())
    }
}

impl Gathered {
    fn into_batch(self) -> Arc<LiveBatch> {
        Arc::new(LiveBatch::new(self.frames))
    }
}

#[cfg(test)]
mod tests {
    use bim_types::{AppId, ConversationShortId, Priority, Seq};
    use bytes::Bytes;

    use super::*;

    fn live(group: i64, seq: u64, bytes: usize) -> LiveFrame {
        let group = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(group).unwrap() };
        LiveFrame { group, priority: Priority::Low, seq: Seq(seq), frame: vec![0; bytes].into() }
    }

    fn numbers(batch: &LiveBatch) -> Vec<u64> {
        batch.frames().iter().map(|live| live.seq.0).collect()
    }

    #[test]
    fn each_group_has_a_batch_of_its_own_in_the_order_of_its_numbers() {
        let mut gathering = Gathering::default();
        for (group, seq) in [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3)] {
            assert!(gathering.add(live(group, seq, 10)).is_none());
        }
        assert_eq!(numbers(&gathering.take(live(1, 0, 0).group).unwrap()), [1, 2, 3]);
        assert_eq!(numbers(&gathering.take_any().unwrap()), [1, 2]);
        assert!(gathering.take_any().is_none());
    }

    #[test]
    fn a_full_batch_leaves_at_once() {
        let mut gathering = Gathering::default();
        let batch = (1..=256).find_map(|seq| gathering.add(live(1, seq, 10))).unwrap();
        assert_eq!(batch.frames().len(), BATCH_MESSAGES_MAX);
        let batch = (1..=64).find_map(|seq| gathering.add(live(1, seq, 40_000))).unwrap();
        assert_eq!((batch.frames().len(), batch.wire().bytes()), (2, 80_000));
        assert_eq!(Bytes::len(&batch.wire().frames()[0]), 40_000);
    }
}
