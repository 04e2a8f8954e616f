//! What the server writes: exactly what somebody asked for who may.

use bim_proto::stored::{StoredLiveAttributes, StoredLiveGroup, StoredLiveMember};
use bim_proto::{RequestBody, RequestId};
use bim_types::store::{Append, LogOp, OpId, Put, RecordKey, StreamId};
use bim_types::{ClientMessageId, GroupKey, MessageBody, Now, Priority, Role, Seq, Uid};

use super::board::Outcome;
use super::deed::{Deed, deed};
use super::hall::Hall;
use super::people::{Person, Session, group_of};
use super::rights::{Act, may};
use super::room::{Roll, Room};
use super::{Verdict, Wrong, wrong};
use crate::ledger::Ledger;

/// A write on its way to the disk.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) key: GroupKey,
    /// Who asked for it; nobody, for what the server does by itself. The first, when several asked for the same.
    pub(super) by: By,
    /// Everyone who asked for exactly this.
    pub(super) twins: Vec<(Person, RequestId)>,
    /// When it was planned.
    pub(super) planned: Now,
    pub(super) what: What,
}

/// What a write does.
#[derive(Debug)]
pub(super) enum What {
    Create(Box<StoredLiveGroup>),
    Change(Box<Changed>),
    Attributes { next: StoredLiveAttributes, outcome: Option<Outcome> },
    Taps(std::collections::BTreeMap<String, u64>),
    Edit,
    Send(Priority, ClientMessageId),
    Dissolve,
}

/// What a write does to a group.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) group: Option<StoredLiveGroup>,
    pub(super) before: Roll,
    pub(super) roll: Option<Roll>,
    pub(super) deed: Option<Deed>,
    /// Whose information it is about.
    pub(super) info_of: Option<Uid>,
}

/// Who asked for something, if anybody did.
pub(super) type By = Option<(Person, RequestId)>;

impl Hall {
    pub(super) fn on_write(&mut self, ledger: &Ledger, op: OpId, ops: &[LogOp]) -> Verdict {
        let Some(flight) = self.flight(ledger, ops)? else { return Ok(()) };
        if let (What::Send(priority, id), Some((person, _))) = (&flight.what, &flight.by)
            && !person.is_server
            && let Some(room) = self.rooms.get_mut(&flight.key)
        {
            let who = (&person.uid, room.role(&person.uid) == Role::Normal);
            let wait = room.group.slow_mode;
            if !room.let_in.insert((person.uid.clone(), *id)) {
                room.budget.take_again(self.now.mono, &person.uid);
            } else if let Some(what) = room.budget.take(self.now.mono, who, *priority, &self.config, wait) {
                return wrong(
                    "authority",
                    format!("{what} is exceeded by {} in {:?}", person.uid, flight.key),
                );
            }
        }
        if let Some((person, id)) = &flight.by
            && let Some(open) = self.people.find(person.connection, *id)
        {
            (open.write, open.is_done) = (Some(op), false);
        }
        self.flights.insert(op, flight);
        Ok(())
    }

    /// What a write is, and who asked for it.
    fn flight(&self, ledger: &Ledger, ops: &[LogOp]) -> Result<Option<Flight>, Wrong> {
        let puts = || ops.iter().filter_map(|op| if let LogOp::Put(put) = op { Some(put) } else { None });
        let group_put = puts().find(|put| matches!(put.key, RecordKey::LiveGroup(..)));
        let roll_put = puts().find(|put| matches!(put.key, RecordKey::LiveRoll(..)));
        let other = ops.iter().find_map(|op| match op {
            LogOp::Put(Put { key: RecordKey::LiveAttributes(app, group), value: Some(value), .. }) => {
                Some(((*app, *group), Other::Attributes(value)))
            }
            LogOp::Append(append) => match append.stream {
                StreamId::LiveGroup(app, group) => Some(((app, group), Other::Message(append))),
                StreamId::LiveCounters(app, group) => Some(((app, group), Other::Taps(append))),
            },
            _ => None,
        });
        let (key, (what, by)) = match (group_put, roll_put, other) {
            (Some(put), _, _) if put.value.is_none() => {
                let key = key_of(&put.key);
                (key, (What::Dissolve, self.who_dissolves(key)?))
            }
            (Some(put), None, None) if self.is_new(key_of(&put.key), ledger) => {
                (key_of(&put.key), self.who_creates(put)?)
            }
            (None, None, None) => return self.upkeep(ops).map(|()| None),
            (None, None, Some(((app, group), other))) => {
                let key = GroupKey { app, group };
                let found = match other {
                    Other::Attributes(value) => self.who_writes_attributes(key, value.clone())?,
                    Other::Taps(append) => self.who_taps(key, append)?,
                    Other::Message(append) => match ops {
                        [LogOp::Replace(replace), LogOp::Append(_)] => {
                            self.who_edits(ledger, key, replace, append)?
                        }
                        _ => self.who_sends(key, append)?,
                    },
                };
                (key, found)
            }
            (group, roll, _) => {
                let Some(put) = group.or(roll) else { return Ok(None) };
                (key_of(&put.key), self.who_changes(key_of(&put.key), group, roll, ops)?)
            }
        };
        let twins = self.twins(by.as_ref());
        Ok(Some(Flight { key, by, twins, planned: self.now, what }))
    }

