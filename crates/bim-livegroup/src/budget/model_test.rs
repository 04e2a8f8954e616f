//! The budget against a model that is slow and obvious: it remembers every question ever asked, and works out
//! each answer from all of them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000;

/// One thing that happens, some time after the one before.
#[derive(Clone, Copy, Debug)]
struct Step {
    gap_micros: u64,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// Somebody asks so many times; `obeys`: and once more when told to come back.
    Ask {
        sender: i64,
        priority: Priority,
        is_slowed: bool,
        times: u8,
        obeys: bool,
    },
    SlowMode {
        millis: u64,
    },
}

/// A question and its answer.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: u64,
    sender: i64,
    is_high: bool,
    /// What slow mode was for it; `None` when it did not apply.
    slow_mode: Option<u64>,
    is_accepted: bool,
}

struct Model {
    budgets: Budgets,
    asked: Vec<Asked>,
}

impl Model {
    /// How many microseconds the question must wait, which is put down already as the last one.
    fn wait(&self) -> u64 {
        let question = *self.asked.last().unwrap();
        let rate = self.class_rate(question.is_high);
        let room = self.level(rate, |asked| asked.is_high == question.is_high);
        let own = self.level(self.budgets.sender, |asked| asked.sender == question.sender);
        let until = |level: u64, wanted: u64, rate: Rate| {
            wanted.saturating_sub(level).div_ceil(u64::from(rate.per_second))
        };
        let half = (u64::from(rate.burst) * SECOND).div_ceil(2);
        let over = (self.busy_until() + self.price(self.asked.len())).saturating_sub(question.at + SECOND);
        until(room, SECOND, rate)
            .max(over.min(until(room, half, rate)))
            .max(until(own, SECOND, self.budgets.sender))
            .max(self.slowed_until().saturating_sub(question.at))
    }

    fn class_rate(&self, is_high: bool) -> Rate {
        if is_high { self.budgets.high } else { self.budgets.shared }
    }

    /// The micro-tokens in a bucket from which these were taken.
    fn level(&self, rate: Rate, is_taken_from_it: impl Fn(&Asked) -> bool) -> u64 {
        let full = u64::from(rate.burst) * SECOND;
        let mut level = full;
        let mut at = 0;
        for asked in &self.asked {
            level = full.min(level + (asked.at - at) * u64::from(rate.per_second));
            at = asked.at;
            if asked.is_accepted && is_taken_from_it(asked) {
                level -= SECOND;
            }
        }
        level
    }

    /// How long the last of the first `count` questions keeps its sender busy.
    fn price(&self, count: usize) -> u64 {
        let known = &self.asked[..count];
        let last = known[count - 1];
        let window = last.at / SECOND;
        let contenders: BTreeSet<i64> = known
            .iter()
            .filter(|asked| asked.is_high == last.is_high && asked.at / SECOND + 1 >= window)
            .map(|asked| asked.sender)
            .collect();
        let shares = contenders.len() as u64 + 1;
        (shares * SECOND).div_ceil(u64::from(self.class_rate(last.is_high).per_second)).min(SECOND)
    }

    /// Until when the sender of the last question is busy with what it took of that class.
    fn busy_until(&self) -> u64 {
        let question = self.asked.last().unwrap();
        let mut busy_until = 0;
        for (place, asked) in self.asked.iter().enumerate() {
            let is_its = asked.sender == question.sender && asked.is_high == question.is_high;
            if is_its && asked.is_accepted {
                busy_until = (asked.at.max(busy_until) + self.price(place + 1)).min(asked.at + SECOND);
            }
        }
        busy_until
    }

    fn slowed_until(&self) -> u64 {
        let question = self.asked.last().unwrap();
        let Some(present) = question.slow_mode else { return 0 };
        let its_last = self.asked.iter().rev().find_map(|asked| {
            let counts = asked.sender == question.sender && asked.is_accepted;
            Some((asked.at, asked.slow_mode?)).filter(|_| counts)
        });
        its_last.map_or(0, |(at, then)| at + then.min(present))
    }

    /// Notes a question and says what the answer must be.
    fn ask(&mut self, question: Asked) -> Result<(), Duration> {
        self.asked.push(question);
        let wait = self.wait();
        self.asked.last_mut().unwrap().is_accepted = wait == 0;
        if wait == 0 { Ok(()) } else { Err(Duration::from_micros(wait)) }
    }
}

/// Plays a history to a budget and the model, and compares every answer. Returns what was asked.
fn play(mut budget: RoomBudget, budgets: Budgets, steps: &[Step]) -> Result<Vec<Asked>, TestCaseError> {
    let mut model = Model { budgets, asked: Vec::new() };
    let (mut now, mut interval) = (0, 0);
    for step in steps {
        now += step.gap_micros;
        let What::Ask { sender, priority, is_slowed, times, obeys } = step.what else {
            let What::SlowMode { millis } = step.what else { continue };
            interval = millis * 1_000;
            budget.set_slow_mode(Duration::from_millis(millis));
            continue;
        };
        let mut ask = |now: u64| {
            let slow_mode = is_slowed.then_some(interval);
            let is_high = priority == Priority::High;
            let expected = model.ask(Asked { at: now, sender, is_high, slow_mode, is_accepted: false });
            let answer = budget.take(Mono::from_micros(now), &Uid::int(sender).unwrap(), priority, is_slowed);
            prop_assert_eq!(answer, expected);
            Ok(answer)
        };
        for _ in 0..times {
            let Err(wait) = ask(now)? else { continue };
            prop_assert!(wait > Duration::ZERO);
            if obeys {
                now += u64::try_from(wait.as_micros()).unwrap();
                prop_assert_eq!(ask(now)?, Ok(()));
            }
        }
    }
    Ok(model.asked)
}

