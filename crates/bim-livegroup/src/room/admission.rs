//! Who may send what now.

use std::time::Duration;

use bim_proto::stored::StoredLiveMessage;
use bim_proto::{Accepted, SendLive};
use bim_types::{
    ClientMessageId, ConnectionId, Defect, DeviceId, ErrorCode, MessageBody, MuteAll, Now, Priority, Refusal,
    Role, Uid, Wall,
};

use super::sent::SentId;
use super::{ContentHash, Room};
use crate::authority::{Operation, Ruling, Standing, absent, forbidden, muted, ruling};

/// Who does something, as the session knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub uid: Uid,
    /// From which connection.
    pub connection: ConnectionId,
    /// On which device.
    pub device: DeviceId,
    /// Whether it is the app's own server.
    pub is_app_server: bool,
}

/// What is to be done with a message that may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Append it to the log.
    New,
    /// It was accepted before; answer with where it stands.
    Known(Accepted),
}

impl Room {
    /// Where a user stands. Mutes and blocks that ended have to be taken out before; see [`Room::expire`].
    #[must_use]
    pub fn standing(&self, actor: &Actor) -> Standing {
        match self.role(&actor.uid) {
            _ if actor.is_app_server => Standing::AppServer,
            Role::Owner => Standing::Owner,
            Role::Admin => Standing::Admin,
            _ if self.roll.is_blocked(&actor.uid) => Standing::Blocked,
            _ if !self.roster.has(actor.connection) => Standing::Outsider,
            _ if self.roll.is_muted(&actor.uid) => Standing::Muted,
            _ => Standing::Member,
        }
    }

    /// Whether a user may do something now. Windows of time are not looked at; see [`Room::permit_change_of`].
    ///
    /// # Errors
    ///
    /// The refusal to answer with.
    pub fn permit(&self, operation: Operation, actor: &Actor) -> Result<(), Refusal> {
        let standing = self.standing(actor);
        if operation.is_speech() && self.is_muted(standing, &actor.uid) {
            return Err(muted());
        }
        match ruling(operation, standing) {
            Ruling::Allowed | Ruling::WithinRecallWindow => Ok(()),
            Ruling::Forbidden => Err(forbidden(operation)),
            Ruling::Absent => Err(absent(operation)),
            Ruling::UnlessAllMuted => self.unless_all_muted(actor),
            Ruling::IfMembersMaySendHigh if self.policy.members_may_send_high => self.unless_all_muted(actor),
            Ruling::IfMembersMaySetAttributes if self.policy.members_may_set_attributes => Ok(()),
            Ruling::IfMembersMaySendHigh | Ruling::IfMembersMaySetAttributes => Err(forbidden(operation)),
        }
    }

    /// Whether a user may send messages of a class now. Only the app's server may who is not in.
    ///
    /// # Errors
    ///
    /// The refusal to answer with; one for a mute that ends says when.
    pub fn may_speak(&self, now: Now, actor: &Actor, priority: Priority) -> Result<(), Refusal> {
        let operation = if priority == Priority::High { Operation::SendHigh } else { Operation::Send };
        if !actor.is_app_server && !self.roster.has(actor.connection) {
            return Err(absent(operation));
        }
        let verdict = self.permit(operation, actor);
        if Defect::MuteAtJoinOnly.is_planted() && self.roll.mute_ends(&actor.uid).is_some() {
            return Ok(());
        }
        match (&verdict, self.roll.mute_ends(&actor.uid)) {
            (Err(refusal), Some(end)) if refusal.code == ErrorCode::UserBannedToPost => {
                Err(muted().retry_after(end.since(now.mono).max(Duration::from_millis(1))))
            }
            _ => verdict,
        }
    }

    /// Whether this sender may send this message now; takes from the budget when it may.
    ///
    /// # Errors
    ///
    /// The refusal to answer with. A message that was accepted lately is never refused for the budget.
    pub fn admit(
        &mut self,
        now: Now,
        actor: &Actor,
        send: &SendLive,
        content: ContentHash,
    ) -> Result<Admission, Refusal> {
        if let Some(accepted) = self.accepted_before(actor, send, content)? {
            return Ok(Admission::Known(accepted));
        }
        if self.sent.is_under_way(&sent_id(actor, send)) {
            // A refusal now, and the first one may be accepted all the same: both get the verdict of the log.
            return Ok(Admission::New);
        }
        if !actor.is_app_server && !self.roster.has(actor.connection) {
            return Err(absent(Operation::Send));
        }
        send.body.check()?;
        self.may_speak(now, actor, send.priority)?;
        if !actor.is_app_server {
            let is_slowed = self.role(&actor.uid) == Role::Normal;
            self.budget
                .take(now.mono, &actor.uid, send.priority, is_slowed)
                .map_err(|wait| Refusal::new(ErrorCode::MessageFrequency).retry_after(wait))?;
        }
        Ok(Admission::New)
    }

