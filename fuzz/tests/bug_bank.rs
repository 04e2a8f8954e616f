//! A target that never failed is untested: with a defect planted, the committed corpus breaks a promise.
//!
//! Not every defect is theirs to find: what takes two ends and a network to show is the simulation's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bim_fuzz::{TARGETS, Target, corpus};
use bim_types::defect::Defect;

/// What the corpus finds, by its name in the bug bank.
const FOUND: &[&str] = &[
    "ack-before-commit",
    "ack-failed-commit",
    "dedup-in-memory",
    "stale-generation",
    "kick-without-unsubscribe",
    "shed-high",
    "shed-normal-first",
    "forgotten-gap",
    "short-gap",
    "resume-skips-high",
    "resume-repeats",
    "resume-hides-loss",
    "unbounded-queue",
    "revoked-token",
    "online-forever",
    "forgotten-call",
    "deaf-to-silence",
];

#[test]
fn the_corpus_breaks_a_promise_for_every_defect_that_is_the_targets_to_find() {
    std::panic::set_hook(Box::new(|_| {}));
    let missed: Vec<&str> =
        FOUND.iter().copied().filter(|name| Defect::of_name(name).and_then(finder).is_none()).collect();
    drop(std::panic::take_hook());
    assert!(missed.is_empty(), "not found: {missed:?}");
}

/// The target that finds a defect.
fn finder(defect: Defect) -> Option<&'static str> {
    Defect::plant(Some(defect));
    let target = TARGETS.iter().find(|target| breaks(target));
    Defect::plant(None);
    target.map(|target| target.name)
}

fn breaks(target: &Target) -> bool {
    let files = corpus::files(target.name).expect("the corpus is committed");
    files.iter().any(|(_, bytes)| catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_err())
}
