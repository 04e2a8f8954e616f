//! Frames: two bytes of header and one message.

use bim_types::{AttributesChanged, Conversation, GroupEvent, LiveGap, LivePulse};
use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::convert::Change;
use crate::entries;
use crate::error::DecodeError;
use crate::message::{
    Accepted, Goodbye, Hello, LiveChange, LivePush, Ping, Pong, Request, RequestBody, RequestId, Response,
    ResponseBody, SendLive, Welcome,
};
use crate::names::Names;
use crate::quick;
use crate::wire::{self, FrameKind};

/// The first byte of every frame.
pub const PROTOCOL_VERSION: u8 = 1;

pub(crate) const HEADER_BYTES: usize = 2;

const REQUEST: u8 = FrameKind::Request as u8;
const RESPONSE: u8 = FrameKind::Response as u8;
const LIVE_MESSAGE: u8 = FrameKind::LiveMessage as u8;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// The login.
    Hello(Hello),
    /// A request.
    Request(Request),
    /// Are you there?
    Ping(Ping),
    /// I am here.
    Pong(Pong),
    /// The end.
    Goodbye(Goodbye),
}

/// What a server sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFrame {
    /// The login was accepted.
    Welcome(Welcome),
    /// The answer to a request.
    Response(Response),
    /// Are you there?
    Ping(Ping),
    /// I am here.
    Pong(Pong),
    /// The end.
    Goodbye(Goodbye),
    /// A message of a live group.
    LiveMessage(LivePush),
    /// Messages that were left out.
    LiveGap(LiveGap),
    /// The state of a live group changed. `role` and `joined` are not set.
    LiveState(Conversation),
    /// A message was changed or removed.
    LiveChange(LiveChange),
    /// Something was done to members of a live group.
    LiveEvent(GroupEvent),
    /// Who came and went, and counters.
    LivePulse(LivePulse),
    /// Attributes of a live group changed.
    LiveAttributesChanged(AttributesChanged),
}

impl ClientFrame {
    /// The frame as bytes.
    #[must_use]
    pub fn encode(self) -> Bytes {
        match self {
            Self::Hello(hello) => encode(FrameKind::Hello, &wire::Hello::from(hello)),
            Self::Request(Request { id, body: Ok(RequestBody::SendLiveMessage(send)) }) => send.encode(id),
            Self::Request(request) => encode(FrameKind::Request, &wire::Request::from(request)),
            Self::Ping(ping) => encode(FrameKind::Ping, &wire::Ping::from(ping)),
            Self::Pong(pong) => encode(FrameKind::Pong, &wire::Pong::from(pong)),
            Self::Goodbye(goodbye) => encode(FrameKind::Goodbye, &wire::Goodbye::from(goodbye)),
        }
    }

    /// Reads what a client sent.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: the connection has to end. A request whose envelope is whole but whose content is
    /// not valid is no error here; it is to be refused by its id.
    pub fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        if let Some((id, send)) = SendLive::read_quickly(&frame) {
            return Ok(Self::Request(Request { id, body: Ok(RequestBody::SendLiveMessage(send)) }));
        }
        let (kind, payload) = split(frame)?;
        Ok(match FrameKind::try_from(i32::from(kind)) {
            Ok(FrameKind::Hello) => Self::Hello(message::<wire::Hello>(kind, payload)?.try_into()?),
            Ok(FrameKind::Request) => Self::Request(message::<wire::Request>(kind, payload)?.into()),
            Ok(FrameKind::Ping) => Self::Ping(message::<wire::Ping>(kind, payload)?.into()),
            Ok(FrameKind::Pong) => Self::Pong(message::<wire::Pong>(kind, payload)?.into()),
            Ok(FrameKind::Goodbye) => Self::Goodbye(message::<wire::Goodbye>(kind, payload)?.into()),
            Ok(
                FrameKind::Unspecified
                | FrameKind::Welcome
                | FrameKind::Response
                | FrameKind::LiveMessage
                | FrameKind::LiveGap
                | FrameKind::LiveState
                | FrameKind::LiveMessageUpdated
                | FrameKind::LiveMessageDeleted
                | FrameKind::LiveEvent
                | FrameKind::LivePulse
                | FrameKind::LiveAttributesChanged,
            )
            | Err(_) => return Err(DecodeError::Kind { kind }),
        })
    }
}

