//! Random measures by random people, written slowly while clocks step and people come and go: what holds of a
//! room after each of them, and when exactly mutes and blocks end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_proto::stored::{StoredLiveMember, StoredLiveRoll};
use bim_types::{GroupChange, Measure, MemberList, Mono, MuteAll, Now, Role, Uid, Wall};
use proptest::prelude::*;

use super::testing::{actor, app_server, carry_out, enter, owner, room_of, seconds, uid};
use super::{Actor, Plan, Room, RoomPolicy};
use crate::authority::{Operation, Standing};

const NAMES: [&str; 6] = ["owner", "a", "b", "c", "d", "e"];
const MARKS: [&str; 3] = ["m", "n", "o"];
const ADMINS: usize = 2;

/// How much later an end may come than it should.
const TOLERANCE: Duration = Duration::from_millis(1);

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody comes, or goes.
    Move(usize, bool),
    /// Somebody takes a measure; it takes so many seconds to write it, in which somebody may come or go, and it
    /// may fail.
    Act {
        who: usize,
        measure: Measure,
        takes: u64,
        meanwhile: Option<(usize, bool)>,
        fails: bool,
    },
    /// The clock of the wall is set forward or back.
    SetClock(i64),
    Wait(u64),
}

proptest! {
    #[test]
    fn whatever_is_done_the_room_stays_whole(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            world.take(&step);
            world.check(&step);
        }
    }
}

/// A room, its clocks, and what is expected of it.
struct World {
    room: Room,
    mono: u64,
    wall: i64,
    /// When mutes and blocks end, on the clock that never steps; `None`: never.
    muted: BTreeMap<Uid, Option<u64>>,
    blocked: BTreeMap<Uid, Option<u64>>,
    residents: BTreeSet<Uid>,
    version: u64,
}

impl World {
    fn new() -> Self {
        Self {
            room: room_of(RoomPolicy { admins: ADMINS, ..RoomPolicy::default() }),
            mono: 0,
            wall: 1_000_000,
            muted: BTreeMap::new(),
            blocked: BTreeMap::new(),
            residents: [uid("owner")].into(),
            version: 1,
        }
    }

