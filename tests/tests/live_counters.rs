//! Counters of a live group: many taps, few frames, each counted once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Instant;

use bim::{Client, ConversationShortId, LiveEvent};
use bim_tests::{Arena, Path, Watch, eventually, everywhere, join, room, run};

everywhere!(
    taps_whose_answer_went_down_with_a_killed_server_count_once,
    counters_are_there_for_who_comes_and_survive_a_killed_server
);

async fn taps_whose_answer_went_down_with_a_killed_server_count_once(arena: Arena) {
    let (alice, way) = (arena.logged_in("alice").await, Path::over(vec![arena.dialer()]));
    let bob = arena.logged_in_by("bob", way.clone()).await;
    let group = room(&alice).await;
    join([&bob], group).await;
    let mut to_alice = Watch::of(&alice);
    way.deafen();
    tap(&bob, group, "likes", 10).await;
    assert_eq!(counted(&mut to_alice, "likes").await, 10);
    arena.crash_and_restart().await;
    way.cut();
    tap(&bob, group, "likes", 1).await;
    way.mend();
    while counted(&mut to_alice, "likes").await < 11 {}
    let cara = arena.logged_in("cara").await;
    let joined = cara.live_groups().join_live_group_with_info(group, Default::default()).await.unwrap();
    assert_eq!(joined.counters, BTreeMap::from([("likes".into(), 11)]), "the first batch came twice");
}

async fn counters_are_there_for_who_comes_and_survive_a_killed_server(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    let mut to_alice = Watch::of(&alice);
    tap(&alice, group, "likes", 40).await;
    tap(&alice, group, "roses", 2).await;
    tap(&alice, group, "likes", 2).await;
    while counted(&mut to_alice, "likes").await < 42 {}
    let expected = BTreeMap::from([("likes".to_owned(), 42), ("roses".to_owned(), 2)]);
    assert_eq!(alice.live_groups().get_live_group_counters(group).await.unwrap(), expected);
    for is_restarted in [false, true] {
        if is_restarted {
            arena.crash_and_restart().await;
        }
        let joined = bob.live_groups().join_live_group_with_info(group, Default::default()).await.unwrap();
        assert_eq!(joined.counters, expected);
        bob.live_groups().leave_live_group(group).await.unwrap();
    }
    join([&bob], group).await;
    tap(&bob, group, "roses", 1).await;
    while counted(&mut to_alice, "roses").await < 3 {}
}

#[test]
fn a_million_taps_become_a_few_frames_and_an_exact_sum() {
    run(async {
        const CLIENTS: u64 = 4;
        const TAPS_EACH: u64 = 250_000;
        let arena = Arena::in_memory(bim_tests::generous).await;
        let alice = arena.logged_in("alice").await;
        let group = room(&alice).await;
        let (mut to_alice, began) = (Watch::of(&alice), Instant::now());
        let mut tappers = Vec::new();
        for number in 0..CLIENTS {
            let client = arena.logged_in(format!("tapper-{number}")).await;
            join([&client], group).await;
            tappers.push(tokio::spawn(async move {
                for _ in 0..TAPS_EACH {
                    tap(&client, group, "likes", 1).await;
                }
                // What was tapped goes out before the client does.
                client.live_groups().leave_live_group(group).await.unwrap();
            }));
        }
        let (mut frames, mut sum) = (0_u128, 0);
        while sum < CLIENTS * TAPS_EACH {
            let present = counted(&mut to_alice, "likes").await;
            assert!(present > sum, "counters rise");
            (frames, sum) = (frames + 1, present);
        }
        assert_eq!(sum, CLIENTS * TAPS_EACH);
        let pulses = began.elapsed().as_millis() / bim_tests::PULSE_INTERVAL.as_millis();
        assert!(frames <= pulses + 1, "{frames} frames in the time of {pulses} pulses");
        for tapper in tappers {
            tapper.await.unwrap();
        }
        let known = alice.live_groups().get_live_group_counters(group).await.unwrap();
        assert_eq!(known["likes"], CLIENTS * TAPS_EACH);
    });
}

