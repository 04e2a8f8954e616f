//! Mutes, blocks, kicks, roles, pace: what is done to members, what they are told, and how long it holds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bim::{
    Client, ConversationShortId, GroupChange, LeftReason, LiveGroups, MeasureDone, MemberCursor, MuteAll,
    Role, Uid, Until,
};
use bim_tests::{Arena, Watch, all_done, eventually, everywhere, join, room, run, say, uid, uids};

const FOREVER: Duration = Duration::ZERO;

/// Long enough for what has to happen while it lasts, on a busy machine too.
const A_WHILE: Duration = Duration::from_secs(1);

everywhere!(
    a_mute_holds_until_its_time_is_over,
    a_blocked_user_is_out_and_stays_out_until_its_time_is_over,
    who_is_kicked_is_told_by_whom_and_may_come_back,
    roles_and_mutes_survive_leaving_and_a_killed_server
);

async fn a_mute_holds_until_its_time_is_over(arena: Arena) {
    let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
    let group = room(&owner).await;
    join([&bob], group).await;
    let mut to_bob = Watch::of(&bob);
    all_done(owner.live_groups().add_live_group_member_silent_list(group, uids(["bob"]), A_WHILE).await);
    let refused = say(&bob, group, "muted").await.unwrap_err();
    assert_eq!(refused.code(), 14);
    assert!(refused.retry_after().is_some_and(|wait| wait <= A_WHILE), "{refused:?}");

    let muted = to_bob.measure().await;
    assert_eq!(muted.operator, Some(uid("owner")));
    let GroupChange::Muted(whom, Until::At(_)) = muted.change else { panic!("{muted:?}") };
    assert_eq!(whom, uids(["bob"]));
    let over = to_bob.measure().await;
    assert_eq!((over.operator, over.change), (None, GroupChange::Unmuted(uids(["bob"]))));
    say(&bob, group, "heard").await.unwrap();
}

async fn a_blocked_user_is_out_and_stays_out_until_its_time_is_over(arena: Arena) {
    let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
    let tablet = arena.other_device("bob").await;
    let group = room(&owner).await;
    join([&bob, &tablet], group).await;
    let (mut to_bob, mut to_tablet, mut to_owner) = (Watch::of(&bob), Watch::of(&tablet), Watch::of(&owner));
    let live = owner.live_groups();
    all_done(live.add_live_group_member_block_list(group, uids(["bob"]), 2 * A_WHILE).await);
    let refused = bob.live_groups().get_live_group_attributes(group, &[]).await.unwrap_err();
    assert_eq!(refused.code(), 13, "from the answer on, a blocked user is out");
    let kicked = GroupChange::Kicked { uids: uids(["bob"]), blocked: true };
    assert_eq!(to_owner.measure().await.change, kicked);
    assert_eq!(to_bob.measure().await.change, kicked, "who is removed hears it first");
    let reason = LeftReason::Kicked { blocked: true, operator: Some(uid("owner")) };
    assert_eq!((to_bob.left().await, to_tablet.left().await), (reason.clone(), reason));
    assert_eq!(live.get_live_group_online_count(group).await.unwrap().count, 1);
    assert_eq!(bob.live_groups().join_live_group(group).await.unwrap_err().code(), 53);

    eventually(|| async { bob.live_groups().join_live_group(group).await.ok() }).await;
    say(&bob, group, "back").await.unwrap();
    let page = live.get_live_group_member_block_list(group, MemberCursor::START, 0).await.unwrap();
    assert_eq!(page.list, []);
}

