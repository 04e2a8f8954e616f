//! Frames without tokens and, if wanted, without bodies.
//!
//! A frame is replaced by one that decodes alike, or that is refused for the same reason.

use bytes::Bytes;

use crate::error::DecodeError;
use crate::frame::{encode, message, split};
use crate::recording::{Redaction, words};
use crate::wire::{self, FrameKind, request, response};
use crate::{PROTOCOL_VERSION, entries};

/// Bytes that are no message: a field of a type that does not exist.
const NO_MESSAGE: u8 = 0x0f;

/// What a client sent, with tokens replaced by what `token` says and bodies by stand-ins.
pub fn redact_client_frame(
    frame: &Bytes,
    redaction: &Redaction,
    token: &mut dyn FnMut(&str) -> String,
) -> Bytes {
    client(frame, redaction, token).unwrap_or_else(|error| refused_alike(frame, error))
}

/// What a server sent, with bodies replaced by stand-ins.
#[must_use]
pub fn redact_server_frame(frame: &Bytes, redaction: &Redaction) -> Bytes {
    server(frame, redaction).unwrap_or_else(|error| refused_alike(frame, error))
}

/// What a frame of a client asks for; `None` when it is no request.
#[must_use]
pub fn request_name(frame: &Bytes) -> Option<&'static str> {
    let (kind, payload) = split(frame.clone()).ok()?;
    if kind != FrameKind::Request as u8 {
        return None;
    }
    message::<wire::Request>(kind, payload).ok().map(|request| words::body_name(request.body.as_ref()))
}

fn client(
    frame: &Bytes,
    redaction: &Redaction,
    token: &mut dyn FnMut(&str) -> String,
) -> Result<Bytes, DecodeError> {
    let (kind, payload) = split(frame.clone())?;
    Ok(match FrameKind::try_from(i32::from(kind)) {
        Ok(FrameKind::Hello) => {
            let mut hello: wire::Hello = message(kind, payload)?;
            hello.token = token(&hello.token);
            encode(FrameKind::Hello, &hello)
        }
        Ok(FrameKind::Request) => {
            let mut request: wire::Request = message(kind, payload)?;
            redact_request(&mut request, redaction, token);
            encode(FrameKind::Request, &request)
        }
        Ok(FrameKind::Ping) => encode(FrameKind::Ping, &message::<wire::Ping>(kind, payload)?),
        Ok(FrameKind::Pong) => encode(FrameKind::Pong, &message::<wire::Pong>(kind, payload)?),
        Ok(FrameKind::Goodbye) => encode(FrameKind::Goodbye, &message::<wire::Goodbye>(kind, payload)?),
        Ok(_) | Err(_) => return Err(DecodeError::Kind { kind }),
    })
}

/// Replaces tokens in a request by what `token` says and bodies by stand-ins.
pub fn redact_request(
    request: &mut wire::Request,
    redaction: &Redaction,
    token: &mut dyn FnMut(&str) -> String,
) {
    let Some(body) = &mut request.body else { return };
    match body {
        request::Body::RefreshToken(refresh) => refresh.token = token(&refresh.token),
        request::Body::SendLiveMessage(send) => redact_content(&mut send.content, redaction),
        request::Body::UpdateLiveMessage(update) => redact_content(&mut update.content, redaction),
        request::Body::BroadcastToLiveGroups(broadcast) => redact_content(&mut broadcast.content, redaction),
        request::Body::CreateLiveGroup(_)
        | request::Body::GetLiveGroup(_)
        | request::Body::ListLiveGroups(_)
        | request::Body::JoinLiveGroup(_)
        | request::Body::LeaveLiveGroup(_)
        | request::Body::DissolveLiveGroup(_)
        | request::Body::ReadLiveHistory(_)
        | request::Body::SetLiveGroupInfo(_)
        | request::Body::ChangeLiveGroup(_)
        | request::Body::SetLiveMemberInfo(_)
        | request::Body::ListLiveMembers(_)
        | request::Body::GetLiveMembers(_)
        | request::Body::DeleteLiveMessage(_)
        | request::Body::WriteLiveAttributes(_)
        | request::Body::ReadLiveAttributes(_)
        | request::Body::TapLiveCounters(_) => {}
    }
}

