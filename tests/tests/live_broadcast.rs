//! The app's own server: what it does in every live group without being in one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bim::{MemberInfoChange, Priority};
use bim_tests::{Arena, Watch, create_room, everywhere, join, run, say, uid, uids};

everywhere!(an_app_server_reaches_every_group_once);

async fn an_app_server_reaches_every_group_once(arena: Arena) {
    const GROUPS: usize = 5;
    let (owner, server) = (arena.logged_in("owner").await, arena.app_server("backend").await);
    let mut members = Vec::new();
    for number in 0..GROUPS {
        let group = create_room(&owner).await;
        let member = arena.logged_in(format!("member-{number}")).await;
        join([&member], group).await;
        members.push((Watch::of(&member), member, group));
    }
    let message = server.create_text_message("closing at noon");
    let live = server.live_groups();
    let done = live.broadcast_to_live_groups(&message, Priority::High).await.unwrap();
    assert_eq!((done.accepted, done.failed), (GROUPS as u64, 0));
    let again = live.broadcast_to_live_groups(&message, Priority::High).await.unwrap();
    assert_eq!(again, done, "asked again, it reaches nobody twice");
    for (hears, member, group) in &mut members {
        let heard = hears.message().await;
        assert_eq!((heard.body.as_str(), &heard.sender), (Some("closing at noon"), &uid("backend")));
        assert_eq!((heard.conversation_short_id, heard.priority), (*group, Priority::High));
        say(&server, *group, "one more").await.unwrap();
        assert_eq!(hears.text().await, "one more");
        let state = member.live_groups().get_live_group(*group).await.unwrap();
        assert_eq!(state.online_count, 1, "an app server is not in and not counted");
    }
    let refused = owner.live_groups().broadcast_to_live_groups(&message, Priority::High).await;
    assert_eq!(refused.unwrap_err().code(), 11);
}

#[test]
fn an_app_server_is_bound_by_no_mute_and_no_budget_and_names_anyone() {
    run(async {
        let arena = Arena::in_memory(|limits| {
            limits.sender_per_second = 1;
            limits.sender_burst = 1;
        })
        .await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let server = arena.app_server("backend").await;
        let group = create_room(&owner).await;
        let mut to_owner = Watch::of(&owner);
        join([&owner, &bob], group).await;
        to_owner.pulse(|pulse| pulse.online_count == 2).await;
        let live = server.live_groups();
        live.set_live_group_mute_all(group, bim::MuteAll::Everyone).await.unwrap();
        for n in 0..20 {
            say(&server, group, &n.to_string()).await.unwrap();
        }
        assert_eq!(say(&bob, group, "?").await.unwrap_err().code(), 1013);
        let change = MemberInfoChange { alias: Some("Bob of the show".into()), ..Default::default() };
        let member = live.set_live_group_member_info_of(group, uid("bob"), change).await.unwrap();
        assert_eq!(member.info.alias, "Bob of the show");
        let told = to_owner.pulse(|pulse| !pulse.changed.is_empty()).await;
        assert_eq!(told.changed.named[0].info.alias, "Bob of the show");
        let seen = owner.live_groups().get_live_group_member_info(group, uids(["bob"])).await.unwrap();
        assert_eq!(seen[0].info.alias, "Bob of the show");
        live.trans_live_group_owner(group, uid("bob")).await.unwrap();
        live.dissolve_live_group(group).await.unwrap();
    });
}
