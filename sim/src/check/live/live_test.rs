//! A server that is honest is green; each lie is found.

use bim_proto::stored::{StoredLiveGroup, StoredLiveMember, StoredLiveRoll};
use bim_proto::{
    ClientFrame, Hello, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame, SetMemberInfo,
};
use bim_server_core::{Input, Output};
use bim_types::store::{Expected, LogOp, LogOutcome, OpId, Put, PutOutcome, RecordKey};
use bim_types::{
    AppId, AttributeCondition, AttributeWrite, ConnectionId, Conversation, ConversationShortId, DeviceId,
    ErrorCode, GroupChange, GroupEvent, GroupInfo, GroupInfoChange, GroupKey, Measure, Member, MemberInfo,
    MemberInfoChange, Mono, Now, Presence, Refusal, Role, Token, Uid, Wall,
};

use super::LiveGroups;
use super::board::Board;
use super::people::Person;
use super::rights::{Act, Policy, may};
use super::room::Room;
use crate::check::{Check, Context};
use crate::ledger::Ledger;
use crate::plan::{Mode, Plan};
use crate::sight::Sight;

const OWNER: ConnectionId = ConnectionId(1);
const POLICY: Policy = Policy { members_may_send_high: false, members_may_set_attributes: true };

fn user(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

fn at(seconds: u64) -> Now {
    Now { mono: Mono::from_micros(seconds * 1_000_000), wall: Wall::from_secs(1_000_000 + seconds) }
}

fn key() -> GroupKey {
    GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(7).unwrap() }
}

fn group() -> StoredLiveGroup {
    StoredLiveGroup {
        info: GroupInfo { name: "room".into(), ..GroupInfo::default() },
        owner: user("owner"),
        created_at: at(0).wall,
        version: 1,
        admins: Vec::new(),
        mute_all: Default::default(),
        slow_mode: Default::default(),
        dissolve_after_idle: Default::default(),
        mark_types: Vec::new(),
    }
}

fn person(name: &str, connection: u64) -> Person {
    let (uid, device) = (user(name), DeviceId::new(u128::from(connection)));
    Person { app: key().app, uid, device, is_server: false, connection: ConnectionId(connection) }
}

/// What a checker is shown.
struct Story {
    check: LiveGroups,
    ledger: Ledger,
}

impl Story {
    /// The owner is there and has asked for the group; it is being written.
    fn begun() -> Self {
        let mut story =
            Self { check: LiveGroups::new(&Plan::draw(0, Mode::Safety)), ledger: Ledger::default() };
        story.hello(OWNER, "owner");
        story.asks(OWNER, 1, RequestBody::CreateLiveGroup(group().info));
        story.writes(1, put(&group(), Expected::Absent)).unwrap();
        story
    }

    /// The group is there.
    fn made() -> Self {
        let mut story = Self::begun();
        story.is_durable(1, put(&group(), Expected::Absent));
        story.answers(OWNER, 1, Ok(ResponseBody::LiveGroup(told(Role::Owner)))).unwrap();
        story
    }

    fn see(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        self.check.see(&Context { at: Mono::ZERO, ledger: &self.ledger }, sight)
    }

    fn hello(&mut self, connection: ConnectionId, name: &str) {
        let token = Token::new("token");
        let (app, device) = (key().app, DeviceId::new(u128::from(connection.0)));
        let hello = Hello { app, uid: user(name), device, token, sdk: String::new() };
        self.see(&Sight::In(connection, &ClientFrame::Hello(hello))).unwrap();
    }

    fn asks(&mut self, connection: ConnectionId, id: u64, body: RequestBody) {
        self.see(&Sight::Input(at(1), &Input::Tick)).unwrap();
        let request = Request { id: RequestId(id), body: Ok(body) };
        self.see(&Sight::In(connection, &ClientFrame::Request(request))).unwrap();
    }

    fn writes(&mut self, op: u64, ops: Vec<LogOp>) -> Result<(), String> {
        self.see(&Sight::Output(&Output::Write { op: OpId(op), ops }))
    }

