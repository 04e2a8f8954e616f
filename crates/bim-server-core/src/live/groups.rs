//! Making, reading, listing and ending live groups.

use std::time::Duration;

use bim_livegroup::authority::Operation;
use bim_proto::stored::StoredLiveGroup;
use bim_proto::{FRAME_ENTRIES_MAX, ListQuery, Page, ResponseBody};
use bim_types::limits::FRAME_BYTES_MAX;
use bim_types::store::{
    Expected, LogOp, LogOutcome, Put, PutOutcome, RecordKey, RecordRange, VersionedRecord,
};
use bim_types::{
    AppId, Conversation, ConversationShortId, ErrorCode, GroupInfo, GroupKey, MuteAll, Now, Refusal, Role,
};

use super::{RoomRequest, Slot};
use crate::engine::Engine;
use crate::io::{LogQuery, Notice, Output, StoreFailure};
use crate::ops::{Asker, PendingRead, PendingWrite};

/// Entries of a page when the request does not say.
const PAGE_ENTRIES_DEFAULT: usize = 20;

/// A page of groups ends at this size, in bytes of stored records, so that it fits a frame with room to
/// spare: half of the largest frame.
const PAGE_BYTES_MAX: usize = FRAME_BYTES_MAX / 2;

/// A page of groups ends at so many entries, its groups' maps and lists included.
const PAGE_ENTRIES_IN_ALL: usize = FRAME_ENTRIES_MAX * 9 / 10;

impl Engine {
    pub(crate) fn on_create(&mut self, now: Now, asker: Asker, info: GroupInfo) {
        let Some(user) = self.sessions.user(asker.connection) else { return };
        let (app, owner) = (user.app, user.uid.clone());
        if let Err(refusal) = self.check_writable().and_then(|()| info.check()) {
            return self.respond(asker, Err(refusal));
        }
        let group = StoredLiveGroup {
            info,
            owner,
            created_at: now.wall,
            version: 1,
            admins: Vec::new(),
            mute_all: MuteAll::Off,
            slow_mode: Duration::ZERO,
            dissolve_after_idle: self.config.dissolve_after_idle,
            mark_types: Vec::new(),
        };
        match self.apps.find(app).and_then(|app| app.live_groups) {
            Some(_) => self.create_group(asker, app, group),
            None => {
                let range = RecordRange::LiveGroups(app);
                let query = LogQuery::Records { range, after: 0, limit: self.config.live_groups_per_app };
                let pending = PendingRead::CountGroups { asker, app, group: Box::new(group) };
                self.ops.read(&mut self.out, query, pending);
            }
        }
    }

    pub(super) fn on_groups_counted(
        &mut self,
        asker: Asker,
        app: AppId,
        group: StoredLiveGroup,
        count: usize,
    ) {
        if let Some(known) = self.apps.find_mut(app) {
            known.live_groups.get_or_insert(count);
        }
        self.create_group(asker, app, group);
    }

    fn create_group(&mut self, asker: Asker, app: AppId, group: StoredLiveGroup) {
        if let Err(refusal) = self.check_writable() {
            return self.respond(asker, Err(refusal));
        }
        let most = self.config.live_groups_per_app;
        let Some(count) = self.apps.find_mut(app).and_then(|app| app.live_groups.as_mut()) else { return };
        if *count >= most {
            let refusal = Refusal::new(ErrorCode::CreateLiveMoreThanLimit).limit(most as u64);
            return self.respond(asker, Err(refusal.hint("live groups of one app")));
        }
        *count += 1;
        let key = GroupKey { app, group: ConversationShortId::from_random(self.entropy.bits()) };
        let record = RecordKey::LiveGroup(app, key.group);
        let index = RecordKey::LiveGroupOf(app, group.owner.clone(), key.group);
        let ops = vec![
            LogOp::Put(Put { key: record, expected: Expected::Absent, value: Some(group.encode()) }),
            LogOp::Put(Put { key: index, expected: Expected::Any, value: Some(bytes::Bytes::new()) }),
        ];
        self.ops.write(&mut self.out, ops, PendingWrite::Create { asker, key, group: Box::new(group) });
    }

    pub(crate) fn on_create_written(
        &mut self,
        now: Now,
        asker: Asker,
        key: GroupKey,
        group: StoredLiveGroup,
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        match result.as_deref() {
            Ok([LogOutcome::Put(PutOutcome::Done(_)), ..]) => {
                self.out.push(Output::Notice(Notice::GroupCreated { group: key }));
                let state = bim_livegroup::room::conversation(key, &group, 0, false);
                let created = Conversation { role: Role::Owner, ..state };
                self.respond(asker, Ok(ResponseBody::LiveGroup(created)));
                if !group.dissolve_after_idle.is_zero() {
                    self.with_room(now, key, Asker::NOBODY, RoomRequest::Watch);
                }
            }
            // The drawn id is taken, which happens once in 2^53: draw another.
            Ok(_) => {
                self.count_groups_down(key.app);
                self.create_group(asker, key.app, group);
            }
            Err(failure) => {
                self.count_groups_down(key.app);
                self.respond(asker, Err(store_refusal(*failure)));
            }
        }
    }