async fn who_is_kicked_is_told_by_whom_and_may_come_back(arena: Arena) {
    let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
    let group = room(&owner).await;
    join([&bob], group).await;
    let mut to_bob = Watch::of(&bob);
    let live = owner.live_groups();
    all_done(live.kick_live_group_member_list(group, uids(["bob"])).await);
    for n in 0..20 {
        say(&owner, group, &n.to_string()).await.unwrap();
    }
    let kicked = GroupChange::Kicked { uids: uids(["bob"]), blocked: false };
    assert_eq!(to_bob.measure().await.change, kicked);
    assert_eq!(to_bob.left().await, LeftReason::Kicked { blocked: false, operator: Some(uid("owner")) });
    let joined = bob.live_groups().join_live_group_with_info(group, Default::default()).await.unwrap();
    assert_eq!(joined.join_message_cursor.0, 20, "nothing that was said meanwhile reached who was out");
    say(&owner, group, "welcome back").await.unwrap();
    assert_eq!(to_bob.text().await, "welcome back");
}

async fn roles_and_mutes_survive_leaving_and_a_killed_server(arena: Arena) {
    let owner = arena.logged_in("owner").await;
    let (admin, muted) = (arena.logged_in("admin").await, arena.logged_in("muted").await);
    let group = room(&owner).await;
    join([&admin, &muted], group).await;
    let live = owner.live_groups();
    all_done(live.add_live_group_admin(group, uids(["admin"])).await);
    all_done(live.add_live_group_member_silent_list(group, uids(["muted"]), FOREVER).await);
    all_done(live.add_live_group_member_block_list(group, uids(["blocked"]), FOREVER).await);
    all_done(live.add_live_group_member_silent_white_list(group, uids(["exempt"])).await);
    for is_restarted in [false, true] {
        if is_restarted {
            arena.crash_and_restart().await;
        }
        for client in [&admin, &muted] {
            client.live_groups().leave_live_group(group).await.unwrap();
            join([client], group).await;
        }
        assert_eq!(admin.live_groups().get_live_group(group).await.unwrap().role, Role::Admin);
        let refused = say(&muted, group, "muted").await.unwrap_err();
        assert_eq!((refused.code(), refused.retry_after()), (14, None), "muted for ever");
        assert_eq!(lists(&admin, group).await, [vec!["muted"], vec!["exempt"], vec!["blocked"]]);
    }
}

#[test]
fn a_mute_for_ever_ends_when_it_is_lifted() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&bob], group).await;
        let mut to_bob = Watch::of(&bob);
        let live = owner.live_groups();
        all_done(live.add_live_group_member_silent_list(group, uids(["bob"]), FOREVER).await);
        let muted = to_bob.state(|state| state.me.as_ref().is_some_and(|me| me.muted.is_some())).await;
        assert_eq!(muted.me.unwrap().muted, Some(Until::Forever), "the own record tells it");
        assert_eq!(say(&bob, group, "muted").await.unwrap_err().retry_after(), None);
        all_done(live.remove_live_group_member_silent_list(group, uids(["bob"])).await);
        say(&bob, group, "heard").await.unwrap();
        let lifted = to_bob.measure().await;
        assert_eq!(
            (lifted.operator, lifted.change),
            (Some(uid("owner")), GroupChange::Unmuted(uids(["bob"])))
        );
    });
}

#[test]
fn while_all_are_muted_the_exempt_speak() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let owner = arena.logged_in("owner").await;
        let (admin, bob) = (arena.logged_in("admin").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&admin, &bob], group).await;
        let live = owner.live_groups();
        all_done(live.add_live_group_admin(group, uids(["admin"])).await);
        let mut to_bob = Watch::of(&bob);
        for (mode, of_admin, of_bob) in [
            (MuteAll::NormalMembers, None, Some(1013)),
            (MuteAll::Everyone, Some(1013), Some(1013)),
            (MuteAll::Off, None, None),
        ] {
            all_done(live.set_live_group_mute_all(group, mode).await);
            let told = to_bob.measure_like(|change| matches!(change, GroupChange::MuteAll(_))).await;
            assert_eq!((told.operator, told.change), (Some(uid("owner")), GroupChange::MuteAll(mode)));
            assert_eq!(live.get_live_group(group).await.unwrap().mute_all, mode);
            assert_eq!(say(&admin, group, "?").await.err().map(|error| error.code()), of_admin, "{mode:?}");
            assert_eq!(say(&bob, group, "?").await.err().map(|error| error.code()), of_bob, "{mode:?}");
            say(&owner, group, "the owner speaks").await.unwrap();
        }
        all_done(live.set_live_group_silent(group, true).await);
        all_done(live.add_live_group_member_silent_white_list(group, uids(["bob"])).await);
        say(&bob, group, "exempt").await.unwrap();
        all_done(live.remove_live_group_member_silent_white_list(group, uids(["bob"])).await);
        assert_eq!(say(&bob, group, "not any more").await.unwrap_err().code(), 1013);
        all_done(live.set_live_group_silent(group, false).await);
        say(&bob, group, "all speak").await.unwrap();
    });
}

