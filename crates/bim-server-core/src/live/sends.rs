//! A message on its way: admitted, appended, numbered, answered, sent out.

use std::time::Duration;

use bim_livegroup::room::{Actor, Admission};
use bim_proto::stored::StoredLiveMessage;
use bim_proto::{ResponseBody, SendLive};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, IdempotencyKey, LogOp, LogOutcome, LogRecord,
    StreamId,
};
use bim_types::{
    ClientMessageId, ConnectionId, Defect, ErrorCode, GroupKey, MessageBody, Now, Priority, Refusal, Seq,
    Wall,
};
use sha2::{Digest, Sha256};

use super::groups::store_refusal;
use super::moderation::Subject;
use crate::engine::Engine;
use crate::io::{LogQuery, Output, StoreFailure};
use crate::ops::{Asker, Origin, PendingRead, PendingWrite, Sending};

/// When a message that follows a refused one may come back, if the refused one had no time of its own.
const FOLLOWER_RETRY: Duration = Duration::from_millis(100);

impl Engine {
    pub(super) fn send_to_room(&mut self, now: Now, key: GroupKey, asker: Asker, send: SendLive) {
        let id = send.client_message_id;
        let Some(actor) = self.actor(asker) else { return };
        match self.admit(now, key, &actor, &send) {
            Ok((Admission::Known(accepted), _)) => {
                self.respond_accepted(asker, &accepted);
            }
            Ok((Admission::New, content)) if self.config.moderates && !actor.is_app_server => {
                return self.ask_moderator(now, key, asker, actor, Subject::Send(send, content));
            }
            Ok((Admission::New, content)) => {
                let message = stored(&actor, &send, now.wall);
                let origin = Origin::Request(asker);
                self.append(key, Sending { origin, message, content, said: None });
            }
            Err(refusal) => return self.refuse_send(asker, id, refusal),
        }
        if let Some(session) = self.sessions.find_mut(asker.connection) {
            session.refused.remove(id);
        }
    }

    fn admit(
        &mut self,
        now: Now,
        key: GroupKey,
        actor: &Actor,
        send: &SendLive,
    ) -> Result<(Admission, [u8; 16]), Refusal> {
        let hindrance = self.check_writable().and_then(|()| self.check_order(actor.connection, send)).err();
        let content = content_hash(&send.body);
        let Some(active) = self.rooms.active(key) else {
            return Err(hindrance.unwrap_or_else(|| ErrorCode::UserNotInGroup.into()));
        };
        let admission = match hindrance {
            None => active.room.admit(now, actor, send, content)?,
            Some(refusal) => match active.room.accepted_before(actor, send, content) {
                Ok(Some(accepted)) => Admission::Known(accepted),
                Ok(None) | Err(_) => return Err(refusal),
            },
        };
        Ok((admission, content))
    }

    /// Whether a message would overtake one that was refused.
    pub(super) fn check_order(&self, connection: ConnectionId, send: &SendLive) -> Result<(), Refusal> {
        let overtakes = |session: &crate::session::Session| {
            send.follows.is_some_and(|before| session.refused.contains(before))
        };
        if self.sessions.find(connection).is_some_and(overtakes) && !Defect::Overtaking.is_planted() {
            let refusal = Refusal::new(ErrorCode::MessageFrequency).retry_after(FOLLOWER_RETRY);
            return Err(refusal.hint("the message before this one was refused"));
        }
        Ok(())
    }

    /// Refuses a message, and remembers it, so that nothing overtakes it. Also when it is refused for good: that verdict
    /// may be lost with the connection, and the message, sent again, may then be let in.
    pub(crate) fn refuse_send(&mut self, asker: Asker, id: ClientMessageId, refusal: Refusal) {
        let most = self.config.in_flight_requests.saturating_mul(2);
        if let Some(session) = self.sessions.find_mut(asker.connection) {
            session.refused.insert(id, most);
        }
        self.respond(asker, Err(refusal));
    }

    pub(super) fn append(&mut self, key: GroupKey, sending: Sending) {
        let message = &sending.message;
        let idempotency = IdempotencyKey {
            sender: message.sender.clone(),
            device: message.device,
            client_id: message.client_message_id,
            content: sending.content,
        };
        let idempotency = Some(idempotency).filter(|_| !Defect::DedupInMemory.is_planted());
        let entry = AppendEntry { idempotency, at: message.accepted_at, record: message.encode() };
        let append = Append {
            stream: StreamId::LiveGroup(key.app, key.group),
            condition: AppendCondition::Any,
            entries: vec![entry],
        };
        if Defect::AckBeforeCommit.is_planted() {
            self.acknowledge_unwritten(key, &sending);
        }
        if let Some(active) = self.rooms.active(key) {
            active.appending += 1;
            let message = &sending.message;
            active.room.send_begins(&message.sender, message.device, message.client_message_id);
        }
        let pending = PendingWrite::Send { group: key, sending };
        self.ops.write(&mut self.out, vec![LogOp::Append(append)], pending);
    }

