//! Lost connections, killed servers, newer logins: what an app is told and what it gets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bim::{Client, ConnectEvent, ConnectStatus, Continuity, DisconnectReason, LiveEvent, Priority};
use bim_tests::{Arena, ClientKeeps, Link, ServerKeeps, Watch, everywhere, room, run};

everywhere!(
    a_killed_server_comes_back_and_nothing_is_lost_or_doubled,
    messages_of_any_script_and_size_arrive_unharmed
);

async fn a_killed_server_comes_back_and_nothing_is_lost_or_doubled(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let id = room(&alice).await;
    bob.live_groups().join_live_group(id).await.unwrap();
    let mut to_bob = bob.live_groups().events();
    let mut statuses = bob.connect_events();
    let sender = {
        let alice = alice.clone();
        tokio::spawn(async move {
            let live = alice.live_groups();
            for n in 0..600 {
                let message = alice.create_text_message(n.to_string());
                while let Err(error) = live.send_live_group_message(&message, id, Priority::Normal).await {
                    assert!(error.is_retryable(), "{error}");
                    tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_millis(10))).await;
                }
            }
        })
    };
    let mut texts = Vec::new();
    let mut crashes = 0;
    while texts.len() < 600 {
        match to_bob.next().await.expect("the client is alive") {
            LiveEvent::Received(message) => texts.push(message.body.as_str().unwrap_or_default().to_owned()),
            LiveEvent::StateChanged(_) | LiveEvent::Pulse(_) => {}
            other => panic!("{other:?}"),
        }
        if texts.len() / 150 > crashes && crashes < 3 {
            crashes += 1;
            arena.crash_and_restart().await;
        }
    }
    sender.await.unwrap();
    let expected: Vec<_> = (0..600).map(|n| n.to_string()).collect();
    assert_eq!(texts, expected);
    let mut seen = Vec::new();
    while let Some(Some(ConnectEvent::Status(status))) =
        futures_util::FutureExt::now_or_never(statuses.next())
    {
        seen.push(status);
    }
    assert!(seen.contains(&ConnectStatus::Connected(Continuity::Resumed)), "{seen:?}");
    assert!(!seen.contains(&ConnectStatus::Connected(Continuity::Discontinuous)), "{seen:?}");
}

async fn messages_of_any_script_and_size_arrive_unharmed(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let id = room(&alice).await;
    bob.live_groups().join_live_group(id).await.unwrap();
    let mut to_bob = Watch::of(&bob);
    let live = alice.live_groups();
    let large = "群".repeat(65_536 / 3);
    for text in ["直播群公告", "🎁🎉👩‍👩‍👧‍👦", "مرحبا بالعالم", "a\r\n\tb\0c", " ", large.as_str()]
    {
        live.send_live_group_message(&alice.create_text_message(text), id, Priority::Normal).await.unwrap();
        assert_eq!(to_bob.text().await, text);
    }
    let largest = "x".repeat(65_536);
    live.send_live_group_message(&alice.create_text_message(&largest), id, Priority::Normal).await.unwrap();
    let over = alice.create_text_message(format!("{largest}x"));
    let refused = live.send_live_group_message(&over, id, Priority::Normal).await.unwrap_err();
    assert_eq!((refused.code(), refused.limit()), (21, Some(65_536)));
    assert!(refused.to_string().contains("65536"), "{refused}");
}

#[test]
fn a_newer_login_of_the_same_device_replaces_the_older_for_good() {
    run(async {
        let arena = Arena::start(Link::WebSocket, ServerKeeps::Memory, ClientKeeps::Memory).await;
        let store: std::sync::Arc<dyn bim::store::ClientStore> =
            std::sync::Arc::new(bim_store::memory::MemoryClientStore::new());
        let endpoint = arena.server.endpoints().pop().unwrap().to_string();
        let mut handles = Vec::new();
        for _ in 0..2 {
            let builder = Client::builder(arena.server.app_id(), "alice").store(store.clone());
            let client = builder.endpoint(&endpoint).unwrap().build().await.unwrap();
            client.login("alice", arena.server.token("alice")).await.unwrap();
            handles.push(client);
        }
        let mut events = handles[0].connect_events();
        loop {
            if let Some(ConnectEvent::Status(ConnectStatus::Disconnected(reason))) = events.next().await {
                assert_eq!(reason, DisconnectReason::Replaced);
                break;
            }
        }
        assert_eq!(handles[1].connect_status(), ConnectStatus::Connected(Continuity::Fresh));
    });
}

#[test]
fn a_refusal_for_the_budget_says_when_to_come_back_and_nothing_is_lost() {
    run(async {
        let arena = Arena::start_with(Link::Memory, ServerKeeps::Memory, ClientKeeps::Memory, |limits| {
            limits.sender_per_second = 200;
            limits.sender_burst = 5;
            limits.history_page_messages = 50;
        })
        .await;
        let alice = arena.logged_in("alice").await;
        let id = room(&alice).await;
        let live = alice.live_groups();
        let mut refusals = 0;
        for n in 0..50 {
            let message = alice.create_text_message(n.to_string());
            while let Err(error) = live.send_live_group_message(&message, id, Priority::Normal).await {
                assert_eq!(error.code(), 78);
                refusals += 1;
                tokio::time::sleep(error.retry_after().expect("a time to come back")).await;
            }
        }
        assert!(refusals > 0);
        let page = live.get_live_group_history(id, bim::Seq(1), bim::Seq(0), 50).await.unwrap();
        let texts: Vec<_> = page.list.iter().map(|m| m.body.as_str().unwrap().to_owned()).collect();
        assert_eq!(texts, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    });
}