#[test]
fn who_is_blocked_from_outside_does_not_come_in_before_it_is_lifted() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        let live = owner.live_groups();
        all_done(live.add_live_group_member_block_list(group, uids(["bob"]), FOREVER).await);
        assert_eq!(bob.live_groups().join_live_group(group).await.unwrap_err().code(), 53);
        assert_eq!(bob.live_groups().get_live_group(group).await.unwrap_err().code(), 3, "as if absent");
        all_done(live.remove_live_group_member_block_list(group, uids(["bob"])).await);
        join([&bob], group).await;
    });
}

#[test]
fn a_group_is_given_to_who_is_in_and_not_blocked() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&bob], group).await;
        let mut to_bob = Watch::of(&bob);
        let live = owner.live_groups();
        all_done(live.add_live_group_member_block_list(group, uids(["blocked"]), FOREVER).await);
        let to = |name: &str| live.trans_live_group_owner(group, uid(name));
        assert_eq!(to("blocked").await.unwrap_err().code(), 1014);
        assert_eq!(to("somebody-outside").await.unwrap_err().code(), 13);
        assert_eq!(bob.live_groups().trans_live_group_owner(group, uid("bob")).await.unwrap_err().code(), 11);

        all_done(to("bob").await);
        let told = to_bob.measure_like(|change| matches!(change, GroupChange::OwnerChanged { .. })).await;
        assert_eq!(told.change, GroupChange::OwnerChanged { from: uid("owner"), to: uid("bob") });
        assert_eq!(to_bob.state(|state| state.role == Role::Owner).await.owner, uid("bob"));
        let before = live.get_live_group(group).await.unwrap();
        assert_eq!((before.role, before.owner), (Role::Normal, uid("bob")), "an ordinary member now");
        assert_eq!(live.dissolve_live_group(group).await.unwrap_err().code(), 11);
        bob.live_groups().dissolve_live_group(group).await.unwrap();
    });
}

#[test]
fn roles_are_given_and_taken_by_name() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&bob], group).await;
        let mut to_bob = Watch::of(&bob);
        let live = owner.live_groups();
        all_done(live.set_live_group_member_role(group, uids(["bob"]), Role::Admin).await);
        assert_eq!(to_bob.measure().await.change, GroupChange::AdminsAdded(uids(["bob"])));
        assert_eq!(to_bob.state(|state| state.role == Role::Admin).await.conversation_short_id, group);
        let mine = bob.live_groups().get_owner_live_group_list(0, 10).await.unwrap();
        assert_eq!(mine.list.len(), 1, "groups that a user administers are among its own");
        all_done(live.set_live_group_member_role(group, uids(["bob"]), Role::Normal).await);
        assert_eq!(to_bob.measure().await.change, GroupChange::AdminsRemoved(uids(["bob"])));
        assert_eq!(bob.live_groups().get_owner_live_group_list(0, 10).await.unwrap().list, []);
        let two = live.set_live_group_member_role(group, uids(["bob", "owner"]), Role::Owner).await;
        assert_eq!(two.unwrap_err().code(), 2004);
        all_done(live.set_live_group_member_role(group, uids(["bob"]), Role::Owner).await);
        assert_eq!(live.get_live_group(group).await.unwrap().owner, uid("bob"));
    });
}

