//! What came of a run. Names and units of the fields are a promise to programs that read them as JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Faults, Histogram};

/// Latencies in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half are below.
    pub p50_us: f64,
    /// 99 of 100 are below.
    pub p99_us: f64,
    /// 999 of 1,000 are below.
    pub p999_us: f64,
    /// The longest.
    pub max_us: f64,
}

impl Latency {
    pub(crate) fn of(histogram: &Histogram) -> Self {
        let at = |part| histogram.quantile(part).as_nanos() as f64 / 1e3;
        Self { p50_us: at(0.5), p99_us: at(0.99), p999_us: at(0.999), max_us: at(1.0) }
    }
}

/// Memory of the server's process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Resident before anyone came, in bytes.
    pub before_bytes: u64,
    /// Resident when all had joined and nothing was sent, in bytes.
    pub idle_bytes: u64,
    /// The difference, for each who joined, in bytes. What the kernel holds for sockets is not in it.
    pub idle_bytes_per_viewer: f64,
    /// The most that was ever resident, in bytes.
    pub high_water_bytes: u64,
}

/// What was measured under one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadFigures {
    /// `50/s` or `64 in flight`.
    pub load: String,
    /// How long it was measured.
    pub seconds: f64,
    /// Messages that were accepted.
    pub messages_per_second: f64,
    /// Messages that came to somebody.
    pub deliveries_per_second: f64,
    /// Bytes of their bodies, in millions.
    pub body_megabytes_per_second: f64,
    /// CPU time of the server, its own and the kernel's for it; null when it is not on this machine.
    pub server_cpu_seconds_per_million_deliveries: Option<f64>,
    /// The part of one core that the server used.
    pub server_cores: Option<f64>,
    /// The same of this process.
    pub generator_cpu_seconds_per_million_deliveries: f64,
    /// The part of one core that this process used: near 1, it is what limits.
    pub generator_cores: f64,
    /// From the call that sends to the receipt at a viewer that reads.
    pub latency: Latency,
    /// Gap markers that viewers were sent.
    pub gap_markers: u64,
    /// Messages that they report as left out, of viewers that read and of those that stopped.
    pub left_out: u64,
    /// Viewers that stopped reading and were cut off for it.
    pub cut_off: u64,
    /// Messages of which a viewer that reads was told nothing. 0, or the run failed.
    pub lost: u64,
}

/// What came of one crowd.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CrowdFigures {
    /// Users who joined, senders included.
    pub joined: u32,
    /// Connections, logins and joins, one after the other, 64 at a time.
    pub joins_per_second: f64,
    /// Null when the server is not on this machine.
    pub memory: Option<Memory>,
    /// In the order of the plan.
    pub loads: Vec<LoadFigures>,
    /// What is off, in words; null when all is well.
    #[serde(skip)]
    pub faults: Faults,
}

/// What came of a join storm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StormFigures {
    /// Users who joined.
    pub joined: u32,
    /// From the first request to the last answer.
    pub joins_per_second: f64,
    /// From request to answer.
    pub latency: Latency,
    /// CPU time of the server for each thousand joins; null when it is not on this machine.
    pub server_cpu_seconds_per_thousand_joins: Option<f64>,
    /// How many are in by the server's own count, at the end.
    pub online_count: u64,
}

/// What came of durable sends: each sender waits for its verdict before it sends the next message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DurableFigures {
    /// Senders, each in a group of its own.
    pub senders: u32,
    /// Verdicts with one sender.
    pub acks_per_second_of_one: f64,
    /// From sending to verdict, with one.
    pub latency_of_one: Latency,
    /// Verdicts with all of them.
    pub acks_per_second: f64,
    /// From sending to verdict, with all.
    pub latency: Latency,
    /// With all, over with one.
    pub ratio: f64,
    /// From sending to verdict when all send half as much as they could.
    pub latency_at_half: Latency,
}

pub(crate) fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
}

pub(crate) fn per_million(cpu: Duration, count: u64) -> f64 {
    cpu.as_secs_f64() / (count.max(1)) as f64 * 1e6
}
