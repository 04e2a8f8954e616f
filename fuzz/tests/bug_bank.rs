//! A target that never failed is untested: with a defect planted, the committed corpus breaks a promise.
//!
//! Not every defect is theirs to find: what takes two ends and a network to show is the simulation's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bim_fuzz::{TARGETS, Target, corpus};
use bim_types::defect::Defect;

/// What the corpus finds.
const FOUND: &[Defect] = &[
    Defect::AckBeforeCommit,
    Defect::AckFailedCommit,
    Defect::DedupInMemory,
    Defect::StaleGeneration,
    Defect::KickWithoutUnsubscribe,
    Defect::ShedHigh,
    Defect::ShedNormalFirst,
    Defect::ForgottenGap,
    Defect::ShortGap,
    Defect::ResumeSkipsHigh,
    Defect::ResumeRepeats,
    Defect::ResumeHidesLoss,
    Defect::UnboundedQueue,
    Defect::RevokedToken,
    Defect::OnlineForever,
    Defect::IgnoredLag,
    Defect::ForgottenCall,
    Defect::StaleLink,
    Defect::DeafToSilence,
];

#[test]
fn the_corpus_breaks_a_promise_for_every_defect_that_is_the_targets_to_find() {
    std::panic::set_hook(Box::new(|_| {}));
    let missed: Vec<&str> =
        FOUND.iter().filter(|defect| finder(**defect).is_none()).map(|defect| defect.name()).collect();
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
