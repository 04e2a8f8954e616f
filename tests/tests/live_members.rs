//! Who is in a live group, and what its members say about themselves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use bim::{Client, ConversationShortId, MarkAction, Member, MemberCursor, MemberInfo, Role, Uid};
use bim_tests::{Arena, Watch, all_done, create_room, eventually, everywhere, join, room, run, uid, uids};

everywhere!(
    who_joins_with_a_name_is_known_by_it_to_everyone,
    what_a_user_said_about_itself_is_said_again_after_a_lost_connection,
    the_online_list_is_paged_without_doubles_or_misses_and_filtered_by_mark,
    comings_and_goings_are_told_in_pulses
);

async fn who_joins_with_a_name_is_known_by_it_to_everyone(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    let mut to_alice = Watch::of(&alice);
    let info = info("Bob", "https://example.invalid/bob.png", &[("level", "7")]);
    let joined = bob.live_groups().join_live_group_with_info(group, info.clone()).await.unwrap();
    assert_eq!(joined.conversation.conversation_short_id, group);
    let me = joined.conversation.me.unwrap();
    assert_eq!((&me.uid, &me.info, me.is_online()), (&uid("bob"), &info, true));

    let is_bob = |member: &&Member| member.uid == uid("bob");
    let pulse = to_alice.pulse(|pulse| pulse.joined.named.iter().any(|member| is_bob(&member))).await;
    let told = pulse.joined.named.iter().find(is_bob).unwrap();
    assert_eq!((&told.info, pulse.joined.more), (&info, 0));
    let members = alice.live_groups().get_live_group_member_info(group, uids(["bob"])).await.unwrap();
    assert_eq!(members[0].info, info);
}

async fn what_a_user_said_about_itself_is_said_again_after_a_lost_connection(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    let first = info("Bob", "", &[("level", "7")]);
    bob.live_groups().join_live_group_with_info(group, first).await.unwrap();
    bob.live_groups().set_live_group_member_alias(group, "Robert").await.unwrap();
    alice.live_groups().set_live_group_member_alias(group, "Alice").await.unwrap();

    arena.crash_and_restart().await;
    let live = alice.live_groups();
    let wanted = uids(["alice", "bob"]);
    let records = eventually(|| async {
        let records = live.get_live_group_member_info(group, wanted.clone()).await.ok()?;
        records.iter().all(Member::is_online).then_some(records)
    })
    .await;
    let aliases: Vec<_> = records.iter().map(|member| member.info.alias.as_str()).collect();
    assert_eq!(aliases, ["Alice", "Robert"]);
    assert_eq!(records[1].info.ext.get("level").map(String::as_str), Some("7"));
}

async fn the_online_list_is_paged_without_doubles_or_misses_and_filtered_by_mark(arena: Arena) {
    const VIEWERS: usize = 12;
    let owner = arena.logged_in("owner").await;
    let group = room(&owner).await;
    let live = owner.live_groups();
    let mut viewers = Vec::new();
    let mut expected = BTreeSet::from([uid("owner")]);
    for number in 0..VIEWERS {
        let name = format!("viewer-{number}");
        let viewer = arena.logged_in(name.as_str()).await;
        join([&viewer], group).await;
        expected.insert(uid(&name));
        viewers.push(viewer);
    }
    let pages = online(&owner, group, 5, None).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 3]);
    let listed: Vec<Uid> = pages.into_iter().flatten().map(|member| member.uid).collect();
    assert_eq!(listed, Vec::from_iter(expected), "each once, in the order of uids");

    all_done(live.manage_live_group_mark_types(group, MarkAction::Add, &["vip"]).await);
    let vips = uids(["viewer-11", "viewer-3", "viewer-7", "somebody-outside"]);
    all_done(live.mark_live_group_member_list(group, vips, MarkAction::Add, "vip").await);
    let pages = online(&owner, group, 2, Some("vip")).await;
    let marked: Vec<Vec<_>> =
        pages.iter().map(|page| page.iter().map(|member| member.uid.to_string()).collect()).collect();
    assert_eq!(marked, [vec!["viewer-11", "viewer-3"], vec!["viewer-7"]]);
    assert!(pages.iter().flatten().all(|member| member.marks == ["vip"]));
}

async fn comings_and_goings_are_told_in_pulses(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let group = room(&alice).await;
    let mut to_alice = Watch::of(&alice);
    join([&bob], group).await;
    let pulse =
        to_alice.pulse(|pulse| pulse.joined.named.iter().any(|member| member.uid == uid("bob"))).await;
    assert_eq!(pulse.online_count, 2);
    assert_eq!(to_alice.state(|state| state.online_count == 2).await.conversation_short_id, group);

    bob.live_groups().leave_live_group(group).await.unwrap();
    let pulse = to_alice.pulse(|pulse| !pulse.left.is_empty()).await;
    assert_eq!((pulse.left.named, pulse.left.more, pulse.online_count), (uids(["bob"]), 0, 1));

    let cara = arena.logged_in("cara").await;
    join([&cara], group).await;
    to_alice.pulse(|pulse| pulse.online_count == 2).await;
    cara.shutdown().await;
    let pulse = to_alice.pulse(|pulse| !pulse.left.is_empty()).await;
    assert_eq!((pulse.left.named, pulse.online_count), (uids(["cara"]), 1));
}

