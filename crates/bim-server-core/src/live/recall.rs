//! Bringing a room into memory: its record, then the end of its log.

use bim_livegroup::room::Room;
use bim_proto::ResponseBody;
use bim_proto::stored::{StoredLiveGroup, StoredLiveMessage};
use bim_types::store::{LogRecord, StreamHead, StreamId, VersionedRecord};
use bim_types::{ErrorCode, GroupKey, Now, Position, Refusal, Seq};

use super::groups::store_refusal;
use super::sends::content_hash;
use super::{ActiveRoom, RoomRequest, Slot};
use crate::engine::Engine;
use crate::io::{Loaded, LogQuery, Notice, Output, StoreFailure};
use crate::ops::PendingRead;

/// Bytes read at a time while a room is brought into memory.
const RECALL_BYTES: usize = 1024 * 1024;

impl Engine {
    /// Something was read for live groups.
    pub(crate) fn on_live_loaded(
        &mut self,
        now: Now,
        pending: PendingRead,
        result: Result<Loaded, StoreFailure>,
    ) {
        match (pending, result) {
            (PendingRead::Room { key }, Ok(Loaded::Room(record, head))) => {
                self.on_room_loaded(now, key, record, head);
            }
            (PendingRead::Recall { key }, Ok(Loaded::Messages(records))) => {
                self.on_recalled(now, key, records)
            }
            (PendingRead::Room { key } | PendingRead::Recall { key }, Err(failure)) => {
                self.give_up_loading(key, store_refusal(failure));
            }
            (PendingRead::CountGroups { asker, app, group }, Ok(Loaded::Records(records))) => {
                self.on_groups_counted(asker, app, *group, records.len());
            }
            (PendingRead::List { asker, app, count }, Ok(Loaded::Records(records))) => {
                self.on_list_loaded(asker, app, count, records);
            }
            (PendingRead::ListMine { asker, app, count }, Ok(Loaded::Records(records))) => {
                self.on_index_loaded(asker, app, count, records);
            }
            (PendingRead::ListKeys { asker, app, next, has_more }, Ok(Loaded::Records(records))) => {
                self.respond_with_groups(asker, app, next, has_more, records);
            }
            (PendingRead::History { asker, key, query, limit, head }, Ok(Loaded::Messages(records))) => {
                self.on_history_loaded(asker, key, query, limit, head, records);
            }
            (PendingRead::Original { asker, key }, Ok(Loaded::Messages(records))) => {
                self.on_original_loaded(asker, key, records);
            }
            (
                PendingRead::CountGroups { asker, .. }
                | PendingRead::List { asker, .. }
                | PendingRead::ListMine { asker, .. }
                | PendingRead::ListKeys { asker, .. }
                | PendingRead::History { asker, .. }
                | PendingRead::Original { asker, .. },
                result,
            ) => {
                let failure = result.err().unwrap_or(StoreFailure::Failed);
                self.respond(asker, Err(store_refusal(failure)));
            }
            (PendingRead::Apps { .. } | PendingRead::Room { .. } | PendingRead::Recall { .. }, _) => {}
        }
    }

    fn on_room_loaded(&mut self, now: Now, key: GroupKey, record: Option<VersionedRecord>, head: StreamHead) {
        let Some(record) = record else {
            return self.give_up_loading(key, ErrorCode::ConversationNotFound.into());
        };
        let Ok(group) = StoredLiveGroup::decode(record.value) else {
            let (app, group) = (key.app, Some(key.group));
            self.out.push(Output::Notice(Notice::RecordDamaged { app, group }));
            return self.give_up_loading(key, ErrorCode::ConversationNotFound.into());
        };
        let policy = self.config.room_policy();
        let position = Position { epoch: head.epoch, seq: head.last };
        let mut loaded = Room::new(key, group, record.version, position, policy, now.mono);
        let reach = u64::try_from(self.config.room_buffer_messages).unwrap_or(u64::MAX);
        let first = head.first.0.saturating_sub(1);
        loaded.recall_from(Seq(head.last.0.saturating_sub(reach).max(first)));
        if let Some(Slot::Loading { room, target, .. }) = self.rooms.slots.get_mut(&key) {
            *room = Some(Box::new(loaded));
            *target = head.last;
        }
        self.recall_more(now, key);
    }

    fn recall_more(&mut self, now: Now, key: GroupKey) {
        let Some(Slot::Loading { room: Some(room), target, .. }) = self.rooms.slots.get(&key) else { return };
        let after = room.head().seq;
        if after >= *target {
            return self.activate(now, key);
        }
        let stream = StreamId::LiveGroup(key.app, key.group);
        let records = self.config.room_buffer_messages.max(1);
        let query = LogQuery::Messages { stream, after, records, bytes: RECALL_BYTES };
        self.ops.read(&mut self.out, query, PendingRead::Recall { key });
    }

    fn on_recalled(&mut self, now: Now, key: GroupKey, records: Vec<LogRecord>) {
        let window = self.config.resume_window;
        let Some(Slot::Loading { room: Some(room), target, .. }) = self.rooms.slots.get_mut(&key) else {
            return;
        };
        if records.is_empty() {
            // The rest was removed meanwhile.
            room.recall_from(*target);
        }
        for record in records {
            if record.seq > room.head().seq.next() {
                // Those between were removed meanwhile.
                room.recall_from(Seq(record.seq.0 - 1));
            }
            let is_old = now.wall.since(record.at) > window;
            match StoredLiveMessage::decode(record.record) {
                Ok(stored) if !is_old => {
                    let content = content_hash(&stored.body);
                    room.accept(now.mono, record.seq, stored, content);
                }
                Ok(_) => room.recall_from(record.seq),
                Err(_) => {
                    room.recall_from(record.seq);
                    let (app, group) = (key.app, Some(key.group));
                    self.out.push(Output::Notice(Notice::RecordDamaged { app, group }));
                }
            }
        }
        self.recall_more(now, key);
    }

    fn activate(&mut self, now: Now, key: GroupKey) {
        let Some(Slot::Loading { waiting, room: Some(room), .. }) = self.rooms.slots.remove(&key) else {
            return;
        };
        let active = ActiveRoom {
            room: *room,
            appending: 0,
            ending: false,
            changing: false,
            changes: Default::default(),
            idle_since: now.mono,
        };
        self.rooms.slots.insert(key, Slot::Active(Box::new(active)));
        for (asker, request) in waiting {
            self.on_room_request(now, key, asker, request);
        }
    }

    fn give_up_loading(&mut self, key: GroupKey, refusal: Refusal) {
        if let Some(Slot::Loading { waiting, .. }) = self.rooms.slots.remove(&key) {
            for (asker, request) in waiting {
                match request {
                    RoomRequest::Leave => self.respond(asker, Ok(ResponseBody::Done)),
                    RoomRequest::Send(send) => {
                        self.refuse_send(asker, send.client_message_id, refusal.clone());
                    }
                    RoomRequest::Get
                    | RoomRequest::Join(_)
                    | RoomRequest::Dissolve
                    | RoomRequest::SetInfo(_)
                    | RoomRequest::History(_) => self.respond(asker, Err(refusal.clone())),
                }
            }
        }
    }
}
