//! Live groups on the server: rooms in memory, loaded from the log when somebody wants them.
//!
//! ```text
//!   ∅ ──wanted──► Loading (record, then the last messages) ──► Active ──no viewers for a while──► ∅
//! ```
//!
//! Requests that come while a room is loading wait in order. Rules are `bim-livegroup`'s; this module
//! brings requests, rooms and the log together.

mod changes;
mod groups;
mod history;
mod membership;
mod recall;
mod sends;

use std::collections::{BTreeMap, VecDeque};

use bim_livegroup::room::Room;
use bim_proto::{HistoryQuery, SendLive};
use bim_types::store::{LogOp, RecordKey, StreamId, Trim};
use bim_types::{
    ConnectionId, ConversationShortId, Cursor, ErrorCode, GroupInfoChange, GroupKey, Mono, Now, Refusal,
};

use crate::engine::Engine;
use crate::io::{LogQuery, Output};
use crate::ops::{Asker, PendingRead, PendingWrite};

/// Requests that wait for one room to load. More are refused as busy.
const WAITING_MAX: usize = 4_096;

/// When to come back to a room that is being read or dissolved.
const ROOM_RETRY: std::time::Duration = std::time::Duration::from_millis(200);

/// How often idle rooms and old messages are looked for.
const SWEEP_INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);

/// All rooms in memory.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    slots: BTreeMap<GroupKey, Slot>,
    sweep_at: Option<Mono>,
}

/// A room, or the way to it.
#[derive(Debug)]
enum Slot {
    Loading { waiting: VecDeque<(Asker, RoomRequest)>, room: Option<Box<Room>>, target: bim_types::Seq },
    Active(Box<ActiveRoom>),
}

/// A room that serves.
#[derive(Debug)]
struct ActiveRoom {
    room: Room,
    /// Appends that wait for the log.
    appending: usize,
    /// Whether it is being dissolved.
    ending: bool,
    /// Whether a change of its state is being written.
    changing: bool,
    /// Changes that wait for that one.
    changes: VecDeque<(Asker, RoomRequest)>,
    idle_since: Mono,
}

/// What is asked of one room.
#[derive(Debug)]
enum RoomRequest {
    Get,
    Join(Option<Cursor>),
    Leave,
    Dissolve,
    Send(SendLive),
    History(HistoryQuery),
    SetInfo(GroupInfoChange),
}

impl Rooms {
    /// Rooms in memory.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// When rooms want a look.
    pub(crate) fn next_sweep(&self) -> Option<Mono> {
        self.sweep_at
    }

    fn active(&mut self, key: GroupKey) -> Option<&mut ActiveRoom> {
        match self.slots.get_mut(&key)? {
            Slot::Active(active) => Some(active),
            Slot::Loading { .. } => None,
        }
    }

    fn online(&self, key: GroupKey) -> u64 {
        match self.slots.get(&key) {
            Some(Slot::Active(active)) => active.room.state().online_count,
            Some(Slot::Loading { .. }) | None => 0,
        }
    }
}

impl Engine {
    pub(crate) fn on_get(&mut self, now: Now, asker: Asker, group: ConversationShortId) {
        self.with_room(now, asker, group, RoomRequest::Get);
    }

    pub(crate) fn on_join(
        &mut self,
        now: Now,
        asker: Asker,
        group: ConversationShortId,
        resume: Option<Cursor>,
    ) {
        self.with_room(now, asker, group, RoomRequest::Join(resume));
    }

    pub(crate) fn on_leave(&mut self, now: Now, asker: Asker, group: ConversationShortId) {
        self.with_room(now, asker, group, RoomRequest::Leave);
    }

    pub(crate) fn on_dissolve(&mut self, now: Now, asker: Asker, group: ConversationShortId) {
        self.with_room(now, asker, group, RoomRequest::Dissolve);
    }

    pub(crate) fn on_set_info(
        &mut self,
        now: Now,
        asker: Asker,
        group: ConversationShortId,
        change: GroupInfoChange,
    ) {
        self.with_room(now, asker, group, RoomRequest::SetInfo(change));
    }

    pub(crate) fn on_send(&mut self, now: Now, asker: Asker, send: SendLive) {
        self.with_room(now, asker, send.group, RoomRequest::Send(send));
    }

    pub(crate) fn on_history(&mut self, now: Now, asker: Asker, query: HistoryQuery) {
        self.with_room(now, asker, query.group, RoomRequest::History(query));
    }

