//! Hashes over outputs of an engine.
//!
//! What is written here decides what counts as the same output, also between versions: the order and the numbers
//! stay as they are, and a new field comes last.

use bim_livegroup::queue::LiveFrame;
use bim_proto::recording::{Digest, OutputsDigest};
use bim_types::store::{
    Append, AppendCondition, AppendEntry, Expected, LogOp, Put, RecordKey, RecordRange, StreamId,
};
use bim_types::{ConnectionId, GroupKey, Refusal};

use crate::io::{AdminReply, LogQuery, Moderated, Notice, Output};

/// Outputs by number.
const NAMES: [&str; 15] = [
    "ready",
    "send",
    "replay",
    "join_group",
    "leave_group",
    "broadcast",
    "broadcast_state",
    "admit",
    "close",
    "write",
    "read",
    "moderate",
    "review",
    "admin_done",
    "drained",
];

/// After [`NAMES`], so that they can grow.
const NOTICE: u8 = 64;

/// The name of a kind.
pub(super) fn name(kind: u8) -> &'static str {
    match kind {
        NOTICE => "notice",
        _ => NAMES.get(usize::from(kind)).copied().unwrap_or("unknown"),
    }
}

/// Adds an output.
pub(super) fn push(outputs: &mut OutputsDigest, output: &Output) {
    outputs.push(kind(output), |digest| write(digest, output));
}

fn kind(output: &Output) -> u8 {
    match output {
        Output::Ready => 0,
        Output::Send { .. } => 1,
        Output::Replay { .. } => 2,
        Output::JoinGroup { .. } => 3,
        Output::LeaveGroup { .. } => 4,
        Output::Broadcast(_) => 5,
        Output::BroadcastState { .. } => 6,
        Output::Admit { .. } => 7,
        Output::Close { .. } => 8,
        Output::Write { .. } => 9,
        Output::Read { .. } => 10,
        Output::Moderate { .. } => 11,
        Output::Review { .. } => 12,
        Output::AdminDone { .. } => 13,
        Output::Drained => 14,
        Output::Notice(_) => NOTICE,
    }
}

fn write(digest: &mut Digest, output: &Output) {
    match output {
        Output::Ready | Output::Drained => {}
        Output::Send { connection, frame } => {
            digest.number(connection.0).bytes(frame);
        }
        Output::Replay { connection, live } => {
            digest.number(connection.0);
            write_live(digest, live);
        }
        Output::JoinGroup { group, connection } | Output::LeaveGroup { group, connection } => {
            write_group(digest, *group);
            digest.number(connection.0);
        }
        Output::Broadcast(live) => write_live(digest, live),
        Output::BroadcastState { group, frame } => {
            write_group(digest, *group);
            digest.bytes(frame);
        }
        Output::Admit { connection: ConnectionId(connection) }
        | Output::Close { connection: ConnectionId(connection) } => {
            digest.number(*connection);
        }
        Output::Write { op, ops } => {
            digest.number(op.0).number(ops.len() as u64);
            ops.iter().for_each(|op| write_op(digest, op));
        }
        Output::Read { op, query } => {
            digest.number(op.0);
            write_query(digest, query);
        }
        Output::Moderate { id: number, message } => write_moderated(digest, *number, message),
        Output::Review { seq, message } => write_moderated(digest, seq.0, message),
        Output::AdminDone { id, result } => {
            digest.number(*id);
            match result {
                Ok(reply) => write_reply(digest, reply),
                Err(refusal) => write_refusal(digest.number(u64::MAX), refusal),
            }
        }
        Output::Notice(notice) => write_notice(digest, notice),
    }
}

fn write_live(digest: &mut Digest, live: &LiveFrame) {
    write_group(digest, live.group);
    digest.number(live.priority as u64).number(live.seq.0).bytes(&live.frame);
}

fn write_group(digest: &mut Digest, group: GroupKey) {
    digest.number(group.app.value().into()).number(group.group.value().unsigned_abs());
}

fn write_key(digest: &mut Digest, key: &RecordKey) {
    digest.bytes(&key.to_bytes());
}

fn write_stream(digest: &mut Digest, stream: StreamId) {
    digest.bytes(&stream.to_bytes());
}