    fn is_durable(&mut self, op: u64, ops: Vec<LogOp>) {
        let outcomes = vec![LogOutcome::Put(PutOutcome::Done(1)); ops.len()];
        self.ledger.commit(&ops, &outcomes);
        self.see(&Sight::Committed(&ops, &outcomes)).unwrap();
        let written = Input::Written { op: OpId(op), result: Ok(outcomes) };
        self.see(&Sight::Input(at(1), &written)).unwrap();
    }

    fn answers(
        &mut self,
        to: ConnectionId,
        id: u64,
        body: Result<ResponseBody, Refusal>,
    ) -> Result<(), String> {
        let response = Response { id: RequestId(id), body };
        self.see(&Sight::Out(to, &ServerFrame::Response(response)))
    }
}

fn put(group: &StoredLiveGroup, expected: Expected) -> Vec<LogOp> {
    let record = RecordKey::LiveGroup(key().app, key().group);
    vec![LogOp::Put(Put { key: record, expected, value: Some(group.encode()) })]
}

fn told(role: Role) -> Conversation {
    Conversation { role, ..bim_livegroup::room::conversation(key(), &group(), 0, false) }
}

fn renamed() -> StoredLiveGroup {
    let info = GroupInfo { name: "other".into(), ..GroupInfo::default() };
    StoredLiveGroup { info, version: 2, ..group() }
}

fn rename() -> RequestBody {
    let change = GroupInfoChange { name: Some("other".into()), ..GroupInfoChange::default() };
    RequestBody::SetLiveGroupInfo(key().group, change)
}

#[test]
fn an_honest_server_is_green() {
    let mut story = Story::made();
    story.asks(OWNER, 2, rename());
    story.writes(2, put(&renamed(), Expected::Version(1))).unwrap();
}

#[test]
fn an_answer_before_it_is_durable_is_found() {
    let mut story = Story::begun();
    assert!(story.answers(OWNER, 1, Ok(ResponseBody::LiveGroup(told(Role::Owner)))).is_err());
    assert_eq!(story.check.name(), "durable-state");
}

#[test]
fn a_change_that_nobody_asked_for_is_found() {
    let mut story = Story::made();
    assert!(story.writes(2, put(&renamed(), Expected::Version(1))).is_err());
    assert_eq!(story.check.name(), "authority");
}

#[test]
fn a_change_by_somebody_who_may_not_is_found() {
    let mut story = Story::made();
    story.hello(ConnectionId(2), "somebody");
    story.asks(ConnectionId(2), 1, rename());
    assert!(story.writes(2, put(&renamed(), Expected::Version(1))).is_err());
}

#[test]
fn a_change_that_does_not_raise_the_version_is_found() {
    let mut story = Story::made();
    story.asks(OWNER, 2, rename());
    let same_version = StoredLiveGroup { version: 1, ..renamed() };
    assert!(story.writes(2, put(&same_version, Expected::Version(1))).is_err());
}

#[test]
fn a_state_that_is_not_so_is_found() {
    let mut story = Story::made();
    story.asks(OWNER, 2, RequestBody::GetLiveGroup(key().group));
    let stale = Conversation { version: 9, ..told(Role::Owner) };
    assert!(story.answers(OWNER, 2, Ok(ResponseBody::LiveGroup(stale))).is_err());
    assert_eq!(story.check.name(), "state");
}

#[test]
fn a_refusal_without_a_reason_and_a_missing_one_are_found() {
    let kick =
        || RequestBody::ChangeLiveGroup(key().group, Measure::Mute(vec![user("a")], Default::default()));
    let mut story = Story::made();
    story.asks(OWNER, 2, kick());
    assert!(story.answers(OWNER, 2, Err(ErrorCode::UserForbidden.into())).is_err());
    let mut story = Story::made();
    story.hello(ConnectionId(2), "somebody");
    story.asks(ConnectionId(2), 1, kick());
    assert!(story.answers(ConnectionId(2), 1, Err(ErrorCode::UserForbidden.into())).is_err(), "it is 13");
    let mut story = Story::made();
    story.asks(OWNER, 2, kick());
    let done = bim_types::MeasureDone { version: 1, failed: Vec::new() };
    assert!(story.answers(OWNER, 2, Ok(ResponseBody::LiveGroupChanged(done))).is_err(), "it is not done");
}

