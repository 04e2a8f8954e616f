//! Where the log of a stepped server lives.

use std::sync::Arc;

use bim_store::ServerLog;
use bim_store::memory::MemoryLog;
use bim_types::{Entropy, Epoch};

/// Where the log of a stepped server lives over its crashes.
pub trait Disk {
    /// Opens the log: what survived is in it.
    fn open(&mut self) -> Arc<dyn ServerLog>;

    /// The power is cut, or the process dies. What is not durable may be lost, in part, or torn; chance is drawn
    /// from `dice`.
    fn crash(&mut self, dice: &mut Entropy);
}

/// A log in memory that loses nothing it has committed.
#[derive(Debug)]
pub struct MemoryDisk {
    log: Arc<MemoryLog>,
}

impl Default for MemoryDisk {
    fn default() -> Self {
        Self { log: Arc::new(MemoryLog::new(Epoch(1))) }
    }
}

impl Disk for MemoryDisk {
    fn open(&mut self) -> Arc<dyn ServerLog> {
        Arc::clone(&self.log) as Arc<dyn ServerLog>
    }

    fn crash(&mut self, _dice: &mut Entropy) {}
}
