//! What a server answers and tells: good answers to every request, and answers of other kinds.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::{
    Accepted, BroadcastDone, HistoryPage, Joined, MemberPage, Page, RequestBody, ResponseBody, Welcome,
};
use bim_types::{
    Attribute, Attributes, AttributesWritten, ClientMessageId, Conversation, ConversationShortId, Cursor,
    Epoch, GroupInfo, MeasureDone, Member, Message, MuteAll, PerPriority, Position, Priority, ResumeVerdict,
    Role, Seq, Wall,
};

use super::server::Room;
use crate::vocabulary;

/// The life of the log of a server that does as it should.
pub(super) const EPOCH: Epoch = Epoch(1);

pub(super) fn welcome(number: u8) -> Welcome {
    let server_time = Wall::from_secs(1_764_000_000);
    let (window, life) = match number % 4 {
        0 => (0, 0),
        1 => (1, 30),
        2 => (4, 600),
        _ => (64, 86_400),
    };
    Welcome {
        generation: u64::from(number),
        server_time,
        token_expires_at: server_time + Duration::from_secs(life),
        ping_interval_ms: if number % 8 == 4 { 0 } else { 10_000 },
        liveness_timeout_ms: if number % 8 == 5 { 0 } else { 22_000 },
        in_flight_max: window,
        frame_bytes_max: 256 * 1_024,
        body_bytes_max: 64 * 1_024,
    }
}

/// What a request is answered with when all is well.
pub(super) fn good(body: &RequestBody, room: &Room) -> ResponseBody {
    match body {
        RequestBody::RefreshToken(_) => ResponseBody::TokenRefreshed(Wall::from_secs(1_764_003_600)),
        RequestBody::CreateLiveGroup(_) => ResponseBody::LiveGroup(conversation(vocabulary::group(0))),
        RequestBody::GetLiveGroup(group) | RequestBody::SetLiveGroupInfo(group, _) => {
            ResponseBody::LiveGroup(conversation(*group))
        }
        RequestBody::JoinLiveGroup(join) => {
            let here = Cursor { epoch: EPOCH, seqs: PerPriority::splat(Seq(room.head)) };
            let (cursor, verdict) = match join.resume {
                Some(cursor) => (cursor, ResumeVerdict::Resumed { left_out: PerPriority::default() }),
                None => (here, ResumeVerdict::Fresh),
            };
            ResponseBody::JoinedLiveGroup(joined(join.group, cursor, verdict))
        }
        RequestBody::SendLiveMessage(_) => ResponseBody::LiveMessageAccepted(accepted(room.head)),
        RequestBody::ListLiveGroups(_)
        | RequestBody::ReadLiveHistory(_)
        | RequestBody::ChangeLiveGroup(..)
        | RequestBody::SetLiveMemberInfo(_)
        | RequestBody::ListLiveMembers(_)
        | RequestBody::GetLiveMembers(..)
        | RequestBody::WriteLiveAttributes(..)
        | RequestBody::ReadLiveAttributes(..)
        | RequestBody::TapLiveCounters(_)
        | RequestBody::BroadcastToLiveGroups(_)
        | RequestBody::LeaveLiveGroup(_)
        | RequestBody::DissolveLiveGroup(_)
        | RequestBody::UpdateLiveMessage(..)
        | RequestBody::DeleteLiveMessage(..) => of_kind(kind_of(body)),
    }
}

