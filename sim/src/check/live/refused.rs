//! Refusals: each is justified by how the group stands at that moment.

use bim_proto::RequestBody;
use bim_proto::stored::StoredLiveMessage;
use bim_types::store::StreamId;
use bim_types::{ErrorCode, GroupInfoChange, GroupKey, Refusal, Role};

use super::deed::deed;
use super::hall::Hall;
use super::people::{Open, Person};
use super::rights::{Act, may, may_change, may_send};
use super::room::Room;
use super::writes::edit_of;
use super::{Verdict, wrong};
use crate::ledger::Ledger;

impl Hall {
    pub(super) fn may_edit(
        &self,
        room: &Room,
        person: &Person,
        message: &StoredLiveMessage,
        is_removal: bool,
    ) -> Result<(), ErrorCode> {
        let is_late = self.now.wall.since(message.accepted_at) > self.config.recall_window;
        let author = (message.sender == person.uid, room.role(&message.sender));
        may_change(room, person, author, (is_removal, is_late), self.policy, self.now.mono)
    }

    /// A refusal is justified by how things stand now.
    pub(super) fn on_refused(
        &self,
        ledger: &Ledger,
        key: Option<GroupKey>,
        person: &Person,
        open: &Open,
        refusal: &Refusal,
    ) -> Verdict {
        let expected = self.expected(ledger, key, person, open);
        let is_right = match refusal.code {
            ErrorCode::ServerBusy | ErrorCode::ServerDraining => true,
            ErrorCode::StorageUnavailable => self.store_failed,
            // What was sent before and is not kept any more.
            ErrorCode::MessageNotFound if matches!(open.body, RequestBody::SendLiveMessage(_)) => true,
            // Whether it is there is looked at first, once it was let read.
            ErrorCode::MessageNotFound if edit_of(&open.body).is_some() => {
                key.is_some_and(|key| self.edited(ledger, key, open).is_none())
            }
            ErrorCode::MessageFrequency => self.may_be_held_up(key, person, open, expected.is_ok()),
            ErrorCode::UserBannedToPost if expected != Err(ErrorCode::UserBannedToPost) => {
                // A mute that ended at this moment may be told of a moment later.
                let room = key.and_then(|key| self.rooms.get(&key));
                edit_of(&open.body).is_some()
                    && room.is_some_and(|room| room.ended_mutes(self.now.mono).any(|uid| *uid == person.uid))
            }
            ErrorCode::InvalidToken | ErrorCode::ExpiredToken | ErrorCode::UserIdMismatchToken => {
                matches!(open.body, RequestBody::RefreshToken(_))
            }
            code => expected == Err(code),
        };
        if is_right || person.is_strange() {
            return Ok(());
        }
        let what = format!("{} is refused {:?} with {refusal:?}", person.uid, open.body);
        wrong("authority", format!("{what}; expected {expected:?}"))
    }

    /// Whether a message may be told to come again: the one before it was, or there was too much.
    fn may_be_held_up(&self, key: Option<GroupKey>, person: &Person, open: &Open, may_send: bool) -> bool {
        let RequestBody::SendLiveMessage(send) = &open.body else { return false };
        let session = self.people.sessions.get(&person.connection);
        if session.is_some_and(|session| send.follows.is_some_and(|before| session.refused.contains(&before)))
        {
            return true;
        }
        let room = key.and_then(|key| self.rooms.get(&key)).filter(|_| may_send && !person.is_server);
        room.is_some_and(|room| {
            let who = (&person.uid, room.role(&person.uid) == Role::Normal);
            room.budget.may_be_full(self.now.mono, who, room.group.slow_mode)
        })
    }