fn budgets() -> impl Strategy<Value = Budgets> {
    let rate = || (1..20_u32, 1..30_u32).prop_map(|(per_second, burst)| Rate { per_second, burst });
    (rate(), rate(), prop_oneof![rate(), Just(Rate::of_a_second(1_000))])
        .prop_map(|(high, shared, sender)| Budgets { high, shared, sender })
}

fn step() -> impl Strategy<Value = Step> {
    let gap_micros = prop_oneof![Just(0), 0..1_000_u64, 0..300_000_u64, 0..2_500_000_u64];
    let priority = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)];
    let ask = (1..6_i64, priority, prop::bool::weighted(0.3), 1..12_u8, prop::bool::weighted(0.2)).prop_map(
        |(sender, priority, is_slowed, times, obeys)| What::Ask { sender, priority, is_slowed, times, obeys },
    );
    let slow_mode = prop_oneof![Just(0), 1..5_000_u64].prop_map(|millis| What::SlowMode { millis });
    (gap_micros, prop_oneof![12 => ask, 1 => slow_mode])
        .prop_map(|(gap_micros, what)| Step { gap_micros, what })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..40)
}

proptest! {
    #[test]
    fn the_budget_agrees_with_a_model_that_remembers_everything(budgets in budgets(), steps in steps()) {
        play(RoomBudget::new(budgets, Mono::ZERO), budgets, &steps)?;
    }

    #[test]
    fn forgetting_idle_senders_changes_no_answer(budgets in budgets(), steps in steps()) {
        let forgetful = Senders::bounded(budgets.sender, 1_000, 1);
        play(RoomBudget::with_senders(budgets, Mono::ZERO, forgetful), budgets, &steps)?;
    }

    #[test]
    fn never_more_is_accepted_than_a_burst_and_the_rate(budgets in budgets(), steps in steps()) {
        let asked = play(RoomBudget::new(budgets, Mono::ZERO), budgets, &steps)?;
        for is_high in [true, false] {
            let rate = if is_high { budgets.high } else { budgets.shared };
            let accepted: Vec<u64> = times(&asked, |asked| asked.is_high == is_high && asked.is_accepted);
            for (first, from) in accepted.iter().enumerate() {
                for (last, to) in accepted.iter().enumerate().skip(first) {
                    let most = u64::from(rate.burst) * SECOND + (to - from) * u64::from(rate.per_second);
                    prop_assert!((last - first + 1) as u64 * SECOND <= most);
                }
            }
        }
    }

    #[test]
    fn a_room_refuses_only_when_half_its_burst_and_all_its_rate_were_taken(
        room in (1..20_u32, 1..30_u32),
        steps in steps(),
    ) {
        let room = Rate { per_second: room.0, burst: room.1 };
        let budgets = Budgets { high: room, shared: room, sender: Rate::of_a_second(1_000_000) };
        let steps: Vec<Step> = steps.into_iter().filter(|step| matches!(step.what, What::Ask { .. })).collect();
        let asked = play(RoomBudget::new(budgets, Mono::ZERO), budgets, &steps)?;
        let full = u64::from(room.burst) * SECOND;
        let enough = full - full.div_ceil(2).max(SECOND);
        for (place, refused) in asked.iter().enumerate().filter(|(_, asked)| !asked.is_accepted) {
            let is_same = |asked: &Asked| asked.is_high == refused.is_high;
            let accepted = times(&asked[..place], |asked| is_same(asked) && asked.is_accepted);
            let is_busy_since = |first: usize| {
                let gained = (refused.at - accepted[first]) * u64::from(room.per_second);
                (accepted.len() - first) as u64 * SECOND > enough + gained
            };
            prop_assert!((0..accepted.len()).any(is_busy_since), "the room was left idle");
        }
    }

    #[test]
    fn high_is_the_same_whatever_others_send_of_the_rest(budgets in budgets(), steps in steps()) {
        let (mut busy, mut quiet) = (RoomBudget::new(budgets, Mono::ZERO), RoomBudget::new(budgets, Mono::ZERO));
        let mut now = Mono::ZERO;
        for step in steps {
            now = now + Duration::from_micros(step.gap_micros);
            let What::Ask { sender, priority, is_slowed, times, .. } = step.what else { continue };
            for _ in 0..times {
                if priority == Priority::High {
                    let sender = Uid::int(sender).unwrap();
                    let answer = busy.take(now, &sender, priority, is_slowed);
                    prop_assert_eq!(answer, quiet.take(now, &sender, priority, is_slowed));
                } else {
                    let _ = busy.take(now, &Uid::int(sender + 100).unwrap(), priority, is_slowed);
                }
            }
        }
    }
}

fn times(asked: &[Asked], counts: impl Fn(&Asked) -> bool) -> Vec<u64> {
    asked.iter().filter(|asked| counts(asked)).map(|asked| asked.at).collect()
}