    pub(crate) fn on_send_written(
        &mut self,
        now: Now,
        key: GroupKey,
        sending: Sending,
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        if let Some(active) = self.rooms.active(key) {
            let message = &sending.message;
            active.room.send_ended(&message.sender, message.device, message.client_message_id);
        }
        let outcome = match result {
            Ok(outcomes) => outcomes.into_iter().next(),
            Err(_) if Defect::AckFailedCommit.is_planted() => {
                self.acknowledge_unwritten(key, &sending);
                return self.append_ended(key);
            }
            Err(failure) => {
                self.append_ended(key);
                return self.not_sent(&sending, store_refusal(failure));
            }
        };
        let appended = match outcome {
            Some(LogOutcome::Appended(entries)) => entries.first().copied(),
            _ => None,
        };
        match appended {
            Some(AppendOutcome::New(seq)) => self.publish(now, key, seq, sending),
            Some(AppendOutcome::Duplicate(seq)) => self.answer_duplicate(key, seq, sending),
            Some(AppendOutcome::Conflict(_)) => {
                self.not_sent(&sending, ErrorCode::IdempotencyConflict.into());
            }
            None => self.not_sent(&sending, ErrorCode::InternalError.into()),
        }
        self.append_ended(key);
    }

    /// What two of the defects of the bug bank do: a verdict for what is not durable.
    fn acknowledge_unwritten(&mut self, key: GroupKey, sending: &Sending) {
        let Origin::Request(asker) = sending.origin else { return };
        let Some(active) = self.rooms.active(key) else { return };
        let seq = Seq(active.room.head().seq.0 + active.appending as u64 + 1);
        let accepted = active.room.accepted(seq, &sending.message, sending.said.as_ref());
        self.respond(asker, Ok(ResponseBody::LiveMessageAccepted(accepted)));
    }

    fn not_sent(&mut self, sending: &Sending, refusal: Refusal) {
        match sending.origin {
            Origin::Request(asker) => self.refuse_send(asker, sending.message.client_message_id, refusal),
            Origin::Broadcast(broadcast) => self.announced(broadcast, false),
        }
    }

    /// The message is durable: its sender gets the verdict, its viewers get the message.
    fn publish(&mut self, now: Now, key: GroupKey, seq: Seq, sending: Sending) {
        self.accepted += 1;
        let Sending { origin, message, content, said } = sending;
        let shown = self.to_review(key, &message);
        let Some(active) = self.rooms.active(key) else {
            let sending = Sending { origin, message, content, said };
            return self.not_sent(&sending, ErrorCode::UserNotInGroup.into());
        };
        let accepted = active.room.accepted(seq, &message, said.as_ref());
        let live = active.room.accept(now.mono, seq, message, Some(content));
        match origin {
            Origin::Request(_) if Defect::AckBeforeCommit.is_planted() => {}
            Origin::Request(asker) => self.respond_accepted(asker, &accepted),
            Origin::Broadcast(broadcast) => self.announced(broadcast, true),
        }
        if Defect::DroppedAfterVerdict.is_planted()
            && live.priority == Priority::Low
            && seq.0.is_multiple_of(7)
        {
            return;
        }
        self.out.push(Output::Broadcast(live));
        self.review(seq, shown);
    }

    /// The message was accepted before: its first record says when.
    fn answer_duplicate(&mut self, key: GroupKey, seq: Seq, sending: Sending) {
        let asker = match sending.origin {
            Origin::Request(asker) => asker,
            Origin::Broadcast(broadcast) => return self.announced(broadcast, true),
        };
        let said = sending.said.unwrap_or(sending.message.body);
        self.read_original(asker, key, seq, said);
    }

    fn read_original(&mut self, asker: Asker, key: GroupKey, seq: Seq, said: MessageBody) {
        let query = LogQuery::Messages {
            stream: StreamId::LiveGroup(key.app, key.group),
            after: Seq(seq.0.saturating_sub(1)),
            records: 1,
            bytes: 0,
        };
        self.ops.read(&mut self.out, query, PendingRead::Original { asker, key, seq, said });
    }

    pub(super) fn on_original_loaded(
        &mut self,
        asker: Asker,
        key: GroupKey,
        seq: Seq,
        said: &MessageBody,
        records: Vec<LogRecord>,
    ) {
        // It may have been trimmed since it was recognised.
        let original = records.into_iter().find(|record| record.seq == seq);
        let original = original.and_then(|record| StoredLiveMessage::decode(record.record).ok());
        let body = match (original, self.rooms.active(key)) {
            (Some(message), Some(active)) => {
                let was_changed = message.edits > 0;
                let said = Some(said).filter(|_| !was_changed);
                Ok(ResponseBody::LiveMessageAccepted(active.room.accepted(seq, &message, said)))
            }
            _ => Err(ErrorCode::MessageNotFound.into()),
        };
        self.respond(asker, body);
    }

    fn append_ended(&mut self, key: GroupKey) {
        if let Some(active) = self.rooms.active(key) {
            active.appending = active.appending.saturating_sub(1);
        }
    }
}

/// A message as it is to be stored.
pub(super) fn stored(actor: &Actor, send: &SendLive, now: Wall) -> StoredLiveMessage {
    StoredLiveMessage {
        sender: actor.uid.clone(),
        device: actor.device,
        client_message_id: send.client_message_id,
        priority: send.priority,
        accepted_at: now,
        edits: 0,
        body: send.body.clone(),
        deleted: false,
        only_for_sender: false,
        changes: None,
        changed: None,
    }
}

/// The first half of a SHA-256 over the kind and the bytes of a body.
pub(super) fn content_hash(body: &MessageBody) -> [u8; 16] {
    let kind: &[u8] = match body {
        MessageBody::Text(_) => b"t",
        MessageBody::Custom(_) => b"c",
        _ => b"?",
    };
    let digest = Sha256::new().chain_update(kind).chain_update(body.as_str().unwrap_or_default()).finalize();
    *digest.first_chunk().expect("a SHA-256 has 32 bytes")
}
