//! The server's end of one live group.
//!
//! A [`Room`] knows who is in, what the group is, which message came last in each class, and keeps the last
//! messages in a [`RoomBuffer`] from which a viewer that was away for a moment resumes. It decides who may
//! join, send, and dissolve. It does not store, route or encode requests: the engine around it does.
//!
//! A message is *accepted* once the log has given it a number; only then the room hears of it
//! ([`Room::accept`]) and the viewers get it. So no viewer ever sees what a crash could take back.

mod admission;
mod buffer;
mod edits;
mod measures;
mod members;
mod roll;
mod sent;

#[cfg(test)]
mod admission_test;
#[cfg(test)]
mod edits_test;
#[cfg(test)]
mod measures_test;
#[cfg(test)]
mod members_test;
#[cfg(test)]
mod model_test;
#[cfg(test)]
mod room_test;
#[cfg(test)]
mod sanctions_test;
#[cfg(test)]
mod testing;

use std::time::Duration;

use bim_proto::stored::{StoredLiveGroup, StoredLiveMessage, StoredLiveRoll};
use bim_proto::{Accepted, LivePush};
use bim_types::limits::{ADMINS_MAX, RECALL_WINDOW};
use bim_types::{
    ConnectionId, Conversation, Cursor, Epoch, GroupInfoChange, GroupKey, MemberInfo, MessageBody, Mono, Now,
    PerPriority, Position, Priority, Refusal, ResumeVerdict, Role, Seq, Uid, Wall,
};
use bytes::Bytes;

use crate::authority::Operation;
use crate::budget::{Budgets, RoomBudget};
use crate::queue::LiveFrame;
use crate::roster::Roster;

pub use admission::{Actor, Admission};
pub use buffer::{BufferLimits, RoomBuffer};
pub use edits::Edit;
pub use measures::{Plan, Restraint};
pub use members::InfoPlan;
use members::role_in;
use roll::Roll;
use sent::{Sent, SentId, SentIds};

/// What a room may decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomPolicy {
    /// How much it accepts.
    pub budgets: Budgets,
    /// How much a resume can reach back.
    pub buffer: BufferLimits,
    /// Whether ordinary members may send HIGH.
    pub members_may_send_high: bool,
    /// Whether ordinary members may set attributes.
    pub members_may_set_attributes: bool,
    /// How long a sender may change or remove an own message.
    pub recall_window: Duration,
    /// Admins at most.
    pub admins: usize,
}

impl Default for RoomPolicy {
    fn default() -> Self {
        Self {
            budgets: Budgets::default(),
            buffer: BufferLimits::default(),
            members_may_send_high: false,
            members_may_set_attributes: true,
            recall_window: RECALL_WINDOW,
            admins: ADMINS_MAX,
        }
    }
}

/// A hash of what a message says: the same client id with another hash is a conflict.
pub type ContentHash = [u8; 16];

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

/// The records of a group as they were stored, and their versions in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecords {
    /// The group's own record.
    pub group: StoredLiveGroup,
    /// Its version.
    pub group_version: u64,
    /// The roll.
    pub roll: StoredLiveRoll,
    /// Its version; 0 when there is none.
    pub roll_version: u64,
}

/// The server's end of one live group.
#[derive(Debug)]
pub struct Room {
    key: GroupKey,
    group: StoredLiveGroup,
    group_version: u64,
    roll: Roll,
    roll_version: u64,
    dissolved: bool,
    epoch: Epoch,
    head: Seq,
    last: PerPriority<Seq>,
    buffer: RoomBuffer,
    sent: SentIds,
    budget: RoomBudget,
    policy: RoomPolicy,
    roster: Roster,
}

