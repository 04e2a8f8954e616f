//! Any value that has bytes, so that one test can speak of them all.

use bim_proto::stored::{
    StoredApp, StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMessage, StoredLiveRoll,
    StoredRevocations, StoredTaps,
};
use bim_proto::{ClientFrame, DecodeError, Request, ServerFrame};
use bytes::Bytes;

/// A value that has bytes.
#[expect(clippy::large_enum_variant, reason = "few are held at once, and none for long")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Words {
    Client(ClientFrame),
    Server(ServerFrame),
    App(StoredApp),
    LiveGroup(StoredLiveGroup),
    LiveMessage(StoredLiveMessage),
    Roll(StoredLiveRoll),
    Attributes(StoredLiveAttributes),
    Counters(StoredLiveCounters),
    Taps(StoredTaps),
    Revocations(StoredRevocations),
}

/// What bytes are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Client,
    Server,
    App,
    LiveGroup,
    LiveMessage,
    Roll,
    Attributes,
    Counters,
    Taps,
    Revocations,
}

impl Words {
    pub(crate) fn encode(&self) -> Bytes {
        match self {
            Self::Client(frame) => frame.clone().encode(),
            Self::Server(frame) => frame.clone().encode(),
            Self::App(app) => app.encode(),
            Self::LiveGroup(group) => group.encode(),
            Self::LiveMessage(message) => message.encode(),
            Self::Roll(roll) => roll.encode(),
            Self::Attributes(attributes) => attributes.encode(),
            Self::Counters(counters) => counters.encode(),
            Self::Taps(taps) => taps.encode(),
            Self::Revocations(revocations) => revocations.encode(),
        }
    }

    pub(crate) fn family(&self) -> Family {
        match self {
            Self::Client(_) => Family::Client,
            Self::Server(_) => Family::Server,
            Self::App(_) => Family::App,
            Self::LiveGroup(_) => Family::LiveGroup,
            Self::LiveMessage(_) => Family::LiveMessage,
            Self::Roll(_) => Family::Roll,
            Self::Attributes(_) => Family::Attributes,
            Self::Counters(_) => Family::Counters,
            Self::Taps(_) => Family::Taps,
            Self::Revocations(_) => Family::Revocations,
        }
    }

    /// Whether this is a request that is to be refused by its id. Why is not part of its bytes.
    pub(crate) fn is_refused_request(&self) -> bool {
        matches!(self, Self::Client(ClientFrame::Request(Request { body: Err(_), .. })))
    }
}

impl Family {
    pub(crate) const ALL: [Self; 10] = [
        Self::Client,
        Self::Server,
        Self::App,
        Self::LiveGroup,
        Self::LiveMessage,
        Self::Roll,
        Self::Attributes,
        Self::Counters,
        Self::Taps,
        Self::Revocations,
    ];

    pub(crate) fn decode(self, bytes: Bytes) -> Result<Words, DecodeError> {
        Ok(match self {
            Self::Client => Words::Client(ClientFrame::decode(bytes)?),
            Self::Server => Words::Server(ServerFrame::decode(bytes)?),
            Self::App => Words::App(StoredApp::decode(bytes)?),
            Self::LiveGroup => Words::LiveGroup(StoredLiveGroup::decode(bytes)?),
            Self::LiveMessage => Words::LiveMessage(StoredLiveMessage::decode(bytes)?),
            Self::Roll => Words::Roll(StoredLiveRoll::decode(bytes)?),
            Self::Attributes => Words::Attributes(StoredLiveAttributes::decode(bytes)?),
            Self::Counters => Words::Counters(StoredLiveCounters::decode(bytes)?),
            Self::Taps => Words::Taps(StoredTaps::decode(bytes)?),
            Self::Revocations => Words::Revocations(StoredRevocations::decode(bytes)?),
        })
    }
}