#[test]
fn what_can_not_be_done_for_one_user_is_said_for_that_user() {
    run(async {
        let arena = Arena::in_memory(|limits| {
            bim_tests::generous(limits);
            limits.admins_per_group = 1;
        })
        .await;
        let owner = arena.logged_in("owner").await;
        let (admin, bob) = (arena.logged_in("admin").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&admin, &bob], group).await;
        let live = owner.live_groups();
        let promoted = live.add_live_group_admin(group, uids(["admin", "bob", "nobody"])).await.unwrap();
        assert_eq!(failures(&promoted), [("bob".into(), 52), ("nobody".into(), 13)]);

        let live = admin.live_groups();
        let everyone = || uids(["bob", "owner", "admin", "nobody"]);
        let muted = live.add_live_group_member_silent_list(group, everyone(), FOREVER).await.unwrap();
        assert_eq!(failures(&muted), [("owner".into(), 11), ("admin".into(), 11)]);
        assert_eq!(say(&bob, group, "muted").await.unwrap_err().code(), 14);
        let kicked = live.kick_live_group_member_list(group, everyone()).await.unwrap();
        assert_eq!(failures(&kicked), [("owner".into(), 11), ("admin".into(), 11), ("nobody".into(), 13)]);
        let blocked = live.add_live_group_member_block_list(group, everyone(), FOREVER).await.unwrap();
        assert_eq!(failures(&blocked), [("owner".into(), 11), ("admin".into(), 11)]);
        assert_eq!(lists(&admin, group).await, [vec!["bob", "nobody"], vec![], vec!["bob", "nobody"]]);

        let many: Vec<Uid> = (0..101).map(|number| uid(&format!("user-{number}"))).collect();
        let refused = live.add_live_group_member_silent_list(group, many, FOREVER).await.unwrap_err();
        assert_eq!((refused.code(), refused.limit()), (4, Some(100)));
    });
}

#[test]
fn lists_of_the_muted_the_exempt_and_the_blocked_come_in_pages_of_twenty() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let owner = arena.logged_in("owner").await;
        let group = room(&owner).await;
        let live = owner.live_groups();
        let users: Vec<Uid> = (10..35).map(|number| uid(&format!("user-{number}"))).collect();
        all_done(live.add_live_group_member_silent_list(group, users.clone(), FOREVER).await);
        all_done(live.add_live_group_member_silent_white_list(group, users.clone()).await);
        all_done(live.add_live_group_member_block_list(group, users.clone(), Duration::from_secs(60)).await);
        let mut cursors = [MemberCursor::START, MemberCursor::START, MemberCursor::START];
        for (range, has_more) in [(0..20, true), (20..25, false)] {
            let pages = [
                live.get_live_group_member_silent_list(group, cursors[0].clone(), 50).await.unwrap(),
                live.get_live_group_member_silent_white_list(group, cursors[1].clone(), 50).await.unwrap(),
                live.get_live_group_member_block_list(group, cursors[2].clone(), 50).await.unwrap(),
            ];
            for (page, cursor) in pages.into_iter().zip(&mut cursors) {
                let listed: Vec<_> = page.list.iter().map(|member| member.uid.clone()).collect();
                assert_eq!((listed.as_slice(), page.has_more), (&users[range.clone()], has_more));
                let member = &page.list[0];
                assert_eq!((member.muted, member.exempt), (Some(Until::Forever), true));
                assert!(matches!(member.blocked, Some(Until::At(_))), "{member:?}");
                *cursor = page.next_cursor;
            }
        }
    });
}

