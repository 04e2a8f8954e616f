//! The course of one contestant's run.

use std::time::{Duration, Instant};

use bim_bench::{CpuTime, CrowdFigures, Histogram, Latency, Load, LoadFigures, Memory, Usage};

use super::Plan;
use super::pace::Pace;
use super::room::Room;
use crate::{Entrance, RivalError};

/// How long everyone may take to get what was sent when nothing more is.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long everyone goes on reading then, so that what comes twice is seen.
const AFTERMATH: Duration = Duration::from_millis(50);

/// What was counted until a moment.
struct Count {
    at: Instant,
    deliveries: u64,
    sent: u64,
    server: Option<CpuTime>,
    own: Option<CpuTime>,
}

/// Lets everyone in, measures memory and every load.
///
/// # Errors
///
/// Something failed, or a message was lost, doubled or changed.
pub(crate) fn run(entrance: &mut dyn Entrance, plan: &Plan) -> Result<CrowdFigures, RivalError> {
    let pid = entrance.pid();
    let before = Usage::of(pid);
    let began = Instant::now();
    let mut room = Room::fill(entrance, plan.viewers, plan.body_bytes)?;
    let joins_per_second = plan.viewers as f64 / began.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
    room.go_on(plan.idle, false)?;
    let memory = memory(&before, &Usage::of(pid), plan.viewers);
    let loads = plan.loads.iter().map(|load| measure(&mut room, *load, plan, pid));
    Ok(CrowdFigures {
        joined: u32::try_from(plan.viewers).unwrap_or(u32::MAX),
        joins_per_second,
        memory: (before != Usage::default()).then_some(memory),
        loads: loads.collect::<Result<_, _>>()?,
        ..CrowdFigures::default()
    })
}

fn measure(room: &mut Room, load: Load, plan: &Plan, pid: u32) -> Result<LoadFigures, RivalError> {
    room.pace = Pace::of(load, &room.book);
    room.go_on(plan.warm_up, false)?;
    room.book.open_window();
    let from = count(room, pid);
    room.go_on(plan.measured, false)?;
    let to = count(room, pid);
    room.book.close_window();
    room.pace = Pace::rest();
    room.go_on(SETTLE_TIMEOUT, true)?;
    room.go_on(AFTERMATH, false)?;
    let lost = room.lost();
    if lost > 0 {
        return Err(RivalError::Books(format!(
            "{lost} deliveries are missing {SETTLE_TIMEOUT:?} after the last message"
        )));
    }
    Ok(figures(load, plan, &from, &to, &room.book.take_latencies()))
}

fn count(room: &Room, pid: u32) -> Count {
    let (server, own) = (CpuTime::of(pid), CpuTime::of(std::process::id()));
    Count { at: Instant::now(), deliveries: room.book.deliveries, sent: room.book.sent, server, own }
}

fn figures(load: Load, plan: &Plan, from: &Count, to: &Count, latencies: &Histogram) -> LoadFigures {
    let seconds = (to.at - from.at).as_secs_f64().max(f64::MIN_POSITIVE);
    let deliveries = (to.deliveries - from.deliveries) as f64;
    let spent = |to: &Option<CpuTime>, from: &Option<CpuTime>| {
        let spent = to.as_ref().zip(from.as_ref()).map(|(to, from)| to.since(from));
        spent.map(|cpu| cpu.as_secs_f64())
    };
    let (server, own) = (spent(&to.server, &from.server), spent(&to.own, &from.own).unwrap_or_default());
    let per_million = |cpu: f64| cpu / deliveries.max(1.0) * 1e6;
    let micros = |part| latencies.quantile(part).as_nanos() as f64 / 1e3;
    LoadFigures {
        load: load.to_string(),
        seconds,
        messages_per_second: (to.sent - from.sent) as f64 / seconds,
        deliveries_per_second: deliveries / seconds,
        body_megabytes_per_second: deliveries * plan.body_bytes as f64 / seconds / 1e6,
        server_cpu_seconds_per_million_deliveries: server.map(per_million),
        server_cores: server.map(|cpu| cpu / seconds),
        generator_cpu_seconds_per_million_deliveries: per_million(own),
        generator_cores: own / seconds,
        latency: Latency {
            p50_us: micros(0.5),
            p99_us: micros(0.99),
            p999_us: micros(0.999),
            max_us: micros(1.0),
        },
        ..LoadFigures::default()
    }
}

fn memory(before: &Usage, idle: &Usage, viewers: usize) -> Memory {
    Memory {
        before_bytes: before.rss,
        idle_bytes: idle.rss,
        idle_bytes_per_viewer: idle.rss.saturating_sub(before.rss) as f64 / viewers.max(1) as f64,
        high_water_bytes: idle.rss_max,
    }
}
