//! Counters of live groups, for likes and gifts: both ends.
//!
//! ```text
//! tap, tap, tap ──► TapGatherer ──batch, with an id──► log (each id once) ──► Counters ──► pulse
//!                        ▲ resend until answered              ▲ replayed after a restart
//! ```
//!
//! * [`TapGatherer`] — the client's end: adds taps up and has one batch on its way at a time.
//! * [`Counters`] — the server's end: the sums, and how far in the log they reach.
//!
//! That a batch counts once, however often it is sent, is the log's doing: it appends each batch id once. Here
//! is what adds up, and what may be added.

mod gatherer;

#[cfg(test)]
mod counters_test;
#[cfg(test)]
mod model_test;

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::stored::StoredLiveCounters;
use bim_types::limits::{COUNTERS_PER_BATCH_MAX, MARK_BYTES_MAX, TAPS_PER_BATCH_MAX};
use bim_types::{ErrorCode, Refusal, Seq};

pub use gatherer::{TapBatch, TapGatherer};

/// Counters that one pulse tells. More wait for the next one; each has its turn.
pub const COUNTERS_PER_PULSE_MAX: usize = 128;

/// The counters of one live group: sums by name, and the last batch of taps that is in them.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Zero: a name that a batch on its way to the log will use.
    sums: BTreeMap<String, u64>,
    through: Seq,
    untold: BTreeSet<String>,
    /// The last name that a pulse told.
    told_last: String,
}

impl Counters {
    /// The counters as they were stored. What the log has after [`Counters::through`] is to be applied.
    #[must_use]
    pub fn new(stored: StoredLiveCounters) -> Self {
        Self { sums: stored.counters, through: stored.through, ..Self::default() }
    }

    /// Whether these taps may be added, in a room of at most `most` counters.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidRequest`] for too few or too many counters, for names and for amounts out of their
    /// range; [`ErrorCode::TouchLimit`] when there would be more than `most` counters.
    pub fn check(&self, taps: &BTreeMap<String, u64>, most: usize) -> Result<(), Refusal> {
        if !(1..=COUNTERS_PER_BATCH_MAX).contains(&taps.len()) {
            return Err(invalid("counters in one batch: expected 1 to 16", COUNTERS_PER_BATCH_MAX as u64));
        }
        taps.iter().try_for_each(|(name, amount)| {
            check_name(name)?;
            check_amount(*amount, TAPS_PER_BATCH_MAX)
        })?;
        let new = taps.keys().filter(|name| !self.sums.contains_key(*name)).count();
        if new > 0 && self.sums.len() + new > most {
            return Err(Refusal::new(ErrorCode::TouchLimit)
                .hint("counters of one live group")
                .limit(most as u64));
        }
        Ok(())
    }

    /// Keeps places for the counters of a batch that was checked and is now given to the log, so that batches
    /// on their way can not make more counters than allowed. The places stay taken when the log fails.
    pub fn reserve(&mut self, taps: &BTreeMap<String, u64>) {
        for name in taps.keys() {
            if !self.sums.contains_key(name) {
                self.sums.insert(name.clone(), 0);
            }
        }
    }

    /// Adds a batch that the log gave a number. Batches come in order; one that is in already changes nothing.
    /// Sums end at `u64::MAX`. Returns whether it was added.
    pub fn apply(&mut self, seq: Seq, taps: &BTreeMap<String, u64>) -> bool {
        if seq <= self.through {
            return false;
        }
        self.through = seq;
        for (name, amount) in taps {
            let sum = self.sums.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*amount);
            self.untold.insert(name.clone());
        }
        true
    }

    /// Whether a pulse has counters to tell.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        !self.untold.is_empty()
    }

    /// The counters that changed since they were told last, as they stand; at most
    /// [`COUNTERS_PER_PULSE_MAX`].
    pub fn take_changed(&mut self) -> BTreeMap<String, u64> {
        let names = in_turn(self.untold.iter(), &self.told_last, COUNTERS_PER_PULSE_MAX);
        for name in &names {
            self.untold.remove(name);
        }
        if let Some(last) = names.last() {
            self.told_last.clone_from(last);
        }
        self.values_of(&names)
    }

    /// All counters.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, u64> {
        let counted = self.sums.iter().filter(|(_, sum)| **sum > 0);
        counted.map(|(name, sum)| (name.clone(), *sum)).collect()
    }

    /// Some counters, as the answer to a batch. Unknown names are left out.
    pub fn values_of<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> BTreeMap<String, u64> {
        let sum =
            |name: &'a String| self.sums.get(name).filter(|sum| **sum > 0).map(|sum| (name.clone(), *sum));
        names.into_iter().filter_map(sum).collect()
    }

    /// What is to be stored, so that the log need not be read from its beginning.
    #[must_use]
    pub fn snapshot(&self) -> StoredLiveCounters {
        StoredLiveCounters { counters: self.values(), through: self.through }
    }

    /// The number of the last batch that is in the sums.
    #[must_use]
    pub fn through(&self) -> Seq {
        self.through
    }
}

/// Some names, beginning after the one that had its turn last.
fn in_turn<'a>(names: impl Iterator<Item = &'a String>, last: &str, most: usize) -> Vec<String> {
    let (before, after): (Vec<&String>, Vec<&String>) = names.partition(|name| name.as_str() <= last);
    after.into_iter().chain(before).take(most).cloned().collect()
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if (1..=MARK_BYTES_MAX).contains(&name.len()) {
        Ok(())
    } else {
        Err(invalid("bytes of a counter's name: expected 1 to 64", MARK_BYTES_MAX as u64))
    }
}

fn check_amount(amount: u64, most: u64) -> Result<(), Refusal> {
    if (1..=most).contains(&amount) {
        Ok(())
    } else {
        Err(invalid("amount to add to a counter: expected at least 1 and at most the limit", most))
    }
}

fn invalid(hint: &'static str, limit: u64) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest).hint(hint).limit(limit)
}
