//! Changes of a group's state: one at a time, each durable before anybody hears of it.
//!
//! A change is computed from the present state, written under the condition that the record is still that
//! of the present state, and then told to everyone in the group. What is asked meanwhile waits in order.

use bim_proto::stored::StoredLiveGroup;
use bim_proto::{ResponseBody, ServerFrame};
use bim_types::store::{Expected, LogOp, LogOutcome, Put, PutOutcome, RecordKey, StreamId, Trim};
use bim_types::{ErrorCode, GroupInfoChange, GroupKey, Now, Refusal, Wall};

use super::groups::store_refusal;
use super::{ROOM_RETRY, RoomRequest};
use crate::engine::Engine;
use crate::io::{Notice, Output, StoreFailure};
use crate::ops::{Asker, PendingWrite};

/// Changes of one group that wait for the one being written. More are refused as busy.
const CHANGES_WAITING_MAX: usize = 256;

impl Engine {
    /// Puts a change off while another one is being written. Returns it when it may be made now.
    pub(super) fn put_off(
        &mut self,
        key: GroupKey,
        asker: Asker,
        request: RoomRequest,
    ) -> Option<RoomRequest> {
        let is_change = matches!(request, RoomRequest::Dissolve | RoomRequest::SetInfo(_));
        let Some(active) = self.rooms.active(key).filter(|active| is_change && active.changing) else {
            return Some(request);
        };
        if active.changes.len() < CHANGES_WAITING_MAX {
            active.changes.push_back((asker, request));
        } else {
            self.refuse_for_now(asker, &request);
        }
        None
    }

    /// Makes the changes that waited, up to the first that is written.
    fn next_change(&mut self, now: Now, key: GroupKey) {
        while let Some(active) = self.rooms.active(key).filter(|active| !active.changing) {
            let Some((asker, request)) = active.changes.pop_front() else { return };
            self.on_room_request(now, key, asker, request);
        }
    }

    pub(super) fn set_room_info(&mut self, key: GroupKey, asker: Asker, change: GroupInfoChange) {
        let Some(user) = self.sessions.user(asker.connection) else { return };
        let uid = user.uid.clone();
        if let Err(refusal) = self.check_writable() {
            return self.respond(asker, Err(refusal));
        }
        let Some(active) = self.rooms.active(key) else { return };
        match active.room.with_info(&uid, asker.connection, change) {
            Ok(group) => {
                active.changing = true;
                let put = Put {
                    key: RecordKey::LiveGroup(key.app, key.group),
                    expected: Expected::Version(active.room.record_version()),
                    value: Some(group.encode()),
                };
                let pending = PendingWrite::Change { asker, key, group: Box::new(group) };
                self.ops.write(&mut self.out, vec![LogOp::Put(put)], pending);
            }
            Err(refusal) => self.respond(asker, Err(refusal)),
        }
    }

    pub(crate) fn on_change_written(
        &mut self,
        now: Now,
        asker: Asker,
        key: GroupKey,
        group: StoredLiveGroup,
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        let Some(active) = self.rooms.active(key) else { return };
        active.changing = false;
        match result.as_deref() {
            Ok([LogOutcome::Put(PutOutcome::Done(version))]) => {
                active.room.replace(group, *version);
                let frame = ServerFrame::LiveState(active.room.state()).encode();
                self.out.push(Output::BroadcastState { group: key, frame });
                self.get_group(key, asker);
            }
            Ok(_) => self.respond(asker, Err(Refusal::new(ErrorCode::ServerBusy).retry_after(ROOM_RETRY))),
            Err(failure) => self.respond(asker, Err(store_refusal(*failure))),
        }
        self.next_change(now, key);
    }

    pub(super) fn dissolve_room(&mut self, key: GroupKey, asker: Asker) {
        let Some(user) = self.sessions.user(asker.connection) else { return };
        let uid = user.uid.clone();
        if let Err(refusal) = self.check_writable() {
            return self.respond(asker, Err(refusal));
        }
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.may_dissolve(&uid) {
            return self.respond(asker, Err(refusal));
        }
        active.ending = true;
        active.changing = true;
        let version = active.room.record_version();
        let indexed = std::iter::once(active.room.owner()).chain(active.room.admins()).cloned();
        let remove = |key, expected| LogOp::Put(Put { key, expected, value: None });
        let record = RecordKey::LiveGroup(key.app, key.group);
        let mut ops = vec![remove(record, Expected::Version(version))];
        ops.extend(indexed.map(|uid| remove(RecordKey::LiveGroupOf(key.app, uid, key.group), Expected::Any)));
        let everything = Wall::from_millis(u64::MAX);
        let stream = StreamId::LiveGroup(key.app, key.group);
        ops.push(LogOp::Trim(Trim { stream, before: everything }));
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
            Ok([LogOutcome::Put(PutOutcome::Done(_)), ..]) => {
                let viewers = active.room.dissolve();
                let behind = std::mem::take(&mut active.changes);
                let frame = ServerFrame::LiveState(active.room.state()).encode();
                self.out.push(Output::BroadcastState { group: key, frame });
                for connection in viewers {
                    if let Some(session) = self.sessions.find_mut(connection) {
                        session.groups.remove(&key);
                    }
                    self.out.push(Output::LeaveGroup { group: key, connection });
                }
                self.rooms.slots.remove(&key);
                self.count_groups_down(key.app);
                self.out.push(Output::Notice(Notice::GroupDissolved { group: key }));
                self.respond(asker, Ok(ResponseBody::Done));
                for (asker, _) in behind {
                    self.respond(asker, Err(ErrorCode::ConversationNotFound.into()));
                }
            }
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
}
