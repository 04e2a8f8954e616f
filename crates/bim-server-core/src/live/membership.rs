//! Entering, resuming in, and leaving a live group.

use bim_livegroup::authority::Operation;
use bim_livegroup::room::Entry;
use bim_proto::{JoinLive, Joined, ResponseBody};
use bim_types::{ConnectionId, Defect, ErrorCode, GroupKey, MemberInfo, Now, Refusal, Role};

use super::{RoomRequest, Slot};
use crate::engine::Engine;
use crate::io::Output;
use crate::ops::Asker;

/// How a connection leaves a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// It said so, or was removed.
    Left,
    /// It is gone, and may come back.
    Lost,
}

impl Engine {
    pub(super) fn join_room(&mut self, now: Now, key: GroupKey, asker: Asker, join: JoinLive) {
        let connection = asker.connection;
        let Some(actor) = self.actor(asker) else { return };
        if let Err(refusal) = self.may_join(key, asker, &join) {
            return self.respond(asker, Err(refusal));
        }
        let Some(session) = self.sessions.find_mut(connection) else { return };
        session.groups.insert(key);
        let Some(active) = self.rooms.active(key) else { return };
        if join.resume.is_some() && active.room.has(connection) {
            // A cursor says what was received: what still waits in the queue is read again.
            self.out.push(Output::LeaveGroup { group: key, connection });
        }
        active.leavers.remove(&actor.uid);
        let is_resident = !actor.is_app_server && active.room.role(&actor.uid) != Role::Normal;
        let is_news = |info: &&MemberInfo| is_resident && active.room.info(&actor.uid) != Some(*info);
        let to_keep = join.info.as_ref().filter(is_news).cloned();
        let Entry { cursor, verdict, replay } = active.room.join(now, &actor, join.info, join.resume);
        let attributes = active.attributes.read(now.mono, &[]);
        let counters = active.counters.values();
        let Some(Slot::Active(active)) = self.rooms.slots.get(&key) else { return };
        let conversation = active.room.conversation(&actor.uid, connection, &self.heard(now));
        let joined = Joined { conversation, cursor, verdict, attributes, counters };
        self.out.push(Output::JoinGroup { group: key, connection });
        self.respond(asker, Ok(ResponseBody::JoinedLiveGroup(joined)));
        for live in replay {
            self.out.push(Output::Replay { connection, live });
        }
        if let Some(info) = to_keep {
            let request = RoomRequest::KeepInfo(Box::new((actor, info)));
            self.on_room_request(now, key, Asker::NOBODY, request);
        }
    }

    fn may_join(&mut self, key: GroupKey, asker: Asker, join: &JoinLive) -> Result<(), Refusal> {
        let Some(actor) = self.actor(asker) else { return Err(ErrorCode::InvalidRequest.into()) };
        if let Some(active) = self.rooms.active(key) {
            active.room.permit(Operation::Join, &actor)?;
        }
        if let Some(info) = &join.info {
            info.check()?;
        }
        let most = self.config.joined_groups_per_connection;
        let groups = self.sessions.find(asker.connection).map(|session| &session.groups);
        if groups.is_some_and(|groups| groups.len() >= most && !groups.contains(&key)) {
            let refusal = Refusal::new(ErrorCode::TooManyGroups).limit(most as u64);
            return Err(refusal.hint("leave another live group first"));
        }
        Ok(())
    }

    pub(super) fn leave_room(&mut self, now: Now, key: GroupKey, asker: Asker) {
        let Some(actor) = self.actor(asker) else { return };
        let is_in = self.sessions.find(asker.connection).is_some_and(|session| session.groups.contains(&key));
        if let Some(active) = self.rooms.active(key)
            && let Err(refusal) = active.room.permit(Operation::Leave, &actor)
            && !is_in
        {
            return self.respond(asker, Err(refusal));
        }
        if let Some(session) = self.sessions.find_mut(asker.connection) {
            session.groups.remove(&key);
        }
        self.take_out(now, key, asker.connection, Farewell::Left);
        self.done(asker);
    }

    /// Takes a connection out of a group. With the last device of a user go its attributes: at once when it
    /// left, after a while when it is lost.
    pub(super) fn take_out(&mut self, now: Now, key: GroupKey, connection: ConnectionId, farewell: Farewell) {
        if farewell == Farewell::Lost && Defect::OnlineForever.is_planted() {
            return;
        }
        let at = match farewell {
            Farewell::Left => now.mono,
            Farewell::Lost => now.mono + self.config.attribute_leave_grace,
        };
        let Some(active) = self.rooms.active(key) else { return };
        let Some(left) = active.room.leave(connection) else { return };
        active.expect_leaver(&left.uid, at);
        let goes_now = farewell == Farewell::Left && active.leavers.contains_key(&left.uid);
        if !Defect::KickWithoutUnsubscribe.is_planted() {
            self.out.push(Output::LeaveGroup { group: key, connection });
        }
        if goes_now {
            self.on_room_request(now, key, Asker::NOBODY, RoomRequest::ExpireAttributes);
        }
    }
}