    /// Everyone else who asks for the same now, and may: which of them it is done for can not be told.
    fn twins(&self, by: Option<&(Person, RequestId)>) -> Vec<(Person, RequestId)> {
        let Some((first, id)) = by else { return Vec::new() };
        let find =
            |session: &Session| session.open.iter().find(|open| open.id == *id).map(|open| open.body.clone());
        let Some(body) = self.people.sessions.get(&first.connection).and_then(find) else {
            return Vec::new();
        };
        let key = group_of(&body).map(|group| GroupKey { app: first.app, group });
        let room = key.and_then(|key| self.rooms.get(&key));
        let may = |person: &Person| match (&body, room) {
            (RequestBody::ChangeLiveGroup(_, measure), Some(room)) => {
                deed(room, person, measure, self.policy, self.now, false).is_ok()
            }
            (RequestBody::SetLiveGroupInfo(_, change), Some(room)) => {
                self.may_set_info(room, person, change).is_ok()
            }
            (RequestBody::DissolveLiveGroup(_), Some(room)) => {
                may(room, person, Act::Dissolve, self.policy, self.now.mono).is_ok()
            }
            (RequestBody::SetLiveMemberInfo(set), _) => set.uid.is_some() || person.uid == first.uid,
            _ => person.uid == first.uid,
        };
        let sessions = self.people.sessions.values().filter(|session| session.person.app == first.app);
        let open = sessions.flat_map(|session| session.open.iter().map(|open| (&session.person, open)));
        let same = open.filter(|(person, open)| !open.is_done && open.body == body && may(person));
        same.map(|(person, open)| (person.clone(), open.id)).collect()
    }

    fn is_new(&self, key: GroupKey, ledger: &Ledger) -> bool {
        !self.rooms.contains_key(&key) && ledger.record(&RecordKey::LiveGroup(key.app, key.group)).is_none()
    }

    pub(super) fn room_of(&self, key: GroupKey) -> Result<&Room, Wrong> {
        self.rooms
            .get(&key)
            .ok_or_else(|| Wrong("authority", format!("a write for {key:?}, which is not there")))
    }
}

enum Other<'a> {
    Attributes(&'a bytes::Bytes),
    Taps(&'a Append),
    Message(&'a Append),
}

pub(super) fn clean(mut roll: Roll) -> Roll {
    roll.retain(|_, member| *member != StoredLiveMember::default());
    roll
}

/// What somebody wants a message to say, or that it wants it removed.
pub(super) fn edit_of(body: &RequestBody) -> Option<(Seq, Option<&MessageBody>)> {
    match body {
        RequestBody::UpdateLiveMessage(_, seq, body) => Some((*seq, Some(body))),
        RequestBody::DeleteLiveMessage(_, seq) => Some((*seq, None)),
        _ => None,
    }
}

fn key_of(key: &RecordKey) -> GroupKey {
    match key {
        RecordKey::LiveGroup(app, group) | RecordKey::LiveRoll(app, group) => {
            GroupKey { app: *app, group: *group }
        }
        other => unreachable!("only records of groups are asked for, not {other:?}"),
    }
}

pub(super) fn unreadable(what: &str) -> Wrong {
    Wrong("state", format!("a {what} is written that can not be read"))
}
