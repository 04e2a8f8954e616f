//! One live group as it should be.

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::stored::{StoredLiveGroup, StoredLiveMember};
use bim_types::{
    ClientMessageId, ConnectionId, Conversation, GroupKey, Member, MemberInfo, Mono, Now, Presence, Role,
    Uid, Until, Wall,
};

use super::board::Board;
use super::budget::Budget;

/// What a user said about itself when it came in, so often, may be kept still.
const PRESENTED_MAX: usize = 64;

/// What is known about single users.
pub(super) type Roll = BTreeMap<Uid, StoredLiveMember>;

/// One live group as it should be.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) group: StoredLiveGroup,
    /// With mutes and blocks that have ended and are not told of yet.
    pub(super) roll: Roll,
    mutes: BTreeMap<Uid, Mono>,
    blocks: BTreeMap<Uid, Mono>,
    pub(super) board: Board,
    /// When the attributes of who is not in go with it.
    pub(super) away: BTreeMap<Uid, Mono>,
    pub(super) sums: BTreeMap<String, u64>,
    pub(super) inside: BTreeMap<ConnectionId, Uid>,
    /// What who is in says about itself, and since when it is in.
    pub(super) said: BTreeMap<Uid, (MemberInfo, Wall)>,
    /// What users said about themselves lately when they came in.
    pub(super) presented: BTreeMap<Uid, Vec<MemberInfo>>,
    pub(super) budget: Budget,
    /// Messages that were let in: what is sent again is not counted again.
    pub(super) let_in: BTreeSet<(Uid, ClientMessageId)>,
    /// Ticks since an attribute should have gone.
    pub(super) late_ticks: u32,
}

impl Room {
    pub(super) fn new(group: StoredLiveGroup) -> Self {
        Self {
            group,
            roll: Roll::new(),
            mutes: BTreeMap::new(),
            blocks: BTreeMap::new(),
            board: Board::default(),
            away: BTreeMap::new(),
            sums: BTreeMap::new(),
            inside: BTreeMap::new(),
            said: BTreeMap::new(),
            presented: BTreeMap::new(),
            budget: Budget::default(),
            let_in: BTreeSet::new(),
            late_ticks: 0,
        }
    }

    /// Takes another roll: what changed in it lasts from when it was planned on.
    pub(super) fn take_roll(&mut self, before: &Roll, mut after: Roll, planned: Now) {
        let nothing = StoredLiveMember::default();
        let uids: BTreeSet<Uid> =
            before.keys().chain(after.keys()).chain(self.roll.keys()).cloned().collect();
        for uid in uids {
            let old = before.get(&uid).unwrap_or(&nothing).clone();
            let now = self.roll.get(&uid).unwrap_or(&nothing).clone();
            let new = after.entry(uid.clone()).or_default();
            // What the change left alone is as it is now: it may have ended meanwhile.
            if new.muted == old.muted {
                new.muted = now.muted;
            } else {
                set_end(&mut self.mutes, &uid, new.muted, planned);
            }
            if new.blocked == old.blocked {
                new.blocked = now.blocked;
            } else {
                set_end(&mut self.blocks, &uid, new.blocked, planned);
            }
        }
        after.retain(|_, member| *member != nothing);
        self.roll = after;
    }

    /// Takes the roll that a server reads when it brings the group into memory.
    pub(super) fn load_roll(&mut self, roll: Roll, now: Now) {
        (self.mutes, self.blocks) = (BTreeMap::new(), BTreeMap::new());
        for (uid, member) in &roll {
            set_end(&mut self.mutes, uid, member.muted, now);
            set_end(&mut self.blocks, uid, member.blocked, now);
        }
        self.roll = roll;
    }

    /// The roll without what has ended.
    pub(super) fn roll_at(&self, now: Mono) -> Roll {
        let mut roll = self.roll.clone();
        for (uid, member) in &mut roll {
            member.muted = member.muted.filter(|_| self.is_muted(uid, now));
            member.blocked = member.blocked.filter(|_| self.is_blocked(uid, now));
        }
        roll.retain(|_, member| *member != StoredLiveMember::default());
        roll
    }

    /// Who is muted although the time is over.
    pub(super) fn ended_mutes(&self, now: Mono) -> impl Iterator<Item = &Uid> {
        self.mutes.iter().filter(move |(_, end)| **end <= now).map(|(uid, _)| uid)
    }

    /// The end of a mute is told.
    pub(super) fn unmute(&mut self, uid: &Uid) {
        self.mutes.remove(uid);
        if let Some(member) = self.roll.get_mut(uid) {
            member.muted = None;
        }
    }

    pub(super) fn role(&self, uid: &Uid) -> Role {
        match () {
            () if self.group.owner == *uid => Role::Owner,
            () if self.group.admins.contains(uid) => Role::Admin,
            () => Role::Normal,
        }
    }

    pub(super) fn is_in(&self, connection: ConnectionId) -> bool {
        self.inside.contains_key(&connection)
    }

    pub(super) fn is_user_in(&self, uid: &Uid) -> bool {
        self.said.contains_key(uid)
    }

