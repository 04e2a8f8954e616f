//! The table of a comparison: medians of both trees, and whether they differ by more than the runs of one tree do.

use std::fmt;

use super::figures::{Figure, Measure};

/// Whose figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The revision's.
    Before,
    /// This tree's.
    Now,
}

impl Side {
    /// What its files are called.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Now => "now",
        }
    }
}

/// Figures of all runs, in the order in which they came first.
#[derive(Debug)]
pub(crate) struct Table {
    revision: String,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    measure: Measure,
    before: Vec<f64>,
    now: Vec<f64>,
}

impl Table {
    /// None yet. The revision's name heads its column.
    pub(crate) fn new(revision: &str) -> Self {
        Self { revision: revision.to_owned(), rows: Vec::new() }
    }

    /// Takes a figure of one run.
    pub(crate) fn add(&mut self, side: Side, figure: Figure) {
        let Figure { name, measure, value } = figure;
        let known = self.rows.iter().position(|row| row.name == name && row.measure == measure);
        let at = known.unwrap_or_else(|| {
            self.rows.push(Row { name, measure, before: Vec::new(), now: Vec::new() });
            self.rows.len() - 1
        });
        let Some(row) = self.rows.get_mut(at) else { return };
        match side {
            Side::Before => row.before.push(value),
            Side::Now => row.now.push(value),
        }
    }

    /// Whether no figure came.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Row {
    /// How far apart the runs of one tree are, in parts of their median; of the tree where it is more.
    fn spread(&self) -> f64 {
        spread(&self.before).max(spread(&self.now))
    }

    /// This tree's median for each of the revision's. None when one of them has no such figure.
    fn ratio(&self) -> Option<f64> {
        let (before, now) = (median(&self.before)?, median(&self.now)?);
        match (before == 0.0, now == 0.0) {
            (true, true) => Some(1.0),
            (true, false) => None,
            (false, _) => Some(now / before),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.ratio() {
            None if self.before.is_empty() => "only here",
            None if self.now.is_empty() => "gone here",
            None => "from none",
            Some(ratio) if (ratio - 1.0).abs() <= self.spread() => "within spread",
            Some(ratio) if (ratio > 1.0) == self.measure.more_is_better() => "better",
            Some(_) => "worse",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = self.rows.iter().map(|row| row.name.chars().count());
        let (wide, column) = (lengths.max().unwrap_or(0), self.revision.chars().count().max(12));
        writeln!(
            f,
            "{:<wide$}  {:<12} {:>column$} {:>12} {:>7} {:>8}",
            "name", "measure", self.revision, "this tree", "ratio", "spread"
        )?;
        for row in &self.rows {
            let ratio = row.ratio().map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}"));
            writeln!(
                f,
                "{:<wide$}  {:<12} {:>column$} {:>12} {ratio:>7} {:>6.1} %  {}",
                row.name,
                row.measure.name(),
                shown(median(&row.before)),
                shown(median(&row.now)),
                row.spread() * 100.0,
                row.verdict(),
            )?;
        }
        write!(
            f,
            "ratio: this tree / {}; spread: of the runs of one tree, largest less smallest",
            self.revision
        )
    }
}

fn shown(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value >= 10_000.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = sorted.get((sorted.len() / 2).checked_sub(1)?)?;
    Some(f64::midpoint(*lower, upper))
}

fn spread(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    match (sorted.first(), sorted.last(), median(&sorted)) {
        (Some(least), Some(most), Some(median)) if median > 0.0 => (most - least) / median,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Measure, Side, Table, median};

    fn table(figures: &[(&str, Measure, &[f64], &[f64])]) -> Table {
        let mut table = Table::new("1a2b3c4");
        for (name, measure, before, now) in figures {
            let figure = |value: &f64| Figure { name: (*name).to_owned(), measure: *measure, value: *value };
            before.iter().for_each(|value| table.add(Side::Before, figure(value)));
            now.iter().for_each(|value| table.add(Side::Now, figure(value)));
        }
        table
    }

    #[test]
    fn the_table_shows_medians_ratio_spread_and_what_to_think_of_it() {
        let table = table(&[
            ("send/memory", Measure::MessagesPerSecond, &[100_000.0, 101_000.0, 99_000.0], &[150_000.0; 3]),
            ("send/memory", Measure::Allocations, &[20.0, 20.0, 20.0], &[21.0, 21.0, 21.0]),
            ("live/encode", Measure::Nanoseconds, &[50.0, 60.0, 55.0], &[56.0, 57.0, 55.0]),
            ("new", Measure::Nanoseconds, &[], &[1.0]),
            ("old", Measure::Nanoseconds, &[1.0], &[]),
        ]);
        let expected = "\
name         measure           1a2b3c4    this tree   ratio   spread
send/memory  messages/s         100000       150000   1.500    2.0 %  better
send/memory  allocations         20.00        21.00   1.050    0.0 %  worse
live/encode  ns                  55.00        56.00   1.018   18.2 %  within spread
new          ns                      –         1.00       –    0.0 %  only here
old          ns                   1.00            –       –    0.0 %  gone here
ratio: this tree / 1a2b3c4; spread: of the runs of one tree, largest less smallest";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn the_median_is_the_middle_one_or_the_mean_of_two() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn a_count_that_comes_from_none_has_no_ratio() {
        let table = table(&[
            ("a", Measure::Allocations, &[0.0], &[0.0]),
            ("b", Measure::Allocations, &[0.0], &[2.0]),
        ]);
        let shown = table.to_string();
        assert!(shown.contains("1.000    0.0 %  within spread"), "{shown}");
        assert!(shown.contains("–    0.0 %  from none"), "{shown}");
    }
}
