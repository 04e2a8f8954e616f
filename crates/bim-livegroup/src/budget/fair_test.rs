//! What fairness promises to those who send little while somebody floods.

use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000;
const FLOODER: i64 = 1_000;

/// A room in which one floods.
#[derive(Clone, Debug)]
struct Room {
    rate: Rate,
    others: i64,
    floods_from: u64,
    micros: u64,
    /// For messages of the others: who, and how long after the one before.
    wishes: Vec<(i64, u64)>,
}

/// Those who send at their share, and how far ahead of it each is.
struct Modest {
    price: u64,
    ahead_most: u64,
    busy_until: Vec<u64>,
}

impl Modest {
    fn of(room: &Room) -> Self {
        let shares = u64::try_from(room.others).unwrap() + 2;
        let price = (shares * SECOND).div_ceil(u64::from(room.rate.per_second));
        Self {
            price,
            ahead_most: (u64::from(room.rate.burst) / 2 - 4) * price,
            busy_until: vec![0; usize::try_from(room.others).unwrap()],
        }
    }

    /// Whether somebody modest sends this; notes it when so.
    fn sends(&mut self, sender: usize, now: u64) -> bool {
        let together: u64 = self.busy_until.iter().map(|busy_until| busy_until.saturating_sub(now)).sum();
        let Some(busy_until) = self.busy_until.get_mut(sender) else { return false };
        let next = now.max(*busy_until) + self.price;
        let is_modest = next <= now + SECOND && together + self.price <= self.ahead_most;
        if is_modest {
            *busy_until = next;
        }
        is_modest
    }
}

/// Plays it; the flooder asks for a hundred times the budget. Returns how much was accepted of the others and of
/// the flooder.
fn play(room: &Room) -> Result<(u64, u64), TestCaseError> {
    let sender = Rate::of_a_second(1_000 * room.rate.per_second);
    let mut budget = RoomBudget::new(Budgets { high: room.rate, shared: room.rate, sender }, Mono::ZERO);
    let mut take = |now: u64, sender: i64| {
        budget.take(Mono::from_micros(now), &Uid::int(sender).unwrap(), Priority::Low, false)
    };
    let mut modest = Modest::of(room);
    let mut wishes = room.wishes.iter().cycle();
    let (mut flood_at, mut wish_at) = (room.floods_from, 0);
    let (mut of_others, mut of_flooder) = (0, 0);
    while flood_at.min(wish_at) < room.micros {
        if flood_at <= wish_at {
            of_flooder += u64::from(take(flood_at, FLOODER).is_ok());
            flood_at += SECOND / (100 * u64::from(room.rate.per_second));
            continue;
        }
        let (who, gap) = wishes.next().unwrap();
        if modest.sends(usize::try_from(*who).unwrap(), wish_at) {
            prop_assert_eq!(take(wish_at, who + 1), Ok(()), "refused after {} us", wish_at);
            of_others += 1;
        }
        wish_at += gap;
    }
    Ok((of_others, of_flooder))
}

fn room() -> impl Strategy<Value = Room> {
    let rate = (10..60_u32).prop_flat_map(|per_second| {
        (per_second..=3 * per_second).prop_map(move |burst| Rate { per_second, burst })
    });
    (rate, 1..20_i64).prop_flat_map(|(rate, others)| {
        let others = others.min(i64::from(rate.per_second) - 2);
        // From all at once, over as fast as their shares allow, to seconds of silence.
        let pace = u64::from(SECOND as u32 / rate.per_second);
        let even = prop_oneof![4 => 0..3_u64, 8 => 0..2 * pace, 1 => Just(10 * pace), 1 => 0..2 * SECOND];
        let at_once = prop_oneof![50 => Just(0), 1 => 0..2 * SECOND];
        let wishes = prop_oneof![
            prop::collection::vec((0..others, even), 1..80),
            prop::collection::vec((0..others, at_once), 100..200),
        ];
        let floods_from = prop_oneof![Just(0), 0..2 * SECOND];
        (wishes, floods_from).prop_map(move |(wishes, floods_from)| {
            let wishes = wishes.into_iter().chain([(0, 10 * pace)]).collect();
            Room { rate, others, floods_from, micros: 4 * SECOND, wishes }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nobody_who_keeps_to_a_share_is_refused_while_one_floods(room in room()) {
        let (of_others, of_flooder) = play(&room)?;
        let gained = (room.micros - room.floods_from) * u64::from(room.rate.per_second) / SECOND;
        prop_assert!(of_others + of_flooder + 1 >= gained + u64::from(room.rate.burst) / 2, "left idle");
    }

    #[test]
    fn somebody_alone_is_bounded_by_the_own_budget_only(
        room in (1..40_u32, 1..80_u32),
        own in (1..40_u32, 1..40_u32),
        gaps in prop::collection::vec(prop_oneof![Just(0), 0..SECOND], 1..200),
    ) {
        let room = Rate { per_second: room.0, burst: room.1 };
        let own = Rate { per_second: own.0.min(room.per_second), burst: own.1.min(room.burst.div_ceil(2)) };
        let mut budget = RoomBudget::new(Budgets { high: room, shared: room, sender: own }, Mono::ZERO);
        let mut bucket = Bucket::full(own, Mono::ZERO);
        let mut now = Mono::ZERO;
        for gap in gaps {
            now = now + Duration::from_micros(gap);
            let wait = bucket.wait(now);
            let answer = budget.take(now, &Uid::int(1).unwrap(), Priority::Normal, false);
            if wait.is_zero() {
                prop_assert_eq!(answer, Ok(()));
                bucket.take(now);
            } else {
                prop_assert_eq!(answer, Err(wait));
            }
        }
    }
}

#[test]
fn fifty_who_talk_are_heard_beside_one_who_floods_with_the_budgets_of_the_default() {
    let wishes = (0..50).map(|who| (who, 4_000)).collect();
    let rate = Budgets::default().shared;
    let (of_others, of_flooder) =
        play(&Room { rate, others: 50, floods_from: 0, micros: 3 * SECOND, wishes }).unwrap();
    assert_eq!(of_others, 750);
    assert!((1_398 - 750..=1_600 - 750).contains(&of_flooder), "{of_flooder}");
}

#[test]
fn those_who_all_want_more_than_there_is_get_about_the_same() {
    let rate = Rate::of_a_second(40);
    let sender = Rate::of_a_second(4_000);
    let mut budget = RoomBudget::new(Budgets { high: rate, shared: rate, sender }, Mono::ZERO);
    // One asks ten times as often as the others, who ask for ten times the room's budget.
    let mut accepted = [0_u32; 4];
    for step in 0..13 * 400 {
        let sender = usize::try_from((step % 13_u32).min(3)).unwrap();
        let now = Mono::from_micros(u64::from(step) * SECOND / 520);
        let uid = Uid::int(i64::try_from(sender).unwrap() + 1).unwrap();
        accepted[sender] += u32::from(budget.take(now, &uid, Priority::Low, false).is_ok());
    }
    let share = 40 / 5 * 10;
    assert!(accepted.iter().all(|accepted| *accepted >= share), "{accepted:?}");
}
