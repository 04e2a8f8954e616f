//! Messages read back, changed and removed: by whom, and who gets to know.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bim::{Client, ConversationShortId, LiveEvent, Message, MessageBody, Priority, Seq, Uid};
use bim_tests::{
    Arena, Path, Watch, all_done, eventually, everywhere, join, room, run, say, send, uid, uids,
};

everywhere!(
    history_is_read_newest_first_from_the_join_cursor_to_the_start,
    reading_back_from_the_join_cursor_of_a_group_that_was_empty_gives_nothing,
    changes_reach_who_is_here_who_was_away_and_who_reads_back,
    changes_outlive_a_killed_server
);

async fn history_is_read_newest_first_from_the_join_cursor_to_the_start(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    say_numbers(&alice, group, 0..45).await;
    let joined = bob.live_groups().join_live_group_with_info(group, Default::default()).await.unwrap();
    say_numbers(&alice, group, 45..50).await;

    let pages = pages(&bob, group, Some(joined.join_message_cursor), 50).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 5]);
    assert_eq!(texts(&pages.concat()), numbers((0..45).rev()));
    let seqs: Vec<u64> = pages.concat().iter().map(|message| message.position.seq.0).collect();
    assert_eq!(seqs, (1..=45).rev().collect::<Vec<_>>());
    let all = self::pages(&bob, group, None, 7).await.concat();
    assert_eq!(texts(&all), numbers((0..50).rev()));
    let forward = bob.live_groups().get_live_group_history(group, Seq(41), Seq(47), 0).await.unwrap();
    assert_eq!((texts(&forward.list), forward.has_more), (numbers(40..47), false));
}

async fn reading_back_from_the_join_cursor_of_a_group_that_was_empty_gives_nothing(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    let joined = bob.live_groups().join_live_group_with_info(group, Default::default()).await.unwrap();
    assert_eq!(joined.join_message_cursor, Seq::ZERO);
    say_numbers(&alice, group, 0..3).await;
    assert_eq!(pages(&bob, group, Some(joined.join_message_cursor), 50).await.concat(), []);
    assert_eq!(texts(&pages(&bob, group, None, 50).await.concat()), numbers((0..3).rev()));
}

async fn changes_reach_who_is_here_who_was_away_and_who_reads_back(arena: Arena) {
    let alice = arena.logged_in("alice").await;
    let (bob, way) = (arena.logged_in("bob").await, Path::over(vec![arena.dialer()]));
    let cara = arena.logged_in_by("cara", way.clone()).await;
    let group = room(&alice).await;
    join([&bob, &cara], group).await;
    let (mut to_bob, mut to_cara) = (Watch::of(&bob), Watch::of(&cara));
    let live = alice.live_groups();
    let known = say(&alice, group, "known to all").await.unwrap();
    for hears in [&mut to_bob, &mut to_cara] {
        assert_eq!(hears.text().await, "known to all");
    }
    way.cut();
    let missed = say(&alice, group, "missed").await.unwrap();
    let regretted = say(&alice, group, "regretted").await.unwrap();
    assert_eq!([to_bob.text().await, to_bob.text().await], ["missed", "regretted"]);
    for (message, text) in [(&known, "known better"), (&missed, "caught up")] {
        let body = MessageBody::Text(text.into());
        live.update_live_group_message(group, message.position.seq, body).await.unwrap();
    }
    live.delete_live_group_message(group, regretted.position.seq).await.unwrap();
    live.delete_live_group_message(group, regretted.position.seq).await.unwrap();
    assert_eq!(change(&mut to_bob).await, updated(&known, "known better", &uid("alice")));
    assert_eq!(change(&mut to_bob).await, updated(&missed, "caught up", &uid("alice")));
    assert_eq!(change(&mut to_bob).await, Changed::Deleted(regretted.position.seq, uid("alice")));

    way.mend();
    say(&alice, group, "after all").await.unwrap();
    let (mut heard, mut changes) = (Vec::new(), Vec::new());
    while heard.last().is_none_or(|text| text != "after all") {
        match to_cara.next().await {
            LiveEvent::Received(message) => heard.extend(texts(&[message])),
            other => changes.extend(Changed::of(other)),
        }
    }
    assert_eq!(heard, ["caught up", "after all"], "as it says now, and nothing that was removed");
    assert!(changes.contains(&updated(&known, "known better", &uid("alice"))), "{changes:?}");
    assert!(changes.contains(&Changed::Deleted(regretted.position.seq, uid("alice"))), "{changes:?}");

    let late = arena.logged_in("late").await;
    join([&late], group).await;
    let all = pages(&late, group, None, 20).await.concat();
    assert_eq!(texts(&all), ["after all", "caught up", "known better"]);
    assert_eq!(all.iter().map(|message| message.edits).collect::<Vec<_>>(), [0, 1, 1]);
}

async fn changes_outlive_a_killed_server(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    let live = alice.live_groups();
    let first = say(&alice, group, "first").await.unwrap().position.seq;
    let second = say(&alice, group, "second").await.unwrap().position.seq;
    live.update_live_group_message(group, first, MessageBody::Text("first of all".into())).await.unwrap();
    live.delete_live_group_message(group, second).await.unwrap();
    arena.crash_and_restart().await;
    live.update_live_group_message(group, first, MessageBody::Text("first again".into())).await.unwrap();
    let gone = live.update_live_group_message(group, second, MessageBody::Text("back?".into())).await;
    assert_eq!(gone.unwrap_err().code(), 1017);
    join([&bob], group).await;
    let all = pages(&bob, group, None, 20).await.concat();
    assert_eq!((texts(&all), all[0].edits), (vec!["first again".to_owned()], 2));
}

