//! What owner and admins do, computed from the present state and not yet done.
//!
//! [`Room::plan`] says what the group would be after a [`Measure`]; the caller makes that durable and then
//! brings it about with [`Room::replace`] and [`Room::replace_roll`]. One measure at a time: the next is planned
//! when that has happened, or will not. What can not be done for one user is reported for that user.

use std::collections::BTreeSet;
use std::time::Duration;

use bim_proto::stored::{StoredLiveGroup, StoredLiveMember, StoredLiveRoll};
use bim_types::limits::{MARK_TYPES_MAX, SANCTIONS_MAX};
use bim_types::{
    ErrorCode, GroupChange, Measure, MemberFailure, Mono, MuteAll, Now, Refusal, Role, Uid, Until,
};

use super::roll::{change_member, until};
use super::{Actor, Room};
use crate::authority::{Operation, forbidden};

/// What a measure comes to.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// The group after it, when the measure does anything: its version, at least.
    pub group: Option<StoredLiveGroup>,
    /// Whether it changes more than the version. What does not, a kick, can be carried out without a disk.
    pub is_kept: bool,
    /// The roll after it, when it changes.
    pub roll: Option<StoredLiveRoll>,
    /// Who owns or administers the group from then on (`true`), or does no more.
    pub residents: Vec<(Uid, bool)>,
    /// What everyone in the group is told, in order.
    pub changes: Vec<GroupChange>,
    /// Who is taken out, if in. Whoever is blocked is among them, in case they come in meanwhile.
    pub removed: Vec<Uid>,
    /// Whose own record changes.
    pub concerned: Vec<Uid>,
    /// For whom it was not done.
    pub failed: Vec<MemberFailure>,
    /// Whose messages and joins must wait until it is known whether this is durable.
    pub restrains: Restraint,
}

/// Whose messages and joins must wait while a measure is being written, so that nothing is accepted from them
/// after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Restraint {
    /// Nobody's.
    #[default]
    Nobody,
    /// These users'.
    Users(BTreeSet<Uid>),
    /// Everyone's.
    Everyone,
}

impl Restraint {
    /// Whether it holds for a user.
    #[must_use]
    pub fn holds_for(&self, uid: &Uid) -> bool {
        match self {
            Self::Nobody => false,
            Self::Users(uids) => uids.contains(uid),
            Self::Everyone => true,
        }
    }
}

impl Room {
    /// What a measure of this user comes to now. Users named twice count once. Periods begin now, however long
    /// it takes to make the measure durable.
    ///
    /// # Errors
    ///
    /// What [`Measure::check`] says; [`ErrorCode::UserForbidden`] or, for who is not in,
    /// [`ErrorCode::UserNotInGroup`]; for a transfer, why it can not be; [`ErrorCode::InvalidRequest`] for a mark
    /// that the group does not have.
    pub fn plan(&mut self, now: Now, actor: &Actor, measure: Measure) -> Result<Plan, Refusal> {
        self.permit(operation(&measure), actor)?;
        measure.check()?;
        self.roll.plan_begins(now);
        let mut draft = Draft::new(self, now, actor);
        match measure {
            Measure::MuteAll(mode) => draft.mute_all(mode),
            Measure::SlowMode(wait) => draft.group.slow_mode = wait,
            Measure::DissolveAfterIdle(idle) => draft.group.dissolve_after_idle = idle,
            Measure::AddAdmins(uids) => draft.add_admins(uids),
            Measure::RemoveAdmins(uids) => draft.remove_admins(uids),
            Measure::TransferOwner(uid) => draft.transfer(uid)?,
            Measure::Mute(uids, period) => draft.mute(uids, period),
            Measure::Unmute(uids) => {
                let done = draft.each(uids, |draft, uid| {
                    draft.may_lift(uid)?;
                    draft.set(uid, MUTED, None)
                });
                draft.tell(done, GroupChange::Unmuted);
            }
            Measure::Exempt(uids) => {
                let done = draft.each(uids, |draft, uid| draft.set(uid, EXEMPT, true));
                draft.concerned.extend(done);
            }
            Measure::Unexempt(uids) => {
                let done = draft.each(uids, |draft, uid| draft.set(uid, EXEMPT, false));
                draft.restrain(&done);
                draft.concerned.extend(done);
            }
            Measure::Block(uids, period) => draft.block(uids, period),
            Measure::Unblock(uids) => {
                draft.each(uids, |draft, uid| {
                    draft.may_lift(uid)?;
                    draft.set(uid, BLOCKED, None)
                });
            }
            Measure::Kick(uids) => draft.kick(uids),
            Measure::AddMarkTypes(marks) => draft.add_mark_types(marks)?,
            Measure::RemoveMarkTypes(marks) => draft.remove_mark_types(marks),
            Measure::Mark(mark, uids) => draft.mark(mark, uids)?,
            Measure::Unmark(mark, uids) => {
                let done = draft.each(uids, |draft, uid| Ok(draft.unmark(uid, &mark)));
                draft.tell(done, |uids| GroupChange::Unmarked(mark, uids));
            }
        }
        Ok(draft.finish())
    }
}

