//! Stand-ins for everything of an engine that may not get into a recording.

use std::collections::BTreeMap;
use std::sync::Arc;

use bim_livegroup::queue::LiveFrame;
use bim_proto::recording::{
    Redaction, record_bytes, redact_client_frame, redact_server_frame, stored_message,
};
use bim_proto::stored::{StoredApp, StoredKey, StoredLiveMessage, StoredTaps};
use bim_types::store::{
    Append, AppendEntry, IdempotencyKey, LogOp, LogRecord, Put, RecordKey, Replace, StreamId, VersionedRecord,
};
use bim_types::{AppSecret, Token};
use bytes::Bytes;

use crate::io::{AdminCommand, AdminReply, Input, Loaded, Moderated, ModerationVerdict, Output};
use crate::token;

/// What stands between an engine and its recording.
#[derive(Debug)]
pub(super) struct Curtain {
    redaction: Redaction,
    /// The keys that tokens are signed with, by key id. A key that was stored anew is one more.
    keys: BTreeMap<String, Vec<AppSecret>>,
}

impl Curtain {
    pub(super) fn new(redaction: Redaction) -> Self {
        Self { redaction, keys: BTreeMap::new() }
    }

    /// An input as it is recorded. Learns the keys that it brings.
    pub(super) fn input(&mut self, input: &Input) -> Input {
        match input {
            Input::Opened { connection, peer } => {
                let peer =
                    peer.as_ref().map(|peer| Arc::from(self.redaction.stand_in("peer", peer.as_bytes())));
                Input::Opened { connection: *connection, peer }
            }
            Input::Frame { connection, frame } => {
                let frame = redact_client_frame(frame, &self.redaction, &mut |token| self.token(token));
                Input::Frame { connection: *connection, frame }
            }
            Input::Loaded { op, result: Ok(loaded) } => {
                Input::Loaded { op: *op, result: Ok(self.loaded(loaded)) }
            }
            Input::Moderated { id, verdict: ModerationVerdict::Rewrite(body) } => {
                let verdict = ModerationVerdict::Rewrite(self.redaction.body(body));
                Input::Moderated { id: *id, verdict }
            }
            Input::Admin { id, command: AdminCommand::CreateApp { name, secret } } => {
                let command = AdminCommand::CreateApp { name: name.clone(), secret: self.secret(secret) };
                Input::Admin { id: *id, command }
            }
            Input::Admin { .. }
            | Input::Loaded { result: Err(_), .. }
            | Input::Moderated { .. }
            | Input::Closed { .. }
            | Input::TooSlow { .. }
            | Input::Written { .. }
            | Input::Remove { .. }
            | Input::Drain
            | Input::Tick => input.clone(),
        }
    }

    /// An output as it is hashed. Learns the keys that are stored with it.
    pub(super) fn output(&mut self, output: &Output) -> Output {
        match output {
            Output::Send { connection, frame } => {
                Output::Send { connection: *connection, frame: self.frame(frame) }
            }
            Output::Replay { connection, live } => {
                Output::Replay { connection: *connection, live: self.live(live) }
            }
            Output::Broadcast(live) => Output::Broadcast(self.live(live)),
            Output::BroadcastState { group, frame } => {
                Output::BroadcastState { group: *group, frame: self.frame(frame) }
            }
            Output::Write { op, ops } => {
                Output::Write { op: *op, ops: ops.iter().map(|op| self.log_op(op)).collect() }
            }
            Output::Moderate { id, message } => {
                Output::Moderate { id: *id, message: self.moderated(message) }
            }
            Output::Review { seq, message } => Output::Review { seq: *seq, message: self.moderated(message) },
            Output::AdminDone { id, result: Ok(reply) } => {
                Output::AdminDone { id: *id, result: Ok(self.reply(reply)) }
            }
            Output::AdminDone { result: Err(_), .. }
            | Output::Ready
            | Output::JoinGroup { .. }
            | Output::LeaveGroup { .. }
            | Output::Admit { .. }
            | Output::Close { .. }
            | Output::Read { .. }
            | Output::Drained
            | Output::Notice(_) => output.clone(),
        }
    }

    fn frame(&self, frame: &Bytes) -> Bytes {
        if self.redaction.keeps_bodies() {
            frame.clone()
        } else {
            redact_server_frame(frame, &self.redaction)
        }
    }

    fn live(&self, live: &LiveFrame) -> LiveFrame {
        LiveFrame { frame: self.frame(&live.frame), ..live.clone() }
    }

    fn moderated(&self, message: &Moderated) -> Moderated {
        Moderated { body: self.redaction.body(&message.body), ..message.clone() }
    }