fn server(frame: &Bytes, redaction: &Redaction) -> Result<Bytes, DecodeError> {
    let (kind, payload) = split(frame.clone())?;
    let again = |known| Ok(encode_again(known, payload.clone()));
    match FrameKind::try_from(i32::from(kind)) {
        Ok(FrameKind::Response) => {
            let mut answer: wire::Response = message(kind, payload)?;
            if let Some(body) = &mut answer.body {
                redact_response(body, redaction);
            }
            Ok(encode(FrameKind::Response, &answer))
        }
        Ok(FrameKind::LiveMessage) => {
            let mut push: wire::LiveMessage = message(kind, payload)?;
            redact_content(&mut push.content, redaction);
            Ok(encode(FrameKind::LiveMessage, &push))
        }
        Ok(FrameKind::LiveMessageUpdated) => {
            let mut updated: wire::LiveMessageUpdated = message(kind, payload)?;
            if let Some(now) = &mut updated.message {
                redact_content(&mut now.content, redaction);
            }
            Ok(encode(FrameKind::LiveMessageUpdated, &updated))
        }
        Ok(FrameKind::Unspecified | FrameKind::Hello | FrameKind::Request) | Err(_) => {
            Err(DecodeError::Kind { kind })
        }
        Ok(known) => again(known)?,
    }
}

/// What holds no body is encoded again, so that fields nobody knows are not carried along.
fn encode_again(kind: FrameKind, payload: Bytes) -> Result<Bytes, DecodeError> {
    fn same<M: prost::Message + Default>(kind: FrameKind, payload: Bytes) -> Result<Bytes, DecodeError> {
        Ok(encode(kind, &message::<M>(kind as u8, payload)?))
    }
    match kind {
        FrameKind::Welcome => same::<wire::Welcome>(kind, payload),
        FrameKind::Ping => same::<wire::Ping>(kind, payload),
        FrameKind::Pong => same::<wire::Pong>(kind, payload),
        FrameKind::Goodbye => same::<wire::Goodbye>(kind, payload),
        FrameKind::LiveGap => same::<wire::LiveGap>(kind, payload),
        FrameKind::LiveState => same::<wire::LiveState>(kind, payload),
        FrameKind::LiveMessageDeleted => same::<wire::LiveMessageDeleted>(kind, payload),
        FrameKind::LiveEvent => same::<wire::LiveEvent>(kind, payload),
        FrameKind::LivePulse => same::<wire::LivePulse>(kind, payload),
        FrameKind::LiveAttributesChanged => same::<wire::LiveAttributesChanged>(kind, payload),
        FrameKind::Unspecified
        | FrameKind::Hello
        | FrameKind::Request
        | FrameKind::Response
        | FrameKind::LiveMessage
        | FrameKind::LiveMessageUpdated => Err(DecodeError::Kind { kind: kind as u8 }),
    }
}

fn redact_response(body: &mut response::Body, redaction: &Redaction) {
    match body {
        response::Body::LiveMessageAccepted(accepted) => redact_content(&mut accepted.rewritten, redaction),
        response::Body::LiveHistoryPage(page) => {
            for message in &mut page.messages {
                redact_content(&mut message.content, redaction);
            }
        }
        response::Body::Refusal(_)
        | response::Body::Done(_)
        | response::Body::TokenRefreshed(_)
        | response::Body::LiveGroup(_)
        | response::Body::LiveGroupPage(_)
        | response::Body::JoinedLiveGroup(_)
        | response::Body::LiveGroupChanged(_)
        | response::Body::LiveMember(_)
        | response::Body::LiveMemberPage(_)
        | response::Body::LiveAttributesWritten(_)
        | response::Body::LiveAttributes(_)
        | response::Body::LiveCounters(_)
        | response::Body::BroadcastDone(_) => {}
    }
}

fn redact_content(content: &mut Option<wire::Content>, redaction: &Redaction) {
    if content.as_ref().is_some_and(|content| content.kind.is_some()) {
        *content = words::content(&redaction.body(&words::body(content.take())));
    }
}

/// A frame without content that is refused with the same error.
fn refused_alike(frame: &Bytes, error: DecodeError) -> Bytes {
    let header = |kind| vec![PROTOCOL_VERSION, kind];
    match error {
        DecodeError::Malformed { kind } => [header(kind), vec![NO_MESSAGE]].concat().into(),
        DecodeError::Entries => {
            let kind = frame.get(1).copied().unwrap_or_default();
            [header(kind), entries::overfull(kind)].concat().into()
        }
        DecodeError::Truncated
        | DecodeError::Version { .. }
        | DecodeError::Kind { .. }
        | DecodeError::Field { .. } => frame.slice(..frame.len().min(2)),
    }
}

#[cfg(test)]
#[path = "frames_test.rs"]
mod tests;
