//! The roster against a slow, obvious model: whole copies of the room, compared.

use std::collections::{BTreeMap, BTreeSet};

use bim_types::limits::PULSE_NAMES_MAX;
use bim_types::{ConnectionId, Member, MemberInfo, Uid, Wall};
use proptest::prelude::*;

use super::{Entry, PULSE_VIPS_MAX, PulseParts, Roster};

#[derive(Clone, Debug)]
enum Step {
    Enter {
        connection: u64,
        uid: i64,
        info: Option<u8>,
    },
    Leave {
        connection: u64,
    },
    SetInfo {
        uid: i64,
        info: u8,
    },
    RecordChanged {
        uid: i64,
    },
    /// A viewer reads the list and applies every pulse from now on.
    Read,
    Pulse,
}

fn step() -> impl Strategy<Value = Step> {
    let connection = 1..9_u64;
    let uid = 1..5_i64;
    prop_oneof![
        4 => (connection.clone(), uid.clone(), proptest::option::of(0..3_u8))
            .prop_map(|(connection, uid, info)| Step::Enter { connection, uid, info }),
        4 => connection.prop_map(|connection| Step::Leave { connection }),
        2 => (uid.clone(), 0..3_u8).prop_map(|(uid, info)| Step::SetInfo { uid, info }),
        1 => uid.prop_map(|uid| Step::RecordChanged { uid }),
        1 => Just(Step::Read),
        2 => Just(Step::Pulse),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pulses_tell_exactly_what_some_viewer_does_not_know(steps in prop::collection::vec(step(), 0..60)) {
        let mut world = World::default();
        for step in steps {
            world.take(step)?;
        }
        world.take(Step::Pulse)?;
    }

    #[test]
    fn who_is_not_named_is_counted(
        steps in prop::collection::vec((0..400_i64, any::<bool>(), 0..100_u8), 0..800),
        vip in 1..20_i64,
    ) {
        let mut roster = Roster::new();
        let mut now = BTreeSet::new();
        let mut told = BTreeSet::new();
        for (uid, comes, pulse) in steps {
            if comes {
                roster.enter(ConnectionId(uid as u64), number(uid), None, Wall::default());
                now.insert(uid);
            } else {
                roster.leave(ConnectionId(uid as u64));
                now.remove(&uid);
            }
            if pulse == 0 {
                check_sums(&mut roster, &told, &now, vip)?;
                told.clone_from(&now);
            }
        }
        check_sums(&mut roster, &told, &now, vip)?;
    }
}

fn check_sums(
    roster: &mut Roster,
    told: &BTreeSet<i64>,
    now: &BTreeSet<i64>,
    vip: i64,
) -> Result<(), TestCaseError> {
    let parts = roster.take_pulse(|uid| of(uid) % vip == 0, plain);
    let Some(parts) = parts else {
        prop_assert_eq!(told, now);
        return Ok(());
    };
    prop_assert_eq!(parts.online_count, now.len() as u64);
    let [joined, left, _] = named(&parts);
    for (named, more, all) in [
        (joined, parts.joined.more, now.difference(told).copied().collect::<BTreeSet<_>>()),
        (left, parts.left.more, told.difference(now).copied().collect()),
    ] {
        prop_assert!(named.is_subset(&all));
        prop_assert_eq!(named.len() as u64 + more, all.len() as u64);
        let vips = all.iter().filter(|uid| *uid % vip == 0).count();
        prop_assert_eq!(named.iter().filter(|uid| *uid % vip == 0).count(), vips.min(PULSE_VIPS_MAX));
        let others = (all.len() - vips).min(PULSE_NAMES_MAX);
        prop_assert_eq!(named.iter().filter(|uid| *uid % vip != 0).count(), others);
    }
    Ok(())
}

/// Everything, kept whole.
#[derive(Default)]
struct World {
    roster: Roster,
    devices: BTreeMap<u64, i64>,
    room: Room,
    /// As the last pulse left it, and as every list since then was.
    views: Vec<Room>,
    record_changed: BTreeSet<i64>,
    viewers: Vec<Room>,
    /// How many were in after each step since the last pulse.
    counts: Vec<u64>,
}

type Room = BTreeMap<i64, u8>;

impl World {
    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        if self.views.is_empty() {
            self.views.push(Room::new());
        }
        match step {
            Step::Enter { connection, uid, info } => self.enter(connection, uid, info)?,
            Step::Leave { connection } => self.leave(connection)?,
            Step::SetInfo { uid, info: said } => {
                let is_in = self.room.get_mut(&uid).map(|known| *known = said).is_some();
                prop_assert_eq!(self.roster.set_info(&number(uid), info(said)), is_in);
            }
            Step::RecordChanged { uid } => {
                self.record_changed.insert(uid);
                self.roster.record_changed(&number(uid));
            }
            Step::Read => {
                self.roster.list_read();
                let read = self.roster.after(None).map(|(uid, entry)| (of(uid), said(entry.info())));
                let read: Room = read.collect();
                prop_assert_eq!(&read, &self.room);
                self.views.push(read.clone());
                self.viewers.push(read);
            }
            Step::Pulse => self.pulse()?,
        }
        prop_assert_eq!(self.roster.users(), self.room.len() as u64);
        self.counts.push(self.room.len() as u64);
        Ok(())
    }

    fn enter(&mut self, connection: u64, uid: i64, said: Option<u8>) -> Result<(), TestCaseError> {
        if self.devices.get(&connection).is_some_and(|known| *known != uid) {
            self.leave_room(connection);
        }
        let first = !self.room.contains_key(&uid);
        self.devices.insert(connection, uid);
        let known = self.room.entry(uid).or_default();
        *known = said.unwrap_or(*known);
        let entered =
            self.roster.enter(ConnectionId(connection), number(uid), said.map(info), Wall::default());
        prop_assert_eq!(entered, first);
        Ok(())
    }

    fn leave(&mut self, connection: u64) -> Result<(), TestCaseError> {
        let left = self.roster.leave(ConnectionId(connection)).map(|left| (of(&left.uid), left.last));
        prop_assert_eq!(left, self.leave_room(connection));
        Ok(())
    }

    fn leave_room(&mut self, connection: u64) -> Option<(i64, bool)> {
        let uid = self.devices.remove(&connection)?;
        let last = !self.devices.values().any(|other| *other == uid);
        if last {
            self.room.remove(&uid);
            self.counts.push(self.room.len() as u64);
        }
        Some((uid, last))
    }

    fn pulse(&mut self) -> Result<(), TestCaseError> {
        let member = |uid: &Uid, entry: Option<&Entry>| {
            let info = entry.map(Entry::info).cloned().unwrap_or_default();
            Member { info, ..Member::unknown(uid.clone()) }
        };
        let parts = self.roster.take_pulse(|_| false, member);
        let expected = self.expected();
        let count = self.room.len() as u64;
        let wrong_count = self.counts.iter().any(|told| *told != count);
        let silent = expected.iter().all(BTreeSet::is_empty) && !wrong_count;
        prop_assert_eq!(parts.is_none(), silent);
        if let Some(parts) = parts {
            prop_assert_eq!(parts.online_count, count);
            prop_assert_eq!(named(&parts), expected);
            self.viewers.iter_mut().for_each(|viewer| apply(viewer, &parts));
        }
        for viewer in &self.viewers {
            prop_assert_eq!(viewer, &self.room);
        }
        self.views = vec![self.room.clone()];
        self.counts = vec![count];
        self.record_changed.clear();
        prop_assert!(!self.roster.has_news());
        Ok(())
    }

    /// Who joined, left and changed.
    fn expected(&self) -> [BTreeSet<i64>; 3] {
        let mut expected = <[BTreeSet<i64>; 3]>::default();
        for uid in 1..5 {
            let now = self.room.get(&uid);
            let others: Vec<_> =
                self.views.iter().map(|view| view.get(&uid)).filter(|view| *view != now).collect();
            let list = match now {
                Some(_) if others.contains(&None) => 0,
                None if !others.is_empty() => 1,
                _ if !others.is_empty() || self.record_changed.contains(&uid) => 2,
                _ => continue,
            };
            expected[list].insert(uid);
        }
        expected
    }
}

