//! What a bench came to, for people.

use std::fmt::Write as _;

use bim_bench::{CrowdFigures, DurableFigures, Latency, LoadFigures, Memory, StormFigures};
use serde_json::Value;

use super::report::{Figures, Report, Summary};

/// The part of its core from which on the load generator is said to be what limits.
const BUSY: f64 = 0.9;

/// The heading of loads, and of what is known of each.
const LOADS: &str = "via   load            messages/s  deliveries/s     MB/s  CPU-s/M   core    p50 ms    p99 ms  p99.9 ms    max ms      gaps  cut  lost";

/// The whole report.
pub(super) fn of(report: &Report) -> String {
    let (mut text, summaries) = (String::new(), report.summaries());
    if summaries.iter().any(|summary| matches!(summary.medians, Figures::Crowd(_))) {
        line(&mut text, LOADS);
    }
    for Summary { transport, runs, medians, spreads } in &summaries {
        match medians {
            Figures::Crowd(crowd) => loads(&mut text, transport, *runs, crowd, spreads),
            Figures::Storm(storm) => storms(&mut text, transport, storm),
            Figures::Durable(durable) => durables(&mut text, transport, durable),
        }
    }
    line(&mut text, "");
    for Summary { transport, medians, .. } in &summaries {
        if let Figures::Crowd(crowd) = medians {
            crowd_line(&mut text, transport, crowd);
        }
    }
    conditions(&mut text, report, &summaries);
    text.trim_end().to_owned()
}

fn loads(text: &mut String, transport: &str, runs: usize, crowd: &CrowdFigures, spreads: &Value) {
    for (at, load) in crowd.loads.iter().enumerate() {
        let LoadFigures { latency, .. } = load;
        let name = format!("{transport:<5} {:<14}", load.load);
        let rates = format!(
            "{:>11.1} {:>13.0} {:>8.1}",
            load.messages_per_second, load.deliveries_per_second, load.body_megabytes_per_second
        );
        let cpu =
            load.server_cpu_seconds_per_million_deliveries.map_or("-".to_owned(), |cpu| format!("{cpu:.3}"));
        let generator = load.generator_cores * 100.0;
        let losses = format!("{:>9} {:>4} {:>5}", load.left_out, load.cut_off, load.lost);
        line(text, &format!("{name} {rates} {cpu:>8} {generator:>4.0} % {} {losses}", latencies(latency)));
        if runs > 1 {
            let of = |name: &str| spreads["loads"][at][name].as_f64().unwrap_or_default() * 50.0;
            let (deliveries, cpu) =
                (of("deliveries_per_second"), of("server_cpu_seconds_per_million_deliveries"));
            line(text, &format!("        ± of {runs} runs {deliveries:>20.1} % {cpu:>15.1} %"));
        }
    }
}

fn latencies(latency: &Latency) -> String {
    let all = [latency.p50_us, latency.p99_us, latency.p999_us, latency.max_us];
    all.map(|micros| format!("{:>9.2}", micros / 1e3)).join(" ")
}

fn crowd_line(text: &mut String, transport: &str, crowd: &CrowdFigures) {
    let joined =
        format!("{transport}: {} users joined, {:.0} a second", crowd.joined, crowd.joins_per_second);
    let memory = crowd.memory.map_or_else(String::new, |memory| {
        let Memory { before_bytes, idle_bytes, idle_bytes_per_viewer, high_water_bytes } = memory;
        let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
        format!(
            "; memory {:.1} KiB for each, idle ({:.1} MiB before, {:.1} with all, {:.1} at most)",
            idle_bytes_per_viewer / 1024.0,
            mib(before_bytes),
            mib(idle_bytes),
            mib(high_water_bytes),
        )
    });
    line(text, &(joined + &memory));
}

fn storms(text: &mut String, transport: &str, storm: &StormFigures) {
    line(
        text,
        &format!(
            "{transport}: {} users joined at once, {:.0} joins/s; p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms; the server counts {}",
            storm.joined,
            storm.joins_per_second,
            storm.latency.p50_us / 1e3,
            storm.latency.p99_us / 1e3,
            storm.latency.max_us / 1e3,
            storm.online_count,
        ),
    );
    if let Some(cpu) = storm.server_cpu_seconds_per_thousand_joins {
        line(text, &format!("{transport}: {:.1} CPU-ms of the server for each thousand joins", cpu * 1e3));
    }
}

fn durables(text: &mut String, transport: &str, durable: &DurableFigures) {
    line(text, "via   senders               acks/s    p50 ms    p99 ms  p99.9 ms    max ms");
    let all = durable.senders.to_string();
    let half = format!("{all}, half as much");
    for (senders, acks, latency) in [
        ("1", durable.acks_per_second_of_one, &durable.latency_of_one),
        (&all, durable.acks_per_second, &durable.latency),
        (&half, durable.acks_per_second / 2.0, &durable.latency_at_half),
    ] {
        line(text, &format!("{transport:<5} {senders:<18} {acks:>9.0} {}", latencies(latency)));
    }
    line(
        text,
        &format!("{transport}: {} senders get {:.1} times as many verdicts as one", all, durable.ratio),
    );
}

fn conditions(text: &mut String, report: &Report, summaries: &[Summary]) {
    let of = |name: &str| report.conditions[name].to_string().replace('"', "");
    line(
        text,
        &format!(
            "{} bytes a message, {}; {} s each after {} s{}",
            of("body_bytes"),
            of("classes"),
            of("measured_seconds"),
            of("warm_up_seconds"),
            if of("runs") == "1" { String::new() } else { format!("; medians of {} runs", of("runs")) },
        ),
    );
    let placement = &report.placement;
    let server = placement.server.as_ref().map(|cores| format!("the server was kept to core {cores}"));
    let own = placement.own.as_ref().map(|cores| format!("the load generator was kept to core {cores}"));
    let pinned: Vec<String> = server.into_iter().chain(own).chain(placement.unpinned.clone()).collect();
    line(text, &pinned.join(", "));
    let crowds = summaries.iter().filter_map(|summary| match &summary.medians {
        Figures::Crowd(crowd) => Some(crowd),
        Figures::Storm(_) | Figures::Durable(_) => None,
    });
    let loads: Vec<&LoadFigures> = crowds.flat_map(|crowd| &crowd.loads).collect();
    if loads.iter().any(|load| load.generator_cores > BUSY) {
        line(text, "note: the load generator used its whole core, so the server may be able to do more");
    }
    if of("stalled_percent") != "0" && loads.iter().all(|load| load.left_out + load.cut_off == 0) {
        line(
            text,
            "note: what was sent fitted the buffers of those who did not read; more --seconds or --body does not",
        );
    }
    if !loads.is_empty() && report.fault().is_none() {
        line(text, "every message that was accepted came to every viewer, or was reported to it as left out");
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