#[test]
fn what_a_user_says_about_itself_is_changed_as_a_whole_or_in_part() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
        let group = room(&alice).await;
        let live = bob.live_groups();
        let whole = info("Bob", "https://example.invalid/1.png", &[("level", "7")]);
        live.join_live_group_with_info(group, whole.clone()).await.unwrap();

        let member = live.set_live_group_member_alias(group, "Robert").await.unwrap();
        assert_eq!(member.info, MemberInfo { alias: "Robert".into(), ..whole.clone() });
        let picture = "https://example.invalid/2.png";
        let member = live.set_live_group_member_avatar(group, picture).await.unwrap();
        assert_eq!((member.info.avatar_url.as_str(), &member.info.ext), (picture, &whole.ext));

        let anew = MemberInfo { alias: "Bobby".into(), ..MemberInfo::default() };
        let member = live.set_live_group_member_info(group, anew.clone()).await.unwrap();
        assert_eq!(member.info, anew, "what is left out is overwritten too");
        let seen = alice.live_groups().get_live_group_member_info(group, uids(["bob"])).await.unwrap();
        assert_eq!(seen[0].info, anew);
        let too_long = "x".repeat(101);
        let refused = live.set_live_group_member_alias(group, too_long).await.unwrap_err();
        assert_eq!((refused.code(), refused.limit()), (4, Some(100)));
    });
}

#[test]
fn residents_are_listed_in_pages_whether_they_are_in_or_not() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let owner = arena.logged_in("owner").await;
        let group = room(&owner).await;
        let live = owner.live_groups();
        let mut admins = Vec::new();
        for name in ["b", "a", "c"] {
            let admin = arena.logged_in(name).await;
            join([&admin], group).await;
            admins.push(admin);
        }
        all_done(live.add_live_group_admin(group, uids(["a", "b", "c"])).await);
        admins[0].live_groups().set_live_group_member_alias(group, "Bee").await.unwrap();
        admins[0].live_groups().leave_live_group(group).await.unwrap();

        let first = live.get_live_group_member_list(group, MemberCursor::START, 3).await.unwrap();
        let listed: Vec<_> = first
            .list
            .iter()
            .map(|member| (member.uid.to_string(), member.role, member.is_online()))
            .collect();
        let expected = [("a", Role::Admin, true), ("b", Role::Admin, false), ("c", Role::Admin, true)]
            .map(|(name, role, is_online)| (name.to_owned(), role, is_online));
        assert_eq!((listed.as_slice(), first.has_more), (expected.as_slice(), true));
        assert_eq!(first.list[1].info.alias, "Bee", "what residents say about themselves is kept");
        let second = live.get_live_group_member_list(group, first.next_cursor, 3).await.unwrap();
        assert_eq!((second.list.len(), second.has_more), (1, false));
        assert_eq!((&second.list[0].uid, second.list[0].role), (&uid("owner"), Role::Owner));
    });
}

#[test]
fn the_online_count_is_of_users_not_of_devices_and_says_its_age() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let alice = arena.logged_in("alice").await;
        let group = create_room(&alice).await;
        let live = alice.live_groups();
        assert_eq!(live.get_live_group_online_count(group).await.unwrap().count, 0);
        let (phone, tablet) = (arena.logged_in("bob").await, arena.other_device("bob").await);
        let mut to_phone = Watch::of(&phone);
        join([&phone, &tablet], group).await;
        let online = live.get_live_group_online_count(group).await.unwrap();
        assert_eq!(online.count, 1);
        assert!(online.age <= Duration::from_secs(1), "{online:?}");
        phone.live_groups().leave_live_group(group).await.unwrap();
        assert_eq!(live.get_live_group_online_count(group).await.unwrap().count, 1);
        join([&alice, &phone], group).await;
        let told = to_phone.pulse(|pulse| pulse.online_count == 2).await;
        assert_eq!(told.conversation_short_id, group, "nobody has to ask");
    });
}