/// Which row of the table a measure stands in. Sanctions are looked up again for each target.
fn operation(measure: &Measure) -> Operation {
    match measure {
        Measure::MuteAll(_) | Measure::SlowMode(_) | Measure::Exempt(_) | Measure::Unexempt(_) => {
            Operation::MuteAll
        }
        Measure::DissolveAfterIdle(_) => Operation::Dissolve,
        Measure::AddAdmins(_) | Measure::RemoveAdmins(_) | Measure::TransferOwner(_) => {
            Operation::ManageRoles
        }
        Measure::Mute(..) | Measure::Block(..) | Measure::Kick(_) => Operation::SanctionMember,
        Measure::Unmute(_) | Measure::Unblock(_) => Operation::LiftFromMember,
        Measure::AddMarkTypes(_) | Measure::RemoveMarkTypes(_) | Measure::Mark(..) | Measure::Unmark(..) => {
            Operation::Mark
        }
    }
}

/// A plan in the making.
struct Draft<'a> {
    room: &'a Room,
    now: Now,
    actor: &'a Actor,
    group: StoredLiveGroup,
    roll: StoredLiveRoll,
    residents: Vec<(Uid, bool)>,
    changes: Vec<GroupChange>,
    removed: Vec<Uid>,
    concerned: Vec<Uid>,
    failed: Vec<MemberFailure>,
    restrains: Restraint,
}

impl<'a> Draft<'a> {
    fn new(room: &'a Room, now: Now, actor: &'a Actor) -> Self {
        Self {
            room,
            now,
            actor,
            group: room.group.clone(),
            roll: room.roll.stored().clone(),
            residents: Vec::new(),
            changes: Vec::new(),
            removed: Vec::new(),
            concerned: Vec::new(),
            failed: Vec::new(),
            restrains: Restraint::Nobody,
        }
    }

    fn finish(mut self) -> Plan {
        let roll = (self.roll != *self.room.roll.stored()).then_some(self.roll);
        let is_kept = roll.is_some() || self.group != self.room.group;
        self.group.version += 1;
        Plan {
            group: (is_kept || !self.changes.is_empty()).then_some(self.group),
            is_kept,
            roll,
            residents: self.residents,
            changes: self.changes,
            removed: self.removed,
            concerned: self.concerned,
            failed: self.failed,
            restrains: self.restrains,
        }
    }

    /// Does something for each user once. Returns for whom anything changed.
    fn each(
        &mut self,
        uids: Vec<Uid>,
        mut deed: impl FnMut(&mut Self, &Uid) -> Result<bool, Refusal>,
    ) -> Vec<Uid> {
        let mut seen = BTreeSet::new();
        let mut done = Vec::new();
        for uid in uids {
            if !seen.insert(uid.clone()) {
                continue;
            }
            match deed(self, &uid) {
                Ok(true) => done.push(uid),
                Ok(false) => {}
                Err(reason) => self.failed.push(MemberFailure { uid, reason }),
            }
        }
        done
    }

    /// Sets a field of a user's entry. Says whether it was another before.
    fn set<T: PartialEq + Default>(&mut self, uid: &Uid, field: Field<T>, value: T) -> Result<bool, Refusal> {
        let nothing = StoredLiveMember::default();
        let before = (field.of)(self.roll.members.get(uid).unwrap_or(&nothing));
        if *before == value {
            return Ok(false);
        }
        let is_listed = |member: &StoredLiveMember| *(field.of)(member) != T::default();
        if *before == T::default() {
            self.check_list(is_listed)?;
        }
        change_member(&mut self.roll, uid, |member| *(field.of_mut)(member) = value);
        Ok(true)
    }

    /// Whether there is room for one more user on a list.
    fn check_list(&self, is_listed: impl Fn(&StoredLiveMember) -> bool) -> Result<(), Refusal> {
        if self.roll.members.values().filter(|member| is_listed(member)).count() < SANCTIONS_MAX {
            return Ok(());
        }
        Err(Refusal::new(ErrorCode::TouchLimit).limit(SANCTIONS_MAX as u64).hint("users on one list"))
    }

    fn may_sanction(&self, uid: &Uid) -> Result<(), Refusal> {
        let target = if *uid == self.actor.uid { Role::Owner } else { self.room.role(uid) };
        self.room.permit(Operation::sanction(target), self.actor)
    }

