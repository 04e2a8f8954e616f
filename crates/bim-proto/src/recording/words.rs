//! The few conversions that the machines' recordings share.

use bim_types::{MessageBody, Uid};
use bytes::Bytes;

use crate::convert;
use crate::error::DecodeError;
use crate::recording::Redaction;
use crate::stored::StoredLiveMessage;
use crate::wire::{self, request};

/// What stands for a stored record that can not be read: nothing that can be read.
const UNREADABLE: &[u8] = &[0xff];

/// Reads a user that has to be there.
///
/// # Errors
///
/// [`DecodeError::Field`] when it is not, or is none.
pub fn uid(wire: Option<wire::Uid>) -> Result<Uid, DecodeError> {
    convert::uid(wire, "uid")
}

/// A body as content.
#[must_use]
pub fn content(body: &MessageBody) -> Option<wire::Content> {
    convert::content(body.clone())
}

/// Content as a body.
#[must_use]
pub fn body(content: Option<wire::Content>) -> MessageBody {
    convert::message_body(content)
}

/// A stored message of a live group, with bodies replaced by stand-ins.
#[must_use]
pub fn stored_message(record: &Bytes, redaction: &Redaction) -> Bytes {
    fn redact(message: &mut StoredLiveMessage, redaction: &Redaction) {
        message.body = redaction.body(&message.body);
        if let Some(changed) = &mut message.changed {
            redact(changed, redaction);
        }
    }
    if redaction.keeps_bodies() {
        return record.clone();
    }
    record_bytes(StoredLiveMessage::decode(record.clone()).map(|mut message| {
        redact(&mut message, redaction);
        message.encode()
    }))
}

/// A record's bytes, or bytes that can not be read when these could not.
#[must_use]
pub fn record_bytes(record: Result<Bytes, DecodeError>) -> Bytes {
    record.unwrap_or(Bytes::from_static(UNREADABLE))
}

/// What a request asks for.
#[must_use]
pub fn body_name(body: Option<&request::Body>) -> &'static str {
    match body {
        None => "unknown",
        Some(request::Body::RefreshToken(_)) => "refresh_token",
        Some(request::Body::CreateLiveGroup(_)) => "create",
        Some(request::Body::GetLiveGroup(_)) => "get",
        Some(request::Body::ListLiveGroups(_)) => "list",
        Some(request::Body::JoinLiveGroup(_)) => "join",
        Some(request::Body::LeaveLiveGroup(_)) => "leave",
        Some(request::Body::DissolveLiveGroup(_)) => "dissolve",
        Some(request::Body::SendLiveMessage(_)) => "send",
        Some(request::Body::ReadLiveHistory(_)) => "history",
        Some(request::Body::SetLiveGroupInfo(_)) => "set_info",
        Some(request::Body::ChangeLiveGroup(_)) => "measure",
        Some(request::Body::SetLiveMemberInfo(_)) => "set_member_info",
        Some(request::Body::ListLiveMembers(_)) => "list_members",
        Some(request::Body::GetLiveMembers(_)) => "get_members",
        Some(request::Body::UpdateLiveMessage(_)) => "update",
        Some(request::Body::DeleteLiveMessage(_)) => "delete",
        Some(request::Body::WriteLiveAttributes(_)) => "write_attributes",
        Some(request::Body::ReadLiveAttributes(_)) => "read_attributes",
        Some(request::Body::TapLiveCounters(_)) => "tap",
        Some(request::Body::BroadcastToLiveGroups(_)) => "broadcast",
    }
}
