//! The same seed gives the same run: byte for byte, word for word, whatever ran before it or beside it.

use bim_sim::{Mode, Outcome, Plan, Run};

const MODES: [Mode; 2] = [Mode::Safety, Mode::Liveness];

fn plans(seeds: std::ops::Range<u64>) -> Vec<Plan> {
    seeds.flat_map(|seed| MODES.map(|mode| Plan::draw(seed, mode))).collect()
}

#[test]
fn the_same_seed_gives_the_same_trace_also_after_other_seeds() {
    let plans = plans(100..104);
    let forwards: Vec<Outcome> = plans.iter().map(Run::play).collect();
    let mut backwards: Vec<Outcome> = plans.iter().rev().map(Run::play).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    assert!(forwards.iter().all(|outcome| outcome.seen > 100), "much happens: {forwards:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace_in_two_threads_at_once() {
    let play = || plans(200..202).iter().map(Run::play).collect::<Vec<_>>();
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(play), scope.spawn(play));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one, other);
}

#[test]
fn the_same_seed_gives_the_same_words() {
    for plan in plans(300..302) {
        assert_eq!(Run::play_in_words(&plan), Run::play_in_words(&plan), "seed {}", plan.seed);
    }
}

#[test]
fn other_seeds_and_other_modes_give_other_traces() {
    let hashes: std::collections::BTreeSet<_> =
        plans(400..402).iter().map(|plan| Run::play(plan).hash).collect();
    assert_eq!(hashes.len(), 4);
}
