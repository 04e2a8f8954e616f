//! Values for the machines' scripts, picked by small numbers: ordinary ones, and those at the edge of a limit.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_core::{Ask, Broadcast, HistoryQuery, ListQuery, MemberQuery, SendLive, SetMemberInfo};
use bim_types::limits::{
    ATTRIBUTE_KEY_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, BATCH_UIDS_MAX, EXT_KEYS_MAX, GROUP_NAME_CHARS_MAX,
    GROUP_TEXT_BYTES_MAX, MARK_BYTES_MAX, MESSAGE_BODY_BYTES_MAX, PERIOD_MAX, SLOW_MODE_MAX,
};
use bim_types::{
    AppId, AttributeCondition, AttributeWrite, ClientMessageId, ConversationShortId, ErrorCode, GroupInfo,
    GroupInfoChange, Measure, MemberInfo, MemberInfoChange, MemberList, MessageBody, MuteAll, Priority,
    Refusal, Seq, Uid,
};

/// Users of the scripts, of both flavours.
const USERS: u8 = 6;

/// Kinds of [`ask`].
pub(crate) const ASKS: u8 = 19;

pub(crate) fn app(number: u8) -> AppId {
    AppId::new(u32::from(number % 2) + 1).expect("not zero")
}

pub(crate) fn uid(number: u8) -> Uid {
    match number % USERS {
        5 => Uid::int(5).expect("positive"),
        user => Uid::string(["alice", "bob", "carol", "dave", "5"][usize::from(user)]).expect("short"),
    }
}

pub(crate) fn group(number: u8) -> ConversationShortId {
    ConversationShortId::new(i64::from(number % 4) + 1).expect("positive")
}

pub(crate) fn priority(number: u8) -> Priority {
    Priority::ALL[usize::from(number) % Priority::ALL.len()]
}

/// What a message says: mostly short, now and then as long as it may be or longer.
pub(crate) fn body(number: u8) -> MessageBody {
    match number % 16 {
        12 => MessageBody::Text(String::new().into()),
        13 => MessageBody::Custom("{\"a\":1}".into()),
        14 => MessageBody::Text("x".repeat(MESSAGE_BODY_BYTES_MAX + usize::from(number >> 7)).into()),
        15 => MessageBody::Unknown { kind: i32::from(number) },
        short => MessageBody::Text(format!("message {short}").into()),
    }
}

/// A text for a field of so many bytes or characters.
pub(crate) fn text(number: u8, most: usize) -> String {
    match number % 8 {
        0 => String::new(),
        1 => "é".repeat(most),
        2 => "a".repeat(most),
        3 => "a".repeat(most + 1),
        short => format!("t{short}"),
    }
}

pub(crate) fn refusal(number: u8) -> Refusal {
    let code = ErrorCode::ALL[usize::from(number) % ErrorCode::ALL.len()];
    match number % 3 {
        0 => code.into(),
        1 => Refusal::new(code).retry_after(Duration::from_millis(u64::from(number) * 10)),
        _ => Refusal::new(code).hint("a hint").limit(u64::from(number)),
    }
}

/// Something asked of the server.
pub(crate) fn ask(kind: u8, group: ConversationShortId, number: u8) -> Ask {
    let seq = Seq(u64::from(number % 16));
    match kind % ASKS {
        0 => Ask::Send(send(group, number)),
        1 => Ask::Join(group, (number % 2 == 1).then(|| member_info(number))),
        2 => Ask::Create(GroupInfo {
            name: text(number | 4, GROUP_NAME_CHARS_MAX),
            notice: text(number >> 3 | 4, GROUP_TEXT_BYTES_MAX),
            ..GroupInfo::default()
        }),
        3 => Ask::Leave(group),
        4 => Ask::Measure(group, measure(number)),
        5 => Ask::History(history(group, number)),
        6 => Ask::WriteAttributes(group, writes(number)),
        7 => Ask::Update(group, seq, body(number)),
        8 => Ask::Delete(group, seq),
        9 => Ask::SetInfo(group, info_change(number)),
        10 => Ask::SetMemberInfo(SetMemberInfo {
            group,
            uid: (number.is_multiple_of(3)).then(|| uid(number)),
            change: MemberInfoChange::from(member_info(number)),
        }),
        11 => Ask::ListMembers(MemberQuery {
            group,
            list: MemberList::ALL[usize::from(number) % MemberList::ALL.len()],
            after: (number.is_multiple_of(7)).then(|| uid(number)),
            count: u32::from(number >> 3),
            mark: (number % 4 == 3).then(|| "vip".into()),
        }),
        12 => Ask::GetMembers(group, uids(number)),
        13 => {
            Ask::ReadAttributes(group, if number.is_multiple_of(2) { Vec::new() } else { vec!["k1".into()] })
        }
        14 => Ask::Get(group),
        15 => Ask::List(ListQuery {
            cursor: i64::from(number % 5) - 1,
            count: u32::from(number),
            mine: number.is_multiple_of(2),
        }),
        16 => Ask::Dissolve(group),
        17 => Ask::Broadcast(Broadcast {
            client_message_id: ClientMessageId::new(u128::from(number) + 1_000_000),
            priority: priority(number),
            body: body(number),
        }),
        _ => Ask::Join(group, None),
    }
}

