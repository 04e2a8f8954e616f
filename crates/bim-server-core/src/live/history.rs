//! Reading messages again.

use bim_proto::stored::StoredLiveMessage;
use bim_proto::{HistoryPage, HistoryQuery, ResponseBody};
use bim_types::store::{LogRecord, StreamId};
use bim_types::{ErrorCode, GroupKey, Position, Seq};

use super::groups::page_entries;
use crate::engine::Engine;
use crate::io::{LogQuery, Notice, Output};
use crate::ops::{Asker, PendingRead};

/// A page of history ends at this size, in bytes of stored records, so that it fits a frame with room to
/// spare: half of the largest frame.
const HISTORY_PAGE_BYTES: usize = 128 * 1024;

impl Engine {
    pub(super) fn read_history(&mut self, key: GroupKey, asker: Asker, query: HistoryQuery) {
        let Some(active) = self.rooms.active(key) else { return };
        if !active.room.has(asker.connection) {
            return self.respond(asker, Err(ErrorCode::UserNotInGroup.into()));
        }
        let head = active.room.head().seq;
        let limit = page_entries(query.limit);
        let stream = StreamId::LiveGroup(key.app, key.group);
        let after = Seq(query.from.0.saturating_sub(1));
        let read = LogQuery::Messages { stream, after, records: limit, bytes: HISTORY_PAGE_BYTES };
        self.ops.read(&mut self.out, read, PendingRead::History { asker, key, query, limit, head });
    }

    pub(super) fn on_history_loaded(
        &mut self,
        asker: Asker,
        key: GroupKey,
        query: HistoryQuery,
        limit: usize,
        head: Seq,
        records: Vec<LogRecord>,
    ) {
        let Some(active) = self.rooms.active(key) else {
            return self.respond(asker, Err(ErrorCode::ConversationNotFound.into()));
        };
        if !active.room.has(asker.connection) {
            return self.respond(asker, Err(ErrorCode::UserNotInGroup.into()));
        }
        let epoch = active.room.head().epoch;
        // What is appended but not yet announced is nobody's to read.
        let last = if query.to == Seq::ZERO { head } else { query.to.min(head) };
        let mut page =
            HistoryPage { messages: Vec::with_capacity(limit), next: last.next(), has_more: false };
        for record in records.into_iter().filter(|record| record.seq <= last) {
            page.next = record.seq.next();
            page.has_more = record.seq < last;
            match StoredLiveMessage::decode(record.record) {
                Ok(stored) => {
                    let position = Position { epoch, seq: record.seq };
                    page.messages.push(stored.into_message(key.group, position));
                }
                Err(_) => {
                    let (app, group) = (key.app, Some(key.group));
                    self.out.push(Output::Notice(Notice::RecordDamaged { app, group }));
                }
            }
        }
        self.respond(asker, Ok(ResponseBody::LiveHistoryPage(page)));
    }
}
