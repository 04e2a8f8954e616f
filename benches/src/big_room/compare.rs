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

/// The part of the machine that others may use in a run whose latencies are to be compared.
const OTHERS_MAX: f64 = 0.05;

/// Runs without and with them in turn, and compares p99 of those who read. Of pairs in which others used the machine,
/// latencies are not judged.
pub(super) fn compare(options: &BigRoomOptions) -> Result<Faults, String> {
    let pairs = if options.runs > 1 { options.runs } else { PAIRS };
    let (mut faults, mut quiet) = (Faults::default(), Vec::new());
    for pair in 1..=pairs {
        let one = |stalled: u32, faults: &mut Faults| {
            let name = format!("pair {pair} of {pairs}, {stalled} viewers do not read");
            let outcome = run::run(options, stalled)?;
            table::print(&name, &outcome);
            faults.extend(&name, &outcome.faults);
            Ok::<_, String>(outcome)
        };
        let both = [one(0, &mut faults)?, one(options.stalled(), &mut faults)?];
        if both.iter().all(|outcome| outcome.measured.others() <= OTHERS_MAX) {
            quiet.push(both);
        }
    }
    println!("\n{} of {pairs} pairs had the machine to themselves and are compared", quiet.len());
    if quiet.is_empty() {
        let why = "no pair had the machine to itself, so p99 can not be judged";
        return if options.strict { Err(why.to_owned()) } else { Ok(faults) };
    }
    let ratio = print_ratios(&quiet);
    if options.strict && ratio > RATIO_MAX {
        faults.add("p99 too high", || {
            format!("p99 of readers is {ratio:.3} times as high; at most {RATIO_MAX} is allowed")
        });
    }
    Ok(faults)
}

/// Prints each class, and returns the ratio of all together.
fn print_ratios(pairs: &[[Outcome; 2]]) -> f64 {
    println!("p99 of readers without and with viewers who do not read, medians");
    let line = |name: &str, of: &dyn Fn(&Outcome) -> Duration| {
        let [without, with] = [0, 1].map(|side| median(pairs.iter().map(|pair| of(&pair[side]))));
        let ratio = with.as_secs_f64() / without.as_secs_f64().max(f64::MIN_POSITIVE);
        println!("  {name:<8} {:>10.3} ms {:>10.3} ms   ratio {ratio:.3}", ms(without), ms(with));
        ratio
    };
    line("high", &|outcome| outcome.latencies.classes.high[1]);
    line("normal", &|outcome| outcome.latencies.classes.normal[1]);
    line("low", &|outcome| outcome.latencies.classes.low[1]);
    line("all", &|outcome| outcome.latencies.all[1])
}

fn median(all: impl Iterator<Item = Duration>) -> Duration {
    let mut all: Vec<Duration> = all.collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