/// A message: of 40 ids, so that some come again, and some of these with another content.
pub(crate) fn send(group: ConversationShortId, number: u8) -> SendLive {
    let id = u128::from(number % 40) + 1;
    SendLive {
        group,
        client_message_id: ClientMessageId::new(id),
        priority: priority(number),
        body: body(number),
        follows: (number % 5 == 4).then(|| ClientMessageId::new(id.saturating_sub(1).max(1))),
    }
}

fn member_info(number: u8) -> MemberInfo {
    let ext: BTreeMap<String, String> =
        (0..usize::from(number) % (EXT_KEYS_MAX + 2)).map(|at| (format!("k{at}"), "v".into())).collect();
    MemberInfo { alias: text(number >> 2 | 4, 100), avatar_url: text(number >> 4, GROUP_TEXT_BYTES_MAX), ext }
}

fn info_change(number: u8) -> GroupInfoChange {
    GroupInfoChange {
        name: (number.is_multiple_of(2)).then(|| text(number >> 1, GROUP_NAME_CHARS_MAX)),
        notice: (number.is_multiple_of(3)).then(|| text(number >> 2, GROUP_TEXT_BYTES_MAX)),
        ..GroupInfoChange::default()
    }
}

fn history(group: ConversationShortId, number: u8) -> HistoryQuery {
    HistoryQuery {
        group,
        from: Seq(u64::from(number % 8)),
        to: (number < 0xe0).then_some(Seq(u64::from(number >> 5))),
        limit: u32::from(number % 4),
        newest_first: number % 2 == 1,
    }
}

fn writes(number: u8) -> Vec<AttributeWrite> {
    let condition = match number % 4 {
        0 | 1 => AttributeCondition::Any,
        2 => AttributeCondition::Absent,
        _ => AttributeCondition::Version(u64::from(number >> 4)),
    };
    let write = |at: u8| AttributeWrite {
        key: if number == 255 { text(3, ATTRIBUTE_KEY_BYTES_MAX) } else { format!("k{}", at % 4) },
        value: (!number.is_multiple_of(5)).then(|| text(number >> 3 | 4, ATTRIBUTE_VALUE_BYTES_MAX)),
        condition,
        expires_in: (number.is_multiple_of(7)).then(|| Duration::from_millis(u64::from(number) * 100)),
        delete_on_leave: number.is_multiple_of(3),
    };
    (0..=number % 3).map(write).collect()
}

/// None, some, or one more than a call may name.
fn uids(number: u8) -> Vec<Uid> {
    match number % 16 {
        0 => Vec::new(),
        15 => (0..=BATCH_UIDS_MAX as i64).map(|at| Uid::int(at + 1).expect("positive")).collect(),
        several if several % 4 == 3 => (0..USERS).map(uid).collect(),
        one => vec![uid(one)],
    }
}

/// Everything that owner and admins can do, to somebody.
pub(crate) fn measure(number: u8) -> Measure {
    let (to, mark) = (uids(number >> 4 | 1), "vip".to_owned());
    let period = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(60), PERIOD_MAX]
        [usize::from(number >> 6)];
    match number % 17 {
        0 => Measure::MuteAll(
            [MuteAll::Off, MuteAll::NormalMembers, MuteAll::Everyone][usize::from(number) % 3],
        ),
        1 => Measure::SlowMode(period.min(SLOW_MODE_MAX)),
        2 => Measure::DissolveAfterIdle(period),
        3 => Measure::AddAdmins(to),
        4 => Measure::RemoveAdmins(to),
        5 => Measure::TransferOwner(uid(number >> 4)),
        6 => Measure::Mute(to, period),
        7 => Measure::Unmute(to),
        8 => Measure::Exempt(to),
        9 => Measure::Unexempt(to),
        10 => Measure::Block(to, period),
        11 => Measure::Unblock(to),
        12 => Measure::Kick(to),
        13 => Measure::AddMarkTypes(vec![mark, text(number, MARK_BYTES_MAX)]),
        14 => Measure::RemoveMarkTypes(vec![mark]),
        15 => Measure::Mark(mark, to),
        _ => Measure::Unmark(mark, to),
    }
}
