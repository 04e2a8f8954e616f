//! What came of a run.

use std::time::Duration;

use bim_types::PerPriority;

use super::books::Books;
use crate::load::{Faults, Machine, Usage};

/// p50, p99 and p99.9.
pub(super) type Quantiles = [Duration; 3];

/// Everything about a run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) books: Books,
    pub(super) measured: Measured,
    pub(super) latencies: Latencies,
    pub(super) memory: Memory,
    pub(super) body_bytes: u64,
    /// From the first connection to the last join.
    pub(super) entered_in: Duration,
    pub(super) faults: Faults,
}

/// What was seen while senders sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) sent_for: Duration,
    pub(super) deliveries: u64,
    /// CPU time of the server.
    pub(super) server_cpu: Duration,
    /// CPU time of the load generator.
    pub(super) load_cpu: Duration,
    /// CPU time of everyone together, and all there was.
    pub(super) machine: Machine,
}

impl Measured {
    /// The part of the machine that somebody else used, 0 to 1.
    pub(super) fn others(&self) -> f64 {
        let others = self.machine.busy.saturating_sub(self.server_cpu).saturating_sub(self.load_cpu);
        others.as_secs_f64() / self.machine.all.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// How long it took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latencies {
    /// From sending to reading, of viewers that read.
    pub(super) classes: PerPriority<Quantiles>,
    /// The same, of all classes together.
    pub(super) all: Quantiles,
    /// Of verdicts in another group.
    pub(super) beside: Quantiles,
}

/// Memory of the server.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) base: Usage,
    pub(super) entered: Usage,
    pub(super) end: Usage,
    pub(super) cap: u64,
    /// How the cap comes about.
    pub(super) cap_in_words: String,
}
