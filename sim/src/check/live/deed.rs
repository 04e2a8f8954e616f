//! What a measure comes to, by the words of the documentation.

use std::collections::BTreeSet;
use std::time::Duration;

use bim_proto::stored::{StoredLiveGroup, StoredLiveMember};
use bim_types::{ErrorCode, GroupChange, Measure, Now, Role, Uid, Until};

use super::people::Person;
use super::rights::{Act, Policy, may};
use super::room::{Roll, Room};

/// What a measure comes to.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) group: StoredLiveGroup,
    pub(super) roll: Roll,
    /// For whom it is not done, in the order of the call.
    pub(super) failed: Vec<(Uid, ErrorCode)>,
    /// What everyone in the group is told, in order.
    pub(super) told: Vec<GroupChange>,
    /// Who is out afterwards.
    pub(super) removed: BTreeSet<Uid>,
    /// Whose own record changes.
    pub(super) concerned: BTreeSet<Uid>,
    /// Whether it does anything.
    pub(super) is_any: bool,
    /// Whether it does anything that stays, and not only throws somebody out.
    pub(super) is_kept: bool,
}

/// What a measure comes to now, or the code it is refused with. A period that begins again within the same millisecond
/// may end one later, so that it is told apart: `is_later` says that it does.
pub(super) fn deed(
    room: &Room,
    person: &Person,
    measure: &Measure,
    policy: Policy,
    now: Now,
    is_later: bool,
) -> Result<Deed, ErrorCode> {
    may(room, person, act_of(measure), policy, now.mono)?;
    let draft = Draft { room, person, policy, now, is_later, deed: blank(room, now) };
    let mut deed = draft.carry_out(measure)?;
    deed.roll.retain(|_, member| *member != StoredLiveMember::default());
    deed.is_kept = deed.group != room.group || deed.roll != room.roll_at(now.mono);
    deed.is_any = deed.is_kept || !deed.told.is_empty();
    deed.group.version += u64::from(deed.is_any);
    Ok(deed)
}

fn blank(room: &Room, now: Now) -> Deed {
    Deed {
        group: room.group.clone(),
        roll: room.roll_at(now.mono),
        failed: Vec::new(),
        told: Vec::new(),
        removed: BTreeSet::new(),
        concerned: BTreeSet::new(),
        is_any: false,
        is_kept: false,
    }
}

/// Which row of the table a measure stands in before it is looked at whom it is done to.
fn act_of(measure: &Measure) -> Act {
    match measure {
        Measure::MuteAll(_) | Measure::SlowMode(_) | Measure::Exempt(_) | Measure::Unexempt(_) => Act::Hush,
        Measure::DissolveAfterIdle(_) => Act::Dissolve,
        Measure::AddAdmins(_) | Measure::RemoveAdmins(_) | Measure::TransferOwner(_) => Act::Roles,
        Measure::Mute(..) | Measure::Block(..) | Measure::Kick(_) => Act::HushMember,
        Measure::Unmute(_) | Measure::Unblock(_) => Act::LiftMember,
        Measure::AddMarkTypes(_) | Measure::RemoveMarkTypes(_) => Act::Marks,
        Measure::Mark(..) | Measure::Unmark(..) => Act::Marks,
    }
}

struct Draft<'a> {
    room: &'a Room,
    person: &'a Person,
    policy: Policy,
    now: Now,
    is_later: bool,
    deed: Deed,
}

