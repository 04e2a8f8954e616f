//! Who asked for a change of a group: exactly this one, and may.

use std::collections::BTreeSet;

use bim_proto::RequestBody;
use bim_proto::stored::{StoredLiveGroup, StoredLiveRoll};
use bim_types::store::{LogOp, Put, RecordKey};
use bim_types::{GroupKey, Role, Uid};

use super::deed::deed;
use super::hall::Hall;
use super::people::{Open, Person};
use super::rights::{Act, may};
use super::room::Room;
use super::writes::{By, Changed, What, clean, unreadable};
use super::{Verdict, Wrong, wrong};

impl Hall {
    pub(super) fn who_creates(&self, put: &Put) -> Result<(What, By), Wrong> {
        let group = put.value.clone().map(StoredLiveGroup::decode).and_then(Result::ok);
        let group = group.ok_or_else(|| unreadable("group"))?;
        let fresh = StoredLiveGroup {
            info: group.info.clone(),
            owner: group.owner.clone(),
            created_at: group.created_at,
            version: 1,
            admins: Vec::new(),
            mute_all: Default::default(),
            slow_mode: Default::default(),
            dissolve_after_idle: self.config.dissolve_after_idle,
            mark_types: Vec::new(),
        };
        let sessions = self.people.sessions.values().filter(|session| session.person.uid == group.owner);
        let mut open = sessions.flat_map(|session| session.open.iter().map(|open| (&session.person, open)));
        let asked = open.find(|(_, open)| match &open.body {
            RequestBody::CreateLiveGroup(info) => open.write.is_none() && *info == group.info,
            _ => false,
        });
        match asked {
            Some((person, open)) if fresh == group => {
                Ok((What::Create(Box::new(group)), Some((person.clone(), open.id))))
            }
            _ => Err(Wrong("authority", format!("nobody asked for the new group {group:?}"))),
        }
    }

    pub(super) fn who_dissolves(&self, key: GroupKey) -> Result<By, Wrong> {
        let room = self.room_of(key)?;
        let mut open = self.people.open_in(key);
        let asked = open.find(|(person, open)| {
            matches!(open.body, RequestBody::DissolveLiveGroup(_))
                && may(room, person, Act::Dissolve, self.policy, self.now.mono).is_ok()
        });
        let is_idle = !room.group.dissolve_after_idle.is_zero() && room.inside.is_empty();
        match asked {
            Some((person, open)) => Ok(Some((person.clone(), open.id))),
            None if is_idle => Ok(None),
            None => Err(Wrong("authority", format!("{key:?} is dissolved and nobody asked for it who may"))),
        }
    }

    pub(super) fn who_changes(
        &self,
        key: GroupKey,
        group: Option<&Put>,
        roll: Option<&Put>,
        ops: &[LogOp],
    ) -> Result<(What, By), Wrong> {
        let room = self.room_of(key)?;
        let group = group.and_then(|put| put.value.clone()).map(StoredLiveGroup::decode).transpose();
        let roll = roll.and_then(|put| put.value.clone()).map(StoredLiveRoll::decode).transpose();
        let (Ok(group), Ok(roll)) = (group, roll) else { return Err(unreadable("group")) };
        let (before, roll) = (room.roll_at(self.now.mono), roll.map(|roll| clean(roll.members)));
        self.check_index(room, group.as_ref(), ops)?;
        let mut changed = Changed { group, before, roll, deed: None, info_of: None };
        for (person, open) in self.people.open_in(key) {
            if self.is_asked(room, person, open, &mut changed) {
                return Ok((What::Change(Box::new(changed)), Some((person.clone(), open.id))));
            }
        }
        if self.is_by_itself(room, &mut changed) {
            return Ok((What::Change(Box::new(changed)), None));
        }
        let Changed { group, before, roll, .. } = changed;
        let is_same = |new: &&StoredLiveGroup| **new != room.group;
        let group =
            group.as_ref().filter(is_same).map(|new| format!("{new:?} instead of {:?}; ", room.group));
        let roll = roll.map(|new| format!("{new:?} instead of {before:?}")).unwrap_or_default();
        let what = format!("{key:?} is changed and nobody asked for exactly that who may: ");
        Err(Wrong("authority", what + &group.unwrap_or_default() + &roll))
    }

