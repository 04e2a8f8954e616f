//! Changes of a group's state: one at a time, each durable before anybody hears of it.
//!
//! A change is computed from the present state, written under the condition that the records are still those
//! of the present state, and then told to everyone in the group. What is asked meanwhile waits in order, and so
//! do messages of those whom the change concerns, and joins of those whom it removes: nothing is accepted from
//! them after it, and whoever it keeps out is not in.

use std::collections::BTreeSet;

use bim_livegroup::attributes::AttributePlan;
use bim_livegroup::room::{Actor, Edit, InfoPlan, Plan, Restraint};
use bim_proto::stored::{StoredLiveGroup, StoredLiveRoll};
use bim_proto::{ResponseBody, ServerFrame};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, Expected, LogOp, LogOutcome, Put, PutOutcome,
    RecordKey, Replace, StreamId,
};
use bim_types::{ErrorCode, GroupInfoChange, GroupKey, Now, Refusal, Seq, Uid};
use bytes::Bytes;

use super::active::ActiveRoom;
use super::groups::store_refusal;
use super::measures::Kept;
use super::{ROOM_RETRY, RoomRequest};
use crate::engine::Engine;
use crate::io::StoreFailure;
use crate::ops::{Asker, PendingWrite};

/// Requests of one group that wait for the change being written. More are refused as busy.
const CHANGES_WAITING_MAX: usize = 1_024;

/// A change on its way to the disk.
#[derive(Debug)]
pub(crate) enum Change {
    /// What is said about the group.
    Info(StoredLiveGroup),
    /// What owner and admins do.
    Measure(Actor, Box<Plan>),
    /// What a resident says about itself.
    MemberInfo(InfoPlan),
    /// Mutes and blocks that ended are not kept any more.
    Ended(StoredLiveRoll),
    /// Attributes.
    Attributes(AttributePlan),
    /// What a message says.
    Edit(Edit),
}

impl Change {
    /// Whose messages wait: of everyone to whom it does anything, so that what they may is decided after it.
    fn restrains(&self) -> Restraint {
        let Self::Measure(_, plan) = self else { return Restraint::Nobody };
        let named = plan.concerned.iter().cloned();
        match &plan.restrains {
            Restraint::Everyone => Restraint::Everyone,
            Restraint::Users(uids) => Restraint::Users(named.chain(uids.iter().cloned()).collect()),
            Restraint::Nobody => Restraint::Users(named.collect()),
        }
    }

    /// Who waits at the door: whoever is removed by it.
    fn bars(&self) -> BTreeSet<Uid> {
        match self {
            Self::Measure(_, plan) => plan.removed.iter().cloned().collect(),
            Self::Info(_) | Self::MemberInfo(_) | Self::Ended(_) | Self::Attributes(_) | Self::Edit(_) => {
                BTreeSet::new()
            }
        }
    }

    fn ops(&self, key: GroupKey, active: &ActiveRoom) -> Vec<LogOp> {
        let (group_version, roll_version) = active.room.record_versions();
        let group = |group: &StoredLiveGroup| {
            put(RecordKey::LiveGroup(key.app, key.group), group_version, Some(group.encode()))
        };
        let roll = |roll: &StoredLiveRoll| {
            put(RecordKey::LiveRoll(key.app, key.group), roll_version, Some(roll.encode()))
        };
        match self {
            Self::Info(stored) => vec![group(stored)],
            Self::Measure(_, plan) => {
                let mut ops: Vec<LogOp> = plan.group.as_ref().map(group).into_iter().collect();
                ops.extend(plan.roll.as_ref().map(roll));
                ops.extend(plan.residents.iter().map(|(uid, is_resident)| {
                    let key = RecordKey::LiveGroupOf(key.app, uid.clone(), key.group);
                    let value = is_resident.then(Bytes::new);
                    LogOp::Put(Put { key, expected: Expected::Any, value })
                }));
                ops
            }
            Self::Ended(stored) => vec![roll(stored)],
            Self::MemberInfo(plan) => plan.roll.as_ref().map(roll).into_iter().collect(),
            Self::Attributes(plan) => {
                let record = RecordKey::LiveAttributes(key.app, key.group);
                vec![put(record, active.attributes_version, Some(plan.next.encode()))]
            }
            Self::Edit(edit) => edit_ops(key, edit),
        }
    }
}

