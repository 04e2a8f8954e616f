//! The power of the server's machine goes at every sync, and at many writes, while a client sends: what was
//! accepted is at its position with its text, what was sent again is there once, and a member gets all of it
//! once and in order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bim::{Client, ConversationShortId, LiveEvent, Message, OutgoingMessage, Priority, Seq};
use bim_fake_server::FakeServer;
use bim_server::StoreMode;
use bim_store::crash::{Chance, Moment};
use bim_tests::{Watch, eventually, generous, room};

use machine::Machine;

/// Messages sent in one run.
const MESSAGES: u64 = 6;

/// Every so many writes the power is cut in the middle of one; syncs are cut one and all.
const WRITES_BETWEEN_CUTS: usize = 7;

/// A run that takes longer than this, in virtual time, hangs.
const RUN_TIMEOUT: Duration = Duration::from_secs(600);

/// What a server says when its log failed.
const STORAGE_UNAVAILABLE: i32 = 1011;

const RETRY_DELAY: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn whatever_sync_the_power_goes_at_accepted_messages_are_there_once_and_in_place() {
    let mut cut = 1;
    while survives(Moment::Sync(cut)).await {
        cut += 1;
    }
    assert!(cut > MESSAGES, "each message is synced before it is accepted, but there were {cut} syncs");
}

#[tokio::test(start_paused = true)]
async fn whatever_write_the_power_goes_at_accepted_messages_are_there_once_and_in_place() {
    for cut in (1..).step_by(WRITES_BETWEEN_CUTS) {
        if !survives(Moment::Write(cut)).await {
            assert!(cut > MESSAGES, "each message is written before it is accepted");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_one_failed_sync_nothing_is_accepted_until_the_server_starts_again() {
    let machine = Arc::new(Machine::started());
    let server = server_on(&machine).await;
    let alice = client(&server, "alice").await;
    let group = room(&alice).await;
    let live = alice.live_groups();
    let message = alice.create_text_message("once");

    machine.disk().fail_at(Moment::Sync(1), io::ErrorKind::Other);
    for attempt in 0..3 {
        let refused = live.send_live_group_message(&message, group, Priority::Normal).await.unwrap_err();
        assert_eq!((refused.code(), refused.is_retryable()), (STORAGE_UNAVAILABLE, true), "{attempt}");
        tokio::time::sleep(refused.retry_after().unwrap_or(RETRY_DELAY)).await;
    }
    server.crash().await;
    machine.restart_the_process();
    server.restart().await;

    let accepted = send_until_accepted(&alice, group, &message).await;
    let page = live.get_live_group_history(group, Seq(1), Seq::ZERO, 50).await.unwrap();
    assert_eq!(page.list, [accepted], "it is there once");
}

/// Whether the power went at all; with a panic when anything was lost, doubled or moved.
async fn survives(cut: Moment) -> bool {
    tokio::time::timeout(RUN_TIMEOUT, run(cut)).await.expect("the run ends")
}

async fn run(cut: Moment) -> bool {
    let machine = Arc::new(Machine::started());
    let server = server_on(&machine).await;
    let (alice, bob) = (client(&server, "alice").await, client(&server, "bob").await);
    let group = room(&alice).await;
    bob.live_groups().join_live_group(group).await.unwrap();
    let mut to_bob = Watch::of(&bob);

    machine.disk().cut_power_at(cut);
    let sending = tokio::spawn(send_all(alice.clone(), group));
    eventually(async || (sending.is_finished() || !machine.disk().has_power()).then_some(())).await;
    let went = !machine.disk().has_power();
    if went {
        server.crash().await;
        machine.start_again(&mut Chance::seeded(seed_of(cut)));
        server.restart().await;
    }

    let accepted = sending.await.unwrap();
    let page = alice.live_groups().get_live_group_history(group, Seq(1), Seq::ZERO, 50).await.unwrap();
    let kept: Vec<_> = page.list.iter().map(|message| (message.position.seq, text(message))).collect();
    let expected: Vec<_> = (0..MESSAGES).map(|number| number.to_string()).collect();
    assert_eq!(kept, accepted, "after {cut:?}");
    assert_eq!(kept.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), expected, "after {cut:?}");
    for number in expected {
        let received = to_bob.until(|event| match event {
            LiveEvent::Received(message) => Some(text(&message)),
            LiveEvent::LeftOut(_) | LiveEvent::Discontinuity(_) => panic!("{event:?} after {cut:?}"),
            _ => None,
        });
        assert_eq!(received.await, number, "after {cut:?}");
    }
    went
}

async fn server_on(machine: &Arc<Machine>) -> FakeServer {
    let builder = FakeServer::builder().limits(generous).log(Arc::<Machine>::clone(machine));
    builder.store_mode(StoreMode::InPlace).start().await.unwrap()
}

async fn client(server: &FakeServer, name: &str) -> Client {
    let builder = Client::builder(server.app_id(), name).dialer(server.dialer());
    let client = builder.build().await.unwrap();
    client.login(name, server.token(name)).await.unwrap();
    client
}

/// Sends each message until it is accepted; says where each of them is.
async fn send_all(alice: Client, group: ConversationShortId) -> Vec<(Seq, String)> {
    let mut accepted = Vec::new();
    for number in 0..MESSAGES {
        let message = alice.create_text_message(number.to_string());
        let sent = send_until_accepted(&alice, group, &message).await;
        accepted.push((sent.position.seq, text(&sent)));
    }
    accepted
}

async fn send_until_accepted(
    client: &Client,
    group: ConversationShortId,
    message: &OutgoingMessage,
) -> Message {
    loop {
        match client.live_groups().send_live_group_message(message, group, Priority::Normal).await {
            Ok(sent) => return sent,
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                tokio::time::sleep(error.retry_after().unwrap_or(RETRY_DELAY)).await;
            }
        }
    }
}

fn text(message: &Message) -> String {
    message.body.as_str().unwrap_or_default().to_owned()
}

fn seed_of(cut: Moment) -> u64 {
    match cut {
        Moment::Write(number) => number * 2,
        Moment::Sync(number) => number * 2 + 1,
    }
}
