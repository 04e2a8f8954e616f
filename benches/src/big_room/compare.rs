//! What viewers who do not read cost those who do.
#![expect(clippy::print_stdout, reason = "the comparison is what the program is run for")]

use std::time::Duration;

use super::outcome::Outcome;
use super::{BigRoomOptions, run, table};
use crate::load::Faults;

/// Pairs of runs when none are asked for.
const PAIRS: u32 = 3;

/// How much higher p99 may be with viewers who do not read.
const RATIO_MAX: f64 = 1.05;

/// Runs without and with them in turn, and compares p99 of those who read.
pub(super) fn compare(options: &BigRoomOptions) -> Result<Faults, String> {
    let pairs = if options.runs > 1 { options.runs } else { PAIRS };
    let mut faults = Faults::default();
    let mut p99 = [Vec::new(), Vec::new()];
    for pair in 1..=pairs {
        for (side, stalled) in [0, options.stalled()].into_iter().enumerate() {
            let name = format!("pair {pair} of {pairs}, {stalled} viewers do not read");
            let outcome = run::run(options, stalled)?;
            table::print(&name, &outcome);
            faults.extend(&name, &outcome.faults);
            p99[side].push(outcome);
        }
    }
    let ratio = print_ratios(&p99);
    if options.strict && ratio > RATIO_MAX {
        faults.add("p99 too high", || {
            format!("p99 of readers is {ratio:.3} times as high; at most {RATIO_MAX} is allowed")
        });
    }
    Ok(faults)
}

/// Prints each class, and returns the ratio of all together.
fn print_ratios([without, with]: &[Vec<Outcome>; 2]) -> f64 {
    println!("\np99 of readers, median of all runs, without and with viewers who do not read");
    let line = |name: &str, of: &dyn Fn(&Outcome) -> Duration| {
        let [without, with] = [median(without, of), median(with, of)];
        let ratio = with.as_secs_f64() / without.as_secs_f64().max(f64::MIN_POSITIVE);
        println!("  {name:<8} {:>10.3} ms {:>10.3} ms   ratio {ratio:.3}", ms(without), ms(with));
        ratio
    };
    line("high", &|outcome| outcome.latencies.classes.high[1]);
    line("normal", &|outcome| outcome.latencies.classes.normal[1]);
    line("low", &|outcome| outcome.latencies.classes.low[1]);
    line("all", &|outcome| outcome.latencies.all[1])
}

fn median(outcomes: &[Outcome], of: &dyn Fn(&Outcome) -> Duration) -> Duration {
    let mut all: Vec<Duration> = outcomes.iter().map(of).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
