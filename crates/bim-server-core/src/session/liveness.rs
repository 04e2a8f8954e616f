//! Deadlines of a connection: authentication, signs of life, the end of its token.

use bim_proto::{Ping, ServerFrame};
use bim_types::{ConnectionId, Defect, ErrorCode, Mono, Now, Refusal, Wall};

use crate::engine::Engine;
use crate::session::{Session, State};

enum Due {
    /// Nothing until then.
    Later(Mono),
    /// Ask for a sign of life, and look again then.
    Ping(Mono),
    /// It is over.
    End(Refusal),
}

impl Engine {
    pub(crate) fn tick_sessions(&mut self, now: Now) {
        while let Some(connection) = self.sessions.pop_due(now.mono) {
            self.watch(now, connection);
        }
    }

    /// Looks at a connection's deadlines, acts on what is due, and sets its timer.
    pub(super) fn watch(&mut self, now: Now, connection: ConnectionId) {
        let Some(session) = self.sessions.find(connection) else { return };
        match self.due(now, session) {
            Due::Later(at) => self.sessions.set_timer(connection, at),
            Due::Ping(at) => {
                if let Some(session) = self.sessions.find_mut(connection) {
                    session.pinged_at = now.mono;
                }
                let nonce = now.mono.as_micros();
                self.out.send(connection, ServerFrame::Ping(Ping { nonce }));
                self.sessions.set_timer(connection, at);
            }
            Due::End(reason) => self.end(now, connection, reason),
        }
    }

    fn due(&self, now: Now, session: &Session) -> Due {
        let config = &self.config;
        match &session.state {
            State::Leaving => Due::Later(now.mono + config.liveness_timeout),
            State::Stranger => {
                let deadline = session.opened_at + config.authentication_deadline;
                if now.mono < deadline {
                    return Due::Later(deadline);
                }
                let reason = Refusal::new(ErrorCode::ProtocolViolation);
                Due::End(reason.hint("no hello came in time"))
            }
            State::User(user) => {
                let expires_at = match Defect::ExpiredSession.is_planted() {
                    true => Wall::from_secs(u64::MAX),
                    false => user.credential.expires_at,
                };
                let expiry = now.mono + expires_at.since(now.wall);
                let silence = session.heard_at + config.liveness_timeout;
                let quiet = session.heard_at.max(session.pinged_at) + config.ping_interval;
                if now.wall >= expires_at {
                    Due::End(ErrorCode::ExpiredToken.into())
                } else if now.mono >= silence {
                    Due::End(Refusal::new(ErrorCode::Timeout).hint("no sign of life"))
                } else if now.mono >= quiet {
                    Due::Ping(expiry.min(silence).min(now.mono + config.ping_interval))
                } else {
                    Due::Later(expiry.min(silence).min(quiet))
                }
            }
        }
    }
}
