//! What a room knows about single users: mutes, blocks, exemptions, marks.

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::stored::{StoredLiveMember, StoredLiveRoll};
use bim_types::{MemberInfo, Mono, Now, Uid, Until, Wall};

/// The roll of one room. What ends is measured on the monotonic clock, so that a step of the wall clock neither
/// lengthens nor shortens it.
#[derive(Debug, Default)]
pub(super) struct Roll {
    stored: StoredLiveRoll,
    muted: Deadlines,
    blocked: Deadlines,
    /// When the plan was made that is taken next: what it says of ends counts from there.
    planned: Option<Now>,
    /// Whether what was written last says something that has ended.
    is_behind: bool,
}

/// When something ends for whom.
#[derive(Debug, Default)]
struct Deadlines {
    of: BTreeMap<Uid, Mono>,
    order: BTreeSet<(Mono, Uid)>,
    /// What ended since the last plan, and so may stand in that plan still.
    ended: BTreeMap<Uid, Until>,
}

impl Deadlines {
    /// What of a new roll really lasts, and from when on: what ended since it was planned does not. Returns whether
    /// it had ended.
    fn follow(&mut self, uid: &Uid, old: Option<Until>, new: &mut Option<Until>, planned: Now) -> bool {
        let has_ended = new.is_some() && self.ended.get(uid) == new.as_ref();
        if has_ended {
            *new = None;
        }
        if old != *new {
            self.set(uid, new.and_then(|until| deadline(until, planned)));
        }
        has_ended
    }

    fn set(&mut self, uid: &Uid, at: Option<Mono>) {
        if let Some(old) = self.of.remove(uid) {
            self.order.remove(&(old, uid.clone()));
        }
        if let Some(at) = at {
            self.of.insert(uid.clone(), at);
            self.order.insert((at, uid.clone()));
        }
    }

    fn first(&self) -> Option<Mono> {
        self.order.first().map(|(at, _)| *at)
    }

    fn take_due(&mut self, now: Mono) -> Option<Uid> {
        let (at, uid) = self.order.first().filter(|(at, _)| *at <= now)?.clone();
        self.order.remove(&(at, uid.clone()));
        self.of.remove(&uid);
        Some(uid)
    }

    fn has_ended(&mut self, uid: &Uid, ended: Option<Until>) {
        if let Some(until) = ended {
            self.ended.insert(uid.clone(), until);
        }
    }
}

impl Roll {
    /// The roll as it was stored.
    pub(super) fn new(stored: StoredLiveRoll, now: Now) -> Self {
        let mut roll = Self::default();
        roll.replace(stored, now);
        roll
    }

    /// A plan is made from the roll as it is now.
    pub(super) fn plan_begins(&mut self, now: Now) {
        self.planned = Some(now);
        self.muted.ended.clear();
        self.blocked.ended.clear();
    }

    /// Takes the roll as it is stored now. What was there before keeps its end; what is new lasts from when it
    /// was planned, or from `now` when it was not planned here. What ended meanwhile does not begin again.
    pub(super) fn replace(&mut self, mut stored: StoredLiveRoll, now: Now) {
        let planned = self.planned.take().unwrap_or(now);
        let none = StoredLiveMember::default();
        self.is_behind = false;
        for (uid, new) in &mut stored.members {
            let old = self.stored.members.get(uid).unwrap_or(&none);
            self.is_behind |= self.muted.follow(uid, old.muted, &mut new.muted, planned);
            self.is_behind |= self.blocked.follow(uid, old.blocked, &mut new.blocked, planned);
        }
        for uid in self.stored.members.keys().filter(|uid| !stored.members.contains_key(*uid)) {
            self.muted.set(uid, None);
            self.blocked.set(uid, None);
        }
        stored.members.retain(|_, member| *member != none);
        self.stored = stored;
        self.muted.ended.clear();
        self.blocked.ended.clear();
    }

    /// Whether what was written last says something that has ended.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// What is stored, without what has ended.
    pub(super) fn stored(&self) -> &StoredLiveRoll {
        &self.stored
    }

    /// What is known about one user.
    pub(super) fn find(&self, uid: &Uid) -> Option<&StoredLiveMember> {
        self.stored.members.get(uid)
    }

    pub(super) fn is_muted(&self, uid: &Uid) -> bool {
        self.find(uid).is_some_and(|member| member.muted.is_some())
    }

    pub(super) fn is_blocked(&self, uid: &Uid) -> bool {
        self.find(uid).is_some_and(|member| member.blocked.is_some())
    }

    pub(super) fn is_exempt(&self, uid: &Uid) -> bool {
        self.find(uid).is_some_and(|member| member.exempt)
    }

    pub(super) fn is_marked(&self, uid: &Uid) -> bool {
        self.find(uid).is_some_and(|member| !member.marks.is_empty())
    }

