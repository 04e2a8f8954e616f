//! A room that serves, and when it wants a look.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bim_livegroup::attributes::AttributeBoard;
use bim_livegroup::counters::Counters;
use bim_livegroup::room::{Restraint, Room};
use bim_types::{Mono, Now, Seq, Uid};

use super::RoomRequest;
use crate::ops::Asker;

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
    /// Requests that wait for that change.
    pub(super) changes: VecDeque<(Asker, RoomRequest)>,
    /// Who lost the connection, and when attributes go that go with them.
    pub(super) leavers: BTreeMap<Uid, Mono>,
    /// Since when nobody is in.
    pub(super) idle_since: Option<Mono>,
    pub(super) pulse_at: Option<Mono>,
    pub(super) wake_at: Option<Mono>,
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
            changes: VecDeque::new(),
            leavers: BTreeMap::new(),
            idle_since: Some(now.mono),
            pulse_at: None,
            wake_at: None,
        }
    }

    /// Sets when it wants a look.
    pub(super) fn plan_wake(&mut self, now: Now, pulse_interval: Duration) {
        let is_idle = self.room.is_idle();
        self.idle_since = is_idle.then(|| self.idle_since.unwrap_or(now.mono));
        let has_news = !is_idle && (self.room.roster().has_news() || self.counters.has_changed());
        self.pulse_at = has_news.then(|| self.pulse_at.unwrap_or(now.mono + pulse_interval));
        // Whatever is due while a change is being written waits for that.
        let waits = |at: Mono| if self.changing { at.max(now.mono + pulse_interval) } else { at };
        self.wake_at = [
            self.pulse_at,
            self.room.next_expiry(),
            self.attributes.next_expiry().map(waits),
            self.leavers.values().min().copied().map(waits),
            self.idle_end().map(waits),
        ]
        .into_iter()
        .flatten()
        .min();
    }

    /// When it is dissolved for being idle.
    pub(super) fn idle_end(&self) -> Option<Mono> {
        let after = self.room.dissolve_after_idle();
        self.idle_since.filter(|_| !after.is_zero()).map(|since| since + after)
    }
}
