//! Live groups on the server: rooms in memory, loaded from the log when somebody wants them.
//!
//! ```text
//!   ∅ ──wanted──► Loading (records, the last messages, taps) ──► Active ──no viewers for a while──► ∅
//! ```
//!
//! Requests that come while a room is loading wait in order. Rules are `bim-livegroup`'s; this module
//! brings requests, rooms and the log together.

mod active;
mod attributes;
mod broadcast;
mod changes;
mod counters;
mod edits;
mod errands;
mod groups;
mod history;
mod idle;
mod measures;
mod members;
mod membership;
mod moderation;
mod pulse;
mod recall;
mod requests;
mod sends;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bim_livegroup::room::Actor;
use bim_types::{ConnectionId, ErrorCode, GroupKey, Mono, Now, Refusal, Wall};

use crate::engine::Engine;
use crate::io::{LogQuery, Output};
use crate::ops::{Asker, PendingRead};

use active::ActiveRoom;
pub(crate) use broadcast::Broadcasts;
pub(crate) use changes::Change;
use errands::{Errand, Errands};
pub(crate) use moderation::Checks;
use recall::Recall;
use requests::RoomRequest;

/// Requests that wait for one room to load. More are refused as busy.
const WAITING_MAX: usize = 4_096;

/// When to come back to a room that is being read or dissolved.
const ROOM_RETRY: std::time::Duration = std::time::Duration::from_millis(200);

/// How often idle rooms and old messages are looked for.
const SWEEP_INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);

/// Rooms touched by one input that room is kept for. More are room for a while.
const TOUCHED_KEPT_MAX: usize = 64;

/// All rooms in memory.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    slots: BTreeMap<GroupKey, Slot>,
    sweep_at: Option<Mono>,
    /// When which room wants a look: pulses, ends of mutes, expiries, idle ends.
    wakes: BTreeSet<(Mono, GroupKey)>,
    /// Rooms that something happened to since their wake was planned, one maybe more than once.
    touched: Vec<GroupKey>,
    errands: Errands,
}

/// A room, or the way to it.
#[derive(Debug)]
enum Slot {
    Loading { waiting: VecDeque<(Asker, RoomRequest)>, recall: Option<Box<Recall>> },
    Active(Box<ActiveRoom>),
}

impl Rooms {
    /// Rooms in memory.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// When rooms want a look.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        let wake = self.wakes.first().map(|(at, _)| *at);
        [wake, self.sweep_at, self.errands.next_deadline()].into_iter().flatten().min()
    }

    /// Who is in a room, by connection.
    #[cfg(test)]
    pub(crate) fn connections(&self, key: GroupKey) -> BTreeSet<ConnectionId> {
        match self.slots.get(&key) {
            Some(Slot::Active(active)) => active.room.roster().connections().collect(),
            Some(Slot::Loading { .. }) | None => BTreeSet::new(),
        }
    }

    fn active(&mut self, key: GroupKey) -> Option<&mut ActiveRoom> {
        match self.slots.get_mut(&key)? {
            Slot::Active(active) => {
                if self.touched.last() != Some(&key) {
                    self.touched.push(key);
                }
                Some(active)
            }
            Slot::Loading { .. } => None,
        }
    }

    fn online(&self, key: GroupKey) -> u64 {
        match self.slots.get(&key) {
            Some(Slot::Active(active)) => active.room.roster().users(),
            Some(Slot::Loading { .. }) | None => 0,
        }
    }

    fn remove(&mut self, key: GroupKey) {
        if let Some(Slot::Active(active)) = self.slots.remove(&key)
            && let Some(at) = active.wake_at
        {
            self.wakes.remove(&(at, key));
        }
    }
}

