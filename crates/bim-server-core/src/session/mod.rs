//! Connections and who is behind them.
//!
//! ```text
//!   Stranger ──Hello, token verified──► User ──goodbye, replaced, token at its end, too slow──► Leaving ──Closed──► ∅
//!      └──no Hello in time, bad Hello──────────────────────────────────────────────────► Leaving
//! ```
//!
//! One live session exists per app, user and device: a newer login ends the older one at once, and late
//! frames of the older connection change nothing, because it is already leaving.

mod failed_logins;
mod frames;
mod liveness;
mod login;
mod refused;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bim_types::{AppId, ConnectionId, DeviceId, GroupKey, Mono, Refusal, Uid, Wall};

use crate::token::Credential;

pub(crate) use failed_logins::FailedLogins;
pub(crate) use refused::Refused;

/// All connections.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: BTreeMap<ConnectionId, Session>,
    by_device: BTreeMap<(AppId, Uid, DeviceId), ConnectionId>,
    timers: BTreeSet<(Mono, ConnectionId)>,
    last_generation: u64,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) state: State,
    pub(crate) peer: Option<Arc<str>>,
    pub(crate) opened_at: Mono,
    pub(crate) heard_at: Mono,
    pub(crate) pinged_at: Mono,
    pub(crate) timer: Mono,
    /// Requests that wait for their answer.
    pub(crate) waiting: usize,
    /// Groups it is in.
    pub(crate) groups: BTreeSet<GroupKey>,
    /// Messages it was refused lately, which those that follow must not overtake.
    pub(crate) refused: Refused,
}

/// Who is behind a connection.
#[derive(Debug)]
pub(crate) enum State {
    /// Nobody knows yet.
    Stranger,
    /// A user with a verified token.
    User(User),
    /// It was said goodbye to and is being closed.
    Leaving,
}

/// A user with a verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) app: AppId,
    pub(crate) uid: Uid,
    pub(crate) device: DeviceId,
    /// The token it runs on.
    pub(crate) credential: Credential,
    /// Whether it is the app's own server.
    pub(crate) is_app_server: bool,
}

impl Sessions {
    /// A connection.
    pub(crate) fn find(&self, connection: ConnectionId) -> Option<&Session> {
        self.sessions.get(&connection)
    }

    /// A connection, to change.
    pub(crate) fn find_mut(&mut self, connection: ConnectionId) -> Option<&mut Session> {
        self.sessions.get_mut(&connection)
    }

    /// The user behind a connection.
    pub(crate) fn user(&self, connection: ConnectionId) -> Option<&User> {
        match &self.sessions.get(&connection)?.state {
            State::User(user) => Some(user),
            State::Stranger | State::Leaving => None,
        }
    }

    /// All connections.
    pub(crate) fn connections(&self) -> Vec<ConnectionId> {
        self.sessions.keys().copied().collect()
    }

    /// How many users are connected.
    pub(crate) fn users(&self) -> usize {
        self.by_device.len()
    }

    /// Connections of users for which something holds.
    pub(crate) fn users_where(&self, holds: impl Fn(&User) -> bool) -> Vec<ConnectionId> {
        let entries = self.sessions.iter();
        let matching =
            entries.filter(|(_, session)| matches!(&session.state, State::User(user) if holds(user)));
        matching.map(|(connection, _)| *connection).collect()
    }

    /// Connections of users that are refused, and why.
    pub(crate) fn users_refused(
        &self,
        refuse: impl Fn(&User) -> Option<Refusal>,
    ) -> Vec<(ConnectionId, Refusal)> {
        let refused = self.sessions.iter().filter_map(|(connection, session)| match &session.state {
            State::User(user) => Some((*connection, refuse(user)?)),
            State::Stranger | State::Leaving => None,
        });
        refused.collect()
    }

    /// How many devices of a user are connected.
    pub(crate) fn devices(&self, app: AppId, uid: &Uid) -> usize {
        let first = (app, uid.clone(), DeviceId::new(0));
        let last = (app, uid.clone(), DeviceId::new(u128::MAX));
        self.by_device.range(first..=last).count()
    }

    /// The connection of a device.
    pub(crate) fn of_device(&self, user: &User) -> Option<ConnectionId> {
        self.by_device.get(&user.key()).copied()
    }

    /// Counts one request as answered. Returns whether there is anybody to answer.
    pub(crate) fn answered(&mut self, connection: ConnectionId) -> bool {
        let Some(session) = self.sessions.get_mut(&connection) else { return false };
        session.waiting = session.waiting.saturating_sub(1);
        matches!(session.state, State::User(_))
    }

    /// A number that rises with every login, also across restarts while the clock does not step back.
    pub(crate) fn next_generation(&mut self, now: Wall) -> u64 {
        self.last_generation = now.as_millis().max(self.last_generation + 1);
        self.last_generation
    }

    /// Takes a new connection.
    pub(crate) fn insert(
        &mut self,
        connection: ConnectionId,
        peer: Option<Arc<str>>,
        now: Mono,
        timer: Mono,
    ) {
        let session = Session {
            state: State::Stranger,
            peer,
            opened_at: now,
            heard_at: now,
            pinged_at: now,
            timer,
            waiting: 0,
            groups: BTreeSet::new(),
            refused: Refused::default(),
        };
        self.timers.insert((timer, connection));
        self.sessions.insert(connection, session);
    }

    /// Says who is behind a connection.
    pub(crate) fn identify(&mut self, connection: ConnectionId, user: User) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            self.by_device.insert(user.key(), connection);
            session.state = State::User(user);
        }
    }

    /// Marks a connection as being closed. Returns whether it was not already.
    pub(crate) fn begin_leaving(&mut self, connection: ConnectionId) -> bool {
        let Some(session) = self.sessions.get_mut(&connection) else { return false };
        match std::mem::replace(&mut session.state, State::Leaving) {
            State::Leaving => false,
            State::Stranger => true,
            State::User(user) => {
                self.by_device.remove(&user.key());
                true
            }
        }
    }

    /// Forgets a connection.
    pub(crate) fn remove(&mut self, connection: ConnectionId) {
        self.begin_leaving(connection);
        if let Some(session) = self.sessions.remove(&connection) {
            self.timers.remove(&(session.timer, connection));
        }
    }

    /// When the next connection wants a look.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// A connection whose time has come, with its timer taken off.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<ConnectionId> {
        let (at, connection) = *self.timers.first()?;
        if at > now {
            return None;
        }
        self.timers.remove(&(at, connection));
        Some(connection)
    }

    /// Sets when a connection wants a look again.
    pub(crate) fn set_timer(&mut self, connection: ConnectionId, at: Mono) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            self.timers.remove(&(session.timer, connection));
            session.timer = at;
            self.timers.insert((at, connection));
        }
    }
}

impl User {
    fn key(&self) -> (AppId, Uid, DeviceId) {
        (self.app, self.uid.clone(), self.device)
    }
}
