//! The send and receive paths through the fake server, on one thread and with tokio's clock paused: nothing but the work
//! itself is left. Beside the time, the allocations of a message are counted; they are the same in every run, so a change
//! of a few per cent shows on any machine. `fake_server.txt` holds what they were; `BIM_BENCH_ACCEPT=1` writes it anew.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bim::{Client, LiveEvent, LiveEvents, Priority};
use bim_benches::{Cost, Counts, room};
use bim_fake_server::FakeServer;

/// Requests that the client keeps under way.
const IN_FLIGHT: usize = 48;

/// Viewers of the receive path.
const VIEWERS: usize = 8;

/// Messages of one run.
const MESSAGES: u64 = 20_000;

fn main() {
    let mut counts = Counts::of("fake_server").chosen_by(std::env::args().skip(1));
    for size in [16, 128, 1024] {
        let name = format!("fake server/send, {size} B, {IN_FLIGHT} under way");
        counts.measure(&name, MESSAGES, size, || cost(|| send(size)));
        let name = format!("fake server/receive, {size} B, {VIEWERS} viewers");
        counts.measure(&name, MESSAGES * VIEWERS as u64, size, || cost(|| receive(size)));
    }
    counts.compare();
}

/// The time that a path says it took, and all allocations meanwhile.
fn cost(path: impl FnOnce() -> Duration) -> Cost {
    let mut elapsed = Duration::ZERO;
    let allocations = allocation_counter::measure(|| elapsed = path()).count_total;
    Cost { elapsed, allocations }
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
