//! The server's end of one live group.
//!
//! A [`Room`] knows who is in, what the group is, which message came last in each class, and keeps the last
//! messages in a [`RoomBuffer`] from which a viewer that was away for a moment resumes. It decides who may
//! join, send, and dissolve. It does not store, route or encode requests: the engine around it does.
//!
//! A message is *accepted* once the log has given it a number; only then the room hears of it
//! ([`Room::accept`]) and the viewers get it. So no viewer ever sees what a crash could take back.

mod buffer;
mod sent;

#[cfg(test)]
mod room_test;

use std::collections::BTreeMap;

use bim_proto::stored::{StoredLiveGroup, StoredLiveMessage};
use bim_proto::{Accepted, LivePush, SendLive, ServerFrame};
use bim_types::{
    ConnectionId, Conversation, Cursor, DeviceId, Epoch, ErrorCode, GroupInfoChange, GroupKey, Mono,
    PerPriority, Position, Priority, Refusal, ResumeVerdict, Role, Seq, Uid,
};

use crate::budget::{Budgets, RoomBudget};
use crate::queue::LiveFrame;

pub use buffer::{BufferLimits, RoomBuffer};
use sent::{Sent, SentId, SentIds};

/// What a room may decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RoomPolicy {
    /// How much it accepts.
    pub budgets: Budgets,
    /// How much a resume can reach back.
    pub buffer: BufferLimits,
    /// Whether ordinary members may send HIGH.
    pub members_may_send_high: bool,
}

/// Someone in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub uid: Uid,
    /// On which device.
    pub device: DeviceId,
}

/// A hash of what a message says: the same client id with another hash is a conflict.
pub type ContentHash = [u8; 16];

/// What is to be done with a message that may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Append it to the log.
    New,
    /// It was accepted before; answer with where it stands.
    Known(Accepted),
}

/// The answer to a join.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// From where on the viewer is accounted for.
    pub cursor: Cursor,
    /// What became of its cursor.
    pub verdict: ResumeVerdict,
    /// What it missed, in order.
    pub replay: Vec<LiveFrame>,
}

/// The server's end of one live group.
#[derive(Debug)]
pub struct Room {
    key: GroupKey,
    group: StoredLiveGroup,
    record_version: u64,
    dissolved: bool,
    epoch: Epoch,
    head: Seq,
    last: PerPriority<Seq>,
    buffer: RoomBuffer,
    sent: SentIds,
    budget: RoomBudget,
    members_may_send_high: bool,
    viewers: BTreeMap<ConnectionId, Viewer>,
}

impl Room {
    /// A room without viewers, whose log ends at `head`. [`Room::recall_from`] and [`Room::accept`] then fill its buffer.
    #[must_use]
    pub fn new(
        key: GroupKey,
        group: StoredLiveGroup,
        record_version: u64,
        head: Position,
        policy: RoomPolicy,
        now: Mono,
    ) -> Self {
        Self {
            key,
            group,
            record_version,
            dissolved: false,
            epoch: head.epoch,
            head: head.seq,
            last: PerPriority::splat(head.seq),
            buffer: RoomBuffer::new(policy.buffer, head.seq),
            sent: SentIds::default(),
            budget: RoomBudget::new(policy.budgets, now),
            members_may_send_high: policy.members_may_send_high,
            viewers: BTreeMap::new(),
        }
    }

    /// Starts over from the point `after`, to read the log from there with [`Room::accept`].
    pub fn recall_from(&mut self, after: Seq) {
        self.head = after;
        self.last = PerPriority::splat(after);
        self.buffer.restart(after);
    }

    /// Takes a message that the log gave a number, and returns what its viewers get.
    ///
    /// Numbers come in order, without holes; `content` is a hash of what the message says. The same call
    /// takes messages that are read back after a restart; their age is counted from `now`.
    pub fn accept(
        &mut self,
        now: Mono,
        seq: Seq,
        stored: StoredLiveMessage,
        content: ContentHash,
    ) -> LiveFrame {
        let priority = stored.priority;
        let position = Position { epoch: self.epoch, seq };
        let accepted = Accepted { position, accepted_at: stored.accepted_at };
        self.sent.insert(SentId::of(&stored), Sent { accepted, content });
        let message = stored.into_message(self.key.group, position);
        let push = LivePush { message, previous: self.last };
        let live =
            LiveFrame { group: self.key, priority, seq, frame: ServerFrame::LiveMessage(push).encode() };
        self.last[priority] = seq;
        self.head = self.head.max(seq);
        if let Some(floor) = self.buffer.push(now, live.clone()) {
            self.sent.forget_through(floor);
        }
        live
    }

    /// Lets a connection in, and says what it missed since its cursor.
    pub fn join(
        &mut self,
        now: Mono,
        connection: ConnectionId,
        viewer: Viewer,
        resume: Option<Cursor>,
    ) -> Entry {
        self.viewers.insert(connection, viewer);
        let here = Cursor::at(Position { epoch: self.epoch, seq: self.head });
        let Some(cursor) = resume else {
            return Entry { cursor: here, verdict: ResumeVerdict::Fresh, replay: Vec::new() };
        };
        match self.buffer.missed(now, self.epoch, self.head, &cursor) {
            Ok(replay) => {
                let verdict = ResumeVerdict::Resumed { left_out: PerPriority::default() };
                Entry { cursor, verdict, replay }
            }
            Err(reason) => {
                Entry { cursor: here, verdict: ResumeVerdict::Discontinuity(reason), replay: Vec::new() }
            }
        }
    }