    /// Carries out a request on a room, now or when the room is loaded.
    fn with_room(&mut self, now: Now, asker: Asker, group: ConversationShortId, request: RoomRequest) {
        let Some(user) = self.sessions.user(asker.connection) else { return };
        let key = GroupKey { app: user.app, group };
        match self.rooms.slots.get_mut(&key) {
            Some(Slot::Active(_)) => self.on_room_request(now, key, asker, request),
            Some(Slot::Loading { waiting, .. }) if waiting.len() >= WAITING_MAX => {
                self.refuse_for_now(asker, &request);
            }
            Some(Slot::Loading { waiting, .. }) => waiting.push_back((asker, request)),
            None if matches!(request, RoomRequest::Leave) => self.leave_room(key, asker),
            None => {
                let waiting = [(asker, request)].into();
                let slot = Slot::Loading { waiting, room: None, target: bim_types::Seq::ZERO };
                self.rooms.slots.insert(key, slot);
                let query = LogQuery::Room {
                    key: RecordKey::LiveGroup(key.app, key.group),
                    stream: StreamId::LiveGroup(key.app, key.group),
                };
                self.ops.read(&mut self.out, query, PendingRead::Room { key });
            }
        }
        self.rooms.sweep_at.get_or_insert(now.mono + SWEEP_INTERVAL);
    }

    fn on_room_request(&mut self, now: Now, key: GroupKey, asker: Asker, request: RoomRequest) {
        let Some(request) = self.put_off(key, asker, request) else { return };
        match request {
            RoomRequest::Leave => self.leave_room(key, asker),
            // Whether it is gone is not known before the disk has said so.
            request if self.rooms.active(key).is_none_or(|active| active.ending) => {
                self.refuse_for_now(asker, &request);
            }
            RoomRequest::Get => self.get_group(key, asker),
            RoomRequest::Join(resume) => self.join_room(now, key, asker, resume),
            RoomRequest::Dissolve => self.dissolve_room(key, asker),
            RoomRequest::Send(send) => self.send_to_room(now, key, asker, send),
            RoomRequest::History(query) => self.read_history(key, asker, query),
            RoomRequest::SetInfo(change) => self.set_room_info(key, asker, change),
        }
    }

    fn refuse_for_now(&mut self, asker: Asker, request: &RoomRequest) {
        let refusal = Refusal::new(ErrorCode::ServerBusy).retry_after(ROOM_RETRY);
        match request {
            RoomRequest::Send(send) => self.refuse_send(asker, send.client_message_id, refusal),
            RoomRequest::Get
            | RoomRequest::Join(_)
            | RoomRequest::Leave
            | RoomRequest::Dissolve
            | RoomRequest::SetInfo(_)
            | RoomRequest::History(_) => self.respond(asker, Err(refusal)),
        }
    }

    /// Takes a connection out of every group it is in.
    pub(crate) fn leave_all_groups(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.find_mut(connection) else { return };
        for group in std::mem::take(&mut session.groups) {
            self.take_out(group, connection);
        }
    }

    fn take_out(&mut self, group: GroupKey, connection: ConnectionId) {
        if let Some(active) = self.rooms.active(group)
            && active.room.leave(connection)
        {
            self.out.push(Output::LeaveGroup { group, connection });
        }
    }

    /// Forgets rooms that nobody is in, and removes old messages of the others.
    pub(crate) fn sweep_rooms(&mut self, now: Now) {
        if self.rooms.sweep_at.is_none_or(|at| at > now.mono) {
            return;
        }
        let idle_max = self.config.room_idle;
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for (key, slot) in &mut self.rooms.slots {
            let Slot::Active(active) = slot else { continue };
            if !active.room.is_idle() || active.appending > 0 || active.changing {
                active.idle_since = now.mono;
                kept.push(*key);
            } else if now.mono.since(active.idle_since) >= idle_max {
                gone.push(*key);
            }
        }
        for key in gone {
            self.rooms.slots.remove(&key);
        }
        let before = now.wall.before(self.config.live_history);
        for key in kept {
            self.trim(key, before);
        }
        self.rooms.sweep_at = (!self.rooms.slots.is_empty()).then(|| now.mono + SWEEP_INTERVAL);
    }

    fn trim(&mut self, key: GroupKey, before: bim_types::Wall) {
        if self.check_writable().is_ok() {
            let trim = Trim { stream: StreamId::LiveGroup(key.app, key.group), before };
            self.ops.write(&mut self.out, vec![LogOp::Trim(trim)], PendingWrite::Trim);
        }
    }
}
