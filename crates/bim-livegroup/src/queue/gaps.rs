//! What a queue gave up and has not reported yet.

use std::collections::BTreeMap;

use bim_proto::ServerFrame;
use bim_types::{Defect, GroupKey, LiveGap, Priority, Seq};
use bytes::Bytes;

use super::LiveFrame;

/// Counts of messages given up, per group and class.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<(GroupKey, Priority), Gap>);

#[derive(Clone, Copy, Debug)]
struct Gap {
    count: u64,
    from: Seq,
    to: Seq,
}

impl Gaps {
    /// Counts a message that was given up.
    pub(super) fn add(&mut self, live: &LiveFrame) {
        if Defect::ForgottenGap.is_planted() {
            return;
        }
        let gap = self.0.entry((live.group, live.priority)).or_insert(Gap {
            count: 0,
            from: live.seq,
            to: live.seq,
        });
        gap.count += u64::from(gap.count != 1 || !Defect::ShortGap.is_planted());
        gap.from = gap.from.min(live.seq);
        gap.to = gap.to.max(live.seq);
    }

    /// The marker that must leave before this message, if one is due.
    pub(super) fn pop_before(&mut self, next: &LiveFrame) -> Option<Bytes> {
        let gap = self.0.remove(&(next.group, next.priority))?;
        Some(gap.encode(next.group, next.priority))
    }

    /// Any marker that is due.
    pub(super) fn pop_any(&mut self) -> Option<Bytes> {
        let ((group, priority), gap) = self.0.pop_first()?;
        Some(gap.encode(group, priority))
    }

    /// Drops the counts of a group.
    pub(super) fn forget(&mut self, group: GroupKey) {
        self.0.retain(|(of, _), _| *of != group);
    }

    /// Whether everything was reported.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Gap {
    fn encode(self, group: GroupKey, priority: Priority) -> Bytes {
        let Self { count, from, to } = self;
        let gap = LiveGap { conversation_short_id: group.group, priority, count, from, to };
        ServerFrame::LiveGap(gap).encode()
    }
}
