//! The send and receive paths through the fake server, on one thread and with tokio's clock paused: nothing but the work
//! itself is left. Beside the time, the allocations of a message are counted; they are the same in every run, so a change
//! of a few per cent shows on any machine. `fake_server.txt` holds what they were; `BIM_BENCH_ACCEPT=1` writes it anew.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

use allocation_counter::AllocationInfo;
use bim::{Client, LiveEvent, LiveEvents, Priority};
use bim_benches::{Report, room};
use bim_fake_server::FakeServer;

/// Requests that the client keeps under way.
const IN_FLIGHT: usize = 48;

/// Viewers of the receive path.
const VIEWERS: usize = 8;

/// Messages of one run.
const MESSAGES: u64 = 20_000;

/// Runs of each path. Their counts are compared, their best time is told.
const RUNS: usize = 3;

/// How much a count may grow against what it was, in per cent.
const GROWTH_MAX: f64 = 5.0;

fn main() {
    let mut counts = BTreeMap::new();
    for size in [16, 128, 1024] {
        let name = format!("fake server/send, {size} B, {IN_FLIGHT} under way");
        counts.insert(name.clone(), measure(&name, size, 1, || send(size)));
        let name = format!("fake server/receive, {size} B, {VIEWERS} viewers");
        counts.insert(name.clone(), measure(&name, size, VIEWERS as u64, || receive(size)));
    }
    compare(&counts);
}

/// The best time and the allocations of one message, which every run has to have the same.
fn measure(name: &str, size: usize, receivers: u64, path: impl Fn() -> Duration) -> f64 {
    let mut best = Duration::MAX;
    let mut counted: Vec<f64> = Vec::new();
    let messages = MESSAGES * receivers;
    for _ in 0..RUNS {
        let mut elapsed = Duration::ZERO;
        let allocations: AllocationInfo = allocation_counter::measure(|| elapsed = path());
        best = best.min(elapsed);
        counted.push(allocations.count_total as f64 / messages as f64);
    }
    let (least, most) = (min(&counted), -min(&counted.iter().map(|count| -count).collect::<Vec<_>>()));
    let spread = (most - least) / least * 100.0;
    assert!(spread < 1.0, "{name}: allocations differ by {spread:.2} % from run to run: {counted:?}");
    let name = format!("{name}: {least:.2} allocations");
    Report { name, messages, bytes: messages * size as u64, elapsed: best, latencies: None }.print();
    least
}

fn send(size: usize) -> Duration {
    alone(async {
        let server = start().await;
        let client = log_in(&server, "sender").await;
        let group = room(&client).await;
        let (live, body) = (client.live_groups(), "x".repeat(size));
        let (begin, mut under_way) = (Instant::now(), VecDeque::new());
        for _ in 0..MESSAGES {
            if under_way.len() == IN_FLIGHT
                && let Some(first) = under_way.pop_front()
            {
                settle(first).await;
            }
            let message = client.create_text_message(&body);
            under_way.push_back(live.send_live_group_message(&message, group, Priority::High));
        }
        for sending in under_way {
            settle(sending).await;
        }
        begin.elapsed()
    })
}

async fn settle(sending: bim::Sending) {
    sending.await.expect("the message is accepted");
}

fn receive(size: usize) -> Duration {
    alone(async {
        let server = start().await;
        let owner = log_in(&server, "owner").await;
        let group = room(&owner).await;
        let mut viewers = Vec::new();
        for number in 0..VIEWERS {
            let client = log_in(&server, &format!("viewer{number}")).await;
            client.live_groups().join_live_group(group).await.expect("the viewer comes in");
            viewers.push((client.live_groups().events(), client));
        }
        let body = "x".repeat(size);
        let begin = Instant::now();
        // A part at a time, so that no queue has to give anything up.
        for _ in 0..MESSAGES / 100 {
            server.deliver_as(bim::Priority::High, group, 100, |_| body.clone()).await;
            for (events, _) in &mut viewers {
                take(events, 100).await;
            }
        }
        begin.elapsed()
    })
}

async fn take(events: &mut LiveEvents, count: usize) {
    let mut left = count;
    while left > 0 {
        match events.next().await {
            Some(LiveEvent::Received(_)) => left -= 1,
            Some(LiveEvent::LeftOut(gap)) => panic!("messages were left out: {gap:?}"),
            Some(_) => {}
            None => panic!("the client stopped"),
        }
    }
}

async fn start() -> FakeServer {
    FakeServer::builder().without_budgets().start().await.expect("a server in memory starts")
}

async fn log_in(server: &FakeServer, name: &str) -> Client {
    let client = Client::builder(server.app_id(), name).dialer(server.dialer()).log(false).build().await;
    let client = client.expect("a client in memory starts");
    client.login(name, server.token(name)).await.expect("the login is accepted");
    client
}

/// One thread, and time that only moves when nothing else is to do.
fn alone<T>(path: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime starts").block_on(path)
}

fn min(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Holds the counts against what they were.
#[expect(clippy::print_stdout, reason = "a benchmark's result is its output")]
fn compare(counts: &BTreeMap<String, f64>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/fake_server.txt");
    if std::env::var_os("BIM_BENCH_ACCEPT").is_some() {
        let lines = counts.iter().map(|(name, count)| format!("{count:.2} {name}\n"));
        return std::fs::write(&file, lines.collect::<String>()).expect("the file can be written");
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let mut grown = false;
    for line in known.lines() {
        let Some((count, name)) = line.split_once(' ') else { continue };
        let (Ok(was), Some(is)) = (count.parse::<f64>(), counts.get(name)) else { continue };
        let growth = (is / was - 1.0) * 100.0;
        println!("{name:<44} {was:>8.2} -> {is:>8.2} allocations ({growth:+.1} %)");
        grown |= growth > GROWTH_MAX;
    }
    assert!(!grown, "more than {GROWTH_MAX} % more allocations; when it is meant: BIM_BENCH_ACCEPT=1");
}
