//! What the samples are made of.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_types::{
    Attribute, ClientMessageId, Conversation, ConversationShortId, Cursor, DeviceId, Epoch, ErrorCode,
    GroupInfo, Member, MemberInfo, Message, MessageBody, MuteAll, PerPriority, Position, Presence, Priority,
    Refusal, Role, Seq, Uid, Until, Wall,
};

pub(crate) fn conversation() -> Conversation {
    Conversation {
        conversation_short_id: group(),
        conversation_id: "live:4503599627370497".into(),
        info: info(),
        owner: alice(),
        role: Role::Owner,
        created_at: Wall::from_millis(T),
        version: 7,
        online_count: 100_000,
        online_count_age: Duration::ZERO,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: None,
        joined: true,
        dissolved: true,
    }
}

/// With everything that members are told.
pub(crate) fn complete() -> Conversation {
    Conversation {
        online_count_age: Duration::from_millis(1_500),
        mute_all: MuteAll::NormalMembers,
        slow_mode: Duration::from_secs(5),
        dissolve_after_idle: Duration::from_secs(86_400),
        mark_types: marks(),
        me: Some(member()),
        ..conversation()
    }
}

pub(crate) fn small() -> Conversation {
    Conversation {
        conversation_short_id: ConversationShortId::new(9).unwrap(),
        conversation_id: "live:9".into(),
        info: GroupInfo { name: "b".into(), ..GroupInfo::default() },
        owner: number(),
        role: Role::Admin,
        created_at: Wall::from_millis(1),
        version: 1,
        online_count: 0,
        online_count_age: Duration::ZERO,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: None,
        joined: false,
        dissolved: false,
    }
}

pub(crate) fn info() -> GroupInfo {
    GroupInfo {
        name: "群 one".into(),
        description: "about".into(),
        notice: "be kind".into(),
        avatar_url: "https://a.example/1".into(),
        ext: [("colour".into(), "red".into()), ("level".into(), "3".into())].into(),
    }
}

pub(crate) fn message() -> Message {
    Message {
        conversation_short_id: group(),
        position: position(),
        client_message_id: client_message_id(),
        sender: alice(),
        priority: Priority::Normal,
        accepted_at: Wall::from_millis(T + 1),
        edits: 0,
        body: text(),
    }
}

pub(crate) fn member() -> Member {
    let presence = Presence { joined_at: Wall::from_millis(T - 1_000), last_seen_at: Wall::from_millis(T) };
    Member {
        role: Role::Admin,
        info: member_info(),
        marks: marks(),
        muted: Some(until()),
        exempt: true,
        presence: Some(presence),
        ..Member::unknown(bob())
    }
}

/// Muted and blocked for ever, and not in.
pub(crate) fn outcast() -> Member {
    let (muted, blocked) = (Some(Until::Forever), Some(Until::Forever));
    Member { muted, blocked, ..Member::unknown(number()) }
}

pub(crate) fn member_info() -> MemberInfo {
    MemberInfo {
        alias: "Bob".into(),
        avatar_url: "https://a.example/b".into(),
        ext: [("level".into(), "9".into())].into(),
    }
}

pub(crate) fn marks() -> Vec<String> {
    vec!["vip".into(), "guest".into()]
}

pub(crate) fn until() -> Until {
    Until::At(Wall::from_millis(T + 60_000))
}

pub(crate) fn seat() -> Attribute {
    Attribute {
        key: "mic.1".into(),
        value: "bob".into(),
        version: 12,
        setter: bob(),
        set_at: Wall::from_millis(T),
        expires_at: Some(Wall::from_millis(T + 60_000)),
        delete_on_leave: true,
    }
}

pub(crate) fn topic() -> Attribute {
    Attribute {
        key: "topic".into(),
        value: "群".into(),
        version: 11,
        setter: alice(),
        set_at: Wall::from_millis(T - 5),
        expires_at: None,
        delete_on_leave: false,
    }
}

pub(crate) fn counters() -> BTreeMap<String, u64> {
    [("clap".into(), 3), ("like".into(), 1_000_000)].into()
}

pub(crate) fn refusal() -> Refusal {
    Refusal::new(ErrorCode::MessageFrequency)
        .retry_after(Duration::from_millis(250))
        .limit(10)
        .hint("messages of one sender in a second")
}

/// A moment before the messages of the samples.
pub(crate) fn previous() -> PerPriority<Seq> {
    PerPriority { low: Seq(297), normal: Seq(298), high: Seq(299) }
}

/// Where a change of the message of the samples stands.
pub(crate) fn later() -> Position {
    Position { epoch: Epoch(2), seq: Seq(305) }
}

pub(crate) fn text() -> MessageBody {
    MessageBody::Text("hi 🎉".into())
}

pub(crate) fn custom() -> MessageBody {
    MessageBody::Custom(r#"{"gift":1}"#.into())
}

pub(crate) fn alice() -> Uid {
    Uid::string("alice").unwrap()
}

pub(crate) fn bob() -> Uid {
    Uid::string("bob").unwrap()
}

pub(crate) fn number() -> Uid {
    Uid::int(42).unwrap()
}

/// A text user and an integer user. Those of one app are of one flavour; the codec does not care.
pub(crate) fn two() -> Vec<Uid> {
    vec![bob(), number()]
}

pub(crate) fn group() -> ConversationShortId {
    ConversationShortId::new(4_503_599_627_370_497).unwrap()
}

pub(crate) fn position() -> Position {
    Position { epoch: Epoch(2), seq: Seq(300) }
}

pub(crate) fn cursor() -> Cursor {
    Cursor { epoch: Epoch(2), seqs: PerPriority { low: Seq(300), normal: Seq(301), high: Seq(302) } }
}

pub(crate) fn device() -> DeviceId {
    DeviceId::new(0xd0d1_d2d3_d4d5_d6d7_d8d9_dadb_dcdd_dedf)
}

pub(crate) fn client_message_id() -> ClientMessageId {
    ClientMessageId::new(0xc0c1_c2c3_c4c5_c6c7_c8c9_cacb_cccd_cecf)
}

/// Milliseconds: a day in 2026.
pub(crate) const T: u64 = 1_795_000_000_000;
