//! What an app asks of its client, and what it gets.

use std::collections::BTreeMap;

use bim_proto::{
    Broadcast, BroadcastDone, HistoryPage, HistoryQuery, JoinLive, Joined, ListQuery, MemberPage,
    MemberQuery, Page, RequestBody, SendLive, SetMemberInfo,
};
use bim_types::{
    AttributeWrite, Attributes, AttributesWritten, Conversation, ConversationShortId, GroupInfo,
    GroupInfoChange, Measure, MeasureDone, Member, MemberInfo, Message, MessageBody, Seq, Token, Uid,
};

/// Numbers a call, so that its reply can be matched. Chosen by the shell, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Something an app asks. Each is answered exactly once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begins a session. Answered when it is connected, or has failed.
    Login {
        /// Who; must be the user the client was set up with.
        uid: Uid,
        /// Where the token comes from.
        credential: Credential,
    },
    /// Ends the session for good.
    Logout,
    /// Ends everything. Nothing can be asked any more.
    Shutdown,
    /// Something of the server. Waits while there is no connection.
    Ask(Ask),
    /// Adds to a counter of a group the client is in. Answered with [`Answer::Done`] at once: taps are gathered
    /// and sent a few times a second. What comes to nothing, a refused tap included, is told with
    /// [`LiveEvent::TapsRefused`](crate::LiveEvent::TapsRefused).
    Tap {
        /// Of which group.
        group: ConversationShortId,
        /// Which counter: 1 to 64 bytes.
        counter: String,
        /// How much, at least 1.
        amount: u64,
    },
    /// The counters of a group the client is in, as it knows them. Answered with [`Answer::Counters`] at once.
    Counters(ConversationShortId),
}

/// Where the token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// This is the only one. When it ends, the session ends.
    Fixed(Token),
    /// There is someone to ask, as often as needed.
    Provider,
}

/// Something asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Makes a live group. Answered with [`Answer::Conversation`].
    Create(GroupInfo),
    /// Reads a live group. Answered with [`Answer::Conversation`].
    Get(ConversationShortId),
    /// Lists live groups. Answered with [`Answer::Page`].
    List(ListQuery),
    /// Enters a live group, with what the user says about itself there. Answered with [`Answer::Joined`]; with
    /// [`Answer::Conversation`] when the client is in already and nothing is said.
    Join(ConversationShortId, Option<MemberInfo>),
    /// Leaves a live group. Answered with [`Answer::Done`].
    Leave(ConversationShortId),
    /// Ends a live group. Answered with [`Answer::Done`].
    Dissolve(ConversationShortId),
    /// Changes what is said about a live group. Answered with [`Answer::Conversation`].
    SetInfo(ConversationShortId, GroupInfoChange),
    /// Sends a message. Answered with [`Answer::Message`].
    Send(SendLive),
    /// Reads messages. Answered with [`Answer::History`].
    History(HistoryQuery),
    /// Does something that owner and admins can do. Answered with [`Answer::Measure`].
    Measure(ConversationShortId, Measure),
    /// Changes what a user says about itself. Answered with [`Answer::Member`].
    SetMemberInfo(SetMemberInfo),
    /// Lists members. Answered with [`Answer::Members`].
    ListMembers(MemberQuery),
    /// Reads the records of some users. Answered with [`Answer::Members`].
    GetMembers(ConversationShortId, Vec<Uid>),
    /// Changes what a message says. Answered with [`Answer::Done`].
    Update(ConversationShortId, Seq, MessageBody),
    /// Removes a message. Answered with [`Answer::Done`].
    Delete(ConversationShortId, Seq),
    /// Writes attributes. Answered with [`Answer::AttributesWritten`].
    WriteAttributes(ConversationShortId, Vec<AttributeWrite>),
    /// Reads attributes: those with these keys, or all. Answered with [`Answer::Attributes`].
    ReadAttributes(ConversationShortId, Vec<String>),
    /// Sends a message to every live group of the app. Answered with [`Answer::Broadcast`].
    Broadcast(Broadcast),
}

/// What a call that succeeded gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing to say.
    Done,
    /// A live group.
    Conversation(Box<Conversation>),
    /// Some live groups.
    Page(Page<Conversation>),
    /// The message with its position.
    Message(Message),
    /// Some messages.
    History(HistoryPage),
    /// The client is in the group.
    Joined(Box<Joined>),
    /// It was done, save for those listed.
    Measure(MeasureDone),
    /// One member.
    Member(Member),
    /// Some members.
    Members(MemberPage),
    /// What came of writes to attributes.
    AttributesWritten(AttributesWritten),
    /// Attributes.
    Attributes(Attributes),
    /// Counters as the client knows them.
    Counters(BTreeMap<String, u64>),
    /// What came of a broadcast.
    Broadcast(BroadcastDone),
}

impl From<Ask> for RequestBody {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Create(info) => Self::CreateLiveGroup(info),
            Ask::Get(group) => Self::GetLiveGroup(group),
            Ask::List(query) => Self::ListLiveGroups(query),
            Ask::Join(group, info) => Self::JoinLiveGroup(JoinLive { group, resume: None, info }),
            Ask::Leave(group) => Self::LeaveLiveGroup(group),
            Ask::Dissolve(group) => Self::DissolveLiveGroup(group),
            Ask::Send(send) => Self::SendLiveMessage(send),
            Ask::History(query) => Self::ReadLiveHistory(query),
            Ask::SetInfo(group, change) => Self::SetLiveGroupInfo(group, change),
            Ask::Measure(group, measure) => Self::ChangeLiveGroup(group, measure),
            Ask::SetMemberInfo(set) => Self::SetLiveMemberInfo(set),
            Ask::ListMembers(query) => Self::ListLiveMembers(query),
            Ask::GetMembers(group, uids) => Self::GetLiveMembers(group, uids),
            Ask::Update(group, seq, body) => Self::UpdateLiveMessage(group, seq, body),
            Ask::Delete(group, seq) => Self::DeleteLiveMessage(group, seq),
            Ask::WriteAttributes(group, writes) => Self::WriteLiveAttributes(group, writes),
            Ask::ReadAttributes(group, keys) => Self::ReadLiveAttributes(group, keys),
            Ask::Broadcast(broadcast) => Self::BroadcastToLiveGroups(broadcast),
        }
    }
}