impl ServerFrame {
    /// The frame as bytes.
    #[must_use]
    pub fn encode(self) -> Bytes {
        match self {
            Self::Welcome(welcome) => encode(FrameKind::Welcome, &wire::Welcome::from(welcome)),
            Self::Response(Response { id, body: Ok(ResponseBody::LiveMessageAccepted(accepted)) }) => {
                accepted.encode(id)
            }
            Self::Response(response) => encode_response(response),
            Self::Ping(ping) => encode(FrameKind::Ping, &wire::Ping::from(ping)),
            Self::Pong(pong) => encode(FrameKind::Pong, &wire::Pong::from(pong)),
            Self::Goodbye(goodbye) => encode(FrameKind::Goodbye, &wire::Goodbye::from(goodbye)),
            Self::LiveMessage(push) => push.encode(),
            Self::LiveGap(gap) => encode(FrameKind::LiveGap, &wire::LiveGap::from(gap)),
            Self::LiveState(group) => {
                encode(FrameKind::LiveState, &wire::LiveState { group: Some(group.into()) })
            }
            Self::LiveChange(change) => match change.into() {
                Change::Updated(updated) => encode(FrameKind::LiveMessageUpdated, &updated),
                Change::Deleted(deleted) => encode(FrameKind::LiveMessageDeleted, &deleted),
            },
            Self::LiveEvent(event) => encode(FrameKind::LiveEvent, &wire::LiveEvent::from(event)),
            Self::LivePulse(pulse) => encode(FrameKind::LivePulse, &wire::LivePulse::from(pulse)),
            Self::LiveAttributesChanged(changed) => {
                encode(FrameKind::LiveAttributesChanged, &wire::LiveAttributesChanged::from(changed))
            }
        }
    }

    /// Reads what a server sent.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]. A client drops the one frame for [`DecodeError::Kind`] and [`DecodeError::Field`],
    /// which a newer server may cause, and ends the connection for the others. A message that was dropped
    /// for an unknown class leaves no hole in the classes that are known.
    pub fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        if let Some((id, accepted)) = Accepted::read_quickly(&frame) {
            let body = Ok(ResponseBody::LiveMessageAccepted(accepted));
            return Ok(Self::Response(Response { id, body }));
        }
        let (kind, payload) = split(frame)?;
        Ok(match FrameKind::try_from(i32::from(kind)) {
            Ok(FrameKind::Welcome) => Self::Welcome(message::<wire::Welcome>(kind, payload)?.into()),
            Ok(FrameKind::Response) => Self::Response(message::<wire::Response>(kind, payload)?.try_into()?),
            Ok(FrameKind::Ping) => Self::Ping(message::<wire::Ping>(kind, payload)?.into()),
            Ok(FrameKind::Pong) => Self::Pong(message::<wire::Pong>(kind, payload)?.into()),
            Ok(FrameKind::Goodbye) => Self::Goodbye(message::<wire::Goodbye>(kind, payload)?.into()),
            Ok(FrameKind::LiveMessage) => {
                Self::LiveMessage(message::<wire::LiveMessage>(kind, payload)?.try_into()?)
            }
            Ok(FrameKind::LiveGap) => Self::LiveGap(message::<wire::LiveGap>(kind, payload)?.try_into()?),
            Ok(FrameKind::LiveState) => {
                let state: wire::LiveState = message(kind, payload)?;
                Self::LiveState(state.group.ok_or(DecodeError::field("LiveState.group"))?.try_into()?)
            }
            Ok(FrameKind::LiveMessageUpdated) => {
                Self::LiveChange(message::<wire::LiveMessageUpdated>(kind, payload)?.try_into()?)
            }
            Ok(FrameKind::LiveMessageDeleted) => {
                Self::LiveChange(message::<wire::LiveMessageDeleted>(kind, payload)?.try_into()?)
            }
            Ok(FrameKind::LiveEvent) => {
                Self::LiveEvent(message::<wire::LiveEvent>(kind, payload)?.try_into()?)
            }
            Ok(FrameKind::LivePulse) => {
                Self::LivePulse(message::<wire::LivePulse>(kind, payload)?.try_into()?)
            }
            Ok(FrameKind::LiveAttributesChanged) => Self::LiveAttributesChanged(
                message::<wire::LiveAttributesChanged>(kind, payload)?.try_into()?,
            ),
            Ok(FrameKind::Unspecified | FrameKind::Hello | FrameKind::Request) | Err(_) => {
                return Err(DecodeError::Kind { kind });
            }
        })
    }
}