    pub(super) fn is_muted(&self, uid: &Uid, now: Mono) -> bool {
        let is_on = self.roll.get(uid).is_some_and(|member| member.muted.is_some());
        is_on && self.mutes.get(uid).is_none_or(|end| *end > now)
    }

    pub(super) fn is_blocked(&self, uid: &Uid, now: Mono) -> bool {
        let is_on = self.roll.get(uid).is_some_and(|member| member.blocked.is_some());
        is_on && self.blocks.get(uid).is_none_or(|end| *end > now)
    }

    pub(super) fn is_exempt(&self, uid: &Uid) -> bool {
        self.roll.get(uid).is_some_and(|member| member.exempt)
    }

    pub(super) fn info(&self, uid: &Uid) -> MemberInfo {
        let said = self.said.get(uid).map(|(info, _)| info);
        said.or_else(|| self.roll.get(uid)?.info.as_ref()).cloned().unwrap_or_default()
    }

    /// Somebody comes in, and says this about itself.
    pub(super) fn enter(&mut self, connection: ConnectionId, uid: &Uid, info: Option<MemberInfo>, now: Now) {
        if let Some(info) = &info {
            let presented = self.presented.entry(uid.clone()).or_default();
            presented.push(info.clone());
            if presented.len() > PRESENTED_MAX {
                presented.remove(0);
            }
        }
        let kept = self.info(uid);
        self.inside.insert(connection, uid.clone());
        let said = self.said.entry(uid.clone()).or_insert((kept, now.wall));
        if let Some(info) = info {
            said.0 = info;
        }
        self.away.remove(uid);
    }

    /// Somebody goes; its attributes go with it from then on.
    pub(super) fn leave(&mut self, connection: ConnectionId, at: Mono) {
        let Some(uid) = self.inside.remove(&connection) else { return };
        if !self.inside.values().any(|other| *other == uid) {
            self.said.remove(&uid);
            if self.board.goes_with(&uid) {
                self.away.entry(uid).or_insert(at);
            }
        }
    }

    /// Users who are in.
    pub(super) fn users(&self) -> u64 {
        self.said.len() as u64
    }

    /// A user's record as a member sees it.
    pub(super) fn member(&self, uid: &Uid, sees_blocks: bool) -> Member {
        let known = self.roll.get(uid).cloned().unwrap_or_default();
        let presence =
            |(_, joined_at): &(_, Wall)| Presence { joined_at: *joined_at, last_seen_at: *joined_at };
        Member {
            uid: uid.clone(),
            role: self.role(uid),
            info: self.info(uid),
            marks: known.marks,
            muted: known.muted,
            blocked: known.blocked.filter(|_| sees_blocks),
            exempt: known.exempt,
            presence: self.said.get(uid).map(presence),
        }
    }

    /// What is wrong with a user's record as somebody is told it, if anything.
    pub(super) fn wrong_member(&self, told: &Member, sees_blocks: bool, now: Mono) -> Option<String> {
        let mut truth = self.member(&told.uid, sees_blocks);
        // What has ended at this moment may be told either way.
        if told.muted.is_none() && !self.is_muted(&told.uid, now) {
            truth.muted = None;
        }
        if told.blocked.is_none() && !self.is_blocked(&told.uid, now) {
            truth.blocked = None;
        }
        if let (Some(truth), Some(told)) = (&mut truth.presence, &told.presence) {
            truth.last_seen_at = told.last_seen_at;
        }
        (truth != *told).then(|| format!("the record told is {told:?} and should be {truth:?}"))
    }

    /// What is wrong with the group as it is told to somebody, or with `None` to everyone, if anything.
    pub(super) fn wrong_state(
        &self,
        key: GroupKey,
        told: &Conversation,
        to: Option<(&Uid, ConnectionId)>,
        now: Mono,
    ) -> Option<String> {
        let truth = Conversation {
            conversation_short_id: key.group,
            conversation_id: format!("live:{}", key.group),
            info: self.group.info.clone(),
            owner: self.group.owner.clone(),
            role: to.map_or(Role::Normal, |(uid, _)| self.role(uid)),
            created_at: self.group.created_at,
            version: self.group.version,
            online_count: self.users(),
            online_count_age: told.online_count_age,
            joined: to.is_some_and(|(_, connection)| self.is_in(connection)),
            dissolved: false,
            mute_all: self.group.mute_all,
            slow_mode: self.group.slow_mode,
            dissolve_after_idle: self.group.dissolve_after_idle,
            mark_types: self.group.mark_types.clone(),
            me: told.me.clone(),
        };
        if truth != *told || !told.online_count_age.is_zero() {
            return Some(format!("the state told is {told:?} and should be {truth:?}"));
        }
        match (&told.me, to) {
            (None, None) => None,
            (Some(me), Some((uid, _))) if me.uid == *uid => self.wrong_member(me, false, now),
            _ => Some(format!("the own record told to {to:?} is {:?}", told.me)),
        }
    }
}

fn set_end(ends: &mut BTreeMap<Uid, Mono>, uid: &Uid, until: Option<Until>, from: Now) {
    match until {
        Some(Until::At(at)) => drop(ends.insert(uid.clone(), from.mono + at.since(from.wall))),
        Some(Until::Forever) | None => drop(ends.remove(uid)),
    }
}
