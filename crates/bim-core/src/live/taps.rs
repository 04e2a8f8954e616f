//! Taps of counters, gathered and sent a few times a second.
//!
//! ```text
//!   tap, tap, tap ─► gathered ─ every 500 ms, while in the group ─► batch ─► outbox ─► counted
//!                                                                     ▲           │ lost, refused for now
//!                                                                     └─ same id ─┘
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use bim_livegroup::counters::{TapBatch, TapGatherer};
use bim_proto::{RequestBody, Taps as TapsRequest};
use bim_types::limits::TAP_INTERVAL;
use bim_types::{ClientMessageId, ConversationShortId, Entropy, ErrorCode, Mono, Refusal};

use super::{LiveGroups, tell_lost};
use crate::backoff::ASKED_DELAY_MAX;
use crate::event::LiveEvent;
use crate::machine::Outputs;

/// The taps of one group on their way to the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Taps {
    gatherer: TapGatherer,
    /// What waits is sent at this time.
    due: Mono,
    /// Whether a batch is with the outbox, which repeats it by itself on a new connection.
    under_way: bool,
}

impl Taps {
    fn tap(&mut self, now: Mono, counter: &str, amount: u64) -> Result<(), Refusal> {
        let idle = self.gatherer.is_idle();
        self.gatherer.tap(counter, amount)?;
        if idle {
            self.due = self.due.max(now + TAP_INTERVAL);
        }
        Ok(())
    }

    fn due(&self) -> Option<Mono> {
        (!self.under_way && !self.gatherer.is_idle()).then_some(self.due)
    }

    /// The next batch, or the last one again, if there is one to send.
    fn next(&mut self, now: Mono, entropy: &mut Entropy) -> Option<TapBatch> {
        self.due()?;
        if self.gatherer.resend().is_none() {
            let id = (u128::from(entropy.bits()) << 64) | u128::from(entropy.bits());
            self.gatherer.next_batch(ClientMessageId::new(id));
        }
        let batch = self.gatherer.resend()?.clone();
        self.under_way = true;
        self.due = now + TAP_INTERVAL;
        Some(batch)
    }

    fn has_sent(&self, id: ClientMessageId) -> bool {
        self.gatherer.resend().is_some_and(|batch| batch.id == id)
    }

    fn on_done(&mut self, id: ClientMessageId) {
        if self.gatherer.on_done(id) {
            self.under_way = false;
        }
    }

    /// Takes a refusal of the batch that was sent. Says whether it is kept and sent again.
    fn on_refused(&mut self, now: Mono, id: ClientMessageId, retry: Option<Duration>) -> bool {
        if !self.has_sent(id) {
            return false;
        }
        self.under_way = false;
        match retry {
            Some(after) => self.due = self.due.max(now + after),
            None => drop(self.gatherer.on_refused(id, false)),
        }
        retry.is_some()
    }

    /// What was not sent yet. A batch that was is answered for itself.
    pub(super) fn lost_with_membership(&self) -> BTreeMap<String, u64> {
        let mut lost = self.gatherer.waiting().clone();
        if !self.under_way {
            self.add_sent(&mut lost);
        }
        lost
    }

    /// What was not sent, or not answered.
    pub(super) fn lost_with_session(&self) -> BTreeMap<String, u64> {
        let mut lost = self.gatherer.waiting().clone();
        self.add_sent(&mut lost);
        lost
    }

    fn add_sent(&self, lost: &mut BTreeMap<String, u64>) {
        for (counter, amount) in self.gatherer.resend().into_iter().flat_map(|batch| &batch.taps) {
            let sum = lost.entry(counter.clone()).or_default();
            *sum = sum.saturating_add(*amount);
        }
    }
}

impl LiveGroups {
    /// Adds to a counter. What is refused is told as an event too: nobody waits for the answer to a tap.
    pub(crate) fn on_tap(
        &mut self,
        now: Mono,
        group: ConversationShortId,
        counter: &str,
        amount: u64,
    ) -> Result<(), Refusal> {
        let room = self.rooms.get_mut(&group).filter(|room| room.viewer.cursor().is_some());
        let not_in = || Refusal::new(ErrorCode::UserNotInGroup).hint("join the live group first");
        room.ok_or_else(not_in)?.taps.tap(now, counter, amount)
    }

    /// The counters of a group as the client knows them.
    pub(crate) fn counters(&self, group: ConversationShortId) -> Result<BTreeMap<String, u64>, Refusal> {
        let room = self.rooms.get(&group).filter(|room| room.viewer.cursor().is_some());
        let not_in = || Refusal::new(ErrorCode::UserNotInGroup).hint("join the live group first");
        room.map(|room| room.counters().clone()).ok_or_else(not_in)
    }

    /// When taps are to be sent, while there is a connection.
    pub(crate) fn taps_due(&self) -> Option<Mono> {
        let joined = self.rooms.values().filter(|room| room.viewer.is_joined());
        joined.filter_map(|room| room.taps.due()).min()
    }

    /// The batches of taps that are to be sent now.
    pub(crate) fn due_taps(&mut self, now: Mono, entropy: &mut Entropy) -> Vec<RequestBody> {
        let due = self
            .rooms
            .iter_mut()
            .filter(|(_, room)| room.viewer.is_joined() && room.taps.due().is_some_and(|due| now >= due));
        due.filter_map(|(group, room)| Some(request(*group, room.taps.next(now, entropy)?))).collect()
    }

    /// What was gathered of one group, at once: it is about to be left.
    pub(crate) fn last_taps(
        &mut self,
        now: Mono,
        group: ConversationShortId,
        entropy: &mut Entropy,
    ) -> Option<RequestBody> {
        let room = self.rooms.get_mut(&group)?;
        Some(request(group, room.taps.next(now, entropy)?))
    }

    /// A batch was counted.
    pub(super) fn on_taps_done(
        &mut self,
        taps: &TapsRequest,
        counters: &BTreeMap<String, u64>,
        out: &mut Outputs,
    ) {
        let group = taps.group;
        let Some(room) = self.rooms.get_mut(&group) else { return };
        room.taps.on_done(taps.batch_id);
        if room.viewer.cursor().is_none() {
            // It belongs to an earlier stay, and the answer to the join tells the counters.
            return;
        }
        let counters = room.raise_counters(counters);
        if !counters.is_empty() {
            out.live(LiveEvent::CountersChanged { group, counters });
        }
    }

    /// A batch was refused, or got no answer. What may succeed later is sent again under the same id.
    pub(super) fn on_taps_refused(
        &mut self,
        now: Mono,
        taps: &TapsRequest,
        refusal: Refusal,
        out: &mut Outputs,
    ) {
        let wait = || refusal.retry_after.unwrap_or_default().min(ASKED_DELAY_MAX).max(TAP_INTERVAL);
        let retry = refusal.code.is_retryable().then(wait);
        let room = self.rooms.get_mut(&taps.group);
        if !room.is_some_and(|room| room.taps.on_refused(now, taps.batch_id, retry)) {
            tell_lost(taps.group, taps.taps.clone(), refusal, out);
        }
    }
}

fn request(group: ConversationShortId, TapBatch { id, taps }: TapBatch) -> RequestBody {
    RequestBody::TapLiveCounters(TapsRequest { group, batch_id: id, taps })
}