    pub(super) fn get_group(&mut self, now: Now, key: GroupKey, asker: Asker) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(Slot::Active(active)) = self.rooms.slots.get(&key) else { return };
        let body = active.room.permit(Operation::ReadInfo, &actor).map(|()| {
            ResponseBody::LiveGroup(active.room.conversation(&actor.uid, asker.connection, &self.heard(now)))
        });
        self.respond(asker, body);
    }

    pub(crate) fn on_list(&mut self, asker: Asker, query: ListQuery) {
        let Some(user) = self.sessions.user(asker.connection) else { return };
        let app = user.app;
        let count = self.page_entries(query.count);
        let (range, pending) = if query.mine {
            let range = RecordRange::LiveGroupsOf(app, user.uid.clone());
            (range, PendingRead::ListMine { asker, app, count })
        } else {
            (RecordRange::LiveGroups(app), PendingRead::List { asker, app, count })
        };
        let after = u64::try_from(query.cursor).unwrap_or_default();
        let query = LogQuery::Records { range, after, limit: count + 1 };
        self.ops.read(&mut self.out, query, pending);
    }

    pub(super) fn on_list_loaded(
        &mut self,
        asker: Asker,
        app: AppId,
        count: usize,
        mut records: Vec<VersionedRecord>,
    ) {
        let has_more = records.len() > count;
        records.truncate(count);
        self.respond_with_groups(asker, app, None, has_more, records);
    }

    pub(super) fn on_index_loaded(
        &mut self,
        asker: Asker,
        app: AppId,
        count: usize,
        mut records: Vec<VersionedRecord>,
    ) {
        let has_more = records.len() > count;
        records.truncate(count);
        let groups = records.into_iter().filter_map(|record| match record.key {
            RecordKey::LiveGroupOf(_, _, group) => Some(group),
            _ => None,
        });
        let groups: Vec<_> = groups.collect();
        let next = groups.last().copied();
        let query =
            LogQuery::Keys(groups.into_iter().map(|group| RecordKey::LiveGroup(app, group)).collect());
        self.ops.read(&mut self.out, query, PendingRead::ListKeys { asker, app, next, has_more });
    }

    /// Answers with as many of these groups as a frame holds. The next page begins after `next`, or after
    /// the last of these.
    pub(super) fn respond_with_groups(
        &mut self,
        asker: Asker,
        app: AppId,
        next: Option<ConversationShortId>,
        has_more: bool,
        records: Vec<VersionedRecord>,
    ) {
        let mut page = Page { entries: Vec::with_capacity(records.len()), next_cursor: 0, has_more };
        let (mut bytes, mut entries) = (0_usize, 0_usize);
        let mut next = next.map_or(0, ConversationShortId::value);
        for record in records {
            let RecordKey::LiveGroup(_, group) = record.key else { continue };
            bytes = bytes.saturating_add(record.value.len());
            let stored = StoredLiveGroup::decode(record.value);
            entries += stored.as_ref().map_or(0, entries_of);
            let is_full = bytes > PAGE_BYTES_MAX || entries > PAGE_ENTRIES_IN_ALL;
            if is_full && page.next_cursor != 0 {
                page.has_more = true;
                next = page.next_cursor;
                break;
            }
            page.next_cursor = group.value();
            match stored {
                Ok(stored) => page.entries.push(self.listed(asker, GroupKey { app, group }, &stored)),
                Err(_) => self.out.push(Output::Notice(Notice::RecordDamaged { app, group: Some(group) })),
            }
        }
        if next != 0 {
            page.next_cursor = next;
        }
        self.respond(asker, Ok(ResponseBody::LiveGroupPage(page)));
    }

    fn listed(&self, asker: Asker, key: GroupKey, stored: &StoredLiveGroup) -> Conversation {
        let mut listed = bim_livegroup::room::conversation(key, stored, self.rooms.online(key), false);
        if let Some(user) = self.sessions.user(asker.connection) {
            listed.role = match () {
                () if stored.owner == user.uid => Role::Owner,
                () if stored.admins.contains(&user.uid) => Role::Admin,
                () => Role::Normal,
            };
        }
        listed.joined = self.sessions.find(asker.connection).is_some_and(|s| s.groups.contains(&key));
        listed
    }

    /// How many entries a page of groups gets.
    fn page_entries(&self, wanted: u32) -> usize {
        let most = self.config.page_entries;
        match usize::try_from(wanted).unwrap_or(most) {
            0 => PAGE_ENTRIES_DEFAULT.min(most),
            wanted => wanted.min(most),
        }
    }

    pub(super) fn count_groups_down(&mut self, app: AppId) {
        if let Some(count) = self.apps.find_mut(app).and_then(|app| app.live_groups.as_mut()) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Entries that a group takes in a frame, with those of its map and list.
fn entries_of(stored: &StoredLiveGroup) -> usize {
    1 + stored.info.ext.len() + stored.mark_types.len()
}

/// What a failure of the store means for a request.
pub(super) fn store_refusal(failure: StoreFailure) -> Refusal {
    match failure {
        StoreFailure::Busy => {
            Refusal::new(ErrorCode::ServerBusy).retry_after(std::time::Duration::from_millis(100))
        }
        StoreFailure::Failed => ErrorCode::StorageUnavailable.into(),
    }
}
