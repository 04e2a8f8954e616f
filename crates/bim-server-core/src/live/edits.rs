//! Changing and removing messages that were accepted.

use bim_livegroup::authority::Operation;
use bim_livegroup::room::{Actor, Edit};
use bim_proto::ResponseBody;
use bim_proto::stored::StoredLiveMessage;
use bim_types::store::LogRecord;
use bim_types::{ConnectionId, DeviceId, ErrorCode, GroupKey, MessageBody, Now, Refusal, Seq};

use super::moderation::Subject;
use super::{Change, RoomRequest, recall};
use crate::engine::Engine;
use crate::io::{LogQuery, Output};
use crate::ops::{Asker, PendingEdit, PendingRead};

impl Engine {
    /// Reads the message that is to be changed, or removed without a body; what it is to say from now on, a
    /// moderator sees before.
    pub(super) fn edit_message(
        &mut self,
        now: Now,
        key: GroupKey,
        asker: Asker,
        seq: Seq,
        body: Option<MessageBody>,
    ) {
        let Some(actor) = self.actor(asker) else { return };
        match body {
            Some(body) if self.config.moderates && !actor.is_app_server => {
                let Some(active) = self.rooms.active(key) else { return };
                match active.room.permit(Operation::Receive, &actor).and_then(|()| body.check()) {
                    Ok(()) => self.ask_moderator(now, key, asker, actor, Subject::Edit(seq, body)),
                    Err(refusal) => self.respond(asker, Err(refusal)),
                }
            }
            body => self.read_edited(PendingEdit { asker, actor, key, seq, body }),
        }
    }

    /// A moderator wants a message removed. It is done in the name of the owner.
    pub(crate) fn on_remove(&mut self, now: Now, key: GroupKey, seq: Seq) {
        self.with_room(now, key, Asker::NOBODY, RoomRequest::Remove(seq));
    }

    pub(super) fn remove_for_moderator(&mut self, key: GroupKey, seq: Seq) {
        let Some(active) = self.rooms.active(key) else { return };
        let owner = active.room.owner().clone();
        let (connection, device) = (ConnectionId(u64::MAX), DeviceId::new(0));
        let actor = Actor { uid: owner, connection, device, is_app_server: true };
        self.read_edited(PendingEdit { asker: Asker::NOBODY, actor, key, seq, body: None });
    }

    /// Reads the message that is to be changed. What changes the group waits meanwhile, so that two changes of
    /// one message follow each other.
    pub(super) fn read_edited(&mut self, edit: PendingEdit) {
        let PendingEdit { key, asker, seq, .. } = edit;
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.permit(Operation::Receive, &edit.actor) {
            return self.respond(asker, Err(refusal));
        }
        if seq == Seq::ZERO || seq > active.room.head().seq {
            return self.respond(asker, Err(not_found()));
        }
        active.changing = true;
        let after = Seq(seq.0 - 1);
        let query = LogQuery::Messages { stream: recall::messages(key), after, records: 1, bytes: 0 };
        self.ops.read(&mut self.out, query, PendingRead::Edited(Box::new(edit)));
    }

    pub(super) fn on_edited_loaded(&mut self, now: Now, edit: PendingEdit, records: Vec<LogRecord>) {
        let PendingEdit { asker, actor, key, seq, body } = edit;
        let Some(active) = self.rooms.active(key) else { return };
        active.changing = false;
        let original = records.into_iter().find(|record| record.seq == seq);
        let original = original.and_then(|record| StoredLiveMessage::decode(record.record).ok());
        // A change is not a message, and what only its sender sees is not there for others.
        let original = original.filter(|message| {
            message.changes.is_none() && (!message.only_for_sender || message.sender == actor.uid)
        });
        let planned = match original {
            None => Err(not_found()),
            Some(message) if message.deleted && body.is_some() => Err(not_found()),
            Some(message) => active
                .room
                .permit_change_of(now.wall, &actor, &message, body.as_ref())
                .map(|()| Edit::of(seq, message, actor.uid, body, now.wall)),
        };
        match planned {
            Ok(Some(edit)) => self.write_change(key, asker, Change::Edit(edit)),
            Ok(None) => self.done(asker),
            Err(refusal) => self.respond(asker, Err(refusal)),
        }
        self.next_change(now, key);
    }

    /// The message could not be read. What a moderator removes is tried again.
    pub(super) fn on_edited_not_loaded(&mut self, now: Now, edit: &PendingEdit, refusal: Refusal) {
        let PendingEdit { asker, key, seq, .. } = *edit;
        if let Some(active) = self.rooms.active(key) {
            active.changing = false;
        }
        if asker.is_nobody() {
            self.refuse_request(key, asker, RoomRequest::Remove(seq), refusal);
        } else {
            self.respond(asker, Err(refusal));
        }
        self.next_change(now, key);
    }

    pub(super) fn tell_edit(&mut self, now: Now, key: GroupKey, asker: Asker, seq: Seq, edit: Edit) {
        let Some(active) = self.rooms.active(key) else { return };
        let live = active.room.accept_change(now.mono, seq, edit.notice);
        self.out.push(Output::Broadcast(live));
        self.respond(asker, Ok(ResponseBody::Done));
        if !edit.replacement.deleted {
            let shown = self.to_review(key, &edit.replacement);
            self.review(edit.seq, shown);
        }
    }
}

fn not_found() -> Refusal {
    ErrorCode::MessageNotFound.into()
}