impl SendLive {
    /// The request with this number as a frame, as [`ClientFrame::encode`] gives it.
    #[must_use]
    pub fn encode(&self, id: RequestId) -> Bytes {
        quick::send_frame(id, self)
    }

    /// Reads a frame that is the request to send a message as [`ClientFrame::decode`] does, in a fraction of the time.
    /// `None` says nothing about the frame but that it is to be decoded.
    #[must_use]
    pub fn read_quickly(frame: &[u8]) -> Option<(RequestId, Self)> {
        match frame {
            [PROTOCOL_VERSION, REQUEST, payload @ ..] => quick::send_request(payload),
            _ => None,
        }
    }
}

impl Accepted {
    /// The answer to the request with this number as a frame, as [`ServerFrame::encode`] gives it.
    #[must_use]
    pub fn encode(&self, id: RequestId) -> Bytes {
        quick::accepted_frame(id, self).unwrap_or_else(|| {
            encode_response(Response { id, body: Ok(ResponseBody::LiveMessageAccepted(self.clone())) })
        })
    }

    /// Reads a frame that says that a message was accepted as [`ServerFrame::decode`] does, in a fraction of the time.
    /// `None` says nothing about the frame but that it is to be decoded.
    #[must_use]
    pub fn read_quickly(frame: &[u8]) -> Option<(RequestId, Self)> {
        match frame {
            [PROTOCOL_VERSION, RESPONSE, payload @ ..] => quick::accepted(payload),
            _ => None,
        }
    }
}

impl LivePush {
    /// The message as a frame, as [`ServerFrame::encode`] gives it.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        quick::live_frame(self)
    }

    /// Reads a frame that is a message as [`ServerFrame::decode`] does, in a fraction of the time: senders that are known
    /// are not made anew. `None` says nothing about the frame but that it is to be decoded.
    #[must_use]
    pub fn read_quickly(frame: &[u8], names: &mut Names) -> Option<Self> {
        match frame {
            [PROTOCOL_VERSION, LIVE_MESSAGE, payload @ ..] => quick::live_message(payload, names),
            _ => None,
        }
    }
}

fn encode_response(response: Response) -> Bytes {
    encode(FrameKind::Response, &wire::Response::from(response))
}

pub(crate) fn encode(kind: FrameKind, message: &impl prost::Message) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEADER_BYTES + message.encoded_len());
    frame.put_u8(PROTOCOL_VERSION);
    frame.put_u8(kind as u8);
    message.encode_raw(&mut frame);
    frame.freeze()
}

pub(crate) fn split(mut frame: Bytes) -> Result<(u8, Bytes), DecodeError> {
    let (&[version, kind], _) = frame.split_first_chunk::<HEADER_BYTES>().ok_or(DecodeError::Truncated)?;
    if version != PROTOCOL_VERSION {
        return Err(DecodeError::Version { found: version });
    }
    frame.advance(HEADER_BYTES);
    Ok((kind, frame))
}

pub(crate) fn message<M: prost::Message + Default>(kind: u8, payload: Bytes) -> Result<M, DecodeError> {
    entries::check(kind, &payload)?;
    M::decode(payload).map_err(|_| DecodeError::Malformed { kind })
}
