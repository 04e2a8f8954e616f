//! What is asked of one room, and who answers it.

use bim_livegroup::authority::{Operation, absent};
use bim_livegroup::room::Actor;
use bim_proto::{HistoryQuery, JoinLive, MemberQuery, RequestBody, SendLive, SetMemberInfo, Taps};
use bim_types::{
    AttributeWrite, ClientMessageId, ConversationShortId, ErrorCode, GroupInfoChange, GroupKey, Measure,
    MemberInfo, MessageBody, Now, Refusal, Seq, Uid,
};

use super::moderation::{Check, Subject};
use crate::engine::Engine;
use crate::ops::Asker;

/// What is asked of one room.
#[derive(Debug)]
pub(super) enum RoomRequest {
    Get,
    Join(JoinLive),
    Leave,
    Dissolve,
    Send(SendLive),
    History(HistoryQuery),
    SetInfo(GroupInfoChange),
    Measure(Measure),
    SetMemberInfo(SetMemberInfo),
    ListMembers(MemberQuery),
    GetMembers(Vec<Uid>),
    /// Changes what a message says, or removes it.
    Edit(Seq, Option<MessageBody>),
    WriteAttributes(Vec<AttributeWrite>),
    ReadAttributes(Vec<String>),
    Tap(Taps),
    /// A broadcast passes by.
    Announce(u64),
    /// A message or a change of one comes back from the moderator.
    Checked(Box<Check>),
    /// A moderator wants a message removed.
    Remove(Seq),
    /// Attributes may have expired, or go with a setter that left.
    ExpireAttributes,
    /// A resident came in and said something about itself, which is kept.
    KeepInfo(Box<(Actor, MemberInfo)>),
    /// Nobody was in for long enough.
    EndIdle,
    /// The room is only to be in memory.
    Watch,
}

impl RoomRequest {
    /// Whether it changes the state of the group: those come one at a time.
    pub(super) fn is_change(&self) -> bool {
        match self {
            Self::Dissolve
            | Self::SetInfo(_)
            | Self::Measure(_)
            | Self::SetMemberInfo(_)
            | Self::Edit(..)
            | Self::WriteAttributes(_)
            | Self::Remove(_)
            | Self::ExpireAttributes
            | Self::KeepInfo(_)
            | Self::EndIdle => true,
            Self::Checked(check) => matches!(check.subject, Subject::Edit(..)),
            Self::Get
            | Self::Join(_)
            | Self::Leave
            | Self::Send(_)
            | Self::History(_)
            | Self::ListMembers(_)
            | Self::GetMembers(_)
            | Self::ReadAttributes(_)
            | Self::Tap(_)
            | Self::Announce(_)
            | Self::Watch => false,
        }
    }

    /// Whether it is a message to be accepted.
    pub(super) fn is_message(&self) -> bool {
        self.message_id().is_some()
    }

    /// What its device called the message, if it is one.
    pub(super) fn message_id(&self) -> Option<ClientMessageId> {
        match self {
            Self::Send(send) => Some(send.client_message_id),
            Self::Checked(check) => match &check.subject {
                Subject::Send(send, _) => Some(send.client_message_id),
                Subject::Edit(..) => None,
            },
            _ => None,
        }
    }
}

