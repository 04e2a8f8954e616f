//! Attributes of a live group: written on conditions, told to everyone, gone when their time or their setter is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bim::{AttributeCondition, AttributeWrite, Attributes, AttributesChanged, LiveEvent};
use bim_tests::{Arena, Path, Watch, everywhere, join, room, run, uid};

everywhere!(
    of_two_who_write_on_the_same_condition_exactly_one_succeeds,
    attributes_are_there_for_who_comes_and_survive_a_killed_server,
    who_was_away_gets_what_changed_meanwhile
);

async fn of_two_who_write_on_the_same_condition_exactly_one_succeeds(arena: Arena) {
    const ROUNDS: u64 = 20;
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    join([&bob], group).await;
    let (of_alice, of_bob) = (alice.live_groups(), bob.live_groups());
    let mut condition = AttributeCondition::Absent;
    for round in 0..ROUNDS {
        let (one, other) = tokio::join!(
            of_alice.compare_and_set_live_group_attribute(group, "lead", condition, format!("alice {round}")),
            of_bob.compare_and_set_live_group_attribute(group, "lead", condition, format!("bob {round}")),
        );
        let (won, lost) = match (one, other) {
            (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
            both => panic!("round {round}: {both:?}"),
        };
        assert_eq!(lost.code(), 1016);
        let read = of_alice.get_live_group_attributes(group, &["lead"]).await.unwrap();
        assert_eq!(read.attributes, std::slice::from_ref(&won), "what was written is what the winner wrote");
        condition = AttributeCondition::Version(won.version);
    }
    let failed = of_bob
        .write_live_group_attributes(
            group,
            [AttributeWrite::set("lead", "late").only_if(AttributeCondition::Absent)],
        )
        .await
        .unwrap();
    assert_eq!(failed.written, []);
    let present = failed.failed[0].present.as_ref().unwrap();
    assert_eq!(AttributeCondition::Version(present.version), condition, "a failure says how it stands");
}

async fn attributes_are_there_for_who_comes_and_survive_a_killed_server(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    let live = alice.live_groups();
    live.set_live_group_attribute(group, "song", "one").await.unwrap();
    live.set_live_group_attribute(group, "stage", "left").await.unwrap();
    let long =
        AttributeWrite { expires_in: Some(Duration::from_secs(3_600)), ..AttributeWrite::set("poll", "?") };
    live.write_live_group_attributes(group, [long]).await.unwrap();
    live.remove_live_group_attributes(group, &["stage", "never there"]).await.unwrap();
    let before = live.get_live_group_attributes(group, &[]).await.unwrap();
    let joined = bob.live_groups().join_live_group_with_info(group, Default::default()).await.unwrap();
    assert_eq!(joined.attributes, before);
    assert_eq!(keys(&before), ["poll", "song"]);

    arena.crash_and_restart().await;
    let after = live.get_live_group_attributes(group, &[]).await.unwrap();
    assert_eq!(after, before);
    let next = live.set_live_group_attribute(group, "song", "two").await.unwrap();
    assert!(next.version > before.version, "versions go on rising");
}

async fn who_was_away_gets_what_changed_meanwhile(arena: Arena) {
    let (alice, way) = (arena.logged_in("alice").await, Path::over(vec![arena.dialer()]));
    let bob = arena.logged_in_by("bob", way.clone()).await;
    let group = room(&alice).await;
    let live = alice.live_groups();
    live.set_live_group_attribute(group, "song", "one").await.unwrap();
    join([&bob], group).await;
    let mut to_bob = Watch::of(&bob);
    live.set_live_group_attribute(group, "song", "two").await.unwrap();
    let told = changed(&mut to_bob).await;
    assert_eq!(
        (told.conversation_short_id, told.set[0].value.as_str(), told.removed.len()),
        (group, "two", 0)
    );
    assert_eq!((&told.set[0].setter, told.set[0].version), (&uid("alice"), told.version));

    way.cut();
    live.set_live_group_attribute(group, "song", "three").await.unwrap();
    live.set_live_group_attribute(group, "stage", "left").await.unwrap();
    way.mend();
    let snapshot = to_bob
        .until(|event| match event {
            LiveEvent::AttributesSnapshot { attributes, .. } => Some(attributes),
            _ => None,
        })
        .await;
    assert_eq!(keys(&snapshot), ["song", "stage"]);
    assert_eq!(snapshot.attributes[0].value, "three");
}

#[test]
fn an_attribute_goes_when_its_time_is_over() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
        let group = room(&alice).await;
        join([&bob], group).await;
        let mut to_bob = Watch::of(&bob);
        let live = alice.live_groups();
        let short = AttributeWrite {
            expires_in: Some(Duration::from_millis(200)),
            ..AttributeWrite::set("poll", "?")
        };
        let written = live.write_live_group_attributes(group, [short]).await.unwrap();
        assert!(written.written[0].expires_at.is_some());
        assert_eq!(changed(&mut to_bob).await.set, written.written);
        let over = changed(&mut to_bob).await;
        assert_eq!((over.set.len(), over.removed.as_slice()), (0, ["poll".to_owned()].as_slice()));
        assert_eq!(live.get_live_group_attributes(group, &[]).await.unwrap().attributes, []);
    });
}

