//! Runs the simulation over many seeds; `cargo xtask sim` calls it.
#![expect(clippy::print_stdout, reason = "a command-line tool speaks by printing")]

mod options;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bim_sim::{Outcome, Plan, Run, Violation, bank, shrink};
use bim_types::Defect;
use clap::Parser;

use options::{Options, replay_line};

fn main() -> ExitCode {
    let options = Options::parse();
    if options.bug_bank {
        return print_bank(options.seeds.min(2_000), options.threads());
    }
    if let Some(seed) = options.seed {
        return play_one(seed, &options);
    }
    play_many(&options)
}

fn play_one(seed: u64, options: &Options) -> ExitCode {
    plant(options.defect);
    let mut failed = false;
    for mode in options.modes() {
        let mut plan = Plan::draw(seed, mode);
        if let Some(keep) = &options.keep {
            plan = plan.keeping(&keep.0);
        }
        let narrator: Option<fn(_, &bim_sim::Sight<'_>)> =
            options.tell.then_some(|at, sight| println!("{:>12} {sight:?}", bim_types::Mono::as_micros(at)));
        let outcome = Run::play_with(&plan, narrator);
        match &outcome.violation {
            Some(violation) => {
                failed = true;
                report(&plan, violation, options.keep.is_none(), &outcome, options.defect);
            }
            None => println!(
                "seed {seed} {mode:?}: green; {} seen, {} accepted, {:.0} s, trace {:016x}",
                outcome.seen,
                outcome.accepted,
                outcome.virtual_time.as_secs_f64(),
                outcome.hash
            ),
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[derive(Debug, Default)]
struct Total {
    runs: u64,
    virtual_time: Duration,
    accepted: u64,
    red: u64,
}

fn play_many(options: &Options) -> ExitCode {
    let began = Instant::now();
    let limit = options.minutes.map(|minutes| Duration::from_secs_f64(minutes.max(0.0) * 60.0));
    let (next, total) = (AtomicU64::new(options.from), Mutex::new(Total::default()));
    let end = options.from.saturating_add(options.seeds);
    std::thread::scope(|scope| {
        for _ in 0..options.threads() {
            scope.spawn(|| {
                plant(options.defect);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || limit.is_some_and(|limit| began.elapsed() > limit) {
                        return;
                    }
                    for mode in options.modes() {
                        let plan = Plan::draw(seed, mode);
                        let outcome = Run::play(&plan);
                        let mut total = total.lock().expect("nobody panics with it");
                        total.runs += 1;
                        total.virtual_time += outcome.virtual_time;
                        total.accepted += outcome.accepted;
                        if let Some(violation) = &outcome.violation {
                            total.red += 1;
                            if total.red <= 5 {
                                report(&plan, violation, true, &outcome, options.defect);
                            }
                        }
                    }
                }
            });
        }
    });
    let total = total.into_inner().expect("nobody panics with it");
    let real = began.elapsed().as_secs_f64();
    println!(
        "{} runs, {} red; {:.0} runs/s; {:.1} h of virtual time in {:.1} s ({:.0} times as fast); {} messages accepted",
        total.runs,
        total.red,
        total.runs as f64 / real,
        total.virtual_time.as_secs_f64() / 3_600.0,
        real,
        total.virtual_time.as_secs_f64() / real,
        total.accepted
    );
    if total.red == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says what is wrong, and the one line that replays it with as few faults as possible.
fn report(plan: &Plan, violation: &Violation, smaller: bool, outcome: &Outcome, defect: Option<Defect>) {
    println!("RED seed {} {:?}: {violation}", plan.seed, plan.mode);
    if !smaller {
        return;
    }
    let (small, outcome) = shrink(plan, outcome.clone());
    let kinds: Vec<_> = small.faults.iter().map(|fault| fault.kind.name()).collect();
    let what = outcome.violation.map(|violation| violation.to_string()).unwrap_or_default();
    println!(
        "  {} of {} faults are enough ({}): {what}",
        small.faults.len(),
        plan.faults.len(),
        kinds.join(", ")
    );
    println!("  replay: {}", replay_line(&small, defect));
}

fn print_bank(seeds: u64, threads: usize) -> ExitCode {
    let finds = Mutex::new(Vec::new());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
                    let Some(defect) = Defect::ALL.get(at) else { return };
                    let find = bank::look_for(*defect, seeds);
                    finds.lock().expect("nobody panics with it").push(find);
                }
            });
        }
    });
    let mut finds = finds.into_inner().expect("nobody panics with it");
    finds.sort_by_key(|find| find.defect);
    for find in &finds {
        match &find.found {
            Some((seed, mode, violation)) => {
                println!("{:<26} seed {seed:>4} {mode:<9?} {violation}", find.defect.name());
            }
            None => println!("{:<26} NOT FOUND in {seeds} seeds:{}", find.defect.name(), find.defect.about()),
        }
    }
    let found = finds.iter().filter(|find| find.found.is_some()).count();
    println!("{found} of {} defects found, each within {seeds} seeds", finds.len());
    if found == finds.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(feature = "bug-bank")]
fn plant(defect: Option<Defect>) {
    Defect::plant(defect);
}

#[cfg(not(feature = "bug-bank"))]
fn plant(_defect: Option<Defect>) {}