#[test]
fn slow_mode_makes_members_wait_and_says_how_long() {
    run(async {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&bob], group).await;
        let mut to_bob = Watch::of(&bob);
        let live = owner.live_groups();
        let pace = Duration::from_secs(1);
        all_done(live.set_live_group_slow_mode(group, pace).await);
        assert_eq!(to_bob.state(|state| !state.slow_mode.is_zero()).await.slow_mode, pace);
        say(&bob, group, "one").await.unwrap();
        let refused = say(&bob, group, "two").await.unwrap_err();
        assert_eq!(refused.code(), 78);
        let wait = refused.retry_after().unwrap();
        assert!(wait <= pace, "{wait:?}");
        for n in 0..5 {
            say(&owner, group, &n.to_string()).await.unwrap();
        }
        tokio::time::sleep(wait).await;
        say(&bob, group, "two").await.unwrap();
        all_done(live.set_live_group_slow_mode(group, Duration::ZERO).await);
        say(&bob, group, "three").await.unwrap();
        let refused = live.set_live_group_slow_mode(group, Duration::from_secs(3_601)).await.unwrap_err();
        assert_eq!((refused.code(), refused.limit()), (4, Some(3_600)));
    });
}

#[test]
fn marks_are_made_given_and_taken_back() {
    run(async {
        use bim::MarkAction::{Add, Delete};
        let arena = Arena::in_memory(bim_tests::generous).await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&bob], group).await;
        let mut to_bob = Watch::of(&bob);
        let live = owner.live_groups();
        all_done(live.manage_live_group_mark_types(group, Add, &["vip", "new"]).await);
        let made = to_bob.measure().await.change;
        assert_eq!(made, GroupChange::MarkTypesAdded(vec!["new".into(), "vip".into()]));
        assert_eq!(live.get_live_group_mark_type_list(group).await.unwrap(), ["new", "vip"]);
        all_done(live.mark_live_group_member_list(group, uids(["bob"]), Add, "vip").await);
        all_done(live.mark_live_group_member_list(group, uids(["bob"]), Add, "new").await);
        assert_eq!(to_bob.measure().await.change, GroupChange::Marked("vip".into(), uids(["bob"])));
        assert_eq!(marks_of_bob(&live, group).await, ["vip", "new"]);
        all_done(live.mark_live_group_member_list(group, uids(["bob"]), Delete, "new").await);
        let taken = to_bob.measure_like(|change| matches!(change, GroupChange::Unmarked(..))).await;
        assert_eq!(taken.change, GroupChange::Unmarked("new".into(), uids(["bob"])));
        all_done(live.manage_live_group_mark_types(group, Delete, &["vip"]).await);
        assert_eq!(to_bob.measure().await.change, GroupChange::MarkTypesRemoved(vec!["vip".into()]));
        assert_eq!(marks_of_bob(&live, group).await, [""; 0], "a mark type takes its marks with it");

        let unknown = live.mark_live_group_member_list(group, uids(["bob"]), Add, "vip").await.unwrap_err();
        assert_eq!(unknown.code(), 4);
        let names: Vec<String> = (0..20).map(|number| format!("mark-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let refused = live.manage_live_group_mark_types(group, Add, &names).await.unwrap_err();
        assert_eq!((refused.code(), refused.limit()), (1015, Some(20)), "there is one already");
    });
}

async fn marks_of_bob(live: &LiveGroups, group: ConversationShortId) -> Vec<String> {
    live.get_live_group_member_info(group, uids(["bob"])).await.unwrap().remove(0).marks
}

/// Who is muted, exempt and blocked.
async fn lists(client: &Client, group: ConversationShortId) -> [Vec<String>; 3] {
    let live = client.live_groups();
    [
        live.get_live_group_member_silent_list(group, MemberCursor::START, 0).await,
        live.get_live_group_member_silent_white_list(group, MemberCursor::START, 0).await,
        live.get_live_group_member_block_list(group, MemberCursor::START, 0).await,
    ]
    .map(|page| page.unwrap().list.iter().map(|member| member.uid.to_string()).collect())
}

fn failures(done: &MeasureDone) -> Vec<(String, i32)> {
    done.failed.iter().map(|failure| (failure.uid.to_string(), failure.reason.code.number())).collect()
}
