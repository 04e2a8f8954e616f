//! The real server under load, killed again and again: what it acknowledged stays, once, where it was.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bim::{Client, ConversationShortId, GroupInfo, Priority, Seq};
use tokio::sync::Notify;

use crate::support::{PATIENCE, Server};

const KILLS: usize = 20;
const SENDERS: usize = 4;
const IN_FLIGHT: usize = 16;

/// Messages acknowledged between two kills, at least.
const BETWEEN_KILLS: usize = 50;

#[test]
fn twenty_kills_under_load_lose_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::unbounded(dir.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let owner = runtime.block_on(client(&server, "owner"));
    let group = runtime.block_on(room(&owner));
    let load = Arc::new(Load::default());
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| {
            let client = runtime.block_on(client(&server, &format!("sender-{number}")));
            runtime.spawn(send(client, group, number, Arc::clone(&load)))
        })
        .collect();
    for kill in 1..=KILLS {
        runtime.block_on(load.wait_for(kill * BETWEEN_KILLS));
        server.kill_and_restart();
    }
    load.stop.store(true, Ordering::Relaxed);
    let mut acknowledged = BTreeMap::new();
    for sender in senders {
        let sent = runtime.block_on(async { tokio::time::timeout(PATIENCE, sender).await });
        acknowledged.extend(sent.expect("a sender ends in time").unwrap());
    }
    let log = runtime.block_on(read_all(&owner, group));
    let positions: Vec<u64> = log.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(positions, (1..=log.len() as u64).collect::<Vec<_>>(), "numbers have no holes");
    let mut places: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (seq, text) in &log {
        places.entry(text).or_default().push(*seq);
    }
    assert!(acknowledged.len() >= KILLS * BETWEEN_KILLS);
    for (text, seq) in &acknowledged {
        assert_eq!(places.get(text.as_str()), Some(&vec![*seq]), "{text}");
    }
}

#[derive(Default)]
struct Load {
    stop: AtomicBool,
    acknowledged: AtomicUsize,
    more: Notify,
}

impl Load {
    async fn wait_for(&self, count: usize) {
        let reached = async {
            loop {
                let more = self.more.notified();
                if self.acknowledged.load(Ordering::Relaxed) >= count {
                    return;
                }
                more.await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("messages are acknowledged again after a kill");
    }
}

/// Sends until it is stopped; every message until it is acknowledged. Returns which stands where.
async fn send(
    client: Client,
    group: ConversationShortId,
    number: usize,
    load: Arc<Load>,
) -> Vec<(String, u64)> {
    let live = client.live_groups();
    live.join_live_group(group).await.unwrap();
    let (mut acknowledged, mut under_way, mut count) = (Vec::new(), VecDeque::new(), 0);
    loop {
        let stopped = load.stop.load(Ordering::Relaxed);
        if !stopped && under_way.len() < IN_FLIGHT {
            let message = client.create_text_message(format!("{number}/{count}"));
            count += 1;
            let sending = live.send_live_group_message(&message, group, Priority::Normal);
            under_way.push_back((message, sending));
            continue;
        }
        let Some((message, sending)) = under_way.pop_front() else { return acknowledged };
        match sending.await {
            Ok(sent) => {
                acknowledged.push((message.body().as_str().unwrap().to_owned(), sent.position.seq.0));
                load.acknowledged.fetch_add(1, Ordering::Relaxed);
                load.more.notify_waiters();
            }
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_millis(10))).await;
                let sending = live.send_live_group_message(&message, group, Priority::Normal);
                under_way.push_back((message, sending));
            }
        }
    }
}

async fn client(server: &Server, uid: &str) -> Client {
    let builder = Client::builder(1, uid).endpoint(&server.websocket).unwrap();
    let client = builder.build().await.unwrap();
    client.login(uid, server.token(uid)).await.unwrap();
    client
}

async fn room(owner: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let group = owner.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    owner.live_groups().join_live_group(group).await.unwrap();
    group
}

/// Every message of the group, by number.
async fn read_all(client: &Client, group: ConversationShortId) -> Vec<(u64, String)> {
    let (mut log, mut from) = (Vec::new(), Seq(1));
    loop {
        let read = client.live_groups().get_live_group_history(group, from, Seq::ZERO, 50).await;
        let page = match read {
            Ok(page) => page,
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                continue;
            }
        };
        let texts = page.list.iter().map(|m| (m.position.seq.0, m.body.as_str().unwrap().to_owned()));
        log.extend(texts);
        from = page.next_seq;
        if !page.has_more {
            return log;
        }
    }
}
