use bim_proto::{RequestBody, ResponseBody, ServerFrame};
use bim_types::{ConversationShortId, ErrorCode, GroupInfoChange};

use super::world::World;

#[test]
fn a_change_is_told_to_everyone_in_the_group_when_it_is_durable() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    world.join(viewer, group, None);
    world.holds_writes = true;
    world.request(owner, notice(group, "公告"));
    assert!(world.received(viewer).is_empty());
    world.release_writes();
    let frames = world.received(viewer);
    let [ServerFrame::LiveState(state)] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!((state.info.notice.as_str(), state.info.name.as_str(), state.version), ("公告", "room", 2));
    let frames = world.received(owner);
    assert!(matches!(frames.as_slice(), [ServerFrame::Response(_)]), "{frames:?}");
    let mut world = world.restart();
    let owner = world.log_in("owner", 1);
    match world.ask(owner, RequestBody::GetLiveGroup(group)) {
        Ok(ResponseBody::LiveGroup(read)) => assert_eq!(read.info.notice, "公告"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn changes_asked_at_once_are_made_one_after_the_other() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.holds_writes = true;
    for text in ["one", "two", "three"] {
        world.request(owner, notice(group, text));
    }
    world.request(owner, RequestBody::DissolveLiveGroup(group));
    world.request(owner, notice(group, "four"));
    world.release_writes();
    let frames = world.received(owner);
    let states: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame {
            ServerFrame::LiveState(state) => {
                Some((state.info.notice.as_str(), state.version, state.dissolved))
            }
            _ => None,
        })
        .collect();
    assert_eq!(states, [("one", 2, false), ("two", 3, false), ("three", 4, false), ("three", 5, true)]);
    let answers: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame {
            ServerFrame::Response(response) => Some(response.body.as_ref().err().map(|refusal| refusal.code)),
            _ => None,
        })
        .collect();
    assert_eq!(answers, [None, None, None, None, Some(ErrorCode::UserNotInGroup)]);
}

#[test]
fn who_may_not_change_a_group_or_changes_nothing_is_told_so() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    assert_eq!(world.ask(viewer, notice(group, "x")).unwrap_err().code, ErrorCode::UserNotInGroup);
    world.join(viewer, group, None);
    assert_eq!(world.ask(viewer, notice(group, "x")).unwrap_err().code, ErrorCode::UserForbidden);
    let nothing = RequestBody::SetLiveGroupInfo(group, GroupInfoChange::default());
    assert_eq!(world.ask(owner, nothing).unwrap_err().code, ErrorCode::InvalidRequest);
    let long = world.ask(owner, notice(group, &"x".repeat(1_025))).unwrap_err();
    assert_eq!((long.code, long.limit), (ErrorCode::InvalidRequest, Some(1_024)));
    world.fails_writes = true;
    assert_eq!(world.ask(owner, notice(group, "x")).unwrap_err().code, ErrorCode::StorageUnavailable);
}

fn notice(group: ConversationShortId, text: &str) -> RequestBody {
    let change = GroupInfoChange { notice: Some(text.into()), ..GroupInfoChange::default() };
    RequestBody::SetLiveGroupInfo(group, change)
}
