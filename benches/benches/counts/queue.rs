//! The fan-out plane without its tasks: messages that were accepted together become one batch, which goes into the queue of each
//! viewer and leaves it again.

use std::hint::black_box;
use std::sync::Arc;

use bim_benches::Counts;
use bim_server_core::queue::{LiveBatch, LiveFrame, QueueLimits, ViewerQueue};
use bim_types::{AppId, GroupKey, Priority, Seq};
use bytes::Bytes;

use crate::by_hand::{BODY_BYTES, encoded, group_id, push};
use crate::cost;

const VIEWERS: u64 = 1_000;

/// Messages that were accepted together.
const BATCH: u64 = 32;

const BATCHES: u64 = 50;

pub(crate) fn count(counts: &mut Counts) {
    let deliveries = VIEWERS * BATCH * BATCHES;
    let name = format!("fan-out plane/batches of {BATCH}, {BODY_BYTES} B, {VIEWERS} viewers");
    counts.measure(&name, deliveries, BODY_BYTES, || {
        let (batches, mut queues) = (frames(), queues());
        cost(|| {
            for frames in batches {
                let batch = Arc::new(LiveBatch::new(frames));
                for queue in &mut queues {
                    queue.push_batch(&batch).expect("there is room");
                    let popped = queue.pop_batch().expect("it leaves whole");
                    assert_eq!(black_box(popped).frames().len() as u64, BATCH);
                }
            }
        })
    });
    let name = format!("fan-out plane/one by one, {BODY_BYTES} B, {VIEWERS} viewers");
    counts.measure(&name, deliveries, BODY_BYTES, || {
        let (batches, mut queues) = (frames(), queues());
        cost(|| {
            for live in batches.into_iter().flatten() {
                for queue in &mut queues {
                    queue.push_live(live.clone()).expect("there is room");
                    assert!(black_box(queue.pop()).is_some());
                }
            }
        })
    });
    let name = format!("fan-out plane/make a batch of {BATCH}, {BODY_BYTES} B");
    counts.measure(&name, BATCH * BATCHES, BODY_BYTES, || {
        let batches = frames();
        cost(|| batches.into_iter().for_each(|frames| drop(black_box(Arc::new(LiveBatch::new(frames))))))
    });
}

fn queues() -> Vec<ViewerQueue> {
    (0..VIEWERS).map(|_| ViewerQueue::new(QueueLimits::default())).collect()
}

fn frames() -> Vec<Vec<LiveFrame>> {
    let group = GroupKey { app: AppId::new(1).expect("not zero"), group: group_id() };
    let live =
        |(frame, seq): (Bytes, u64)| LiveFrame { group, priority: Priority::Normal, seq: Seq(seq), frame };
    let all = encoded(BATCH * BATCHES, |seq| push(group_id(), seq).encode());
    let all: Vec<LiveFrame> = all.into_iter().zip(1..).map(live).collect();
    all.chunks(BATCH as usize).map(<[LiveFrame]>::to_vec).collect()
}