impl Room {
    /// A room without viewers, whose log ends at `head`. [`Room::recall_from`] and [`Room::accept`] then fill its buffer.
    #[must_use]
    pub fn new(key: GroupKey, records: RoomRecords, head: Position, policy: RoomPolicy, now: Now) -> Self {
        let RoomRecords { group, group_version, roll, roll_version } = records;
        let mut budget = RoomBudget::new(policy.budgets, now.mono);
        budget.set_slow_mode(group.slow_mode);
        Self {
            key,
            group,
            group_version,
            roll: Roll::new(roll, now),
            roll_version,
            dissolved: false,
            epoch: head.epoch,
            head: head.seq,
            last: PerPriority::splat(head.seq),
            buffer: RoomBuffer::new(policy.buffer, head.seq),
            sent: SentIds::default(),
            budget,
            policy,
            roster: Roster::default(),
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
    /// Numbers come in order, without holes. The same call takes messages that are read back after a restart;
    /// their age is counted from `now`. `content` is a hash of what the sender's device said; without it a
    /// resend is recognised by the log alone.
    pub fn accept(
        &mut self,
        now: Mono,
        seq: Seq,
        stored: StoredLiveMessage,
        content: Option<ContentHash>,
    ) -> LiveFrame {
        let priority = stored.priority;
        let position = Position { epoch: self.epoch, seq };
        if let Some(content) = content {
            let accepted = self.accepted(seq, &stored, None);
            let sent = Sent { accepted, content, at: now };
            self.sent.insert(SentId::of(&stored), sent, self.policy.buffer.window);
        }
        let hidden = stored.deleted || stored.only_for_sender;
        let mut message = stored.into_message(self.key.group, position);
        if hidden {
            message.body = MessageBody::Unknown { kind: 0 };
        }
        let push = LivePush { message, previous: self.last, hidden };
        self.announce(now, priority, seq, push.encode())
    }

    /// The verdict on a message that the log gave a number. `sent` is what its device said.
    #[must_use]
    pub fn accepted(&self, seq: Seq, stored: &StoredLiveMessage, sent: Option<&MessageBody>) -> Accepted {
        Accepted {
            position: Position { epoch: self.epoch, seq },
            accepted_at: stored.accepted_at,
            only_for_sender: stored.only_for_sender,
            rewritten: sent.filter(|sent| **sent != stored.body).map(|_| stored.body.clone()),
        }
    }

    fn announce(&mut self, now: Mono, priority: Priority, seq: Seq, frame: Bytes) -> LiveFrame {
        let live = LiveFrame { group: self.key, priority, seq, frame };
        self.last[priority] = seq;
        self.head = self.head.max(seq);
        self.buffer.push(now, live.clone());
        live
    }

    /// Lets a connection in, and says what it missed since its cursor. Whether the user may come in is asked
    /// before, with [`Room::permit`]. Of an owner or admin who says nothing about itself, what is kept counts.
    pub fn join(
        &mut self,
        now: Now,
        actor: &Actor,
        info: Option<MemberInfo>,
        resume: Option<Cursor>,
    ) -> Entry {
        let kept = self.roll.info(&actor.uid).filter(|_| !self.roster.is_in(&actor.uid));
        let info = info.or_else(|| kept.cloned());
        self.roster.enter(actor.connection, actor.uid.clone(), info, now.wall);
        let here = Cursor::at(Position { epoch: self.epoch, seq: self.head });
        let Some(cursor) = resume else {
            return Entry { cursor: here, verdict: ResumeVerdict::Fresh, replay: Vec::new() };
        };
        self.buffer.expire(now.mono);
        match self.buffer.missed(self.epoch, self.head, &cursor) {
            Ok(replay) => {
                let verdict = ResumeVerdict::Resumed { left_out: PerPriority::default() };
                Entry { cursor, verdict, replay }
            }
            Err(reason) => {
                Entry { cursor: here, verdict: ResumeVerdict::Discontinuity(reason), replay: Vec::new() }
            }
        }
    }

    /// Lets a connection go. `None` when it was not in.
    pub fn leave(&mut self, connection: ConnectionId) -> Option<crate::roster::Left> {
        self.roster.leave(connection)
    }

    /// Ends mutes and blocks that are due. Returns who may speak again.
    pub fn expire(&mut self, now: Mono) -> Vec<Uid> {
        self.roll.expire(now)
    }

    /// When [`Room::expire`] has something to do.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Mono> {
        self.roll.next_expiry()
    }

    /// The roll to write so that nothing that has ended stands in it, when that is not so already. After that
    /// [`Room::replace_roll`] is called, or nothing.
    pub fn without_ended(&mut self, now: Now) -> Option<StoredLiveRoll> {
        if !self.roll.is_behind() {
            return None;
        }
        self.roll.plan_begins(now);
        Some(self.roll.stored().clone())
    }

    /// The group as it is after a change of its information, if this user may make it.
    ///
    /// # Errors
    ///
    /// What [`Room::permit`] says to [`Operation::SetInfo`] and [`Operation::SetNotice`]; what
    /// [`GroupInfoChange::check`] says.
    pub fn with_info(&self, actor: &Actor, change: GroupInfoChange) -> Result<StoredLiveGroup, Refusal> {
        let is_notice_only = GroupInfoChange { notice: None, ..change.clone() }.is_empty();
        if change.notice.is_some() {
            self.permit(Operation::SetNotice, actor)?;
        }
        if !is_notice_only || change.is_empty() {
            self.permit(Operation::SetInfo, actor)?;
        }
        change.check()?;
        let info = change.apply(self.group.info.clone());
        Ok(StoredLiveGroup { info, version: self.group.version + 1, ..self.group.clone() })
    }

    /// Takes the group as it was stored after a change.
    pub fn replace(&mut self, group: StoredLiveGroup, group_version: u64) {
        self.budget.set_slow_mode(group.slow_mode);
        self.group = group;
        self.group_version = group_version;
    }

    /// Takes the roll as it was stored after a change, and has whoever it says something else about told anew.
    pub fn replace_roll(&mut self, roll: StoredLiveRoll, roll_version: u64, now: Now) {
        self.roll.replace(roll, now);
        self.roll_version = roll_version;
    }

    /// Has the next pulse tell the records of these users.
    pub fn records_changed(&mut self, uids: &[Uid]) {
        for uid in uids {
            self.roster.record_changed(uid);
        }
    }

    /// Ends the group: nobody is in it any more. Returns who was.
    pub fn dissolve(&mut self) -> Vec<ConnectionId> {
        self.dissolved = true;
        self.group.version += 1;
        self.roster.drain()
    }

    /// A user's standing.
    #[must_use]
    pub fn role(&self, uid: &Uid) -> Role {
        role_in(&self.group, uid)
    }

    /// The group as a user on a connection sees it.
    #[must_use]
    pub fn conversation(
        &self,
        uid: &Uid,
        connection: ConnectionId,
        heard: &dyn Fn(ConnectionId) -> Wall,
    ) -> Conversation {
        Conversation {
            role: self.role(uid),
            joined: self.roster.has(connection),
            me: Some(self.member(uid, heard, false)),
            ..self.state()
        }
    }

    /// The group as everyone sees it: role, joined and the own record are not set.
    #[must_use]
    pub fn state(&self) -> Conversation {
        conversation(self.key, &self.group, self.roster.users(), self.dissolved)
    }

    /// Whether a connection is in the room.
    #[must_use]
    pub fn has(&self, connection: ConnectionId) -> bool {
        self.roster.has(connection)
    }

    /// Whether nobody is in the room.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.roster.users() == 0
    }

    /// Who is in the room.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Somebody reads who is in; see [`Roster::list_read`].
    pub fn list_read(&mut self) {
        self.roster.list_read();
    }

    /// The group's version, which rises with every change of its state.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.group.version
    }

    /// How long nobody may be in before the group is dissolved; zero: for ever.
    #[must_use]
    pub fn dissolve_after_idle(&self) -> Duration {
        self.group.dissolve_after_idle
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

    /// The versions of the group's record and of the roll in the store.
    #[must_use]
    pub fn record_versions(&self) -> (u64, u64) {
        (self.group_version, self.roll_version)
    }

    /// Where the next message will stand behind.
    #[must_use]
    pub fn head(&self) -> Position {
        Position { epoch: self.epoch, seq: self.head }
    }
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
        online_count_age: Duration::ZERO,
        joined: false,
        dissolved,
        mute_all: group.mute_all,
        slow_mode: group.slow_mode,
        dissolve_after_idle: group.dissolve_after_idle,
        mark_types: group.mark_types.clone(),
        me: None,
    }
}