impl Draft<'_> {
    fn carry_out(mut self, measure: &Measure) -> Result<Deed, ErrorCode> {
        match measure {
            Measure::MuteAll(mode) => {
                if self.deed.group.mute_all != *mode {
                    self.deed.group.mute_all = *mode;
                    self.deed.told.push(GroupChange::MuteAll(*mode));
                }
            }
            Measure::SlowMode(wait) => self.deed.group.slow_mode = *wait,
            Measure::DissolveAfterIdle(idle) => self.deed.group.dissolve_after_idle = *idle,
            Measure::AddAdmins(uids) => self.add_admins(uids),
            Measure::RemoveAdmins(uids) => {
                let done = self.each(uids, |draft, uid| Ok(draft.demote(uid)));
                self.tell(done, GroupChange::AdminsRemoved);
            }
            Measure::TransferOwner(to) => self.transfer(to)?,
            Measure::Mute(uids, period) => self.mute(uids, *period),
            Measure::Unmute(uids) => {
                let done = self.each(uids, |draft, uid| {
                    draft.may_lift(uid)?;
                    Ok(draft.member(uid).muted.take().is_some())
                });
                self.tell(done, GroupChange::Unmuted);
            }
            Measure::Exempt(uids) => self.exempt(uids, true),
            Measure::Unexempt(uids) => self.exempt(uids, false),
            Measure::Block(uids, period) => self.block(uids, *period),
            Measure::Unblock(uids) => {
                self.each(uids, |draft, uid| {
                    draft.may_lift(uid)?;
                    Ok(draft.member(uid).blocked.take().is_some())
                });
            }
            Measure::Kick(uids) => {
                let done = self.each(uids, |draft, uid| {
                    draft.may_hush(uid)?;
                    if draft.room.is_user_in(uid) { Ok(true) } else { Err(ErrorCode::UserNotInGroup) }
                });
                self.deed.removed.extend(done.iter().cloned());
                if !done.is_empty() {
                    self.deed.told.push(GroupChange::Kicked { uids: done, blocked: false });
                }
            }
            Measure::AddMarkTypes(marks) => self.add_mark_types(marks),
            Measure::RemoveMarkTypes(marks) => self.remove_mark_types(marks),
            Measure::Mark(mark, uids) => {
                if !self.deed.group.mark_types.contains(mark) {
                    return Err(ErrorCode::InvalidRequest);
                }
                let done = self.each(uids, |draft, uid| {
                    let marks = &mut draft.member(uid).marks;
                    let is_new = !marks.contains(mark);
                    if is_new {
                        marks.push(mark.clone());
                    }
                    Ok(is_new)
                });
                self.tell(done, |uids| GroupChange::Marked(mark.clone(), uids));
            }
            Measure::Unmark(mark, uids) => {
                let done = self.each(uids, |draft, uid| Ok(draft.unmark(uid, mark)));
                self.tell(done, |uids| GroupChange::Unmarked(mark.clone(), uids));
            }
        }
        Ok(self.deed)
    }

    fn member(&mut self, uid: &Uid) -> &mut StoredLiveMember {
        self.deed.roll.entry(uid.clone()).or_default()
    }

    /// Does it for each once. Says for whom it changed anything.
    fn each(
        &mut self,
        uids: &[Uid],
        mut deed: impl FnMut(&mut Self, &Uid) -> Result<bool, ErrorCode>,
    ) -> Vec<Uid> {
        let (mut seen, mut done) = (BTreeSet::new(), Vec::new());
        for uid in uids.iter().filter(|uid| seen.insert((*uid).clone())) {
            match deed(self, uid) {
                Ok(true) => done.push(uid.clone()),
                Ok(false) => {}
                Err(code) => self.deed.failed.push((uid.clone(), code)),
            }
        }
        done
    }

    fn tell(&mut self, done: Vec<Uid>, change: impl FnOnce(Vec<Uid>) -> GroupChange) {
        if !done.is_empty() {
            self.deed.concerned.extend(done.iter().cloned());
            self.deed.told.push(change(done));
        }
    }

    fn may_hush(&self, uid: &Uid) -> Result<(), ErrorCode> {
        let act = match self.room.role(uid) {
            Role::Owner => Act::HushOwner,
            _ if *uid == self.person.uid => Act::HushOwner,
            Role::Admin => Act::HushAdmin,
            _ => Act::HushMember,
        };
        may(self.room, self.person, act, self.policy, self.now.mono)
    }

    fn may_lift(&self, uid: &Uid) -> Result<(), ErrorCode> {
        let act = if self.room.role(uid) == Role::Normal { Act::LiftMember } else { Act::LiftAdmin };
        may(self.room, self.person, act, self.policy, self.now.mono)
    }

    fn until(&self, period: Duration) -> Until {
        if period.is_zero() { Until::Forever } else { Until::At(self.now.wall + period) }
    }

    fn apart(&self, until: Until, before: Option<Until>) -> Until {
        match until {
            Until::At(at) if self.is_later && before == Some(until) => {
                Until::At(at + Duration::from_millis(1))
            }
            until => until,
        }
    }

    fn mute(&mut self, uids: &[Uid], period: Duration) {
        let until = self.until(period);
        let done = self.each(uids, |draft, uid| {
            draft.may_hush(uid)?;
            let until = draft.apart(until, draft.deed.roll.get(uid).and_then(|member| member.muted));
            let before = draft.member(uid).muted.replace(until);
            Ok(before != Some(until))
        });
        self.tell(done, |uids| GroupChange::Muted(uids, until));
    }

    fn block(&mut self, uids: &[Uid], period: Duration) {
        let until = self.until(period);
        let mut demoted = Vec::new();
        let done = self.each(uids, |draft, uid| {
            draft.may_hush(uid)?;
            let until = draft.apart(until, draft.deed.roll.get(uid).and_then(|member| member.blocked));
            draft.member(uid).blocked = Some(until);
            if draft.demote(uid) {
                demoted.push(uid.clone());
            }
            Ok(true)
        });
        self.tell(demoted, GroupChange::AdminsRemoved);
        let inside: Vec<_> = done.iter().filter(|uid| self.room.is_user_in(uid)).cloned().collect();
        if !inside.is_empty() {
            self.deed.told.push(GroupChange::Kicked { uids: inside, blocked: true });
        }
        self.deed.removed.extend(done);
    }

    fn exempt(&mut self, uids: &[Uid], exempt: bool) {
        let done = self.each(uids, |draft, uid| {
            let before = std::mem::replace(&mut draft.member(uid).exempt, exempt);
            Ok(before != exempt)
        });
        self.deed.concerned.extend(done);
    }

    fn add_admins(&mut self, uids: &[Uid]) {
        let done = self.each(uids, |draft, uid| match () {
            () if draft.deed.group.admins.contains(uid) => Ok(false),
            () if draft.deed.group.owner == *uid => Err(ErrorCode::UserForbidden),
            () if draft.room.is_blocked(uid, draft.now.mono) => Err(ErrorCode::MemberBlock),
            () if !draft.room.is_user_in(uid) => Err(ErrorCode::UserNotInGroup),
            () => {
                draft.deed.group.admins.push(uid.clone());
                draft.keep_info(uid);
                Ok(true)
            }
        });
        self.tell(done, GroupChange::AdminsAdded);
    }

    fn demote(&mut self, uid: &Uid) -> bool {
        let before = self.deed.group.admins.len();
        self.deed.group.admins.retain(|admin| admin != uid);
        let is_demoted = self.deed.group.admins.len() < before;
        if is_demoted {
            self.member(uid).info = None;
        }
        is_demoted
    }

    fn keep_info(&mut self, uid: &Uid) {
        let info = self.room.info(uid);
        if self.room.is_user_in(uid) && info != Default::default() {
            self.member(uid).info = Some(info);
        }
    }

    fn transfer(&mut self, to: &Uid) -> Result<(), ErrorCode> {
        let from = self.deed.group.owner.clone();
        if *to == from {
            return Ok(());
        }
        if self.room.is_blocked(to, self.now.mono) {
            return Err(ErrorCode::SetOwnerParticipantIsBlock);
        }
        if !self.room.is_user_in(to) {
            return Err(ErrorCode::UserNotInGroup);
        }
        self.demote(to);
        self.deed.group.owner = to.clone();
        self.member(&from).info = None;
        self.member(to).muted = None;
        self.keep_info(to);
        self.deed.concerned.extend([from.clone(), to.clone()]);
        self.deed.told.push(GroupChange::OwnerChanged { from, to: to.clone() });
        Ok(())
    }

    fn add_mark_types(&mut self, marks: &[String]) {
        let known = &self.deed.group.mark_types;
        let new: BTreeSet<String> = marks.iter().filter(|mark| !known.contains(mark)).cloned().collect();
        if !new.is_empty() {
            self.deed.group.mark_types.extend(new.iter().cloned());
            self.deed.told.push(GroupChange::MarkTypesAdded(new.into_iter().collect()));
        }
    }

    fn remove_mark_types(&mut self, marks: &[String]) {
        let known = std::mem::take(&mut self.deed.group.mark_types);
        let (gone, kept): (Vec<_>, Vec<_>) = known.into_iter().partition(|mark| marks.contains(mark));
        self.deed.group.mark_types = kept;
        let uids: Vec<Uid> = self.deed.roll.keys().cloned().collect();
        for uid in uids {
            let mut is_any = false;
            for mark in &gone {
                is_any |= self.unmark(&uid, mark);
            }
            if is_any {
                self.deed.concerned.insert(uid);
            }
        }
        if !gone.is_empty() {
            self.deed.told.push(GroupChange::MarkTypesRemoved(gone));
        }
    }

    fn unmark(&mut self, uid: &Uid, mark: &str) -> bool {
        let marks = &mut self.member(uid).marks;
        let before = marks.len();
        marks.retain(|given| given != mark);
        marks.len() < before
    }
}
