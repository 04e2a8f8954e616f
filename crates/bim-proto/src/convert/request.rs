//! Requests and their answers.

use bim_types::limits::TOKEN_BYTES_MAX;
use bim_types::{ClientMessageId, ConversationShortId, MessageBody, Seq, Token, Wall};

use crate::convert::common::{content, message_body, priority};
use crate::error::DecodeError;
use crate::message::{
    HistoryQuery, ListQuery, Request, RequestBody, RequestId, Response, ResponseBody, SendLive,
};
use crate::wire::{self, request, response};

impl From<Request> for wire::Request {
    fn from(request: Request) -> Self {
        Self { request_id: request.id.0, body: request.body.ok().map(Into::into) }
    }
}

impl From<wire::Request> for Request {
    fn from(wire: wire::Request) -> Self {
        let body = wire.body.ok_or(DecodeError::field("Request.body")).and_then(TryInto::try_into);
        Self { id: RequestId(wire.request_id), body }
    }
}

impl From<RequestBody> for request::Body {
    fn from(body: RequestBody) -> Self {
        match body {
            RequestBody::RefreshToken(token) => {
                Self::RefreshToken(wire::RefreshToken { token: token.reveal().into() })
            }
            RequestBody::CreateLiveGroup(info) => {
                Self::CreateLiveGroup(wire::CreateLiveGroup { info: Some(info.into()) })
            }
            RequestBody::GetLiveGroup(group) => {
                Self::GetLiveGroup(wire::GetLiveGroup { short_id: group.value() })
            }
            RequestBody::ListLiveGroups(ListQuery { cursor, count, mine }) => {
                Self::ListLiveGroups(wire::ListLiveGroups { cursor, count, mine })
            }
            RequestBody::JoinLiveGroup(group, resume) => Self::JoinLiveGroup(wire::JoinLiveGroup {
                short_id: group.value(),
                resume: resume.map(Into::into),
            }),
            RequestBody::LeaveLiveGroup(group) => {
                Self::LeaveLiveGroup(wire::LeaveLiveGroup { short_id: group.value() })
            }
            RequestBody::DissolveLiveGroup(group) => {
                Self::DissolveLiveGroup(wire::DissolveLiveGroup { short_id: group.value() })
            }
            RequestBody::SendLiveMessage(send) => Self::SendLiveMessage(send.into()),
            RequestBody::ReadLiveHistory(query) => Self::ReadLiveHistory(wire::ReadLiveHistory {
                short_id: query.group.value(),
                from_seq: query.from.0,
                to_seq: query.to.0,
                limit: query.limit,
            }),
            RequestBody::SetLiveGroupInfo(group, change) => {
                Self::SetLiveGroupInfo(wire::SetLiveGroupInfo { short_id: group.value(), ..change.into() })
            }
        }
    }
}

impl TryFrom<request::Body> for RequestBody {
    type Error = DecodeError;

    fn try_from(wire: request::Body) -> Result<Self, DecodeError> {
        Ok(match wire {
            request::Body::RefreshToken(refresh) if refresh.token.len() > TOKEN_BYTES_MAX => {
                return Err(DecodeError::field("RefreshToken.token"));
            }
            request::Body::RefreshToken(refresh) => Self::RefreshToken(Token::new(refresh.token)),
            request::Body::CreateLiveGroup(create) => {
                Self::CreateLiveGroup(create.info.ok_or(DecodeError::field("CreateLiveGroup.info"))?.into())
            }
            request::Body::GetLiveGroup(get) => Self::GetLiveGroup(short_id(get.short_id)?),
            request::Body::ListLiveGroups(wire::ListLiveGroups { cursor, count, mine }) => {
                if cursor < 0 {
                    return Err(DecodeError::field("ListLiveGroups.cursor"));
                }
                Self::ListLiveGroups(ListQuery { cursor, count, mine })
            }
            request::Body::JoinLiveGroup(join) => {
                Self::JoinLiveGroup(short_id(join.short_id)?, join.resume.map(Into::into))
            }
            request::Body::LeaveLiveGroup(leave) => Self::LeaveLiveGroup(short_id(leave.short_id)?),
            request::Body::DissolveLiveGroup(end) => Self::DissolveLiveGroup(short_id(end.short_id)?),
            request::Body::SendLiveMessage(send) => Self::SendLiveMessage(send.try_into()?),
            request::Body::ReadLiveHistory(read) => Self::ReadLiveHistory(HistoryQuery {
                group: short_id(read.short_id)?,
                from: Seq(read.from_seq),
                to: Seq(read.to_seq),
                limit: read.limit,
            }),
            request::Body::SetLiveGroupInfo(set) => {
                Self::SetLiveGroupInfo(short_id(set.short_id)?, set.into())
            }
        })
    }
}

impl From<SendLive> for wire::SendLiveMessage {
    fn from(send: SendLive) -> Self {
        Self {
            short_id: send.group.value(),
            client_message_id: send.client_message_id.to_bytes().to_vec().into(),
            priority: wire::Priority::from(send.priority).into(),
            content: content(send.body),
            follows: send.follows.map(|id| id.to_bytes().to_vec()).unwrap_or_default().into(),
        }
    }
}

impl TryFrom<wire::SendLiveMessage> for SendLive {
    type Error = DecodeError;

    fn try_from(wire: wire::SendLiveMessage) -> Result<Self, DecodeError> {
        let body = message_body(wire.content);
        if matches!(body, MessageBody::Unknown { .. }) {
            return Err(DecodeError::field("SendLiveMessage.content"));
        }
        let follows = match wire.follows.len() {
            0 => None,
            _ => Some(client_message_id(&wire.follows, "SendLiveMessage.follows")?),
        };
        Ok(Self {
            group: short_id(wire.short_id)?,
            client_message_id: client_message_id(
                &wire.client_message_id,
                "SendLiveMessage.client_message_id",
            )?,
            priority: priority(wire.priority, "SendLiveMessage.priority")?,
            body,
            follows,
        })
    }
}

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
            response::Body::Done(wire::Done {}) => Ok(ResponseBody::Done),
            response::Body::TokenRefreshed(refreshed) => {
                Ok(ResponseBody::TokenRefreshed(Wall::from_millis(refreshed.token_expires_at_ms)))
            }
            response::Body::LiveGroup(group) => Ok(ResponseBody::LiveGroup(group.try_into()?)),
            response::Body::LiveGroupPage(page) => Ok(ResponseBody::LiveGroupPage(page.try_into()?)),
            response::Body::JoinedLiveGroup(joined) => Ok(ResponseBody::JoinedLiveGroup(joined.try_into()?)),
            response::Body::LiveMessageAccepted(accepted) => {
                Ok(ResponseBody::LiveMessageAccepted(accepted.try_into()?))
            }
            response::Body::LiveHistoryPage(page) => Ok(ResponseBody::LiveHistoryPage(page.try_into()?)),
        };
        Ok(Self { id: RequestId(wire.request_id), body })
    }
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
        }
    }
}

fn short_id(number: i64) -> Result<ConversationShortId, DecodeError> {
    ConversationShortId::new(number).map_err(|_| DecodeError::field("short_id"))
}

fn client_message_id(bytes: &[u8], field: &'static str) -> Result<ClientMessageId, DecodeError> {
    ClientMessageId::from_slice(bytes).map_err(|_| DecodeError::field(field))
}
