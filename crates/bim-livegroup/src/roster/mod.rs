//! Who is in one room, and what the next pulse says of it.
//!
//! A [`Roster`] knows the users of a room, each with its connections, since when it is in and what it says
//! about itself, and remembers what its viewers do not know yet. It decides nothing: who may come in is asked
//! elsewhere, and roles, marks and mutes are not here.
//!
//! ```text
//! enter, leave, set_info ──► users ──► after(): the list of who is in, page by page
//!                      └───► changes since the last pulse ──► take_pulse()
//! ```
//!
//! A viewer that reads the list ([`Roster::list_read`]) and then applies every pulse has exactly the users who
//! are in, as long as no pulse only counted some; its count is always exact, whenever it was told one. What is
//! told is the net effect: one who came and went between two pulses is not told of, one who left and came back
//! neither; only the count is told again then, for those who asked in between. A user takes about 200 bytes
//! when it says nothing about itself.

mod changes;
mod entry;
mod pulse;

#[cfg(test)]
mod model_test;
#[cfg(test)]
mod roster_test;

use std::collections::BTreeMap;
use std::ops::Bound;

use bim_types::{ConnectionId, Member, MemberInfo, Uid, Wall};

use changes::{Changes, Net};
pub use entry::Entry;
use entry::Info;
pub use pulse::{
    PULSE_BYTES_MAX, PULSE_ENTRIES_MAX, PULSE_OTHER_BYTES_MAX, PULSE_OTHER_ENTRIES_MAX, PULSE_VIPS_MAX,
    PulseParts,
};
use pulse::{Roll, Space};

/// Someone left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Who.
    pub uid: Uid,
    /// Whether it was the user's last device: the user is not in any more.
    pub last: bool,
}

/// Who is in one room. As large as there are connections in it.
#[derive(Debug, Default)]
pub struct Roster {
    users: BTreeMap<Uid, Entry>,
    connections: BTreeMap<ConnectionId, Uid>,
    changes: Changes,
    counts: Counts,
}

impl Roster {
    /// A room with nobody in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a connection of a user in; one that is in already stays. `info` is what the user says about
    /// itself; `None` keeps what is there. Returns whether it is the user's first device.
    pub fn enter(&mut self, connection: ConnectionId, uid: Uid, info: Option<MemberInfo>, now: Wall) -> bool {
        if self.uid_of(connection).is_some_and(|known| *known != uid) {
            self.leave(connection);
        }
        let is_first = match self.users.get_mut(&uid) {
            Some(entry) => {
                entry.add(connection);
                if let Some(info) = info {
                    self.set_info(&uid, info);
                }
                false
            }
            None => {
                self.changes.note(&uid, None);
                let info = Info::from(info.unwrap_or_default());
                self.users.insert(uid.clone(), Entry::new(connection, now, info));
                true
            }
        };
        self.connections.insert(connection, uid);
        self.counts.include(self.users());
        is_first
    }

    /// Lets a connection go. `None` when it was not in.
    pub fn leave(&mut self, connection: ConnectionId) -> Option<Left> {
        let uid = self.connections.remove(&connection)?;
        let last = self.users.get_mut(&uid).is_none_or(|entry| entry.remove(connection));
        if last && let Some(entry) = self.users.remove(&uid) {
            self.changes.note_left(&uid, entry.info);
            self.counts.include(self.users());
        }
        Some(Left { uid, last })
    }

    /// Takes what a user says about itself from now on. Returns whether it is in; when it is not, nothing is
    /// kept.
    pub fn set_info(&mut self, uid: &Uid, info: MemberInfo) -> bool {
        let Some(entry) = self.users.get_mut(uid) else { return false };
        let info = Info::from(info);
        if info != entry.info {
            self.changes.note(uid, Some(std::mem::replace(&mut entry.info, info)));
        }
        true
    }

    /// Has the next pulse tell a user's record anew: a part of it changed that is not here, such as its marks.
    /// Also for residents who are not in.
    pub fn record_changed(&mut self, uid: &Uid) {
        let is_in = self.is_in(uid);
        self.changes.note_record(uid, is_in);
    }

    /// Somebody reads the list of users or a page of it: who changes after this is told of, even when the
    /// effect until the next pulse is nothing.
    pub fn list_read(&mut self) {
        self.changes.list_read();
    }

    /// Lets everyone go. What was to be told is forgotten. Returns which connections were in.
    pub fn drain(&mut self) -> Vec<ConnectionId> {
        std::mem::take(self).connections.into_keys().collect()
    }

