//! The members of one live group within one shard.

use std::collections::HashMap;
use std::sync::Arc;

use bim_types::ConnectionId;

use super::Mailbox;

/// Mailboxes in a row, so that a broadcast runs over memory and nothing else. Joining and leaving take
/// constant time.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: Vec<(ConnectionId, Arc<Mailbox>)>,
    places: HashMap<ConnectionId, usize>,
}

impl Group {
    /// Adds a member. One that is in already stays once.
    pub(super) fn add(&mut self, connection: ConnectionId, mailbox: Arc<Mailbox>) {
        if self.places.contains_key(&connection) {
            return;
        }
        self.places.insert(connection, self.members.len());
        self.members.push((connection, mailbox));
    }

    /// Removes a member, if it is one.
    pub(super) fn remove(&mut self, connection: ConnectionId) {
        let Some(place) = self.places.remove(&connection) else { return };
        self.members.swap_remove(place);
        if let Some((moved, _)) = self.members.get(place) {
            self.places.insert(*moved, place);
        }
    }

    /// So many of those in the group, from a place in the row on.
    pub(super) fn mailboxes(&self, from: usize, count: usize) -> impl Iterator<Item = &Mailbox> {
        self.members.iter().skip(from).take(count).map(|(_, mailbox)| &**mailbox)
    }

    /// How many are in it.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_and_go_in_any_order() {
        let mut group = Group::default();
        for id in 1..=4 {
            group.add(ConnectionId(id), Arc::new(Mailbox::default()));
        }
        group.add(ConnectionId(2), Arc::new(Mailbox::default()));
        group.remove(ConnectionId(1));
        group.remove(ConnectionId(9));
        group.remove(ConnectionId(4));
        let mut left: Vec<_> = group.members.iter().map(|(id, _)| id.0).collect();
        left.sort_unstable();
        assert_eq!(left, [2, 3]);
        group.remove(ConnectionId(3));
        group.remove(ConnectionId(2));
        assert!(group.is_empty() && group.places.is_empty());
    }
}
