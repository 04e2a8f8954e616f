//! Members over the facade: what each call asks, and what comes of its answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{Server, soon};
use bim::{
    Client, ConversationShortId, ErrorCode, GroupChange, GroupEvent, GroupInfo, LeftReason,
    LiveConversationListener, LiveEvent, LiveEvents, LiveGroupMarkTypeListener, LiveGroupMemberListener,
    LiveGroups, LivePulse, MarkAction, MeasureDone, Member, MemberCursor, MemberFailure, MemberInfo,
    MemberInfoChange, MuteAll, Named, Presence, Refusal, Role, Seq, Uid, Until, Wall,
};
use bim_proto::{MemberPage, MemberQuery, RequestBody, ResponseBody, ServerFrame, SetMemberInfo};
use bim_types::{Measure, MemberList};

fn uid(name: &str) -> Uid {
    Uid::try_from(name).unwrap()
}

fn uids(names: &[&str]) -> Vec<Uid> {
    names.iter().map(|name| uid(name)).collect()
}

async fn room(client: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = client.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    client.live_groups().join_live_group(id).await.unwrap();
    id
}

/// A server, a client in a room, and nothing asked of it yet.
async fn in_a_room() -> (Server, Client, LiveGroups, ConversationShortId) {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    server.asked();
    let live = client.live_groups();
    (server, client, live, id)
}

async fn next_state(events: &mut LiveEvents) -> LiveEvent {
    soon(events.next()).await.unwrap()
}

#[tokio::test]
async fn every_measure_asks_for_what_its_name_says() {
    let (server, _client, live, id) = in_a_room().await;
    let minute = Duration::from_secs(60);
    let bob = || uids(&["bob"]);
    let play = || server.play(Ok(ResponseBody::LiveGroupChanged(MeasureDone::default())));
    macro_rules! check {
        ($call:expr => $measure:expr) => {
            play();
            assert_eq!(soon($call).await.unwrap(), MeasureDone::default());
            assert_eq!(server.asked(), [RequestBody::ChangeLiveGroup(id, $measure)]);
        };
    }
    check!(live.set_live_group_silent(id, true) => Measure::MuteAll(MuteAll::NormalMembers));
    check!(live.set_live_group_silent(id, false) => Measure::MuteAll(MuteAll::Off));
    check!(live.set_live_group_mute_all(id, MuteAll::Everyone) => Measure::MuteAll(MuteAll::Everyone));
    check!(live.add_live_group_member_silent_white_list(id, bob()) => Measure::Exempt(bob()));
    check!(live.remove_live_group_member_silent_white_list(id, bob()) => Measure::Unexempt(bob()));
    check!(live.add_live_group_member_silent_list(id, bob(), minute) => Measure::Mute(bob(), minute));
    check!(live.remove_live_group_member_silent_list(id, bob()) => Measure::Unmute(bob()));
    check!(live.add_live_group_member_block_list(id, bob(), minute) => Measure::Block(bob(), minute));
    check!(live.remove_live_group_member_block_list(id, bob()) => Measure::Unblock(bob()));
    check!(live.kick_live_group_member_list(id, bob()) => Measure::Kick(bob()));
    check!(live.trans_live_group_owner(id, uid("bob")) => Measure::TransferOwner(uid("bob")));
    check!(live.add_live_group_admin(id, bob()) => Measure::AddAdmins(bob()));
    check!(live.remove_live_group_admin(id, bob()) => Measure::RemoveAdmins(bob()));
    check!(live.set_live_group_member_role(id, bob(), Role::Admin) => Measure::AddAdmins(bob()));
    check!(live.set_live_group_member_role(id, bob(), Role::Normal) => Measure::RemoveAdmins(bob()));
    check!(live.set_live_group_member_role(id, bob(), Role::Owner) => Measure::TransferOwner(uid("bob")));
    check!(live.set_live_group_slow_mode(id, minute) => Measure::SlowMode(minute));
    check!(live.set_live_group_dissolve_after_idle(id, minute) => Measure::DissolveAfterIdle(minute));
    let (add, delete) = (MarkAction::Add, MarkAction::Delete);
    check!(live.manage_live_group_mark_types(id, add, &["vip"]) => Measure::AddMarkTypes(vec!["vip".into()]));
    check!(live.manage_live_group_mark_types(id, delete, &["vip"]) => Measure::RemoveMarkTypes(vec!["vip".into()]));
    check!(live.mark_live_group_member_list(id, bob(), add, "vip") => Measure::Mark("vip".into(), bob()));
    check!(live.mark_live_group_member_list(id, bob(), delete, "vip") => Measure::Unmark("vip".into(), bob()));
}