fn put(key: RecordKey, version: u64, value: Option<Bytes>) -> LogOp {
    let expected = if version == 0 { Expected::Absent } else { Expected::Version(version) };
    LogOp::Put(Put { key, expected, value })
}

fn edit_ops(key: GroupKey, edit: &Edit) -> Vec<LogOp> {
    let stream = StreamId::LiveGroup(key.app, key.group);
    let replace = Replace { stream, seq: edit.seq, record: edit.replacement.encode() };
    let notice = AppendEntry { idempotency: None, at: edit.notice.accepted_at, record: edit.notice.encode() };
    let append = Append { stream, condition: AppendCondition::Any, entries: vec![notice] };
    vec![LogOp::Replace(replace), LogOp::Append(append)]
}

/// What the disk made of a change: the new versions of its records, in the order of its operations, and the
/// number of the record it appended. `None` when a condition did not hold.
fn written(outcomes: &[LogOutcome]) -> Option<(Vec<u64>, Seq)> {
    let (mut versions, mut appended) = (Vec::new(), Seq::ZERO);
    for outcome in outcomes {
        match outcome {
            LogOutcome::Put(PutOutcome::Done(version)) => versions.push(*version),
            LogOutcome::Appended(entries) => match entries.first() {
                Some(AppendOutcome::New(seq)) => appended = *seq,
                _ => return None,
            },
            LogOutcome::Replaced(_) => {}
            _ => return None,
        }
    }
    Some((versions, appended))
}

impl Engine {
    /// Puts a request off while a change is being written that it has to wait for. Returns it when it need not.
    pub(super) fn put_off(
        &mut self,
        key: GroupKey,
        asker: Asker,
        request: RoomRequest,
    ) -> Option<RoomRequest> {
        let uid = self.sessions.user(asker.connection).map(|user| &user.uid);
        let is_held = |active: &ActiveRoom, uid: &Uid| match &request {
            RoomRequest::Leave => active.holds_request_of(asker.connection),
            RoomRequest::Join(_) => active.bars.contains(uid) || active.holds_request_of(asker.connection),
            request if request.is_message() => {
                active.restrains.holds_for(uid) || active.holds_request_of(asker.connection)
            }
            _ => false,
        };
        let waits = |active: &ActiveRoom| {
            active.changing && (request.is_change() || uid.is_some_and(|uid| is_held(active, uid)))
        };
        let Some(active) = self.rooms.active(key).filter(|active| waits(active)) else {
            return Some(request);
        };
        if active.changes.len() < CHANGES_WAITING_MAX {
            active.changes.push_back((asker, request));
        } else {
            self.refuse_for_now(key, asker, request);
        }
        None
    }

    /// Carries out what waited, up to the next change that is written.
    pub(super) fn next_change(&mut self, now: Now, key: GroupKey) {
        while let Some(active) = self.rooms.active(key).filter(|active| !active.changing) {
            let Some((asker, request)) = active.changes.pop_front() else { return };
            self.on_room_request(now, key, asker, request);
        }
    }

    /// Has a change written. Nothing of it has happened before [`Engine::on_change_written`].
    pub(super) fn write_change(&mut self, key: GroupKey, asker: Asker, change: Change) {
        if let Err(refusal) = self.check_writable() {
            return self.refuse_change(key, asker, &change, refusal);
        }
        let Some(active) = self.rooms.active(key) else { return };
        active.changing = true;
        active.restrains = change.restrains();
        active.bars = change.bars();
        if matches!(change, Change::Edit(_)) {
            active.appending += 1;
        }
        let ops = change.ops(key, active);
        self.ops.write(&mut self.out, ops, PendingWrite::Change { asker, key, change: Box::new(change) });
    }

