//! Rooms that nobody is in: they leave memory, or end.

use bim_proto::stored::StoredLiveGroup;
use bim_types::store::{
    Expected, LogOp, LogOutcome, Put, PutOutcome, RecordKey, RecordRange, Trim, VersionedRecord,
};
use bim_types::{AppId, ConversationShortId, Defect, ErrorCode, GroupKey, Now, Refusal, Wall};

use bim_livegroup::authority::Operation;
use bim_proto::ServerFrame;

use super::groups::store_refusal;
use super::{ROOM_RETRY, RoomRequest, SWEEP_INTERVAL, Slot, recall};
use crate::engine::Engine;
use crate::io::{LogQuery, Notice, Output, StoreFailure};
use crate::ops::{Asker, PendingRead, PendingWrite};

/// Groups read at a time while those that end when they are idle are looked for.
const IDLE_GROUPS_PAGE: usize = 256;

impl Engine {
    /// Forgets rooms that nobody is in, and removes old messages of the others.
    pub(super) fn sweep_rooms(&mut self, now: Now) {
        if self.rooms.sweep_at.is_none_or(|at| at > now.mono) {
            return;
        }
        let idle_max = self.config.room_idle;
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for (key, slot) in &self.rooms.slots {
            let Slot::Active(active) = slot else { continue };
            let is_busy = active.appending > 0 || active.changing || !active.leavers.is_empty();
            let is_watched = !active.room.dissolve_after_idle().is_zero();
            match active.idle_since {
                Some(since) if !is_busy && !is_watched && now.mono.since(since) >= idle_max => {
                    gone.push(*key);
                }
                Some(_) if !is_busy => {}
                _ => kept.push(*key),
            }
        }
        for key in gone {
            self.keep_house(key, None);
            self.rooms.remove(key);
        }
        let before = now.wall.before(self.config.live_history);
        for key in kept {
            self.keep_house(key, Some(before));
        }
        self.rooms.sweep_at = (!self.rooms.slots.is_empty()).then(|| now.mono + SWEEP_INTERVAL);
    }

    /// Looks for the groups of an app that end when they are idle: their time runs while they are in memory.
    pub(crate) fn watch_idle_groups(&mut self, app: AppId, after: u64) {
        let range = RecordRange::LiveGroups(app);
        let query = LogQuery::Records { range, after, limit: IDLE_GROUPS_PAGE };
        self.ops.read(&mut self.out, query, PendingRead::IdleGroups { app, after });
    }

    pub(super) fn on_idle_groups_loaded(&mut self, now: Now, app: AppId, records: Vec<VersionedRecord>) {
        let is_full = records.len() == IDLE_GROUPS_PAGE;
        let mut last: Option<ConversationShortId> = None;
        for record in records {
            let RecordKey::LiveGroup(_, group) = record.key else { continue };
            last = Some(group);
            let ends = StoredLiveGroup::decode(record.value).is_ok_and(|g| !g.dissolve_after_idle.is_zero());
            if ends {
                self.with_room(now, GroupKey { app, group }, Asker::NOBODY, RoomRequest::Watch);
            }
        }
        if let Some(last) = last.filter(|_| is_full) {
            self.watch_idle_groups(app, u64::try_from(last.value()).unwrap_or(u64::MAX));
        }
    }

    pub(super) fn end_when_idle(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key) else { return };
        if active.idle_end().is_some_and(|at| at <= now.mono) && !active.changing && !active.ending {
            self.on_room_request(now, key, Asker::NOBODY, RoomRequest::EndIdle);
        }
    }

    pub(super) fn end_idle_room(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key) else { return };
        if active.idle_end().is_some_and(|at| at <= now.mono) {
            self.write_dissolution(key, Asker::NOBODY);
        }
    }

    pub(super) fn dissolve_room(&mut self, key: GroupKey, asker: Asker) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.permit(Operation::Dissolve, &actor) {
            return self.respond(asker, Err(refusal));
        }
        self.write_dissolution(key, asker);
    }

    fn write_dissolution(&mut self, key: GroupKey, asker: Asker) {
        if let Err(refusal) = self.check_writable() {
            return self.respond(asker, Err(refusal));
        }
        let Some(active) = self.rooms.active(key) else { return };
        active.ending = true;
        active.changing = true;
        let (version, _) = active.room.record_versions();
        let residents: Vec<_> =
            active.room.listed(bim_types::MemberList::Resident, None, None).cloned().collect();
        let remove = |key, expected| LogOp::Put(Put { key, expected, value: None });
        let mut ops: Vec<LogOp> = Vec::new();
        for record in recall::records(key) {
            let is_first = ops.is_empty();
            ops.push(remove(record, if is_first { Expected::Version(version) } else { Expected::Any }));
        }
        ops.extend(
            residents
                .into_iter()
                .map(|uid| remove(RecordKey::LiveGroupOf(key.app, uid, key.group), Expected::Any)),
        );
        let everything = Wall::from_millis(u64::MAX);
        ops.push(LogOp::Trim(Trim { stream: recall::messages(key), before: everything }));
        ops.push(LogOp::Trim(Trim { stream: recall::taps(key), before: everything }));
        self.ops.write(&mut self.out, ops, PendingWrite::Dissolve { asker, key });
    }

    pub(crate) fn on_dissolve_written(
        &mut self,
        now: Now,
        asker: Asker,
        key: GroupKey,
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        let Some(active) = self.rooms.active(key) else { return };
        active.changing = false;
        match result.as_deref() {
            Ok([LogOutcome::Put(PutOutcome::Done(_)), ..]) => self.bury_room(key, asker),
            Ok(_) => {
                active.ending = false;
                self.respond(asker, Err(Refusal::new(ErrorCode::ServerBusy).retry_after(ROOM_RETRY)));
                self.next_change(now, key);
            }
            Err(failure) => {
                active.ending = false;
                self.respond(asker, Err(store_refusal(*failure)));
                self.next_change(now, key);
            }
        }
    }

    /// The group is gone for good: everyone hears of it and is out.
    fn bury_room(&mut self, key: GroupKey, asker: Asker) {
        let Some(active) = self.rooms.active(key) else { return };
        let viewers = active.room.dissolve();
        let behind = std::mem::take(&mut active.changes);
        let state = active.room.state();
        if !Defect::SilentDissolve.is_planted() {
            self.tell_group(key, ServerFrame::LiveState(state));
        }
        for connection in viewers {
            if let Some(session) = self.sessions.find_mut(connection) {
                session.groups.remove(&key);
            }
            self.out.push(Output::LeaveGroup { group: key, connection });
        }
        self.rooms.remove(key);
        self.count_groups_down(key.app);
        self.out.push(Output::Notice(Notice::GroupDissolved { group: key }));
        self.done(asker);
        for (asker, request) in behind {
            self.refuse_absent(key, asker, request);
        }
    }
}
