//! Answers: each as the group stands at that moment, and none before what it says is durable.

use std::collections::BTreeMap;

use bim_proto::stored::StoredLiveMessage;
use bim_proto::{JoinLive, Joined, RequestBody, RequestId, Response, ResponseBody, SetMemberInfo};
use bim_types::store::StreamId;
use bim_types::{
    AttributeWrite, AttributesWritten, ConnectionId, Conversation, ErrorCode, GroupKey, Measure, MeasureDone,
    Member, MemberList, Role, Uid,
};

use super::board::Outcome;
use super::deed::deed;
use super::hall::Hall;
use super::people::{Open, Person, group_of};
use super::rights::{Act, may};
use super::room::Room;
use super::writes::edit_of;
use super::{Verdict, Wrong, wrong};
use crate::ledger::Ledger;

/// The version after a measure, and for whom it was not done.
type Measured = (u64, Vec<(Uid, ErrorCode)>);

impl Hall {
    pub(super) fn on_response(
        &mut self,
        ledger: &Ledger,
        connection: ConnectionId,
        response: &Response,
    ) -> Verdict {
        if response.body.is_ok() {
            for key in self.step.due.keys().copied().collect::<Vec<_>>() {
                self.switch(key, |person, id| (person.connection, id) == (connection, response.id));
            }
        }
        let Some((person, open)) = self.people.answered(connection, response.id) else { return Ok(()) };
        let key = group_of(&open.body).map(|group| GroupKey { app: person.app, group });
        let verdict = match &response.body {
            Ok(_) if open.write.is_some() && !open.is_done => wrong(
                "durable-state",
                format!("{} is answered before it is durable: {:?}", person.uid, open.body),
            ),
            Ok(body) => self.on_done(ledger, key, &person, &open, body),
            Err(refusal) => self.on_refused(ledger, key, &person, &open, refusal),
        };
        if let RequestBody::SendLiveMessage(send) = &open.body
            && let Some(session) = self.people.sessions.get_mut(&connection)
        {
            match &response.body {
                Err(_) => session.refused.insert(send.client_message_id),
                Ok(_) => session.refused.remove(&send.client_message_id),
            };
        }
        verdict
    }

    /// What is done is done for another of those who asked for the same.
    pub(super) fn switch(&mut self, key: GroupKey, is_it: impl Fn(&Person, RequestId) -> bool) {
        let Some(due) = self.step.due.get_mut(&key) else { return };
        let Some((person, id)) = due.twins.iter().find(|(person, id)| is_it(person, *id)).cloned() else {
            return;
        };
        let first = due.answer.filter(|_| due.answer != Some((person.connection, id)));
        let Some((connection, first)) = first else { return };
        due.answer = Some((person.connection, id));
        for event in &mut due.events {
            event.operator = Some(person.uid.clone());
        }
        let write = self.people.find(connection, first).and_then(|open| {
            open.is_done = false;
            open.write.take()
        });
        let other = self.people.find(person.connection, id).and_then(|open| {
            open.is_done = true;
            std::mem::replace(&mut open.write, write)
        });
        // What was taken for its own is the other's then.
        if let Some(flight) = other.and_then(|op| self.flights.get_mut(&op))
            && let Some(session) = self.people.sessions.get(&connection)
        {
            flight.by = Some((session.person.clone(), first));
        }
        if let Some(open) = self.people.find(connection, first) {
            open.write = other;
        }
    }

    /// What was to be answered with this, once the group was told everything of it.
    fn take_due(
        &mut self,
        key: GroupKey,
        person: &Person,
        open: &Open,
    ) -> Result<(Option<Measured>, Option<Outcome>), Wrong> {
        let due = self.step.due.get_mut(&key).filter(|due| due.answer == Some((person.connection, open.id)));
        let Some(due) = due else { return Ok((None, None)) };
        due.answer = None;
        let room = self.rooms.get(&key);
        if let Some(uid) = room.and_then(|room| due.removed.iter().find(|uid| room.is_user_in(uid))) {
            return Err(Wrong("authority", format!("{uid} was removed from {key:?} and is in")));
        }
        if !due.events.is_empty() || due.state || due.attributes.is_some() {
            return Err(Wrong("state", format!("{} is answered before the group is told", person.uid)));
        }
        Ok((due.measured.take(), due.written.take()))
    }

