//! The counters of a live group: each batch of taps is a record of a log, and so counts once.

use std::collections::BTreeMap;

use bim_livegroup::authority::Operation;
use bim_proto::stored::StoredTaps;
use bim_proto::{ResponseBody, Taps};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, Expected, IdempotencyKey, LogOp, LogOutcome, Put,
    RecordKey, Trim,
};
use bim_types::{Defect, ErrorCode, GroupKey, Now, Seq, Wall};
use sha2::{Digest, Sha256};

use super::groups::store_refusal;
use super::recall;
use crate::engine::Engine;
use crate::io::StoreFailure;
use crate::ops::{Asker, PendingWrite};

impl Engine {
    pub(super) fn tap_counters(&mut self, now: Now, key: GroupKey, asker: Asker, batch: Taps) {
        let Some(actor) = self.actor(asker) else { return };
        let most = self.config.counters_per_group;
        let writable = self.check_writable();
        let Some(active) = self.rooms.active(key) else { return };
        let checked = active.room.permit(Operation::Tap, &actor).and(writable);
        if let Err(refusal) = checked.and_then(|()| active.counters.check(&batch.taps, most)) {
            return self.respond(asker, Err(refusal));
        }
        active.counters.reserve(&batch.taps);
        active.appending += 1;
        let record = StoredTaps { taps: batch.taps.clone() }.encode();
        let digest = Sha256::digest(&record);
        let idempotency = IdempotencyKey {
            sender: actor.uid,
            device: actor.device,
            client_id: batch.batch_id,
            content: *digest.first_chunk().expect("a SHA-256 has 32 bytes"),
        };
        let idempotency = Some(idempotency).filter(|_| !Defect::TapsTwice.is_planted());
        let entry = AppendEntry { idempotency, at: now.wall, record };
        let append =
            Append { stream: recall::taps(key), condition: AppendCondition::Any, entries: vec![entry] };
        let pending = PendingWrite::Taps { asker, key, taps: batch.taps };
        self.ops.write(&mut self.out, vec![LogOp::Append(append)], pending);
    }

    pub(crate) fn on_taps_written(
        &mut self,
        asker: Asker,
        key: GroupKey,
        taps: &BTreeMap<String, u64>,
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        let Some(active) = self.rooms.active(key) else {
            return self.respond(asker, Err(ErrorCode::UserNotInGroup.into()));
        };
        active.appending = active.appending.saturating_sub(1);
        let appended = match result.as_deref() {
            Ok([LogOutcome::Appended(entries)]) => entries.first().copied(),
            Ok(_) => None,
            Err(failure) => return self.respond(asker, Err(store_refusal(*failure))),
        };
        let body = match appended {
            Some(AppendOutcome::Conflict(_)) => Err(ErrorCode::IdempotencyConflict.into()),
            None => Err(ErrorCode::InternalError.into()),
            Some(AppendOutcome::New(seq)) => {
                active.counters.apply(seq, taps);
                Ok(ResponseBody::LiveCounters(active.counters.values_of(taps.keys())))
            }
            Some(AppendOutcome::Duplicate(_)) => {
                Ok(ResponseBody::LiveCounters(active.counters.values_of(taps.keys())))
            }
        };
        self.respond(asker, body);
    }

    /// Keeps the sums, so that a restart need not add up what is older, and removes messages and taps from
    /// before some time. One commit: no tap is removed that is not in the sums that are kept.
    pub(super) fn keep_house(&mut self, key: GroupKey, before: Option<Wall>) {
        if self.check_writable().is_err() {
            return;
        }
        let Some(active) = self.rooms.active(key).filter(|active| !active.ending) else { return };
        let through = active.counters.through();
        let mut ops = Vec::new();
        if through > active.counters_kept {
            let value = Some(active.counters.snapshot().encode());
            let record = RecordKey::LiveCounters(key.app, key.group);
            ops.push(LogOp::Put(Put { key: record, expected: Expected::Any, value }));
        }
        if let Some(before) = before {
            let streams = [recall::messages(key), recall::taps(key)];
            ops.extend(streams.map(|stream| LogOp::Trim(Trim { stream, before })));
        }
        if !ops.is_empty() {
            self.ops.write(&mut self.out, ops, PendingWrite::Upkeep { key, through });
        }
    }

    pub(crate) fn on_upkeep_written(
        &mut self,
        key: GroupKey,
        through: Seq,
        result: &Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        if result.is_ok()
            && let Some(active) = self.rooms.active(key)
        {
            active.counters_kept = active.counters_kept.max(through);
        }
    }
}
