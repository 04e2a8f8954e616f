//! What groups are told: exactly what happened, once, and as the group stands.

use bim_proto::{RequestBody, ServerFrame};
use bim_types::{AttributesChanged, ConnectionId, Conversation, GroupChange, GroupEvent, GroupKey, Role};

use super::hall::{Due, Hall};
use super::people::{Open, Person};
use super::rights::{Act, may};
use super::{Verdict, wrong};

impl Hall {
    /// A whole group is told something.
    pub(super) fn on_told(&mut self, key: GroupKey, frame: &ServerFrame) -> Verdict {
        match frame {
            ServerFrame::LiveState(state) => self.on_state_told(key, state),
            ServerFrame::LiveEvent(event) => self.on_event_told(key, event),
            ServerFrame::LivePulse(pulse) => self.on_pulse_told(key, pulse),
            ServerFrame::LiveAttributesChanged(changed) => self.on_attributes_told(key, changed),
            _ => Ok(()),
        }
    }

    fn on_state_told(&mut self, key: GroupKey, state: &Conversation) -> Verdict {
        let is_due = self.step.due.get_mut(&key).is_some_and(|due| std::mem::take(&mut due.state));
        if !is_due {
            return wrong("state", format!("{key:?} is told a state and nothing changed: {state:?}"));
        }
        if let Some(room) = self.step.dissolved.get(&key) {
            let alive = Conversation { dissolved: false, online_count: room.users(), ..state.clone() };
            let wrong_state = room.wrong_state(key, &alive, None, self.now.mono);
            return match wrong_state {
                None if state.dissolved => Ok(()),
                None => wrong("state", format!("{key:?} is dissolved and is not told so")),
                Some(what) => wrong("state", what),
            };
        }
        let Some(room) = self.rooms.get(&key) else { return wrong("state", "a state of no group") };
        let removed =
            self.step.due.get(&key).and_then(|due| due.removed.iter().find(|uid| room.is_user_in(uid)));
        if let Some(uid) = removed {
            return wrong("authority", format!("{uid} was removed from {key:?} and is in"));
        }
        match room.wrong_state(key, state, None, self.now.mono) {
            Some(what) => wrong("state", what),
            None => Ok(()),
        }
    }

    fn on_event_told(&mut self, key: GroupKey, event: &GroupEvent) -> Verdict {
        if let Some(operator) = &event.operator {
            let is_first =
                |due: &Due| due.events.front().is_some_and(|first| first.operator != event.operator);
            if self.step.due.get(&key).is_some_and(is_first) {
                self.switch(key, |person, _| person.uid == *operator);
            }
        }
        let due = self.step.due.get(&key).and_then(|due| due.events.front()).cloned();
        if due.as_ref() == Some(event) {
            self.step.due.get_mut(&key).and_then(|due| due.events.pop_front());
            return Ok(());
        }
        let Some(room) = self.rooms.get_mut(&key) else { return wrong("state", "an event of no group") };
        match &event.change {
            GroupChange::Unmuted(uids) if event.operator.is_none() => {
                for uid in uids {
                    if !room.ended_mutes(self.now.mono).any(|ended| ended == uid) {
                        return wrong("state", format!("{uid} may speak again before the time is over"));
                    }
                    room.unmute(uid);
                    let connections = room.inside.iter().filter(|(_, other)| *other == uid);
                    let records: Vec<_> = connections.map(|(connection, _)| *connection).collect();
                    self.step.due.entry(key).or_default().records.extend(records);
                }
                if event.version == room.group.version {
                    return Ok(());
                }
                wrong("state", format!("{event:?} at version {}", room.group.version))
            }
            GroupChange::Kicked { .. } if self.store_failed || self.is_closing => {
                self.on_kick_without_disk(key, event)
            }
            _ => wrong("state", format!("{key:?} is told what did not happen: {event:?} instead of {due:?}")),
        }
    }

