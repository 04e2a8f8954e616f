//! The messages of the protocol in words: what machines read and write.

use bim_types::{
    AppId, ClientMessageId, Conversation, ConversationShortId, Cursor, DeviceId, GroupInfo, GroupInfoChange,
    Message, MessageBody, PerPriority, Position, Priority, Refusal, ResumeVerdict, Seq, Token, Uid, Wall,
};

use crate::error::DecodeError;

/// Numbers a request of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The first frame of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Which app.
    pub app: AppId,
    /// Which user.
    pub uid: Uid,
    /// Which device.
    pub device: DeviceId,
    /// The proof.
    pub token: Token,
    /// Name and version of the library, at most 64 bytes.
    pub sdk: String,
}

/// The login was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Rises with every login of this device.
    pub generation: u64,
    /// The server's clock.
    pub server_time: Wall,
    /// When the session ends unless a newer token is presented.
    pub token_expires_at: Wall,
    /// How often each side pings, milliseconds.
    pub ping_interval_ms: u32,
    /// How long nothing may arrive, milliseconds.
    pub liveness_timeout_ms: u32,
    /// Requests that may wait at once.
    pub in_flight_max: u32,
    /// Largest frame the server accepts, bytes.
    pub frame_bytes_max: u32,
    /// Largest body, bytes.
    pub body_bytes_max: u32,
}

/// Asks for a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Comes back in the pong.
    pub nonce: u64,
}

/// A sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pong {
    /// The ping's.
    pub nonce: u64,
    /// The server's clock; zero from a client.
    pub server_time: Wall,
}

/// The last frame of its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goodbye {
    /// Why; `None` for an ordinary end.
    pub reason: Option<Refusal>,
}

/// Something a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Comes back in the response.
    pub id: RequestId,
    /// What is asked; or which field of it was not valid, to be answered with a refusal.
    pub body: Result<RequestBody, DecodeError>,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// Presents a newer token.
    RefreshToken(Token),
    /// Makes a live group.
    CreateLiveGroup(GroupInfo),
    /// Reads a live group.
    GetLiveGroup(ConversationShortId),
    /// Lists live groups.
    ListLiveGroups(ListQuery),
    /// Enters a live group.
    JoinLiveGroup(ConversationShortId, Option<Cursor>),
    /// Leaves a live group.
    LeaveLiveGroup(ConversationShortId),
    /// Ends a live group.
    DissolveLiveGroup(ConversationShortId),
    /// Sends a message.
    SendLiveMessage(SendLive),
    /// Reads messages.
    ReadLiveHistory(HistoryQuery),
    /// Changes what is said about a live group.
    SetLiveGroupInfo(ConversationShortId, GroupInfoChange),
}

/// Which live groups to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// 0, or the cursor of the page before.
    pub cursor: i64,
    /// How many; 0 means 20.
    pub count: u32,
    /// Only those the user owns or administers.
    pub mine: bool,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendLive {
    /// Where to.
    pub group: ConversationShortId,
    /// The idempotency key.
    pub client_message_id: ClientMessageId,
    /// Its class.
    pub priority: Priority,
    /// What it says.
    pub body: MessageBody,
    /// The message it must not overtake.
    pub follows: Option<ClientMessageId>,
}

/// Which messages to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Of which group.
    pub group: ConversationShortId,
    /// The first wanted.
    pub from: Seq,
    /// The last wanted; zero means the newest.
    pub to: Seq,
    /// How many; 0 means 20.
    pub limit: u32,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The request's.
    pub id: RequestId,
    /// What came of it.
    pub body: Result<ResponseBody, Refusal>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseBody {
    /// Nothing to say.
    Done,
    /// When the session ends now.
    TokenRefreshed(Wall),
    /// One live group.
    LiveGroup(Conversation),
    /// Some live groups.
    LiveGroupPage(Page<Conversation>),
    /// In the live group.
    JoinedLiveGroup(Joined),
    /// The message has its position.
    LiveMessageAccepted(Accepted),
    /// Some messages.
    LiveHistoryPage(HistoryPage),
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Where the next page begins.
    pub next_cursor: i64,
    /// Whether there is one.
    pub has_more: bool,
}

/// In the live group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The group.
    pub conversation: Conversation,
    /// From where on the viewer is accounted for.
    pub cursor: Cursor,
    /// What became of the cursor it presented.
    pub verdict: ResumeVerdict,
}

/// A message has its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The position.
    pub position: Position,
    /// When.
    pub accepted_at: Wall,
}

/// A message of a live group on its way to a viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePush {
    /// The message.
    pub message: Message,
    /// For each class, the number of the last message before this one. A viewer whose cursor in a class has
    /// reached that number is accounted up to this message in that class: its cursor may move there, also in
    /// classes in which nothing is sent. A viewer whose cursor in the message's own class has not reached it
    /// is missing messages that no gap marker spoke of.
    pub previous: PerPriority<Seq>,
}

/// Some messages, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Where the next page begins.
    pub next: Seq,
    /// Whether there is one.
    pub has_more: bool,
}
