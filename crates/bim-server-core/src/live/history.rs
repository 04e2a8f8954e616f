//! Reading messages again.

use bim_livegroup::authority::{Operation, absent};
use bim_livegroup::room::Actor;
use bim_proto::stored::StoredLiveMessage;
use bim_proto::{HistoryPage, HistoryQuery, ResponseBody};
use bim_types::store::LogRecord;
use bim_types::{GroupKey, Message, Position, Seq};

use crate::engine::Engine;
use crate::io::{LogQuery, Notice, Output};
use crate::ops::{Asker, PendingHistory, PendingRead};

/// A page of history ends at this size, in bytes of stored records, so that it fits a frame with room to
/// spare: half of the largest frame.
const HISTORY_PAGE_BYTES: usize = 128 * 1024;

impl Engine {
    pub(super) fn read_history(&mut self, key: GroupKey, asker: Asker, query: HistoryQuery) {
        let Some(actor) = self.actor(asker) else { return };
        let most = self.config.history_page_messages;
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.permit(Operation::Receive, &actor) {
            return self.respond(asker, Err(refusal));
        }
        let head = active.room.head().seq;
        let wanted = usize::try_from(query.limit).unwrap_or(most);
        let limit = if wanted == 0 { most } else { wanted.min(most) };
        // What is appended but not yet announced is nobody's to read.
        let to = query.to.map_or(head, |to| to.min(head));
        let mut from = query.from.max(Seq(1));
        if query.newest_first {
            from = from.max(Seq((to.0 + 1).saturating_sub(limit as u64)));
        }
        self.read_messages(from, PendingHistory { asker, key, query, to, limit });
    }

    fn read_messages(&mut self, from: Seq, pending: PendingHistory) {
        let stream = super::recall::messages(pending.key);
        let after = Seq(from.0.saturating_sub(1));
        let read = LogQuery::Messages { stream, after, records: pending.limit, bytes: HISTORY_PAGE_BYTES };
        self.ops.read(&mut self.out, read, PendingRead::History(pending));
    }

    pub(super) fn on_history_loaded(&mut self, pending: PendingHistory, mut records: Vec<LogRecord>) {
        let PendingHistory { asker, key, query, to, .. } = pending;
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else {
            return self.respond(asker, Err(absent(Operation::Receive)));
        };
        if let Err(refusal) = active.room.permit(Operation::Receive, &actor) {
            return self.respond(asker, Err(refusal));
        }
        let epoch = active.room.head().epoch;
        records.retain(|record| record.seq <= to);
        let (first, last) = (records.first().map(|r| r.seq), records.last().map(|r| r.seq));
        if query.newest_first
            && let Some(last) = last.filter(|last| *last < to)
        {
            // The bytes of a page ended before the newest message: the page begins behind that.
            return self.read_messages(last.next(), pending);
        }
        let (next, has_more) = if query.newest_first {
            let next = Seq(first.map_or(0, |first| first.0 - 1));
            (next, next >= query.from.max(Seq(1)))
        } else {
            let next = last.unwrap_or(to).next();
            (next, next <= to)
        };
        let mut messages: Vec<Message> = Vec::with_capacity(records.len());
        for record in records {
            let position = Position { epoch, seq: record.seq };
            match StoredLiveMessage::decode(record.record) {
                Ok(stored) if is_shown(&stored, &actor) => {
                    messages.push(stored.into_message(key.group, position));
                }
                Ok(_) => {}
                Err(_) => {
                    let (app, group) = (key.app, Some(key.group));
                    self.out.push(Output::Notice(Notice::RecordDamaged { app, group }));
                }
            }
        }
        if query.newest_first {
            messages.reverse();
        }
        let page = HistoryPage { messages, next, has_more };
        self.respond(asker, Ok(ResponseBody::LiveHistoryPage(page)));
    }
}

/// Whether a record is a message that this user may read.
fn is_shown(stored: &StoredLiveMessage, actor: &Actor) -> bool {
    let is_own = stored.sender == actor.uid;
    !stored.deleted && stored.changes.is_none() && (!stored.only_for_sender || is_own)
}
