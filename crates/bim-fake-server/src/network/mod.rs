//! The network between a fake server and its clients, in memory: whole, slow, silent, cut.
//!
//! ```text
//!   client ══ Line ══ memory connection ══ server
//!              ▲
//!            Wire ◄── Network ◄── Link: everyone's, or one user's
//! ```
//!
//! *What it owns.* The condition of the network for everyone and for single users, and a [`Wire`] for each open
//! connection, through which a change reaches it at once. Whose a connection is it learns from its first frame.
//!
//! *What it never does.* It loses, repeats or reorders nothing of a connection that lives: a pipe of whole frames is
//! cut, silent or late, as a real one.

mod condition;
mod line;
mod link;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bim_transport::{BoxConnection, DialError};
use bim_types::Uid;
use tokio::sync::watch;

pub use link::Link;

use condition::Condition;
use line::Line;
pub(crate) use wire::Wire;

/// Connections remembered whose client has given up while they were silent. When full, the oldest is let go, and the
/// server notices.
const GHOSTS_MAX: usize = 1_024;

/// The network of one fake server, for all its lives.
#[derive(Debug)]
pub(crate) struct Network {
    state: Mutex<State>,
    /// Whether dials neither fail nor wait, told to those that wait.
    everyone: watch::Sender<Condition>,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<Uid, Condition>,
    wires: BTreeMap<u64, Arc<Wire>>,
    last: u64,
    ghosts: Vec<BoxConnection>,
}

/// Whose network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Everyones,
    Of(Uid),
}

impl Default for Network {
    fn default() -> Self {
        Self { state: Mutex::default(), everyone: watch::Sender::new(Condition::default()) }
    }
}

impl Network {
    /// Waits until a dial may begin: at once, unless everyone is silent.
    pub(crate) async fn allow_dial(&self) -> Result<(), DialError> {
        let mut everyone = self.everyone.subscribe();
        let audible = everyone.wait_for(|condition| !condition.is_silent).await;
        let is_offline = audible.map_err(|_| DialError::Refused)?.is_offline;
        if is_offline { Err(DialError::Io(io::ErrorKind::NetworkUnreachable.into())) } else { Ok(()) }
    }

    /// Puts a connection on the network.
    pub(crate) fn connect(self: &Arc<Self>, connection: BoxConnection) -> BoxConnection {
        let mut state = self.lock();
        state.last += 1;
        let (number, wire) = (state.last, Arc::new(Wire::default()));
        wire.set(*self.everyone.borrow());
        state.wires.insert(number, Arc::clone(&wire));
        Box::new(Line::new(connection, number, wire, Arc::clone(self)))
    }

    /// Says whose a connection is.
    fn identify(&self, number: u64, uid: Uid) {
        let state = self.lock();
        if let Some(wire) = state.wires.get(&number) {
            let own = state.users.get(&uid).copied().unwrap_or_default();
            wire.set(self.everyone.borrow().and(own));
            wire.belongs_to(uid);
        }
    }

    /// Changes a condition and tells every connection that it is about.
    fn change(&self, whose: &Whose, change: impl FnOnce(&mut Condition)) {
        let mut state = self.lock();
        match whose {
            Whose::Everyones => {
                self.everyone.send_modify(change);
            }
            Whose::Of(uid) => change(state.users.entry(uid.clone()).or_default()),
        }
        let everyone = *self.everyone.borrow();
        for wire in state.wires.values() {
            let own = wire.uid().and_then(|uid| state.users.get(&uid).copied()).unwrap_or_default();
            wire.set(everyone.and(own));
        }
        if !everyone.is_silent && !everyone.is_offline {
            state.ghosts.clear();
        }
    }

    /// Everything is right again, for everyone. What was cut or silent stays so.
    pub(crate) fn mend(&self) {
        let mut state = self.lock();
        state.users.clear();
        self.everyone.send_replace(Condition::default());
        for wire in state.wires.values() {
            wire.set(Condition::default());
            wire.set_own(|own| *own = Condition::default());
        }
        state.ghosts.clear();
    }

    /// One of the connections that are open, by chance.
    pub(crate) fn any_wire(&self, chance: u64) -> Option<Arc<Wire>> {
        let state = self.lock();
        let chosen = chance.checked_rem(state.wires.len() as u64)?;
        state.wires.values().nth(usize::try_from(chosen).ok()?).cloned()
    }

    /// One of the users that are connected, by chance.
    pub(crate) fn any_user(&self, chance: u64) -> Option<Uid> {
        let users: BTreeSet<Uid> = self.lock().wires.values().filter_map(|wire| wire.uid()).collect();
        let chosen = chance.checked_rem(users.len() as u64)?;
        users.into_iter().nth(usize::try_from(chosen).ok()?)
    }

    /// Cuts every connection that is meant.
    fn cut(&self, whose: &Whose) {
        let state = self.lock();
        let is_meant = |wire: &&Arc<Wire>| match whose {
            Whose::Everyones => true,
            Whose::Of(uid) => wire.uid().as_ref() == Some(uid),
        };
        state.wires.values().filter(is_meant).for_each(|wire| wire.cut());
    }

    /// A client let go of a connection. A silent one stays open on the other side.
    fn disconnect(&self, number: u64, left: Option<BoxConnection>) {
        let mut state = self.lock();
        let wire = state.wires.remove(&number);
        if wire.is_some_and(|wire| wire.is_silent()) {
            if state.ghosts.len() >= GHOSTS_MAX {
                state.ghosts.remove(0);
            }
            state.ghosts.extend(left);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is whole before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
