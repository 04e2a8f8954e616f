//! A message on its way: admitted, appended, numbered, answered, sent out.

use std::time::Duration;

use bim_livegroup::room::Admission;
use bim_proto::stored::StoredLiveMessage;
use bim_proto::{Accepted, ResponseBody, SendLive};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, AppendOutcome, IdempotencyKey, LogOp, LogOutcome, LogRecord,
    StreamId,
};
use bim_types::{ClientMessageId, ErrorCode, GroupKey, MessageBody, Now, Position, Refusal, Seq};
use sha2::{Digest, Sha256};

use super::groups::store_refusal;
use crate::engine::Engine;
use crate::io::{LogQuery, Output, StoreFailure};
use crate::ops::{Asker, PendingRead, PendingWrite};

/// When a message that follows a refused one may come back, if the refused one had no time of its own.
const FOLLOWER_RETRY: Duration = Duration::from_millis(100);

impl Engine {
    pub(super) fn send_to_room(&mut self, now: Now, key: GroupKey, asker: Asker, send: SendLive) {
        let id = send.client_message_id;
        match self.admit(now, key, asker, &send) {
            Ok((Admission::Known(accepted), _)) => {
                self.respond(asker, Ok(ResponseBody::LiveMessageAccepted(accepted)));
            }
            Ok((Admission::New, content)) => self.append(now, key, asker, send, content),
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
        asker: Asker,
        send: &SendLive,
    ) -> Result<(Admission, [u8; 16]), Refusal> {
        self.check_writable()?;
        let overtakes = |session: &crate::session::Session| {
            send.follows.is_some_and(|before| session.refused.contains(before))
        };
        if self.sessions.find(asker.connection).is_some_and(overtakes) {
            let refusal = Refusal::new(ErrorCode::MessageFrequency).retry_after(FOLLOWER_RETRY);
            return Err(refusal.hint("the message before this one was refused"));
        }
        let content = content_hash(&send.body);
        let Some(active) = self.rooms.active(key) else {
            return Err(ErrorCode::ConversationNotFound.into());
        };
        let admission = active.room.admit(now.mono, asker.connection, send, content)?;
        Ok((admission, content))
    }

    /// Refuses a message. When it may come back it is remembered, so that nothing overtakes it.
    pub(crate) fn refuse_send(&mut self, asker: Asker, id: ClientMessageId, refusal: Refusal) {
        let most = self.config.in_flight_requests.saturating_mul(2);
        if let Some(session) = self.sessions.find_mut(asker.connection) {
            if refusal.code.is_retryable() {
                session.refused.insert(id, most);
            } else {
                session.refused.remove(id);
            }
        }
        self.respond(asker, Err(refusal));
    }

    fn append(&mut self, now: Now, key: GroupKey, asker: Asker, send: SendLive, content: [u8; 16]) {
        let Some(user) = self.sessions.user(asker.connection) else { return };
        let message = StoredLiveMessage {
            sender: user.uid.clone(),
            device: user.device,
            client_message_id: send.client_message_id,
            priority: send.priority,
            accepted_at: now.wall,
            edits: 0,
            body: send.body,
        };
        let idempotency = IdempotencyKey {
            sender: message.sender.clone(),
            device: message.device,
            client_id: message.client_message_id,
            content,
        };
        let record = message.clone().encode();
        let entry = AppendEntry { idempotency: Some(idempotency), at: now.wall, record };
        let append = Append {
            stream: StreamId::LiveGroup(key.app, key.group),
            condition: AppendCondition::Any,
            entries: vec![entry],
        };
        if let Some(active) = self.rooms.active(key) {
            active.appending += 1;
        }
        let pending = PendingWrite::Send { asker, group: key, message: Box::new(message), content };
        self.ops.write(&mut self.out, vec![LogOp::Append(append)], pending);
    }

    pub(crate) fn on_send_written(
        &mut self,
        now: Now,
        asker: Asker,
        key: GroupKey,
        message: StoredLiveMessage,
        content: [u8; 16],
        result: Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        let outcome = match result {
            Ok(outcomes) => outcomes.into_iter().next(),
            Err(failure) => {
                self.append_ended(key);
                return self.refuse_send(asker, message.client_message_id, store_refusal(failure));
            }
        };
        let appended = match outcome {
            Some(LogOutcome::Appended(entries)) => entries.first().copied(),
            Some(LogOutcome::LastDiffers(_) | LogOutcome::Put(_) | LogOutcome::Trimmed(_)) | None => None,
        };
        match appended {
            Some(AppendOutcome::New(seq)) => self.publish(now, asker, key, seq, message, content),
            Some(AppendOutcome::Duplicate(seq)) => self.answer_duplicate(asker, key, seq),
            Some(AppendOutcome::Conflict(_)) => {
                self.respond(asker, Err(ErrorCode::IdempotencyConflict.into()));
            }
            None => self.respond(asker, Err(ErrorCode::InternalError.into())),
        }
        self.append_ended(key);
    }

    /// The message is durable: its sender gets the verdict, its viewers get the message.
    fn publish(
        &mut self,
        now: Now,
        asker: Asker,
        key: GroupKey,
        seq: Seq,
        message: StoredLiveMessage,
        content: [u8; 16],
    ) {
        self.accepted += 1;
        let Some(active) = self.rooms.active(key) else {
            return self.respond(asker, Err(ErrorCode::ConversationNotFound.into()));
        };
        let position = Position { epoch: active.room.head().epoch, seq };
        let accepted = Accepted { position, accepted_at: message.accepted_at };
        let live = active.room.accept(now.mono, seq, message, content);
        self.respond(asker, Ok(ResponseBody::LiveMessageAccepted(accepted)));
        self.out.push(Output::Broadcast(live));
    }

    /// The message was accepted before: its first record says when.
    fn answer_duplicate(&mut self, asker: Asker, key: GroupKey, seq: Seq) {
        let query = LogQuery::Messages {
            stream: StreamId::LiveGroup(key.app, key.group),
            after: Seq(seq.0.saturating_sub(1)),
            records: 1,
            bytes: 0,
        };
        self.ops.read(&mut self.out, query, PendingRead::Original { asker, key });
    }

    pub(super) fn on_original_loaded(&mut self, asker: Asker, key: GroupKey, records: Vec<LogRecord>) {
        let body = match (records.into_iter().next(), self.rooms.active(key)) {
            (Some(record), Some(active)) => {
                let position = Position { epoch: active.room.head().epoch, seq: record.seq };
                Ok(ResponseBody::LiveMessageAccepted(Accepted { position, accepted_at: record.at }))
            }
            _ => Err(ErrorCode::ConversationNotFound.into()),
        };
        self.respond(asker, body);
    }

    fn append_ended(&mut self, key: GroupKey) {
        if let Some(active) = self.rooms.active(key) {
            active.appending = active.appending.saturating_sub(1);
        }
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