fn write_op(digest: &mut Digest, op: &LogOp) {
    match op {
        LogOp::Append(Append { stream, condition, entries }) => {
            write_stream(digest.number(0), *stream);
            match condition {
                AppendCondition::Any => digest.maybe(None),
                AppendCondition::Last(last) => digest.maybe(Some(last.0)),
            };
            digest.number(entries.len() as u64);
            entries.iter().for_each(|entry| write_entry(digest, entry));
        }
        LogOp::Put(Put { key, expected, value }) => {
            write_key(digest.number(1), key);
            match expected {
                Expected::Any => digest.number(0),
                Expected::Absent => digest.number(1),
                Expected::Version(version) => digest.number(2).number(*version),
            };
            digest.flag(value.is_some()).bytes(value.as_deref().unwrap_or_default());
        }
        LogOp::Trim(trim) => {
            write_stream(digest.number(2), trim.stream);
            digest.number(trim.before.as_millis());
        }
        LogOp::Replace(replace) => {
            write_stream(digest.number(3), replace.stream);
            digest.number(replace.seq.0).bytes(&replace.record);
        }
    }
}

fn write_entry(digest: &mut Digest, entry: &AppendEntry) {
    digest.flag(entry.idempotency.is_some());
    if let Some(key) = &entry.idempotency {
        digest.bytes(&key.to_bytes()).bytes(&key.content);
    }
    digest.number(entry.at.as_millis()).bytes(&entry.record);
}

fn write_query(digest: &mut Digest, query: &LogQuery) {
    match query {
        LogQuery::Records { range, after, limit } => {
            digest.number(0);
            match range {
                RecordRange::Apps | RecordRange::LiveGroups(_) | RecordRange::LiveGroupsOf(..) => {
                    digest.bytes(&range.prefix());
                }
            }
            digest.number(*after).number(*limit as u64);
        }
        LogQuery::Keys(keys) => {
            digest.number(1).number(keys.len() as u64);
            keys.iter().for_each(|key| write_key(digest, key));
        }
        LogQuery::Room { keys, stream } => {
            digest.number(2).number(keys.len() as u64);
            keys.iter().for_each(|key| write_key(digest, key));
            write_stream(digest, *stream);
        }
        LogQuery::Messages { stream, after, records, bytes } => {
            write_stream(digest.number(3), *stream);
            digest.number(after.0).number(*records as u64).number(*bytes as u64);
        }
    }
}

fn write_moderated(digest: &mut Digest, number: u64, message: &Moderated) {
    let Moderated { group, sender, priority, body } = message;
    write_group(digest.number(number), *group);
    digest.uid(sender).number(*priority as u64);
    digest.flag(body.as_str().is_some()).bytes(body.as_str().unwrap_or_default().as_bytes());
}

fn write_reply(digest: &mut Digest, reply: &AdminReply) {
    match reply {
        AdminReply::AppCreated { app, key_id, secret } => {
            digest.number(0).number(app.value().into()).bytes(key_id.as_bytes()).bytes(secret.reveal());
        }
        AdminReply::Apps(apps) => {
            digest.number(1).number(apps.len() as u64);
            for app in apps {
                digest.number(app.app.value().into()).bytes(app.name.as_bytes());
                digest.number(app.created_at.as_millis()).flag(app.disabled);
                digest.number(app.key_ids.len() as u64);
                app.key_ids.iter().for_each(|key_id| done(digest.bytes(key_id.as_bytes())));
            }
        }
        AdminReply::Done => done(digest.number(2)),
        AdminReply::Token { token, expires_at } => {
            digest.number(3).bytes(token.reveal().as_bytes()).number(expires_at.as_millis());
        }
        AdminReply::Status { sessions, rooms, accepted } => {
            digest.number(4).number(*sessions).number(*rooms).number(*accepted);
        }
        AdminReply::TokensRevoked { sessions } => done(digest.number(5).number(*sessions)),
    }
}

fn write_refusal(digest: &mut Digest, refusal: &Refusal) {
    let Refusal { code, retry_after, limit, hint } = refusal;
    digest.number(code.number().unsigned_abs().into());
    digest.maybe(retry_after.map(|after| u64::try_from(after.as_micros()).unwrap_or(u64::MAX)));
    digest.maybe(*limit).bytes(hint.as_bytes());
}

fn write_notice(digest: &mut Digest, notice: &Notice) {
    match notice {
        Notice::LoggedIn { connection, app, uid } => {
            digest.number(0).number(connection.0).number(app.value().into()).uid(uid);
        }
        Notice::Ended { connection, code } => {
            digest.number(1).number(connection.0).number(code.number().unsigned_abs().into());
        }
        Notice::GroupCreated { group } => write_group(digest.number(2), *group),
        Notice::GroupDissolved { group } => write_group(digest.number(3), *group),
        Notice::RecordDamaged { app, group } => {
            digest.number(4).number(app.value().into());
            digest.maybe(group.map(|group| group.value().unsigned_abs()));
        }
        Notice::StoreFailed => done(digest.number(5)),
        Notice::TokensRevoked { app, sessions } => {
            digest.number(6).number(app.value().into()).number(*sessions);
        }
    }
}

/// A chain of writes as a statement.
fn done(_: &mut Digest) {}
