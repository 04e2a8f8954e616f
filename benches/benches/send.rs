//! The send path: from the call to the verdict, with many messages under way and with one at a time.

use std::collections::VecDeque;
use std::time::Instant;

use bim::{Client, ConversationShortId, Priority};
use bim_benches::{Arena, ClientKeeps, LINKS, Latencies, Link, Report, ServerKeeps, link_name, room, run};

const IN_FLIGHT: usize = 64;

fn main() {
    for link in LINKS {
        for (size, messages) in [(16, 40_000), (1024, 20_000), (65_536, 1_000)] {
            run(pipelined(link, ServerKeeps::Memory, size, messages));
        }
    }
    run(pipelined(Link::WebSocket, ServerKeeps::Redb, 128, 10_000));
    run(one_at_a_time(Link::WebSocket, ServerKeeps::Memory));
    run(one_at_a_time(Link::Quic, ServerKeeps::Memory));
    run(one_at_a_time(Link::WebSocket, ServerKeeps::Redb));
}

async fn pipelined(link: Link, keeps: ServerKeeps, size: usize, messages: u64) {
    let arena = Arena::start(link, keeps, ClientKeeps::Memory).await;
    let client = arena.logged_in("sender").await;
    let group = room(&client).await;
    let (begin, mut latencies, mut under_way) = (Instant::now(), Latencies::default(), VecDeque::new());
    let body = "x".repeat(size);
    let live = client.live_groups();
    for _ in 0..messages {
        if under_way.len() == IN_FLIGHT {
            settle(&mut under_way, &mut latencies).await;
        }
        let message = client.create_text_message(&body);
        under_way
            .push_back((Instant::now(), live.send_live_group_message(&message, group, Priority::Normal)));
    }
    while !under_way.is_empty() {
        settle(&mut under_way, &mut latencies).await;
    }
    let elapsed = begin.elapsed();
    check(&client, group, messages).await;
    let name = format!("send/{}{}, {size} B, {IN_FLIGHT} under way", link_name(link), kept(keeps));
    Report { name, messages, bytes: messages * size as u64, elapsed, latencies: Some(latencies) }.print();
}

async fn one_at_a_time(link: Link, keeps: ServerKeeps) {
    let messages = 1_000;
    let arena = Arena::start(link, keeps, ClientKeeps::Memory).await;
    let client = arena.logged_in("sender").await;
    let group = room(&client).await;
    let (begin, mut latencies) = (Instant::now(), Latencies::default());
    let live = client.live_groups();
    for _ in 0..messages {
        let sent = Instant::now();
        let message = client.create_text_message("a line of chat that says something");
        live.send_live_group_message(&message, group, Priority::Normal)
            .await
            .expect("the message is accepted");
        latencies.add(sent.elapsed());
    }
    let elapsed = begin.elapsed();
    check(&client, group, messages).await;
    let name = format!("send/{}{}, 34 B, one at a time", link_name(link), kept(keeps));
    Report { name, messages, bytes: messages * 34, elapsed, latencies: Some(latencies) }.print();
}

async fn settle(under_way: &mut VecDeque<(Instant, bim::Sending)>, latencies: &mut Latencies) {
    if let Some((sent, sending)) = under_way.pop_front() {
        sending.await.expect("the message is accepted");
        latencies.add(sent.elapsed());
    }
}

/// Fails when the log does not hold exactly what was sent.
async fn check(client: &Client, group: ConversationShortId, messages: u64) {
    let live = client.live_groups();
    let sent =
        live.send_live_group_message(&client.create_text_message("last"), group, Priority::Normal).await;
    assert_eq!(sent.expect("the message is accepted").position.seq.0, messages + 1, "messages are missing");
}

fn kept(keeps: ServerKeeps) -> &'static str {
    match keeps {
        ServerKeeps::Memory => "",
        ServerKeeps::Redb => ", durable",
    }
}
