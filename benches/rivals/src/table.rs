//! Medians for people to read: a table for each load, with ratios to the raw limit.

use std::fmt::Write as _;

use bim_bench::LoadFigures;
use serde_json::Value;

use crate::{Report, Row};

/// What the load generator uses of its core when it is what limits.
const BUSY: f64 = 0.97;

/// The raw limits, at a rate and with messages in flight.
const LIMITS: [&str; 2] = ["raw-each", "raw-waiting"];

/// Medians for people to read.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    let loads = report.conditions.get("loads").and_then(Value::as_array).cloned().unwrap_or_default();
    for load in loads.iter().filter_map(Value::as_str) {
        one_load(&mut text, load, &report.medians);
    }
    line(&mut text, &conditions(&report.conditions));
    if report.medians.iter().any(|row| row.contestant == "bim-quic") {
        line(
            &mut text,
            "bim-quic: measured with the load generator of `bim bench`, which costs more on the other core",
        );
    }
    let busy = |row: &Row| row.figures.loads.iter().any(|load| load.generator_cores > BUSY);
    if report.medians.iter().any(busy) {
        line(
            &mut text,
            "note: where the load generator used its whole core, the server may be able to do more",
        );
    }
    report.left_out.iter().for_each(|sentence| line(&mut text, sentence));
    if report.faults.is_empty() {
        line(&mut text, "every message came to every viewer, once, in order and whole");
    }
    text
}

fn one_load(text: &mut String, load: &str, medians: &[Row]) {
    let of = |row: &Row| row.figures.loads.iter().find(|figures| figures.load == load).cloned();
    let limit = LIMITS[usize::from(load.ends_with("in flight"))];
    let limit = medians.iter().find(|row| row.contestant == limit).and_then(of);
    line(
        text,
        &format!(
            "{load:<14} {:>9} {:>7} {:>13} {:>9} {:>9} {:>7} {:>9} {:>6} {:>6}",
            "CPU-s/M", "x raw", "deliveries/s", "p50 ms", "p99 ms", "x raw", "KiB/idle", "lost", "core"
        ),
    );
    for row in medians {
        if let Some(figures) = of(row) {
            line(text, &one_row(row, &figures, limit.as_ref()));
        }
    }
    text.push('\n');
}

fn one_row(row: &Row, figures: &LoadFigures, limit: Option<&LoadFigures>) -> String {
    let cpu = figures.server_cpu_seconds_per_million_deliveries;
    let limits_cpu = limit.and_then(|limit| limit.server_cpu_seconds_per_million_deliveries);
    let p99 = figures.latency.p99_us;
    let memory = row.figures.memory.map(|memory| memory.idle_bytes_per_viewer / 1024.0);
    format!(
        "{:<14} {:>9} {:>7} {:>13.0} {:>9.2} {:>9.2} {:>7} {:>9} {:>6} {:>5.0}%",
        row.contestant,
        number(cpu, 3),
        ratio(cpu, limits_cpu),
        figures.deliveries_per_second,
        figures.latency.p50_us / 1e3,
        p99 / 1e3,
        ratio(Some(p99), limit.map(|limit| limit.latency.p99_us)),
        number(memory, 1),
        figures.lost,
        figures.generator_cores * 100.0,
    )
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

fn ratio(value: Option<f64>, limit: Option<f64>) -> String {
    number(value.zip(limit.filter(|limit| *limit > 0.0)).map(|(value, limit)| value / limit), 2)
}

fn conditions(conditions: &Value) -> String {
    let of = |name: &str| {
        conditions.get(name).map_or_else(String::new, |value| value.to_string().replace('"', ""))
    };
    let pinned = match (of("server_cores").as_str(), of("generator_cores").as_str()) {
        ("null", _) | (_, "null") => "nobody was kept to a core".to_owned(),
        (server, own) => format!("each server was kept to core {server}, the load generator to core {own}"),
    };
    format!(
        "{} viewers, {} bytes a message; {} s each after {} s, medians of {} rounds; {pinned}",
        of("viewers"),
        of("body_bytes"),
        of("measured_seconds"),
        of("warm_up_seconds"),
        of("rounds"),
    )
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use bim_bench::{CrowdFigures, Latency};
    use serde_json::json;

    use super::*;

    fn row(contestant: &'static str, cpu: f64, p99_us: f64) -> Row {
        let load = |load: &str, cpu| LoadFigures {
            load: load.into(),
            server_cpu_seconds_per_million_deliveries: Some(cpu),
            latency: Latency { p99_us, ..Latency::default() },
            ..LoadFigures::default()
        };
        let loads = vec![load("50/s", cpu), load("64 in flight", cpu / 10.0)];
        Row { contestant, figures: CrowdFigures { loads, ..CrowdFigures::default() } }
    }

    #[test]
    fn each_load_has_its_own_limit() {
        let medians =
            vec![row("raw-each", 4.0, 100.0), row("raw-waiting", 2.0, 50.0), row("bim-ws", 6.0, 150.0)];
        let conditions = json!({ "loads": ["50/s", "64 in flight"] });
        let report = Report {
            conditions,
            runs: vec![],
            medians,
            left_out: vec!["x is not installed".into()],
            faults: vec![],
        };
        let table = table(&report);
        let ratios: Vec<Vec<&str>> = table
            .lines()
            .filter(|line| line.starts_with("bim-ws"))
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .map(|words| vec![words[2], words[6]])
            .collect();
        assert_eq!(ratios, [["1.50", "1.50"], ["3.00", "3.00"]]);
        assert!(table.contains("x is not installed"));
    }
}