    fn loaded(&mut self, loaded: &Loaded) -> Loaded {
        match loaded {
            Loaded::Records(records) => Loaded::Records(self.small_records(records)),
            Loaded::Room(records, head) => Loaded::Room(self.small_records(records), *head),
            Loaded::Messages(records) => {
                let message = |record: &LogRecord| LogRecord {
                    record: self.message_or_taps(&record.record),
                    ..record.clone()
                };
                Loaded::Messages(records.iter().map(message).collect())
            }
        }
    }

    fn small_records(&mut self, records: &[VersionedRecord]) -> Vec<VersionedRecord> {
        let small = |record: &VersionedRecord| VersionedRecord {
            value: self.small_record(&record.key, &record.value),
            ..record.clone()
        };
        records.iter().map(small).collect()
    }

    fn small_record(&mut self, key: &RecordKey, value: &Bytes) -> Bytes {
        match key {
            RecordKey::App(_) => record_bytes(StoredApp::decode(value.clone()).map(|mut app| {
                for StoredKey { key_id, secret } in &mut app.keys {
                    self.learn(key_id, secret);
                    *secret = self.secret(secret);
                }
                app.encode()
            })),
            RecordKey::LiveGroup(..)
            | RecordKey::LiveGroupOf(..)
            | RecordKey::LiveRoll(..)
            | RecordKey::LiveAttributes(..)
            | RecordKey::LiveCounters(..)
            | RecordKey::Revocations(_) => value.clone(),
        }
    }

    fn log_op(&mut self, op: &LogOp) -> LogOp {
        match op {
            LogOp::Append(append) => {
                let entry = |entry: &AppendEntry| AppendEntry {
                    idempotency: entry.idempotency.as_ref().map(|key| self.idempotency(key)),
                    record: self.log_record(append.stream, &entry.record),
                    at: entry.at,
                };
                LogOp::Append(Append {
                    entries: append.entries.iter().map(entry).collect(),
                    ..append.clone()
                })
            }
            LogOp::Put(put) => {
                let value = put.value.as_ref().map(|value| self.small_record(&put.key, value));
                LogOp::Put(Put { value, ..put.clone() })
            }
            LogOp::Replace(replace) => {
                let record = self.log_record(replace.stream, &replace.record);
                LogOp::Replace(Replace { record, ..replace.clone() })
            }
            LogOp::Trim(trim) => LogOp::Trim(*trim),
        }
    }

    /// The hash of a body says whose stand-in a stand-in is, and differs from the hash of the stand-in.
    fn idempotency(&self, key: &IdempotencyKey) -> IdempotencyKey {
        let content = if self.redaction.keeps_bodies() { key.content } else { [0; 16] };
        IdempotencyKey { content, ..key.clone() }
    }

    fn log_record(&self, stream: StreamId, record: &Bytes) -> Bytes {
        match stream {
            StreamId::LiveGroup(..) => stored_message(record, &self.redaction),
            StreamId::LiveCounters(..) => record.clone(),
        }
    }

    /// A record of a stream that is not named. One kind can not be read as the other.
    fn message_or_taps(&self, record: &Bytes) -> Bytes {
        if self.redaction.keeps_bodies() || StoredLiveMessage::decode(record.clone()).is_ok() {
            return stored_message(record, &self.redaction);
        }
        record_bytes(StoredTaps::decode(record.clone()).map(|taps| taps.encode()))
    }

    fn reply(&mut self, reply: &AdminReply) -> AdminReply {
        match reply {
            AdminReply::AppCreated { app, key_id, secret } => {
                AdminReply::AppCreated { app: *app, key_id: key_id.clone(), secret: self.secret(secret) }
            }
            AdminReply::Token { token, expires_at } => {
                AdminReply::Token { token: self.token(token.reveal()).into(), expires_at: *expires_at }
            }
            AdminReply::Apps(_)
            | AdminReply::Done
            | AdminReply::TokensRevoked { .. }
            | AdminReply::Status { .. } => reply.clone(),
        }
    }

    fn secret(&self, secret: &AppSecret) -> AppSecret {
        AppSecret::new(self.redaction.secret(secret.reveal()))
    }

    /// A token that a key has signed is signed again, with the stand-in of the key; any other one is garbage.
    fn token(&self, text: &str) -> String {
        let token = Token::from(text);
        let signed = token::key_id(&token).ok().and_then(|key_id| {
            let mut keys = self.keys.get(&key_id)?.iter();
            let (key, claims) = keys.find_map(|key| Some((key, token::signed_claims(&token, key).ok()?)))?;
            Some(token::mint(&key_id, &self.secret(key), &claims).reveal().to_owned())
        });
        signed.unwrap_or_else(|| self.redaction.token(text))
    }

    fn learn(&mut self, key_id: &str, secret: &AppSecret) {
        let known = self.keys.entry(key_id.to_owned()).or_default();
        if !known.contains(secret) {
            known.push(secret.clone());
        }
    }
}