    /// Lets a connection go. Returns whether it was in.
    pub fn leave(&mut self, connection: ConnectionId) -> bool {
        self.viewers.remove(&connection).is_some()
    }

    /// Whether this sender may send this message now; takes from the budget when it may.
    ///
    /// # Errors
    ///
    /// The refusal to answer with. A message that was accepted lately is never refused for the budget.
    pub fn admit(
        &mut self,
        now: Mono,
        connection: ConnectionId,
        send: &SendLive,
        content: ContentHash,
    ) -> Result<Admission, Refusal> {
        let Some(viewer) = self.viewers.get(&connection) else {
            return Err(ErrorCode::UserNotInGroup.into());
        };
        send.body.check()?;
        let Viewer { uid: sender, device } = viewer.clone();
        let id = SentId { sender: sender.clone(), device, client_id: send.client_message_id };
        if let Some(sent) = self.sent.find(&id) {
            return if sent.content == content {
                Ok(Admission::Known(sent.accepted))
            } else {
                Err(ErrorCode::IdempotencyConflict.into())
            };
        }
        if send.priority == Priority::High && !self.may_send_high(&sender) {
            return Err(
                Refusal::new(ErrorCode::UserForbidden).hint("only owner and admins may send HIGH here")
            );
        }
        self.budget
            .take(now, &sender, send.priority)
            .map_err(|wait| Refusal::new(ErrorCode::MessageFrequency).retry_after(wait))?;
        Ok(Admission::New)
    }

    /// Whether this user may end the group.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::UserForbidden`] for anyone but the owner.
    pub fn may_dissolve(&self, uid: &Uid) -> Result<(), Refusal> {
        match self.role(uid) {
            Role::Owner => Ok(()),
            _ => Err(forbidden("only the owner may dissolve a live group")),
        }
    }

    /// The group as it is after a change of its information, if this user may make it.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::UserForbidden`] for ordinary members, and for admins who change the notice;
    /// [`ErrorCode::UserNotInGroup`] for anyone else who is not in; what [`GroupInfoChange::check`] says.
    pub fn with_info(
        &self,
        uid: &Uid,
        connection: ConnectionId,
        change: GroupInfoChange,
    ) -> Result<StoredLiveGroup, Refusal> {
        match self.role(uid) {
            Role::Owner => {}
            Role::Admin if change.notice.is_none() => {}
            Role::Admin => return Err(forbidden("only the owner may change the notice of a live group")),
            _ if self.has(connection) => {
                return Err(forbidden("only owner and admins may change a live group"));
            }
            _ => return Err(ErrorCode::UserNotInGroup.into()),
        }
        change.check()?;
        let info = change.apply(self.group.info.clone());
        Ok(StoredLiveGroup { info, version: self.group.version + 1, ..self.group.clone() })
    }

    /// Takes the group as it was stored after a change.
    pub fn replace(&mut self, group: StoredLiveGroup, record_version: u64) {
        self.group = group;
        self.record_version = record_version;
    }

    /// Ends the group: nobody is in it any more. Returns who was.
    pub fn dissolve(&mut self) -> Vec<ConnectionId> {
        self.dissolved = true;
        self.group.version += 1;
        std::mem::take(&mut self.viewers).into_keys().collect()
    }

    /// A user's standing.
    #[must_use]
    pub fn role(&self, uid: &Uid) -> Role {
        if self.group.owner == *uid {
            Role::Owner
        } else if self.group.admins.contains(uid) {
            Role::Admin
        } else {
            Role::Normal
        }
    }

    /// The group as a user on a connection sees it.
    #[must_use]
    pub fn conversation(&self, uid: &Uid, connection: ConnectionId) -> Conversation {
        Conversation { role: self.role(uid), joined: self.viewers.contains_key(&connection), ..self.state() }
    }

    /// The group as everyone sees it: role and joined are not set.
    #[must_use]
    pub fn state(&self) -> Conversation {
        let online = self.viewers.len() as u64;
        conversation(self.key, &self.group, online, self.dissolved)
    }

    /// Whether a connection is in the room.
    #[must_use]
    pub fn has(&self, connection: ConnectionId) -> bool {
        self.viewers.contains_key(&connection)
    }

    /// Whether nobody is in the room.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.viewers.is_empty()
    }

    /// The owner.
    #[must_use]
    pub fn owner(&self) -> &Uid {
        &self.group.owner
    }

    /// Who moderates.
    #[must_use]
    pub fn admins(&self) -> &[Uid] {
        &self.group.admins
    }

    /// The version of the group's record in the store.
    #[must_use]
    pub fn record_version(&self) -> u64 {
        self.record_version
    }

    /// Where the next message will stand behind.
    #[must_use]
    pub fn head(&self) -> Position {
        Position { epoch: self.epoch, seq: self.head }
    }

    fn may_send_high(&self, uid: &Uid) -> bool {
        self.members_may_send_high || self.role(uid) != Role::Normal
    }
}

fn forbidden(hint: &'static str) -> Refusal {
    Refusal::new(ErrorCode::UserForbidden).hint(hint)
}

/// A stored group as a conversation, with role and joined not set.
#[must_use]
pub fn conversation(
    key: GroupKey,
    group: &StoredLiveGroup,
    online_count: u64,
    dissolved: bool,
) -> Conversation {
    Conversation {
        conversation_short_id: key.group,
        conversation_id: Conversation::live_group_id(key.group),
        info: group.info.clone(),
        owner: group.owner.clone(),
        role: Role::Normal,
        created_at: group.created_at,
        version: group.version,
        online_count,
        joined: false,
        dissolved,
    }
}