    pub(crate) fn on_change_written(
        &mut self,
        now: Now,
        asker: Asker,
        key: GroupKey,
        change: Change,
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        let Some(active) = self.rooms.active(key) else { return };
        active.changing = false;
        active.restrains = Restraint::Nobody;
        active.bars.clear();
        let is_upkeep = matches!(change, Change::Ended(_));
        if matches!(change, Change::Edit(_)) {
            active.appending = active.appending.saturating_sub(1);
        }
        match result.map(|outcomes| written(&outcomes)) {
            Ok(Some((versions, appended))) => {
                self.carry_out(now, key, asker, change, &versions, appended);
            }
            Ok(None) => {
                let refusal = Refusal::new(ErrorCode::ServerBusy).retry_after(ROOM_RETRY);
                self.refuse_change(key, asker, &change, refusal);
            }
            Err(failure) => self.refuse_change(key, asker, &change, store_refusal(failure)),
        }
        self.expire_sanctions(now, key);
        self.next_change(now, key);
        if !is_upkeep {
            self.forget_ended(now, key);
        }
    }

    /// Has the disk forget mutes and blocks that ended, so that no step of the wall clock brings them back with a
    /// restart. When it can not be written now, it is tried again with the next request or change.
    pub(super) fn forget_ended(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key).filter(|active| !active.changing && !active.ending) else {
            return;
        };
        if let Some(roll) = active.room.without_ended(now) {
            self.write_change(key, Asker::NOBODY, Change::Ended(roll));
        }
    }

    /// A change could not be made. What a moderator removes is tried again.
    fn refuse_change(&mut self, key: GroupKey, asker: Asker, change: &Change, refusal: Refusal) {
        match change {
            Change::Edit(edit) if asker.is_nobody() => {
                self.refuse_request(key, asker, RoomRequest::Remove(edit.seq), refusal);
            }
            _ => self.respond(asker, Err(refusal)),
        }
    }

    /// A change is durable: it takes effect, and is told.
    fn carry_out(
        &mut self,
        now: Now,
        key: GroupKey,
        asker: Asker,
        change: Change,
        versions: &[u64],
        appended: Seq,
    ) {
        let mut versions = versions.iter().copied();
        let mut next = || versions.next().unwrap_or_default();
        let Some(active) = self.rooms.active(key) else { return };
        match change {
            Change::Info(group) => {
                active.room.replace(group, next());
                let state = active.room.state();
                self.tell_group(key, ServerFrame::LiveState(state));
                self.get_group(now, key, asker);
            }
            Change::Measure(actor, mut plan) => {
                if let Some(group) = plan.group.take() {
                    active.room.replace(group, next());
                }
                if let Some(roll) = plan.roll.take() {
                    active.room.replace_roll(roll, next(), now);
                }
                self.tell_measure(now, key, asker, &actor, *plan, Kept::Durably);
            }
            Change::Ended(roll) => active.room.replace_roll(roll, next(), now),
            Change::MemberInfo(mut plan) => {
                if let Some(roll) = plan.roll.take() {
                    active.room.replace_roll(roll, next(), now);
                }
                self.tell_member_info(now, key, asker, plan);
            }
            Change::Attributes(plan) => {
                active.attributes_version = next();
                self.tell_attributes(now, key, asker, plan);
            }
            Change::Edit(edit) => self.tell_edit(now, key, asker, appended, edit),
        }
    }

    pub(super) fn set_room_info(&mut self, key: GroupKey, asker: Asker, change: GroupInfoChange) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        match active.room.with_info(&actor, change) {
            Ok(group) => self.write_change(key, asker, Change::Info(group)),
            Err(refusal) => self.respond(asker, Err(refusal)),
        }
    }

    pub(super) fn done(&mut self, asker: Asker) {
        self.respond(asker, Ok(ResponseBody::Done));
    }
}