    fn on_done(
        &mut self,
        ledger: &Ledger,
        key: Option<GroupKey>,
        person: &Person,
        open: &Open,
        body: &ResponseBody,
    ) -> Verdict {
        use RequestBody as Q;
        use ResponseBody as A;
        let Some(key) = key else { return self.on_app_done(ledger, person, open, body) };
        let (measured, written) = self.take_due(key, person, open)?;
        if let (Q::DissolveLiveGroup(_), A::Done) = (&open.body, body) {
            let is_gone = self.step.dissolved.contains_key(&key);
            return if is_gone { Ok(()) } else { wrong("state", format!("{key:?} is not dissolved")) };
        }
        if let (Q::SetLiveMemberInfo(set), A::LiveMember(member)) = (&open.body, body) {
            return self.on_member_set(key, person, open, set, member);
        }
        let Some(room) = self.rooms.get(&key) else {
            let was_in = self.step.left.contains(&(person.connection, key));
            let is_leave = matches!(open.body, Q::LeaveLiveGroup(_));
            return if is_leave && was_in { Ok(()) } else { wrong("authority", "an answer about no group") };
        };
        match (&open.body, body) {
            (Q::SetLiveGroupInfo(..), A::LiveGroup(state)) if open.is_done => {
                self.check_state(key, room, person, state)
            }
            (Q::JoinLiveGroup(join), A::JoinedLiveGroup(joined)) => {
                self.on_joined(key, room, person, join, joined)
            }
            (Q::LeaveLiveGroup(_), A::Done) => {
                if room.is_in(person.connection) {
                    return wrong("online", format!("{} left {key:?} and is in", person.uid));
                }
                let has_left = self.step.left.contains(&(person.connection, key));
                if has_left { Ok(()) } else { self.check_may(room, person, Act::Leave) }
            }
            (Q::SendLiveMessage(send), A::LiveMessageAccepted(accepted)) => {
                let entry = ledger.entry(StreamId::LiveGroup(key.app, key.group), accepted.position.seq);
                let is_it = |message: &StoredLiveMessage| message.client_message_id == send.client_message_id;
                let message = entry.and_then(|entry| entry.message.as_ref());
                if message.is_some_and(is_it) {
                    Ok(())
                } else {
                    wrong("authority", "another message is accepted")
                }
            }
            (Q::ChangeLiveGroup(_, measure), A::LiveGroupChanged(done)) => {
                self.on_measured(room, person, measure, measured, done)
            }
            (Q::UpdateLiveMessage(..) | Q::DeleteLiveMessage(..), A::Done) if open.write.is_some() => Ok(()),
            (Q::UpdateLiveMessage(..) | Q::DeleteLiveMessage(..), A::Done) => {
                self.on_nothing_edited(ledger, key, room, person, open)
            }
            (Q::WriteLiveAttributes(_, writes), A::LiveAttributesWritten(done)) => {
                self.on_attributes_written(room, person, writes, written, done)
            }
            (Q::TapLiveCounters(taps), A::LiveCounters(told)) if open.is_done => {
                check_sums(told, &room.sums, |name| taps.taps.contains_key(name))
            }
            (_, body) => self.on_read(ledger, key, room, person, open, body),
        }
    }