fn named(parts: &PulseParts) -> [BTreeSet<i64>; 3] {
    let joined = parts.joined.named.iter().map(|member| of(&member.uid)).collect();
    let changed = parts.changed.named.iter().map(|member| of(&member.uid)).collect();
    [joined, parts.left.named.iter().map(of).collect(), changed]
}

fn apply(viewer: &mut Room, parts: &PulseParts) {
    for uid in &parts.left.named {
        viewer.remove(&of(uid));
    }
    for member in &parts.joined.named {
        viewer.insert(of(&member.uid), said(&member.info));
    }
    for member in &parts.changed.named {
        if let Some(known) = viewer.get_mut(&of(&member.uid)) {
            *known = said(&member.info);
        }
    }
}

fn number(uid: i64) -> Uid {
    Uid::int(uid + 1).unwrap()
}

fn of(uid: &Uid) -> i64 {
    let Uid::Int(number) = uid else { panic!("a string uid") };
    number - 1
}

fn info(said: u8) -> MemberInfo {
    let alias = if said == 0 { String::new() } else { said.to_string() };
    MemberInfo { alias, ..MemberInfo::default() }
}

fn said(info: &MemberInfo) -> u8 {
    info.alias.parse().unwrap_or_default()
}

fn plain(uid: &Uid, _: Option<&Entry>) -> Member {
    Member::unknown(uid.clone())
}