#[test]
fn messages_are_changed_by_who_may_and_by_nobody_else() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let owner = arena.logged_in("owner").await;
        let [admin, bob, cara, outsider] = [
            arena.logged_in("admin").await,
            arena.logged_in("bob").await,
            arena.logged_in("cara").await,
            arena.logged_in("outsider").await,
        ];
        let group = room(&owner).await;
        join([&admin, &bob, &cara], group).await;
        all_done(owner.live_groups().add_live_group_admin(group, uids(["admin"])).await);
        let mut to_cara = Watch::of(&cara);
        let of_bob = say(&bob, group, "of bob").await.unwrap();
        let of_admin = say(&admin, group, "of the admin").await.unwrap();
        let body = || MessageBody::Text("changed".into());
        let codes = [(&outsider, 13, 13), (&cara, 11, 11), (&admin, 11, 0), (&owner, 11, 0)];
        for (client, of_update, of_delete) in codes {
            let message = say(&bob, group, "to be removed").await.unwrap().position.seq;
            let live = client.live_groups();
            let update = live.update_live_group_message(group, message, body()).await;
            let delete = live.delete_live_group_message(group, message).await;
            assert_eq!(update.unwrap_err().code(), of_update);
            assert_eq!(delete.err().map_or(0, |error| error.code()), of_delete);
        }
        let [of_bob_seq, of_admin_seq] = [&of_bob, &of_admin].map(|message| message.position.seq);
        let refused = bob.live_groups().delete_live_group_message(group, of_admin_seq).await;
        assert_eq!(refused.unwrap_err().code(), 11);
        owner.live_groups().delete_live_group_message(group, of_admin_seq).await.unwrap();
        bob.live_groups().update_live_group_message(group, of_bob_seq, body()).await.unwrap();
        let removed = |event: Changed| matches!(event, Changed::Deleted(seq, _) if seq == of_admin_seq);
        while !removed(change(&mut to_cara).await) {}
        assert_eq!(change(&mut to_cara).await, updated(&of_bob, "changed", &uid("bob")));
        let unknown = owner.live_groups().delete_live_group_message(group, Seq(9_999)).await.unwrap_err();
        assert_eq!(unknown.code(), 1017);
    });
}

#[test]
fn an_own_message_is_changed_while_its_time_lasts() {
    run(async {
        let arena = Arena::in_memory(|limits| {
            bim_tests::generous(limits);
            limits.recall_window = Duration::from_millis(300);
        })
        .await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&bob], group).await;
        let live = bob.live_groups();
        let seq = say(&bob, group, "?").await.unwrap().position.seq;
        let body = || MessageBody::Text("!".into());
        let late = eventually(|| async {
            live.update_live_group_message(group, seq, body()).await.err().map(|error| error.code())
        });
        assert_eq!(late.await, 17);
        assert_eq!(live.delete_live_group_message(group, seq).await.unwrap_err().code(), 17);
        let of_owner = say(&owner, group, "the owner's").await.unwrap().position.seq;
        let is_over = eventually(|| async {
            let own = say(&bob, group, "younger").await.unwrap().position.seq;
            let first = live.delete_live_group_message(group, own).await.is_ok();
            first.then_some(())
        });
        is_over.await;
        owner.live_groups().update_live_group_message(group, of_owner, body()).await.unwrap();
        owner.live_groups().delete_live_group_message(group, seq).await.unwrap();
    });
}

#[test]
fn messages_of_every_class_are_in_one_history() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let alice = arena.logged_in("alice").await;
        let group = room(&alice).await;
        for (priority, text) in
            [(Priority::Low, "low"), (Priority::High, "high"), (Priority::Normal, "normal")]
        {
            send(&alice, group, priority, text).await.unwrap();
        }
        let custom = alice.create_custom_message(r#"{"gift":1}"#);
        alice.live_groups().send_live_group_message(&custom, group, Priority::High).await.unwrap();
        let all = pages(&alice, group, None, 2).await.concat();
        assert_eq!(texts(&all), [r#"{"gift":1}"#, "normal", "high", "low"]);
        assert!(matches!(all[0].body, MessageBody::Custom(_)));
    });
}

/// A change of a message, as events tell it.
#[derive(Debug, PartialEq)]
enum Changed {
    Updated(Seq, String, Uid),
    Deleted(Seq, Uid),
}

impl Changed {
    fn of(event: LiveEvent) -> Option<Self> {
        match event {
            LiveEvent::Updated { message, operator } => {
                let text = message.body.as_str().unwrap_or_default().to_owned();
                Some(Self::Updated(message.position.seq, text, operator))
            }
            LiveEvent::Deleted { position, operator, .. } => Some(Self::Deleted(position.seq, operator)),
            _ => None,
        }
    }
}

async fn change(watch: &mut Watch) -> Changed {
    watch.until(Changed::of).await
}

fn updated(message: &Message, text: &str, operator: &Uid) -> Changed {
    Changed::Updated(message.position.seq, text.to_owned(), operator.clone())
}

/// Every page from a cursor back to the start.
async fn pages(
    client: &Client,
    group: ConversationShortId,
    cursor: Option<Seq>,
    limit: u32,
) -> Vec<Vec<Message>> {
    let live = client.live_groups();
    let (mut pages, mut cursor) = (Vec::new(), cursor);
    loop {
        let page = live.get_live_group_history_message_list(group, cursor, limit).await.unwrap();
        cursor = Some(page.next_cursor);
        pages.push(page.list);
        if !page.has_more {
            return pages;
        }
    }
}

async fn say_numbers(client: &Client, group: ConversationShortId, numbers: std::ops::Range<u32>) {
    for number in numbers {
        say(client, group, &number.to_string()).await.unwrap();
    }
}

fn texts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.body.as_str().unwrap_or_default().to_owned()).collect()
}

fn numbers(numbers: impl Iterator<Item = u32>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}
