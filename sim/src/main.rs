//! Runs the simulation over many seeds; `cargo xtask sim` calls it.
#![expect(clippy::print_stdout, reason = "a command-line tool speaks by printing")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bim_sim::{Mode, Outcome, Plan, Run, Violation, bank, shrink};
use bim_types::Defect;
use clap::{Parser, ValueEnum};

/// Plays seeds until a promise is broken.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim")]
struct Options {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// Only this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// At most so many minutes of real time.
    #[arg(long)]
    minutes: Option<f64>,
    /// Only this mode; both without it.
    #[arg(long)]
    mode: Option<ModeName>,
    /// Only the faults with these numbers, separated by commas; `none` for none.
    #[arg(long)]
    keep: Option<String>,
    /// Threads; as many as there are cores without it.
    #[arg(long)]
    threads: Option<usize>,
    /// Plant this defect, to see what is found. Needs the feature `bug-bank`.
    #[arg(long)]
    defect: Option<String>,
    /// Plant each defect in turn, and print which seed found it.
    #[arg(long)]
    bug_bank: bool,
    /// Print everything that happens. For one seed.
    #[arg(long)]
    tell: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeName {
    Safety,
    Liveness,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Safety => Self::Safety,
            ModeName::Liveness => Self::Liveness,
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    std::panic::set_hook(Box::new(|_| {}));
    if options.bug_bank {
        return print_bank(options.seeds.min(2_000), options.threads);
    }
    if let Some(seed) = options.seed {
        return play_one(seed, &options);
    }
    play_many(&options)
}

fn modes(options: &Options) -> Vec<Mode> {
    options.mode.map_or_else(|| vec![Mode::Safety, Mode::Liveness], |mode| vec![mode.into()])
}

fn play_one(seed: u64, options: &Options) -> ExitCode {
    plant(options.defect.as_deref());
    let mut failed = false;
    for mode in modes(options) {
        let mut plan = Plan::draw(seed, mode);
        if let Some(keep) = &options.keep {
            let numbers: Vec<_> = keep.split(',').filter_map(|number| number.trim().parse().ok()).collect();
            plan = plan.keeping(&numbers);
        }
        let narrator: Option<fn(_, &bim_sim::Sight<'_>)> =
            options.tell.then_some(|at, sight| println!("{:>12} {sight:?}", bim_types::Mono::as_micros(at)));
        let outcome = Run::play_with(&plan, narrator);
        match &outcome.violation {
            Some(violation) => {
                failed = true;
                report(&plan, violation, options.keep.is_none(), &outcome, options.defect.as_deref());
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
        for _ in 0..threads(options.threads) {
            scope.spawn(|| {
                plant(options.defect.as_deref());
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || limit.is_some_and(|limit| began.elapsed() > limit) {
                        return;
                    }
                    for mode in modes(options) {
                        let plan = Plan::draw(seed, mode);
                        let outcome = Run::play(&plan);
                        let mut total = total.lock().expect("nobody panics with it");
                        total.runs += 1;
                        total.virtual_time += outcome.virtual_time;
                        total.accepted += outcome.accepted;
                        if let Some(violation) = &outcome.violation {
                            total.red += 1;
                            if total.red <= 5 {
                                report(&plan, violation, true, &outcome, options.defect.as_deref());
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
fn report(plan: &Plan, violation: &Violation, smaller: bool, outcome: &Outcome, defect: Option<&str>) {
    println!("RED seed {} {:?}: {violation}", plan.seed, plan.mode);
    if !smaller {
        return;
    }
    let (small, outcome) = shrink(plan, outcome.clone());
    let numbers: Vec<_> = small.faults.iter().map(|fault| fault.number.to_string()).collect();
    let keep = if numbers.is_empty() { "none".to_owned() } else { numbers.join(",") };
    let kinds: Vec<_> = small.faults.iter().map(|fault| fault.kind.name()).collect();
    let what = outcome.violation.map(|violation| violation.to_string()).unwrap_or_default();
    println!("  {} of {} faults are enough ({}): {what}", numbers.len(), plan.faults.len(), kinds.join(", "));
    let mode = if plan.mode == Mode::Safety { "safety" } else { "liveness" };
    let defect = defect.map(|name| format!(" --defect {name}")).unwrap_or_default();
    println!("  replay: cargo xtask sim --seed {} --mode {mode} --keep {keep}{defect}", plan.seed);
}

fn print_bank(seeds: u64, threads_wanted: Option<usize>) -> ExitCode {
    let finds = Mutex::new(Vec::new());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads(threads_wanted) {
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
fn plant(name: Option<&str>) {
    Defect::plant(name.and_then(Defect::of_name));
}

#[cfg(not(feature = "bug-bank"))]
fn plant(_name: Option<&str>) {}

fn threads(wanted: Option<usize>) -> usize {
    wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}
