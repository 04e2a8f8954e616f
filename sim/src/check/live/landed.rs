//! What is durable, and known to be: the model moves, and what is to be told of it is noted.

use bim_proto::RequestId;
use bim_proto::stored::StoredLiveAttributes;
use bim_types::store::{AppendOutcome, LogOutcome, OpId, PutOutcome};
use bim_types::{AttributesChanged, ConnectionId, GroupEvent, GroupKey, Now, Uid};

use super::Verdict;
use super::hall::{Due, Hall, add};
use super::people::Person;
use super::room::Room;
use super::writes::{Changed, Flight, What};

impl Hall {
    /// The server hears what came of a write.
    pub(super) fn on_written(&mut self, op: OpId, outcomes: Option<&[LogOutcome]>) -> Verdict {
        let Some(flight) = self.flights.remove(&op) else { return Ok(()) };
        let Some(outcomes) = outcomes.filter(|outcomes| is_done(outcomes)) else { return Ok(()) };
        if let Some((person, id)) = &flight.by
            && let Some(open) = self.people.find(person.connection, *id)
        {
            open.is_done = true;
        }
        let Flight { key, by, twins, planned, what } = flight;
        let answer = by.as_ref().map(|(person, id)| (person.connection, *id));
        let answer = answer.filter(|(connection, _)| !self.people.is_over(*connection));
        if let What::Create(group) = what {
            self.rooms.insert(key, Room::new(*group));
            self.step.due.insert(key, Due { answer, twins, ..Due::default() });
            return Ok(());
        }
        let Some(room) = self.rooms.get_mut(&key) else { return Ok(()) };
        let mut due = Due { answer, twins, ..Due::default() };
        match what {
            What::Change(changed) => carry_out(key, room, *changed, by.as_ref(), planned, &mut due),
            What::Attributes { next, outcome } => {
                due.attributes = Some(difference(key, room, &next));
                due.written = outcome;
                room.board.take(next, self.now);
                let grace = self.now.mono + self.config.attribute_leave_grace;
                let goes: Vec<_> = room.board.values.values().filter(|value| value.delete_on_leave).collect();
                let goes: Vec<Uid> = goes.into_iter().map(|value| value.setter.clone()).collect();
                for uid in goes.into_iter().filter(|uid| !room.said.contains_key(uid)) {
                    room.away.entry(uid).or_insert(grace);
                }
                let board = &room.board;
                room.away.retain(|uid, _| board.goes_with(uid));
            }
            What::Taps(taps) => {
                if let [LogOutcome::Appended(entries)] = outcomes
                    && let [AppendOutcome::New(_)] = entries[..]
                {
                    add(&mut room.sums, &taps);
                    self.pulses.entry(key).or_default().untold.extend(taps.into_keys());
                }
            }
            What::Dissolve => {
                let mut room = self.rooms.remove(&key).expect("it was there a moment ago");
                self.pulses.remove(&key);
                room.group.version += 1;
                due.state = true;
                self.step.dissolved.insert(key, room);
            }
            What::Edit | What::Send(..) | What::Create(_) => due = Due::default(),
        }
        self.step.due.insert(key, due);
        Ok(())
    }
}

/// A change takes effect.
fn carry_out(
    key: GroupKey,
    room: &mut Room,
    changed: Changed,
    by: Option<&(Person, RequestId)>,
    planned: Now,
    due: &mut Due,
) {
    let Changed { group, before, roll, deed, info_of } = changed;
    due.state = group.is_some();
    if let Some(group) = group {
        room.group = group;
    }
    if let Some(roll) = roll {
        room.take_roll(&before, roll, planned);
    }
    let of = |room: &Room, uid: &Uid| -> Vec<ConnectionId> {
        room.inside.iter().filter(|(_, other)| *other == uid).map(|(connection, _)| *connection).collect()
    };
    if let Some(uid) = info_of.filter(|_| deed.is_none()) {
        if let Some(info) = room.roll.get(&uid).and_then(|member| member.info.clone())
            && let Some(said) = room.said.get_mut(&uid)
        {
            said.0 = info;
        }
        due.records.extend(of(room, &uid));
    }
    let Some(deed) = deed else { return };
    let version = room.group.version;
    let operator = by.map(|(person, _)| person.uid.clone());
    due.events = deed
        .told
        .into_iter()
        .map(|change| {
            let operator = operator.clone();
            GroupEvent { conversation_short_id: key.group, version, operator, change }
        })
        .collect();
    for uid in deed.concerned.difference(&deed.removed) {
        due.records.extend(of(room, uid));
    }
    due.removed = deed.removed;
    due.measured = Some((version, deed.failed));
}

/// What viewers are told of a write to attributes.
fn difference(key: GroupKey, room: &Room, next: &StoredLiveAttributes) -> AttributesChanged {
    let before = &room.board.values;
    let set = next.attributes.iter().filter(|(key, value)| before.get(*key) != Some(value));
    AttributesChanged {
        conversation_short_id: key.group,
        version: next.version,
        set: set.map(|(_, value)| value.clone()).collect(),
        removed: before.keys().filter(|key| !next.attributes.contains_key(*key)).cloned().collect(),
    }
}

/// Whether everything was done that had a condition.
fn is_done(outcomes: &[LogOutcome]) -> bool {
    outcomes.iter().all(|outcome| match outcome {
        LogOutcome::Put(put) => matches!(put, PutOutcome::Done(_)),
        LogOutcome::LastDiffers(_) => false,
        LogOutcome::Appended(_) | LogOutcome::Trimmed(_) | LogOutcome::Replaced(_) => true,
    })
}
