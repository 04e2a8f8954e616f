//! What is counted rather than timed: the same in every run and on every machine, so that a change of a few per cent shows.
//!
//! Each benchmark keeps what it counted in a text file beside it, a line each. `BIM_BENCH_ACCEPT=1` writes it anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Report;

/// Runs of each path. Their counts are compared, their best time is told.
const RUNS: usize = 3;

/// How much a count may grow against what it was, in per cent.
const GROWTH_MAX: f64 = 5.0;

/// How far counts may be apart from run to run, in per cent.
const SPREAD_MAX: f64 = 1.0;

/// What one run of a path cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Time.
    pub elapsed: Duration,
    /// Allocations of all messages together.
    pub allocations: u64,
}

/// What a benchmark counted.
#[derive(Clone, Debug)]
pub struct Counts {
    file: PathBuf,
    /// Only paths with this in their name are run.
    chosen: Option<String>,
    counted: BTreeMap<String, f64>,
}

impl Counts {
    /// Of a benchmark that keeps what it counts in `benches/NAME.txt`.
    #[must_use]
    pub fn of(benchmark: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
        Self { file: folder.join(format!("{benchmark}.txt")), chosen: None, counted: BTreeMap::new() }
    }

    /// Runs only the paths that the command line names by a part of their name, if it names any.
    #[must_use]
    pub fn chosen_by(self, mut arguments: impl Iterator<Item = String>) -> Self {
        let chosen = arguments.find(|argument| !argument.starts_with('-'));
        Self { chosen, ..self }
    }

    /// Runs a path of so many messages some times; tells its best time and the allocations of one message.
    ///
    /// # Panics
    ///
    /// When they are not the same in every run.
    pub fn measure(&mut self, name: &str, messages: u64, body_bytes: usize, path: impl Fn() -> Cost) {
        if self.chosen.as_ref().is_some_and(|chosen| !name.contains(chosen)) {
            return;
        }
        let costs: Vec<Cost> = (0..RUNS).map(|_| path()).collect();
        let each = |cost: &Cost| cost.allocations as f64 / messages as f64;
        let least = costs.iter().map(each).fold(f64::INFINITY, f64::min);
        let most = costs.iter().map(each).fold(0.0, f64::max);
        let spread = growth(least, most);
        assert!(
            spread < SPREAD_MAX,
            "{name}: allocations differ by {spread:.2} % from run to run: {costs:?}"
        );
        let elapsed = costs.iter().map(|cost| cost.elapsed).min().unwrap_or_default();
        let told = format!("{name}: {} allocations", digits(least));
        let bytes = messages * body_bytes as u64;
        Report { name: told, messages, bytes, elapsed, latencies: None }.print();
        self.counted.insert(name.to_owned(), least);
    }

    /// Holds the counts against what they were, or keeps them.
    ///
    /// # Panics
    ///
    /// When one has grown by more than 5 %, or the file can not be written.
    #[expect(clippy::print_stdout, reason = "a benchmark's result is its output")]
    pub fn compare(&self) {
        if std::env::var_os("BIM_BENCH_ACCEPT").is_some() && self.chosen.is_none() {
            let lines = self.counted.iter().map(|(name, count)| format!("{} {name}\n", digits(*count)));
            return std::fs::write(&self.file, lines.collect::<String>()).expect("the file can be written");
        }
        let known = std::fs::read_to_string(&self.file).unwrap_or_default();
        let mut grown = false;
        for (name, was, is) in self.known(&known) {
            let growth = growth(was, is);
            let (was, is) = (digits(was), digits(is));
            println!("{name:<44} {was:>8} -> {is:>8} allocations ({growth:+.1} %)");
            grown |= growth > GROWTH_MAX;
        }
        assert!(!grown, "more than {GROWTH_MAX} % more allocations; when it is meant: BIM_BENCH_ACCEPT=1");
    }

    /// What was counted before and now: name, before, now.
    fn known<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'a str, f64, f64)> {
        text.lines().filter_map(|line| {
            let (count, name) = line.split_once(' ')?;
            Some((name, count.parse().ok()?, *self.counted.get(name)?))
        })
    }
}

/// In per cent; what does not show in the digits that are kept is no growth.
fn growth(was: f64, is: f64) -> f64 {
    if digits(was) == digits(is) { 0.0 } else { (is - was) / was.max(0.0001) * 100.0 }
}

/// Two behind the point, and four of what is shared by many messages.
fn digits(count: f64) -> String {
    if count < 1.0 { format!("{count:.4}") } else { format!("{count:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_in_per_cent_and_from_nothing_it_is_much() {
        assert!((growth(2.0, 2.1) - 5.0).abs() < 1e-9);
        assert_eq!(growth(9.284, 9.28), 0.0);
        assert!(growth(0.0, 1.0) > 1_000.0);
        assert!(growth(0.0625, 0.0938) > 50.0);
        assert!(growth(4.0, 3.0) < 0.0);
    }

    #[test]
    fn what_is_in_the_file_and_was_counted_again_is_compared() {
        let mut counts = Counts::of("none");
        counts.counted.insert("a path, 16 B".into(), 3.0);
        let known: Vec<_> = counts.known("2.00 a path, 16 B\n1.00 gone\nnonsense\n").collect();
        assert_eq!(known, [("a path, 16 B", 2.0, 3.0)]);
    }

    #[test]
    fn what_was_not_chosen_is_not_run() {
        let arguments = ["--bench", "send"].map(str::to_owned).into_iter();
        let mut counts = Counts::of("none").chosen_by(arguments);
        counts.measure("a path/receive", 1, 0, || panic!("it was not chosen"));
        counts.measure("a path/send", 1, 0, Cost::default);
        assert_eq!(counts.counted.len(), 1);
    }

    #[test]
    #[should_panic(expected = "allocations differ")]
    fn counts_that_differ_from_run_to_run_are_none() {
        let runs = std::cell::Cell::new(100);
        Counts::of("none").measure("a path", 1, 0, || {
            runs.set(runs.get() + 10);
            Cost { elapsed: Duration::from_nanos(1), allocations: runs.get() }
        });
    }
}
