//! The facade against the real engine, in process: what each end believes of the other has to be true.
#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

use std::collections::BTreeMap;
use std::time::Duration;

use bim::{Client, ConversationShortId, GroupInfo, LiveEvent, Priority, Seq};
use bim_fake_server::FakeServer;

const MESSAGES: u64 = 3_000;

async fn client(server: &FakeServer, uid: &str) -> Client {
    let client = Client::builder(server.app_id(), uid).dialer(server.dialer()).build().await.unwrap();
    client.login(uid, server.token(uid)).await.unwrap();
    client
}

async fn room(client: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = client.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    client.live_groups().join_live_group(id).await.unwrap();
    id
}

/// A server without budgets, so that only loss can stop a message.
async fn generous() -> FakeServer {
    let builder = FakeServer::builder().limits(|limits| {
        limits.room_high_per_second = 1_000_000;
        limits.room_shared_per_second = 1_000_000;
        limits.sender_per_second = 1_000_000;
        limits.sender_burst = 1_000_000;
    });
    builder.start().await.unwrap()
}

/// Sends everything in order, many under way; what comes to nothing is sent again under its id.
async fn send_all(client: Client, id: ConversationShortId) -> Vec<Seq> {
    let live = client.live_groups();
    let mut positions = Vec::new();
    for first in (0..MESSAGES).step_by(100) {
        let messages: Vec<_> =
            (first..first + 100).map(|number| client.create_text_message(number.to_string())).collect();
        let sends: Vec<_> = messages
            .iter()
            .map(|message| live.send_live_group_message(message, id, Priority::Normal))
            .collect();
        for (message, send) in messages.iter().zip(sends) {
            let mut verdict = send.await;
            while verdict.as_ref().is_err_and(bim::Error::is_retryable) {
                tokio::time::sleep(Duration::from_millis(50)).await;
                verdict = live.send_live_group_message(message, id, Priority::Normal).await;
            }
            positions.push(verdict.unwrap().position.seq);
        }
    }
    positions
}

/// Reads until every number was seen or reported as left out and then read from history.
async fn receive_all(client: Client, id: ConversationShortId, mut events: bim::LiveEvents) -> Vec<String> {
    let mut texts = BTreeMap::new();
    let mut holes = Vec::new();
    while (texts.len() as u64) < MESSAGES {
        match events.next().await.unwrap() {
            LiveEvent::Received(message) => {
                let text = message.body.as_str().unwrap().to_owned();
                assert_eq!(texts.insert(message.position.seq, text), None, "a message came twice");
            }
            LiveEvent::LeftOut(gap) => holes.push((gap.from, gap.to)),
            // Away for longer than the room buffer reaches: the app is told, and reads the history.
            LiveEvent::Discontinuity(hole) => holes.push((hole.from.lowest().next(), hole.to.lowest())),
            LiveEvent::StateChanged(_) | LiveEvent::Pulse(_) => {}
            other => panic!("{other:?}"),
        }
        for (mut from, to) in holes.drain(..) {
            loop {
                let page = client.live_groups().get_live_group_history(id, from, to, 50).await.unwrap();
                for message in page.list {
                    texts.insert(message.position.seq, message.body.as_str().unwrap().to_owned());
                }
                if !page.has_more {
                    break;
                }
                from = page.next_seq;
            }
        }
    }
    texts.into_values().collect()
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), future).await.expect("it takes far too long")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_accepted_arrives_complete_and_in_order() {
    let server = generous().await;
    let (alice, bob) = (client(&server, "alice").await, client(&server, "bob").await);
    let id = room(&alice).await;
    bob.live_groups().join_live_group(id).await.unwrap();
    let events = bob.live_groups().events();
    let receiving = tokio::spawn(receive_all(bob, id, events));
    let positions = soon(send_all(alice, id)).await;
    assert!(positions.is_sorted());
    let expected: Vec<_> = (0..MESSAGES).map(|number| number.to_string()).collect();
    assert_eq!(soon(receiving).await.unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_ends_resume_by_themselves_when_the_server_crashes_in_the_middle() {
    let server = generous().await;
    let (alice, bob) = (client(&server, "alice").await, client(&server, "bob").await);
    let id = room(&alice).await;
    bob.live_groups().join_live_group(id).await.unwrap();
    let events = bob.live_groups().events();
    let mut own = alice.live_groups().events();
    let receiving = tokio::spawn(receive_all(bob, id, events));
    let sending = tokio::spawn(send_all(alice, id));
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.crash().await;
        server.restart().await;
    }
    let positions = soon(sending).await.unwrap();
    assert_eq!(positions.len() as u64, MESSAGES);
    let mut texts = soon(receiving).await.unwrap();
    texts.sort_by_key(|text| text.parse::<u64>().unwrap());
    let expected: Vec<_> = (0..MESSAGES).map(|number| number.to_string()).collect();
    assert_eq!(texts, expected);
    let mut sent = 0;
    while sent < MESSAGES {
        match soon(own.next()).await.unwrap() {
            LiveEvent::Sent(_) => sent += 1,
            LiveEvent::StateChanged(_) | LiveEvent::Pulse(_) => {}
            other => panic!("the sender was told {other:?}"),
        }
    }
}
