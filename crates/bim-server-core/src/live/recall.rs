//! Bringing a room into memory: its records, then the end of its log, then the taps that are not added up.

use bim_livegroup::attributes::AttributeBoard;
use bim_livegroup::counters::Counters;
use bim_livegroup::room::{Room, RoomRecords};
use bim_proto::stored::{
    StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMessage, StoredLiveRoll, StoredTaps,
};
use bim_types::store::{LogRecord, RecordKey, StreamHead, StreamId, VersionedRecord};
use bim_types::{GroupKey, Now, Position, Refusal, Seq};

use super::Slot;
use super::active::ActiveRoom;
use super::errands::Errand;
use super::groups::store_refusal;
use super::sends::content_hash;
use crate::engine::Engine;
use crate::io::{Loaded, LogQuery, Notice, Output, StoreFailure};
use crate::ops::{PendingHistory, PendingRead};

/// Bytes read at a time while a room is brought into memory.
const RECALL_BYTES: usize = 1024 * 1024;

/// Batches of taps read at a time.
const RECALL_TAPS: usize = 4_096;

/// A room on its way into memory.
#[derive(Debug)]
pub(super) struct Recall {
    active: ActiveRoom,
    /// The last message when it was begun.
    target: Seq,
}

/// The records of a group, its own first.
pub(super) fn records(key: GroupKey) -> Vec<RecordKey> {
    let (app, group) = (key.app, key.group);
    vec![
        RecordKey::LiveGroup(app, group),
        RecordKey::LiveRoll(app, group),
        RecordKey::LiveAttributes(app, group),
        RecordKey::LiveCounters(app, group),
    ]
}

/// Where a group's messages are.
pub(super) fn messages(key: GroupKey) -> StreamId {
    StreamId::LiveGroup(key.app, key.group)
}

/// Where a group's taps are.
pub(super) fn taps(key: GroupKey) -> StreamId {
    StreamId::LiveCounters(key.app, key.group)
}

impl Engine {
    /// Something was read for live groups, or was not.
    pub(crate) fn on_live_loaded(
        &mut self,
        now: Now,
        pending: PendingRead,
        result: Result<Loaded, StoreFailure>,
    ) {
        match result {
            Ok(loaded) => self.on_read(now, pending, loaded),
            Err(failure) => self.on_not_read(now, pending, failure),
        }
    }

    fn on_read(&mut self, now: Now, pending: PendingRead, loaded: Loaded) {
        match (pending, loaded) {
            (PendingRead::Room { key }, Loaded::Room(records, head)) => {
                self.on_room_loaded(now, key, records, head);
            }
            (PendingRead::Recall { key }, Loaded::Messages(records)) => self.on_recalled(now, key, records),
            (PendingRead::RecallTaps { key }, Loaded::Messages(records)) => {
                self.on_taps_recalled(now, key, records);
            }
            (PendingRead::IdleGroups { app, .. }, Loaded::Records(records)) => {
                self.on_idle_groups_loaded(now, app, records);
            }
            (PendingRead::BroadcastTo { broadcast, app }, Loaded::Records(records)) => {
                self.on_broadcast_page(now, broadcast, app, records);
            }
            (PendingRead::Edited(edit), Loaded::Messages(records)) => {
                self.on_edited_loaded(now, *edit, records);
            }
            (PendingRead::CountGroups { asker, app, group }, Loaded::Records(records)) => {
                self.on_groups_counted(asker, app, *group, records.len());
            }
            (PendingRead::List { asker, app, count }, Loaded::Records(records)) => {
                self.on_list_loaded(asker, app, count, records);
            }
            (PendingRead::ListMine { asker, app, count }, Loaded::Records(records)) => {
                self.on_index_loaded(asker, app, count, records);
            }
            (PendingRead::ListKeys { asker, app, next, has_more }, Loaded::Records(records)) => {
                self.respond_with_groups(asker, app, next, has_more, records);
            }
            (PendingRead::History(pending), Loaded::Messages(records)) => {
                self.on_history_loaded(pending, records);
            }
            (PendingRead::Original { asker, key, seq, said }, Loaded::Messages(records)) => {
                self.on_original_loaded(asker, key, seq, &said, records);
            }
            // A shell that answers with something else has not read it.
            (pending, _) => self.on_not_read(now, pending, StoreFailure::Failed),
        }
    }