    /// The verdict of a message that was accepted lately. It can be told whatever stands in the way of new ones, also to a
    /// sender who is not in the group any more.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::IdempotencyConflict`] when the message said something else.
    pub fn accepted_before(
        &self,
        actor: &Actor,
        send: &SendLive,
        content: ContentHash,
    ) -> Result<Option<Accepted>, Refusal> {
        match self.sent.find(&sent_id(actor, send)) {
            Some(sent) if sent.content != content => Err(ErrorCode::IdempotencyConflict.into()),
            Some(sent) => Ok(Some(self.told_again(sent.accepted.clone(), &send.body))),
            None => Ok(None),
        }
    }

    /// Notes that a message waits for its verdict: should it be sent again meanwhile, it is not refused. To be called once
    /// for each time that [`Room::admit`] says [`Admission::New`] and the message goes on.
    pub fn send_begins(&mut self, sender: &Uid, device: DeviceId, client_id: ClientMessageId) {
        self.sent.begin(SentId { sender: sender.clone(), device, client_id });
    }

    /// Notes that a message has its verdict.
    pub fn send_ended(&mut self, sender: &Uid, device: DeviceId, client_id: ClientMessageId) {
        self.sent.end(&SentId { sender: sender.clone(), device, client_id });
    }

    /// Whether a user may change what a message says (`body`), or remove it (`None`), now.
    ///
    /// # Errors
    ///
    /// The refusal to answer with: [`ErrorCode::RecallTimeout`] when it is too late.
    pub fn permit_change_of(
        &self,
        now: Wall,
        actor: &Actor,
        original: &StoredLiveMessage,
        body: Option<&MessageBody>,
    ) -> Result<(), Refusal> {
        let is_own = original.sender == actor.uid;
        let operation = match (body, is_own) {
            (Some(_), true) => Operation::EditOwn,
            (Some(_), false) => Operation::EditOfOthers,
            (None, true) => Operation::RecallOwn,
            (None, false) => Operation::recall_of(self.role(&original.sender)),
        };
        self.permit(operation, actor)?;
        if let Some(body) = body {
            body.check()?;
            self.unless_all_muted(actor)?;
        }
        let is_late = now.since(original.accepted_at) > self.policy.recall_window;
        if ruling(operation, self.standing(actor)) == Ruling::WithinRecallWindow && is_late {
            return Err(ErrorCode::RecallTimeout.into());
        }
        Ok(())
    }

    /// A verdict for a device that said this: it learns again what a moderator made of it, as long as nobody
    /// changed the message since.
    fn told_again(&self, accepted: Accepted, said: &MessageBody) -> Accepted {
        let message = self.buffer.find(accepted.position.seq).filter(|push| !push.hidden);
        let message = message.map(|push| push.message).filter(|message| message.edits == 0);
        let rewritten = message.map(|message| message.body).filter(|body| body != said);
        Accepted { rewritten, ..accepted }
    }

    /// Whether someone of this standing is muted, admins included.
    fn is_muted(&self, standing: Standing, uid: &Uid) -> bool {
        standing == Standing::Muted || standing == Standing::Admin && self.roll.is_muted(uid)
    }

    fn unless_all_muted(&self, actor: &Actor) -> Result<(), Refusal> {
        let is_silenced = match (self.group.mute_all, self.standing(actor)) {
            (MuteAll::Off, _) | (_, Standing::Owner | Standing::AppServer) => false,
            (MuteAll::NormalMembers, Standing::Admin) => false,
            _ => !self.roll.is_exempt(&actor.uid),
        };
        if is_silenced { Err(ErrorCode::SendConversationSilent.into()) } else { Ok(()) }
    }
}

fn sent_id(actor: &Actor, send: &SendLive) -> SentId {
    SentId { sender: actor.uid.clone(), device: actor.device, client_id: send.client_message_id }
}