    pub(super) fn info(&self, uid: &Uid) -> Option<&MemberInfo> {
        self.find(uid)?.info.as_ref()
    }

    /// When a user may speak again; `None` when there is no end, or no mute.
    pub(super) fn mute_ends(&self, uid: &Uid) -> Option<Mono> {
        self.muted.of.get(uid).copied()
    }

    /// When a user may come back; `None` when there is no end, or no block.
    pub(super) fn block_ends(&self, uid: &Uid) -> Option<Mono> {
        self.blocked.of.get(uid).copied()
    }

    /// When the next mute or block ends.
    pub(super) fn next_expiry(&self) -> Option<Mono> {
        match (self.muted.first(), self.blocked.first()) {
            (Some(muted), Some(blocked)) => Some(muted.min(blocked)),
            (muted, blocked) => muted.or(blocked),
        }
    }

    /// Ends what is due. Returns who may speak again.
    pub(super) fn expire(&mut self, now: Mono) -> Vec<Uid> {
        let mut unmuted = Vec::new();
        while let Some(uid) = self.muted.take_due(now) {
            let ended = self.change(&uid, |member| member.muted.take());
            self.muted.has_ended(&uid, ended);
            unmuted.push(uid);
        }
        while let Some(uid) = self.blocked.take_due(now) {
            let ended = self.change(&uid, |member| member.blocked.take());
            self.blocked.has_ended(&uid, ended);
        }
        unmuted
    }

    fn change<T>(&mut self, uid: &Uid, change: impl FnOnce(&mut StoredLiveMember) -> T) -> T {
        self.is_behind = true;
        change_member(&mut self.stored, uid, change)
    }
}

/// Changes what is known about one user; who nothing is known about has no entry.
pub(super) fn change_member<T>(
    roll: &mut StoredLiveRoll,
    uid: &Uid,
    change: impl FnOnce(&mut StoredLiveMember) -> T,
) -> T {
    let member = roll.members.entry(uid.clone()).or_default();
    let changed = change(member);
    if *member == StoredLiveMember::default() {
        roll.members.remove(uid);
    }
    changed
}

fn deadline(until: Until, now: Now) -> Option<Mono> {
    match until {
        Until::Forever => None,
        Until::At(at) => Some(now.mono + at.since(now.wall)),
    }
}

/// The end of a period that begins now; zero: never.
pub(super) fn until(period: std::time::Duration, now: Wall) -> Until {
    if period.is_zero() { Until::Forever } else { Until::At(now + period) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn user(name: &str) -> Uid {
        Uid::string(name).unwrap()
    }

    fn at(seconds: u64) -> Now {
        Now { mono: Mono::ZERO + Duration::from_secs(seconds), wall: Wall::from_secs(1_000_000 + seconds) }
    }

    fn muted(until: Until) -> StoredLiveRoll {
        let mut roll = StoredLiveRoll::default();
        change_member(&mut roll, &user("a"), |member| member.muted = Some(until));
        roll
    }

    #[test]
    fn a_mute_ends_after_its_seconds_whatever_the_wall_clock_does() {
        let mut roll = Roll::new(muted(until(Duration::from_secs(10), at(0).wall)), at(0));
        assert_eq!(roll.next_expiry(), Some(at(10).mono));
        assert!(roll.expire(at(9).mono).is_empty() && roll.is_muted(&user("a")));
        assert_eq!(roll.expire(at(10).mono), [user("a")]);
        assert!(!roll.is_muted(&user("a")));
        let stepped_back = Now { mono: at(11).mono, wall: Wall::from_secs(5) };
        let stored = roll.stored().clone();
        roll.replace(stored, stepped_back);
        assert!(!roll.is_muted(&user("a")), "a step of the clock does not mute again");
    }

    #[test]
    fn another_change_of_the_roll_does_not_move_the_end_of_a_mute() {
        let mut roll = Roll::new(muted(until(Duration::from_secs(10), at(0).wall)), at(0));
        let mut next = roll.stored().clone();
        change_member(&mut next, &user("b"), |member| member.exempt = true);
        let stepped_back = Now { mono: at(5).mono, wall: Wall::from_secs(5) };
        roll.replace(next, stepped_back);
        assert_eq!(roll.next_expiry(), Some(at(10).mono));
    }

    #[test]
    fn a_mute_for_ever_has_no_end_and_can_be_lifted() {
        let mut roll = Roll::new(muted(Until::Forever), at(0));
        assert_eq!((roll.next_expiry(), roll.is_muted(&user("a"))), (None, true));
        roll.replace(StoredLiveRoll::default(), at(1));
        assert!(!roll.is_muted(&user("a")));
    }

    #[test]
    fn a_user_of_whom_nothing_is_known_has_no_entry() {
        let mut roll = muted(Until::Forever);
        change_member(&mut roll, &user("a"), |member| member.muted = None);
        assert!(roll.members.is_empty());
    }
}