#[test]
fn a_kick_that_is_not_written_is_found_unless_the_server_is_being_stopped_and_the_version_stays() {
    let told = |version, is_stopped: bool| {
        let mut story = Story::made();
        let (ann, join) =
            (ConnectionId(2), bim_proto::JoinLive { group: key().group, resume: None, info: None });
        story.hello(ann, "ann");
        story.asks(ann, 1, RequestBody::JoinLiveGroup(join));
        story.see(&Sight::Output(&Output::JoinGroup { group: key(), connection: ann })).unwrap();
        if is_stopped {
            story.see(&Sight::Input(at(1), &Input::Drain)).unwrap();
        }
        let kick = Measure::Kick(vec![user("ann")]);
        story.asks(OWNER, 2, RequestBody::ChangeLiveGroup(key().group, kick));
        let change = GroupChange::Kicked { uids: vec![user("ann")], blocked: false };
        let (operator, conversation_short_id) = (Some(user("owner")), key().group);
        let event = GroupEvent { conversation_short_id, version, operator, change };
        story.see(&Sight::ToGroup(key(), &ServerFrame::LiveEvent(event)))
    };
    assert_eq!(told(1, true), Ok(()));
    assert!(told(2, true).is_err(), "nothing was kept");
    assert!(told(1, false).is_err(), "it can be written");
}

fn alias(alias: &str) -> MemberInfo {
    MemberInfo { alias: alias.into(), ..MemberInfo::default() }
}

/// What the owner says about itself, as it is kept.
fn kept(info: MemberInfo) -> Vec<LogOp> {
    let known = StoredLiveMember { info: Some(info), ..StoredLiveMember::default() };
    let roll = StoredLiveRoll { members: [(user("owner"), known)].into() };
    let record = RecordKey::LiveRoll(key().app, key().group);
    vec![LogOp::Put(Put { key: record, expected: Expected::Any, value: Some(roll.encode()) })]
}

fn owner_as(info: MemberInfo) -> Member {
    let presence = Some(Presence { joined_at: at(1).wall, last_seen_at: at(1).wall });
    let (uid, role, marks) = (user("owner"), Role::Owner, Vec::new());
    Member { uid, role, info, marks, muted: None, blocked: None, exempt: false, presence }
}

impl Story {
    /// The owner comes in, saying this.
    fn owner_comes_in(&mut self, connection: ConnectionId, info: MemberInfo) {
        let join = bim_proto::JoinLive { group: key().group, resume: None, info: Some(info) };
        self.asks(connection, 10, RequestBody::JoinLiveGroup(join));
        self.see(&Sight::Output(&Output::JoinGroup { group: key(), connection })).unwrap();
    }

    /// The owner is told how it stands.
    fn tells_owner(&mut self, info: MemberInfo) -> Result<(), String> {
        let me = Some(owner_as(info));
        let state = Conversation { me, joined: true, online_count: 1, ..told(Role::Owner) };
        self.see(&Sight::Out(OWNER, &ServerFrame::LiveState(state)))
    }

    /// The owner is in and said "old", which is kept.
    fn with_old_alias() -> Self {
        let mut story = Self::made();
        story.owner_comes_in(OWNER, alias("old"));
        story.writes(2, kept(alias("old"))).unwrap();
        story.is_durable(2, kept(alias("old")));
        story.tells_owner(alias("old")).unwrap();
        story.hello(ConnectionId(2), "owner");
        story
    }

    /// The owner wants to be known as "old", and that is being written.
    fn owner_asks_for_old_alias(&mut self) {
        let change = MemberInfoChange { alias: Some("old".into()), ..MemberInfoChange::default() };
        let set = SetMemberInfo { group: key().group, uid: None, change };
        self.asks(OWNER, 3, RequestBody::SetLiveMemberInfo(set));
        self.writes(3, kept(alias("old"))).unwrap();
    }
}

#[test]
fn what_a_resident_says_is_so_also_when_what_it_said_before_was_never_written() {
    let tells = |info: &str| {
        let mut story = Story::with_old_alias();
        story.owner_comes_in(ConnectionId(2), alias("new"));
        story.owner_asks_for_old_alias();
        story.is_durable(3, kept(alias("old")));
        story.answers(OWNER, 3, Ok(ResponseBody::LiveMember(owner_as(alias(info)))))
    };
    tells("old").unwrap();
    tells("new").unwrap_err();
}