impl Engine {
    /// Carries out a request on a room, now or when the room is loaded.
    fn with_room(&mut self, now: Now, key: GroupKey, asker: Asker, request: RoomRequest) {
        match self.rooms.slots.get_mut(&key) {
            Some(Slot::Active(_)) => self.on_room_request(now, key, asker, request),
            Some(Slot::Loading { waiting, .. }) if waiting.len() >= WAITING_MAX => {
                self.refuse_for_now(key, asker, request);
            }
            Some(Slot::Loading { waiting, .. }) => waiting.push_back((asker, request)),
            None => {
                let waiting = [(asker, request)].into();
                self.rooms.slots.insert(key, Slot::Loading { waiting, recall: None });
                let query = LogQuery::Room { keys: recall::records(key), stream: recall::messages(key) };
                self.ops.read(&mut self.out, query, PendingRead::Room { key });
            }
        }
        self.rooms.sweep_at.get_or_insert(now.mono + SWEEP_INTERVAL);
    }

    fn refuse_for_now(&mut self, key: GroupKey, asker: Asker, request: RoomRequest) {
        let refusal = Refusal::new(ErrorCode::ServerBusy).retry_after(ROOM_RETRY);
        self.refuse_request(key, asker, request, refusal);
    }

    /// Answers a request that is not carried out.
    fn refuse_request(&mut self, key: GroupKey, asker: Asker, request: RoomRequest, refusal: Refusal) {
        match (request.message_id(), request) {
            (Some(id), _) => self.refuse_send(asker, id, refusal),
            (_, RoomRequest::Announce(broadcast)) => self.announced(broadcast, false),
            (_, request @ (RoomRequest::Watch | RoomRequest::Remove(_))) if refusal.code.is_retryable() => {
                self.try_again(Errand::Room(key, request));
            }
            _ => self.respond(asker, Err(refusal)),
        }
    }

    /// Who asks, if it is a user.
    fn actor(&self, asker: Asker) -> Option<Actor> {
        let user = self.sessions.user(asker.connection)?;
        Some(Actor {
            uid: user.uid.clone(),
            connection: asker.connection,
            device: user.device,
            is_app_server: user.is_app_server,
        })
    }

    /// When a connection was last heard, on the wall clock.
    fn heard(&self, now: Now) -> impl Fn(ConnectionId) -> Wall + '_ {
        move |connection| match self.sessions.find(connection) {
            Some(session) => now.wall.before(now.mono.since(session.heard_at)),
            None => now.wall,
        }
    }

    /// Takes a connection out of every group it is in.
    pub(crate) fn leave_all_groups(&mut self, now: Now, connection: ConnectionId) {
        let Some(session) = self.sessions.find_mut(connection) else { return };
        for group in std::mem::take(&mut session.groups) {
            self.take_out(now, group, connection, membership::Farewell::Lost);
        }
    }

    /// Looks after rooms whose time has come.
    pub(crate) fn tick_rooms(&mut self, now: Now) {
        while let Some((at, key)) = self.rooms.wakes.first().copied().filter(|(at, _)| *at <= now.mono) {
            self.rooms.wakes.remove(&(at, key));
            self.wake_room(now, key);
        }
        self.tick_errands(now);
        self.sweep_rooms(now);
    }

    /// Plans when the rooms that something happened to want a look.
    pub(crate) fn plan_wakes(&mut self, now: Now) {
        self.rooms.errands.plan(now);
        let interval = self.config.pulse_interval;
        let Rooms { slots, wakes, touched, .. } = &mut self.rooms;
        for key in touched.drain(..) {
            let Some(Slot::Active(active)) = slots.get_mut(&key) else { continue };
            let before = active.wake_at;
            active.plan_wake(now, interval);
            let after = active.wake_at;
            if before != after {
                before.map(|at| wakes.remove(&(at, key)));
                after.map(|at| wakes.insert((at, key)));
            }
        }
        touched.shrink_to(TOUCHED_KEPT_MAX);
    }

    fn tell_group(&mut self, key: GroupKey, frame: bim_proto::ServerFrame) {
        self.out.push(Output::BroadcastState { group: key, frame: frame.encode() });
    }
}
