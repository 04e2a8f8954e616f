//! What calls and their answers mean to the live groups.

use bim_livegroup::viewer::Viewer;
use bim_proto::{Accepted, JoinLive, Joined, RequestBody, ResponseBody, SendLive};
use bim_types::{ConversationShortId, ErrorCode, Member, Message, MessageBody, Mono, Refusal};

use super::{LiveGroups, is_of};
use crate::command::{Answer, Ask};
use crate::event::LiveEvent;
use crate::machine::Outputs;
use crate::outbox::without_answer;

impl LiveGroups {
    /// Notes what is about to be asked. A group the client is in already need not be entered again, unless the
    /// user has something new to say about itself.
    pub(crate) fn on_asked(&mut self, ask: &Ask) -> Option<Answer> {
        match ask {
            Ask::Send(send) => self.note_send(send.group, send.client_message_id),
            Ask::Join(group, info) => {
                if let Some(room) = self.rooms.get(group).filter(|_| !self.leaving.contains(group)) {
                    let known = room.viewer.conversation().filter(|_| room.viewer.is_joined());
                    return known.filter(|_| info.is_none()).cloned().map(Box::new).map(Answer::Conversation);
                }
                self.room_to_enter(*group);
            }
            Ask::Leave(group) => {
                if self.rooms.contains_key(group) {
                    self.leaving.insert(*group);
                }
            }
            Ask::Create(_)
            | Ask::Get(_)
            | Ask::List(_)
            | Ask::Dissolve(_)
            | Ask::SetInfo(..)
            | Ask::History(_)
            | Ask::Measure(..)
            | Ask::SetMemberInfo(_)
            | Ask::ListMembers(_)
            | Ask::GetMembers(..)
            | Ask::Update(..)
            | Ask::Delete(..)
            | Ask::WriteAttributes(..)
            | Ask::ReadAttributes(..)
            | Ask::Broadcast(_) => {}
        }
        None
    }

    /// Takes the answer to a request.
    pub(crate) fn on_answered(
        &mut self,
        now: Mono,
        body: RequestBody,
        answer: Result<ResponseBody, Refusal>,
        out: &mut Outputs,
    ) -> Result<Answer, Refusal> {
        use RequestBody as Q;
        use ResponseBody as A;
        self.forget_send(&body);
        match (body, answer) {
            (Q::SendLiveMessage(send), Ok(A::LiveMessageAccepted(accepted))) => {
                Ok(Answer::Message(self.on_accepted(send, accepted, out)))
            }
            (Q::SendLiveMessage(send), Err(refusal)) => match self.on_proven(&send, out) {
                Some(answer) => Ok(answer),
                None => {
                    self.on_refused(now, &Q::SendLiveMessage(send), refusal.clone(), out);
                    Err(refusal)
                }
            },
            (Q::JoinLiveGroup(join), Ok(A::JoinedLiveGroup(joined))) if is_of(&joined, join.group) => {
                Ok(Answer::Joined(Box::new(self.on_joined(join, joined, out))))
            }
            (Q::LeaveLiveGroup(group), Ok(A::Done)) => Ok(self.on_left(group, out)),
            // The app wanted to be out of a group the client was in, and it is out of it.
            (Q::LeaveLiveGroup(group), Err(refusal)) if self.is_left(group, refusal.code) => {
                Ok(self.on_left(group, out))
            }
            (Q::DissolveLiveGroup(group), Ok(A::Done)) => {
                self.bury(group);
                Ok(Answer::Done)
            }
            (Q::SetLiveMemberInfo(set), Ok(A::LiveMember(member))) => {
                self.on_member_set(set.group, &member, out);
                Ok(Answer::Member(member))
            }
            (Q::TapLiveCounters(taps), Ok(A::LiveCounters(counters))) => {
                self.on_taps_done(&taps, &counters, out);
                Ok(Answer::Counters(counters))
            }
            (body, Ok(answer)) => match plain_answer(&body, answer) {
                Some(answer) => Ok(answer),
                None => {
                    let unfit = Refusal::new(ErrorCode::ProtocolViolation)
                        .hint("the answer does not fit the request");
                    self.on_refused(now, &body, unfit.clone(), out);
                    Err(unfit)
                }
            },
            (body, Err(refusal)) => {
                self.on_refused(now, &body, refusal.clone(), out);
                Err(refusal)
            }
        }
    }

    /// No answer will come. When the copy of a message was received, that is its answer. Whoever wanted to be out of
    /// a group is out of it: the server takes the request in its turn, or the connection ends and the group is not
    /// entered again.
    pub(crate) fn on_given_up(&mut self, now: Mono, body: &RequestBody, out: &mut Outputs) -> Option<Answer> {
        self.forget_send(body);
        if let RequestBody::LeaveLiveGroup(group) = body
            && self.leaving.contains(group)
        {
            return Some(self.on_left(*group, out));
        }
        if let RequestBody::SendLiveMessage(send) = body
            && self.rooms.contains_key(&send.group)
        {
            let answer = self.on_proven(send, out);
            if let (None, Some(room)) = (&answer, self.rooms.get_mut(&send.group)) {
                room.viewer.on_no_verdict(send.client_message_id);
            }
            return answer;
        }
        if let RequestBody::SendLiveMessage(send) = body {
            self.note_unresolved(send.group, send.client_message_id);
        }
        self.on_refused(now, body, without_answer(body).into(), out);
        None
    }

    /// The copy of a message proves that it was accepted, whatever else is said of it.
    fn on_proven(&mut self, send: &SendLive, out: &mut Outputs) -> Option<Answer> {
        let copy = self.rooms.get(&send.group)?.viewer.copy_of(send.client_message_id)?.clone();
        let rewritten = Some(copy.body).filter(|body| !matches!(body, MessageBody::Unknown { .. }));
        let (position, accepted_at) = (copy.position, copy.accepted_at);
        let accepted = Accepted { position, accepted_at, only_for_sender: false, rewritten };
        Some(Answer::Message(self.on_accepted(send.clone(), accepted, out)))
    }