    fn on_not_read(&mut self, now: Now, pending: PendingRead, failure: StoreFailure) {
        let refusal = store_refusal(failure);
        match pending {
            PendingRead::Room { key } | PendingRead::Recall { key } | PendingRead::RecallTaps { key } => {
                self.give_up_loading(key, Some(refusal));
            }
            PendingRead::IdleGroups { app, after } => self.try_again(Errand::IdleGroups { app, after }),
            PendingRead::BroadcastTo { broadcast, .. } => self.on_broadcast_page_lost(broadcast, refusal),
            PendingRead::Edited(edit) => self.on_edited_not_loaded(now, &edit, refusal),
            PendingRead::CountGroups { asker, .. }
            | PendingRead::List { asker, .. }
            | PendingRead::ListMine { asker, .. }
            | PendingRead::ListKeys { asker, .. }
            | PendingRead::History(PendingHistory { asker, .. })
            | PendingRead::Original { asker, .. } => self.respond(asker, Err(refusal)),
            // The engine itself reads again what it starts with.
            PendingRead::Apps { .. } | PendingRead::Revocations { .. } => {}
        }
    }

    fn on_room_loaded(&mut self, now: Now, key: GroupKey, records: Vec<VersionedRecord>, head: StreamHead) {
        let Some(mut active) = self.open_room(now, key, records, head) else {
            return self.give_up_loading(key, None);
        };
        let reach = u64::try_from(self.config.room_buffer_messages).unwrap_or(u64::MAX);
        let first = head.first.0.saturating_sub(1);
        active.room.recall_from(Seq(head.last.0.saturating_sub(reach).max(first)));
        if let Some(Slot::Loading { recall, .. }) = self.rooms.slots.get_mut(&key) {
            *recall = Some(Box::new(Recall { active, target: head.last }));
        }
        self.recall_more(key);
    }

    /// The room that its records describe; `None` when there is no such group, or none that can be read.
    fn open_room(
        &mut self,
        now: Now,
        key: GroupKey,
        records: Vec<VersionedRecord>,
        head: StreamHead,
    ) -> Option<ActiveRoom> {
        let mut group = None;
        let (mut roll, mut roll_version) = (StoredLiveRoll::default(), 0);
        let (mut attributes, mut attributes_version) = (StoredLiveAttributes::default(), 0);
        let mut counters = StoredLiveCounters::default();
        for VersionedRecord { key: name, version, value } in records {
            let read = match name {
                RecordKey::LiveRoll(..) => {
                    roll_version = version;
                    StoredLiveRoll::decode(value).map(|stored| roll = stored)
                }
                RecordKey::LiveAttributes(..) => {
                    attributes_version = version;
                    StoredLiveAttributes::decode(value).map(|stored| attributes = stored)
                }
                RecordKey::LiveCounters(..) => {
                    StoredLiveCounters::decode(value).map(|stored| counters = stored)
                }
                _ => StoredLiveGroup::decode(value).map(|stored| group = Some((stored, version))),
            };
            if read.is_err() {
                self.tell_damaged(key);
            }
        }
        let (group, group_version) = group?;
        let records = RoomRecords { group, group_version, roll, roll_version };
        let position = Position { epoch: head.epoch, seq: head.last };
        let room = Room::new(key, records, position, self.config.room_policy(), now);
        let mut active = ActiveRoom::new(room, now);
        active.attributes = AttributeBoard::new(attributes, now);
        active.attributes_version = attributes_version;
        active.counters_kept = counters.through;
        active.counters = Counters::new(counters);
        Some(active)
    }

    fn tell_damaged(&mut self, key: GroupKey) {
        let (app, group) = (key.app, Some(key.group));
        self.out.push(Output::Notice(Notice::RecordDamaged { app, group }));
    }

