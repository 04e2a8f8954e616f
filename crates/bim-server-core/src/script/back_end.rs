//! The app's own server, seated inside: it speaks the ordinary protocol over a connection that no shell knows of.

use std::collections::BTreeMap;

use bim_proto::{Broadcast, Goodbye, Hello, Request, RequestBody, RequestId, ResponseBody, SendLive};
use bim_types::{
    AppId, ClientMessageId, ConnectionId, Conversation, ConversationShortId, DeviceId, ErrorCode, GroupInfo,
    Measure, MeasureDone, MessageBody, Position, Priority, Refusal, Token, Uid,
};

/// Who the script's back end is: the owner of groups it makes, the operator of what it does.
pub const BACK_END_UID: &str = "app-server";

/// The first number of a connection that no shell knows of.
const FIRST: u64 = 1 << 62;

/// Numbers a call of one script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub(super) u64);

/// What the app's own server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackEndCall {
    /// Makes a live group, which it then owns.
    CreateGroup(GroupInfo),
    /// Does something that the owner can do: mute, kick, block, roles.
    Measure(ConversationShortId, Measure),
    /// Ends a live group.
    Dissolve(ConversationShortId),
    /// Sends a message to a live group.
    Send {
        /// To which group.
        group: ConversationShortId,
        /// The idempotency key.
        client_message_id: ClientMessageId,
        /// The message it must not overtake.
        follows: Option<ClientMessageId>,
        /// Its class.
        priority: Priority,
        /// What it says.
        body: MessageBody,
    },
    /// Sends a message to every live group of the app.
    Broadcast {
        /// The idempotency key in each group.
        client_message_id: ClientMessageId,
        /// Its class.
        priority: Priority,
        /// What it says.
        body: MessageBody,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "a group is made rarely; a box would show in every pattern")]
pub enum BackEndReply {
    /// The group was made.
    Group(Conversation),
    /// It was done, save for those listed.
    Measured(MeasureDone),
    /// It was done.
    Done,
    /// The message has its position.
    Sent(Position),
    /// So many groups have the message, and so many could not be reached.
    Broadcast {
        /// Groups that have it.
        accepted: u64,
        /// Groups that have it not.
        failed: u64,
    },
}

impl BackEndCall {
    fn body(self) -> RequestBody {
        match self {
            Self::CreateGroup(info) => RequestBody::CreateLiveGroup(info),
            Self::Measure(group, measure) => RequestBody::ChangeLiveGroup(group, measure),
            Self::Dissolve(group) => RequestBody::DissolveLiveGroup(group),
            Self::Send { group, client_message_id, follows, priority, body } => {
                RequestBody::SendLiveMessage(SendLive { group, client_message_id, priority, body, follows })
            }
            Self::Broadcast { client_message_id, priority, body } => {
                RequestBody::BroadcastToLiveGroups(Broadcast { client_message_id, priority, body })
            }
        }
    }
}

impl BackEndReply {
    pub(super) fn of(body: ResponseBody) -> Result<Self, Refusal> {
        match body {
            ResponseBody::LiveGroup(group) => Ok(Self::Group(group)),
            ResponseBody::LiveGroupChanged(done) => Ok(Self::Measured(done)),
            ResponseBody::LiveMessageAccepted(accepted) => Ok(Self::Sent(accepted.position)),
            ResponseBody::BroadcastDone(done) => {
                Ok(Self::Broadcast { accepted: done.accepted, failed: done.failed })
            }
            ResponseBody::Done => Ok(Self::Done),
            ResponseBody::TokenRefreshed(_)
            | ResponseBody::LiveGroupPage(_)
            | ResponseBody::JoinedLiveGroup(_)
            | ResponseBody::LiveHistoryPage(_)
            | ResponseBody::LiveMember(_)
            | ResponseBody::LiveMemberPage(_)
            | ResponseBody::LiveAttributesWritten(_)
            | ResponseBody::LiveAttributes(_)
            | ResponseBody::LiveCounters(_) => {
                Err(Refusal::new(ErrorCode::InternalError).hint("the answer fits no call of the back end"))
            }
        }
    }
}

/// Where the back end of one app sits, while it has something to ask.
#[derive(Debug)]
pub(super) struct Seat {
    app: AppId,
    is_welcome: bool,
    last_request: u64,
    asked: BTreeMap<RequestId, CallId>,
}

/// The seats of all apps.
#[derive(Debug, Default)]
pub(super) struct Seats {
    seats: BTreeMap<ConnectionId, Seat>,
    opened: u64,
}

impl Seats {
    /// Whether a connection is one that no shell knows of.
    pub(super) fn has(&self, connection: ConnectionId) -> bool {
        self.seats.contains_key(&connection)
    }

    /// The seat of an app that was let in.
    pub(super) fn of(&self, app: AppId) -> Option<ConnectionId> {
        let mut seats = self.seats.iter();
        seats.find(|(_, seat)| seat.app == app && seat.is_welcome).map(|(connection, _)| *connection)
    }

    /// Takes a seat, not let in yet.
    pub(super) fn open(&mut self, app: AppId) -> ConnectionId {
        let connection = ConnectionId(FIRST + self.opened);
        self.opened += 1;
        let seat = Seat { app, is_welcome: false, last_request: 0, asked: BTreeMap::new() };
        self.seats.insert(connection, seat);
        connection
    }

    /// It was let in.
    pub(super) fn welcome(&mut self, connection: ConnectionId) {
        if let Some(seat) = self.seats.get_mut(&connection) {
            seat.is_welcome = true;
        }
    }

    /// The request that a call is, to be sent from this seat.
    pub(super) fn ask(&mut self, connection: ConnectionId, id: CallId, call: BackEndCall) -> Option<Request> {
        let seat = self.seats.get_mut(&connection)?;
        seat.last_request += 1;
        let request = RequestId(seat.last_request);
        seat.asked.insert(request, id);
        Some(Request { id: request, body: Ok(call.body()) })
    }

    /// The call that an answer belongs to, and whether none is left.
    pub(super) fn answered(
        &mut self,
        connection: ConnectionId,
        request: RequestId,
    ) -> Option<(CallId, bool)> {
        let seat = self.seats.get_mut(&connection)?;
        let call = seat.asked.remove(&request)?;
        Some((call, seat.asked.is_empty()))
    }

    /// Gives a seat up. Returns the calls that have no answer.
    pub(super) fn close(&mut self, connection: ConnectionId) -> Vec<CallId> {
        self.seats.remove(&connection).map(|seat| seat.asked.into_values().collect()).unwrap_or_default()
    }
}

/// The first frame from a seat.
pub(super) fn hello(app: AppId, token: Token) -> Hello {
    Hello { app, uid: uid(), device: device(), token, sdk: "bim script".into() }
}

/// The last frame from a seat.
pub(super) fn goodbye() -> Goodbye {
    Goodbye { reason: None }
}

/// Who sits there.
pub(super) fn uid() -> Uid {
    Uid::string(BACK_END_UID).expect("a constant of plain letters is a uid")
}

/// Its device: always the same, so that a repeated call is known again.
fn device() -> DeviceId {
    DeviceId::new(u128::MAX)
}