    fn now(&self) -> Now {
        let wall = u64::try_from(self.wall).unwrap_or_default();
        Now { mono: Mono::ZERO + seconds(self.mono), wall: Wall::from_secs(wall) }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Move(who, comes) => self.come_or_go(*who, *comes),
            Step::Act { who, measure, takes, meanwhile, fails } => {
                self.expire();
                let actor = if *who < NAMES.len() { person(*who) } else { app_server() };
                let planned_at = self.mono;
                let Ok(plan) = self.room.plan(self.now(), &actor, measure.clone()) else { return };
                assert_partition(&plan, measure);
                for _ in 0..*takes {
                    self.wait(1);
                    self.wall -= 7;
                }
                if let Some((who, comes)) = meanwhile {
                    self.come_or_go(*who, *comes);
                }
                if !*fails {
                    self.carry_out(&plan, measure, planned_at);
                }
            }
            Step::SetClock(by) => self.wall += by,
            Step::Wait(seconds) => self.wait(*seconds),
        }
        self.expire();
    }

    fn come_or_go(&mut self, who: usize, comes: bool) {
        self.expire();
        if !comes {
            self.room.leave(person(who).connection);
        } else if self.room.permit(Operation::Join, &person(who)).is_ok() {
            enter(&mut self.room, NAMES[who]);
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.mono += seconds;
        self.wall += i64::try_from(seconds).unwrap_or_default();
    }

    /// Those who may speak again are exactly those whose time is over.
    fn expire(&mut self) {
        let now = self.mono;
        let over = |end: &Option<u64>| end.is_some_and(|end| end <= now);
        let expected: BTreeSet<Uid> =
            self.muted.iter().filter(|(_, end)| over(end)).map(|(uid, _)| uid.clone()).collect();
        let unmuted: BTreeSet<Uid> = self.room.expire(self.now().mono + TOLERANCE).into_iter().collect();
        assert_eq!(unmuted, expected, "who may speak again");
        self.muted.retain(|_, end| !over(end));
        self.blocked.retain(|_, end| !over(end));
    }

    fn carry_out(&mut self, plan: &Plan, measure: &Measure, planned_at: u64) {
        let end = |period: Duration| (!period.is_zero()).then(|| planned_at + period.as_secs());
        let failed: BTreeSet<&Uid> = plan.failed.iter().map(|failure| &failure.uid).collect();
        let done = measure.uids().iter().filter(|uid| !failed.contains(uid)).cloned();
        match measure {
            Measure::Mute(_, period) => self.muted.extend(done.map(|uid| (uid, end(*period)))),
            Measure::Block(_, period) => self.blocked.extend(done.map(|uid| (uid, end(*period)))),
            Measure::Unmute(_) => self.muted.retain(|uid, _| !done.clone().any(|lifted| lifted == *uid)),
            Measure::Unblock(_) => self.blocked.retain(|uid, _| !done.clone().any(|lifted| lifted == *uid)),
            Measure::TransferOwner(to) if !plan.changes.is_empty() => self.muted.retain(|uid, _| uid != to),
            _ => {}
        }
        for (uid, is_resident) in &plan.residents {
            if *is_resident {
                self.residents.insert(uid.clone());
            } else {
                self.residents.remove(uid);
            }
        }
        let now = self.now();
        carry_out(&mut self.room, now, plan);
        let expected = self.version + u64::from(plan.group.is_some());
        assert_eq!(self.room.version(), expected, "a change raises the version by one");
        assert!(plan.group.is_some() || plan.roll.is_none(), "no record changes without the version");
        self.version = expected;
        assert!(plan.group.is_some() || plan.changes.is_empty(), "nothing is told without the version");
        let is_kick = matches!(plan.changes[..], [GroupChange::Kicked { .. }]);
        assert!(plan.is_kept || plan.group.is_none() || is_kick, "nothing but a kick needs no record");
        self.expire();
    }

    fn check(&self, step: &Step) {
        let room = &self.room;
        let listed = |list| -> BTreeSet<Uid> { room.listed(list, None, None).cloned().collect() };
        assert!(!room.admins().contains(room.owner()), "the owner is no admin: {step:?}");
        let admins: BTreeSet<&Uid> = room.admins().iter().collect();
        assert_eq!(admins.len(), room.admins().len(), "an admin once: {step:?}");
        assert!(admins.len() <= ADMINS, "{step:?}");
        assert_eq!(listed(MemberList::Resident), self.residents, "the index is right: {step:?}");
        assert_eq!(listed(MemberList::Muted), self.muted.keys().cloned().collect(), "{step:?}");
        assert_eq!(listed(MemberList::Blocked), self.blocked.keys().cloned().collect(), "{step:?}");
        assert!(!self.muted.contains_key(room.owner()), "no owner is muted: {step:?}");
        let first = self.muted.values().chain(self.blocked.values()).flatten().min();
        let next = room.next_expiry().map(|end| end.since(Mono::ZERO).as_secs());
        assert_eq!(next, first.copied(), "the next end: {step:?}");
        for uid in self.blocked.keys() {
            assert!(!room.roster().is_in(uid), "nobody is in who is blocked: {step:?}");
            assert_eq!(room.role(uid), Role::Normal, "nobody has a role who is blocked: {step:?}");
        }
        for name in NAMES {
            let may_enter = room.permit(Operation::Join, &actor(name)).is_ok();
            assert_eq!(may_enter, room.standing(&actor(name)) != Standing::Blocked, "{step:?}");
        }
        self.check_roll(room.roll.stored(), step);
    }

    fn check_roll(&self, roll: &StoredLiveRoll, step: &Step) {
        let types = self.room.state().mark_types;
        for (uid, member) in &roll.members {
            assert_ne!(*member, StoredLiveMember::default(), "no empty entry: {step:?}");
            let marks: BTreeSet<&String> = member.marks.iter().collect();
            assert_eq!(marks.len(), member.marks.len(), "a mark once: {step:?}");
            assert!(marks.iter().all(|mark| types.contains(mark)), "no mark of no type: {step:?}");
            assert!(member.info.is_none() || self.room.role(uid) != Role::Normal, "{step:?}");
        }
        assert_eq!(StoredLiveRoll::decode(roll.encode()).as_ref(), Ok(roll), "{step:?}");
    }
}

