//! Entering, resuming in, and leaving a live group.

use bim_livegroup::room::{Entry, Viewer};
use bim_proto::{Joined, ResponseBody};
use bim_types::{Cursor, ErrorCode, GroupKey, Now, Refusal};

use crate::engine::Engine;
use crate::io::Output;
use crate::ops::Asker;

impl Engine {
    pub(super) fn join_room(&mut self, now: Now, key: GroupKey, asker: Asker, resume: Option<Cursor>) {
        let connection = asker.connection;
        let Some(user) = self.sessions.user(connection).cloned() else { return };
        let most = self.config.joined_groups_per_connection;
        let Some(session) = self.sessions.find_mut(connection) else { return };
        if session.groups.len() >= most && !session.groups.contains(&key) {
            let refusal = Refusal::new(ErrorCode::TooManyGroups).limit(most as u64);
            return self.respond(asker, Err(refusal));
        }
        session.groups.insert(key);
        if resume.is_some() {
            // A cursor says what was received: what still waits in the queue is read again.
            self.take_out(key, connection);
        }
        let Some(active) = self.rooms.active(key) else { return };
        let viewer = Viewer { uid: user.uid.clone(), device: user.device };
        let Entry { cursor, verdict, replay } = active.room.join(now.mono, connection, viewer, resume);
        let conversation = active.room.conversation(&user.uid, connection);
        self.out.push(Output::JoinGroup { group: key, connection });
        self.respond(asker, Ok(ResponseBody::JoinedLiveGroup(Joined { conversation, cursor, verdict })));
        for live in replay {
            self.out.push(Output::Replay { connection, live });
        }
    }

    pub(super) fn leave_room(&mut self, key: GroupKey, asker: Asker) {
        if let Some(session) = self.sessions.find_mut(asker.connection) {
            session.groups.remove(&key);
        }
        self.take_out(key, asker.connection);
        self.respond(asker, Ok(ResponseBody::Done));
    }
}