/// Any answer, whatever was asked.
pub(super) fn of_kind(kind: u8) -> ResponseBody {
    let group = vocabulary::group(kind >> 4);
    match kind % 14 {
        0 => ResponseBody::Done,
        1 => ResponseBody::LiveGroupPage(Page {
            entries: vec![conversation(group)],
            next_cursor: 0,
            has_more: false,
        }),
        2 => ResponseBody::LiveHistoryPage(HistoryPage {
            messages: Vec::new(),
            next: Seq::ZERO,
            has_more: false,
        }),
        3 => ResponseBody::LiveGroupChanged(MeasureDone { version: 2, failed: Vec::new() }),
        4 => ResponseBody::LiveMember(Member::unknown(vocabulary::uid(0))),
        5 => ResponseBody::LiveMemberPage(MemberPage { members: Vec::new(), has_more: false }),
        6 => ResponseBody::LiveAttributesWritten(AttributesWritten::default()),
        7 => ResponseBody::LiveAttributes(Attributes { attributes: vec![attribute(kind)], version: 1 }),
        8 => ResponseBody::LiveCounters(BTreeMap::from([("likes".to_owned(), u64::from(kind))])),
        9 => ResponseBody::BroadcastDone(BroadcastDone { accepted: 1, failed: 0 }),
        10 => ResponseBody::LiveMessageAccepted(accepted(u64::from(kind >> 4))),
        11 => ResponseBody::LiveGroup(conversation(group)),
        12 => ResponseBody::TokenRefreshed(Wall::from_secs(u64::from(kind))),
        _ => {
            let cursor = Cursor {
                epoch: Epoch(u64::from(kind >> 6)),
                seqs: PerPriority::splat(Seq(u64::from(kind >> 4))),
            };
            let reason = bim_types::DiscontinuityReason::NewEpoch;
            ResponseBody::JoinedLiveGroup(joined(group, cursor, ResumeVerdict::Discontinuity(reason)))
        }
    }
}

fn kind_of(body: &RequestBody) -> u8 {
    match body {
        RequestBody::ListLiveGroups(_) => 1,
        RequestBody::ReadLiveHistory(_) => 2,
        RequestBody::ChangeLiveGroup(..) => 3,
        RequestBody::SetLiveMemberInfo(_) => 4,
        RequestBody::ListLiveMembers(_) | RequestBody::GetLiveMembers(..) => 5,
        RequestBody::WriteLiveAttributes(..) => 6,
        RequestBody::ReadLiveAttributes(..) => 7,
        RequestBody::TapLiveCounters(_) => 8,
        RequestBody::BroadcastToLiveGroups(_) => 9,
        _ => 0,
    }
}

pub(super) fn conversation(group: ConversationShortId) -> Conversation {
    Conversation {
        conversation_short_id: group,
        conversation_id: Conversation::live_group_id(group),
        info: GroupInfo { name: "room".into(), ..GroupInfo::default() },
        owner: vocabulary::uid(1),
        role: Role::Normal,
        created_at: Wall::from_millis(1),
        version: 1,
        online_count: 1,
        online_count_age: Duration::ZERO,
        joined: true,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: Some(Member::unknown(vocabulary::uid(0))),
    }
}

pub(super) fn attribute(number: u8) -> Attribute {
    Attribute {
        key: format!("k{}", number % 4),
        value: "v".into(),
        version: u64::from(number % 8),
        setter: vocabulary::uid(number),
        set_at: Wall::from_millis(1),
        expires_at: None,
        delete_on_leave: false,
    }
}

pub(super) fn message(group: ConversationShortId, priority: Priority, seq: u64) -> Message {
    Message {
        conversation_short_id: group,
        position: Position { epoch: EPOCH, seq: Seq(seq) },
        client_message_id: ClientMessageId::new(u128::from(seq) + 1_000),
        sender: vocabulary::uid(1),
        priority,
        accepted_at: Wall::from_millis(seq),
        edits: 0,
        body: vocabulary::body(0),
    }
}

fn accepted(seq: u64) -> Accepted {
    Accepted {
        position: Position { epoch: EPOCH, seq: Seq(seq) },
        accepted_at: Wall::from_millis(seq),
        only_for_sender: false,
        rewritten: None,
    }
}

fn joined(group: ConversationShortId, cursor: Cursor, verdict: ResumeVerdict) -> Joined {
    Joined {
        conversation: conversation(group),
        cursor,
        verdict,
        attributes: Attributes::default(),
        counters: BTreeMap::from([("likes".to_owned(), 1)]),
    }
}