/// Whoever is named is done or has failed, and nobody is both.
fn assert_partition(plan: &Plan, measure: &Measure) {
    let named: BTreeSet<&Uid> = measure.uids().iter().collect();
    let failed: BTreeSet<&Uid> = plan.failed.iter().map(|failure| &failure.uid).collect();
    assert_eq!(failed.len(), plan.failed.len());
    assert!(failed.is_subset(&named));
    assert!(plan.removed.iter().all(|uid| !failed.contains(uid) && named.contains(uid)));
}

fn person(who: usize) -> Actor {
    if who == 0 { owner() } else { actor(NAMES[who]) }
}

fn step() -> impl Strategy<Value = Step> {
    let who = prop_oneof![3 => Just(0), 1 => 0..=NAMES.len()];
    let meanwhile = prop::option::of((0..NAMES.len(), any::<bool>()));
    let act = (who, measure(), 0_u64..4, meanwhile, prop::bool::weighted(0.1));
    let act = act.prop_map(|(who, measure, takes, meanwhile, fails)| Step::Act {
        who,
        measure,
        takes,
        meanwhile,
        fails,
    });
    prop_oneof![
        4 => (0..NAMES.len(), prop::bool::weighted(0.8)).prop_map(|(who, comes)| Step::Move(who, comes)),
        8 => act,
        1 => (-20_i64..20).prop_map(Step::SetClock),
        1 => (1_u64..8).prop_map(Step::Wait),
    ]
}

fn measure() -> impl Strategy<Value = Measure> {
    let modes = [MuteAll::Off, MuteAll::NormalMembers, MuteAll::Everyone];
    prop_oneof![
        prop::sample::select(modes.to_vec()).prop_map(Measure::MuteAll),
        (0_u64..3).prop_map(|wait| Measure::SlowMode(seconds(wait))),
        (0_u64..3).prop_map(|idle| Measure::DissolveAfterIdle(seconds(idle))),
        users().prop_map(Measure::AddAdmins),
        users().prop_map(Measure::RemoveAdmins),
        prop::sample::select(NAMES.to_vec()).prop_map(|name| Measure::TransferOwner(uid(name))),
        (users(), 0_u64..12).prop_map(|(uids, period)| Measure::Mute(uids, seconds(period))),
        users().prop_map(Measure::Unmute),
        users().prop_map(Measure::Exempt),
        users().prop_map(Measure::Unexempt),
        (users(), 0_u64..12).prop_map(|(uids, period)| Measure::Block(uids, seconds(period))),
        users().prop_map(Measure::Unblock),
        users().prop_map(Measure::Kick),
        marks().prop_map(Measure::AddMarkTypes),
        marks().prop_map(Measure::RemoveMarkTypes),
        (mark(), users()).prop_map(|(mark, uids)| Measure::Mark(mark, uids)),
        (mark(), users()).prop_map(|(mark, uids)| Measure::Unmark(mark, uids)),
    ]
}

fn users() -> impl Strategy<Value = Vec<Uid>> {
    let user = prop::sample::select(NAMES.to_vec()).prop_map(uid);
    prop::collection::vec(user, 1..5)
}

fn marks() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(mark(), 1..3)
}

fn mark() -> impl Strategy<Value = String> {
    prop::sample::select(MARKS.to_vec()).prop_map(str::to_owned)
}