    /// Whether there may be something for a pulse to say.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.changes.is_empty() || !self.counts.all_are(self.users())
    }

    /// What the next pulse says; `None` when every viewer knows it already. There is no more news after it.
    ///
    /// `is_vip`: residents and marked members. They are named before others, up to [`PULSE_VIPS_MAX`] in each
    /// list; others up to [`bim_types::limits::PULSE_NAMES_MAX`], in the order of uids. Both end earlier when
    /// records are large, so that the pulse fits a frame; who is not named is counted. `member`: a user's
    /// record as viewers see it, from what is here of it, `None` when it is not in; asked only for those who are
    /// named, and a few more.
    pub fn take_pulse(
        &mut self,
        is_vip: impl Fn(&Uid) -> bool,
        member: impl Fn(&Uid, Option<&Entry>) -> Member,
    ) -> Option<PulseParts> {
        let [mut joined, mut left, mut changed] = [Roll::default(), Roll::default(), Roll::default()];
        for (uid, views) in self.changes.take() {
            let roll = match views.net(self.users.get(&uid).map(|entry| &entry.info)) {
                Some(Net::Joined) => &mut joined,
                Some(Net::Left) => &mut left,
                Some(Net::Changed) => &mut changed,
                None => continue,
            };
            let is_vip = is_vip(&uid);
            roll.push(uid, is_vip);
        }
        let online_count = self.users();
        let count_is_known = self.counts.all_are(online_count);
        self.counts = Counts::only(online_count);
        if count_is_known && joined.is_empty() && left.is_empty() && changed.is_empty() {
            return None;
        }
        let member = |uid: Uid| member(&uid, self.users.get(&uid));
        let mut space = Space::of_pulse();
        let left = left.name_vips(&mut space, |uid| uid);
        let joined = joined.name_vips(&mut space, member);
        let changed = changed.name_vips(&mut space, member);
        Some(PulseParts {
            online_count,
            joined: joined.name_others(&mut space, member),
            left: left.name_others(&mut space, |uid| uid),
            changed: changed.name_others(&mut space, member),
        })
    }

    /// Users in the room, however many devices they have in it. Exact.
    #[must_use]
    pub fn users(&self) -> u64 {
        self.users.len() as u64
    }

    /// Whether a connection is in.
    #[must_use]
    pub fn has(&self, connection: ConnectionId) -> bool {
        self.connections.contains_key(&connection)
    }

    /// Whether a user is in.
    #[must_use]
    pub fn is_in(&self, uid: &Uid) -> bool {
        self.users.contains_key(uid)
    }

    /// Whose a connection is.
    #[must_use]
    pub fn uid_of(&self, connection: ConnectionId) -> Option<&Uid> {
        self.connections.get(&connection)
    }

    /// A user who is in.
    #[must_use]
    pub fn entry(&self, uid: &Uid) -> Option<&Entry> {
        self.users.get(uid)
    }

    /// The devices of a user; none when it is not in.
    pub fn connections_of(&self, uid: &Uid) -> impl Iterator<Item = ConnectionId> + '_ {
        self.users.get(uid).into_iter().flat_map(Entry::connections)
    }

    /// What a user says about itself; `None` when it is not in.
    #[must_use]
    pub fn info(&self, uid: &Uid) -> Option<&MemberInfo> {
        self.users.get(uid).map(Entry::info)
    }

    /// Since when a user is in, with its first device.
    #[must_use]
    pub fn joined_at(&self, uid: &Uid) -> Option<Wall> {
        self.users.get(uid).map(Entry::joined_at)
    }

    /// Every connection that is in.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.connections.keys().copied()
    }

    /// The users after this one, in the order of uids; all with `None`. Costs nothing for those before.
    pub fn after<'a>(&'a self, uid: Option<&Uid>) -> impl Iterator<Item = (&'a Uid, &'a Entry)> + use<'a> {
        let from = uid.map_or(Bound::Unbounded, Bound::Excluded);
        self.users.range::<Uid, _>((from, Bound::Unbounded))
    }
}

/// The counts that a viewer may have been told: all that the room had since the last pulse.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    least: u64,
    most: u64,
}

impl Counts {
    fn only(count: u64) -> Self {
        Self { least: count, most: count }
    }

    fn include(&mut self, count: u64) {
        self.least = self.least.min(count);
        self.most = self.most.max(count);
    }

    fn all_are(self, count: u64) -> bool {
        self.least == count && self.most == count
    }
}
