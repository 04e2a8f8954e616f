//! Taps on their way to the server.

use std::collections::BTreeMap;

use bim_types::limits::{COUNTERS_MAX, COUNTERS_PER_BATCH_MAX, TAPS_PER_BATCH_MAX};
use bim_types::{ClientMessageId, ErrorCode, Refusal};

use super::{check_amount, check_name, in_turn};

/// What is sent at once, and again until it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapBatch {
    /// Its idempotency key.
    pub id: ClientMessageId,
    /// What to add: 1 to [`COUNTERS_PER_BATCH_MAX`] counters, 1 to [`TAPS_PER_BATCH_MAX`] each.
    pub taps: BTreeMap<String, u64>,
}

/// Adds the taps of one group up, and has one batch of them on its way at a time. Nothing is ever lost
/// silently: what is not taken is refused, and what the server refuses for good is handed back.
#[derive(Clone, Debug, Default)]
pub struct TapGatherer {
    waiting: BTreeMap<String, u64>,
    in_flight: Option<TapBatch>,
    /// The last counter that had its turn.
    sent_last: String,
}

impl TapGatherer {
    /// Adds to a counter.
    ///
    /// # Errors
    ///
    /// Nothing is added then. [`ErrorCode::InvalidRequest`] for an amount of zero, and for a name of other
    /// than 1 to 64 bytes; [`ErrorCode::OutboxFull`] when [`COUNTERS_MAX`] other counters wait, or when the
    /// amount that waits can not be counted any more.
    pub fn tap(&mut self, name: &str, amount: u64) -> Result<(), Refusal> {
        check_name(name)?;
        check_amount(amount, u64::MAX)?;
        if let Some(waiting) = self.waiting.get_mut(name) {
            let full =
                || Refusal::new(ErrorCode::OutboxFull).hint("taps of one counter that wait to be sent");
            *waiting = waiting.checked_add(amount).ok_or_else(full)?;
            return Ok(());
        }
        if self.waiting.len() >= COUNTERS_MAX {
            return Err(Refusal::new(ErrorCode::OutboxFull)
                .hint("counters whose taps wait to be sent")
                .limit(COUNTERS_MAX as u64));
        }
        self.waiting.insert(name.to_owned(), amount);
        Ok(())
    }

    /// The next batch to send, which gets this id; `None` while one is on its way, and when nothing waits. What
    /// does not fit the batch waits for the next; each counter has its turn.
    pub fn next_batch(&mut self, id: ClientMessageId) -> Option<&TapBatch> {
        if self.in_flight.is_some() || self.waiting.is_empty() {
            return None;
        }
        let names = in_turn(self.waiting.keys(), &self.sent_last, COUNTERS_PER_BATCH_MAX);
        if let Some(last) = names.last() {
            self.sent_last.clone_from(last);
        }
        let taps = names.into_iter().filter_map(|name| self.take(name)).collect();
        Some(self.in_flight.insert(TapBatch { id, taps }))
    }

    /// The batch that is on its way, to be sent again: after a reconnect, or after a refusal that may pass.
    #[must_use]
    pub fn resend(&self) -> Option<&TapBatch> {
        self.in_flight.as_ref()
    }

    /// The server has added a batch. Returns whether it was the one on its way; another changes nothing.
    pub fn on_done(&mut self, id: ClientMessageId) -> bool {
        self.in_flight.take_if(|batch| batch.id == id).is_some()
    }

    /// The server has refused a batch. One that may succeed later stays on its way under the same id, since an
    /// earlier copy of it may have been added; another is given up, and what was in it is returned. A batch
    /// that is not on its way changes nothing.
    pub fn on_refused(&mut self, id: ClientMessageId, retryable: bool) -> Option<BTreeMap<String, u64>> {
        if retryable {
            return None;
        }
        self.in_flight.take_if(|batch| batch.id == id).map(|batch| batch.taps)
    }

    /// What waits for the next batches.
    #[must_use]
    pub fn waiting(&self) -> &BTreeMap<String, u64> {
        &self.waiting
    }

    /// Whether everything was sent and answered.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_none()
    }

    /// Takes as much of a counter as one batch may hold.
    fn take(&mut self, name: String) -> Option<(String, u64)> {
        let waiting = self.waiting.get_mut(&name)?;
        let taken = (*waiting).min(TAPS_PER_BATCH_MAX);
        *waiting -= taken;
        if *waiting == 0 {
            self.waiting.remove(&name);
        }
        Some((name, taken))
    }
}