    /// Whether a request comes to exactly this change.
    fn is_asked(&self, room: &Room, person: &Person, open: &Open, changed: &mut Changed) -> bool {
        match &open.body {
            RequestBody::SetLiveGroupInfo(_, change) => {
                let mut group = room.group.clone();
                group.info = change.clone().apply(group.info);
                group.version += 1;
                self.may_set_info(room, person, change).is_ok()
                    && changed.group.as_ref() == Some(&group)
                    && changed.roll.is_none()
            }
            RequestBody::ChangeLiveGroup(_, measure) => [false, true].into_iter().any(|is_later| {
                let Ok(deed) = deed(room, person, measure, self.policy, self.now, is_later) else {
                    return false;
                };
                let roll = (deed.roll != changed.before).then_some(&deed.roll);
                let is_it = deed.is_any
                    && changed.group.as_ref() == Some(&deed.group)
                    && changed.roll.as_ref() == roll;
                if is_it {
                    changed.deed = Some(deed);
                }
                is_it
            }),
            RequestBody::SetLiveMemberInfo(set) => {
                let uid = set.uid.as_ref().unwrap_or(&person.uid);
                let is_own = *uid == person.uid && !person.is_server;
                let act = if is_own { Act::OwnInfo } else { Act::InfoOfOthers };
                let said = room.info(uid);
                let info = set.change.clone().apply(said.clone());
                let mut roll = changed.before.clone();
                roll.entry(uid.clone()).or_default().info = Some(info.clone());
                let is_it = room.role(uid) != Role::Normal
                    && may(room, person, act, self.policy, self.now.mono).is_ok()
                    && changed.group.is_none()
                    && changed.roll == Some(clean(roll));
                // When it is as it was, it may be written for something else. What somebody said when it came in may
                // not have been written, so that what is written again takes it back.
                let is_news = changed.roll.as_ref() != Some(&changed.before) || info != said;
                changed.info_of = Some(uid.clone()).filter(|_| is_it && is_news);
                is_it
            }
            _ => false,
        }
    }

    /// What nobody asks for: what a resident said about itself when it came in is kept, and what has ended is not.
    fn is_by_itself(&self, room: &Room, changed: &mut Changed) -> bool {
        let (None, Some(roll)) = (&changed.group, &changed.roll) else { return false };
        if *roll == changed.before {
            changed.info_of = None;
            return true;
        }
        let mut presented = room.presented.iter().filter(|(uid, _)| room.role(uid) != Role::Normal);
        let kept = presented.find(|(uid, infos)| {
            infos.iter().any(|info| {
                let mut expected = changed.before.clone();
                expected.entry((*uid).clone()).or_default().info = Some(info.clone());
                clean(expected) == *roll
            })
        });
        changed.info_of = kept.map(|(uid, _)| uid.clone());
        changed.info_of.is_some()
    }

    /// The index of who owns and administers what follows the group.
    fn check_index(&self, room: &Room, new: Option<&StoredLiveGroup>, ops: &[LogOp]) -> Verdict {
        let new = new.unwrap_or(&room.group);
        let residents = |group: &StoredLiveGroup| -> BTreeSet<Uid> {
            group.admins.iter().chain([&group.owner]).cloned().collect()
        };
        let (before, after) = (residents(&room.group), residents(new));
        let mut changed: BTreeSet<&Uid> = before.symmetric_difference(&after).collect();
        for op in ops {
            let LogOp::Put(Put { key: RecordKey::LiveGroupOf(_, uid, _), value, .. }) = op else { continue };
            changed.remove(uid);
            if value.is_some() != after.contains(uid) {
                return wrong("state", format!("the index says otherwise than the group of {uid}"));
            }
        }
        if changed.is_empty() {
            Ok(())
        } else {
            wrong("state", format!("the index does not follow for {changed:?}"))
        }
    }
}
