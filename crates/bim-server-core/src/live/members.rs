//! The members of a live group: lists, single records, and what they say about themselves.

use bim_livegroup::authority::Operation;
use bim_livegroup::room::{Actor, InfoPlan};
use bim_proto::{FRAME_ENTRIES_MAX, MemberPage, MemberQuery, ResponseBody, SetMemberInfo};
use bim_types::limits::{FRAME_BYTES_MAX, MEMBER_QUERY_UIDS_MAX};
use bim_types::{ErrorCode, GroupKey, Member, MemberInfo, MemberList, Now, Refusal, Uid};

use super::{Change, Slot};
use crate::engine::Engine;
use crate::ops::Asker;

/// A page of members ends at this size, so that it fits a frame with room to spare.
const PAGE_BYTES_MAX: usize = FRAME_BYTES_MAX / 2;

/// A page of members ends at so many entries, its members' maps and lists included.
const PAGE_ENTRIES_IN_ALL: usize = FRAME_ENTRIES_MAX * 9 / 10;

impl Engine {
    pub(super) fn list_members(&mut self, now: Now, key: GroupKey, asker: Asker, query: MemberQuery) {
        let (most, operation) = match query.list {
            MemberList::Muted | MemberList::Exempt | MemberList::Blocked => {
                (self.config.sanction_page_entries, Operation::ListSanctions)
            }
            _ => (self.config.page_entries, Operation::ListMembers),
        };
        let wanted = usize::try_from(query.count).unwrap_or(most);
        let count = if wanted == 0 { most } else { wanted.min(most) };
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.permit(operation, &actor) {
            return self.respond(asker, Err(refusal));
        }
        active.room.list_read();
        let uids = active.room.listed(query.list, query.after.as_ref(), query.mark.as_deref());
        let uids: Vec<Uid> = uids.take(count + 1).cloned().collect();
        let mut page = self.page_of(now, key, &uids, operation == Operation::ListSanctions);
        page.members.truncate(count);
        page.has_more = page.members.len() < uids.len();
        self.respond(asker, Ok(ResponseBody::LiveMemberPage(page)));
    }

    pub(super) fn get_members(&mut self, now: Now, key: GroupKey, asker: Asker, uids: Vec<Uid>) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.permit(Operation::ListMembers, &actor) {
            return self.respond(asker, Err(refusal));
        }
        if !(1..=MEMBER_QUERY_UIDS_MAX).contains(&uids.len()) {
            let refusal = Refusal::new(ErrorCode::InvalidRequest).limit(MEMBER_QUERY_UIDS_MAX as u64);
            return self.respond(asker, Err(refusal.hint("users in one call: expected 1 to 200")));
        }
        let sees_blocks = active.room.permit(Operation::ListSanctions, &actor).is_ok();
        let page = self.page_of(now, key, &uids, sees_blocks);
        self.respond(asker, Ok(ResponseBody::LiveMemberPage(page)));
    }

    /// As many of these members as a frame holds; at least one.
    fn page_of(&self, now: Now, key: GroupKey, uids: &[Uid], sees_blocks: bool) -> MemberPage {
        let mut page = MemberPage { members: Vec::with_capacity(uids.len()), has_more: false };
        let Some(Slot::Active(active)) = self.rooms.slots.get(&key) else { return page };
        let (mut entries, mut bytes) = (0, 0);
        for uid in uids {
            let member = active.room.member(uid, &self.heard(now), sees_blocks);
            entries += entries_of(&member);
            bytes += bytes_of(&member);
            if !page.members.is_empty() && (entries > PAGE_ENTRIES_IN_ALL || bytes > PAGE_BYTES_MAX) {
                page.has_more = true;
                break;
            }
            page.members.push(member);
        }
        page
    }

    pub(super) fn set_member_info(&mut self, now: Now, key: GroupKey, asker: Asker, set: SetMemberInfo) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        match active.room.plan_info(&actor, set.uid, set.change) {
            Err(refusal) => self.respond(asker, Err(refusal)),
            Ok(plan) if plan.roll.is_none() => self.tell_member_info(now, key, asker, plan),
            Ok(plan) => self.write_change(key, asker, Change::MemberInfo(plan)),
        }
    }

    /// Keeps what a resident said about itself when it came in. When that can not be now, what was kept before
    /// stays.
    pub(super) fn keep_info(&mut self, key: GroupKey, (actor, info): (Actor, MemberInfo)) {
        let Some(active) = self.rooms.active(key) else { return };
        if let Ok(plan) = active.room.plan_info(&actor, None, info.into())
            && plan.roll.is_some()
        {
            self.write_change(key, Asker::NOBODY, Change::MemberInfo(plan));
        }
    }

    pub(super) fn tell_member_info(&mut self, now: Now, key: GroupKey, asker: Asker, plan: InfoPlan) {
        let Some(active) = self.rooms.active(key) else { return };
        active.room.set_info(&plan.uid, plan.info);
        active.room.records_changed(std::slice::from_ref(&plan.uid));
        self.tell_own_records(now, key, std::slice::from_ref(&plan.uid));
        let Some(Slot::Active(active)) = self.rooms.slots.get(&key) else { return };
        let member = active.room.member(&plan.uid, &self.heard(now), false);
        self.respond(asker, Ok(ResponseBody::LiveMember(member)));
    }
}

fn entries_of(member: &Member) -> usize {
    1 + member.info.ext.len() + member.marks.len()
}

/// What a member weighs in a frame, roughly and not too little.
fn bytes_of(member: &Member) -> usize {
    const FIXED: usize = 256;
    let ext: usize = member.info.ext.iter().map(|(key, value)| key.len() + value.len() + 16).sum();
    let marks: usize = member.marks.iter().map(|mark| mark.len() + 8).sum();
    FIXED + member.info.alias.len() + member.info.avatar_url.len() + ext + marks
}