#[tokio::test]
async fn a_measure_tells_for_whom_it_was_not_done() {
    let (server, _client, live, id) = in_a_room().await;
    let failure = |code: ErrorCode| MemberFailure { uid: uid("carol"), reason: code.into() };
    let done = MeasureDone { version: 4, failed: vec![failure(ErrorCode::UserForbidden)] };
    server.play(Ok(ResponseBody::LiveGroupChanged(done.clone())));
    assert_eq!(soon(live.kick_live_group_member_list(id, uids(&["bob", "carol"]))).await.unwrap(), done);

    let failed = vec![failure(ErrorCode::SetOwnerParticipantIsBlock)];
    server.play(Ok(ResponseBody::LiveGroupChanged(MeasureDone { version: 4, failed })));
    let error = soon(live.trans_live_group_owner(id, uid("carol"))).await.unwrap_err();
    assert_eq!(error.code(), 1014, "one who can not be the owner is no partial success");
    let error = soon(live.set_live_group_member_role(id, uids(&["a", "b"]), Role::Owner)).await.unwrap_err();
    assert_eq!(error.code(), 2004);
    let error = soon(live.kick_live_group_member_list(id, vec![uid("bob"); 101])).await.unwrap_err();
    assert_eq!((error.code(), error.limit()), (4, Some(100)));
}

#[tokio::test]
async fn members_are_listed_page_by_page() {
    let (server, _client, live, id) = in_a_room().await;
    let page = |names: &[&str], has_more| {
        let members = names.iter().map(|name| Member::unknown(uid(name))).collect();
        server.play(Ok(ResponseBody::LiveMemberPage(MemberPage { members, has_more })));
    };
    let query = |list, after: Option<&str>, mark: Option<&str>| {
        let (after, mark) = (after.map(uid), mark.map(str::to_owned));
        [RequestBody::ListLiveMembers(MemberQuery { group: id, list, after, count: 2, mark })]
    };
    page(&["a", "b"], true);
    let start = MemberCursor::default();
    let first =
        soon(live.get_live_group_member_online_list(id, start.clone(), 2, Some("vip"))).await.unwrap();
    assert_eq!((first.list.len(), first.has_more), (2, true));
    assert_eq!(server.asked(), query(MemberList::Online, None, Some("vip")));
    page(&[], false);
    let last =
        soon(live.get_live_group_member_online_list(id, first.next_cursor.clone(), 2, None)).await.unwrap();
    assert_eq!(server.asked(), query(MemberList::Online, Some("b"), None));
    assert_eq!((last.next_cursor, last.has_more), (first.next_cursor, false), "the cursor stays");
    for list in [MemberList::Resident, MemberList::Muted, MemberList::Exempt, MemberList::Blocked] {
        page(&["a"], false);
        let listed = match list {
            MemberList::Resident => soon(live.get_live_group_member_list(id, start.clone(), 2)).await,
            MemberList::Muted => soon(live.get_live_group_member_silent_list(id, start.clone(), 2)).await,
            MemberList::Exempt => {
                soon(live.get_live_group_member_silent_white_list(id, start.clone(), 2)).await
            }
            _ => soon(live.get_live_group_member_block_list(id, start.clone(), 2)).await,
        };
        assert_eq!(listed.unwrap().next_cursor, MemberCursor::after(uid("a")));
        assert_eq!(server.asked(), query(list, None, None));
    }
}

