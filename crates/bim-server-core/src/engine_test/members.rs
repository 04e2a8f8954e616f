//! Who is in, what they say about themselves, and how lists are read.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::{JoinLive, MemberPage, MemberQuery, RequestBody, ResponseBody, ServerFrame, SetMemberInfo};
use bim_types::{
    ConnectionId, ErrorCode, Measure, Member, MemberInfo, MemberInfoChange, MemberList, Role, Uid,
};

use super::stage::Stage;
use super::world::uid;
use crate::{EngineConfig, Input};

fn called(alias: &str) -> MemberInfoChange {
    MemberInfoChange { alias: Some(alias.into()), ..MemberInfoChange::default() }
}

fn info(alias: &str) -> MemberInfo {
    MemberInfo { alias: alias.into(), ..MemberInfo::default() }
}

impl Stage {
    fn rename(&mut self, who: ConnectionId, uid: Option<Uid>, alias: &str) -> Result<Member, ErrorCode> {
        let set = SetMemberInfo { group: self.group, uid, change: called(alias) };
        match self.ask(who, RequestBody::SetLiveMemberInfo(set))? {
            ResponseBody::LiveMember(member) => Ok(member),
            other => panic!("{other:?}"),
        }
    }

    fn page(&mut self, who: ConnectionId, query: MemberQuery) -> Result<MemberPage, ErrorCode> {
        match self.ask(who, RequestBody::ListLiveMembers(query))? {
            ResponseBody::LiveMemberPage(page) => Ok(page),
            other => panic!("{other:?}"),
        }
    }

    fn list(&mut self, who: ConnectionId, list: MemberList) -> Result<Vec<Uid>, ErrorCode> {
        let (mut uids, mut after) = (Vec::new(), None);
        loop {
            let query = MemberQuery { group: self.group, list, after, count: 2, mark: None };
            let page = self.page(who, query)?;
            uids.extend(page.members.into_iter().map(|member| member.uid));
            if !page.has_more {
                return Ok(uids);
            }
            after = uids.last().cloned();
        }
    }

    fn member(&mut self, who: ConnectionId, name: &str) -> Member {
        match self.ask(who, RequestBody::GetLiveMembers(self.group, vec![uid(name)])) {
            Ok(ResponseBody::LiveMemberPage(mut page)) => page.members.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn join_as(&mut self, who: ConnectionId, info: MemberInfo) {
        let join = JoinLive { group: self.group, resume: None, info: Some(info) };
        self.ask(who, RequestBody::JoinLiveGroup(join)).unwrap();
    }
}

#[test]
fn what_a_member_says_about_itself_is_told_with_the_next_pulse_and_goes_with_it() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    stage.pulses(ann);
    stage.world.pass(Duration::from_secs(1));
    stage.pulses(ann);
    assert_eq!(stage.rename(bob, None, "Bobby").unwrap().info, info("Bobby"));
    let own = stage.world.received(bob);
    assert!(own.is_empty(), "the answer was the last: {own:?}");
    assert_eq!(stage.pulses(ann).len(), 0);
    stage.world.pass(Duration::from_millis(500));
    let pulses = stage.pulses(ann);
    assert_eq!(pulses.len(), 1);
    assert_eq!(pulses[0].changed.named[0].info, info("Bobby"));
    stage.ask(bob, RequestBody::LeaveLiveGroup(group)).unwrap();
    stage.world.join(bob, group, None);
    assert_eq!(stage.member(ann, "bob").info, MemberInfo::default());
}

#[test]
fn a_join_with_a_cursor_on_the_same_connection_keeps_what_the_member_said() {
    let mut stage = Stage::new();
    let (ann, bob, group) = (stage.ann, stage.bob, stage.group);
    let cursor = stage.world.join(bob, group, None).cursor;
    stage.rename(bob, None, "Bobby").unwrap();
    stage.world.join(bob, group, Some(cursor));
    assert_eq!(stage.member(ann, "bob").info, info("Bobby"));
}

#[test]
fn what_owner_and_admins_say_about_themselves_is_kept() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.measure(owner, Measure::AddAdmins(vec![uid("ann")])).unwrap();
    stage.rename(owner, None, "Boss").unwrap();
    stage.join_as(ann, info("Anna"));
    for connection in [owner, ann] {
        stage.world.feed(Input::Closed { connection });
    }
    assert_eq!(stage.member(bob, "owner").info, info("Boss"));
    assert_eq!(stage.member(bob, "ann").info, info("Anna"));
    let mut stage = stage.restart();
    let bob = stage.bob;
    let told = [stage.member(bob, "owner"), stage.member(bob, "ann")];
    assert_eq!(
        told.map(|member| (member.info, member.role)),
        [(info("Boss"), Role::Owner), (info("Anna"), Role::Admin)]
    );
}

#[test]
fn nothing_is_shown_of_an_owner_that_the_disk_refused() {
    let mut stage = Stage::new();
    let (owner, ann) = (stage.owner, stage.ann);
    stage.world.is_busy = true;
    assert_eq!(stage.rename(owner, None, "Boss"), Err(ErrorCode::ServerBusy));
    stage.world.is_busy = false;
    assert_eq!(stage.member(ann, "owner").info, MemberInfo::default());
}

