//! One message for every live group of an app.
//!
//! The groups are read page by page; each gets the message like any other, durable and with a position of its
//! own, and with the same client id, so that the same broadcast asked for again reaches only who missed it. A
//! page is read when every group of the one before is done with: rooms that are brought into memory for it, and
//! writes that wait, are bounded by a page.

use std::collections::BTreeMap;

use bim_livegroup::authority::{Operation, forbidden};
use bim_livegroup::room::Actor;
use bim_proto::{Broadcast, BroadcastDone, ResponseBody, SendLive};
use bim_types::store::{RecordKey, RecordRange, VersionedRecord};
use bim_types::{AppId, ConversationShortId, ErrorCode, GroupKey, Now, Refusal};

use super::RoomRequest;
use super::sends::{content_hash, stored};
use crate::engine::Engine;
use crate::io::LogQuery;
use crate::ops::{Asker, Origin, PendingRead, Sending};

/// Groups read at a time.
const GROUPS_PAGE: usize = 256;

/// Broadcasts under way. More are refused as busy.
const BROADCASTS_MAX: usize = 16;

/// When to come back while too many are under way.
const BUSY_RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Broadcasts under way.
#[derive(Debug, Default)]
pub(crate) struct Broadcasts {
    last: u64,
    running: BTreeMap<u64, Running>,
}

#[derive(Debug)]
struct Running {
    asker: Asker,
    app: AppId,
    actor: Actor,
    broadcast: Broadcast,
    done: BroadcastDone,
    /// Groups of this page whose outcome is not known, and the page itself.
    open: u64,
    /// The last group of the page before, when there may be more.
    next: Option<u64>,
}

impl Engine {
    pub(crate) fn on_broadcast(&mut self, asker: Asker, broadcast: Broadcast) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(app) = self.sessions.user(asker.connection).map(|user| user.app) else { return };
        if let Err(refusal) = self.may_broadcast(&actor, &broadcast) {
            return self.respond(asker, Err(refusal));
        }
        self.broadcasts.last += 1;
        let id = self.broadcasts.last;
        let done = BroadcastDone::default();
        let running = Running { asker, app, actor, broadcast, done, open: 0, next: Some(0) };
        self.broadcasts.running.insert(id, running);
        self.read_broadcast_page(id);
    }

    fn may_broadcast(&mut self, actor: &Actor, broadcast: &Broadcast) -> Result<(), Refusal> {
        if !actor.is_app_server {
            return Err(forbidden(Operation::Broadcast));
        }
        broadcast.body.check()?;
        self.check_writable()?;
        if self.broadcasts.running.len() >= BROADCASTS_MAX {
            return Err(Refusal::new(ErrorCode::ServerBusy).retry_after(BUSY_RETRY));
        }
        Ok(())
    }

    fn read_broadcast_page(&mut self, broadcast: u64) {
        let Some(running) = self.broadcasts.running.get_mut(&broadcast) else { return };
        let Some(after) = running.next.take() else { return };
        running.open += 1;
        let app = running.app;
        let range = RecordRange::LiveGroups(app);
        let query = LogQuery::Records { range, after, limit: GROUPS_PAGE };
        self.ops.read(&mut self.out, query, PendingRead::BroadcastTo { broadcast, app });
    }

    pub(super) fn on_broadcast_page(
        &mut self,
        now: Now,
        broadcast: u64,
        app: AppId,
        records: Vec<VersionedRecord>,
    ) {
        let groups: Vec<ConversationShortId> = records
            .into_iter()
            .filter_map(|record| match record.key {
                RecordKey::LiveGroup(_, group) => Some(group),
                _ => None,
            })
            .collect();
        let Some(running) = self.broadcasts.running.get_mut(&broadcast) else { return };
        let is_full = groups.len() == GROUPS_PAGE;
        let last = groups.last().filter(|_| is_full);
        running.next = last.and_then(|group| u64::try_from(group.value()).ok());
        running.open += groups.len() as u64;
        for group in groups {
            self.with_room(now, GroupKey { app, group }, Asker::NOBODY, RoomRequest::Announce(broadcast));
        }
        self.passed_by(broadcast);
    }

    /// The page could not be read.
    pub(super) fn on_broadcast_page_lost(&mut self, broadcast: u64, refusal: Refusal) {
        if let Some(running) = self.broadcasts.running.remove(&broadcast) {
            self.respond(running.asker, Err(refusal));
        }
    }

    /// The message is for this group too.
    pub(super) fn announce(&mut self, now: Now, key: GroupKey, broadcast: u64) {
        if self.check_writable().is_err() {
            return self.announced(broadcast, false);
        }
        let Some(running) = self.broadcasts.running.get(&broadcast) else { return };
        let send = SendLive {
            group: key.group,
            client_message_id: running.broadcast.client_message_id,
            priority: running.broadcast.priority,
            body: running.broadcast.body.clone(),
            follows: None,
        };
        let content = content_hash(&send.body);
        let message = stored(&running.actor, &send, now.wall);
        let origin = Origin::Broadcast(broadcast);
        self.append(key, Sending { origin, message, content, said: None });
    }

    /// A group has the message, or has not.
    pub(super) fn announced(&mut self, broadcast: u64, is_accepted: bool) {
        let Some(running) = self.broadcasts.running.get_mut(&broadcast) else { return };
        let count = if is_accepted { &mut running.done.accepted } else { &mut running.done.failed };
        *count += 1;
        self.passed_by(broadcast);
    }

    /// A page or a group is done with. After the last of them comes the next page, or the answer.
    pub(super) fn passed_by(&mut self, broadcast: u64) {
        let Some(running) = self.broadcasts.running.get_mut(&broadcast) else { return };
        running.open = running.open.saturating_sub(1);
        if running.open > 0 {
            return;
        }
        if running.next.is_some() {
            return self.read_broadcast_page(broadcast);
        }
        if let Some(running) = self.broadcasts.running.remove(&broadcast) {
            self.respond(running.asker, Ok(ResponseBody::BroadcastDone(running.done)));
        }
    }
}
