//! Who asked for what is appended or kept beside the group itself: messages, changes of them, taps, attributes.

use bim_proto::RequestBody;
use bim_proto::stored::{StoredLiveAttributes, StoredLiveCounters, StoredLiveMessage, StoredTaps};
use bim_types::store::{Append, IdempotencyKey, LogOp, Put, RecordKey, Replace};
use bim_types::{ClientMessageId, GroupKey, MessageBody, Priority, Seq, Uid};

use super::hall::Hall;
use super::people::Person;
use super::rights::{Act, may, may_change, may_send};
use super::room::Room;
use super::writes::{By, What, edit_of, unreadable};
use super::{Verdict, Wrong, wrong};
use crate::ledger::Ledger;

impl Hall {
    pub(super) fn who_writes_attributes(
        &self,
        key: GroupKey,
        value: bytes::Bytes,
    ) -> Result<(What, By), Wrong> {
        let room = self.room_of(key)?;
        let next = StoredLiveAttributes::decode(value).map_err(|_| unreadable("attributes"))?;
        for (person, open) in self.people.open_in(key) {
            let RequestBody::WriteLiveAttributes(_, writes) = &open.body else { continue };
            if may(room, person, Act::Attributes, self.policy, self.now.mono).is_err() {
                continue;
            }
            let outcome = room.board.write(&person.uid, writes, self.now);
            if outcome.values == next.attributes && outcome.version == next.version {
                let what = What::Attributes { next, outcome: Some(outcome) };
                return Ok((what, Some((person.clone(), open.id))));
            }
        }
        self.check_removal(room, &next)?;
        Ok((What::Attributes { next, outcome: None }, None))
    }

    /// What the server removes by itself: what expired, and what goes with who left.
    fn check_removal(&self, room: &Room, next: &StoredLiveAttributes) -> Verdict {
        let now = self.now.mono;
        let mut gone = 0;
        for (key, value) in &room.board.values {
            if next.attributes.get(key) == Some(value) {
                continue;
            }
            gone += 1;
            let is_left = room.away.get(&value.setter).is_some_and(|at| *at <= now);
            let goes = value.delete_on_leave && is_left && !room.is_user_in(&value.setter);
            if next.attributes.contains_key(key) || !(goes || room.board.is_expired(key, now)) {
                return wrong("attributes", format!("{value:?} is changed and nobody asked for it who may"));
            }
        }
        let is_new = next.attributes.keys().any(|key| !room.board.values.contains_key(key));
        if is_new || gone == 0 || next.version != room.board.version + gone {
            return wrong("attributes", format!("{next:?} is written and nobody asked for it who may"));
        }
        Ok(())
    }

    pub(super) fn who_taps(&self, key: GroupKey, append: &Append) -> Result<(What, By), Wrong> {
        let room = self.room_of(key)?;
        let entry = append.entries.first().and_then(|entry| Some((entry, entry.idempotency.as_ref()?)));
        let (entry, id) = entry.ok_or_else(|| unreadable("batch of taps"))?;
        let stored = StoredTaps::decode(entry.record.clone()).map_err(|_| unreadable("batch of taps"))?;
        let asked = self.people.open_in(key).find(|(person, open)| match &open.body {
            RequestBody::TapLiveCounters(taps) => {
                taps.batch_id == id.client_id && is_of(person, id) && taps.taps == stored.taps
            }
            _ => false,
        });
        let Some((person, open)) = asked else {
            return Err(Wrong("counters", format!("nobody tapped {:?}", stored.taps)));
        };
        if let Err(code) = may(room, person, Act::Tap, self.policy, self.now.mono) {
            return Err(Wrong("authority", format!("taps of {} are counted; expected {code:?}", person.uid)));
        }
        Ok((What::Taps(stored.taps), Some((person.clone(), open.id))))
    }

    pub(super) fn who_sends(&self, key: GroupKey, append: &Append) -> Result<(What, By), Wrong> {
        let room = self.room_of(key)?;
        let id = append.entries.first().and_then(|entry| entry.idempotency.as_ref());
        let id = id.ok_or_else(|| unreadable("message"))?;
        let sessions = self.people.sessions.values().filter(|session| is_of(&session.person, id));
        let mut open = sessions.flat_map(|session| session.open.iter().map(|open| (&session.person, open)));
        let is_there = |person: &Person| !self.people.is_over(person.connection);
        let asked = open.find_map(|(person, open)| match &open.body {
            RequestBody::SendLiveMessage(send)
                if send.group == key.group && send.client_message_id == id.client_id && is_there(person) =>
            {
                Some((person, Some(open.id), send.priority))
            }
            RequestBody::BroadcastToLiveGroups(broadcast) if broadcast.client_message_id == id.client_id => {
                Some((person, None, broadcast.priority))
            }
            _ => None,
        });
        let Some((person, request, priority)) = asked else {
            return Err(Wrong("authority", format!("a message of {} that it did not send", id.sender)));
        };
        let by = request.map(|request| (person.clone(), request));
        if self.is_on_its_way(key, &person.uid, id.client_id) {
            // It was let in when it came first. Whatever holds now, its one verdict is the log's.
            return Ok((What::Send(priority, id.client_id), by));
        }
        let is_high = priority == Priority::High;
        if let Err(code) = may_send(room, person, is_high, self.policy, self.now.mono) {
            return Err(Wrong(
                "authority",
                format!("a message of {} is let in; expected {code:?}", person.uid),
            ));
        }
        if let Some(after) = self.after_changes(key, room)
            && let Err(code) = may_send(&after, person, is_high, self.policy, self.now.mono)
        {
            let what = format!("a message of {} is let in behind a change that is being written", person.uid);
            return Err(Wrong("authority", format!("{what} and forbids it: {code:?}")));
        }
        Ok((What::Send(priority, id.client_id), by))
    }

