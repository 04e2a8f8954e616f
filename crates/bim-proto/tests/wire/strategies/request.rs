//! Requests.

use std::time::Duration;

use bim_proto::{
    Broadcast, HistoryQuery, JoinLive, ListQuery, MemberQuery, RequestBody, SendLive, SetMemberInfo, Taps,
};
use bim_types::{
    AttributeCondition, AttributeWrite, ClientMessageId, GroupInfoChange, MemberInfoChange, MemberList, Seq,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::measure::measure;
use super::values::{counters, cursor, info, mark, member_info, priority, said, short_id, token, uid, uids};

/// Anything that may be asked.
pub(crate) fn body() -> BoxedStrategy<RequestBody> {
    prop_oneof![9 => of_groups(), 4 => of_members(), 6 => of_messages_and_attributes()].boxed()
}

fn of_groups() -> impl Strategy<Value = RequestBody> {
    let list = (0..=i64::MAX, any::<u32>(), any::<bool>());
    prop_oneof![
        token().prop_map(RequestBody::RefreshToken),
        info().prop_map(RequestBody::CreateLiveGroup),
        short_id().prop_map(RequestBody::GetLiveGroup),
        list.prop_map(|(cursor, count, mine)| {
            RequestBody::ListLiveGroups(ListQuery { cursor, count, mine })
        }),
        join().prop_map(RequestBody::JoinLiveGroup),
        short_id().prop_map(RequestBody::LeaveLiveGroup),
        short_id().prop_map(RequestBody::DissolveLiveGroup),
        send_live().prop_map(RequestBody::SendLiveMessage),
        history().prop_map(RequestBody::ReadLiveHistory),
        (short_id(), info_change()).prop_map(|(group, change)| RequestBody::SetLiveGroupInfo(group, change)),
    ]
}

fn of_members() -> impl Strategy<Value = RequestBody> {
    let change = (short_id(), measure());
    let get = (short_id(), uids());
    prop_oneof![
        4 => change.prop_map(|(group, measure)| RequestBody::ChangeLiveGroup(group, measure)),
        1 => set_member_info().prop_map(RequestBody::SetLiveMemberInfo),
        1 => member_query().prop_map(RequestBody::ListLiveMembers),
        1 => get.prop_map(|(group, uids)| RequestBody::GetLiveMembers(group, uids)),
    ]
}

fn of_messages_and_attributes() -> impl Strategy<Value = RequestBody> {
    let update = (short_id(), any::<u64>(), said());
    let delete = (short_id(), any::<u64>());
    let write = (short_id(), vec(attribute_write(), 0..4));
    let read = (short_id(), vec("\\PC{0,8}", 0..4));
    prop_oneof![
        update.prop_map(|(group, seq, body)| RequestBody::UpdateLiveMessage(group, Seq(seq), body)),
        delete.prop_map(|(group, seq)| RequestBody::DeleteLiveMessage(group, Seq(seq))),
        write.prop_map(|(group, writes)| RequestBody::WriteLiveAttributes(group, writes)),
        read.prop_map(|(group, keys)| RequestBody::ReadLiveAttributes(group, keys)),
        taps().prop_map(RequestBody::TapLiveCounters),
        broadcast().prop_map(RequestBody::BroadcastToLiveGroups),
    ]
}

fn info_change() -> impl Strategy<Value = GroupInfoChange> {
    let mentioned = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (info(), mentioned).prop_map(|(info, (name, description, notice, avatar_url, ext))| GroupInfoChange {
        name: name.then_some(info.name),
        description: description.then_some(info.description),
        notice: notice.then_some(info.notice),
        avatar_url: avatar_url.then_some(info.avatar_url),
        ext: ext.then_some(info.ext),
    })
}

fn send_live() -> impl Strategy<Value = SendLive> {
    let ids = (any::<u128>(), option::of(any::<u128>()));
    (short_id(), ids, priority(), said()).prop_map(|(group, (id, follows), priority, body)| SendLive {
        group,
        client_message_id: ClientMessageId::new(id),
        priority,
        body,
        follows: follows.map(ClientMessageId::new),
    })
}

fn join() -> impl Strategy<Value = JoinLive> {
    (short_id(), option::of(cursor()), option::of(member_info())).prop_map(|(group, resume, info)| JoinLive {
        group,
        resume,
        info,
    })
}

fn history() -> impl Strategy<Value = HistoryQuery> {
    (short_id(), any::<u64>(), option::of(prop_oneof![Just(0), any::<u64>()]), any::<u32>(), any::<bool>())
        .prop_map(|(group, from, to, limit, newest_first)| HistoryQuery {
            group,
            from: Seq(from),
            to: to.map(Seq),
            limit,
            newest_first,
        })
}

fn set_member_info() -> impl Strategy<Value = SetMemberInfo> {
    (short_id(), option::of(uid()), member_info(), any::<[bool; 3]>()).prop_map(
        |(group, uid, info, [alias, avatar_url, ext])| {
            let change = MemberInfoChange {
                alias: alias.then_some(info.alias),
                avatar_url: avatar_url.then_some(info.avatar_url),
                ext: ext.then_some(info.ext),
            };
            SetMemberInfo { group, uid, change }
        },
    )
}

fn member_query() -> impl Strategy<Value = MemberQuery> {
    let list = prop::sample::select(&MemberList::ALL[..]);
    (short_id(), list, option::of(uid()), any::<u32>(), option::of(mark()))
        .prop_map(|(group, list, after, count, mark)| MemberQuery { group, list, after, count, mark })
}

fn attribute_write() -> impl Strategy<Value = AttributeWrite> {
    let condition = prop_oneof![
        Just(AttributeCondition::Any),
        Just(AttributeCondition::Absent),
        any::<u64>().prop_map(AttributeCondition::Version),
    ];
    let expires_in = option::of((1..=u64::MAX).prop_map(Duration::from_millis));
    ("\\PC{0,8}", option::of("\\PC{0,12}"), condition, expires_in, any::<bool>()).prop_map(
        |(key, value, condition, expires_in, delete_on_leave)| AttributeWrite {
            key,
            value,
            condition,
            expires_in,
            delete_on_leave,
        },
    )
}

fn taps() -> impl Strategy<Value = Taps> {
    (short_id(), any::<u128>(), counters()).prop_map(|(group, id, taps)| Taps {
        group,
        batch_id: ClientMessageId::new(id),
        taps,
    })
}

fn broadcast() -> impl Strategy<Value = Broadcast> {
    (any::<u128>(), priority(), said()).prop_map(|(id, priority, body)| Broadcast {
        client_message_id: ClientMessageId::new(id),
        priority,
        body,
    })
}