#[test]
fn what_is_written_again_may_be_told_although_something_else_was_said_meanwhile() {
    let tells = |info: &str, is_written: bool| {
        let mut story = Story::with_old_alias();
        story.owner_asks_for_old_alias();
        story.owner_comes_in(ConnectionId(2), alias("new"));
        if is_written {
            story.is_durable(3, kept(alias("old")));
        }
        story.tells_owner(alias(info))
    };
    tells("old", true).unwrap();
    tells("new", true).unwrap();
    tells("else", true).unwrap_err();
    tells("old", false).unwrap_err();
}

#[test]
fn somebody_who_comes_in_without_having_asked_is_found() {
    let mut story = Story::made();
    story.hello(ConnectionId(2), "somebody");
    let join = Output::JoinGroup { group: key(), connection: ConnectionId(2) };
    assert!(story.see(&Sight::Output(&join)).is_err());
}

#[test]
fn somebody_who_is_gone_and_still_in_is_found() {
    let mut story = Story::made();
    let join = bim_proto::JoinLive { group: key().group, resume: None, info: None };
    story.asks(OWNER, 2, RequestBody::JoinLiveGroup(join));
    story.see(&Sight::Output(&Output::JoinGroup { group: key(), connection: OWNER })).unwrap();
    story.see(&Sight::Input(at(2), &Input::Closed { connection: OWNER })).unwrap();
    assert!(story.see(&Sight::Input(at(2), &Input::Tick)).is_err());
    assert_eq!(story.check.name(), "online");
}

#[test]
fn news_that_is_told_too_late_is_found() {
    let mut story = Story::made();
    let join = bim_proto::JoinLive { group: key().group, resume: None, info: None };
    story.asks(OWNER, 2, RequestBody::JoinLiveGroup(join));
    story.see(&Sight::Output(&Output::JoinGroup { group: key(), connection: OWNER })).unwrap();
    story.see(&Sight::Input(at(60), &Input::Tick)).unwrap();
    assert!(story.see(&Sight::Input(at(61), &Input::Tick)).is_err());
}

#[test]
fn the_table_tells_members_from_the_muted_and_from_who_is_not_in() {
    let mut room = Room::new(group());
    let (member, muted, outside) = (person("a", 2), person("b", 3), person("c", 4));
    room.enter(member.connection, &member.uid, None, at(0));
    room.enter(muted.connection, &muted.uid, None, at(0));
    let mut roll = room.roll.clone();
    roll.entry(muted.uid.clone()).or_default().muted = Some(bim_types::Until::At(at(10).wall));
    let before = room.roll.clone();
    room.take_roll(&before, roll, at(0));
    let may = |person, act, seconds| may(&room, person, act, POLICY, at(seconds).mono);
    assert_eq!(may(&member, Act::Send, 1), Ok(()));
    assert_eq!(may(&member, Act::SendHigh, 1), Err(ErrorCode::UserForbidden));
    assert_eq!(may(&muted, Act::Send, 9), Err(ErrorCode::UserBannedToPost));
    assert_eq!(may(&muted, Act::Send, 10), Ok(()));
    assert_eq!(may(&outside, Act::Send, 1), Err(ErrorCode::UserNotInGroup));
    assert_eq!(may(&outside, Act::ReadInfo, 1), Ok(()));
}

#[test]
fn conditions_of_attributes_hold_and_what_expired_is_gone() {
    let mut board = Board::default();
    let set = AttributeWrite::set("seat", "a").only_if(AttributeCondition::Absent);
    let set = AttributeWrite { expires_in: Some(std::time::Duration::from_secs(5)), ..set };
    let outcome = board.write(&user("a"), std::slice::from_ref(&set), at(0));
    assert_eq!((outcome.version, outcome.failed.len()), (1, 0));
    let (attributes, version) = (outcome.values, outcome.version);
    board.take(bim_proto::stored::StoredLiveAttributes { attributes, version }, at(0));
    let again = board.write(&user("b"), std::slice::from_ref(&set), at(4));
    assert_eq!(again.failed, [("seat".to_owned(), ErrorCode::ConditionFailed)]);
    assert_eq!(board.read(&[], at(5).mono).attributes, []);
    assert_eq!(
        board.write(&user("b"), &[set], at(5)).version,
        3,
        "one for what expired, one for what is set"
    );
}