    /// Whether a message of this user waits for the log already.
    fn is_on_its_way(&self, key: GroupKey, uid: &Uid, message: ClientMessageId) -> bool {
        self.flights.values().any(|flight| {
            let is_its = matches!(&flight.by, Some((person, _)) if person.uid == *uid);
            flight.key == key && is_its && matches!(flight.what, What::Send(_, id) if id == message)
        })
    }

    /// The group after what is being written.
    fn after_changes(&self, key: GroupKey, room: &Room) -> Option<Room> {
        let deeds =
            self.flights.values().filter(|flight| flight.key == key).filter_map(|flight| {
                match &flight.what {
                    What::Change(changed) => changed.deed.as_ref().map(|deed| (deed, changed)),
                    _ => None,
                }
            });
        let mut after: Option<Room> = None;
        for (deed, changed) in deeds {
            let room = after.get_or_insert_with(|| room.clone());
            room.group = deed.group.clone();
            room.take_roll(&changed.before, deed.roll.clone(), self.now);
            room.inside.retain(|_, uid| !deed.removed.contains(uid));
        }
        after
    }

    pub(super) fn who_edits(
        &self,
        ledger: &Ledger,
        key: GroupKey,
        replace: &Replace,
        append: &Append,
    ) -> Result<(What, By), Wrong> {
        let room = self.room_of(key)?;
        let original = ledger.entry(replace.stream, replace.seq).and_then(|entry| entry.message.as_ref());
        let original = original.ok_or_else(|| Wrong("history", "what is not there is changed".into()))?;
        let after = StoredLiveMessage::decode(replace.record.clone()).map_err(|_| unreadable("message"))?;
        let mut asked = self.people.open_in(key).filter(|(_, open)| {
            edit_of(&open.body).is_some_and(|(seq, body)| {
                let says = body.cloned().unwrap_or(MessageBody::Unknown { kind: 0 });
                let edited = StoredLiveMessage {
                    body: says,
                    edits: original.edits + 1,
                    deleted: body.is_none(),
                    ..original.clone()
                };
                seq == replace.seq && edited == after
            })
        });
        let is_late = self.now.wall.since(original.accepted_at) > self.config.recall_window;
        let may = |person: &Person| {
            let author = (original.sender == person.uid, room.role(&original.sender));
            may_change(room, person, author, (after.deleted, is_late), self.policy, self.now.mono)
        };
        let Some((person, open)) = asked.find(|(person, _)| may(person).is_ok()) else {
            let what = format!("{original:?} becomes {after:?} and nobody asked for it who may");
            return Err(Wrong("authority", what));
        };
        self.check_notice(replace.seq, person, &after, append)?;
        Ok((What::Edit, Some((person.clone(), open.id))))
    }

    /// The record of the change itself says what was done, by whom and when.
    fn check_notice(&self, seq: Seq, person: &Person, after: &StoredLiveMessage, append: &Append) -> Verdict {
        let notice = append.entries.first().map(|entry| StoredLiveMessage::decode(entry.record.clone()));
        let Some(Ok(notice)) = notice else { return Err(unreadable("change")) };
        let changed = (!after.deleted).then(|| Box::new(after.clone()));
        let is_right = notice.changes == Some(seq)
            && notice.priority == Priority::High
            && notice.sender == person.uid
            && notice.changed == changed
            && notice.accepted_at == self.now.wall;
        if is_right { Ok(()) } else { wrong("history", format!("the change of {seq} is told as {notice:?}")) }
    }

    /// What a server keeps up by itself: sums, and the end of what is old.
    pub(super) fn upkeep(&self, ops: &[LogOp]) -> Verdict {
        for op in ops {
            match op {
                LogOp::Trim(trim) if trim.before != self.now.wall.before(self.config.live_history) => {
                    return wrong("history", format!("{trim:?} at {}", self.now.wall));
                }
                LogOp::Put(Put { key: RecordKey::LiveCounters(app, group), value: Some(value), .. }) => {
                    let kept =
                        StoredLiveCounters::decode(value.clone()).map_err(|_| unreadable("counters"))?;
                    let room = self.room_of(GroupKey { app: *app, group: *group })?;
                    if kept.counters != room.sums {
                        let what = format!("{:?} are kept and should be {:?}", kept.counters, room.sums);
                        return wrong("counters", what);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_of(person: &Person, id: &IdempotencyKey) -> bool {
    person.uid == id.sender && person.device == id.device
}
