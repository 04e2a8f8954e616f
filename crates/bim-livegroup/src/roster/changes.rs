//! What happened in a room since its last pulse, as a net effect.
//!
//! A *view* is what some viewer knows of the users in the room: what the last pulse left everyone with, and
//! every list of users that was read since then. A user is told of when some view is wrong about it, and only
//! then. So one who came and went between two pulses is not told of, unless somebody read the list meanwhile.

use std::collections::BTreeMap;
use std::collections::btree_map;

use bim_types::Uid;

use super::entry::Info;

/// What is to be told of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Net {
    /// It is in, and some view does not have it.
    Joined,
    /// It is not in, and some view has it.
    Left,
    /// Every view is right about whether it is in, but not about its record.
    Changed,
}

/// The users that some view may be wrong about. As many as changed since the last pulse.
#[derive(Debug, Default)]
pub(super) struct Changes {
    views: BTreeMap<Uid, Views>,
    /// Lists read since the last pulse.
    lists: u64,
}

/// What the views have of one user.
#[derive(Debug)]
pub(super) struct Views {
    /// As the last pulse left it; `None`: not in.
    told: Option<Info>,
    /// Whether something of its record changed that is not in the roster.
    record_changed: bool,
    /// Whether a list without it was read since.
    seen_out: bool,
    /// Whether a list was read in which it stood otherwise than told.
    seen_otherwise: bool,
    /// Lists read when it changed last.
    lists: u64,
}

impl Views {
    fn new(told: Option<Info>, lists: u64) -> Self {
        Self { told, record_changed: false, seen_out: false, seen_otherwise: false, lists }
    }

    /// What is to be told, given how the user stands now.
    pub(super) fn net(&self, now: Option<&Info>) -> Option<Net> {
        match (&self.told, now) {
            (None, Some(_)) => Some(Net::Joined),
            (Some(_), Some(_)) if self.seen_out => Some(Net::Joined),
            (Some(told), Some(now)) => {
                (self.record_changed || self.seen_otherwise || told != now).then_some(Net::Changed)
            }
            (Some(_), None) => Some(Net::Left),
            (None, None) if self.seen_otherwise => Some(Net::Left),
            (None, None) => self.record_changed.then_some(Net::Changed),
        }
    }
}

impl Changes {
    /// A list of users was read.
    pub(super) fn list_read(&mut self) {
        self.lists = self.lists.saturating_add(1);
    }

    /// A user changes; until now it stood like this, `None` when it was not in.
    pub(super) fn note(&mut self, uid: &Uid, until_now: Option<Info>) {
        let lists = self.lists;
        match self.views.entry(uid.clone()) {
            btree_map::Entry::Vacant(vacant) => {
                vacant.insert(Views::new(until_now, lists));
            }
            btree_map::Entry::Occupied(occupied) => {
                let views = occupied.into_mut();
                if views.lists != lists {
                    views.seen_out |= until_now.is_none();
                    views.seen_otherwise |= until_now.is_some() && until_now != views.told;
                    views.lists = lists;
                }
            }
        }
    }

    /// A user went; until now it said this about itself.
    pub(super) fn note_left(&mut self, uid: &Uid, until_now: Info) {
        self.note(uid, Some(until_now));
        if self.views.get(uid).is_some_and(|views| views.net(None).is_none()) {
            self.views.remove(uid);
        }
    }

    /// Something of a user's record changed that is not in the roster.
    pub(super) fn note_record(&mut self, uid: &Uid, is_in: bool) {
        // What it said about itself does not matter any more once its record is told in any case.
        let told = is_in.then(Info::default);
        let views = self.views.entry(uid.clone()).or_insert_with(|| Views::new(told, self.lists));
        views.record_changed = true;
    }

    /// Whether there is nothing to tell of anyone.
    pub(super) fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// All of them, in the order of their uids; afterwards every view is right.
    pub(super) fn take(&mut self) -> BTreeMap<Uid, Views> {
        self.lists = 0;
        std::mem::take(&mut self.views)
    }
}
