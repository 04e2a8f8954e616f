//! The newest state of the group, and of this user in it, from whatever tells of it.
//!
//! A join tells everything. A state tells everything of the group, and of the user only when its own record
//! changed. Events and pulses tell what they tell; a state that says the same again changes nothing.

use std::time::Duration;

use bim_types::limits::MARK_TYPES_MAX;
use bim_types::{Conversation, GroupChange, GroupEvent, LivePulse, Member, Role, Uid};

use super::{Presence, Viewer};

impl Viewer {
    /// Takes a state of the group, which says this user's record only when that changed. `None` when nothing is
    /// new: it is older than the known one, or the same.
    pub fn on_state(&mut self, state: Conversation) -> Option<&Conversation> {
        let me = self.me.clone();
        let known = self.known()?;
        if state.version < known.version {
            return None;
        }
        let role = match &state.me {
            Some(record) => record.role,
            None if state.owner == me => Role::Owner,
            None if known.role == Role::Owner => Role::Normal,
            None => known.role,
        };
        let record = state.me.or_else(|| known.me.take().map(|record| Member { role, ..record }));
        let before = known.clone();
        *known = Conversation { role, joined: true, me: record, ..state };
        told_if(differs(&before, known), known)
    }

    /// Takes what was done to members. `None` when that changes nothing that this user sees of the group and of
    /// itself, or when a newer state is known.
    pub fn on_event(&mut self, event: &GroupEvent) -> Option<&Conversation> {
        let me = self.me.clone();
        let known = self.known()?;
        if event.version < known.version {
            return None;
        }
        known.version = event.version;
        let before = known.clone();
        apply(known, &me, &event.change);
        told_if(differs(&before, known), known)
    }

    /// Takes a pulse: the online count, and this user's record if it is named. `None` when nothing is new.
    pub fn on_pulse(&mut self, pulse: &LivePulse) -> Option<&Conversation> {
        let me = self.me.clone();
        let known = self.known()?;
        known.online_count_age = Duration::ZERO;
        let mut changed =
            std::mem::replace(&mut known.online_count, pulse.online_count) != pulse.online_count;
        let named = pulse.joined.named.iter().chain(&pulse.changed.named).rfind(|member| member.uid == me);
        if let Some(record) = named {
            changed |= set_record(known, record);
        }
        told_if(changed, known)
    }

    /// Takes this user's own record as an answer tells it. `None` when nothing is new, and for another's record.
    pub fn on_record(&mut self, record: &Member) -> Option<&Conversation> {
        let is_own = record.uid == self.me;
        let known = self.known().filter(|_| is_own)?;
        told_if(set_record(known, record), known)
    }

    /// Takes the state that a join was answered with.
    pub(super) fn enter(&mut self, state: Conversation) {
        let record = state.me.clone().or_else(|| self.conversation.take().and_then(|known| known.me));
        let record = record.map(|record| Member { role: state.role, ..record });
        self.conversation = Some(Conversation { joined: true, me: record, ..state });
    }

    fn known(&mut self) -> Option<&mut Conversation> {
        self.conversation.as_mut().filter(|_| matches!(self.presence, Presence::Joined(_)))
    }
}

fn told_if(changed: bool, known: &Conversation) -> Option<&Conversation> {
    changed.then_some(known)
}

/// Whether two states say something else. How long ago the online count was taken, and when this user was last
/// heard, is no news by itself.
fn differs(before: &Conversation, after: &Conversation) -> bool {
    let mut before = Conversation { online_count_age: after.online_count_age, ..before.clone() };
    if let (Some(before), Some(after)) = (&mut before.me, &after.me) {
        before.presence = after.presence;
    }
    before != *after
}

/// What an event says of the group and of this user.
fn apply(known: &mut Conversation, me: &Uid, change: &GroupChange) {
    let named = |uids: &[Uid]| uids.contains(me);
    match change {
        GroupChange::MuteAll(mute_all) => known.mute_all = *mute_all,
        GroupChange::Muted(uids, until) if named(uids) => {
            edit(known, |record| record.muted = Some(*until));
        }
        GroupChange::Unmuted(uids) if named(uids) => edit(known, |record| record.muted = None),
        GroupChange::AdminsAdded(uids) if named(uids) => set_role(known, Role::Admin),
        GroupChange::AdminsRemoved(uids) if named(uids) => set_role(known, Role::Normal),
        GroupChange::OwnerChanged { from, to } => {
            known.owner = to.clone();
            if to == me {
                set_role(known, Role::Owner);
            } else if from == me && known.role == Role::Owner {
                set_role(known, Role::Normal);
            }
        }
        GroupChange::MarkTypesAdded(marks) => {
            let room = MARK_TYPES_MAX.saturating_sub(known.mark_types.len());
            let new = marks.iter().filter(|mark| !known.mark_types.contains(mark)).take(room);
            let new: Vec<_> = new.cloned().collect();
            known.mark_types.extend(new);
            known.mark_types.sort();
        }
        GroupChange::MarkTypesRemoved(marks) => {
            known.mark_types.retain(|mark| !marks.contains(mark));
            edit(known, |record| record.marks.retain(|mark| !marks.contains(mark)));
        }
        GroupChange::Marked(mark, uids) if named(uids) => edit(known, |record| {
            if !record.marks.contains(mark) && record.marks.len() < MARK_TYPES_MAX {
                record.marks.push(mark.clone());
                record.marks.sort();
            }
        }),
        GroupChange::Unmarked(mark, uids) if named(uids) => {
            edit(known, |record| record.marks.retain(|given| given != mark));
        }
        // What was done to others, and what a newer version may tell.
        _ => {}
    }
}

/// Whether the record says something else than the known one.
fn set_record(known: &mut Conversation, record: &Member) -> bool {
    let before = known.clone();
    known.role = record.role;
    known.me = Some(record.clone());
    differs(&before, known)
}

fn edit(known: &mut Conversation, change: impl FnOnce(&mut Member)) {
    if let Some(record) = &mut known.me {
        change(record);
    }
}

fn set_role(known: &mut Conversation, role: Role) {
    known.role = role;
    edit(known, |record| record.role = role);
}
