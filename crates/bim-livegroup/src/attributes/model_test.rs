//! The board against a slow, obvious model: a list that is searched from end to end.

use std::time::Duration;

use bim_proto::stored::StoredLiveAttributes;
use bim_types::{Attribute, AttributeCondition, AttributeWrite, ErrorCode, Mono, Now, Uid, Wall};
use proptest::prelude::*;

use super::{AttributeBoard, AttributePlan};

#[derive(Clone, Debug)]
enum Step {
    Write(u8, Vec<AttributeWrite>),
    Leave(u8),
    Expire,
    Pass(u64),
    /// The civil clock is set to this second.
    SetClock(u64),
    Restart,
    Read(Vec<String>),
}

fn write() -> impl Strategy<Value = AttributeWrite> {
    let key = prop_oneof![6 => 0..4_u8, 2 => 0..130_u8].prop_map(|key| key.to_string());
    let size = prop_oneof![4 => 0..3_usize, 2 => 3_900..4_097_usize, 1 => Just(4_097_usize)];
    let value = proptest::option::weighted(0.8, size.prop_map(|size| "v".repeat(size)));
    let condition = prop_oneof![
        4 => Just(AttributeCondition::Any),
        1 => Just(AttributeCondition::Absent),
        1 => (0..30_u64).prop_map(AttributeCondition::Version),
    ];
    let expires_in = proptest::option::of((0..8_u64).prop_map(Duration::from_secs));
    (key, value, condition, expires_in, any::<bool>()).prop_map(
        |(key, value, condition, expires_in, delete_on_leave)| AttributeWrite {
            key,
            value,
            condition,
            expires_in,
            delete_on_leave,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u8, prop::collection::vec(write(), 0..30)).prop_map(|(uid, writes)| Step::Write(uid, writes)),
        1 => (0..3_u8).prop_map(Step::Leave),
        1 => Just(Step::Expire),
        2 => (0..4_u64).prop_map(Step::Pass),
        1 => (0..2_000_u64).prop_map(Step::SetClock),
        1 => Just(Step::Restart),
        1 => prop::collection::vec((0..6_u8).prop_map(|key| key.to_string()), 0..4).prop_map(Step::Read),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_board_does_what_a_list_would(steps in prop::collection::vec(step(), 0..30)) {
        let mut world = World::new();
        for step in steps {
            world.take(step)?;
        }
    }
}

struct World {
    now: Now,
    board: AttributeBoard,
    list: List,
}

impl World {
    fn new() -> Self {
        let now = Now { mono: Mono::from_micros(5), wall: Wall::from_secs(1_000) };
        let board = AttributeBoard::new(StoredLiveAttributes::default(), now);
        Self { now, board, list: List::default() }
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Write(who, writes) => {
                let plan = self.board.plan(self.now, &uid(who), writes.clone());
                let failed = self.list.write(self.now, &uid(who), &writes);
                let told = plan.outcome.failed.iter().map(|failed| {
                    (failed.key.clone(), failed.reason.code, failed.present.as_ref().map(|it| it.version))
                });
                prop_assert_eq!(told.collect::<Vec<_>>(), failed);
                self.check_bounds(&plan)?;
                self.store(plan)?;
            }
            Step::Leave(who) => {
                let keys = self.board.of_leaver(&uid(who));
                self.list.expire(self.now);
                self.list.remove(|line| line.0.delete_on_leave && line.0.setter == uid(who));
                let plan = self.board.plan_removal(self.now.mono, &keys);
                self.store(plan)?;
            }
            Step::Expire => {
                let due = self.board.next_expiry().is_some_and(|next| next <= self.now.mono);
                let keys = self.board.expired(self.now.mono);
                prop_assert_eq!(due, !keys.is_empty());
                self.list.expire(self.now);
                let plan = self.board.plan_removal(self.now.mono, &keys);
                self.store(plan)?;
            }
            Step::Pass(secs) => {
                let passed = Duration::from_secs(secs);
                self.now = Now { mono: self.now.mono + passed, wall: self.now.wall + passed };
            }
            Step::SetClock(secs) => self.now.wall = Wall::from_secs(secs),
            Step::Restart => {
                self.board = AttributeBoard::new(self.board.stored().clone(), self.now);
                for (attribute, deadline) in &mut self.list.lines {
                    let left = |at: Wall| self.now.mono + at.since(self.now.wall);
                    *deadline = attribute.expires_at.map(left);
                }
            }
            Step::Read(keys) => {
                let read = self.board.read(self.now.mono, &keys).attributes;
                let mut expected = self.list.present(self.now);
                expected.retain(|attribute| keys.is_empty() || keys.contains(&attribute.key));
                prop_assert_eq!(read, expected);
            }
        }
        let read = self.board.read(self.now.mono, &[]);
        prop_assert_eq!(read.attributes, self.list.present(self.now));
        Ok(())
    }

    /// Stores a plan, and checks that its account of what changed is true.
    fn store(&mut self, plan: AttributePlan) -> Result<(), TestCaseError> {
        let mut told = self.board.stored().attributes.clone();
        for key in &plan.removed {
            prop_assert!(told.remove(key).is_some());
        }
        for attribute in &plan.set {
            prop_assert!(attribute.version > self.board.stored().version);
            told.insert(attribute.key.clone(), attribute.clone());
        }
        prop_assert_eq!(&told, &plan.next.attributes);
        prop_assert_eq!(plan.next.version, self.list.version);
        prop_assert_eq!(plan.is_change(), plan.next != *self.board.stored());
        self.board.replace(plan.next, self.now);
        Ok(())
    }

    fn check_bounds(&self, plan: &AttributePlan) -> Result<(), TestCaseError> {
        prop_assert!(plan.next.attributes.len() <= 100);
        prop_assert!(List::bytes(plan.next.attributes.values()) <= 65_536);
        let present = plan.outcome.failed.iter().filter_map(|failed| failed.present.as_ref());
        prop_assert!(List::bytes(plan.outcome.written.iter().chain(present)) <= 65_536);
        Ok(())
    }
}