    fn may_lift(&self, uid: &Uid) -> Result<(), Refusal> {
        self.room.permit(Operation::lift(self.room.role(uid)), self.actor)
    }

    fn restrain(&mut self, uids: &[Uid]) {
        if !uids.is_empty() {
            self.restrains = Restraint::Users(uids.iter().cloned().collect());
        }
    }

    fn tell(&mut self, uids: Vec<Uid>, change: impl FnOnce(Vec<Uid>) -> GroupChange) {
        if !uids.is_empty() {
            self.concerned.extend(uids.iter().cloned());
            self.changes.push(change(uids));
        }
    }

    fn mute(&mut self, uids: Vec<Uid>, period: Duration) {
        let done = self.each(uids, |draft, uid| {
            draft.may_sanction(uid)?;
            let end = draft.end(period, draft.roll.members.get(uid).and_then(|member| member.muted), || {
                draft.room.roll.mute_ends(uid)
            });
            draft.set(uid, MUTED, Some(end))
        });
        self.restrain(&done);
        let until = until(period, self.now.wall);
        self.tell(done, |uids| GroupChange::Muted(uids, until));
    }

    /// When a period ends that begins now. After a step of the clock that may be what is written already of
    /// another period: a millisecond tells them apart.
    fn end(&self, period: Duration, present: Option<Until>, ends: impl FnOnce() -> Option<Mono>) -> Until {
        match until(period, self.now.wall) {
            end @ Until::At(at) if present == Some(end) && ends() != Some(self.now.mono + period) => {
                Until::At(at + Duration::from_millis(1))
            }
            end => end,
        }
    }

    fn mute_all(&mut self, mode: MuteAll) {
        if self.group.mute_all != mode {
            self.group.mute_all = mode;
            self.changes.push(GroupChange::MuteAll(mode));
            if mode != MuteAll::Off {
                self.restrains = Restraint::Everyone;
            }
        }
    }

    fn add_admins(&mut self, uids: Vec<Uid>) {
        let done = self.each(uids, |draft, uid| {
            if draft.group.admins.contains(uid) {
                return Ok(false);
            }
            if *uid == draft.group.owner {
                return Err(forbidden(Operation::SanctionOwner));
            }
            if draft.room.roll.is_blocked(uid) {
                return Err(ErrorCode::MemberBlock.into());
            }
            if !draft.room.roster.is_in(uid) {
                return Err(not_in());
            }
            let most = draft.room.policy.admins;
            if draft.group.admins.len() >= most {
                let refusal = Refusal::new(ErrorCode::MassManagerMoreThanLimit).limit(most as u64);
                return Err(refusal.hint("admins of one live group"));
            }
            draft.group.admins.push(uid.clone());
            draft.keep_info(uid);
            draft.residents.push((uid.clone(), true));
            Ok(true)
        });
        self.tell(done, GroupChange::AdminsAdded);
    }

    fn remove_admins(&mut self, uids: Vec<Uid>) {
        let done = self.each(uids, |draft, uid| Ok(draft.demote(uid)));
        self.restrain(&done);
        self.tell(done, GroupChange::AdminsRemoved);
    }

    fn demote(&mut self, uid: &Uid) -> bool {
        let before = self.group.admins.len();
        self.group.admins.retain(|admin| admin != uid);
        if self.group.admins.len() == before {
            return false;
        }
        change_member(&mut self.roll, uid, |member| member.info = None);
        self.residents.push((uid.clone(), false));
        true
    }

    fn transfer(&mut self, to: Uid) -> Result<(), Refusal> {
        if to == self.group.owner {
            return Ok(());
        }
        if self.room.roll.is_blocked(&to) {
            return Err(ErrorCode::SetOwnerParticipantIsBlock.into());
        }
        if !self.room.roster.is_in(&to) {
            return Err(not_in());
        }
        self.demote(&to);
        self.residents.clear();
        let from = std::mem::replace(&mut self.group.owner, to.clone());
        change_member(&mut self.roll, &from, |member| member.info = None);
        change_member(&mut self.roll, &to, |member| member.muted = None);
        self.keep_info(&to);
        self.residents.extend([(from.clone(), false), (to.clone(), true)]);
        self.restrain(std::slice::from_ref(&from));
        self.concerned.extend([from.clone(), to.clone()]);
        self.changes.push(GroupChange::OwnerChanged { from, to });
        Ok(())
    }

    /// What a resident says about itself is kept.
    fn keep_info(&mut self, uid: &Uid) {
        if let Some(info) = self.room.roster.info(uid).filter(|info| **info != Default::default()) {
            let info = info.clone();
            change_member(&mut self.roll, uid, |member| member.info = Some(info));
        }
    }

