//! What the engine does by itself and could not do for now: it is tried again, because nobody else would ask
//! for it again.

use std::collections::VecDeque;
use std::time::Duration;

use bim_types::{AppId, GroupKey, Mono, Now};

use super::RoomRequest;
use crate::engine::Engine;
use crate::ops::Asker;

/// Errands that wait. One more is dropped: a group is then watched from its next use on, and a moderator's
/// removal is not made.
const ERRANDS_MAX: usize = 16_384;

/// When errands are tried again.
const ERRANDS_RETRY: Duration = Duration::from_secs(1);

/// What is to be tried again.
#[derive(Debug)]
pub(super) enum Errand {
    /// Something in a room.
    Room(GroupKey, RoomRequest),
    /// Reading a page of the groups that end when they are idle.
    IdleGroups { app: AppId, after: u64 },
}

/// What waits to be tried again.
#[derive(Debug, Default)]
pub(super) struct Errands {
    waiting: VecDeque<Errand>,
    at: Option<Mono>,
}

impl Errands {
    /// When they are tried again.
    pub(super) fn next_deadline(&self) -> Option<Mono> {
        self.at
    }

    pub(super) fn plan(&mut self, now: Now) {
        if self.at.is_none() && !self.waiting.is_empty() {
            self.at = Some(now.mono + ERRANDS_RETRY);
        }
    }

    fn take_due(&mut self, now: Now) -> VecDeque<Errand> {
        if self.at.is_none_or(|at| at > now.mono) {
            return VecDeque::new();
        }
        self.at = None;
        std::mem::take(&mut self.waiting)
    }
}

impl Engine {
    /// Tries something again after a while, unless nothing can be done any more.
    pub(super) fn try_again(&mut self, errand: Errand) {
        let errands = &mut self.rooms.errands.waiting;
        let is_over = self.health.store_failed || self.health.is_draining;
        if !is_over && errands.len() < ERRANDS_MAX {
            errands.push_back(errand);
        }
    }

    pub(super) fn tick_errands(&mut self, now: Now) {
        for errand in self.rooms.errands.take_due(now) {
            match errand {
                Errand::Room(key, request) => self.with_room(now, key, Asker::NOBODY, request),
                Errand::IdleGroups { app, after } => self.watch_idle_groups(app, after),
            }
        }
    }
}
