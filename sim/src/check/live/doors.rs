//! Who comes and goes: only who may, and who asked; and nothing reaches who is out.

use bim_proto::{RequestBody, ServerFrame};
use bim_types::{ConnectionId, GroupKey};
use bytes::Bytes;

use super::hall::Hall;
use super::people::group_of;
use super::rights::{Act, may};
use super::{Verdict, wrong};

/// Frames that are remembered because somebody who is out must not get them.
const FRAMES_MAX: usize = 64;

impl Hall {
    /// A connection gets a group's broadcasts from now on.
    pub(super) fn on_join(&mut self, key: GroupKey, connection: ConnectionId) -> Verdict {
        let Some(session) = self.people.sessions.get(&connection).filter(|session| !session.is_over) else {
            return wrong("online", format!("{connection:?} comes into {key:?} and is not there"));
        };
        let Some(room) = self.rooms.get_mut(&key) else {
            return wrong("authority", format!("{connection:?} comes into {key:?}, which is not there"));
        };
        let mut joins = session.open.iter().filter_map(|open| match &open.body {
            RequestBody::JoinLiveGroup(join) if join.group == key.group => Some(join),
            _ => None,
        });
        let Some(join) = joins.next() else {
            return wrong("authority", format!("{connection:?} comes into {key:?} and did not ask"));
        };
        if let Err(code) = may(room, &session.person, Act::Join, self.policy, self.now.mono) {
            return wrong("authority", format!("{} comes in; expected {code:?}", session.person.uid));
        }
        room.enter(connection, &session.person.uid, join.info.clone(), self.now);
        let groups = self.rooms.values().filter(|room| room.is_in(connection)).count();
        if groups > self.config.joined_groups_per_connection {
            return wrong("authority", format!("{connection:?} is in {groups} groups at once"));
        }
        self.pulses.entry(key).or_default().touched.insert(session.person.uid.clone());
        if let Some(bans) = self.banned.get_mut(&connection) {
            bans.remove(&key);
        }
        Ok(())
    }

    /// A connection gets none of a group's broadcasts any more.
    pub(super) fn on_leave(&mut self, key: GroupKey, connection: ConnectionId) -> Verdict {
        let gone = self.step.dissolved.contains_key(&key);
        let asks = |session: &super::people::Session| {
            session.open.iter().any(|open| {
                group_of(&open.body) == Some(key.group)
                    && matches!(open.body, RequestBody::LeaveLiveGroup(_) | RequestBody::JoinLiveGroup(_))
            })
        };
        let session = self.people.sessions.get(&connection);
        let is_over = session.is_none_or(|session| session.is_over);
        let uid = session.map(|session| session.person.uid.clone());
        let is_removed = self
            .step
            .due
            .get(&key)
            .is_some_and(|due| uid.as_ref().is_some_and(|uid| due.removed.contains(uid)));
        if !(gone || is_over || is_removed || session.is_some_and(asks)) {
            return wrong("online", format!("{uid:?} is taken out of {key:?} and nobody asked for it"));
        }
        let is_lost = is_over && !is_removed;
        let grace = if is_lost { self.config.attribute_leave_grace } else { Default::default() };
        if let Some(room) = self.rooms.get_mut(&key) {
            room.leave(connection, self.now.mono + grace);
            self.pulses.entry(key).or_default().touched.extend(uid);
        }
        self.step.left.insert((connection, key));
        if !is_over {
            self.banned.entry(connection).or_default().insert(key, Vec::new());
        }
        Ok(())
    }

    /// Something is told to a group: who is out of it must not get it.
    pub(super) fn note_told(&mut self, key: GroupKey, frame: &Bytes) {
        for bans in self.banned.values_mut() {
            if let Some(frames) = bans.get_mut(&key).filter(|frames| frames.len() < FRAMES_MAX) {
                frames.push(frame.clone());
            }
        }
    }

    /// A frame goes to a connection.
    pub(super) fn on_wrote(&self, connection: ConnectionId, frame: &Bytes) -> Verdict {
        let Some(bans) = self.banned.get(&connection).filter(|bans| !bans.is_empty()) else { return Ok(()) };
        let is_same = |told: &Bytes| told.as_ptr() == frame.as_ptr() && told.len() == frame.len();
        if let Some((key, _)) = bans.iter().find(|(_, frames)| frames.iter().any(is_same)) {
            return wrong("authority", format!("{connection:?} is out of {key:?} and is told of it still"));
        }
        let group = match ServerFrame::decode(frame.clone()) {
            Ok(ServerFrame::LiveMessage(push)) => push.message.conversation_short_id,
            Ok(ServerFrame::LiveChange(change)) => change.group(),
            Ok(ServerFrame::LiveGap(gap)) => gap.conversation_short_id,
            _ => return Ok(()),
        };
        match bans.keys().find(|key| key.group == group) {
            Some(key) => {
                wrong("authority", format!("{connection:?} is out of {key:?} and gets its messages still"))
            }
            None => Ok(()),
        }
    }
}
