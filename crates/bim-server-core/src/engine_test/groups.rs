use std::time::Duration;

use bim_proto::{ListQuery, RequestBody, ResponseBody, ServerFrame};
use bim_types::{ConversationShortId, ErrorCode, GroupInfo, Role};

use super::world::{World, join, uid};
use crate::EngineConfig;

#[test]
fn a_new_group_belongs_to_its_maker_and_is_read_back() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let info = GroupInfo {
        name: "直播群".into(),
        description: "d".into(),
        notice: "n".into(),
        avatar_url: "u".into(),
        ext: [("k".into(), "v".into())].into(),
    };
    let created = match world.ask(owner, RequestBody::CreateLiveGroup(info.clone())) {
        Ok(ResponseBody::LiveGroup(created)) => created,
        other => panic!("{other:?}"),
    };
    assert_eq!((created.role, &created.info, &created.owner), (Role::Owner, &info, &uid("owner")));
    match world.ask(viewer, RequestBody::GetLiveGroup(created.conversation_short_id)) {
        Ok(ResponseBody::LiveGroup(read)) => assert_eq!((read.role, read.info), (Role::Normal, info)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_group_without_a_name_or_with_too_much_is_refused() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    for info in [GroupInfo::default(), GroupInfo { name: "x".repeat(101), ..GroupInfo::default() }] {
        let refused = world.ask(owner, RequestBody::CreateLiveGroup(info)).unwrap_err();
        assert_eq!((refused.code, refused.limit), (ErrorCode::InvalidRequest, Some(100)));
    }
}

#[test]
fn an_app_has_so_many_groups_and_no_more_also_after_a_restart() {
    let config = EngineConfig { live_groups_per_app: 2, ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let first = world.create(owner);
    world.create(owner);
    assert_eq!(create(&mut world, "owner"), Some(ErrorCode::CreateLiveMoreThanLimit));
    let mut world = world.restart();
    assert_eq!(create(&mut world, "owner"), Some(ErrorCode::CreateLiveMoreThanLimit));
    let owner = world.log_in("owner", 3);
    world.ask(owner, RequestBody::DissolveLiveGroup(first)).unwrap();
    assert_eq!(create(&mut world, "owner"), None);
}

#[test]
fn lists_are_paged_by_cursor_and_mine_are_mine() {
    let mut world = World::new();
    let (alice, bob) = (world.log_in("alice", 1), world.log_in("bob", 2));
    let mut all: Vec<_> = (0..5).map(|_| world.create(alice)).collect();
    let bobs = world.create(bob);
    all.push(bobs);
    all.sort();
    assert_eq!(list(&mut world, alice, false), all);
    assert_eq!(list(&mut world, bob, true), [bobs]);
}

#[test]
fn a_dissolved_group_is_gone_for_everyone_and_they_are_told() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    world.join(owner, group, None);
    world.join(viewer, group, None);
    world.say(viewer, group, 1).unwrap();
    let refused = world.ask(viewer, RequestBody::DissolveLiveGroup(group)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UserForbidden);
    world.received(viewer);
    assert_eq!(world.ask(owner, RequestBody::DissolveLiveGroup(group)), Ok(ResponseBody::Done));
    let frames = world.received(viewer);
    let [ServerFrame::LiveState(state)] = frames.as_slice() else { panic!("{frames:?}") };
    assert!(state.dissolved);
    assert_eq!(world.say(viewer, group, 2).unwrap_err().code, ErrorCode::UserNotInGroup);
    assert_eq!(list(&mut world, owner, false), []);
    assert_eq!(list(&mut world, owner, true), []);
}

#[test]
fn a_group_of_another_app_does_not_exist() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    let other = world.create_app();
    let token = world.token(other, &uid("eve"), Duration::from_secs(60));
    let hello = bim_proto::Hello { app: other, token, ..world.hello("eve") };
    let eve = world.open();
    world.send_frame(eve, bim_proto::ClientFrame::Hello(hello));
    for (body, code) in [
        (RequestBody::GetLiveGroup(group), ErrorCode::ConversationNotFound),
        (join(group, None), ErrorCode::ConversationNotFound),
        (RequestBody::DissolveLiveGroup(group), ErrorCode::UserNotInGroup),
        (RequestBody::LeaveLiveGroup(group), ErrorCode::UserNotInGroup),
    ] {
        assert_eq!(world.ask(eve, body).unwrap_err().code, code);
    }
    assert_eq!(list(&mut world, eve, false), []);
}

#[test]
fn the_online_count_follows_joins_leaves_and_lost_connections() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    assert_eq!(world.join(owner, group, None).conversation.online_count, 1);
    assert_eq!(world.join(viewer, group, None).conversation.online_count, 2);
    assert_eq!(world.join(viewer, group, None).conversation.online_count, 2);
    world.feed(crate::Input::Closed { connection: viewer });
    assert_eq!(online(&mut world, owner, group), 1);
    assert!(world.ask(owner, RequestBody::LeaveLiveGroup(group)).is_ok());
    assert_eq!(online(&mut world, owner, group), 0);
    assert_eq!(world.say(owner, group, 1).unwrap_err().code, ErrorCode::UserNotInGroup);
}

#[test]
fn a_connection_is_in_so_many_groups_and_no_more() {
    let config = EngineConfig { joined_groups_per_connection: 1, ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let (first, second) = (world.create(owner), world.create(owner));
    world.join(owner, first, None);
    let refused = world.ask(owner, join(second, None)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooManyGroups);
    world.join(owner, first, None);
}

fn create(world: &mut World, name: &str) -> Option<ErrorCode> {
    let connection = world.log_in(name, 3);
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    world.ask(connection, RequestBody::CreateLiveGroup(info)).err().map(|refusal| refusal.code)
}

fn online(world: &mut World, asker: bim_types::ConnectionId, group: ConversationShortId) -> u64 {
    match world.ask(asker, RequestBody::GetLiveGroup(group)) {
        Ok(ResponseBody::LiveGroup(group)) => group.online_count,
        other => panic!("{other:?}"),
    }
}

fn list(world: &mut World, asker: bim_types::ConnectionId, mine: bool) -> Vec<ConversationShortId> {
    let (mut ids, mut cursor) = (Vec::new(), 0);
    loop {
        match world.ask(asker, RequestBody::ListLiveGroups(ListQuery { cursor, count: 2, mine })) {
            Ok(ResponseBody::LiveGroupPage(page)) => {
                ids.extend(page.entries.iter().map(|group| group.conversation_short_id));
                cursor = page.next_cursor;
                if !page.has_more {
                    return ids;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}