#[tokio::test]
async fn records_that_do_not_fit_one_answer_are_asked_for_again() {
    let (server, _client, live, id) = in_a_room().await;
    let page = |names: &[&str], has_more| {
        let presence = Some(Presence { joined_at: Wall::from_millis(5), last_seen_at: Wall::from_millis(7) });
        let members = names.iter().map(|name| Member { presence, ..Member::unknown(uid(name)) }).collect();
        server.play(Ok(ResponseBody::LiveMemberPage(MemberPage { members, has_more })));
    };
    page(&["c", "a"], true);
    page(&["b"], false);
    let asked = uids(&["c", "a", "c", "b"]);
    let members = soon(live.get_live_group_member_info(id, asked)).await.unwrap();
    assert_eq!(members.iter().map(|member| member.uid.clone()).collect::<Vec<_>>(), uids(&["c", "a", "b"]));
    let requests = server.asked();
    assert_eq!(requests[0], RequestBody::GetLiveMembers(id, uids(&["c", "a", "b"])));
    assert_eq!(requests[1], RequestBody::GetLiveMembers(id, uids(&["b"])));

    page(&["a"], false);
    let online = soon(live.get_live_group_member_online_info(id, uids(&["a"]))).await.unwrap();
    assert!(online[0].is_in_group);
    assert_eq!(online[0].join_time, Some(Wall::from_millis(5)));
    assert_eq!(online[0].last_ping_time, Some(Wall::from_millis(7)));

    page(&[], true);
    let error = soon(live.get_live_group_member_info(id, uids(&["a"]))).await.unwrap_err();
    assert_eq!(error.code(), 500, "a server that always has more does not hold the client for ever");
    let error = soon(live.get_live_group_member_info(id, vec![])).await.unwrap_err();
    assert_eq!((error.code(), error.limit()), (4, Some(200)));
}