    fn on_joined(&mut self, join: JoinLive, joined: Joined, out: &mut Outputs) -> Joined {
        let group = join.group;
        let answer = joined.clone();
        let (conversation, _) = self.enter(group, joined, out);
        if let Some(room) = self.rooms.get_mut(&group) {
            room.info = join.info.or(room.info.take());
            room.knows_attributes(answer.attributes.version);
            room.reset_counters(answer.counters.clone());
        }
        Joined { conversation, ..answer }
    }

    /// Whether the client is out of a group that it was in when the app asked to leave it, although that is answered with
    /// this: the server says so, or the group was not entered again after a lost connection.
    fn is_left(&self, group: ConversationShortId, code: ErrorCode) -> bool {
        let is_in = self.rooms.get(&group).is_some_and(|room| room.viewer.cursor().is_some());
        self.leaving.contains(&group) && (code == ErrorCode::UserNotInGroup || !is_in)
    }

    fn on_left(&mut self, group: ConversationShortId, out: &mut Outputs) -> Answer {
        self.drop_room(group, ErrorCode::UserNotInGroup, out);
        self.leaving.remove(&group);
        Answer::Done
    }

    /// What this user says about itself is said again whenever the group is entered again.
    fn on_member_set(&mut self, group: ConversationShortId, member: &Member, out: &mut Outputs) {
        let Some(room) = self.rooms.get_mut(&group).filter(|_| member.uid == self.me) else { return };
        room.info = Some(member.info.clone());
        if let Some(state) = room.viewer.on_record(member) {
            out.live(LiveEvent::StateChanged(state.clone().into()));
        }
    }

    fn on_accepted(&mut self, send: SendLive, accepted: Accepted, out: &mut Outputs) -> Message {
        let SendLive { group, client_message_id, priority, body, .. } = send;
        let Accepted { position, accepted_at, rewritten, .. } = accepted;
        let message = Message {
            conversation_short_id: group,
            position,
            client_message_id,
            sender: self.me.clone(),
            priority,
            accepted_at,
            edits: 0,
            body: rewritten.unwrap_or(body),
        };
        let room = self.rooms.get_mut(&group);
        let is_first = |viewer: &mut Viewer| viewer.on_accepted(client_message_id, position, priority);
        if room.is_none_or(|room| is_first(&mut room.viewer)) {
            out.live(LiveEvent::Sent(message.clone()));
        }
        message
    }

    fn on_refused(&mut self, now: Mono, body: &RequestBody, refusal: Refusal, out: &mut Outputs) {
        match body {
            RequestBody::SendLiveMessage(send) => {
                if let Some(room) = self.rooms.get_mut(&send.group) {
                    room.viewer.on_refused(send.client_message_id, refusal.code);
                }
            }
            RequestBody::JoinLiveGroup(join) => {
                if self.rooms.get(&join.group).is_some_and(|room| room.viewer.cursor().is_none()) {
                    self.take_room(join.group);
                }
            }
            RequestBody::LeaveLiveGroup(group) => {
                self.leaving.remove(group);
            }
            RequestBody::TapLiveCounters(taps) => self.on_taps_refused(now, taps, refusal, out),
            RequestBody::RefreshToken(_)
            | RequestBody::CreateLiveGroup(_)
            | RequestBody::GetLiveGroup(_)
            | RequestBody::ListLiveGroups(_)
            | RequestBody::DissolveLiveGroup(_)
            | RequestBody::ReadLiveHistory(_)
            | RequestBody::SetLiveGroupInfo(..)
            | RequestBody::ChangeLiveGroup(..)
            | RequestBody::SetLiveMemberInfo(_)
            | RequestBody::ListLiveMembers(_)
            | RequestBody::GetLiveMembers(..)
            | RequestBody::UpdateLiveMessage(..)
            | RequestBody::DeleteLiveMessage(..)
            | RequestBody::WriteLiveAttributes(..)
            | RequestBody::ReadLiveAttributes(..)
            | RequestBody::BroadcastToLiveGroups(_) => {}
        }
    }
}

/// The answer to a request that changes nothing the client keeps; `None` when it does not fit.
fn plain_answer(body: &RequestBody, answer: ResponseBody) -> Option<Answer> {
    use RequestBody as Q;
    use ResponseBody as A;
    Some(match (body, answer) {
        (Q::CreateLiveGroup(_) | Q::GetLiveGroup(_) | Q::SetLiveGroupInfo(..), A::LiveGroup(group)) => {
            Answer::Conversation(Box::new(group))
        }
        (Q::ListLiveGroups(_), A::LiveGroupPage(page)) => Answer::Page(page),
        (Q::ReadLiveHistory(_), A::LiveHistoryPage(page)) => Answer::History(page),
        (Q::UpdateLiveMessage(..) | Q::DeleteLiveMessage(..), A::Done) => Answer::Done,
        (Q::ChangeLiveGroup(..), A::LiveGroupChanged(done)) => Answer::Measure(done),
        (Q::ListLiveMembers(_) | Q::GetLiveMembers(..), A::LiveMemberPage(page)) => Answer::Members(page),
        (Q::WriteLiveAttributes(..), A::LiveAttributesWritten(written)) => Answer::AttributesWritten(written),
        (Q::ReadLiveAttributes(..), A::LiveAttributes(attributes)) => Answer::Attributes(attributes),
        (Q::BroadcastToLiveGroups(_), A::BroadcastDone(done)) => Answer::Broadcast(done),
        _ => return None,
    })
}