#[test]
fn only_the_apps_server_changes_what_others_say() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    let server = stage.world.log_in_server("backend");
    assert_eq!(stage.rename(owner, Some(uid("bob")), "x"), Err(ErrorCode::UserForbidden));
    assert_eq!(stage.rename(bob, Some(uid("bob")), "Bobby").unwrap().info, info("Bobby"));
    stage.world.received(bob);
    assert_eq!(stage.rename(server, Some(uid("bob")), "Robert").unwrap().info, info("Robert"));
    let told = stage.world.received(bob);
    let [ServerFrame::LiveState(state)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(state.me.as_ref().unwrap().info, info("Robert"));
    assert_eq!(stage.rename(server, Some(uid("nobody")), "x"), Err(ErrorCode::UserNotInGroup));
    assert_eq!(stage.rename(ann, None, &"x".repeat(101)), Err(ErrorCode::InvalidRequest));
}

#[test]
fn lists_are_paged_in_the_order_of_uids_and_presence_is_per_user() {
    let mut stage = Stage::new();
    let (owner, ann, group) = (stage.owner, stage.ann, stage.group);
    for (device, name) in (20..).zip(["eve", "dan", "cat", "bob"]) {
        let connection = stage.world.log_in(name, device);
        stage.world.join(connection, group, None);
    }
    let online = stage.list(ann, MemberList::Online).unwrap();
    assert_eq!(online, ["ann", "bob", "cat", "dan", "eve", "owner"].map(uid));
    stage.measure(owner, Measure::AddAdmins(vec![uid("eve")])).unwrap();
    stage.measure(owner, Measure::Kick(vec![uid("eve")])).unwrap();
    assert_eq!(stage.list(ann, MemberList::Resident).unwrap(), ["eve", "owner"].map(uid));
    assert!(stage.member(ann, "bob").is_online() && !stage.member(ann, "eve").is_online());
}

#[test]
fn sanctions_are_listed_for_those_who_may_act_on_them() {
    let mut stage = Stage::new();
    let (owner, ann, bob) = (stage.owner, stage.ann, stage.bob);
    stage.measure(owner, Measure::Mute(vec![uid("bob")], Duration::ZERO)).unwrap();
    stage.measure(owner, Measure::Block(vec![uid("eve")], Duration::ZERO)).unwrap();
    stage.measure(owner, Measure::Exempt(vec![uid("ann")])).unwrap();
    for (list, name) in
        [(MemberList::Muted, "bob"), (MemberList::Blocked, "eve"), (MemberList::Exempt, "ann")]
    {
        assert_eq!(stage.list(owner, list).unwrap(), [uid(name)]);
        assert_eq!(stage.list(ann, list), Err(ErrorCode::UserForbidden));
    }
    assert!(stage.member(owner, "eve").blocked.is_some());
    assert!(stage.member(bob, "eve").blocked.is_none());
}

#[test]
fn who_is_not_in_reads_nothing_of_those_who_are() {
    let mut stage = Stage::new();
    let eve = stage.world.log_in("eve", 9);
    assert_eq!(stage.list(eve, MemberList::Online), Err(ErrorCode::UserNotInGroup));
    let group = stage.group;
    let some = RequestBody::GetLiveMembers(group, vec![uid("ann")]);
    assert_eq!(stage.ask(eve, some), Err(ErrorCode::UserNotInGroup));
    assert_eq!(stage.rename(eve, None, "x"), Err(ErrorCode::UserNotInGroup));
}

#[test]
fn one_to_two_hundred_users_are_asked_for_at_a_time() {
    let mut stage = Stage::new();
    let (ann, group) = (stage.ann, stage.group);
    let uids = |count: usize| (0..count).map(|number| uid(&number.to_string())).collect();
    for (count, refused) in [(0, true), (1, false), (200, false), (201, true)] {
        let answer = stage.ask(ann, RequestBody::GetLiveMembers(group, uids(count)));
        assert_eq!(answer.is_err(), refused, "{count}");
    }
}

#[test]
fn a_page_of_members_with_much_to_say_ends_at_what_a_frame_holds() {
    let config = EngineConfig { page_entries: 200, ..EngineConfig::default() };
    let mut stage = Stage::with(config);
    let group = stage.group;
    let ext: BTreeMap<_, _> = (0..16).map(|key| (format!("{key:02}"), "x".repeat(250))).collect();
    let mut all = ["ann", "bob", "owner"].map(uid).to_vec();
    for number in 0..70 {
        let name = format!("u{number:02}");
        let connection = stage.world.log_in(&name, 100 + number);
        let info = MemberInfo { ext: ext.clone(), avatar_url: "x".repeat(1_000), ..MemberInfo::default() };
        stage.join_as(connection, info);
        all.push(uid(&name));
    }
    let ann = stage.ann;
    let (mut read, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let query = MemberQuery { group, list: MemberList::Online, after, count: 200, mark: None };
        let page = stage.page(ann, query).unwrap();
        read.extend(page.members.into_iter().map(|member| member.uid));
        after = read.last().cloned();
        pages += 1;
        if !page.has_more {
            break;
        }
    }
    assert_eq!((read, pages > 1), (all, true));
}
