//! Fan-out: one sender, many viewers; the clock stops when the last viewer has the last message.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bim::{Client, ConversationShortId, LiveEvent, LiveEvents, Priority};
use bim_benches::{Arena, ClientKeeps, LINKS, Latencies, Link, Report, ServerKeeps, link_name, room, run};
use tokio::task::JoinSet;

const BODY_BYTES: usize = 128;

/// Messages under way at once: fewer than a viewer's queue holds, so that nothing has to be left out.
const IN_FLIGHT: usize = 16;

/// Viewers that log in at the same time.
const LOGINS_AT_ONCE: usize = 16;

/// A run that takes longer has lost a message.
const RUN_TIMEOUT: Duration = Duration::from_secs(60);

fn main() {
    for link in LINKS {
        for (viewers, messages) in [(1, 10_000), (100, 1_000), (1_000, 100)] {
            run(async {
                tokio::time::timeout(RUN_TIMEOUT, fan_out(link, viewers, messages))
                    .await
                    .expect("every message arrives in time");
            });
        }
    }
}

async fn fan_out(link: Link, viewers: usize, messages: u64) {
    let arena = Arc::new(Arena::start(link, ServerKeeps::Memory, ClientKeeps::Memory).await);
    let sender = arena.logged_in("sender").await;
    let group = room(&sender).await;
    let rooms = join_all(&arena, group, viewers).await;
    let start = Instant::now();
    let mut watching = JoinSet::new();
    for (viewer, events) in rooms {
        watching.spawn(watch(viewer, events, messages, start));
    }
    send_all(&sender, group, messages, start).await;
    let mut latencies = Latencies::default();
    while let Some(seen) = watching.join_next().await {
        latencies.extend(seen.expect("a viewer does not panic"));
    }
    let elapsed = start.elapsed();
    let deliveries = messages * viewers as u64;
    let name = format!("fan-out/{}, {viewers} viewers, {BODY_BYTES} B", link_name(link));
    let bytes = deliveries * BODY_BYTES as u64;
    Report { name, messages: deliveries, bytes, elapsed, latencies: Some(latencies) }.print();
}

async fn join_all(
    arena: &Arc<Arena>,
    group: ConversationShortId,
    viewers: usize,
) -> Vec<(Client, LiveEvents)> {
    let (mut joining, mut rooms) = (JoinSet::new(), Vec::with_capacity(viewers));
    for number in 0..viewers {
        if joining.len() == LOGINS_AT_ONCE {
            rooms.extend(joining.join_next().await.map(|joined| joined.expect("a viewer joins")));
        }
        let arena = Arc::clone(arena);
        joining.spawn(async move {
            let client = arena.logged_in(format!("viewer-{number}").as_str()).await;
            let events = client.live_groups().events();
            client.live_groups().join_live_group(group).await.expect("a viewer joins");
            (client, events)
        });
    }
    rooms.extend(joining.join_all().await);
    rooms
}

/// Sends with the time of sending in the body.
async fn send_all(sender: &Client, group: ConversationShortId, messages: u64, start: Instant) {
    let live = sender.live_groups();
    let mut under_way = std::collections::VecDeque::new();
    for _ in 0..messages {
        if under_way.len() == IN_FLIGHT {
            settle(&mut under_way).await;
        }
        let body = format!("{:0BODY_BYTES$}", start.elapsed().as_nanos());
        let message = sender.create_text_message(body);
        under_way.push_back(live.send_live_group_message(&message, group, Priority::Normal));
    }
    while !under_way.is_empty() {
        settle(&mut under_way).await;
    }
}

async fn settle(under_way: &mut std::collections::VecDeque<bim::Sending>) {
    if let Some(sending) = under_way.pop_front() {
        sending.await.expect("the message is accepted");
    }
}

/// Counts messages until all have come; anything else than the next one is a failure.
async fn watch(_client: Client, mut events: LiveEvents, messages: u64, start: Instant) -> Latencies {
    let (mut latencies, mut last) = (Latencies::default(), 0);
    while last < messages {
        match events.next().await {
            Some(LiveEvent::Received(message)) => {
                assert_eq!(message.position.seq.0, last + 1, "a message is missing");
                last += 1;
                let sent = message.body.as_str().and_then(|body| body.parse().ok()).expect("a time is sent");
                latencies.add(start.elapsed().saturating_sub(Duration::from_nanos(sent)));
            }
            Some(LiveEvent::StateChanged(_)) => {}
            other => panic!("a message is missing: {other:?}"),
        }
    }
    latencies
}