#[test]
fn records_are_read_by_uid_whoever_is_in() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
        let group = room(&alice).await;
        join([&bob], group).await;
        let live = bob.live_groups();
        let wanted = uids(["nobody", "alice", "bob", "alice"]);
        let records = live.get_live_group_member_info(group, wanted.clone()).await.unwrap();
        let found: Vec<_> = records.iter().map(|member| (member.uid.to_string(), member.role)).collect();
        let expected = [("nobody", Role::Normal), ("alice", Role::Owner), ("bob", Role::Normal)];
        assert_eq!(found, expected.map(|(name, role)| (name.to_owned(), role)), "in order, each once");

        let online = live.get_live_group_member_online_info(group, wanted).await.unwrap();
        let is_in: Vec<_> = online.iter().map(|user| user.is_in_group).collect();
        assert_eq!(is_in, [false, true, true]);
        assert_eq!((online[0].join_time, online[0].last_ping_time), (None, None));
        assert!(online[1].join_time <= online[2].join_time, "alice came first");
        assert!(online[2].join_time.is_some() && online[2].last_ping_time >= online[2].join_time);

        let many: Vec<Uid> = (0..200).map(|number| uid(&format!("user-{number}"))).collect();
        assert_eq!(live.get_live_group_member_info(group, many.clone()).await.unwrap().len(), 200);
        let one_more = [many, uids(["alice"])].concat();
        let refused = live.get_live_group_member_info(group, one_more).await.unwrap_err();
        assert_eq!((refused.code(), refused.limit()), (4, Some(200)));
    });
}

#[test]
fn users_may_be_numbers_wherever_they_may_be_names() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (owner, member) = (arena.logged_in(1_i64).await, arena.logged_in(i64::MAX).await);
        let group = room(&owner).await;
        join([&member], group).await;
        let (one, last) = (Uid::int(1).unwrap(), Uid::int(i64::MAX).unwrap());
        let live = owner.live_groups();
        let records = live.get_live_group_member_info(group, [last.clone(), one.clone()]).await.unwrap();
        assert_eq!((&records[0].uid, &records[1].uid), (&last, &one));
        assert!(records.iter().all(Member::is_online));
        let listed = online(&owner, group, 1, None).await.concat();
        assert_eq!(
            listed.iter().map(|member| member.uid.clone()).collect::<Vec<_>>(),
            [one.clone(), last.clone()]
        );

        let mut to_member = Watch::of(&member);
        all_done(live.add_live_group_admin(group, [last.clone()]).await);
        let promoted = to_member.measure().await;
        assert_eq!(
            (promoted.operator, promoted.change),
            (Some(one), bim::GroupChange::AdminsAdded(vec![last.clone()]))
        );
        let muted =
            live.add_live_group_member_silent_list(group, [Uid::int(7).unwrap()], Duration::ZERO).await;
        all_done(muted);
        let page = live.get_live_group_member_silent_list(group, MemberCursor::START, 0).await.unwrap();
        assert_eq!(page.list[0].uid, Uid::int(7).unwrap());
        all_done(live.remove_live_group_admin(group, [last.clone()]).await);
        all_done(live.kick_live_group_member_list(group, [last]).await);
        to_member.left().await;
    });
}

#[test]
fn records_that_change_at_once_are_told_together() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let alice = arena.logged_in("alice").await;
        let group = room(&alice).await;
        let (bob, cara) = (arena.logged_in("bob").await, arena.logged_in("cara").await);
        join([&bob, &cara], group).await;
        let mut to_alice = Watch::of(&alice);
        to_alice.pulse(|pulse| pulse.online_count == 3).await;
        let (to_bob, to_cara) = (bob.live_groups(), cara.live_groups());
        let (one, other) = tokio::join!(
            to_bob.set_live_group_member_alias(group, "Bob"),
            to_cara.set_live_group_member_alias(group, "Cara"),
        );
        assert_eq!([one.is_ok(), other.is_ok()], [true, true]);
        let mut aliases = BTreeSet::new();
        while aliases.len() < 2 {
            let pulse = to_alice.pulse(|pulse| !pulse.changed.is_empty()).await;
            aliases.extend(pulse.changed.named.into_iter().map(|member| member.info.alias));
        }
        assert_eq!(aliases, ["Bob", "Cara"].map(str::to_owned).into());
    });
}

/// Every page of the online list.
async fn online(
    client: &Client,
    group: ConversationShortId,
    count: u32,
    mark: Option<&str>,
) -> Vec<Vec<Member>> {
    let live = client.live_groups();
    let (mut pages, mut cursor) = (Vec::new(), MemberCursor::START);
    loop {
        let page = live.get_live_group_member_online_list(group, cursor, count, mark).await.unwrap();
        cursor = page.next_cursor;
        pages.push(page.list);
        if !page.has_more {
            return pages;
        }
    }
}

fn info(alias: &str, avatar_url: &str, ext: &[(&str, &str)]) -> MemberInfo {
    let ext = ext.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    MemberInfo { alias: alias.into(), avatar_url: avatar_url.into(), ext }
}
