//! Who comes in while messages flow gets each message once, and none is lost where reading back meets what is pushed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bim::{Client, ConversationShortId, LiveEvent, Priority, Seq};
use bim_tests::{Arena, Watch, everywhere, room, say};
use bim_types::limits::ROOM_HIGH_PER_SECOND;

everywhere!(who_joins_while_messages_flow_gets_each_once_and_all_of_them);

/// How many messages a second flow: ten times what a room takes of HIGH by default.
const PER_SECOND: u64 = 10 * ROOM_HIGH_PER_SECOND as u64;

const JOINS: usize = 10;

/// How many pushed messages are looked at after each join.
const AFTER: u64 = 100;

async fn who_joins_while_messages_flow_gets_each_once_and_all_of_them(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    say(&alice, group, "the first of all").await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let flow = tokio::spawn(flow(alice, group, Arc::clone(&is_over)));
    let live = bob.live_groups();
    for _ in 0..JOINS {
        let mut to_bob = Watch::of(&bob);
        let joined = live.join_live_group_with_info(group, Default::default()).await.unwrap();
        let cursor = joined.join_message_cursor.0;
        for expected in cursor + 1..=cursor + AFTER {
            assert_eq!(pushed(&mut to_bob).await, expected, "after a join at {cursor}");
        }
        // What was said before, read back until it meets what is known: no number twice, none missing.
        let newest = Some(Seq(cursor));
        let back = live.get_live_group_history_message_list(group, newest, 0).await.unwrap();
        let seqs: Vec<u64> = back.list.iter().map(|message| message.position.seq.0).collect();
        let expected: Vec<u64> = (1..=cursor).rev().take(seqs.len()).collect();
        assert_eq!((seqs.len() as u64, seqs), (cursor.min(20), expected));
        live.leave_live_group(group).await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    flow.await.unwrap();
}

/// Messages without a pause, until it is over. Each is accepted.
async fn flow(sender: Client, group: ConversationShortId, is_over: Arc<AtomicBool>) {
    let live = sender.live_groups();
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / PER_SECOND));
    let mut under_way = std::collections::VecDeque::new();
    while !is_over.load(Ordering::SeqCst) {
        pace.tick().await;
        let message = sender.create_text_message("flows");
        under_way.push_back(live.send_live_group_message(&message, group, Priority::High));
        if under_way.len() > 64 {
            under_way.pop_front().unwrap().await.unwrap();
        }
    }
    for sending in under_way {
        sending.await.unwrap();
    }
}

/// The number of the next message that is pushed.
async fn pushed(watch: &mut Watch) -> u64 {
    watch
        .until(|event| match event {
            LiveEvent::Received(message) => Some(message.position.seq.0),
            LiveEvent::LeftOut(_) | LiveEvent::Discontinuity(_) | LiveEvent::Left { .. } => {
                panic!("{event:?}")
            }
            _ => None,
        })
        .await
}