    /// What an honest server says to a request now, as far as it is about who may do what.
    fn expected(
        &self,
        ledger: &Ledger,
        key: Option<GroupKey>,
        person: &Person,
        open: &Open,
    ) -> Result<(), ErrorCode> {
        use RequestBody as Q;
        let Some(key) = key else {
            let is_broadcast = matches!(open.body, Q::BroadcastToLiveGroups(_));
            return if is_broadcast && !person.is_server { Err(ErrorCode::UserForbidden) } else { Ok(()) };
        };
        let Some(room) = self.rooms.get(&key) else {
            return match &open.body {
                Q::GetLiveGroup(_) | Q::JoinLiveGroup(_) => Err(ErrorCode::ConversationNotFound),
                _ => Err(ErrorCode::UserNotInGroup),
            };
        };
        let may = |act| may(room, person, act, self.policy, self.now.mono);
        match &open.body {
            Q::GetLiveGroup(_) => may(Act::ReadInfo),
            Q::JoinLiveGroup(_) => {
                may(Act::Join)?;
                let is_in = |room: &&Room| room.is_in(person.connection);
                let groups = self.rooms.values().filter(is_in).count();
                let is_full = groups >= self.config.joined_groups_per_connection && !is_in(&room);
                if is_full { Err(ErrorCode::TooManyGroups) } else { Ok(()) }
            }
            Q::LeaveLiveGroup(_) => may(Act::Leave),
            Q::DissolveLiveGroup(_) => may(Act::Dissolve),
            Q::SendLiveMessage(send) => {
                may_send(room, person, send.priority == bim_types::Priority::High, self.policy, self.now.mono)
            }
            Q::ReadLiveHistory(_) | Q::ReadLiveAttributes(..) => may(Act::Read),
            Q::SetLiveGroupInfo(_, change) => self.may_set_info(room, person, change),
            Q::ChangeLiveGroup(_, measure) => {
                deed(room, person, measure, self.policy, self.now, false).map(|_| ())
            }
            Q::SetLiveMemberInfo(set) => {
                let uid = set.uid.as_ref().unwrap_or(&person.uid);
                let is_own = *uid == person.uid && !person.is_server;
                may(if is_own { Act::OwnInfo } else { Act::InfoOfOthers })?;
                let is_known = room.role(uid) != Role::Normal || room.is_user_in(uid);
                if is_known { Ok(()) } else { Err(ErrorCode::UserNotInGroup) }
            }
            Q::ListLiveMembers(query) => {
                let is_open =
                    matches!(query.list, bim_types::MemberList::Online | bim_types::MemberList::Resident);
                may(if is_open { Act::Members } else { Act::Lists })
            }
            Q::GetLiveMembers(..) => may(Act::Members),
            Q::WriteLiveAttributes(..) => may(Act::Attributes),
            Q::TapLiveCounters(_) => may(Act::Tap),
            Q::UpdateLiveMessage(..) | Q::DeleteLiveMessage(..) => {
                may(Act::Read)?;
                self.expected_of_edit(ledger, key, room, person, open)
            }
            Q::RefreshToken(_)
            | Q::CreateLiveGroup(_)
            | Q::ListLiveGroups(_)
            | Q::BroadcastToLiveGroups(_) => Ok(()),
        }
    }

    fn expected_of_edit(
        &self,
        ledger: &Ledger,
        key: GroupKey,
        room: &Room,
        person: &Person,
        open: &Open,
    ) -> Result<(), ErrorCode> {
        let message = self.edited(ledger, key, open).ok_or(ErrorCode::MessageNotFound)?;
        let is_removal = matches!(open.body, RequestBody::DeleteLiveMessage(..));
        self.may_edit(room, person, message, is_removal)
    }

    /// The message that is to be changed, if there is one to change.
    fn edited<'a>(&self, ledger: &'a Ledger, key: GroupKey, open: &Open) -> Option<&'a StoredLiveMessage> {
        let (seq, body) = edit_of(&open.body)?;
        let head = self.heads.get(&key).copied().unwrap_or_default();
        let entry = ledger.entry(StreamId::LiveGroup(key.app, key.group), seq);
        let message = entry.filter(|entry| !entry.trimmed && seq <= head)?.message.as_ref()?;
        (message.changes.is_none() && !(message.deleted && body.is_some())).then_some(message)
    }

    pub(super) fn may_set_info(
        &self,
        room: &Room,
        person: &Person,
        change: &GroupInfoChange,
    ) -> Result<(), ErrorCode> {
        let others = GroupInfoChange { notice: None, ..change.clone() };
        if change.notice.is_some() {
            may(room, person, Act::SetNotice, self.policy, self.now.mono)?;
        }
        if !others.is_empty() || change.is_empty() {
            may(room, person, Act::SetInfo, self.policy, self.now.mono)?;
        }
        if change.is_empty() { Err(ErrorCode::InvalidRequest) } else { Ok(()) }
    }
}
