//! Reads the lines that benchmarks print for people.
//!
//! ```text
//! send/memory, 16 B, 64 under way      123456 messages/s   1.98 MB/s   p50 9 µs  p99 20 µs  max 80 µs
//! fake server/send, 16 B: 31.02 allocations     98765 messages/s      1.58 MB/s
//! live_message/encode/16  time:   [57.31 ns 58.02 ns 58.90 ns]
//! ```
//!
//! Rates, times and what is counted (allocations, instructions) are taken; throughput says the same again, and latency
//! percentiles of runs this short say little.

/// One figure of one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// What was measured, without the figures that a name may end with.
    pub(crate) name: String,
    /// How it was measured.
    pub(crate) measure: Measure,
    /// In the measure's unit.
    pub(crate) value: f64,
}

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// More is better.
    MessagesPerSecond,
    /// Nanoseconds for one iteration; less is better.
    Nanoseconds,
    /// For each message; less is better.
    Allocations,
    /// For each message; less is better.
    Instructions,
}

impl Measure {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MessagesPerSecond => "messages/s",
            Self::Nanoseconds => "ns",
            Self::Allocations => "allocations",
            Self::Instructions => "instructions",
        }
    }

    /// Whether more of it is better.
    pub(crate) fn more_is_better(self) -> bool {
        self == Self::MessagesPerSecond
    }

    /// Counted, not timed: the same in every run.
    fn counted(unit: &str) -> Option<Self> {
        match unit.trim_matches(|c: char| !c.is_alphabetic()) {
            "allocation" | "allocations" => Some(Self::Allocations),
            "instruction" | "instructions" => Some(Self::Instructions),
            _ => None,
        }
    }
}

/// Every figure in what a benchmark printed, in order.
pub(crate) fn read(printed: &str) -> Vec<Figure> {
    let (mut figures, mut above) = (Vec::new(), "");
    for line in printed.lines() {
        if line.contains(" messages/s") {
            figures.extend(report(line));
        } else if let Some((name, times)) = line.split_once("time:") {
            // Criterion puts a long name on a line of its own.
            let name = if name.trim().is_empty() { above } else { name.trim() };
            figures.extend(middle(times).map(|value| figure(name, Measure::Nanoseconds, value)));
        }
        if !line.trim().is_empty() {
            above = line.trim();
        }
    }
    figures
}

fn figure(name: &str, measure: Measure, value: f64) -> Figure {
    Figure { name: name.to_owned(), measure, value }
}

/// A line of this project's own: its rate, and whatever it counted.
fn report(line: &str) -> Vec<Figure> {
    let Some((before, after)) = line.split_once(" messages/s") else { return Vec::new() };
    let Some((title, rate)) = before.trim_end().rsplit_once(' ') else { return Vec::new() };
    let Ok(rate) = rate.parse::<f64>() else { return Vec::new() };
    let title = title.trim();
    // What a name ends with after a colon may be what was counted; then it is no part of the name.
    let (name, told) = match title.rsplit_once(": ") {
        Some((name, told)) if !counts(told).is_empty() => (name, told),
        _ => (title, ""),
    };
    let rate = figure(name, Measure::MessagesPerSecond, rate);
    let counted = counts(told).into_iter().chain(counts(after));
    std::iter::once(rate).chain(counted.map(|(measure, value)| figure(name, measure, value))).collect()
}

/// Numbers that are followed by something counted.
fn counts(text: &str) -> Vec<(Measure, f64)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter_map(|pair| <[&str; 2]>::try_from(pair).ok());
    pairs.filter_map(|[value, unit]| Some((Measure::counted(unit)?, value.parse().ok()?))).collect()
}

/// Criterion's estimate, in nanoseconds, from `[low unit, estimate unit, high unit]`; a change in per cent is none.
fn middle(times: &str) -> Option<f64> {
    let inner = times.trim().strip_prefix('[')?.split(']').next()?;
    let mut words = inner.split_whitespace().skip(2);
    let (value, unit) = (words.next()?.parse::<f64>().ok()?, words.next()?);
    let nanoseconds = match unit {
        "ps" => 1e-3,
        "ns" => 1.0,
        "µs" | "us" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(value * nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::{Figure, Measure, read};

    fn only(printed: &str) -> Figure {
        let read = read(printed);
        assert_eq!(read.len(), 1, "{read:?}");
        read.into_iter().next().unwrap()
    }

    #[test]
    fn a_rate_is_read_and_latencies_and_throughput_are_not() {
        let figure = only(
            "send/memory, 16 B, 64 under way                   123456 messages/s      1.98 MB/s   p50 9 µs  p99 20 µs  max 80 µs\n",
        );
        assert_eq!(figure.name, "send/memory, 16 B, 64 under way");
        assert_eq!((figure.measure, figure.value), (Measure::MessagesPerSecond, 123_456.0));
    }

    #[test]
    fn what_was_counted_is_read_from_the_name_or_from_behind_the_rate() {
        let name = "fake server/send, 16 B, 48 under way";
        for line in [
            format!("{name}: 31.02 allocations       98765 messages/s      1.58 MB/s"),
            format!("{name}                          98765 messages/s      1.58 MB/s   31.02 allocations"),
            format!("{name}: 31.02 allocations, 900 B      98765 messages/s      1.58 MB/s"),
        ] {
            let read = read(&line);
            let taken: Vec<_> =
                read.iter().map(|figure| (&*figure.name, figure.measure, figure.value)).collect();
            let expected =
                [(name, Measure::MessagesPerSecond, 98_765.0), (name, Measure::Allocations, 31.02)];
            assert_eq!(taken, expected);
        }
        let counted = read("codec/x: 2.00 allocations, 812.5 instructions   5 messages/s   0.00 MB/s");
        assert_eq!(
            counted.last().map(|figure| (figure.measure, figure.value)),
            Some((Measure::Instructions, 812.5))
        );
    }

    #[test]
    fn a_name_with_a_colon_that_counts_nothing_keeps_it() {
        assert_eq!(only("send: durable   5 messages/s   0.00 MB/s").name, "send: durable");
    }

    #[test]
    fn criterions_estimate_is_read_in_nanoseconds_and_its_change_in_per_cent_is_not() {
        let printed = "\
live_message/encode/16  time:   [57.31 ns 58.02 ns 58.90 ns]
                        thrpt:  [16.978 Melem/s 17.234 Melem/s 17.449 Melem/s]
                 change:
                        time:   [-1.2000% +0.3000% +2.0000%] (p = 0.70 > 0.05)
                        thrpt:  [-1.9000% -0.3000% +1.2000%]
                        No change in performance detected.
Found 1 outliers among 20 measurements (5.00%)
live_message_with_a_long_name/decode/65536
                        time:   [3.1000 µs 3.2000 µs 3.3000 µs]
";
        let read = read(printed);
        let taken: Vec<_> = read.iter().map(|figure| (&*figure.name, figure.value)).collect();
        let expected =
            [("live_message/encode/16", 58.02), ("live_message_with_a_long_name/decode/65536", 3200.0)];
        assert_eq!(taken, expected);
    }

    #[test]
    fn what_is_no_figure_is_passed_over() {
        let printed =
            "fake server/send, 16 B    31.00 ->    31.02 allocations (+0.1 %)\n messages/s\ntime: [a b]\n";
        assert_eq!(read(printed), []);
    }
}