    fn block(&mut self, uids: Vec<Uid>, period: Duration) {
        let mut demoted = Vec::new();
        let done = self.each(uids, |draft, uid| {
            draft.may_sanction(uid)?;
            let end =
                draft.end(period, draft.roll.members.get(uid).and_then(|member| member.blocked), || {
                    draft.room.roll.block_ends(uid)
                });
            draft.set(uid, BLOCKED, Some(end))?;
            if draft.demote(uid) {
                demoted.push(uid.clone());
            }
            Ok(true)
        });
        self.restrain(&done);
        self.tell(demoted, GroupChange::AdminsRemoved);
        let inside: Vec<Uid> = done.iter().filter(|uid| self.room.roster.is_in(uid)).cloned().collect();
        if !inside.is_empty() {
            self.changes.push(GroupChange::Kicked { uids: inside, blocked: true });
        }
        self.removed = done;
    }

    fn kick(&mut self, uids: Vec<Uid>) {
        let done = self.each(uids, |draft, uid| {
            draft.may_sanction(uid)?;
            if draft.room.roster.is_in(uid) { Ok(true) } else { Err(not_in()) }
        });
        self.restrain(&done);
        self.removed.clone_from(&done);
        if !done.is_empty() {
            self.changes.push(GroupChange::Kicked { uids: done, blocked: false });
        }
    }

    fn add_mark_types(&mut self, marks: Vec<String>) -> Result<(), Refusal> {
        let known: BTreeSet<String> = self.group.mark_types.iter().cloned().collect();
        let new: BTreeSet<String> = marks.into_iter().filter(|mark| !known.contains(mark)).collect();
        if known.len() + new.len() > MARK_TYPES_MAX {
            let refusal = Refusal::new(ErrorCode::ConversationMarkTypeMoreThanLimit);
            return Err(refusal.limit(MARK_TYPES_MAX as u64).hint("mark types of one live group"));
        }
        if !new.is_empty() {
            let new: Vec<String> = new.into_iter().collect();
            self.group.mark_types.extend(new.iter().cloned());
            self.changes.push(GroupChange::MarkTypesAdded(new));
        }
        Ok(())
    }

    fn remove_mark_types(&mut self, marks: Vec<String>) {
        let wanted: BTreeSet<String> = marks.into_iter().collect();
        let (gone, kept) = std::mem::take(&mut self.group.mark_types)
            .into_iter()
            .partition::<Vec<_>, _>(|mark| wanted.contains(mark));
        self.group.mark_types = kept;
        let uids: Vec<Uid> = self.roll.members.keys().cloned().collect();
        for uid in uids {
            if gone.iter().filter(|mark| self.unmark(&uid, mark)).count() > 0 {
                self.concerned.push(uid);
            }
        }
        if !gone.is_empty() {
            self.changes.push(GroupChange::MarkTypesRemoved(gone));
        }
    }

    fn mark(&mut self, mark: String, uids: Vec<Uid>) -> Result<(), Refusal> {
        if !self.group.mark_types.contains(&mark) {
            return Err(Refusal::new(ErrorCode::InvalidRequest).hint("the group has no such mark type"));
        }
        let done = self.each(uids, |draft, uid| {
            let known = draft.roll.members.get(uid);
            if known.is_some_and(|member| member.marks.contains(&mark)) {
                return Ok(false);
            }
            if known.is_none_or(|member| member.marks.is_empty()) {
                draft.check_list(|member| !member.marks.is_empty())?;
            }
            change_member(&mut draft.roll, uid, |member| member.marks.push(mark.clone()));
            Ok(true)
        });
        self.tell(done, |uids| GroupChange::Marked(mark, uids));
        Ok(())
    }

    fn unmark(&mut self, uid: &Uid, mark: &str) -> bool {
        let has = |member: &StoredLiveMember| member.marks.iter().any(|given| given == mark);
        if !self.roll.members.get(uid).is_some_and(has) {
            return false;
        }
        change_member(&mut self.roll, uid, |member| member.marks.retain(|given| given != mark));
        true
    }
}

/// One field of what is known about a user; its default is that there is nothing.
#[derive(Clone, Copy)]
struct Field<T> {
    of: fn(&StoredLiveMember) -> &T,
    of_mut: fn(&mut StoredLiveMember) -> &mut T,
}

const MUTED: Field<Option<Until>> = Field { of: |member| &member.muted, of_mut: |member| &mut member.muted };

const BLOCKED: Field<Option<Until>> =
    Field { of: |member| &member.blocked, of_mut: |member| &mut member.blocked };

const EXEMPT: Field<bool> = Field { of: |member| &member.exempt, of_mut: |member| &mut member.exempt };

fn not_in() -> Refusal {
    Refusal::new(ErrorCode::UserNotInGroup).hint("the user is not in the group")
}