    /// What somebody reads is what there is, and it may.
    fn on_read(
        &self,
        ledger: &Ledger,
        key: GroupKey,
        room: &Room,
        person: &Person,
        open: &Open,
        body: &ResponseBody,
    ) -> Verdict {
        use RequestBody as Q;
        use ResponseBody as A;
        let may = |act| self.check_may(room, person, act);
        match (&open.body, body) {
            (Q::GetLiveGroup(_), A::LiveGroup(state)) => {
                may(Act::ReadInfo)?;
                self.check_state(key, room, person, state)
            }
            (Q::ReadLiveHistory(query), A::LiveHistoryPage(page)) => {
                may(Act::Read)?;
                self.on_history(ledger, person, (query, open.head), page)
            }
            (Q::ListLiveMembers(query), A::LiveMemberPage(page)) => {
                let is_open = matches!(query.list, MemberList::Online | MemberList::Resident);
                may(if is_open { Act::Members } else { Act::Lists })?;
                self.on_members(room, query, page)
            }
            (Q::GetLiveMembers(_, uids), A::LiveMemberPage(page)) => {
                may(Act::Members)?;
                self.on_records(room, person, uids, page)
            }
            (Q::ReadLiveAttributes(_, keys), A::LiveAttributes(told)) => {
                may(Act::Read)?;
                let truth = room.board.read(keys, self.now.mono);
                if truth == *told {
                    return Ok(());
                }
                wrong("attributes", format!("{told:?} are told and {truth:?} are there"))
            }
            (asked, body) => wrong("state", format!("{asked:?} is answered with {body:?}")),
        }
    }

    fn check_may(&self, room: &Room, person: &Person, act: Act) -> Verdict {
        match may(room, person, act, self.policy, self.now.mono) {
            Err(code) => wrong("authority", format!("{} does {act:?}; expected {code:?}", person.uid)),
            Ok(()) => Ok(()),
        }
    }

    fn on_attributes_written(
        &self,
        room: &Room,
        person: &Person,
        writes: &[AttributeWrite],
        written: Option<Outcome>,
        done: &AttributesWritten,
    ) -> Verdict {
        if let Some(outcome) = written {
            return check_written(&outcome, done);
        }
        self.check_may(room, person, Act::Attributes)?;
        let outcome = room.board.write(&person.uid, writes, self.now);
        if outcome.version != room.board.version {
            return wrong("attributes", format!("{writes:?} are answered and not written"));
        }
        check_written(&outcome, done)
    }

    /// What is not about one group.
    fn on_app_done(&mut self, ledger: &Ledger, person: &Person, open: &Open, body: &ResponseBody) -> Verdict {
        match (&open.body, body) {
            (RequestBody::CreateLiveGroup(_), ResponseBody::LiveGroup(state)) if open.is_done => {
                let key = GroupKey { app: person.app, group: state.conversation_short_id };
                if let Some(due) = self.step.due.get_mut(&key) {
                    due.answer = None;
                }
                let Some(room) = self.rooms.get(&key) else {
                    return wrong("state", "a new group is not there");
                };
                let state = Conversation { role: Role::Normal, ..state.clone() };
                room.wrong_state(key, &state, None, self.now.mono).map_or(Ok(()), |what| wrong("state", what))
            }
            (RequestBody::ListLiveGroups(query), ResponseBody::LiveGroupPage(page)) => {
                self.on_groups(ledger, person, *query, page)
            }
            (RequestBody::BroadcastToLiveGroups(_), ResponseBody::BroadcastDone(_)) if !person.is_server => {
                wrong("authority", format!("{} sends to every group", person.uid))
            }
            (RequestBody::BroadcastToLiveGroups(_), ResponseBody::BroadcastDone(_))
            | (RequestBody::RefreshToken(_), ResponseBody::TokenRefreshed(_)) => Ok(()),
            (asked, body) => wrong("state", format!("{asked:?} is answered with {body:?}")),
        }
    }

    fn check_state(&self, key: GroupKey, room: &Room, person: &Person, state: &Conversation) -> Verdict {
        let to = Some((&person.uid, person.connection));
        room.wrong_state(key, state, to, self.now.mono).map_or(Ok(()), |what| wrong("state", what))
    }

    fn on_joined(
        &self,
        key: GroupKey,
        room: &Room,
        person: &Person,
        join: &JoinLive,
        joined: &Joined,
    ) -> Verdict {
        if !room.is_in(person.connection) {
            return wrong("online", format!("{} joined {} and is not in", person.uid, join.group));
        }
        self.check_state(key, room, person, &joined.conversation)?;
        let board = room.board.read(&[], self.now.mono);
        if joined.attributes != board {
            return wrong("attributes", format!("{:?} are told and {board:?} are there", joined.attributes));
        }
        check_sums(&joined.counters, &room.sums, |_| true)
    }