impl Engine {
    /// A request about one live group.
    pub(crate) fn on_room_body(&mut self, now: Now, asker: Asker, body: RequestBody) {
        let (group, request) = match body {
            RequestBody::GetLiveGroup(group) => (group, RoomRequest::Get),
            RequestBody::JoinLiveGroup(join) => (join.group, RoomRequest::Join(join)),
            RequestBody::LeaveLiveGroup(group) => (group, RoomRequest::Leave),
            RequestBody::DissolveLiveGroup(group) => (group, RoomRequest::Dissolve),
            RequestBody::SendLiveMessage(send) => (send.group, RoomRequest::Send(send)),
            RequestBody::ReadLiveHistory(query) => (query.group, RoomRequest::History(query)),
            RequestBody::SetLiveGroupInfo(group, change) => (group, RoomRequest::SetInfo(change)),
            RequestBody::ChangeLiveGroup(group, measure) => (group, RoomRequest::Measure(measure)),
            RequestBody::SetLiveMemberInfo(set) => (set.group, RoomRequest::SetMemberInfo(set)),
            RequestBody::ListLiveMembers(query) => (query.group, RoomRequest::ListMembers(query)),
            RequestBody::GetLiveMembers(group, uids) => (group, RoomRequest::GetMembers(uids)),
            RequestBody::UpdateLiveMessage(group, seq, body) => (group, RoomRequest::Edit(seq, Some(body))),
            RequestBody::DeleteLiveMessage(group, seq) => (group, RoomRequest::Edit(seq, None)),
            RequestBody::WriteLiveAttributes(group, writes) => (group, RoomRequest::WriteAttributes(writes)),
            RequestBody::ReadLiveAttributes(group, keys) => (group, RoomRequest::ReadAttributes(keys)),
            RequestBody::TapLiveCounters(taps) => (taps.group, RoomRequest::Tap(taps)),
            RequestBody::RefreshToken(_)
            | RequestBody::CreateLiveGroup(_)
            | RequestBody::ListLiveGroups(_)
            | RequestBody::BroadcastToLiveGroups(_) => {
                return self.respond(asker, Err(ErrorCode::InvalidCommand.into()));
            }
        };
        self.ask_room(now, asker, group, request);
    }

    fn ask_room(&mut self, now: Now, asker: Asker, group: ConversationShortId, request: RoomRequest) {
        let Some(user) = self.sessions.user(asker.connection) else { return };
        let key = GroupKey { app: user.app, group };
        self.with_room(now, key, asker, request);
    }

    pub(super) fn on_room_request(&mut self, now: Now, key: GroupKey, asker: Asker, request: RoomRequest) {
        let Some(request) = self.put_off(key, asker, request) else { return };
        if self.rooms.active(key).is_none_or(|active| active.ending) && !matches!(request, RoomRequest::Leave)
        {
            // Whether it is gone is not known before the disk has said so.
            return self.refuse_for_now(key, asker, request);
        }
        self.expire_sanctions(now, key);
        match request {
            RoomRequest::Leave => self.leave_room(now, key, asker),
            RoomRequest::Get => self.get_group(now, key, asker),
            RoomRequest::Join(join) => self.join_room(now, key, asker, join),
            RoomRequest::Dissolve => self.dissolve_room(key, asker),
            RoomRequest::EndIdle => self.end_idle_room(now, key),
            RoomRequest::Send(send) => self.send_to_room(now, key, asker, send),
            RoomRequest::History(query) => self.read_history(key, asker, query),
            RoomRequest::SetInfo(change) => self.set_room_info(key, asker, change),
            RoomRequest::Measure(measure) => self.take_measure(now, key, asker, measure),
            RoomRequest::SetMemberInfo(set) => self.set_member_info(now, key, asker, set),
            RoomRequest::ListMembers(query) => self.list_members(now, key, asker, query),
            RoomRequest::GetMembers(uids) => self.get_members(now, key, asker, uids),
            RoomRequest::Edit(seq, body) => self.edit_message(now, key, asker, seq, body),
            RoomRequest::Remove(seq) => self.remove_for_moderator(key, seq),
            RoomRequest::WriteAttributes(writes) => self.write_attributes(now, key, asker, writes),
            RoomRequest::ExpireAttributes => self.remove_attributes_due(now, key),
            RoomRequest::KeepInfo(said) => self.keep_info(key, *said),
            RoomRequest::Checked(check) => self.decide(now, *check),
            RoomRequest::ReadAttributes(keys) => self.read_attributes(now, key, asker, &keys),
            RoomRequest::Tap(taps) => self.tap_counters(now, key, asker, taps),
            RoomRequest::Announce(broadcast) => self.announce(now, key, broadcast),
            RoomRequest::Watch => {}
        }
        self.forget_ended(now, key);
    }

    /// The answer when there is no such group.
    pub(super) fn refuse_absent(&mut self, key: GroupKey, asker: Asker, request: RoomRequest) {
        let refusal: Refusal = match &request {
            RoomRequest::Get | RoomRequest::Join(_) => absent(Operation::ReadInfo),
            // A group that is gone is none that a broadcast has to reach.
            RoomRequest::Announce(broadcast) => return self.passed_by(*broadcast),
            _ => absent(Operation::Receive),
        };
        self.refuse_request(key, asker, request, refusal);
    }
}