/// Attributes with their deadlines, in no order.
#[derive(Default)]
struct List {
    lines: Vec<(Attribute, Option<Mono>)>,
    version: u64,
}

impl List {
    fn write(
        &mut self,
        now: Now,
        setter: &Uid,
        writes: &[AttributeWrite],
    ) -> Vec<(String, ErrorCode, Option<u64>)> {
        self.expire(now);
        let mut failed = Vec::new();
        for (at, write) in writes.iter().enumerate() {
            let earlier =
                writes[..at].iter().any(|earlier| earlier.key == write.key && earlier.check().is_ok());
            if write.check().is_err() || earlier {
                failed.push((write.key.clone(), ErrorCode::InvalidRequest, None));
                continue;
            }
            let present = self.lines.iter().find(|line| line.0.key == write.key).map(|line| line.0.version);
            let holds = match write.condition {
                AttributeCondition::Absent => present.is_none(),
                AttributeCondition::Version(version) => present == Some(version),
                _ => true,
            };
            if !holds {
                failed.push((write.key.clone(), ErrorCode::ConditionFailed, present));
            } else if !self.try_put(now, setter, write) {
                failed.push((write.key.clone(), ErrorCode::TouchLimit, present));
            }
        }
        failed
    }

    fn try_put(&mut self, now: Now, setter: &Uid, write: &AttributeWrite) -> bool {
        let Some(value) = write.value.clone() else {
            self.remove(|line| line.0.key == write.key);
            return true;
        };
        let mut next = self.lines.clone();
        next.retain(|line| line.0.key != write.key);
        let attribute = Attribute {
            key: write.key.clone(),
            value,
            version: self.version + 1,
            setter: setter.clone(),
            set_at: now.wall,
            expires_at: write.expires_in.map(|after| now.wall + after),
            delete_on_leave: write.delete_on_leave,
        };
        next.push((attribute, write.expires_in.map(|after| now.mono + after)));
        if next.len() > 100 || Self::bytes(next.iter().map(|line| &line.0)) > 65_536 {
            return false;
        }
        self.lines = next;
        self.version += 1;
        true
    }

    fn expire(&mut self, now: Now) {
        self.remove(|line| line.1.is_some_and(|deadline| deadline <= now.mono));
    }

    fn remove(&mut self, goes: impl Fn(&(Attribute, Option<Mono>)) -> bool) {
        let before = self.lines.len();
        self.lines.retain(|line| !goes(line));
        self.version += (before - self.lines.len()) as u64;
    }

    fn present(&self, now: Now) -> Vec<Attribute> {
        let present = self.lines.iter().filter(|line| line.1.is_none_or(|deadline| deadline > now.mono));
        let mut present: Vec<Attribute> = present.map(|line| line.0.clone()).collect();
        present.sort_by(|one, other| one.key.cmp(&other.key));
        present
    }

    fn bytes<'a>(attributes: impl Iterator<Item = &'a Attribute>) -> usize {
        attributes.map(|attribute| attribute.key.len() + attribute.value.len()).sum()
    }
}

fn uid(who: u8) -> Uid {
    Uid::int(i64::from(who) + 1).unwrap()
}