    fn on_measured(
        &self,
        room: &Room,
        person: &Person,
        measure: &Measure,
        measured: Option<Measured>,
        done: &MeasureDone,
    ) -> Verdict {
        let (version, failed) = match measured {
            Some(measured) => measured,
            None => match deed(room, person, measure, self.policy, self.now, false) {
                Ok(deed) if deed.is_any => {
                    return wrong("state", format!("{} is answered and {measure:?} is not done", person.uid));
                }
                Ok(deed) => (room.group.version, deed.failed),
                Err(code) => {
                    let what = format!("{} does {measure:?}; expected {code:?}", person.uid);
                    return wrong("authority", what);
                }
            },
        };
        let told = || done.failed.iter().map(|failure| (&failure.uid, failure.reason.code));
        let is_right = done.version == version
            && failed.len() == done.failed.len()
            && failed.iter().all(|(uid, code)| told().any(|told| told == (uid, *code)));
        if is_right {
            return Ok(());
        }
        wrong(
            "authority",
            format!("{measure:?} comes to {done:?}; expected version {version}, failed {failed:?}"),
        )
    }

    fn on_member_set(
        &mut self,
        key: GroupKey,
        person: &Person,
        open: &Open,
        set: &SetMemberInfo,
        member: &Member,
    ) -> Verdict {
        let uid = set.uid.as_ref().unwrap_or(&person.uid);
        let is_own = *uid == person.uid && !person.is_server;
        let act = if is_own { Act::OwnInfo } else { Act::InfoOfOthers };
        let Some(room) = self.rooms.get_mut(&key) else { return wrong("state", "a record of no group") };
        if !open.is_done {
            let info = set.change.clone().apply(room.info(uid));
            if room.role(uid) != Role::Normal {
                return wrong("durable-state", format!("what {uid} says is not durable and is answered"));
            }
            if let Some(said) = room.said.get_mut(uid) {
                said.0 = info;
            }
            if let Err(code) = may(room, person, act, self.policy, self.now.mono) {
                return wrong(
                    "authority",
                    format!("{} says something of {uid}; expected {code:?}", person.uid),
                );
            }
        }
        let wrong_member = room.wrong_member(member, false, self.now.mono);
        wrong_member.map_or(Ok(()), |what| wrong("state", what))
    }

    /// A change of a message was answered and nothing written: there was nothing to change.
    fn on_nothing_edited(
        &self,
        ledger: &Ledger,
        key: GroupKey,
        room: &Room,
        person: &Person,
        open: &Open,
    ) -> Verdict {
        let Some((seq, body)) = edit_of(&open.body) else { return Ok(()) };
        let entry = ledger.entry(StreamId::LiveGroup(key.app, key.group), seq);
        let Some(message) = entry.and_then(|entry| entry.message.as_ref()) else {
            return wrong("history", format!("{seq} is not there and is changed"));
        };
        let is_so = body.map_or(message.deleted, |body| !message.deleted && *body == message.body);
        if !is_so {
            return wrong("history", format!("{seq} is changed and stays as it was"));
        }
        match self.may_edit(room, person, message, body.is_none()) {
            Err(code) => wrong("authority", format!("{} changes {seq}; expected {code:?}", person.uid)),
            Ok(()) => Ok(()),
        }
    }
}

fn check_written(outcome: &Outcome, done: &AttributesWritten) -> Verdict {
    let failed: Vec<_> =
        done.failed.iter().map(|failure| (failure.key.clone(), failure.reason.code)).collect();
    if outcome.written == done.written && outcome.failed == failed && outcome.version == done.version {
        return Ok(());
    }
    wrong("attributes", format!("{done:?} is answered and should be {outcome:?}"))
}

/// Counters that are told are those that there are.
fn check_sums(
    told: &BTreeMap<String, u64>,
    sums: &BTreeMap<String, u64>,
    is_wanted: impl Fn(&String) -> bool,
) -> Verdict {
    let truth: BTreeMap<_, _> =
        sums.iter().filter(|(name, _)| is_wanted(name)).map(|(name, sum)| (name.clone(), *sum)).collect();
    if truth == *told {
        Ok(())
    } else {
        wrong("counters", format!("{told:?} are told and {truth:?} are there"))
    }
}
