//! The end of one step of the server: everything that had to be told and done in it was.

use std::time::Duration;

use bim_types::{Attribute, ConnectionId};

use super::hall::{Due, Hall, Step};
use super::{Verdict, wrong};

/// How late an attribute may go, when the server is awake.
const LATE: Duration = Duration::from_secs(2);

/// How many ticks it may be late: a server that was stopped has one in which everything is late.
const LATE_TICKS: u32 = 8;

/// How long the disk has to have taken everything, before something is late.
const QUIET: Duration = Duration::from_secs(10);

impl Hall {
    /// One step of the server is over.
    pub(super) fn settle(&mut self) -> Verdict {
        let step = std::mem::take(&mut self.step);
        for (key, due) in &step.due {
            let Due { events, state, attributes, records, .. } = due;
            if let Some(event) = events.front() {
                return wrong("state", format!("{key:?} is not told {event:?}"));
            }
            if let Some(changed) = attributes {
                return wrong("attributes", format!("{key:?} is not told {changed:?}"));
            }
            if *state {
                return wrong("state", format!("{key:?} is not told its state"));
            }
            let Some(room) = self.rooms.get(key) else { continue };
            if let Some(connection) = records.iter().find(|connection| room.is_in(**connection)) {
                return wrong("state", format!("{connection:?} is not told how it stands in {key:?}"));
            }
        }
        self.settle_dissolved(&step)?;
        self.settle_rooms(&step)?;
        if step.is_tick { self.settle_attributes() } else { Ok(()) }
    }

    fn settle_dissolved(&self, step: &Step) -> Verdict {
        for (key, room) in &step.dissolved {
            let stays = |connection: &&ConnectionId| !step.left.contains(&(**connection, *key));
            if let Some(connection) = room.inside.keys().find(stays) {
                return wrong("state", format!("{connection:?} is in {key:?} still, which is dissolved"));
            }
        }
        Ok(())
    }

    fn settle_rooms(&mut self, step: &Step) -> Verdict {
        let now = self.now.mono;
        for (key, room) in &self.rooms {
            if let Some(connection) = room.inside.keys().find(|connection| self.people.is_over(**connection))
            {
                return wrong("online", format!("{connection:?} is gone and still in {key:?}"));
            }
            if step.is_tick
                && !room.inside.is_empty()
                && let Some(uid) = room.ended_mutes(now).next()
            {
                return wrong("state", format!("the mute of {uid} in {key:?} is over and nobody is told"));
            }
            let Some(pulse) = self.pulses.get_mut(key) else { continue };
            let interval = self.config.pulse_interval;
            if let Some(since) = pulse.settle(room, now)
                && step.is_tick
                && now.since(since) > interval
            {
                return wrong(
                    "online",
                    format!("what is news since {since:?} is not told in {key:?} at {now:?}"),
                );
            }
        }
        Ok(())
    }

    /// What expired, and what goes with who left, is removed soon after, unless nothing can be written.
    fn settle_attributes(&mut self) -> Verdict {
        let now = self.now.mono;
        let is_hindered = self.store_failed || self.is_closing;
        let is_hindered = is_hindered || self.busy_at.is_some_and(|at| now.since(at) < QUIET);
        for (key, room) in &mut self.rooms {
            let is_writing = self.flights.values().any(|flight| flight.key == *key);
            let is_late = |value: &Attribute| {
                let left = room.away.get(&value.setter).filter(|_| value.delete_on_leave);
                left.is_some_and(|at| now.since(*at) > LATE)
                    || room.board.is_expired_for(&value.key, LATE, now)
            };
            let late = room.board.values.values().find(|value| is_late(value));
            let late = late.filter(|_| !is_hindered && !is_writing && !room.inside.is_empty()).cloned();
            room.late_ticks = if late.is_some() { room.late_ticks + 1 } else { 0 };
            if let Some(attribute) = late.filter(|_| room.late_ticks > LATE_TICKS) {
                return wrong("attributes", format!("{attribute:?} should have gone from {key:?}"));
            }
        }
        Ok(())
    }
}
