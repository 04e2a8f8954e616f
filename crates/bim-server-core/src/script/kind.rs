//! What kind of request it is, and what a journal notes of it.

use std::fmt;
use std::sync::Arc;

use bim_proto::{Request, RequestBody};
use bim_types::{ClientMessageId, ConversationShortId, MessageBody};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What a client asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RequestKind {
            $($(#[$doc])* $name,)*
        }

        impl fmt::Display for RequestKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $text,)* })
            }
        }
    };
}

kinds! {
    /// Logs in: the first frame of a connection.
    Login = "log in";
    /// Presents a newer token.
    RefreshToken = "refresh the token";
    /// Makes a live group.
    CreateGroup = "create a group";
    /// Reads a live group.
    ReadGroup = "read a group";
    /// Lists live groups.
    ListGroups = "list groups";
    /// Enters a live group.
    Join = "join";
    /// Leaves a live group.
    Leave = "leave";
    /// Ends a live group.
    Dissolve = "dissolve";
    /// Sends a message.
    Send = "send";
    /// Reads messages.
    ReadHistory = "read history";
    /// Changes what is said about a live group.
    SetGroupInfo = "set group info";
    /// Does something that owner and admins can do: mute, kick, block, roles, marks.
    Measure = "take a measure";
    /// Changes what a user says about itself.
    SetMemberInfo = "set member info";
    /// Lists members.
    ListMembers = "list members";
    /// Reads the records of some users.
    ReadMembers = "read members";
    /// Changes what a message says.
    UpdateMessage = "update a message";
    /// Removes a message.
    DeleteMessage = "delete a message";
    /// Writes attributes.
    WriteAttributes = "write attributes";
    /// Reads attributes.
    ReadAttributes = "read attributes";
    /// Adds to counters.
    Tap = "tap";
    /// Sends a message to every live group of the app.
    Broadcast = "broadcast";
    /// A request whose content is not valid.
    Malformed = "a malformed request";
}

/// What a rule matches by and a journal notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) kind: RequestKind,
    pub(super) group: Option<ConversationShortId>,
    pub(super) client_message_id: Option<ClientMessageId>,
    pub(super) text: Option<Arc<str>>,
}

impl Summary {
    /// Of a request that has only its kind.
    pub(super) fn of_kind(kind: RequestKind) -> Self {
        Self { kind, group: None, client_message_id: None, text: None }
    }

    /// Of a request, whether its content is valid or not.
    pub(super) fn of_request(request: &Request) -> Self {
        match &request.body {
            Ok(body) => Self::of(body),
            Err(_) => Self::of_kind(RequestKind::Malformed),
        }
    }

    fn of(body: &RequestBody) -> Self {
        use RequestBody as Body;
        let plain = Self::of_kind;
        let within = |kind, group: &ConversationShortId| Self { group: Some(*group), ..Self::of_kind(kind) };
        match body {
            Body::RefreshToken(_) => plain(RequestKind::RefreshToken),
            Body::CreateLiveGroup(_) => plain(RequestKind::CreateGroup),
            Body::GetLiveGroup(group) => within(RequestKind::ReadGroup, group),
            Body::ListLiveGroups(_) => plain(RequestKind::ListGroups),
            Body::JoinLiveGroup(join) => within(RequestKind::Join, &join.group),
            Body::LeaveLiveGroup(group) => within(RequestKind::Leave, group),
            Body::DissolveLiveGroup(group) => within(RequestKind::Dissolve, group),
            Body::SendLiveMessage(send) => Self {
                client_message_id: Some(send.client_message_id),
                text: text(&send.body),
                ..within(RequestKind::Send, &send.group)
            },
            Body::ReadLiveHistory(query) => within(RequestKind::ReadHistory, &query.group),
            Body::SetLiveGroupInfo(group, _) => within(RequestKind::SetGroupInfo, group),
            Body::ChangeLiveGroup(group, _) => within(RequestKind::Measure, group),
            Body::SetLiveMemberInfo(set) => within(RequestKind::SetMemberInfo, &set.group),
            Body::ListLiveMembers(query) => within(RequestKind::ListMembers, &query.group),
            Body::GetLiveMembers(group, _) => within(RequestKind::ReadMembers, group),
            Body::UpdateLiveMessage(group, _, body) => {
                Self { text: text(body), ..within(RequestKind::UpdateMessage, group) }
            }
            Body::DeleteLiveMessage(group, _) => within(RequestKind::DeleteMessage, group),
            Body::WriteLiveAttributes(group, _) => within(RequestKind::WriteAttributes, group),
            Body::ReadLiveAttributes(group, _) => within(RequestKind::ReadAttributes, group),
            Body::TapLiveCounters(taps) => within(RequestKind::Tap, &taps.group),
            Body::BroadcastToLiveGroups(broadcast) => Self {
                client_message_id: Some(broadcast.client_message_id),
                text: text(&broadcast.body),
                ..plain(RequestKind::Broadcast)
            },
        }
    }
}

/// What a body says, shared with it.
fn text(body: &MessageBody) -> Option<Arc<str>> {
    match body {
        MessageBody::Text(text) | MessageBody::Custom(text) => Some(Arc::clone(text)),
        _ => None,
    }
}
