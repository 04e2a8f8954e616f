//! Requests.

use bim_types::limits::TOKEN_BYTES_MAX;
use bim_types::{ConversationShortId, Seq, Token};

use crate::convert::common::{self, content, said, uids};
use crate::convert::measure;
use crate::error::DecodeError;
use crate::message::{ListQuery, Request, RequestBody, RequestId};
use crate::wire::{self, request};

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
            RequestBody::RefreshToken(token) => Self::RefreshToken(token.into()),
            RequestBody::CreateLiveGroup(info) => {
                Self::CreateLiveGroup(wire::CreateLiveGroup { info: Some(info.into()) })
            }
            RequestBody::GetLiveGroup(group) => {
                Self::GetLiveGroup(wire::GetLiveGroup { short_id: group.value() })
            }
            RequestBody::ListLiveGroups(query) => Self::ListLiveGroups(query.into()),
            RequestBody::JoinLiveGroup(join) => Self::JoinLiveGroup(join.into()),
            RequestBody::LeaveLiveGroup(group) => {
                Self::LeaveLiveGroup(wire::LeaveLiveGroup { short_id: group.value() })
            }
            RequestBody::DissolveLiveGroup(group) => {
                Self::DissolveLiveGroup(wire::DissolveLiveGroup { short_id: group.value() })
            }
            RequestBody::SendLiveMessage(send) => Self::SendLiveMessage(send.into()),
            RequestBody::ReadLiveHistory(query) => Self::ReadLiveHistory(query.into()),
            RequestBody::SetLiveGroupInfo(group, change) => {
                Self::SetLiveGroupInfo(wire::SetLiveGroupInfo { short_id: group.value(), ..change.into() })
            }
            RequestBody::ChangeLiveGroup(group, measure) => {
                Self::ChangeLiveGroup(measure::request(group, measure))
            }
            RequestBody::SetLiveMemberInfo(set) => Self::SetLiveMemberInfo(set.into()),
            RequestBody::ListLiveMembers(query) => Self::ListLiveMembers(query.into()),
            RequestBody::GetLiveMembers(group, uids) => Self::GetLiveMembers(wire::GetLiveMembers {
                short_id: group.value(),
                uids: uids.into_iter().map(Into::into).collect(),
            }),
            RequestBody::UpdateLiveMessage(group, seq, body) => {
                let (short_id, content) = (group.value(), content(body));
                Self::UpdateLiveMessage(wire::UpdateLiveMessage { short_id, seq: seq.0, content })
            }
            RequestBody::DeleteLiveMessage(group, seq) => {
                Self::DeleteLiveMessage(wire::DeleteLiveMessage { short_id: group.value(), seq: seq.0 })
            }
            RequestBody::WriteLiveAttributes(group, writes) => {
                let writes = writes.into_iter().map(Into::into).collect();
                Self::WriteLiveAttributes(wire::WriteLiveAttributes { short_id: group.value(), writes })
            }
            RequestBody::ReadLiveAttributes(group, keys) => {
                Self::ReadLiveAttributes(wire::ReadLiveAttributes { short_id: group.value(), keys })
            }
            RequestBody::TapLiveCounters(taps) => Self::TapLiveCounters(taps.into()),
            RequestBody::BroadcastToLiveGroups(broadcast) => Self::BroadcastToLiveGroups(broadcast.into()),
        }
    }
}

impl TryFrom<request::Body> for RequestBody {
    type Error = DecodeError;

    fn try_from(wire: request::Body) -> Result<Self, DecodeError> {
        Ok(match wire {
            request::Body::RefreshToken(refresh) => Self::RefreshToken(refresh.try_into()?),
            request::Body::CreateLiveGroup(create) => {
                Self::CreateLiveGroup(create.info.ok_or(DecodeError::field("CreateLiveGroup.info"))?.into())
            }
            request::Body::GetLiveGroup(get) => Self::GetLiveGroup(short_id(get.short_id)?),
            request::Body::ListLiveGroups(list) => Self::ListLiveGroups(list.try_into()?),
            request::Body::JoinLiveGroup(join) => Self::JoinLiveGroup(join.try_into()?),
            request::Body::LeaveLiveGroup(leave) => Self::LeaveLiveGroup(short_id(leave.short_id)?),
            request::Body::DissolveLiveGroup(end) => Self::DissolveLiveGroup(short_id(end.short_id)?),
            request::Body::SendLiveMessage(send) => Self::SendLiveMessage(send.try_into()?),
            request::Body::ReadLiveHistory(read) => Self::ReadLiveHistory(read.try_into()?),
            request::Body::SetLiveGroupInfo(set) => {
                Self::SetLiveGroupInfo(short_id(set.short_id)?, set.into())
            }
            request::Body::ChangeLiveGroup(change) => {
                Self::ChangeLiveGroup(short_id(change.short_id)?, change.try_into()?)
            }
            request::Body::SetLiveMemberInfo(set) => Self::SetLiveMemberInfo(set.try_into()?),
            request::Body::ListLiveMembers(list) => Self::ListLiveMembers(list.try_into()?),
            request::Body::GetLiveMembers(get) => {
                Self::GetLiveMembers(short_id(get.short_id)?, uids(get.uids, "GetLiveMembers.uids")?)
            }
            request::Body::UpdateLiveMessage(update) => {
                let body = said(update.content, "UpdateLiveMessage.content")?;
                Self::UpdateLiveMessage(short_id(update.short_id)?, Seq(update.seq), body)
            }
            request::Body::DeleteLiveMessage(delete) => {
                Self::DeleteLiveMessage(short_id(delete.short_id)?, Seq(delete.seq))
            }
            request::Body::WriteLiveAttributes(write) => {
                let writes = write.writes.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
                Self::WriteLiveAttributes(short_id(write.short_id)?, writes)
            }
            request::Body::ReadLiveAttributes(read) => {
                Self::ReadLiveAttributes(short_id(read.short_id)?, read.keys)
            }
            request::Body::TapLiveCounters(taps) => Self::TapLiveCounters(taps.try_into()?),
            request::Body::BroadcastToLiveGroups(said) => Self::BroadcastToLiveGroups(said.try_into()?),
        })
    }
}

impl From<Token> for wire::RefreshToken {
    fn from(token: Token) -> Self {
        Self { token: token.reveal().into() }
    }
}

impl TryFrom<wire::RefreshToken> for Token {
    type Error = DecodeError;

    fn try_from(wire: wire::RefreshToken) -> Result<Self, DecodeError> {
        if wire.token.len() > TOKEN_BYTES_MAX {
            return Err(DecodeError::field("RefreshToken.token"));
        }
        Ok(Self::new(wire.token))
    }
}

impl From<ListQuery> for wire::ListLiveGroups {
    fn from(query: ListQuery) -> Self {
        let ListQuery { cursor, count, mine } = query;
        Self { cursor, count, mine }
    }
}

impl TryFrom<wire::ListLiveGroups> for ListQuery {
    type Error = DecodeError;

    fn try_from(wire: wire::ListLiveGroups) -> Result<Self, DecodeError> {
        let wire::ListLiveGroups { cursor, count, mine } = wire;
        if cursor < 0 {
            return Err(DecodeError::field("ListLiveGroups.cursor"));
        }
        Ok(Self { cursor, count, mine })
    }
}

fn short_id(number: i64) -> Result<ConversationShortId, DecodeError> {
    common::short_id(number, "short_id")
}
