//! How far a run is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bim_types::{PerPriority, Priority};

use super::outcome::{Latencies, Quantiles};
use crate::load::{Clock, Histogram, Ledger};

/// How far a run is. Told to everyone through a watch channel.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// Not all have entered.
    Gathering,
    /// Senders send.
    Running,
    /// Senders wait for the verdicts that are out.
    Ending,
    /// This was accepted; everyone reads until it is accounted for.
    Settling(Arc<Ledger>),
    /// Leave.
    Over,
}

/// What everyone adds to.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    /// Of viewers that read, from this time of sending on.
    latencies: PerPriority<Histogram>,
    /// How long verdicts take in another group.
    pub(super) beside: Histogram,
    measured_from: AtomicU64,
    delivered: AtomicU64,
    /// Whose account is full.
    pub(super) settled: AtomicUsize,
}

impl Shared {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            latencies: PerPriority::default(),
            beside: Histogram::default(),
            measured_from: AtomicU64::new(u64::MAX),
            delivered: AtomicU64::new(0),
            settled: AtomicUsize::new(0),
        }
    }

    /// From now on, latencies count of what is sent after this time.
    pub(super) fn measure_from(&self, at: Duration) {
        self.measured_from.store(u64::try_from(at.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts a message that was sent at this time and came now.
    pub(super) fn came(&self, class: Priority, sent: Duration) {
        if sent.as_micros() >= u128::from(self.measured_from.load(Ordering::Relaxed)) {
            self.latencies[class].add(self.clock.now().saturating_sub(sent));
        }
    }

    /// Counts deliveries.
    pub(super) fn delivered(&self, messages: u64) {
        self.delivered.fetch_add(messages, Ordering::Relaxed);
    }

    /// Deliveries so far.
    pub(super) fn deliveries(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// What was measured so far.
    pub(super) fn quantiles(&self) -> Latencies {
        let (all, mut classes) = (Histogram::default(), PerPriority::default());
        for class in Priority::ALL {
            classes[class] = quantiles_of(&self.latencies[class]);
            all.absorb(&self.latencies[class]);
        }
        Latencies { classes, all: quantiles_of(&all), beside: quantiles_of(&self.beside) }
    }
}

fn quantiles_of(histogram: &Histogram) -> Quantiles {
    [0.5, 0.99, 0.999].map(|part| histogram.quantile(part))
}
