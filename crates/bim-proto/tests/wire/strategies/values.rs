//! What frames and records are made of.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_types::{
    Attribute, ClientMessageId, Conversation, ConversationShortId, Cursor, Epoch, ErrorCode, GroupInfo,
    Member, MemberInfo, Message, MessageBody, MuteAll, PerPriority, Position, Presence, Priority, Refusal,
    Role, Seq, Token, Uid, Until, Wall,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// What is told of a group. Periods are whole milliseconds, the idle time whole seconds.
pub(crate) fn conversation() -> BoxedStrategy<Conversation> {
    let numbers = (wall(), any::<u64>(), any::<u64>());
    let rules = (any::<[u64; 3]>(), mute_all(), marks(), option::of(member()));
    (short_id(), info(), uid(), role(), numbers, any::<[bool; 2]>(), rules)
        .prop_map(|(group, info, owner, role, numbers, [joined, dissolved], rules)| {
            let (created_at, version, online_count) = numbers;
            let ([age, slow_mode, idle], mute_all, mark_types, me) = rules;
            Conversation {
                conversation_short_id: group,
                conversation_id: Conversation::live_group_id(group),
                info,
                owner,
                role,
                created_at,
                version,
                online_count,
                online_count_age: Duration::from_millis(age),
                joined,
                dissolved,
                mute_all,
                slow_mode: Duration::from_millis(slow_mode),
                dissolve_after_idle: Duration::from_secs(idle),
                mark_types,
                me,
            }
        })
        .boxed()
}

pub(crate) fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(&[Role::Normal, Role::Owner, Role::Admin][..])
}

pub(crate) fn mute_all() -> impl Strategy<Value = MuteAll> {
    prop::sample::select(&[MuteAll::Off, MuteAll::NormalMembers, MuteAll::Everyone][..])
}

pub(crate) fn member() -> BoxedStrategy<Member> {
    let sanctions = (option::of(until()), option::of(until()), any::<bool>());
    let presence =
        (wall(), wall()).prop_map(|(joined_at, last_seen_at)| Presence { joined_at, last_seen_at });
    (uid(), role(), member_info(), marks(), sanctions, option::of(presence))
        .prop_map(|(uid, role, info, marks, (muted, blocked, exempt), presence)| Member {
            uid,
            role,
            info,
            marks,
            muted,
            blocked,
            exempt,
            presence,
        })
        .boxed()
}

pub(crate) fn member_info() -> impl Strategy<Value = MemberInfo> {
    ("\\PC{0,8}", "[a-z:/.]{0,8}", btree_map("[a-z]{0,4}", "\\PC{0,8}", 0..3))
        .prop_map(|(alias, avatar_url, ext)| MemberInfo { alias, avatar_url, ext })
}

/// The start of 1970 is no end: there 0 means for ever.
pub(crate) fn until() -> impl Strategy<Value = Until> {
    prop_oneof![
        3 => (1..=u64::MAX).prop_map(|at| Until::At(Wall::from_millis(at))),
        1 => Just(Until::Forever),
    ]
}

pub(crate) fn attribute() -> BoxedStrategy<Attribute> {
    let expires_at = option::of((1..=u64::MAX).prop_map(Wall::from_millis));
    let texts = ("\\PC{0,8}", "\\PC{0,12}");
    (texts, any::<u64>(), uid(), wall(), expires_at, any::<bool>())
        .prop_map(|((key, value), version, setter, set_at, expires_at, delete_on_leave)| Attribute {
            key,
            value,
            version,
            setter,
            set_at,
            expires_at,
            delete_on_leave,
        })
        .boxed()
}

pub(crate) fn counters() -> impl Strategy<Value = BTreeMap<String, u64>> {
    btree_map("\\PC{0,6}", any::<u64>(), 0..4)
}

pub(crate) fn mark() -> impl Strategy<Value = String> {
    "\\PC{1,8}"
}

pub(crate) fn marks() -> impl Strategy<Value = Vec<String>> {
    vec(mark(), 0..3)
}

