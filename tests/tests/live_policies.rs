//! What a live group is said to be, how many there may be, and when one ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bim::{Client, ConversationShortId, GroupInfo, GroupInfoChange, LeftReason, LiveEvent};
use bim_tests::{Arena, Watch, create_room, eventually, everywhere, join, room, run, say};

everywhere!(
    what_is_said_about_a_group_is_changed_and_told,
    an_idle_group_ends_when_its_owner_said_so,
    a_dissolved_group_is_over_for_everyone
);

async fn what_is_said_about_a_group_is_changed_and_told(arena: Arena) {
    let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
    let group = room(&owner).await;
    join([&bob], group).await;
    let mut to_bob = Watch::of(&bob);
    let live = owner.live_groups();
    live.set_live_group_name(group, "名称").await.unwrap();
    live.set_live_group_description(group, "描述").await.unwrap();
    live.set_live_group_notice(group, "公告").await.unwrap();
    let changed = live.set_live_group_icon(group, "https://example.invalid/icon.png").await.unwrap();
    let info = GroupInfo {
        name: "名称".into(),
        description: "描述".into(),
        notice: "公告".into(),
        avatar_url: "https://example.invalid/icon.png".into(),
        ext: [("k".into(), "v".into())].into(),
    };
    assert_eq!(changed.info, GroupInfo { ext: Default::default(), ..info.clone() });
    let ext = GroupInfoChange { ext: Some(info.ext.clone()), ..Default::default() };
    live.set_live_group_info(group, ext).await.unwrap();
    let told = to_bob.state(|state| !state.info.ext.is_empty()).await;
    assert_eq!((&told.info, told.version), (&info, 6));
    assert_eq!(bob.live_groups().get_live_group(group).await.unwrap().info, info);
    assert_eq!(bob.live_groups().set_live_group_name(group, "mine").await.unwrap_err().code(), 11);
}

async fn an_idle_group_ends_when_its_owner_said_so(arena: Arena) {
    let owner = arena.logged_in("owner").await;
    let [ends, ends_too, stays] =
        [create_room(&owner).await, create_room(&owner).await, create_room(&owner).await];
    let live = owner.live_groups();
    let second = Duration::from_secs(1);
    join([&owner], ends_too).await;
    for group in [ends, ends_too] {
        live.set_live_group_dissolve_after_idle(group, second).await.unwrap();
        assert_eq!(live.get_live_group(group).await.unwrap().dissolve_after_idle, second);
    }
    ended(&owner, ends).await;
    assert_eq!(live.get_live_group(ends_too).await.unwrap().online_count, 1, "who is in keeps it");
    live.leave_live_group(ends_too).await.unwrap();
    arena.crash_and_restart().await;
    ended(&owner, ends_too).await;
    let left = live.get_all_live_group_list(0, 10).await.unwrap().list;
    assert_eq!(left.iter().map(|group| group.conversation_short_id).collect::<Vec<_>>(), [stays]);
}

async fn a_dissolved_group_is_over_for_everyone(arena: Arena) {
    let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
    let group = room(&owner).await;
    join([&bob], group).await;
    let mut to_bob = Watch::of(&bob);
    assert_eq!(bob.live_groups().dissolve_live_group(group).await.unwrap_err().code(), 11);
    owner.live_groups().dissolve_live_group(group).await.unwrap();
    let mut was_told = false;
    let reason = to_bob
        .until(|event| match event {
            LiveEvent::StateChanged(state) => {
                was_told |= state.dissolved;
                None
            }
            LiveEvent::Left { reason, .. } => Some(reason),
            _ => None,
        })
        .await;
    assert_eq!((reason, was_told), (LeftReason::Dissolved, true));
    assert_eq!(say(&bob, group, "?").await.unwrap_err().code(), 3, "nothing can be sent any more");
    assert_eq!(bob.live_groups().join_live_group(group).await.unwrap_err().code(), 3);
    assert_eq!(bob.live_groups().leave_live_group(group).await.unwrap_err().code(), 13);
}

#[test]
fn a_device_is_in_one_group_at_a_time_unless_the_server_allows_more() {
    run(async {
        for most in [1, 3] {
            let arena = Arena::in_memory(|limits| {
                if most > 1 {
                    limits.joined_groups_per_connection = most;
                }
            })
            .await;
            let alice = arena.logged_in("alice").await;
            let mut groups = Vec::new();
            for _ in 0..=most {
                groups.push(create_room(&alice).await);
            }
            for group in &groups[..most] {
                join([&alice], *group).await;
            }
            let refused = alice.live_groups().join_live_group(groups[most]).await.unwrap_err();
            assert_eq!((refused.code(), refused.limit()), (1012, Some(most as u64)));
            let other = arena.other_device("alice").await;
            join([&other], groups[most]).await;
            let mut heard = Watch::of(&other);
            alice.live_groups().leave_live_group(groups[0]).await.unwrap();
            join([&alice], groups[most]).await;
            say(&alice, groups[most], "here now").await.unwrap();
            assert_eq!(heard.text().await, "here now");
        }
    });
}

#[test]
fn an_app_has_so_many_groups_and_no_more() {
    run(async {
        let arena = Arena::in_memory(|limits| limits.live_groups_per_app = 2).await;
        let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
        let first = create_room(&alice).await;
        create_room(&bob).await;
        let info = || GroupInfo { name: "one more".into(), ..GroupInfo::default() };
        let refused = alice.live_groups().create_live_group(info()).await.unwrap_err();
        assert_eq!((refused.code(), refused.limit()), (1001, Some(2)));
        alice.live_groups().dissolve_live_group(first).await.unwrap();
        alice.live_groups().create_live_group(info()).await.unwrap();
    });
}

#[test]
fn groups_of_a_server_that_says_so_end_when_they_are_idle() {
    run(async {
        let arena = Arena::in_memory(|limits| limits.dissolve_after_idle = Duration::from_secs(1)).await;
        let alice = arena.logged_in("alice").await;
        let group = create_room(&alice).await;
        assert!(!alice.live_groups().get_live_group(group).await.unwrap().dissolve_after_idle.is_zero());
        ended(&alice, group).await;
    });
}

#[test]
fn all_groups_and_own_groups_are_listed_in_pages() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
        let (mut all, mut own) = (Vec::new(), Vec::new());
        for n in 0..25 {
            let owner = if n % 5 == 0 { &bob } else { &alice };
            let group = create_room(owner).await;
            all.push(group);
            if n % 5 == 0 {
                own.push(group);
            }
        }
        let sorted = |mut ids: Vec<ConversationShortId>| {
            ids.sort();
            ids
        };
        for (mine, expected) in [(false, sorted(all)), (true, sorted(own))] {
            let (mut listed, mut cursor, mut pages) = (Vec::new(), 0, 0);
            loop {
                let live = bob.live_groups();
                let page = if mine {
                    live.get_owner_live_group_list(cursor, 4).await.unwrap()
                } else {
                    live.get_all_live_group_list(cursor, 4).await.unwrap()
                };
                listed.extend(page.list.iter().map(|group| group.conversation_short_id));
                (cursor, pages) = (page.next_cursor, pages + 1);
                if !page.has_more {
                    break;
                }
            }
            assert_eq!((pages, listed), (expected.len().div_ceil(4), expected));
        }
    });
}

/// Waits until nobody finds the group any more.
async fn ended(client: &Client, group: ConversationShortId) {
    let live = client.live_groups();
    let code = eventually(|| async {
        let error = live.get_live_group(group).await.err();
        error.filter(|error| !error.is_retryable()).map(|error| error.code())
    });
    assert_eq!(code.await, 3);
}
