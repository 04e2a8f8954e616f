//! A room that serves, and when it wants a look.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bim_livegroup::attributes::AttributeBoard;
use bim_livegroup::counters::Counters;
use bim_livegroup::room::{Restraint, Room};
use bim_types::{ConnectionId, Mono, Now, Seq, Uid};

use super::RoomRequest;
use crate::ops::Asker;

/// How long that waits which was due and could not be done, because a change was being written or nothing can
/// be written now.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A room that serves.
#[derive(Debug)]
pub(super) struct ActiveRoom {
    pub(super) room: Room,
    pub(super) attributes: AttributeBoard,
    /// The version of the attributes' record in the store; 0 when there is none.
    pub(super) attributes_version: u64,
    pub(super) counters: Counters,
    /// How far the counters' record in the store reaches.
    pub(super) counters_kept: Seq,
    /// Appends that wait for the log.
    pub(super) appending: usize,
    /// Whether it is being dissolved.
    pub(super) ending: bool,
    /// Whether a change of its state is being written.
    pub(super) changing: bool,
    /// Whose messages wait for that change.
    pub(super) restrains: Restraint,
    /// Whose joins wait for that change.
    pub(super) bars: BTreeSet<Uid>,
    /// Requests that wait for that change.
    pub(super) changes: VecDeque<(Asker, RoomRequest)>,
    /// Who left or lost the connection and has attributes that go with them, and when those go. As many as
    /// there are such attributes.
    pub(super) leavers: BTreeMap<Uid, Mono>,
    /// Since when nobody is in.
    pub(super) idle_since: Option<Mono>,
    pub(super) pulse_at: Option<Mono>,
    pub(super) wake_at: Option<Mono>,
    /// When its time had come last.
    pub(super) looked_at: Option<Mono>,
}

impl ActiveRoom {
    pub(super) fn new(room: Room, now: Now) -> Self {
        Self {
            room,
            attributes: AttributeBoard::default(),
            attributes_version: 0,
            counters: Counters::default(),
            counters_kept: Seq::ZERO,
            appending: 0,
            ending: false,
            changing: false,
            restrains: Restraint::Nobody,
            bars: BTreeSet::new(),
            changes: VecDeque::new(),
            leavers: BTreeMap::new(),
            idle_since: Some(now.mono),
            pulse_at: None,
            wake_at: None,
            looked_at: None,
        }
    }

    /// Sets when it wants a look: always later than its last one.
    pub(super) fn plan_wake(&mut self, now: Now, pulse_interval: Duration) {
        let is_idle = self.room.is_idle();
        self.idle_since = is_idle.then(|| self.idle_since.unwrap_or(now.mono));
        let has_news = !is_idle && (self.room.roster().has_news() || self.counters.has_changed());
        self.pulse_at = has_news.then(|| self.pulse_at.unwrap_or(now.mono + pulse_interval));
        let again = |at: Mono| match self.looked_at {
            Some(looked_at) if at <= looked_at => looked_at + LOOK_AGAIN,
            _ => at,
        };
        let due = [
            self.room.next_expiry(),
            self.attributes.next_expiry(),
            self.leavers.values().min().copied(),
            self.idle_end(),
        ];
        self.wake_at = due.into_iter().flatten().map(again).chain(self.pulse_at).min();
    }

    /// When it is dissolved for being idle.
    pub(super) fn idle_end(&self) -> Option<Mono> {
        let after = self.room.dissolve_after_idle();
        self.idle_since.filter(|_| !after.is_zero()).map(|since| since + after)
    }

    /// The keys of attributes that expired, and of those whose setters left for good.
    pub(super) fn attributes_due(&mut self, now: Mono) -> Vec<String> {
        let board = &self.attributes;
        self.leavers.retain(|uid, _| !board.of_leaver(uid).is_empty());
        let mut keys = board.expired(now);
        for (uid, _) in self.leavers.iter().filter(|(_, at)| **at <= now) {
            keys.extend(board.of_leaver(uid));
        }
        keys
    }

    /// Sees that the attributes of a user who is not in go with it, after a while.
    pub(super) fn expect_leaver(&mut self, uid: &Uid, at: Mono) {
        if !self.room.roster().is_in(uid) && !self.attributes.of_leaver(uid).is_empty() {
            self.leavers.entry(uid.clone()).or_insert(at);
        }
    }

    /// Whether a message or a join of a connection waits for the change that is being written: what comes after
    /// it waits too.
    pub(super) fn holds_request_of(&self, connection: ConnectionId) -> bool {
        let is_its = |(asker, request): &(Asker, RoomRequest)| {
            let is_kept_in_order = request.is_message() || matches!(request, RoomRequest::Join(_));
            asker.connection == connection && is_kept_in_order
        };
        self.changes.iter().any(is_its)
    }
}
