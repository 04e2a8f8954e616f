//! Answers to requests.

use bim_types::Wall;

use crate::error::DecodeError;
use crate::message::{BroadcastDone, RequestId, Response, ResponseBody};
use crate::wire::{self, response};

impl From<Response> for wire::Response {
    fn from(response: Response) -> Self {
        let body = match response.body {
            Ok(body) => body.into(),
            Err(refusal) => response::Body::Refusal(refusal.into()),
        };
        Self { request_id: response.id.0, body: Some(body) }
    }
}

impl TryFrom<wire::Response> for Response {
    type Error = DecodeError;

    fn try_from(wire: wire::Response) -> Result<Self, DecodeError> {
        let body = match wire.body.ok_or(DecodeError::field("Response.body"))? {
            response::Body::Refusal(refusal) => Err(refusal.into()),
            body => Ok(done(body)?),
        };
        Ok(Self { id: RequestId(wire.request_id), body })
    }
}

/// Reads any answer but a refusal.
fn done(wire: response::Body) -> Result<ResponseBody, DecodeError> {
    Ok(match wire {
        response::Body::Refusal(_) => return Err(DecodeError::field("Response.body")),
        response::Body::Done(wire::Done {}) => ResponseBody::Done,
        response::Body::TokenRefreshed(refreshed) => {
            ResponseBody::TokenRefreshed(Wall::from_millis(refreshed.token_expires_at_ms))
        }
        response::Body::LiveGroup(group) => ResponseBody::LiveGroup(group.try_into()?),
        response::Body::LiveGroupPage(page) => ResponseBody::LiveGroupPage(page.try_into()?),
        response::Body::JoinedLiveGroup(joined) => ResponseBody::JoinedLiveGroup(joined.try_into()?),
        response::Body::LiveMessageAccepted(accepted) => {
            ResponseBody::LiveMessageAccepted(accepted.try_into()?)
        }
        response::Body::LiveHistoryPage(page) => ResponseBody::LiveHistoryPage(page.try_into()?),
        response::Body::LiveGroupChanged(changed) => ResponseBody::LiveGroupChanged(changed.try_into()?),
        response::Body::LiveMember(member) => ResponseBody::LiveMember(member.try_into()?),
        response::Body::LiveMemberPage(page) => ResponseBody::LiveMemberPage(page.try_into()?),
        response::Body::LiveAttributesWritten(written) => {
            ResponseBody::LiveAttributesWritten(written.try_into()?)
        }
        response::Body::LiveAttributes(attributes) => ResponseBody::LiveAttributes(attributes.try_into()?),
        response::Body::LiveCounters(counters) => ResponseBody::LiveCounters(counters.counters),
        response::Body::BroadcastDone(wire::BroadcastDone { accepted, failed }) => {
            ResponseBody::BroadcastDone(BroadcastDone { accepted, failed })
        }
    })
}

impl From<ResponseBody> for response::Body {
    fn from(body: ResponseBody) -> Self {
        match body {
            ResponseBody::Done => Self::Done(wire::Done {}),
            ResponseBody::TokenRefreshed(expires_at) => {
                Self::TokenRefreshed(wire::TokenRefreshed { token_expires_at_ms: expires_at.as_millis() })
            }
            ResponseBody::LiveGroup(group) => Self::LiveGroup(group.into()),
            ResponseBody::LiveGroupPage(page) => Self::LiveGroupPage(page.into()),
            ResponseBody::JoinedLiveGroup(joined) => Self::JoinedLiveGroup(joined.into()),
            ResponseBody::LiveMessageAccepted(accepted) => Self::LiveMessageAccepted(accepted.into()),
            ResponseBody::LiveHistoryPage(page) => Self::LiveHistoryPage(page.into()),
            ResponseBody::LiveGroupChanged(done) => Self::LiveGroupChanged(done.into()),
            ResponseBody::LiveMember(member) => Self::LiveMember(member.into()),
            ResponseBody::LiveMemberPage(page) => Self::LiveMemberPage(page.into()),
            ResponseBody::LiveAttributesWritten(written) => Self::LiveAttributesWritten(written.into()),
            ResponseBody::LiveAttributes(attributes) => Self::LiveAttributes(attributes.into()),
            ResponseBody::LiveCounters(counters) => Self::LiveCounters(wire::LiveCounters { counters }),
            ResponseBody::BroadcastDone(BroadcastDone { accepted, failed }) => {
                Self::BroadcastDone(wire::BroadcastDone { accepted, failed })
            }
        }
    }
}