#[test]
fn an_attribute_goes_when_its_setter_leaves_or_does_not_come_back() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let alice = arena.logged_in("alice").await;
        let group = room(&alice).await;
        let ways = [(); 2].map(|()| Path::over(vec![arena.dialer()]));
        let back = arena.logged_in_by("back", ways[0].clone()).await;
        let lost = arena.logged_in_by("lost", ways[1].clone()).await;
        let leaver = arena.logged_in("leaver").await;
        let (mut to_alice, mut to_back) = (Watch::of(&alice), Watch::of(&back));
        for (client, key) in [(&back, "of back"), (&lost, "of lost"), (&leaver, "of leaver")] {
            join([client], group).await;
            let write = AttributeWrite { delete_on_leave: true, ..AttributeWrite::set(key, "here") };
            let kept = AttributeWrite::set(format!("kept {key}"), "here");
            client.live_groups().write_live_group_attributes(group, [write, kept]).await.unwrap();
        }
        to_alice.pulse(|pulse| pulse.online_count == 4).await;
        leaver.live_groups().leave_live_group(group).await.unwrap();
        assert_eq!(removed(&mut to_alice).await, ["of leaver"], "who leaves takes it along at once");

        ways[0].cut();
        to_alice.pulse(|pulse| pulse.left.named.contains(&uid("back"))).await;
        ways[0].mend();
        to_back.pulse(|pulse| pulse.joined.named.iter().any(|member| member.uid == uid("back"))).await;
        ways[1].cut();
        assert_eq!(removed(&mut to_alice).await, ["of lost"], "who is lost takes it along after a while");
        let left = alice.live_groups().get_live_group_attributes(group, &[]).await.unwrap();
        assert_eq!(keys(&left), ["kept of back", "kept of leaver", "kept of lost", "of back"]);
    });
}

#[test]
fn what_a_group_can_not_keep_is_refused_with_the_limit() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let alice = arena.logged_in("alice").await;
        let group = room(&alice).await;
        let live = alice.live_groups();
        let largest = "x".repeat(4_096);
        live.set_live_group_attribute(group, "k".repeat(128), largest.clone()).await.unwrap();
        let over = live.set_live_group_attribute(group, "key", format!("{largest}x")).await.unwrap_err();
        assert_eq!((over.code(), over.limit()), (4, Some(4_096)));
        let over = live.set_live_group_attribute(group, "k".repeat(129), "").await.unwrap_err();
        assert_eq!((over.code(), over.limit()), (4, Some(128)));
        let writes: Vec<_> = (0..99).map(|n| AttributeWrite::set(format!("key-{n}"), "v")).collect();
        let written = live.write_live_group_attributes(group, writes).await.unwrap();
        assert_eq!((written.written.len(), written.failed.len()), (99, 0));
        let over = live.set_live_group_attribute(group, "one more", "v").await.unwrap_err();
        assert_eq!((over.code(), over.limit()), (18, Some(100)));
        let keys: Vec<String> = (0..99).map(|n| format!("key-{n}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        live.remove_live_group_attributes(group, &keys).await.unwrap();
        let large = |range: std::ops::Range<u32>| -> Vec<_> {
            range.map(|n| AttributeWrite::set(format!("large-{n}"), largest.clone())).collect()
        };
        let written = live.write_live_group_attributes(group, large(10..20)).await.unwrap();
        assert_eq!((written.written.len(), written.failed.len()), (10, 0));
        let written = live.write_live_group_attributes(group, large(20..30)).await.unwrap();
        assert_eq!((written.written.len(), written.failed.len()), (4, 6), "64 KiB in all");
        assert!(written.failed.iter().all(|failure| failure.reason.limit == Some(65_536)));
    });
}

async fn changed(watch: &mut Watch) -> AttributesChanged {
    watch
        .until(|event| match event {
            LiveEvent::AttributesChanged(changed) => Some(changed),
            _ => None,
        })
        .await
}

async fn removed(watch: &mut Watch) -> Vec<String> {
    loop {
        let changed = changed(watch).await;
        if !changed.removed.is_empty() {
            return changed.removed;
        }
    }
}

fn keys(attributes: &Attributes) -> Vec<&str> {
    attributes.attributes.iter().map(|attribute| attribute.key.as_str()).collect()
}