pub(crate) fn uids() -> impl Strategy<Value = Vec<Uid>> {
    vec(uid(), 0..4)
}

pub(crate) fn refusal() -> BoxedStrategy<Refusal> {
    let code = prop_oneof![prop::sample::select(ErrorCode::ALL).prop_map(ErrorCode::number), any::<i32>()];
    let code = code.prop_filter("0 is no code", |code| *code != 0).prop_map(ErrorCode::from_number);
    let retry_after = option::of((1..=u64::MAX).prop_map(Duration::from_millis));
    let limit = option::of(1..=u64::MAX);
    (code, retry_after, limit, "\\PC{0,50}")
        .prop_map(|(code, retry_after, limit, hint)| Refusal { code, retry_after, limit, hint: hint.into() })
        .boxed()
}

pub(crate) fn message() -> BoxedStrategy<Message> {
    let stamp = (any::<u128>(), wall(), any::<u32>());
    (short_id(), position(), uid(), priority(), stamp, body())
        .prop_map(|(conversation_short_id, position, sender, priority, (id, accepted_at, edits), body)| {
            Message {
                conversation_short_id,
                position,
                client_message_id: ClientMessageId::new(id),
                sender,
                priority,
                accepted_at,
                edits,
                body,
            }
        })
        .boxed()
}

pub(crate) fn info() -> impl Strategy<Value = GroupInfo> {
    let ext = btree_map("[a-z]{0,4}", "\\PC{0,8}", 0..5);
    let texts = ("\\PC{0,12}", "\\PC{0,12}", "\\PC{0,12}", "[a-z:/.]{0,12}");
    (texts, ext).prop_map(|((name, description, notice, avatar_url), ext): (_, BTreeMap<_, _>)| GroupInfo {
        name,
        description,
        notice,
        avatar_url,
        ext,
    })
}

/// What a message may say; a kind that is not known too.
pub(crate) fn body() -> impl Strategy<Value = MessageBody> {
    prop_oneof![4 => said(), 1 => Just(MessageBody::Unknown { kind: 0 })]
}

/// What a client may send. Whether it is empty or too long is not the codec's business.
pub(crate) fn said() -> impl Strategy<Value = MessageBody> {
    prop_oneof![
        "(?s).{0,40}".prop_map(|text| MessageBody::Text(text.into())),
        "\\PC{0,40}".prop_map(|data| MessageBody::Custom(data.into())),
    ]
}

pub(crate) fn uid() -> impl Strategy<Value = Uid> {
    prop_oneof![
        (1..=i64::MAX).prop_map(|number| Uid::int(number).unwrap()),
        "\\PC{1,30}".prop_map(|text| Uid::string(&text).unwrap()),
    ]
}

pub(crate) fn token() -> impl Strategy<Value = Token> {
    "[A-Za-z0-9_.-]{0,60}".prop_map(Token::new)
}

pub(crate) fn short_id() -> impl Strategy<Value = ConversationShortId> {
    (1..=i64::MAX).prop_map(|id| ConversationShortId::new(id).unwrap())
}

pub(crate) fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(&Priority::ALL[..])
}

pub(crate) fn position() -> impl Strategy<Value = Position> {
    any::<[u64; 2]>().prop_map(|[epoch, seq]| Position { epoch: Epoch(epoch), seq: Seq(seq) })
}

pub(crate) fn cursor() -> impl Strategy<Value = Cursor> {
    (any::<u64>(), seqs()).prop_map(|(epoch, seqs)| Cursor { epoch: Epoch(epoch), seqs })
}

pub(crate) fn seqs() -> impl Strategy<Value = PerPriority<Seq>> {
    any::<[u64; 3]>().prop_map(|[low, normal, high]| PerPriority {
        low: Seq(low),
        normal: Seq(normal),
        high: Seq(high),
    })
}

pub(crate) fn wall() -> impl Strategy<Value = Wall> {
    any::<u64>().prop_map(Wall::from_millis)
}
