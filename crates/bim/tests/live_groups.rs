//! The whole of live groups between real clients and the real engine, in process.
#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

use std::collections::BTreeMap;
use std::time::Duration;

use bim::{
    AttributeCondition, AttributeWrite, Client, ConversationShortId, ErrorCode, GroupChange, GroupInfo,
    LeftReason, LiveEvent, LiveEvents, MarkAction, MemberCursor, MemberInfo, MessageBody, Priority, Role,
    Seq, Uid, Until,
};
use bim_fake_server::FakeServer;

async fn client(server: &FakeServer, uid: &str) -> Client {
    let client = Client::builder(server.app_id(), uid).dialer(server.dialer()).build().await.unwrap();
    client.login(uid, server.token(uid)).await.unwrap();
    client
}

/// Alice owns a room that Bob is in too.
async fn alice_and_bob() -> (FakeServer, Client, Client, ConversationShortId) {
    let server = bim_fake_server::serve().await;
    let (alice, bob) = (client(&server, "alice").await, client(&server, "bob").await);
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = alice.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    alice.live_groups().join_live_group(id).await.unwrap();
    bob.live_groups().join_live_group(id).await.unwrap();
    (server, alice, bob, id)
}

fn uid(name: &str) -> Uid {
    Uid::try_from(name).unwrap()
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it takes far too long")
}

/// The next event that this is about.
async fn until<T>(events: &mut LiveEvents, wanted: impl Fn(&LiveEvent) -> Option<T>) -> T {
    soon(async {
        loop {
            if let Some(found) = wanted(&events.next().await.unwrap()) {
                return found;
            }
        }
    })
    .await
}

fn change_of(event: &LiveEvent) -> Option<GroupChange> {
    match event {
        LiveEvent::Members(event) => Some(event.change.clone()),
        _ => None,
    }
}

async fn say(client: &Client, id: ConversationShortId, text: &str) -> Result<bim::Message, bim::Error> {
    let message = client.create_text_message(text);
    soon(client.live_groups().send_live_group_message(&message, id, Priority::Normal)).await
}

#[tokio::test]
async fn a_muted_member_knows_it_and_may_speak_again_when_the_time_is_over() {
    let (_server, alice, bob, id) = alice_and_bob().await;
    let mut events = bob.live_groups().events();
    let live = alice.live_groups();
    let done = soon(live.add_live_group_member_silent_list(id, [uid("bob")], Duration::from_secs(1))).await;
    assert!(done.unwrap().failed.is_empty());
    assert!(matches!(until(&mut events, change_of).await, GroupChange::Muted(_, Until::At(_))));
    let own = |event: &LiveEvent| match event {
        LiveEvent::StateChanged(state) => Some(state.me.as_ref().unwrap().muted),
        _ => None,
    };
    assert!(until(&mut events, own).await.is_some());
    assert_eq!(say(&bob, id, "hm").await.unwrap_err().code(), 14);
    assert!(matches!(until(&mut events, change_of).await, GroupChange::Unmuted(_)));
    say(&bob, id, "ah").await.unwrap();
    let refused = soon(bob.live_groups().set_live_group_silent(id, true)).await.unwrap_err();
    assert_eq!(refused.code(), 11);
    soon(live.set_live_group_silent(id, true)).await.unwrap();
    assert_eq!(say(&bob, id, "hm").await.unwrap_err().code(), 1013);
    soon(live.add_live_group_member_silent_white_list(id, [uid("bob")])).await.unwrap();
    say(&bob, id, "ah").await.unwrap();
}

