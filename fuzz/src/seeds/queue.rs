//! Days in the life of a viewer's queue.

use super::Seed;
use crate::steps;
use crate::targets::fanout_queue::Step;

/// Limits of a queue: frames, bytes, and how much of each is reserved, as the target reads them.
const ROOMY: [u8; 4] = [20, 100, 4, 40];
const NARROW: [u8; 4] = [7, 20, 3, 8];

/// An idle viewer, one that is flooded, one that falls behind and one that leaves.
pub fn queue_scripts() -> Vec<Seed> {
    let each =
        |numbers: std::ops::Range<u8>, text: &dyn Fn(u8) -> String| numbers.map(text).collect::<String>();
    let in_step = each(0..12, &|at| format!("Live {at} {at} 1; Write 1;"));
    let flood = each(0..12, &|at| format!("Live 0 {at} 2; Live 1 {} 1; Live 0 0 1;", at / 3));
    let express = each(0..8, &|at| format!("Live 0 2 {at}; Control 1;"));
    let shared = "Live 0 1 0; Live 0 0 0; Live 0 1 0; Live 0 0 0; Live 1 0 0;";
    let high = each(0..6, &|_| "Live 0 2 0;".to_owned());
    vec![
        script("in-step", ROOMY, &in_step),
        script("flooded", NARROW, &format!("{flood} Write 3; {flood}")),
        script("full-of-high", NARROW, &express),
        script(
            "making-room",
            NARROW,
            &format!(
                "{shared} Live 0 1 0; Live 0 1 0; Write 20; {shared} {high} Control 0; Write 3; {shared} {high}"
            ),
        ),
        script("resuming", ROOMY, "Replay 0 2; Replay 0 1; Live 0 2 1; Control 0; Write 2; Live 0 0 1"),
        script("leaving", NARROW, &format!("{flood} Leave 0; {in_step}")),
    ]
}

fn script(name: &str, limits: [u8; 4], text: &str) -> Seed {
    let mut bytes = limits.to_vec();
    steps::write::<Step>(text, &mut bytes);
    Seed::new(name, bytes)
}