#[test]
fn taps_made_while_the_connection_is_away_are_counted_when_it_is_back() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (alice, way) = (arena.logged_in("alice").await, Path::over(vec![arena.dialer()]));
        let bob = arena.logged_in_by("bob", way.clone()).await;
        let group = room(&alice).await;
        join([&bob], group).await;
        let mut to_alice = Watch::of(&alice);
        for _ in 0..3 {
            way.cut();
            tap(&bob, group, "likes", 10).await;
            way.mend();
            tap(&bob, group, "likes", 1).await;
        }
        while counted(&mut to_alice, "likes").await < 33 {}
        let known = || async { alice.live_groups().get_live_group_counters(group).await.ok() };
        assert_eq!(eventually(known).await["likes"], 33);
    });
}

#[test]
fn taps_whose_answer_was_lost_count_once() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (alice, way) = (arena.logged_in("alice").await, Path::over(vec![arena.dialer()]));
        let bob = arena.logged_in_by("bob", way.clone()).await;
        let group = room(&alice).await;
        join([&bob], group).await;
        let mut to_alice = Watch::of(&alice);
        way.deafen();
        tap(&bob, group, "likes", 10).await;
        assert_eq!(counted(&mut to_alice, "likes").await, 10);
        way.cut();
        tap(&bob, group, "likes", 1).await;
        way.mend();
        assert_eq!(counted(&mut to_alice, "likes").await, 11, "the first batch came twice");
        bob.live_groups().leave_live_group(group).await.unwrap();
        let joined = bob.live_groups().join_live_group_with_info(group, Default::default()).await.unwrap();
        assert_eq!(joined.counters["likes"], 11);
    });
}

#[test]
fn taps_that_come_to_nothing_are_given_back_with_the_reason() {
    run(async {
        let arena = Arena::in_memory(|limits| {
            bim_tests::generous(limits);
            limits.counters_per_group = 1;
        })
        .await;
        let (alice, outsider) = (arena.logged_in("alice").await, arena.logged_in("outsider").await);
        let group = room(&alice).await;
        let (mut to_alice, mut to_outsider) = (Watch::of(&alice), Watch::of(&outsider));
        tap(&outsider, group, "likes", 3).await;
        assert_eq!(refused(&mut to_outsider).await, (BTreeMap::from([("likes".into(), 3)]), 13));
        tap(&alice, group, "likes", 1).await;
        while counted(&mut to_alice, "likes").await < 1 {}
        tap(&alice, group, "roses", 5).await;
        assert_eq!(refused(&mut to_alice).await, (BTreeMap::from([("roses".into(), 5)]), 18));
        tap(&alice, group, &"x".repeat(65), 1).await;
        assert_eq!(refused(&mut to_alice).await.1, 4);
        tap(&alice, group, "likes", 1).await;
        while counted(&mut to_alice, "likes").await < 2 {}
    });
}

/// Taps, and again when too many calls wait.
async fn tap(client: &Client, group: ConversationShortId, counter: &str, amount: u64) {
    while let Err(error) = client.live_groups().tap_live_group_counter(group, counter, amount) {
        assert!(error.is_retryable(), "{error}");
        tokio::task::yield_now().await;
    }
}

/// How a counter stands when it is told next.
async fn counted(watch: &mut Watch, counter: &str) -> u64 {
    watch
        .until(|event| match event {
            LiveEvent::CountersChanged { counters, .. } => counters.get(counter).copied(),
            other => {
                assert!(!matches!(other, LiveEvent::TapsRefused { .. }), "{other:?}");
                None
            }
        })
        .await
}

/// What was lost, and the code of the reason.
async fn refused(watch: &mut Watch) -> (BTreeMap<String, u64>, i32) {
    watch
        .until(|event| match event {
            LiveEvent::TapsRefused { lost, reason, .. } => Some((lost, reason.code.number())),
            _ => None,
        })
        .await
}
