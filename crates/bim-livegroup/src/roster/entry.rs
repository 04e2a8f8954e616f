//! One user of a room, in as few bytes as can be.

use bim_types::{ConnectionId, MemberInfo, Wall};

/// What an ordinary user says about itself: nothing.
static NOTHING: MemberInfo =
    MemberInfo { alias: String::new(), avatar_url: String::new(), ext: std::collections::BTreeMap::new() };

/// What a user says about itself; saying nothing costs one empty pointer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Info(Option<Box<MemberInfo>>);

impl Info {
    pub(super) fn words(&self) -> &MemberInfo {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl From<MemberInfo> for Info {
    fn from(info: MemberInfo) -> Self {
        Self((info != NOTHING).then(|| Box::new(info)))
    }
}

/// A user of a room: since when, on which connections, and what it says about itself.
#[derive(Debug)]
pub struct Entry {
    first: ConnectionId,
    others: Vec<ConnectionId>,
    joined_at: Wall,
    pub(super) info: Info,
}

impl Entry {
    pub(super) fn new(connection: ConnectionId, joined_at: Wall, info: Info) -> Self {
        Self { first: connection, others: Vec::new(), joined_at, info }
    }

    /// Adds a device; one that is in already stays as it is.
    pub(super) fn add(&mut self, connection: ConnectionId) {
        if !self.connections().any(|known| known == connection) {
            self.others.push(connection);
        }
    }

    /// Takes a device away. Returns whether none is left; then the entry is to be thrown away.
    pub(super) fn remove(&mut self, connection: ConnectionId) -> bool {
        if self.first == connection {
            let Some(next) = self.others.pop() else { return true };
            self.first = next;
        } else {
            self.others.retain(|other| *other != connection);
        }
        self.others.shrink_to_fit();
        false
    }

    /// On which connections it is in: at least one.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// When it came in, with its first device.
    #[must_use]
    pub fn joined_at(&self) -> Wall {
        self.joined_at
    }

    /// What it says about itself.
    #[must_use]
    pub fn info(&self) -> &MemberInfo {
        self.info.words()
    }
}
