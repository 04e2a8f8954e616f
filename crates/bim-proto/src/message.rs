//! The messages of the protocol in words: what machines read and write.

use std::collections::BTreeMap;

use bim_types::{
    AppId, AttributeWrite, Attributes, AttributesWritten, ClientMessageId, Conversation, ConversationShortId,
    Cursor, DeviceId, GroupInfo, GroupInfoChange, Measure, MeasureDone, Member, MemberInfo, MemberInfoChange,
    MemberList, Message, MessageBody, PerPriority, Position, Priority, Refusal, ResumeVerdict, Seq, Token,
    Uid, Wall,
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
    JoinLiveGroup(JoinLive),
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
    /// Does something that owner and admins can do.
    ChangeLiveGroup(ConversationShortId, Measure),
    /// Changes what a user says about itself.
    SetLiveMemberInfo(SetMemberInfo),
    /// Lists members.
    ListLiveMembers(MemberQuery),
    /// Reads the records of some users: 1 to 200.
    GetLiveMembers(ConversationShortId, Vec<Uid>),
    /// Changes what a message says.
    UpdateLiveMessage(ConversationShortId, Seq, MessageBody),
    /// Removes a message.
    DeleteLiveMessage(ConversationShortId, Seq),
    /// Writes attributes.
    WriteLiveAttributes(ConversationShortId, Vec<AttributeWrite>),
    /// Reads attributes: those with these keys, or all when there are none.
    ReadLiveAttributes(ConversationShortId, Vec<String>),
    /// Adds to counters.
    TapLiveCounters(Taps),
    /// Sends a message to every live group of the app.
    BroadcastToLiveGroups(Broadcast),
}

/// Enters a live group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinLive {
    /// Which group.
    pub group: ConversationShortId,
    /// How far the viewer was accounted to when its last connection ended.
    pub resume: Option<Cursor>,
    /// What the user says about itself; `None`: what the server has.
    pub info: Option<MemberInfo>,
}

/// Changes what a user says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMemberInfo {
    /// In which group.
    pub group: ConversationShortId,
    /// Who; `None`: the asking user.
    pub uid: Option<Uid>,
    /// What to change.
    pub change: MemberInfoChange,
}

/// Which members to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberQuery {
    /// Of which group.
    pub group: ConversationShortId,
    /// Which list.
    pub list: MemberList,
    /// The uid after which to begin.
    pub after: Option<Uid>,
    /// How many; 0 means as many as the server gives.
    pub count: u32,
    /// Only those with this mark.
    pub mark: Option<String>,
}

/// What to add to counters, exactly once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taps {
    /// Of which group.
    pub group: ConversationShortId,
    /// The idempotency key of the batch.
    pub batch_id: ClientMessageId,
    /// What to add to which counter.
    pub taps: BTreeMap<String, u64>,
}

/// A message for every live group of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// The idempotency key in each group.
    pub client_message_id: ClientMessageId,
    /// Its class.
    pub priority: Priority,
    /// What it says.
    pub body: MessageBody,
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
    /// The last wanted; `None`: the newest. Up to zero there is nothing.
    pub to: Option<Seq>,
    /// How many; 0 means as many as the server gives.
    pub limit: u32,
    /// Begin with the last wanted and go down.
    pub newest_first: bool,
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
    /// It was done, save for those listed.
    LiveGroupChanged(MeasureDone),
    /// One member.
    LiveMember(Member),
    /// Some members.
    LiveMemberPage(MemberPage),
    /// What came of writes to attributes.
    LiveAttributesWritten(AttributesWritten),
    /// Attributes.
    LiveAttributes(Attributes),
    /// The counters that were tapped, as they stand.
    LiveCounters(BTreeMap<String, u64>),
    /// What came of a broadcast.
    BroadcastDone(BroadcastDone),
}

/// One page of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPage {
    /// The members.
    pub members: Vec<Member>,
    /// Whether there are more, after the last of these.
    pub has_more: bool,
}

/// What came of a broadcast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BroadcastDone {
    /// Groups that have the message.
    pub accepted: u64,
    /// Groups that could not be reached.
    pub failed: u64,
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
    /// The group's attributes.
    pub attributes: Attributes,
    /// The group's counters.
    pub counters: BTreeMap<String, u64>,
}

/// A message has its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The position.
    pub position: Position,
    /// When.
    pub accepted_at: Wall,
    /// Whether only its sender sees it.
    pub only_for_sender: bool,
    /// What it says now, when a moderator rewrote it.
    pub rewritten: Option<MessageBody>,
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
    /// Whether there is nothing to show: it was deleted, or is meant for its sender only. The body is
    /// [`MessageBody::Unknown`] then.
    pub hidden: bool,
}

/// A message was changed or removed. This is a message of class HIGH with a number of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveChange {
    /// Where the change itself stands.
    pub position: Position,
    /// As in [`LivePush::previous`], before the change.
    pub previous: PerPriority<Seq>,
    /// Who did it.
    pub operator: Uid,
    /// What was done.
    pub what: LiveChanged,
}

/// What was done to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveChanged {
    /// It says something else; the message as it stands now.
    Updated(Message),
    /// It is gone.
    Deleted {
        /// Of which group.
        group: ConversationShortId,
        /// Where it stood.
        position: Position,
    },
}

impl LiveChange {
    /// Which group it is about.
    #[must_use]
    pub fn group(&self) -> ConversationShortId {
        match &self.what {
            LiveChanged::Updated(message) => message.conversation_short_id,
            LiveChanged::Deleted { group, .. } => *group,
        }
    }
}

/// Some messages, in the order that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Where the next page begins.
    pub next: Seq,
    /// Whether there is one.
    pub has_more: bool,
}
