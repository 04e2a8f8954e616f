//! A batch on its way to every shard.

use std::sync::Arc;

use bim_server_core::queue::LiveBatch;
use tokio::time::Instant;

use super::pace::Pace;

/// Under way until every shard has let go of it.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(super) batch: Arc<LiveBatch>,
    start: Instant,
    pace: Arc<Pace>,
}

impl Sending {
    pub(super) fn new(batch: Arc<LiveBatch>, pace: Arc<Pace>) -> Self {
        pace.begin();
        Self { batch, start: Instant::now(), pace }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.pace.end(self.start, Instant::now());
    }
}