#[tokio::test]
async fn whoever_is_blocked_has_left_and_can_not_come_back_until_it_is_lifted() {
    let (_server, alice, bob, id) = alice_and_bob().await;
    let mut events = bob.live_groups().events();
    let live = alice.live_groups();
    soon(live.add_live_group_member_block_list(id, [uid("bob")], Duration::ZERO)).await.unwrap();
    let left = |event: &LiveEvent| match event {
        LiveEvent::Left { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    let reason = LeftReason::Kicked { blocked: true, operator: Some(uid("alice")) };
    assert_eq!(until(&mut events, left).await, reason);
    assert_eq!(soon(bob.live_groups().leave_live_group(id)).await.unwrap_err().code(), 13);
    assert_eq!(soon(bob.live_groups().join_live_group(id)).await.unwrap_err().code(), 53);
    let blocked = soon(live.get_live_group_member_block_list(id, MemberCursor::START, 0)).await.unwrap();
    assert_eq!((blocked.list[0].uid.clone(), blocked.list[0].blocked), (uid("bob"), Some(Until::Forever)));
    soon(live.remove_live_group_member_block_list(id, [uid("bob")])).await.unwrap();
    soon(bob.live_groups().join_live_group(id)).await.unwrap();

    soon(live.kick_live_group_member_list(id, [uid("bob")])).await.unwrap();
    let reason = LeftReason::Kicked { blocked: false, operator: Some(uid("alice")) };
    assert_eq!(until(&mut events, left).await, reason);
    soon(bob.live_groups().join_live_group(id)).await.unwrap();
}

#[tokio::test]
async fn roles_change_hands_and_marks_are_given() {
    let (_server, alice, bob, id) = alice_and_bob().await;
    let live = alice.live_groups();
    soon(live.set_live_group_member_role(id, [uid("bob")], Role::Admin)).await.unwrap();
    let residents = soon(live.get_live_group_member_list(id, MemberCursor::START, 0)).await.unwrap();
    let roles: Vec<_> = residents.list.iter().map(|member| (member.uid.clone(), member.role)).collect();
    assert_eq!(roles, [(uid("alice"), Role::Owner), (uid("bob"), Role::Admin)]);
    let done =
        soon(bob.live_groups().kick_live_group_member_list(id, [uid("alice"), uid("zoe")])).await.unwrap();
    let codes: BTreeMap<_, _> =
        done.failed.iter().map(|failure| (failure.uid.clone(), failure.reason.code)).collect();
    assert_eq!(codes[&uid("alice")], ErrorCode::UserForbidden);

    soon(live.manage_live_group_mark_types(id, MarkAction::Add, &["vip", "fan"])).await.unwrap();
    assert_eq!(soon(live.get_live_group_mark_type_list(id)).await.unwrap(), ["fan", "vip"]);
    soon(live.mark_live_group_member_list(id, [uid("bob")], MarkAction::Add, "vip")).await.unwrap();
    let marked =
        soon(live.get_live_group_member_online_list(id, MemberCursor::START, 0, Some("vip"))).await.unwrap();
    assert_eq!(marked.list.iter().map(|member| member.uid.clone()).collect::<Vec<_>>(), [uid("bob")]);

    soon(live.trans_live_group_owner(id, uid("bob"))).await.unwrap();
    assert_eq!(soon(bob.live_groups().get_live_group(id)).await.unwrap().role, Role::Owner);
    assert_eq!(soon(live.trans_live_group_owner(id, uid("alice"))).await.unwrap_err().code(), 11);
    let error = soon(bob.live_groups().trans_live_group_owner(id, uid("nobody"))).await.unwrap_err();
    assert_eq!(error.code(), 13);
}

#[tokio::test]
async fn what_a_member_says_about_itself_outlasts_a_crash_of_the_server() {
    let (server, alice, bob, id) = alice_and_bob().await;
    let info = MemberInfo { alias: "bobby".into(), ..MemberInfo::default() };
    let live = bob.live_groups();
    soon(live.leave_live_group(id)).await.unwrap();
    say(&alice, id, "before").await.unwrap();
    let joined = soon(live.join_live_group_with_info(id, info)).await.unwrap();
    assert_eq!(joined.conversation.me.unwrap().info.alias, "bobby");
    let history = soon(live.get_live_group_history_message_list(id, Some(joined.join_message_cursor), 20))
        .await
        .unwrap();
    assert_eq!(history.list[0].body.as_str(), Some("before"));
    soon(live.set_live_group_member_avatar(id, "https://example.org/bob.png")).await.unwrap();

    let mut connection = bob.connect_events();
    server.crash().await;
    server.restart().await;
    let mut online = false;
    while !online {
        use bim::{ConnectEvent, ConnectStatus, Continuity};
        let event = soon(connection.next()).await.unwrap();
        online = matches!(
            event,
            ConnectEvent::Status(ConnectStatus::Connected(Continuity::Resumed | Continuity::Discontinuous))
        );
    }
    let read = soon(live.get_live_group_member_info(id, [uid("bob"), uid("nobody")])).await.unwrap();
    assert_eq!(read[0].info.alias, "bobby");
    assert_eq!(read[0].info.avatar_url, "https://example.org/bob.png");
    let online = soon(live.get_live_group_member_online_info(id, [uid("bob"), uid("nobody")])).await.unwrap();
    assert_eq!((online[0].is_in_group, online[1].is_in_group), (true, false));
    assert!(online[0].join_time.is_some() && online[1].last_ping_time.is_none());
    assert!(soon(live.get_live_group_online_count(id)).await.unwrap().count >= 1);
}

#[tokio::test]
async fn edits_and_removals_reach_those_who_are_in_and_change_the_history() {
    let (_server, alice, bob, id) = alice_and_bob().await;
    let mut events = bob.live_groups().events();
    let (first, second) = (say(&alice, id, "helo").await.unwrap(), say(&alice, id, "oops").await.unwrap());
    let live = alice.live_groups();
    let body = MessageBody::Text("hello".into());
    soon(live.update_live_group_message(id, first.position.seq, body)).await.unwrap();
    soon(live.delete_live_group_message(id, second.position.seq)).await.unwrap();
    let updated = |event: &LiveEvent| match event {
        LiveEvent::Updated { message, operator } => Some((message.clone(), operator.clone())),
        _ => None,
    };
    let (message, operator) = until(&mut events, updated).await;
    assert_eq!((message.body.as_str(), message.edits, operator), (Some("hello"), 1, uid("alice")));
    let deleted = |event: &LiveEvent| match event {
        LiveEvent::Deleted { position, .. } => Some(*position),
        _ => None,
    };
    assert_eq!(until(&mut events, deleted).await, second.position);
    let history = soon(live.get_live_group_history_message_list(id, None, 0)).await.unwrap();
    let texts: Vec<_> = history.list.iter().map(|message| message.body.as_str().unwrap()).collect();
    assert_eq!(texts, ["hello"]);
    let other = bob.live_groups();
    let foreign = soon(other.delete_live_group_message(id, first.position.seq)).await;
    assert_eq!(foreign.unwrap_err().code(), 11);
    assert_eq!(soon(live.delete_live_group_message(id, Seq(9_999))).await.unwrap_err().code(), 1017);
    say(&bob, id, "and on").await.unwrap();
}

#[tokio::test]
async fn of_two_who_claim_a_key_one_wins_and_everyone_hears() {
    let (_server, alice, bob, id) = alice_and_bob().await;
    let mut events = bob.live_groups().events();
    let absent = AttributeCondition::Absent;
    let live = alice.live_groups();
    let won = soon(live.compare_and_set_live_group_attribute(id, "mic", absent, "alice")).await.unwrap();
    let other = bob.live_groups();
    let lost = soon(other.compare_and_set_live_group_attribute(id, "mic", absent, "bob")).await.unwrap_err();
    assert_eq!(lost.code(), 1016);
    let changed = |event: &LiveEvent| match event {
        LiveEvent::AttributesChanged(changed) => Some(changed.clone()),
        _ => None,
    };
    assert_eq!(until(&mut events, changed).await.set, std::slice::from_ref(&won));
    let version = AttributeCondition::Version(won.version);
    soon(other.compare_and_set_live_group_attribute(id, "mic", version, "bob")).await.unwrap();
    let read = soon(live.get_live_group_attributes(id, &["mic"])).await.unwrap();
    assert_eq!(read.attributes[0].value, "bob");
    let brief =
        AttributeWrite { expires_in: Some(Duration::from_millis(50)), ..AttributeWrite::set("brief", "now") };
    soon(live.write_live_group_attributes(id, [brief])).await.unwrap();
    let gone = |event: &LiveEvent| match event {
        LiveEvent::AttributesChanged(changed) => changed.removed.first().cloned(),
        _ => None,
    };
    assert_eq!(until(&mut events, gone).await, "brief");
    soon(live.remove_live_group_attributes(id, &["mic"])).await.unwrap();
    assert_eq!(until(&mut events, gone).await, "mic");
}

#[tokio::test]
async fn every_tap_counts_once_although_the_server_crashes_again_and_again() {
    let (server, alice, bob, id) = alice_and_bob().await;
    let live = alice.live_groups();
    let mut events = bob.live_groups().events();
    let counted = |least: u64| {
        move |event: &LiveEvent| match event {
            LiveEvent::CountersChanged { counters, .. } => {
                counters.get("likes").filter(|sum| **sum >= least).copied()
            }
            LiveEvent::TapsRefused { lost, reason, .. } => panic!("{lost:?} {reason}"),
            _ => None,
        }
    };
    for round in 1..=5 {
        for _ in 0..200 {
            soon(async {
                while live.tap_live_group_counter(id, "likes", 1).is_err() {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
        // Now with taps that are still on their way, now with an answer just given.
        if round % 2 == 0 {
            until(&mut events, counted(200 * (round - 1))).await;
        }
        server.crash().await;
        server.restart().await;
    }
    assert_eq!(until(&mut events, counted(1000)).await, 1000);
    let known = soon(bob.live_groups().get_live_group_counters(id)).await.unwrap();
    assert_eq!(known["likes"], 1000);
}

#[tokio::test]
async fn an_app_server_speaks_to_every_group_and_for_any_member() {
    let (server, _alice, bob, id) = alice_and_bob().await;
    let mut events = bob.live_groups().events();
    let app = Client::builder(server.app_id(), "app").dialer(server.dialer()).build().await.unwrap();
    app.login("app", server.app_server_token("app")).await.unwrap();
    let message = app.create_text_message("maintenance at noon");
    let done = soon(app.live_groups().broadcast_to_live_groups(&message, Priority::High)).await.unwrap();
    assert_eq!((done.accepted, done.failed), (1, 0));
    let received = |event: &LiveEvent| match event {
        LiveEvent::Received(message) => Some(message.body.as_str().unwrap().to_owned()),
        _ => None,
    };
    assert_eq!(until(&mut events, received).await, "maintenance at noon");
    let change = MemberInfo { alias: "Robert".into(), ..MemberInfo::default() }.into();
    let renamed =
        soon(app.live_groups().set_live_group_member_info_of(id, uid("bob"), change)).await.unwrap();
    assert_eq!(renamed.info.alias, "Robert");
    let own = |event: &LiveEvent| match event {
        LiveEvent::StateChanged(state) => {
            state.me.as_ref().map(|me| me.info.alias.clone()).filter(|alias| !alias.is_empty())
        }
        _ => None,
    };
    assert_eq!(until(&mut events, own).await, "Robert");
}

#[tokio::test]
async fn who_comes_and_goes_is_told_with_the_count() {
    let (server, alice, bob, id) = alice_and_bob().await;
    let mut events = alice.live_groups().events();
    let carol = client(&server, "carol").await;
    soon(carol.live_groups().join_live_group(id)).await.unwrap();
    let joined = |event: &LiveEvent| match event {
        LiveEvent::Pulse(pulse) if pulse.joined.named.iter().any(|member| member.uid == uid("carol")) => {
            Some(pulse.online_count)
        }
        _ => None,
    };
    assert_eq!(until(&mut events, joined).await, 3);
    soon(bob.live_groups().leave_live_group(id)).await.unwrap();
    let left = |event: &LiveEvent| match event {
        LiveEvent::Pulse(pulse) if pulse.left.named.contains(&uid("bob")) => Some(pulse.online_count),
        _ => None,
    };
    assert_eq!(until(&mut events, left).await, 2);
    let counted = |event: &LiveEvent| match event {
        LiveEvent::StateChanged(state) => Some(state.online_count),
        _ => None,
    };
    assert_eq!(until(&mut events, counted).await, 2);
}