    fn recall_more(&mut self, key: GroupKey) {
        let Some(Slot::Loading { recall: Some(recall), .. }) = self.rooms.slots.get(&key) else { return };
        let after = recall.active.room.head().seq;
        if after >= recall.target {
            return self.recall_taps(key);
        }
        let records = self.config.room_buffer_messages.max(1);
        let query = LogQuery::Messages { stream: messages(key), after, records, bytes: RECALL_BYTES };
        self.ops.read(&mut self.out, query, PendingRead::Recall { key });
    }

    fn on_recalled(&mut self, now: Now, key: GroupKey, records: Vec<LogRecord>) {
        let (window, moderates) = (self.config.resume_window, self.config.moderates);
        let Some(Slot::Loading { recall: Some(recall), .. }) = self.rooms.slots.get_mut(&key) else {
            return;
        };
        let (room, target) = (&mut recall.active.room, recall.target);
        if records.is_empty() {
            // The rest was removed meanwhile.
            room.recall_from(target);
        }
        let mut is_damaged = false;
        for record in records {
            if record.seq > room.head().seq.next() {
                // Those between were removed meanwhile.
                room.recall_from(Seq(record.seq.0 - 1));
            }
            let is_old = now.wall.since(record.at) > window;
            match StoredLiveMessage::decode(record.record) {
                Ok(_) if is_old => room.recall_from(record.seq),
                Ok(stored) if stored.changes.is_some() => {
                    room.accept_change(now.mono, record.seq, stored);
                }
                Ok(stored) => {
                    // What its device said is known when nobody could have changed it.
                    let is_as_said = !moderates && stored.edits == 0;
                    let content = is_as_said.then(|| content_hash(&stored.body));
                    room.accept(now.mono, record.seq, stored, content);
                }
                Err(_) => {
                    room.recall_from(record.seq);
                    is_damaged = true;
                }
            }
        }
        if is_damaged {
            self.tell_damaged(key);
        }
        self.recall_more(key);
    }

    fn recall_taps(&mut self, key: GroupKey) {
        let Some(Slot::Loading { recall: Some(recall), .. }) = self.rooms.slots.get(&key) else { return };
        let after = recall.active.counters.through();
        let query =
            LogQuery::Messages { stream: taps(key), after, records: RECALL_TAPS, bytes: RECALL_BYTES };
        self.ops.read(&mut self.out, query, PendingRead::RecallTaps { key });
    }

    fn on_taps_recalled(&mut self, now: Now, key: GroupKey, records: Vec<LogRecord>) {
        let Some(Slot::Loading { recall: Some(recall), .. }) = self.rooms.slots.get_mut(&key) else {
            return;
        };
        let is_all = records.is_empty();
        let mut is_damaged = false;
        for record in records {
            let read = StoredTaps::decode(record.record);
            is_damaged |= read.is_err();
            recall.active.counters.apply(record.seq, &read.map(|read| read.taps).unwrap_or_default());
        }
        if is_damaged {
            self.tell_damaged(key);
        }
        if is_all { self.activate(now, key) } else { self.recall_taps(key) }
    }

    fn activate(&mut self, now: Now, key: GroupKey) {
        let Some(Slot::Loading { waiting, recall: Some(recall) }) = self.rooms.slots.remove(&key) else {
            return;
        };
        let mut active = recall.active;
        active.counters.take_changed();
        // Who set attributes that go with them, and is not back in time, has left.
        let grace = now.mono + self.config.attribute_leave_grace;
        let stored = active.attributes.stored().attributes.values();
        active.leavers =
            stored.filter(|a| a.delete_on_leave).map(|attribute| (attribute.setter.clone(), grace)).collect();
        self.rooms.slots.insert(key, Slot::Active(Box::new(active)));
        self.rooms.touched.push(key);
        for (asker, request) in waiting {
            self.on_room_request(now, key, asker, request);
        }
    }

    /// There is no such group, or it could not be read.
    fn give_up_loading(&mut self, key: GroupKey, refusal: Option<Refusal>) {
        if let Some(Slot::Loading { waiting, .. }) = self.rooms.slots.remove(&key) {
            for (asker, request) in waiting {
                match &refusal {
                    Some(refusal) => self.refuse_request(key, asker, request, refusal.clone()),
                    None => self.refuse_absent(key, asker, request),
                }
            }
        }
    }
}
