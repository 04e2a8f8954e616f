//! What an app asks of its client, and what it gets.

use bim_proto::{HistoryPage, HistoryQuery, ListQuery, Page, RequestBody, SendLive};
use bim_types::{Conversation, ConversationShortId, GroupInfo, GroupInfoChange, Message, Token, Uid};

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
    /// Enters a live group. Answered with [`Answer::Conversation`].
    Join(ConversationShortId),
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
}

/// What a call that succeeded gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing to say.
    Done,
    /// A live group.
    Conversation(Conversation),
    /// Some live groups.
    Page(Page<Conversation>),
    /// The message with its position.
    Message(Message),
    /// Some messages.
    History(HistoryPage),
}

impl From<Ask> for RequestBody {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Create(info) => Self::CreateLiveGroup(info),
            Ask::Get(group) => Self::GetLiveGroup(group),
            Ask::List(query) => Self::ListLiveGroups(query),
            Ask::Join(group) => Self::JoinLiveGroup(group, None),
            Ask::Leave(group) => Self::LeaveLiveGroup(group),
            Ask::Dissolve(group) => Self::DissolveLiveGroup(group),
            Ask::Send(send) => Self::SendLiveMessage(send),
            Ask::History(query) => Self::ReadLiveHistory(query),
            Ask::SetInfo(group, change) => Self::SetLiveGroupInfo(group, change),
        }
    }
}
