//! Requests, save for what owner and admins do.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::{
    Broadcast, ClientFrame, HistoryQuery, JoinLive, ListQuery, MemberQuery, Request, RequestBody, RequestId,
    SendLive, SetMemberInfo, Taps,
};
use bim_types::{
    AttributeCondition, AttributeWrite, ClientMessageId, GroupInfoChange, MemberInfo, MemberInfoChange,
    MemberList, Priority, Seq, Token,
};

use super::values::{bob, client_message_id, counters, cursor, custom, group, info, member_info, text, two};

/// By name, measures apart.
pub(super) fn all() -> Vec<(&'static str, ClientFrame)> {
    let send = |priority, body, follows| {
        RequestBody::SendLiveMessage(SendLive {
            group: group(),
            client_message_id: client_message_id(),
            priority,
            body,
            follows,
        })
    };
    let join = |resume, info| RequestBody::JoinLiveGroup(JoinLive { group: group(), resume, info });
    let follows = Some(ClientMessageId::new(0xb0b1_b2b3_b4b5_b6b7_b8b9_babb_bcbd_bebf));
    let history =
        HistoryQuery { group: group(), from: Seq(100), to: Some(Seq(200)), limit: 50, newest_first: false };
    let newest = HistoryQuery { from: Seq(0), to: None, limit: 20, newest_first: true, ..history };
    let nothing = HistoryQuery { to: Some(Seq(0)), ..newest };
    let list = ListQuery { cursor: group().value(), count: 50, mine: true };
    let everything = GroupInfoChange {
        name: Some(info().name),
        description: Some(info().description),
        notice: Some(info().notice),
        avatar_url: Some(info().avatar_url),
        ext: Some(info().ext),
    };
    let no_notice = GroupInfoChange { notice: Some(String::new()), ..GroupInfoChange::default() };
    let mut bodies = vec![
        ("request_refresh_token", RequestBody::RefreshToken(Token::new("head.newer.mac"))),
        ("request_create_live_group", RequestBody::CreateLiveGroup(info())),
        ("request_get_live_group", RequestBody::GetLiveGroup(group())),
        ("request_list_live_groups", RequestBody::ListLiveGroups(list)),
        ("request_join_live_group", join(Some(cursor()), None)),
        ("request_join_live_group_anew", join(None, None)),
        ("request_leave_live_group", RequestBody::LeaveLiveGroup(group())),
        ("request_dissolve_live_group", RequestBody::DissolveLiveGroup(group())),
        ("request_send_live_message", send(Priority::Normal, text(), follows)),
        ("request_send_live_message_custom", send(Priority::High, custom(), None)),
        ("request_send_live_message_low", send(Priority::Low, custom(), None)),
        ("request_join_live_group_with_info", join(Some(cursor()), Some(member_info()))),
        ("request_join_live_group_with_empty_info", join(None, Some(MemberInfo::default()))),
        ("request_read_live_history", RequestBody::ReadLiveHistory(history)),
        ("request_read_live_history_newest_first", RequestBody::ReadLiveHistory(newest)),
        ("request_read_live_history_up_to_nothing", RequestBody::ReadLiveHistory(nothing)),
        ("request_set_live_group_info", RequestBody::SetLiveGroupInfo(group(), everything)),
        ("request_set_live_group_info_notice", RequestBody::SetLiveGroupInfo(group(), no_notice)),
    ];
    bodies.extend(of_members());
    bodies.extend(of_messages_and_attributes());
    let id = |name| RequestId(if name == "request_send_live_message_custom" { u64::MAX } else { 7 });
    let frame = |(name, body)| (name, ClientFrame::Request(Request { id: id(name), body: Ok(body) }));
    bodies.into_iter().map(frame).collect()
}

fn of_members() -> Vec<(&'static str, RequestBody)> {
    let list = |list| MemberQuery { group: group(), list, after: None, count: 0, mark: None };
    let muted =
        MemberQuery { after: Some(bob()), count: 20, mark: Some("vip".into()), ..list(MemberList::Muted) };
    let set = |uid, change| RequestBody::SetLiveMemberInfo(SetMemberInfo { group: group(), uid, change });
    let own = MemberInfoChange {
        alias: Some(member_info().alias),
        avatar_url: Some(member_info().avatar_url),
        ext: Some(BTreeMap::new()),
    };
    let no_alias = MemberInfoChange { alias: Some(String::new()), ..MemberInfoChange::default() };
    vec![
        ("request_set_live_member_info", set(None, own)),
        ("request_set_live_member_info_of_another", set(Some(bob()), no_alias)),
        ("request_list_live_members", RequestBody::ListLiveMembers(muted)),
        ("request_list_live_members_resident", RequestBody::ListLiveMembers(list(MemberList::Resident))),
        ("request_list_live_members_online", RequestBody::ListLiveMembers(list(MemberList::Online))),
        ("request_list_live_members_exempt", RequestBody::ListLiveMembers(list(MemberList::Exempt))),
        ("request_list_live_members_blocked", RequestBody::ListLiveMembers(list(MemberList::Blocked))),
        ("request_get_live_members", RequestBody::GetLiveMembers(group(), two())),
    ]
}

fn of_messages_and_attributes() -> Vec<(&'static str, RequestBody)> {
    let seat = AttributeWrite {
        expires_in: Some(Duration::from_secs(60)),
        delete_on_leave: true,
        ..AttributeWrite::set("mic.1", "bob").only_if(AttributeCondition::Version(12))
    };
    let topic = AttributeWrite::set("topic", "群").only_if(AttributeCondition::Absent);
    let writes = vec![seat, topic, AttributeWrite::set("a", ""), AttributeWrite::remove("b")];
    let keys = vec!["mic.1".into(), "topic".into()];
    let taps = Taps { group: group(), batch_id: client_message_id(), taps: counters() };
    let broadcast =
        Broadcast { client_message_id: client_message_id(), priority: Priority::High, body: text() };
    vec![
        ("request_update_live_message", RequestBody::UpdateLiveMessage(group(), Seq(300), text())),
        ("request_delete_live_message", RequestBody::DeleteLiveMessage(group(), Seq(300))),
        ("request_write_live_attributes", RequestBody::WriteLiveAttributes(group(), writes)),
        ("request_read_live_attributes", RequestBody::ReadLiveAttributes(group(), keys)),
        ("request_read_live_attributes_all", RequestBody::ReadLiveAttributes(group(), Vec::new())),
        ("request_tap_live_counters", RequestBody::TapLiveCounters(taps)),
        ("request_broadcast_to_live_groups", RequestBody::BroadcastToLiveGroups(broadcast)),
    ]
}
