//! What the engine does at the wish of a script, by its own hand.

use bim_proto::{Request, RequestBody};
use bim_types::{AppId, ConnectionId, Now, Refusal, Uid};

use crate::engine::Engine;
use crate::ops::Asker;
use crate::session::State;

impl Engine {
    /// Refuses a request as if it had decided so itself: a message that may come back holds up those that follow it.
    pub(super) fn refuse_by_script(
        &mut self,
        now: Now,
        connection: ConnectionId,
        request: Request,
        refusal: Refusal,
    ) {
        let asker = Asker { connection, request: request.id };
        if let Some(session) = self.sessions.find_mut(connection) {
            session.heard_at = now.mono;
            session.waiting += 1;
        }
        match request.body {
            Ok(RequestBody::SendLiveMessage(send)) => {
                self.refuse_send(asker, send.client_message_id, refusal);
            }
            _ => self.respond(asker, Err(refusal)),
        }
    }

    /// Refuses a login as if it had decided so itself. One with a token that is not taken counts as failed.
    pub(super) fn refuse_login_by_script(&mut self, now: Now, connection: ConnectionId, refusal: Refusal) {
        if refusal.code.kind() == bim_types::ErrorKind::Token {
            let peer = self.sessions.find(connection).and_then(|session| session.peer.clone());
            self.failed_logins.count(now.mono, &peer);
        }
        self.end(now, connection, refusal);
    }

    /// Brings the end of a user's tokens to now; the next tick finds their sessions.
    pub(super) fn expire_sessions_by_script(&mut self, now: Now, app: AppId, uid: &Uid) {
        for connection in self.sessions.users_where(|user| user.app == app && user.uid == *uid) {
            if let Some(session) = self.sessions.find_mut(connection)
                && let State::User(user) = &mut session.state
            {
                user.credential.expires_at = now.wall;
                self.sessions.set_timer(connection, now.mono);
            }
        }
    }
}