    /// A kick is carried out also when the disk does not take it, because it has failed or because the server is being
    /// stopped; then the version stays as it was.
    fn on_kick_without_disk(&mut self, key: GroupKey, event: &GroupEvent) -> Verdict {
        let Some(room) = self.rooms.get(&key) else { return Ok(()) };
        for (person, open) in self.people.open_in(key) {
            let RequestBody::ChangeLiveGroup(_, measure) = &open.body else { continue };
            let Ok(deed) = super::deed::deed(room, person, measure, self.policy, self.now, false) else {
                continue;
            };
            let told = GroupEvent {
                conversation_short_id: key.group,
                version: room.group.version,
                operator: Some(person.uid.clone()),
                change: event.change.clone(),
            };
            if deed.told == [event.change.clone()] && told == *event && !deed.is_kept {
                let answer = Some((person.connection, open.id)).filter(|(by, _)| !self.people.is_over(*by));
                let measured = Some((room.group.version, deed.failed));
                let same = |other: &Open, by: &Person| other.body == open.body && by.uid == person.uid;
                let twins = self.people.open_in(key).filter(|(by, other)| same(other, by));
                let twins = twins.map(|(by, other)| (by.clone(), other.id)).collect();
                let due = self.step.due.entry(key).or_default();
                (due.removed, due.answer, due.measured, due.twins) = (deed.removed, answer, measured, twins);
                return Ok(());
            }
        }
        wrong("authority", format!("{event:?} and nobody asked for it who may"))
    }

    fn on_attributes_told(&mut self, key: GroupKey, changed: &AttributesChanged) -> Verdict {
        let due = self.step.due.get_mut(&key).and_then(|due| due.attributes.take());
        if due.as_ref() == Some(changed) {
            return Ok(());
        }
        wrong("attributes", format!("{key:?} is told {changed:?} instead of {due:?}"))
    }

    /// Somebody is told how it stands.
    pub(super) fn on_own_state(&mut self, connection: ConnectionId, state: &Conversation) -> Verdict {
        let Some(session) = self.people.sessions.get(&connection) else { return Ok(()) };
        let (app, uid) = (session.person.app, session.person.uid.clone());
        let key = GroupKey { app, group: state.conversation_short_id };
        self.hear_own_info(key, state);
        let Some(room) = self.rooms.get(&key) else { return wrong("state", "a state of no group") };
        if let Some(what) = room.wrong_state(key, state, Some((&uid, connection)), self.now.mono) {
            return wrong("state", what);
        }
        if let Some(due) = self.step.due.get_mut(&key) {
            due.records.remove(&connection);
        }
        Ok(())
    }

    /// What an ordinary member says about itself is not written: it counts from when it is told first. What a resident says
    /// and is written already may be written again: if it came in anew meanwhile, and said something else, it counts from
    /// when it is told too.
    pub(super) fn hear_own_info(&mut self, key: GroupKey, state: &Conversation) {
        let Some(me) = &state.me else { return };
        let Some(room) = self.rooms.get(&key).filter(|room| room.info(&me.uid) != me.info) else { return };
        let spoken = self.people.open_in(key).find(|(person, open)| match &open.body {
            RequestBody::SetLiveMemberInfo(set) => {
                let uid = set.uid.as_ref().unwrap_or(&person.uid);
                let act =
                    if *uid == person.uid && !person.is_server { Act::OwnInfo } else { Act::InfoOfOthers };
                let counts = match room.role(uid) {
                    Role::Normal => may(room, person, act, self.policy, self.now.mono).is_ok(),
                    _ => {
                        open.is_done
                            && room.roll.get(uid).is_some_and(|kept| kept.info.as_ref() == Some(&me.info))
                    }
                };
                *uid == me.uid && set.change.clone().apply(room.info(uid)) == me.info && counts
            }
            _ => false,
        });
        let Some((by, id)) = spoken.map(|(person, open)| (person.connection, open.id)) else { return };
        if let Some(said) = self.rooms.get_mut(&key).and_then(|room| room.said.get_mut(&me.uid)) {
            said.0 = me.info.clone();
        }
        if let Some(open) = self.people.find(by, id) {
            open.is_done = true;
        }
    }
}
