//! A few seeds of each mode on every change; `cargo xtask sim` plays as many as one likes.

use bim_sim::{Mode, Plan, Run};

fn play(mode: Mode) {
    for seed in 0..12 {
        let outcome = Run::play(&Plan::draw(seed, mode));
        if let Some(violation) = outcome.violation {
            panic!("seed {seed} {mode:?}: {violation}");
        }
    }
}

#[test]
fn whatever_goes_wrong_no_promise_is_broken() {
    play(Mode::Safety);
}

#[test]
fn when_nothing_goes_wrong_any_more_everything_comes_to_rest() {
    play(Mode::Liveness);
}
