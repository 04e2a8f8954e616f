//! A room for tests, the people in it, and what the engine does around it.

use std::time::Duration;

use bim_proto::stored::{StoredLiveGroup, StoredLiveMessage, StoredLiveRoll};
use bim_proto::{LiveChange, LivePush, SendLive, ServerFrame};
use bim_types::{
    AppId, ClientMessageId, ConnectionId, ConversationShortId, Cursor, DeviceId, Epoch, ErrorCode, GroupInfo,
    GroupKey, Measure, MemberFailure, MessageBody, Mono, MuteAll, Now, Position, Priority, Refusal, Seq, Uid,
    Wall,
};

use super::{Actor, Plan, Room, RoomPolicy, RoomRecords};
use crate::queue::LiveFrame;

pub(super) const CONTENT: [u8; 16] = [1; 16];
pub(super) const EPOCH: Epoch = Epoch(7);

/// A room of `owner` with nobody in it.
pub(super) fn room() -> Room {
    room_of(RoomPolicy::default())
}

pub(super) fn room_of(policy: RoomPolicy) -> Room {
    let group = StoredLiveGroup {
        info: GroupInfo { name: "room".into(), ..GroupInfo::default() },
        owner: uid("owner"),
        created_at: Wall::default(),
        version: 1,
        admins: Vec::new(),
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
    };
    let records = RoomRecords { group, group_version: 1, roll: StoredLiveRoll::default(), roll_version: 0 };
    let head = Position { epoch: EPOCH, seq: Seq(0) };
    Room::new(key(), records, head, policy, at(0))
}

/// A room with these users in it, the first of whom are made admins.
pub(super) fn room_with(admins: &[&str], members: &[&str]) -> Room {
    let mut room = room();
    for name in admins.iter().chain(members) {
        enter(&mut room, name);
    }
    if !admins.is_empty() {
        done(&mut room, &owner(), Measure::AddAdmins(uids(admins)));
    }
    room
}

pub(super) fn enter(room: &mut Room, name: &str) {
    room.join(at(0), &actor(name), None, None);
}

/// Plans a measure and carries it out as the engine does.
pub(super) fn measure(room: &mut Room, actor: &Actor, measure: Measure) -> Result<Plan, Refusal> {
    let plan = room.plan(at(0), actor, measure)?;
    carry_out(room, at(0), &plan);
    Ok(plan)
}

/// A measure that nothing stands in the way of.
pub(super) fn done(room: &mut Room, actor: &Actor, what: Measure) -> Plan {
    let plan = measure(room, actor, what).unwrap();
    assert_eq!(plan.failed, []);
    plan
}

pub(super) fn carry_out(room: &mut Room, now: Now, plan: &Plan) {
    let (group_version, roll_version) = room.record_versions();
    if let Some(group) = plan.group.clone() {
        room.replace(group, group_version + 1);
    }
    if let Some(roll) = plan.roll.clone() {
        room.replace_roll(roll, roll_version + 1, now);
    }
    room.records_changed(&plan.concerned);
    for uid in &plan.removed {
        let connections: Vec<ConnectionId> = room.roster().connections_of(uid).collect();
        for connection in connections {
            room.leave(connection);
        }
    }
}

/// For whom it was not done, and why.
pub(super) fn failures(plan: &Plan) -> Vec<(Uid, ErrorCode)> {
    plan.failed.iter().map(|MemberFailure { uid, reason }| (uid.clone(), reason.code)).collect()
}

pub(super) fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> ErrorCode {
    result.unwrap_err().code
}

pub(super) fn owner() -> Actor {
    actor("owner")
}

/// A user on a connection of its own. Names have up to 8 bytes.
pub(super) fn actor(name: &str) -> Actor {
    Actor { uid: uid(name), connection: connection(name), device: device(), is_app_server: false }
}

pub(super) fn app_server() -> Actor {
    Actor { is_app_server: true, ..actor("server") }
}

pub(super) fn connection(name: &str) -> ConnectionId {
    assert!(name.len() <= 8, "a name of up to 8 bytes");
    ConnectionId(name.bytes().fold(0, |id, byte| id << 8 | u64::from(byte)))
}

pub(super) fn device() -> DeviceId {
    DeviceId::new(9)
}

pub(super) fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

pub(super) fn uids(names: &[&str]) -> Vec<Uid> {
    names.iter().map(|name| uid(name)).collect()
}

pub(super) fn key() -> GroupKey {
    GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() }
}

pub(super) fn at(seconds: u64) -> Now {
    at_ms(seconds * 1_000)
}

pub(super) fn at_ms(millis: u64) -> Now {
    Now {
        mono: Mono::ZERO + Duration::from_millis(millis),
        wall: Wall::from_millis(1_700_000_000_000 + millis),
    }
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn cursor(seq: u64) -> Cursor {
    Cursor::at(Position { epoch: EPOCH, seq: Seq(seq) })
}

pub(super) fn text(text: &str) -> MessageBody {
    MessageBody::Text(text.into())
}

pub(super) fn send(id: u128, priority: Priority) -> SendLive {
    SendLive {
        group: key().group,
        client_message_id: ClientMessageId::new(id),
        priority,
        body: text("hi"),
        follows: None,
    }
}

/// A message of a user, accepted at the start.
pub(super) fn message_of(name: &str, id: u128) -> StoredLiveMessage {
    StoredLiveMessage {
        sender: uid(name),
        device: device(),
        client_message_id: ClientMessageId::new(id),
        priority: Priority::Normal,
        accepted_at: at(0).wall,
        edits: 0,
        body: text("hi"),
        deleted: false,
        only_for_sender: false,
        changes: None,
        changed: None,
    }
}

pub(super) fn push(live: &LiveFrame) -> LivePush {
    match ServerFrame::decode(live.frame.clone()) {
        Ok(ServerFrame::LiveMessage(push)) => push,
        other => panic!("not a message: {other:?}"),
    }
}

pub(super) fn change(live: &LiveFrame) -> LiveChange {
    match ServerFrame::decode(live.frame.clone()) {
        Ok(ServerFrame::LiveChange(change)) => change,
        other => panic!("not a change: {other:?}"),
    }
}