#[tokio::test]
async fn what_a_user_says_about_itself_is_set_and_said_again_after_a_reconnect() {
    let server = Server::start();
    let client = server.client("alice").await;
    let live = client.live_groups();
    let id = room(&client).await;
    soon(live.leave_live_group(id)).await.unwrap();
    let info = |alias: &str| MemberInfo { alias: alias.into(), ..MemberInfo::default() };
    let attributes = bim::Attributes { attributes: vec![], version: 3 };
    server.keep(id, attributes.clone(), &[("likes", 5)]);
    server.post(id, "before");
    let joined = soon(live.join_live_group_with_info(id, info("ally"))).await.unwrap();
    assert_eq!(joined.conversation.me.unwrap().info, info("ally"));
    assert_eq!((joined.join_message_cursor, joined.attributes), (Seq(1), attributes));
    assert_eq!(joined.counters, [("likes".to_owned(), 5)].into());
    assert_eq!(soon(live.get_live_group_counters(id)).await.unwrap(), joined.counters);

    server.asked();
    let record = Member { info: info("al"), ..Member::unknown(uid("alice")) };
    let set = |uid, change| RequestBody::SetLiveMemberInfo(SetMemberInfo { group: id, uid, change });
    let play = || server.play(Ok(ResponseBody::LiveMember(record.clone())));
    play();
    assert_eq!(soon(live.set_live_group_member_info(id, info("al"))).await.unwrap(), record);
    assert_eq!(server.asked(), [set(None, info("al").into())]);
    play();
    soon(live.set_live_group_member_alias(id, "al")).await.unwrap();
    let alias = MemberInfoChange { alias: Some("al".into()), ..MemberInfoChange::default() };
    assert_eq!(server.asked(), [set(None, alias.clone())]);
    play();
    soon(live.set_live_group_member_avatar(id, "url")).await.unwrap();
    let avatar = MemberInfoChange { avatar_url: Some("url".into()), ..MemberInfoChange::default() };
    assert_eq!(server.asked(), [set(None, avatar)]);
    play();
    soon(live.set_live_group_member_info_of(id, uid("bob"), alias.clone())).await.unwrap();
    assert_eq!(server.asked(), [set(Some(uid("bob")), alias)]);

    let mut events = live.events();
    server.cut();
    server.keep(id, bim::Attributes { attributes: vec![], version: 4 }, &[("likes", 9)]);
    let mut told = vec![];
    while told.len() < 2 {
        match next_state(&mut events).await {
            LiveEvent::AttributesSnapshot { attributes, .. } => told.push(attributes.version),
            LiveEvent::CountersChanged { counters, .. } => told.push(counters["likes"]),
            LiveEvent::StateChanged(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told, [4, 9]);
    let RequestBody::JoinLiveGroup(join) = &server.asked()[0] else { panic!("not a join") };
    assert_eq!(join.info, Some(info("al")));
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
}

impl LiveGroupMemberListener for Heard {
    fn on_member_joined(&self, _: ConversationShortId, members: &Named<Member>) {
        self.note(format!("joined {:?} and {}", members.named[0].uid, members.more));
    }

    fn on_member_leave(&self, _: ConversationShortId, members: &Named<Uid>) {
        self.note(format!("left {:?} and {}", members.named, members.more));
    }

    fn on_member_kicked(
        &self,
        _: ConversationShortId,
        members: &[Uid],
        operator: Option<&Uid>,
        blocked: bool,
    ) {
        self.note(format!("kicked {members:?} by {operator:?} {blocked}"));
    }

    fn on_member_owner_changed(&self, _: ConversationShortId, from: &Uid, to: &Uid) {
        self.note(format!("owner {from:?} {to:?}"));
    }

    fn on_member_silent(&self, _: ConversationShortId, members: &[Uid], until: Until, _: Option<&Uid>) {
        self.note(format!("silent {members:?} {until:?}"));
    }

    fn on_member_unsilent(&self, _: ConversationShortId, members: &[Uid], _: Option<&Uid>) {
        self.note(format!("unsilent {members:?}"));
    }

    fn on_all_member_silent(&self, _: ConversationShortId, mute_all: MuteAll, _: Option<&Uid>) {
        self.note(format!("all {mute_all:?}"));
    }

    fn on_add_admin(&self, _: ConversationShortId, admins: &[Uid], _: Option<&Uid>) {
        self.note(format!("admin {admins:?}"));
    }

    fn on_remove_admin(&self, _: ConversationShortId, admins: &[Uid], _: Option<&Uid>) {
        self.note(format!("no admin {admins:?}"));
    }

    fn on_member_info_changed(&self, _: ConversationShortId, member: &Member) {
        self.note(format!("info {:?}", member.uid));
    }

    fn on_batch_member_info_changed(&self, _: ConversationShortId, members: &Named<Member>) {
        self.note(format!("infos {} and {}", members.named.len(), members.more));
    }

    fn on_member_marked(&self, _: ConversationShortId, mark: &str, members: &[Uid], _: Option<&Uid>) {
        self.note(format!("marked {mark} {members:?}"));
    }

    fn on_member_unmarked(&self, _: ConversationShortId, mark: &str, members: &[Uid], _: Option<&Uid>) {
        self.note(format!("unmarked {mark} {members:?}"));
    }
}

impl LiveGroupMarkTypeListener for Heard {
    fn on_mark_types_add(&self, _: ConversationShortId, types: &[String], _: Option<&Uid>) {
        self.note(format!("types {types:?}"));
    }

    fn on_mark_types_deleted(&self, _: ConversationShortId, types: &[String], _: Option<&Uid>) {
        self.note(format!("no types {types:?}"));
    }
}

impl LiveConversationListener for Heard {
    fn on_conversation_changed(&self, conversation: bim::Conversation) {
        self.note(format!("state {} {}", conversation.version, conversation.online_count));
    }
}

impl Heard {
    async fn hears(&self, expected: &[&str]) {
        soon(async {
            while self.0.lock().unwrap().len() < expected.len() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(std::mem::take(&mut *self.0.lock().unwrap()), expected);
    }
}

fn event(group: ConversationShortId, version: u64, change: GroupChange) -> ServerFrame {
    ServerFrame::LiveEvent(GroupEvent {
        conversation_short_id: group,
        version,
        operator: Some(uid("alice")),
        change,
    })
}

#[tokio::test]
async fn member_listeners_hear_what_is_done_and_who_comes_and_goes() {
    let (server, _client, live, id) = in_a_room().await;
    let (members, types) = (Arc::new(Heard::default()), Arc::new(Heard::default()));
    live.add_live_group_member_listener(members.clone());
    let marks = live.add_live_group_mark_type_listener(types.clone());
    let bob = || uids(&["bob"]);
    for change in [
        GroupChange::MuteAll(MuteAll::Everyone),
        GroupChange::Muted(bob(), Until::Forever),
        GroupChange::Unmuted(bob()),
        GroupChange::AdminsAdded(bob()),
        GroupChange::AdminsRemoved(bob()),
        GroupChange::OwnerChanged { from: uid("carol"), to: uid("bob") },
        GroupChange::Kicked { uids: bob(), blocked: true },
        GroupChange::MarkTypesAdded(vec!["vip".into()]),
        GroupChange::Marked("vip".into(), bob()),
        GroupChange::Unmarked("vip".into(), bob()),
        GroupChange::MarkTypesRemoved(vec!["vip".into()]),
    ] {
        server.tell(id, event(id, 2, change));
    }
    let record = Member::unknown(uid("bob"));
    server.tell(
        id,
        ServerFrame::LivePulse(LivePulse {
            conversation_short_id: id,
            online_count: 9,
            joined: Named { named: vec![record.clone()], more: 3 },
            left: Named { named: uids(&["carol"]), more: 0 },
            changed: Named { named: vec![record], more: 1 },
            counters: Default::default(),
        }),
    );
    members
        .hears(&[
            "all Everyone",
            r#"silent ["bob"] Forever"#,
            r#"unsilent ["bob"]"#,
            r#"admin ["bob"]"#,
            r#"no admin ["bob"]"#,
            r#"owner "carol" "bob""#,
            r#"kicked ["bob"] by Some("alice") true"#,
            r#"marked vip ["bob"]"#,
            r#"unmarked vip ["bob"]"#,
            r#"joined "bob" and 3"#,
            r#"left ["carol"] and 0"#,
            "infos 1 and 1",
            r#"info "bob""#,
        ])
        .await;
    types.hears(&[r#"types ["vip"]"#, r#"no types ["vip"]"#]).await;
    live.remove_live_group_mark_type_listener(marks);
}

#[tokio::test]
async fn a_conversation_listener_hears_the_online_count_and_is_not_crowded_out_by_messages() {
    let server = Server::start();
    let client = server.builder("alice").event_buffer(2).build().await.unwrap();
    client.login("alice", "good").await.unwrap();
    let id = room(&client).await;
    let live = client.live_groups();
    let heard = Arc::new(Heard::default());
    live.add_live_conversation_listener(heard.clone());
    (0..200).for_each(|number| server.post(id, &number.to_string()));
    let pulse = LivePulse {
        conversation_short_id: id,
        online_count: 12_345,
        joined: Named::default(),
        left: Named::default(),
        changed: Named::default(),
        counters: Default::default(),
    };
    server.tell(id, ServerFrame::LivePulse(pulse));
    heard.hears(&["state 1 12345"]).await;
    let count = soon(live.get_live_group_online_count(id)).await.unwrap();
    assert_eq!((count.count, count.age), (0, Duration::ZERO), "asked of the server");
    assert_eq!(soon(live.get_live_group_mark_type_list(id)).await.unwrap(), ["vip"]);
}

#[tokio::test]
async fn whoever_is_kicked_hears_it_and_has_left() {
    let (server, _client, live, id) = in_a_room().await;
    let mut events = live.events();
    let kicked = GroupChange::Kicked { uids: uids(&["alice"]), blocked: true };
    server.tell(id, event(id, 2, kicked));
    assert!(matches!(next_state(&mut events).await, LiveEvent::Members(_)));
    let reason = LeftReason::Kicked { blocked: true, operator: Some(uid("alice")) };
    assert_eq!(next_state(&mut events).await, LiveEvent::Left { group: id, reason });
    server.asked();
    server.cut();
    let mut status = _client.connect_events();
    while !matches!(
        soon(status.next()).await,
        Some(bim::ConnectEvent::Status(bim::ConnectStatus::Connected(bim::Continuity::Resumed)))
    ) {}
    assert_eq!(server.asked(), [], "it does not enter again by itself");
}

#[tokio::test]
async fn leaving_a_group_one_is_not_in_says_so() {
    let (_server, _client, live, id) = in_a_room().await;
    soon(live.leave_live_group(id)).await.unwrap();
    let error = soon(live.leave_live_group(id)).await.unwrap_err();
    assert_eq!(error.code(), 13);
    let refusal: Refusal = ErrorCode::UserNotInGroup.into();
    assert!(error.to_string().starts_with(&refusal.to_string()));
}
