// This file is @generated from proto/bim/v1 by `cargo xtask codegen`; do not edit it.
/// A user of one app. Exactly one of the two is set, and all users of an app are of the same flavour.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Uid {
    #[prost(oneof = "uid::Value", tags = "1, 2")]
    pub value: ::core::option::Option<uid::Value>,
}
/// Nested message and enum types in `Uid`.
pub mod uid {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Value {
        /// 1 to 9223372036854775807.
        #[prost(int64, tag = "1")]
        Number(i64),
        /// 1 to 128 bytes, no control characters.
        #[prost(string, tag = "2")]
        Text(::prost::alloc::string::String),
    }
}
impl ::prost::Name for Uid {
    const NAME: &'static str = "Uid";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Uid".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Uid".into()
    }
}
/// Where a message stands in its conversation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Position {
    /// One life of the log. Changes only when the log was lost or rebuilt.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// 1, 2, 3 ... without holes inside an epoch.
    #[prost(uint64, tag = "2")]
    pub seq: u64,
}
impl ::prost::Name for Position {
    const NAME: &'static str = "Position";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Position".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Position".into()
    }
}
/// How far a viewer has been accounted to: in each class, every message up to and including this number was
/// delivered or reported as left out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Cursor {
    /// The epoch the numbers belong to.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// Last accounted number of class LOW.
    #[prost(uint64, tag = "2")]
    pub low: u64,
    /// Last accounted number of class NORMAL.
    #[prost(uint64, tag = "3")]
    pub normal: u64,
    /// Last accounted number of class HIGH.
    #[prost(uint64, tag = "4")]
    pub high: u64,
}
impl ::prost::Name for Cursor {
    const NAME: &'static str = "Cursor";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Cursor".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Cursor".into()
    }
}
/// Why a request was not done.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Refusal {
    /// A number of the table of error codes. Never 0.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// Milliseconds after which the same request may succeed; 0 when time does not help.
    #[prost(uint64, tag = "2")]
    pub retry_after_ms: u64,
    /// The limit that was passed, in the unit that the hint names; 0 when no limit was passed.
    #[prost(uint64, tag = "3")]
    pub limit: u64,
    /// A short phrase in English for developers, at most 200 bytes. Never user data.
    #[prost(string, tag = "4")]
    pub hint: ::prost::alloc::string::String,
}
impl ::prost::Name for Refusal {
    const NAME: &'static str = "Refusal";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Refusal".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Refusal".into()
    }
}
/// How much a live-group message matters. What a full queue gives up is LOW first, then NORMAL, never HIGH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Priority {
    /// Likes, arrivals.
    Low = 0,
    /// Chat.
    Normal = 1,
    /// Gifts, announcements.
    High = 2,
}
impl Priority {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Low => "PRIORITY_LOW",
            Self::Normal => "PRIORITY_NORMAL",
            Self::High => "PRIORITY_HIGH",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "PRIORITY_LOW" => Some(Self::Low),
            "PRIORITY_NORMAL" => Some(Self::Normal),
            "PRIORITY_HIGH" => Some(Self::High),
            _ => None,
        }
    }
}
/// Byte 1 of every frame. The comment names the message that follows and who may send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum FrameKind {
    /// Never sent.
    Unspecified = 0,
    /// Hello, client: the first frame, and the only one before authentication.
    Hello = 1,
    /// Welcome, server: the answer to a Hello that was accepted.
    Welcome = 2,
    /// Request, client.
    Request = 3,
    /// Response, server: exactly one for each Request of a connection that lives long enough.
    Response = 4,
    /// Ping, both.
    Ping = 5,
    /// Pong, both: the answer to a Ping.
    Pong = 6,
    /// Goodbye, both: the last frame of its sender.
    Goodbye = 7,
    /// LiveMessage, server: a message of a live group the connection is in.
    LiveMessage = 8,
    /// LiveGap, server: messages that this viewer was not sent.
    LiveGap = 9,
    /// LiveState, server: the state of a live group changed.
    LiveState = 10,
    /// LiveMessageUpdated, server.
    LiveMessageUpdated = 11,
    /// LiveMessageDeleted, server.
    LiveMessageDeleted = 12,
    /// LiveEvent, server: something was done to members of a live group.
    LiveEvent = 13,
    /// LivePulse, server: who came and went, and counters.
    LivePulse = 14,
    /// LiveAttributesChanged, server.
    LiveAttributesChanged = 15,
}
impl FrameKind {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "FRAME_KIND_UNSPECIFIED",
            Self::Hello => "FRAME_KIND_HELLO",
            Self::Welcome => "FRAME_KIND_WELCOME",
            Self::Request => "FRAME_KIND_REQUEST",
            Self::Response => "FRAME_KIND_RESPONSE",
            Self::Ping => "FRAME_KIND_PING",
            Self::Pong => "FRAME_KIND_PONG",
            Self::Goodbye => "FRAME_KIND_GOODBYE",
            Self::LiveMessage => "FRAME_KIND_LIVE_MESSAGE",
            Self::LiveGap => "FRAME_KIND_LIVE_GAP",
            Self::LiveState => "FRAME_KIND_LIVE_STATE",
            Self::LiveMessageUpdated => "FRAME_KIND_LIVE_MESSAGE_UPDATED",
            Self::LiveMessageDeleted => "FRAME_KIND_LIVE_MESSAGE_DELETED",
            Self::LiveEvent => "FRAME_KIND_LIVE_EVENT",
            Self::LivePulse => "FRAME_KIND_LIVE_PULSE",
            Self::LiveAttributesChanged => "FRAME_KIND_LIVE_ATTRIBUTES_CHANGED",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "FRAME_KIND_UNSPECIFIED" => Some(Self::Unspecified),
            "FRAME_KIND_HELLO" => Some(Self::Hello),
            "FRAME_KIND_WELCOME" => Some(Self::Welcome),
            "FRAME_KIND_REQUEST" => Some(Self::Request),
            "FRAME_KIND_RESPONSE" => Some(Self::Response),
            "FRAME_KIND_PING" => Some(Self::Ping),
            "FRAME_KIND_PONG" => Some(Self::Pong),
            "FRAME_KIND_GOODBYE" => Some(Self::Goodbye),
            "FRAME_KIND_LIVE_MESSAGE" => Some(Self::LiveMessage),
            "FRAME_KIND_LIVE_GAP" => Some(Self::LiveGap),
            "FRAME_KIND_LIVE_STATE" => Some(Self::LiveState),
            "FRAME_KIND_LIVE_MESSAGE_UPDATED" => Some(Self::LiveMessageUpdated),
            "FRAME_KIND_LIVE_MESSAGE_DELETED" => Some(Self::LiveMessageDeleted),
            "FRAME_KIND_LIVE_EVENT" => Some(Self::LiveEvent),
            "FRAME_KIND_LIVE_PULSE" => Some(Self::LivePulse),
            "FRAME_KIND_LIVE_ATTRIBUTES_CHANGED" => Some(Self::LiveAttributesChanged),
            _ => None,
        }
    }
}
/// The app's own values, where none at all differs from an empty map.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Ext {
    /// At most 16 keys, 4 KiB of keys and values together.
    #[prost(btree_map = "string, string", tag = "1")]
    pub entries:
        ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
}
impl ::prost::Name for Ext {
    const NAME: &'static str = "Ext";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Ext".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Ext".into()
    }
}
/// What a user says about itself in one group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveMemberInfo {
    /// At most 100 characters.
    #[prost(string, tag = "1")]
    pub alias: ::prost::alloc::string::String,
    /// At most 1 KiB.
    #[prost(string, tag = "2")]
    pub avatar_url: ::prost::alloc::string::String,
    /// At most 16 keys, 4 KiB of keys and values together.
    #[prost(btree_map = "string, string", tag = "3")]
    pub ext:
        ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
}
impl ::prost::Name for LiveMemberInfo {
    const NAME: &'static str = "LiveMemberInfo";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMemberInfo".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMemberInfo".into()
    }
}
/// How long a mute or a block lasts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Until {
    /// Milliseconds since 1970-01-01T00:00:00Z; 0: for ever.
    #[prost(uint64, tag = "1")]
    pub at_ms: u64,
}
impl ::prost::Name for Until {
    const NAME: &'static str = "Until";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Until".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Until".into()
    }
}
/// A user of a live group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveMember {
    /// Who.
    #[prost(message, optional, tag = "1")]
    pub uid: ::core::option::Option<Uid>,
    /// Its standing.
    #[prost(enumeration = "Role", tag = "2")]
    pub role: i32,
    /// What it says about itself.
    #[prost(message, optional, tag = "3")]
    pub info: ::core::option::Option<LiveMemberInfo>,
    /// The marks it was given, at most 20.
    #[prost(string, repeated, tag = "4")]
    pub marks: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// Until when it is muted; absent: not muted.
    #[prost(message, optional, tag = "5")]
    pub muted: ::core::option::Option<Until>,
    /// Until when it is blocked; absent: not blocked. Told to owner, admins and app servers only.
    #[prost(message, optional, tag = "6")]
    pub blocked: ::core::option::Option<Until>,
    /// Whether it may speak while all are muted.
    #[prost(bool, tag = "7")]
    pub exempt: bool,
    /// Whether it is in the group now.
    #[prost(bool, tag = "8")]
    pub online: bool,
    /// When it came in, milliseconds since 1970-01-01T00:00:00Z; 0 when it is not in.
    #[prost(uint64, tag = "9")]
    pub joined_at_ms: u64,
    /// When anything was last heard from it, milliseconds since 1970-01-01T00:00:00Z; 0 when it is not in.
    #[prost(uint64, tag = "10")]
    pub last_seen_at_ms: u64,
}
impl ::prost::Name for LiveMember {
    const NAME: &'static str = "LiveMember";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMember".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMember".into()
    }
}
/// Changes what the asking user says about itself; with a uid, what another says, which only app servers may.
/// What is absent stays as it is.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SetLiveMemberInfo {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// At most 100 characters.
    #[prost(string, optional, tag = "2")]
    pub alias: ::core::option::Option<::prost::alloc::string::String>,
    /// At most 1 KiB.
    #[prost(string, optional, tag = "3")]
    pub avatar_url: ::core::option::Option<::prost::alloc::string::String>,
    /// Replaces all of the app's own values.
    #[prost(message, optional, tag = "4")]
    pub ext: ::core::option::Option<Ext>,
    /// Whose; absent: the asking user's own.
    #[prost(message, optional, tag = "5")]
    pub uid: ::core::option::Option<Uid>,
}
impl ::prost::Name for SetLiveMemberInfo {
    const NAME: &'static str = "SetLiveMemberInfo";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.SetLiveMemberInfo".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.SetLiveMemberInfo".into()
    }
}
/// Lists members in the order of their uids.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListLiveMembers {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Which members.
    #[prost(enumeration = "LiveMemberList", tag = "2")]
    pub list: i32,
    /// The uid after which to begin; absent for the first page.
    #[prost(message, optional, tag = "3")]
    pub after: ::core::option::Option<Uid>,
    /// How many. 0 and more than the server's limit are answered with the limit: 50, and 20 for the lists of
    /// muted, exempt and blocked.
    #[prost(uint32, tag = "4")]
    pub count: u32,
    /// Only members with this mark; empty: all.
    #[prost(string, tag = "5")]
    pub mark: ::prost::alloc::string::String,
}
impl ::prost::Name for ListLiveMembers {
    const NAME: &'static str = "ListLiveMembers";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.ListLiveMembers".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.ListLiveMembers".into()
    }
}
/// A page of members.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveMemberPage {
    /// In the order of their uids; for GetLiveMembers, in the order of the request.
    #[prost(message, repeated, tag = "1")]
    pub members: ::prost::alloc::vec::Vec<LiveMember>,
    /// Whether there are more. The next page begins after the last of these.
    #[prost(bool, tag = "2")]
    pub has_more: bool,
}
impl ::prost::Name for LiveMemberPage {
    const NAME: &'static str = "LiveMemberPage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMemberPage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMemberPage".into()
    }
}
/// Reads the records of some users, who need not be in. A page answers as many, from the first on, as fit one
/// frame; the rest is asked for again.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct GetLiveMembers {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Who: 1 to 200.
    #[prost(message, repeated, tag = "2")]
    pub uids: ::prost::alloc::vec::Vec<Uid>,
}
impl ::prost::Name for GetLiveMembers {
    const NAME: &'static str = "GetLiveMembers";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.GetLiveMembers".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.GetLiveMembers".into()
    }
}
/// Does something that owner and admins can do. What can not be done for one user is reported for that user;
/// it is done for the others.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ChangeLiveGroup {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// What is to be done.
    #[prost(enumeration = "LiveMeasure", tag = "2")]
    pub measure: i32,
    /// To whom, at most 100.
    #[prost(message, repeated, tag = "3")]
    pub uids: ::prost::alloc::vec::Vec<Uid>,
    /// For how long, in seconds.
    #[prost(uint64, tag = "4")]
    pub seconds: u64,
    /// Names of marks, at most 20, each 1 to 64 bytes.
    #[prost(string, repeated, tag = "5")]
    pub marks: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// Who is to be silenced.
    #[prost(enumeration = "MuteAll", tag = "6")]
    pub mute_all: i32,
}
impl ::prost::Name for ChangeLiveGroup {
    const NAME: &'static str = "ChangeLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.ChangeLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.ChangeLiveGroup".into()
    }
}
/// It was done, save for those listed.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveGroupChanged {
    /// The version of the group's state after it.
    #[prost(uint64, tag = "1")]
    pub version: u64,
    /// For whom it was not done.
    #[prost(message, repeated, tag = "2")]
    pub failed: ::prost::alloc::vec::Vec<LiveMemberFailure>,
}
impl ::prost::Name for LiveGroupChanged {
    const NAME: &'static str = "LiveGroupChanged";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveGroupChanged".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveGroupChanged".into()
    }
}
/// For whom something was not done.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveMemberFailure {
    /// Who.
    #[prost(message, optional, tag = "1")]
    pub uid: ::core::option::Option<Uid>,
    /// Why.
    #[prost(message, optional, tag = "2")]
    pub reason: ::core::option::Option<Refusal>,
}
impl ::prost::Name for LiveMemberFailure {
    const NAME: &'static str = "LiveMemberFailure";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMemberFailure".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMemberFailure".into()
    }
}
/// Something was done to members of a live group. Told to everyone in the group, also to those it was done to.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveEvent {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// The version of the group's state after it.
    #[prost(uint64, tag = "2")]
    pub version: u64,
    /// What was done. DISSOLVE_AFTER_IDLE, SLOW_MODE, EXEMPT, UNEXEMPT, BLOCK and UNBLOCK are never told this
    /// way; who is blocked while in is told as kicked.
    #[prost(enumeration = "LiveMeasure", tag = "3")]
    pub measure: i32,
    /// By whom; absent when a mute ended by itself.
    #[prost(message, optional, tag = "4")]
    pub operator: ::core::option::Option<Uid>,
    /// To whom. For TRANSFER_OWNER the old owner and the new one.
    #[prost(message, repeated, tag = "5")]
    pub uids: ::prost::alloc::vec::Vec<Uid>,
    /// For MUTE: until when.
    #[prost(message, optional, tag = "6")]
    pub until: ::core::option::Option<Until>,
    /// For marks: which.
    #[prost(string, repeated, tag = "7")]
    pub marks: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// For MUTE_ALL: who may not speak now.
    #[prost(enumeration = "MuteAll", tag = "8")]
    pub mute_all: i32,
    /// For KICK: whether they can not come back.
    #[prost(bool, tag = "9")]
    pub blocked: bool,
}
impl ::prost::Name for LiveEvent {
    const NAME: &'static str = "LiveEvent";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveEvent".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveEvent".into()
    }
}
/// What happened in a live group since the last pulse. Sent to everyone in it, at most once per cadence (500 ms
/// unless the server is configured otherwise) and only when there is something to say.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LivePulse {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Users in the group, counted when this was sent.
    #[prost(uint64, tag = "2")]
    pub online_count: u64,
    /// Who came: residents and marked members always, and others up to 50 in all.
    #[prost(message, repeated, tag = "3")]
    pub joined: ::prost::alloc::vec::Vec<LiveMember>,
    /// How many more came.
    #[prost(uint64, tag = "4")]
    pub joined_more: u64,
    /// Who left: residents and marked members always, and others up to 50 in all.
    #[prost(message, repeated, tag = "5")]
    pub left: ::prost::alloc::vec::Vec<Uid>,
    /// How many more left.
    #[prost(uint64, tag = "6")]
    pub left_more: u64,
    /// Whose record changed: residents and marked members always, and others up to 50 in all.
    #[prost(message, repeated, tag = "7")]
    pub changed: ::prost::alloc::vec::Vec<LiveMember>,
    /// How many more records changed.
    #[prost(uint64, tag = "8")]
    pub changed_more: u64,
    /// The counters that changed, as they stand.
    #[prost(btree_map = "string, uint64", tag = "9")]
    pub counters: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
}
impl ::prost::Name for LivePulse {
    const NAME: &'static str = "LivePulse";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LivePulse".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LivePulse".into()
    }
}
/// A user's standing in a live group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Role {
    /// Anyone.
    Normal = 0,
    /// May do everything, dissolve and transfer included.
    Owner = 1,
    /// May moderate.
    Admin = 2,
}
impl Role {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Normal => "ROLE_NORMAL",
            Self::Owner => "ROLE_OWNER",
            Self::Admin => "ROLE_ADMIN",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "ROLE_NORMAL" => Some(Self::Normal),
            "ROLE_OWNER" => Some(Self::Owner),
            "ROLE_ADMIN" => Some(Self::Admin),
            _ => None,
        }
    }
}
/// Which members to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum LiveMemberList {
    /// Owner and admins, whether they are in or not.
    Resident = 0,
    /// Who is in now.
    Online = 1,
    /// Who is muted.
    Muted = 2,
    /// Who may speak while all are muted.
    Exempt = 3,
    /// Who can not come in.
    Blocked = 4,
}
impl LiveMemberList {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Resident => "LIVE_MEMBER_LIST_RESIDENT",
            Self::Online => "LIVE_MEMBER_LIST_ONLINE",
            Self::Muted => "LIVE_MEMBER_LIST_MUTED",
            Self::Exempt => "LIVE_MEMBER_LIST_EXEMPT",
            Self::Blocked => "LIVE_MEMBER_LIST_BLOCKED",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "LIVE_MEMBER_LIST_RESIDENT" => Some(Self::Resident),
            "LIVE_MEMBER_LIST_ONLINE" => Some(Self::Online),
            "LIVE_MEMBER_LIST_MUTED" => Some(Self::Muted),
            "LIVE_MEMBER_LIST_EXEMPT" => Some(Self::Exempt),
            "LIVE_MEMBER_LIST_BLOCKED" => Some(Self::Blocked),
            _ => None,
        }
    }
}
/// What an owner or admin can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum LiveMeasure {
    /// Never sent.
    Unspecified = 0,
    /// Silences all, or ends that. Uses mute_all.
    MuteAll = 1,
    /// Makes ordinary members wait between messages. Uses seconds, at most 3,600; 0 ends it.
    SlowMode = 2,
    /// Dissolves the group when nobody was in for so long. Uses seconds; 0: never. Owner only.
    DissolveAfterIdle = 3,
    /// Makes admins. Uses uids. Owner only.
    AddAdmins = 4,
    /// Takes the role back. Uses uids. Owner only.
    RemoveAdmins = 5,
    /// Gives the group to someone who is in. Uses uids, exactly one. Owner only.
    TransferOwner = 6,
    /// Silences users. Uses uids, seconds; 0: for ever.
    Mute = 7,
    /// Ends that. Uses uids.
    Unmute = 8,
    /// Lets users speak while all are muted. Uses uids.
    Exempt = 9,
    /// Ends that. Uses uids.
    Unexempt = 10,
    /// Keeps users out, and removes them when they are in. Uses uids, seconds; 0: for ever.
    Block = 11,
    /// Ends that. Uses uids.
    Unblock = 12,
    /// Removes users who are in; they may come back. Uses uids.
    Kick = 13,
    /// Makes marks that members may be given. Uses marks.
    AddMarkTypes = 14,
    /// Takes marks back from everyone. Uses marks.
    RemoveMarkTypes = 15,
    /// Gives users a mark. Uses uids and marks, exactly one.
    Mark = 16,
    /// Takes it back. Uses uids and marks, exactly one.
    Unmark = 17,
}
impl LiveMeasure {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "LIVE_MEASURE_UNSPECIFIED",
            Self::MuteAll => "LIVE_MEASURE_MUTE_ALL",
            Self::SlowMode => "LIVE_MEASURE_SLOW_MODE",
            Self::DissolveAfterIdle => "LIVE_MEASURE_DISSOLVE_AFTER_IDLE",
            Self::AddAdmins => "LIVE_MEASURE_ADD_ADMINS",
            Self::RemoveAdmins => "LIVE_MEASURE_REMOVE_ADMINS",
            Self::TransferOwner => "LIVE_MEASURE_TRANSFER_OWNER",
            Self::Mute => "LIVE_MEASURE_MUTE",
            Self::Unmute => "LIVE_MEASURE_UNMUTE",
            Self::Exempt => "LIVE_MEASURE_EXEMPT",
            Self::Unexempt => "LIVE_MEASURE_UNEXEMPT",
            Self::Block => "LIVE_MEASURE_BLOCK",
            Self::Unblock => "LIVE_MEASURE_UNBLOCK",
            Self::Kick => "LIVE_MEASURE_KICK",
            Self::AddMarkTypes => "LIVE_MEASURE_ADD_MARK_TYPES",
            Self::RemoveMarkTypes => "LIVE_MEASURE_REMOVE_MARK_TYPES",
            Self::Mark => "LIVE_MEASURE_MARK",
            Self::Unmark => "LIVE_MEASURE_UNMARK",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "LIVE_MEASURE_UNSPECIFIED" => Some(Self::Unspecified),
            "LIVE_MEASURE_MUTE_ALL" => Some(Self::MuteAll),
            "LIVE_MEASURE_SLOW_MODE" => Some(Self::SlowMode),
            "LIVE_MEASURE_DISSOLVE_AFTER_IDLE" => Some(Self::DissolveAfterIdle),
            "LIVE_MEASURE_ADD_ADMINS" => Some(Self::AddAdmins),
            "LIVE_MEASURE_REMOVE_ADMINS" => Some(Self::RemoveAdmins),
            "LIVE_MEASURE_TRANSFER_OWNER" => Some(Self::TransferOwner),
            "LIVE_MEASURE_MUTE" => Some(Self::Mute),
            "LIVE_MEASURE_UNMUTE" => Some(Self::Unmute),
            "LIVE_MEASURE_EXEMPT" => Some(Self::Exempt),
            "LIVE_MEASURE_UNEXEMPT" => Some(Self::Unexempt),
            "LIVE_MEASURE_BLOCK" => Some(Self::Block),
            "LIVE_MEASURE_UNBLOCK" => Some(Self::Unblock),
            "LIVE_MEASURE_KICK" => Some(Self::Kick),
            "LIVE_MEASURE_ADD_MARK_TYPES" => Some(Self::AddMarkTypes),
            "LIVE_MEASURE_REMOVE_MARK_TYPES" => Some(Self::RemoveMarkTypes),
            "LIVE_MEASURE_MARK" => Some(Self::Mark),
            "LIVE_MEASURE_UNMARK" => Some(Self::Unmark),
            _ => None,
        }
    }
}
/// Who may not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum MuteAll {
    /// Nobody is silenced.
    Off = 0,
    /// Ordinary members, save those on the exempt list.
    NormalMembers = 1,
    /// Everyone but the owner, save those on the exempt list.
    Everyone = 2,
}
impl MuteAll {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Off => "MUTE_ALL_OFF",
            Self::NormalMembers => "MUTE_ALL_NORMAL_MEMBERS",
            Self::Everyone => "MUTE_ALL_EVERYONE",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "MUTE_ALL_OFF" => Some(Self::Off),
            "MUTE_ALL_NORMAL_MEMBERS" => Some(Self::NormalMembers),
            "MUTE_ALL_EVERYONE" => Some(Self::Everyone),
            _ => None,
        }
    }
}
/// A value that a group keeps under a key.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveAttribute {
    /// 1 to 128 bytes.
    #[prost(string, tag = "1")]
    pub key: ::prost::alloc::string::String,
    /// At most 4 KiB.
    #[prost(string, tag = "2")]
    pub value: ::prost::alloc::string::String,
    /// Rises with every write to any attribute of the group; the number of the write that set this value.
    #[prost(uint64, tag = "3")]
    pub version: u64,
    /// Who set it.
    #[prost(message, optional, tag = "4")]
    pub setter: ::core::option::Option<Uid>,
    /// When, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "5")]
    pub set_at_ms: u64,
    /// When it goes by itself, milliseconds since 1970-01-01T00:00:00Z; 0: never.
    #[prost(uint64, tag = "6")]
    pub expires_at_ms: u64,
    /// Whether it goes when its setter leaves the group.
    #[prost(bool, tag = "7")]
    pub delete_on_leave: bool,
}
impl ::prost::Name for LiveAttribute {
    const NAME: &'static str = "LiveAttribute";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveAttribute".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveAttribute".into()
    }
}
/// One attribute to write or to remove.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveAttributeWrite {
    /// 1 to 128 bytes.
    #[prost(string, tag = "1")]
    pub key: ::prost::alloc::string::String,
    /// At most 4 KiB; absent: remove it.
    #[prost(string, optional, tag = "2")]
    pub value: ::core::option::Option<::prost::alloc::string::String>,
    /// What must hold before.
    #[prost(enumeration = "LiveAttributeCondition", tag = "3")]
    pub condition: i32,
    /// For condition VERSION.
    #[prost(uint64, tag = "4")]
    pub version: u64,
    /// After how many milliseconds it goes by itself; 0: never.
    #[prost(uint64, tag = "5")]
    pub expires_in_ms: u64,
    /// Whether it goes when its setter leaves the group.
    #[prost(bool, tag = "6")]
    pub delete_on_leave: bool,
}
impl ::prost::Name for LiveAttributeWrite {
    const NAME: &'static str = "LiveAttributeWrite";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveAttributeWrite".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveAttributeWrite".into()
    }
}
/// Writes attributes. Each is written or refused by itself.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WriteLiveAttributes {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// What to write: 1 to 100, each key once.
    #[prost(message, repeated, tag = "2")]
    pub writes: ::prost::alloc::vec::Vec<LiveAttributeWrite>,
}
impl ::prost::Name for WriteLiveAttributes {
    const NAME: &'static str = "WriteLiveAttributes";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.WriteLiveAttributes".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.WriteLiveAttributes".into()
    }
}
/// What came of writes.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveAttributesWritten {
    /// What was written, as it stands now. Removed ones are not in it.
    #[prost(message, repeated, tag = "1")]
    pub written: ::prost::alloc::vec::Vec<LiveAttribute>,
    /// What was not.
    #[prost(message, repeated, tag = "2")]
    pub failed: ::prost::alloc::vec::Vec<LiveAttributeFailure>,
    /// The version of the last write of the group.
    #[prost(uint64, tag = "3")]
    pub version: u64,
}
impl ::prost::Name for LiveAttributesWritten {
    const NAME: &'static str = "LiveAttributesWritten";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveAttributesWritten".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveAttributesWritten".into()
    }
}
/// Why an attribute was not written.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveAttributeFailure {
    /// Its key.
    #[prost(string, tag = "1")]
    pub key: ::prost::alloc::string::String,
    /// Why: 1016 when the condition did not hold.
    #[prost(message, optional, tag = "2")]
    pub reason: ::core::option::Option<Refusal>,
    /// How it stands; absent when it does not exist.
    #[prost(message, optional, tag = "3")]
    pub present: ::core::option::Option<LiveAttribute>,
}
impl ::prost::Name for LiveAttributeFailure {
    const NAME: &'static str = "LiveAttributeFailure";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveAttributeFailure".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveAttributeFailure".into()
    }
}
/// Reads attributes.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ReadLiveAttributes {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Which keys, at most 100; none: all.
    #[prost(string, repeated, tag = "2")]
    pub keys: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
impl ::prost::Name for ReadLiveAttributes {
    const NAME: &'static str = "ReadLiveAttributes";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.ReadLiveAttributes".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.ReadLiveAttributes".into()
    }
}
/// Attributes as they stand.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveAttributes {
    /// In the order of their keys.
    #[prost(message, repeated, tag = "1")]
    pub attributes: ::prost::alloc::vec::Vec<LiveAttribute>,
    /// The version of the last write of the group.
    #[prost(uint64, tag = "2")]
    pub version: u64,
}
impl ::prost::Name for LiveAttributes {
    const NAME: &'static str = "LiveAttributes";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveAttributes".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveAttributes".into()
    }
}
/// Attributes changed. Told to everyone in the group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveAttributesChanged {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// The version of the last write of the group.
    #[prost(uint64, tag = "2")]
    pub version: u64,
    /// What was set.
    #[prost(message, repeated, tag = "3")]
    pub set: ::prost::alloc::vec::Vec<LiveAttribute>,
    /// The keys of what was removed.
    #[prost(string, repeated, tag = "4")]
    pub removed: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
impl ::prost::Name for LiveAttributesChanged {
    const NAME: &'static str = "LiveAttributesChanged";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveAttributesChanged".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveAttributesChanged".into()
    }
}
/// Adds to counters, exactly once however often it is asked.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TapLiveCounters {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// The idempotency key of this batch: 16 bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub batch_id: ::prost::bytes::Bytes,
    /// What to add: 1 to 16 counters, each name 1 to 64 bytes, each amount 1 to 1,000,000.
    #[prost(btree_map = "string, uint64", tag = "3")]
    pub taps: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
}
impl ::prost::Name for TapLiveCounters {
    const NAME: &'static str = "TapLiveCounters";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.TapLiveCounters".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.TapLiveCounters".into()
    }
}
/// The counters that were tapped, as they stand.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveCounters {
    /// By name.
    #[prost(btree_map = "string, uint64", tag = "1")]
    pub counters: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
}
impl ::prost::Name for LiveCounters {
    const NAME: &'static str = "LiveCounters";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveCounters".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveCounters".into()
    }
}
/// What must hold of an attribute before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum LiveAttributeCondition {
    /// Nothing.
    Any = 0,
    /// It does not exist.
    Absent = 1,
    /// It exists with the version that is given.
    Version = 2,
}
impl LiveAttributeCondition {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Any => "LIVE_ATTRIBUTE_CONDITION_ANY",
            Self::Absent => "LIVE_ATTRIBUTE_CONDITION_ABSENT",
            Self::Version => "LIVE_ATTRIBUTE_CONDITION_VERSION",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "LIVE_ATTRIBUTE_CONDITION_ANY" => Some(Self::Any),
            "LIVE_ATTRIBUTE_CONDITION_ABSENT" => Some(Self::Absent),
            "LIVE_ATTRIBUTE_CONDITION_VERSION" => Some(Self::Version),
            _ => None,
        }
    }
}
/// What the owner says about a live group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct GroupInfo {
    /// 1 to 100 characters.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    /// At most 1 KiB.
    #[prost(string, tag = "2")]
    pub description: ::prost::alloc::string::String,
    /// At most 1 KiB.
    #[prost(string, tag = "3")]
    pub notice: ::prost::alloc::string::String,
    /// At most 1 KiB.
    #[prost(string, tag = "4")]
    pub avatar_url: ::prost::alloc::string::String,
    /// The app's own values: at most 16 keys, 4 KiB of keys and values together.
    #[prost(btree_map = "string, string", tag = "5")]
    pub ext:
        ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
}
impl ::prost::Name for GroupInfo {
    const NAME: &'static str = "GroupInfo";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.GroupInfo".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.GroupInfo".into()
    }
}
/// A live group as one user sees it.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveGroup {
    /// The number that requests take. Positive, below 2^53.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// What the owner says about it.
    #[prost(message, optional, tag = "2")]
    pub info: ::core::option::Option<GroupInfo>,
    /// Who owns it.
    #[prost(message, optional, tag = "3")]
    pub owner: ::core::option::Option<Uid>,
    /// The asking user's standing.
    #[prost(enumeration = "Role", tag = "4")]
    pub role: i32,
    /// When it was made, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "5")]
    pub created_at_ms: u64,
    /// Rises with every change of the state.
    #[prost(uint64, tag = "6")]
    pub version: u64,
    /// Users in the group when this was counted.
    #[prost(uint64, tag = "7")]
    pub online_count: u64,
    /// Whether the asking connection is in the group.
    #[prost(bool, tag = "8")]
    pub joined: bool,
    /// Whether the group was dissolved.
    #[prost(bool, tag = "9")]
    pub dissolved: bool,
    /// How long ago online_count was counted, in milliseconds.
    #[prost(uint64, tag = "10")]
    pub online_count_age_ms: u64,
    /// Who may not speak at present.
    #[prost(enumeration = "MuteAll", tag = "11")]
    pub mute_all: i32,
    /// How long an ordinary member waits between two messages, in milliseconds; 0: not at all.
    #[prost(uint64, tag = "12")]
    pub slow_mode_ms: u64,
    /// How long nobody may be in before the group is dissolved, in seconds; 0: for ever.
    #[prost(uint64, tag = "13")]
    pub dissolve_after_idle_s: u64,
    /// The marks that members may be given, at most 20.
    #[prost(string, repeated, tag = "14")]
    pub mark_types: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// The asking user's own record. In LiveState only for those whose own record changed.
    #[prost(message, optional, tag = "15")]
    pub me: ::core::option::Option<LiveMember>,
}
impl ::prost::Name for LiveGroup {
    const NAME: &'static str = "LiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveGroup".into()
    }
}
/// Makes a live group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CreateLiveGroup {
    /// What the owner says about it.
    #[prost(message, optional, tag = "1")]
    pub info: ::core::option::Option<GroupInfo>,
}
impl ::prost::Name for CreateLiveGroup {
    const NAME: &'static str = "CreateLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.CreateLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.CreateLiveGroup".into()
    }
}
/// Changes what is said about a live group. What is absent stays as it is. Everyone in the group is told the
/// new state.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SetLiveGroupInfo {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// 1 to 100 characters.
    #[prost(string, optional, tag = "2")]
    pub name: ::core::option::Option<::prost::alloc::string::String>,
    /// At most 1 KiB.
    #[prost(string, optional, tag = "3")]
    pub description: ::core::option::Option<::prost::alloc::string::String>,
    /// At most 1 KiB.
    #[prost(string, optional, tag = "4")]
    pub notice: ::core::option::Option<::prost::alloc::string::String>,
    /// At most 1 KiB.
    #[prost(string, optional, tag = "5")]
    pub avatar_url: ::core::option::Option<::prost::alloc::string::String>,
    /// Replaces all of the app's own values.
    #[prost(message, optional, tag = "6")]
    pub ext: ::core::option::Option<Ext>,
}
impl ::prost::Name for SetLiveGroupInfo {
    const NAME: &'static str = "SetLiveGroupInfo";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.SetLiveGroupInfo".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.SetLiveGroupInfo".into()
    }
}
/// Reads one live group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct GetLiveGroup {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
}
impl ::prost::Name for GetLiveGroup {
    const NAME: &'static str = "GetLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.GetLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.GetLiveGroup".into()
    }
}
/// Lists live groups in the order of their short ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListLiveGroups {
    /// 0 for the first page, then next_cursor of the page before.
    #[prost(int64, tag = "1")]
    pub cursor: i64,
    /// How many, 1 to 50. More is answered with 50, 0 with 20.
    #[prost(uint32, tag = "2")]
    pub count: u32,
    /// Only groups that the asking user owns or administers.
    #[prost(bool, tag = "3")]
    pub mine: bool,
}
impl ::prost::Name for ListLiveGroups {
    const NAME: &'static str = "ListLiveGroups";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.ListLiveGroups".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.ListLiveGroups".into()
    }
}
/// A page of live groups.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveGroupPage {
    /// In the order of their short ids.
    #[prost(message, repeated, tag = "1")]
    pub groups: ::prost::alloc::vec::Vec<LiveGroup>,
    /// Where the next page begins.
    #[prost(int64, tag = "2")]
    pub next_cursor: i64,
    /// Whether there is a next page.
    #[prost(bool, tag = "3")]
    pub has_more: bool,
}
impl ::prost::Name for LiveGroupPage {
    const NAME: &'static str = "LiveGroupPage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveGroupPage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveGroupPage".into()
    }
}
/// Enters a live group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct JoinLiveGroup {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// How far this viewer was accounted to when its last connection ended; absent at a first join.
    #[prost(message, optional, tag = "2")]
    pub resume: ::core::option::Option<Cursor>,
    /// What the user says about itself in this group; absent: what the server has, or nothing.
    #[prost(message, optional, tag = "3")]
    pub info: ::core::option::Option<LiveMemberInfo>,
}
impl ::prost::Name for JoinLiveGroup {
    const NAME: &'static str = "JoinLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.JoinLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.JoinLiveGroup".into()
    }
}
/// The connection is in the group. Every message with a number above the cursor follows on this connection,
/// or is reported as left out.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct JoinedLiveGroup {
    /// The group.
    #[prost(message, optional, tag = "1")]
    pub group: ::core::option::Option<LiveGroup>,
    /// From where on this viewer is accounted for.
    #[prost(message, optional, tag = "2")]
    pub cursor: ::core::option::Option<Cursor>,
    /// The group's attributes at this moment.
    #[prost(message, optional, tag = "6")]
    pub attributes: ::core::option::Option<LiveAttributes>,
    /// The group's counters at this moment, at most 64.
    #[prost(btree_map = "string, uint64", tag = "7")]
    pub counters: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
    /// What became of the cursor that was presented.
    #[prost(oneof = "joined_live_group::Verdict", tags = "3, 4, 5")]
    pub verdict: ::core::option::Option<joined_live_group::Verdict>,
}
/// Nested message and enum types in `JoinedLiveGroup`.
pub mod joined_live_group {
    /// What became of the cursor that was presented.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Verdict {
        /// There was none.
        #[prost(message, tag = "3")]
        Fresh(super::FreshVerdict),
        /// It is continued.
        #[prost(message, tag = "4")]
        Resumed(super::ResumedVerdict),
        /// It could not be continued.
        #[prost(message, tag = "5")]
        Discontinuity(super::DiscontinuityVerdict),
    }
}
impl ::prost::Name for JoinedLiveGroup {
    const NAME: &'static str = "JoinedLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.JoinedLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.JoinedLiveGroup".into()
    }
}
/// There was no cursor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct FreshVerdict {}
impl ::prost::Name for FreshVerdict {
    const NAME: &'static str = "FreshVerdict";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.FreshVerdict".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.FreshVerdict".into()
    }
}
/// The cursor is continued: every missed message follows, save those counted here. HIGH is never left out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ResumedVerdict {
    /// Messages of class LOW that will not follow.
    #[prost(uint64, tag = "1")]
    pub left_out_low: u64,
    /// Messages of class NORMAL that will not follow.
    #[prost(uint64, tag = "2")]
    pub left_out_normal: u64,
}
impl ::prost::Name for ResumedVerdict {
    const NAME: &'static str = "ResumedVerdict";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.ResumedVerdict".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.ResumedVerdict".into()
    }
}
/// The cursor could not be continued. The viewer starts at the cursor of the answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DiscontinuityVerdict {
    /// Why.
    #[prost(enumeration = "DiscontinuityReason", tag = "1")]
    pub reason: i32,
}
impl ::prost::Name for DiscontinuityVerdict {
    const NAME: &'static str = "DiscontinuityVerdict";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.DiscontinuityVerdict".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.DiscontinuityVerdict".into()
    }
}
/// Leaves a live group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LeaveLiveGroup {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
}
impl ::prost::Name for LeaveLiveGroup {
    const NAME: &'static str = "LeaveLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LeaveLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LeaveLiveGroup".into()
    }
}
/// Ends a live group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DissolveLiveGroup {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
}
impl ::prost::Name for DissolveLiveGroup {
    const NAME: &'static str = "DissolveLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.DissolveLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.DissolveLiveGroup".into()
    }
}
/// What a message says.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Content {
    /// What it says, in one of these kinds. At most 64 KiB of UTF-8.
    #[prost(oneof = "content::Kind", tags = "1, 2")]
    pub kind: ::core::option::Option<content::Kind>,
}
/// Nested message and enum types in `Content`.
pub mod content {
    /// What it says, in one of these kinds. At most 64 KiB of UTF-8.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Kind {
        /// Plain text.
        #[prost(string, tag = "1")]
        Text(::prost::alloc::string::String),
        /// The app's own format, usually JSON.
        #[prost(string, tag = "2")]
        Custom(::prost::alloc::string::String),
    }
}
impl ::prost::Name for Content {
    const NAME: &'static str = "Content";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Content".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Content".into()
    }
}
/// Sends a message to a live group.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SendLiveMessage {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// The idempotency key: 16 bytes, chosen once for the message and kept for every resend. A resend is
    /// answered with the original position; the same id with other content is refused with code 1002.
    #[prost(bytes = "bytes", tag = "2")]
    pub client_message_id: ::prost::bytes::Bytes,
    /// Its class.
    #[prost(enumeration = "Priority", tag = "3")]
    pub priority: i32,
    /// What it says.
    #[prost(message, optional, tag = "4")]
    pub content: ::core::option::Option<Content>,
    /// Optional: the client_message_id of the message that this one must not overtake. When the server has
    /// refused that one on this connection, for now or for good, this one is refused too (code 78). Whoever knows
    /// that the earlier one was refused for good, and does not send it again, leaves this empty.
    #[prost(bytes = "bytes", tag = "5")]
    pub follows: ::prost::bytes::Bytes,
}
impl ::prost::Name for SendLiveMessage {
    const NAME: &'static str = "SendLiveMessage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.SendLiveMessage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.SendLiveMessage".into()
    }
}
/// A message was accepted, has its position, and survives a crash of the server.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveMessageAccepted {
    /// Where it stands.
    #[prost(message, optional, tag = "1")]
    pub position: ::core::option::Option<Position>,
    /// When it was accepted, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub accepted_at_ms: u64,
    /// Whether only its sender sees it.
    #[prost(bool, tag = "3")]
    pub only_for_sender: bool,
    /// What it says now, when a moderator rewrote it.
    #[prost(message, optional, tag = "4")]
    pub rewritten: ::core::option::Option<Content>,
}
impl ::prost::Name for LiveMessageAccepted {
    const NAME: &'static str = "LiveMessageAccepted";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMessageAccepted".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMessageAccepted".into()
    }
}
/// A message of a live group.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveMessage {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Where it stands. Numbers rise within one class; HIGH may overtake the others.
    #[prost(message, optional, tag = "2")]
    pub position: ::core::option::Option<Position>,
    /// Who sent it, stamped by the server.
    #[prost(message, optional, tag = "3")]
    pub sender: ::core::option::Option<Uid>,
    /// What its sender's device called it: 16 bytes.
    #[prost(bytes = "bytes", tag = "4")]
    pub client_message_id: ::prost::bytes::Bytes,
    /// Its class.
    #[prost(enumeration = "Priority", tag = "5")]
    pub priority: i32,
    /// When it was accepted, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "6")]
    pub accepted_at_ms: u64,
    /// What it says.
    #[prost(message, optional, tag = "7")]
    pub content: ::core::option::Option<Content>,
    /// How often it was edited.
    #[prost(uint32, tag = "8")]
    pub edits: u32,
    /// The number of the last message of class LOW before this one; 0 when there is none. With the next two it
    /// lets a viewer prove that nothing is missing: whoever is accounted in a class up to the number given for
    /// it is accounted up to this message in that class. Not set in pages of history.
    #[prost(uint64, tag = "9")]
    pub previous_low: u64,
    /// The number of the last message of class NORMAL before this one.
    #[prost(uint64, tag = "10")]
    pub previous_normal: u64,
    /// The number of the last message of class HIGH before this one.
    #[prost(uint64, tag = "11")]
    pub previous_high: u64,
    /// Whether there is nothing to show: it was deleted, or is meant for its sender only. The content is absent.
    #[prost(bool, tag = "12")]
    pub hidden: bool,
}
impl ::prost::Name for LiveMessage {
    const NAME: &'static str = "LiveMessage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMessage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMessage".into()
    }
}
/// Messages of one class that this viewer was not sent. Comes before the next message of that class. They
/// can be read with ReadLiveHistory while they are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveGap {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Which class.
    #[prost(enumeration = "Priority", tag = "2")]
    pub priority: i32,
    /// How many messages. At least 1.
    #[prost(uint64, tag = "3")]
    pub count: u64,
    /// The number of the first of them.
    #[prost(uint64, tag = "4")]
    pub from_seq: u64,
    /// The number of the last of them.
    #[prost(uint64, tag = "5")]
    pub to_seq: u64,
}
impl ::prost::Name for LiveGap {
    const NAME: &'static str = "LiveGap";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveGap".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveGap".into()
    }
}
/// The state of a live group. Never left out; a client keeps the one with the highest version.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveState {
    /// The group as it stands now. The fields role and joined are not set: they differ from viewer to viewer.
    #[prost(message, optional, tag = "1")]
    pub group: ::core::option::Option<LiveGroup>,
}
impl ::prost::Name for LiveState {
    const NAME: &'static str = "LiveState";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveState".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveState".into()
    }
}
/// A message was changed. A change has a number of its own in the log and is a message of class HIGH: it is
/// never left out, and is replayed by a resume.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveMessageUpdated {
    /// The message as it stands now, with a risen count of edits. Its own previous numbers are not set.
    #[prost(message, optional, tag = "1")]
    pub message: ::core::option::Option<LiveMessage>,
    /// Where the change itself stands.
    #[prost(message, optional, tag = "2")]
    pub position: ::core::option::Option<Position>,
    /// The number of the last message of class LOW before the change.
    #[prost(uint64, tag = "3")]
    pub previous_low: u64,
    /// The number of the last message of class NORMAL before the change.
    #[prost(uint64, tag = "4")]
    pub previous_normal: u64,
    /// The number of the last message of class HIGH before the change.
    #[prost(uint64, tag = "5")]
    pub previous_high: u64,
    /// Who changed it.
    #[prost(message, optional, tag = "6")]
    pub operator: ::core::option::Option<Uid>,
}
impl ::prost::Name for LiveMessageUpdated {
    const NAME: &'static str = "LiveMessageUpdated";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMessageUpdated".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMessageUpdated".into()
    }
}
/// A message was removed. Like a change, this is a message of class HIGH.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LiveMessageDeleted {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Which message.
    #[prost(message, optional, tag = "2")]
    pub position: ::core::option::Option<Position>,
    /// Where the removal itself stands.
    #[prost(message, optional, tag = "3")]
    pub removal: ::core::option::Option<Position>,
    /// The number of the last message of class LOW before the removal.
    #[prost(uint64, tag = "4")]
    pub previous_low: u64,
    /// The number of the last message of class NORMAL before the removal.
    #[prost(uint64, tag = "5")]
    pub previous_normal: u64,
    /// The number of the last message of class HIGH before the removal.
    #[prost(uint64, tag = "6")]
    pub previous_high: u64,
    /// Who removed it.
    #[prost(message, optional, tag = "7")]
    pub operator: ::core::option::Option<Uid>,
}
impl ::prost::Name for LiveMessageDeleted {
    const NAME: &'static str = "LiveMessageDeleted";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveMessageDeleted".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveMessageDeleted".into()
    }
}
/// Changes what a message says. Its sender may within two minutes.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct UpdateLiveMessage {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Which message.
    #[prost(uint64, tag = "2")]
    pub seq: u64,
    /// What it says from now on.
    #[prost(message, optional, tag = "3")]
    pub content: ::core::option::Option<Content>,
}
impl ::prost::Name for UpdateLiveMessage {
    const NAME: &'static str = "UpdateLiveMessage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.UpdateLiveMessage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.UpdateLiveMessage".into()
    }
}
/// Removes a message. Its sender may within two minutes, admins those of ordinary members, the owner any.
/// Harmless for one that was removed before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DeleteLiveMessage {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Which message.
    #[prost(uint64, tag = "2")]
    pub seq: u64,
}
impl ::prost::Name for DeleteLiveMessage {
    const NAME: &'static str = "DeleteLiveMessage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.DeleteLiveMessage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.DeleteLiveMessage".into()
    }
}
/// Sends a message to every live group of the app. App servers only.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct BroadcastToLiveGroups {
    /// The idempotency key in each group: 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub client_message_id: ::prost::bytes::Bytes,
    /// Its class.
    #[prost(enumeration = "Priority", tag = "2")]
    pub priority: i32,
    /// What it says.
    #[prost(message, optional, tag = "3")]
    pub content: ::core::option::Option<Content>,
}
impl ::prost::Name for BroadcastToLiveGroups {
    const NAME: &'static str = "BroadcastToLiveGroups";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.BroadcastToLiveGroups".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.BroadcastToLiveGroups".into()
    }
}
/// What came of a broadcast.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct BroadcastDone {
    /// Groups that have the message, durable.
    #[prost(uint64, tag = "1")]
    pub accepted: u64,
    /// Groups that could not be reached; the same broadcast may be asked for again, and reaches only those.
    #[prost(uint64, tag = "2")]
    pub failed: u64,
}
impl ::prost::Name for BroadcastDone {
    const NAME: &'static str = "BroadcastDone";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.BroadcastDone".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.BroadcastDone".into()
    }
}
/// Reads messages of a live group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ReadLiveHistory {
    /// Which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// The first number wanted. 0 and 1 both mean the oldest that is kept.
    #[prost(uint64, tag = "2")]
    pub from_seq: u64,
    /// The last number wanted; 0 means the newest, unless `up_to_nothing` is set.
    #[prost(uint64, tag = "3")]
    pub to_seq: u64,
    /// How many. 0 and more than the server's limit (20 unless it is configured otherwise) are answered with the
    /// limit. A page also ends at 128 KiB.
    #[prost(uint32, tag = "4")]
    pub limit: u32,
    /// Begin with the last number wanted and go down.
    #[prost(bool, tag = "5")]
    pub newest_first: bool,
    /// The last number wanted is 0, where nothing is: the join cursor of a group in which nothing was said.
    #[prost(bool, tag = "6")]
    pub up_to_nothing: bool,
}
impl ::prost::Name for ReadLiveHistory {
    const NAME: &'static str = "ReadLiveHistory";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.ReadLiveHistory".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.ReadLiveHistory".into()
    }
}
/// A page of messages, in the order that was asked for. Deleted messages are not in it.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LiveHistoryPage {
    /// The messages.
    #[prost(message, repeated, tag = "1")]
    pub messages: ::prost::alloc::vec::Vec<LiveMessage>,
    /// Where the next page begins: its from_seq, or its to_seq when it goes down.
    #[prost(uint64, tag = "2")]
    pub next_seq: u64,
    /// Whether the wanted range goes on.
    #[prost(bool, tag = "3")]
    pub has_more: bool,
}
impl ::prost::Name for LiveHistoryPage {
    const NAME: &'static str = "LiveHistoryPage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.LiveHistoryPage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.LiveHistoryPage".into()
    }
}
/// Why a cursor could not be continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum DiscontinuityReason {
    /// Not said.
    Unspecified = 0,
    /// More time, messages or bytes went by than the room buffer keeps.
    BeyondWindow = 1,
    /// The log was lost or rebuilt.
    NewEpoch = 2,
    /// The cursor is ahead of the log.
    CursorAhead = 3,
}
impl DiscontinuityReason {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "DISCONTINUITY_REASON_UNSPECIFIED",
            Self::BeyondWindow => "DISCONTINUITY_REASON_BEYOND_WINDOW",
            Self::NewEpoch => "DISCONTINUITY_REASON_NEW_EPOCH",
            Self::CursorAhead => "DISCONTINUITY_REASON_CURSOR_AHEAD",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "DISCONTINUITY_REASON_UNSPECIFIED" => Some(Self::Unspecified),
            "DISCONTINUITY_REASON_BEYOND_WINDOW" => Some(Self::BeyondWindow),
            "DISCONTINUITY_REASON_NEW_EPOCH" => Some(Self::NewEpoch),
            "DISCONTINUITY_REASON_CURSOR_AHEAD" => Some(Self::CursorAhead),
            _ => None,
        }
    }
}
/// Something a client asks for. Requests of one connection are acted on in order; responses may come in
/// another order.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Request {
    /// Chosen by the client, unique among its requests that wait. Returned in the response.
    #[prost(uint64, tag = "1")]
    pub request_id: u64,
    /// What is asked.
    #[prost(
        oneof = "request::Body",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21"
    )]
    pub body: ::core::option::Option<request::Body>,
}
/// Nested message and enum types in `Request`.
pub mod request {
    /// What is asked.
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Body {
        /// Presents a newer token for the same app and user. Changes nothing but the expiry.
        #[prost(message, tag = "2")]
        RefreshToken(super::RefreshToken),
        /// Makes a live group, owned by the asking user.
        #[prost(message, tag = "3")]
        CreateLiveGroup(super::CreateLiveGroup),
        /// Reads one live group.
        #[prost(message, tag = "4")]
        GetLiveGroup(super::GetLiveGroup),
        /// Lists live groups.
        #[prost(message, tag = "5")]
        ListLiveGroups(super::ListLiveGroups),
        /// Enters a live group, or resumes in it.
        #[prost(message, tag = "6")]
        JoinLiveGroup(super::JoinLiveGroup),
        /// Leaves a live group.
        #[prost(message, tag = "7")]
        LeaveLiveGroup(super::LeaveLiveGroup),
        /// Ends a live group for everyone. Owner only.
        #[prost(message, tag = "8")]
        DissolveLiveGroup(super::DissolveLiveGroup),
        /// Sends a message to a live group the connection is in.
        #[prost(message, tag = "9")]
        SendLiveMessage(super::SendLiveMessage),
        /// Reads messages of a live group the connection is in.
        #[prost(message, tag = "10")]
        ReadLiveHistory(super::ReadLiveHistory),
        /// Changes what is said about a live group.
        #[prost(message, tag = "11")]
        SetLiveGroupInfo(super::SetLiveGroupInfo),
        /// Does something that owner and admins can do.
        #[prost(message, tag = "12")]
        ChangeLiveGroup(super::ChangeLiveGroup),
        /// Changes what the asking user says about itself.
        #[prost(message, tag = "13")]
        SetLiveMemberInfo(super::SetLiveMemberInfo),
        /// Lists members.
        #[prost(message, tag = "14")]
        ListLiveMembers(super::ListLiveMembers),
        /// Reads the records of some users.
        #[prost(message, tag = "15")]
        GetLiveMembers(super::GetLiveMembers),
        /// Changes what a message says.
        #[prost(message, tag = "16")]
        UpdateLiveMessage(super::UpdateLiveMessage),
        /// Removes a message.
        #[prost(message, tag = "17")]
        DeleteLiveMessage(super::DeleteLiveMessage),
        /// Writes attributes.
        #[prost(message, tag = "18")]
        WriteLiveAttributes(super::WriteLiveAttributes),
        /// Reads attributes.
        #[prost(message, tag = "19")]
        ReadLiveAttributes(super::ReadLiveAttributes),
        /// Adds to counters.
        #[prost(message, tag = "20")]
        TapLiveCounters(super::TapLiveCounters),
        /// Sends a message to every live group of the app.
        #[prost(message, tag = "21")]
        BroadcastToLiveGroups(super::BroadcastToLiveGroups),
    }
}
impl ::prost::Name for Request {
    const NAME: &'static str = "Request";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Request".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Request".into()
    }
}
/// The answer to one Request.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Response {
    /// The id of the request.
    #[prost(uint64, tag = "1")]
    pub request_id: u64,
    /// What came of it.
    #[prost(oneof = "response::Body", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16")]
    pub body: ::core::option::Option<response::Body>,
}
/// Nested message and enum types in `Response`.
pub mod response {
    /// What came of it.
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Body {
        /// It was not done.
        #[prost(message, tag = "2")]
        Refusal(super::Refusal),
        /// It was done; there is nothing to say.
        #[prost(message, tag = "3")]
        Done(super::Done),
        /// A token was accepted.
        #[prost(message, tag = "4")]
        TokenRefreshed(super::TokenRefreshed),
        /// One live group: made, read or changed.
        #[prost(message, tag = "5")]
        LiveGroup(super::LiveGroup),
        /// A page of live groups.
        #[prost(message, tag = "6")]
        LiveGroupPage(super::LiveGroupPage),
        /// The connection is in the live group.
        #[prost(message, tag = "7")]
        JoinedLiveGroup(super::JoinedLiveGroup),
        /// The message was accepted and is durable.
        #[prost(message, tag = "8")]
        LiveMessageAccepted(super::LiveMessageAccepted),
        /// A page of messages.
        #[prost(message, tag = "9")]
        LiveHistoryPage(super::LiveHistoryPage),
        /// It was done, save for those listed.
        #[prost(message, tag = "10")]
        LiveGroupChanged(super::LiveGroupChanged),
        /// One member's record after a change.
        #[prost(message, tag = "11")]
        LiveMember(super::LiveMember),
        /// A page of members.
        #[prost(message, tag = "12")]
        LiveMemberPage(super::LiveMemberPage),
        /// What came of writes to attributes.
        #[prost(message, tag = "13")]
        LiveAttributesWritten(super::LiveAttributesWritten),
        /// Attributes.
        #[prost(message, tag = "14")]
        LiveAttributes(super::LiveAttributes),
        /// Counters.
        #[prost(message, tag = "15")]
        LiveCounters(super::LiveCounters),
        /// What came of a broadcast.
        #[prost(message, tag = "16")]
        BroadcastDone(super::BroadcastDone),
    }
}
impl ::prost::Name for Response {
    const NAME: &'static str = "Response";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Response".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Response".into()
    }
}
/// Nothing to say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Done {}
impl ::prost::Name for Done {
    const NAME: &'static str = "Done";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Done".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Done".into()
    }
}
/// Presents a newer token.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RefreshToken {
    /// As in Hello.
    #[prost(string, tag = "1")]
    pub token: ::prost::alloc::string::String,
}
impl ::prost::Name for RefreshToken {
    const NAME: &'static str = "RefreshToken";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RefreshToken".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RefreshToken".into()
    }
}
/// A newer token was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct TokenRefreshed {
    /// When the session ends now, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "1")]
    pub token_expires_at_ms: u64,
}
impl ::prost::Name for TokenRefreshed {
    const NAME: &'static str = "TokenRefreshed";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.TokenRefreshed".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.TokenRefreshed".into()
    }
}
/// What a machine of the same kind is made with.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordingHeader {
    /// Which machine.
    #[prost(enumeration = "RecordingKind", tag = "1")]
    pub kind: i32,
    /// The version of bim that wrote it.
    #[prost(string, tag = "2")]
    pub made_by: ::prost::alloc::string::String,
    /// Whether message bodies are in it as they were.
    #[prost(bool, tag = "3")]
    pub bodies: bool,
    /// What the machine drew its random bits from.
    #[prost(uint64, tag = "4")]
    pub seed: u64,
    /// For a server: its limits by name. Times are microseconds, switches 0 or 1.
    #[prost(btree_map = "string, uint64", tag = "5")]
    pub limits: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
    /// For a client.
    #[prost(message, optional, tag = "6")]
    pub client: ::core::option::Option<RecordedClient>,
}
impl ::prost::Name for RecordingHeader {
    const NAME: &'static str = "RecordingHeader";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordingHeader".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordingHeader".into()
    }
}
/// What a client is told once.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedClient {
    /// Which app.
    #[prost(uint32, tag = "1")]
    pub app_id: u32,
    /// Which user.
    #[prost(message, optional, tag = "2")]
    pub uid: ::core::option::Option<Uid>,
    /// How many endpoints can be dialed.
    #[prost(uint64, tag = "3")]
    pub endpoints: u64,
    /// Name and version of the library.
    #[prost(string, tag = "4")]
    pub sdk: ::prost::alloc::string::String,
}
impl ::prost::Name for RecordedClient {
    const NAME: &'static str = "RecordedClient";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedClient".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedClient".into()
    }
}
/// One input, and what came of it.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedEntry {
    /// The clock that never goes back, microseconds since an arbitrary start.
    #[prost(uint64, tag = "1")]
    pub mono_us: u64,
    /// Civil time, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub wall_ms: u64,
    /// What the machine wanted done then.
    #[prost(message, optional, tag = "3")]
    pub outputs: ::core::option::Option<RecordedOutputs>,
    /// What the machine was told.
    #[prost(
        oneof = "recorded_entry::Input",
        tags = "4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24"
    )]
    pub input: ::core::option::Option<recorded_entry::Input>,
}
/// Nested message and enum types in `RecordedEntry`.
pub mod recorded_entry {
    /// What the machine was told.
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Input {
        /// Nothing yet: it was made.
        #[prost(message, tag = "4")]
        Start(super::RecordedStart),
        /// Nothing any more: the recording ends here.
        #[prost(message, tag = "5")]
        End(super::RecordedEnd),
        /// Time went by.
        #[prost(message, tag = "6")]
        Tick(super::RecordedTick),
        /// Server: a connection was accepted.
        #[prost(message, tag = "7")]
        Opened(super::RecordedOpened),
        /// Server: a frame arrived.
        #[prost(message, tag = "8")]
        Frame(super::RecordedFrame),
        /// Server: this connection is gone.
        #[prost(uint64, tag = "9")]
        Closed(u64),
        /// Server: this connection reads too slowly.
        #[prost(uint64, tag = "10")]
        TooSlow(u64),
        /// Server: a write is done, or failed.
        #[prost(message, tag = "11")]
        Written(super::RecordedWritten),
        /// Server: a read is done, or failed.
        #[prost(message, tag = "12")]
        Loaded(super::RecordedLoaded),
        /// Server: a moderator decided.
        #[prost(message, tag = "13")]
        Moderated(super::RecordedModerated),
        /// Server: a moderator wants a message removed.
        #[prost(message, tag = "14")]
        Remove(super::RecordedRemove),
        /// Server: an operator asks for something.
        #[prost(message, tag = "15")]
        Admin(super::RecordedAdmin),
        /// Server: stop.
        #[prost(message, tag = "16")]
        Drain(super::RecordedDrain),
        /// Client: the app asks for something.
        #[prost(message, tag = "17")]
        Command(super::RecordedCommand),
        /// Client: which device this is was read.
        #[prost(message, tag = "18")]
        Device(super::RecordedDevice),
        /// Client: changes are durable, or not.
        #[prost(message, tag = "19")]
        Committed(super::RecordedCommitted),
        /// Client: the token provider answered.
        #[prost(message, tag = "20")]
        Token(super::RecordedTokenAnswer),
        /// Client: this connection is established.
        #[prost(uint64, tag = "21")]
        Dialed(u64),
        /// Client: a connection was not established.
        #[prost(message, tag = "22")]
        DialFailed(super::RecordedDialFailed),
        /// Client: a frame arrived.
        #[prost(message, tag = "23")]
        LinkFrame(super::RecordedFrame),
        /// Client: this connection is over.
        #[prost(uint64, tag = "24")]
        LinkClosed(u64),
    }
}
impl ::prost::Name for RecordedEntry {
    const NAME: &'static str = "RecordedEntry";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedEntry".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedEntry".into()
    }
}
/// What a machine wanted done after an input, as far as it has to be compared.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedOutputs {
    /// How many outputs.
    #[prost(uint64, tag = "1")]
    pub count: u64,
    /// A hash of all of them and of the next deadline, stand-ins in place of what is not recorded.
    #[prost(fixed64, tag = "2")]
    pub digest: u64,
    /// What the first 64 are, one byte each.
    #[prost(bytes = "bytes", tag = "3")]
    pub kinds: ::prost::bytes::Bytes,
    /// The lower half of a hash of each of these.
    #[prost(fixed32, repeated, tag = "4")]
    pub marks: ::prost::alloc::vec::Vec<u32>,
}
impl ::prost::Name for RecordedOutputs {
    const NAME: &'static str = "RecordedOutputs";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedOutputs".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedOutputs".into()
    }
}
/// The machine was made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedStart {}
impl ::prost::Name for RecordedStart {
    const NAME: &'static str = "RecordedStart";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedStart".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedStart".into()
    }
}
/// The recording ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedEnd {
    /// Why.
    #[prost(enumeration = "RecordingEnd", tag = "1")]
    pub reason: i32,
}
impl ::prost::Name for RecordedEnd {
    const NAME: &'static str = "RecordedEnd";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedEnd".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedEnd".into()
    }
}
/// Time went by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedTick {}
impl ::prost::Name for RecordedTick {
    const NAME: &'static str = "RecordedTick";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedTick".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedTick".into()
    }
}
/// A connection was accepted.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedOpened {
    /// Its number.
    #[prost(uint64, tag = "1")]
    pub connection: u64,
    /// A stand-in for the address that failed logins are counted by; absent: they are not counted.
    #[prost(string, optional, tag = "2")]
    pub peer: ::core::option::Option<::prost::alloc::string::String>,
}
impl ::prost::Name for RecordedOpened {
    const NAME: &'static str = "RecordedOpened";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedOpened".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedOpened".into()
    }
}
/// A frame arrived.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedFrame {
    /// On which connection.
    #[prost(uint64, tag = "1")]
    pub connection: u64,
    /// The frame.
    #[prost(bytes = "bytes", tag = "2")]
    pub frame: ::prost::bytes::Bytes,
}
impl ::prost::Name for RecordedFrame {
    const NAME: &'static str = "RecordedFrame";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedFrame".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedFrame".into()
    }
}
/// A write is done, or failed.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedWritten {
    /// Which one.
    #[prost(uint64, tag = "1")]
    pub op: u64,
    /// Why not.
    #[prost(enumeration = "RecordedFailure", tag = "2")]
    pub failure: i32,
    /// What became of each operation.
    #[prost(message, repeated, tag = "3")]
    pub outcomes: ::prost::alloc::vec::Vec<RecordedOutcome>,
}
impl ::prost::Name for RecordedWritten {
    const NAME: &'static str = "RecordedWritten";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedWritten".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedWritten".into()
    }
}
/// What became of one operation.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedOutcome {
    /// By what was to be done.
    #[prost(oneof = "recorded_outcome::Outcome", tags = "1, 2, 3, 4, 5, 6")]
    pub outcome: ::core::option::Option<recorded_outcome::Outcome>,
}
/// Nested message and enum types in `RecordedOutcome`.
pub mod recorded_outcome {
    /// By what was to be done.
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Outcome {
        /// Records were appended.
        #[prost(message, tag = "1")]
        Appended(super::RecordedAppends),
        /// The last number was another one: this.
        #[prost(uint64, tag = "2")]
        LastDiffers(u64),
        /// A small record was changed and has this version.
        #[prost(uint64, tag = "3")]
        PutDone(u64),
        /// A small record was not as expected.
        #[prost(message, tag = "4")]
        PutDiffers(super::RecordedPutDiffers),
        /// So many records were removed.
        #[prost(uint64, tag = "5")]
        Trimmed(u64),
        /// Whether the record that was to be replaced was there.
        #[prost(bool, tag = "6")]
        Replaced(bool),
    }
}
impl ::prost::Name for RecordedOutcome {
    const NAME: &'static str = "RecordedOutcome";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedOutcome".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedOutcome".into()
    }
}
/// What became of appended records.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedAppends {
    /// One for each.
    #[prost(message, repeated, tag = "1")]
    pub appends: ::prost::alloc::vec::Vec<RecordedAppend>,
}
impl ::prost::Name for RecordedAppends {
    const NAME: &'static str = "RecordedAppends";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedAppends".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedAppends".into()
    }
}
/// What became of one appended record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedAppend {
    /// Under which number.
    #[prost(oneof = "recorded_append::Outcome", tags = "1, 2, 3")]
    pub outcome: ::core::option::Option<recorded_append::Outcome>,
}
/// Nested message and enum types in `RecordedAppend`.
pub mod recorded_append {
    /// Under which number.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Outcome {
        /// It is new.
        #[prost(uint64, tag = "1")]
        New(u64),
        /// It was appended before.
        #[prost(uint64, tag = "2")]
        Duplicate(u64),
        /// Its id was used before for something else.
        #[prost(uint64, tag = "3")]
        Conflict(u64),
    }
}
impl ::prost::Name for RecordedAppend {
    const NAME: &'static str = "RecordedAppend";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedAppend".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedAppend".into()
    }
}
/// A small record was not as expected.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedPutDiffers {
    /// Its version; absent: it does not exist.
    #[prost(uint64, optional, tag = "1")]
    pub version: ::core::option::Option<u64>,
}
impl ::prost::Name for RecordedPutDiffers {
    const NAME: &'static str = "RecordedPutDiffers";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedPutDiffers".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedPutDiffers".into()
    }
}
/// A read is done, or failed.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedLoaded {
    /// Which one.
    #[prost(uint64, tag = "1")]
    pub op: u64,
    /// Why not.
    #[prost(enumeration = "RecordedFailure", tag = "2")]
    pub failure: i32,
    /// What was read.
    #[prost(message, optional, tag = "3")]
    pub records: ::core::option::Option<RecordedSmallRecords>,
    /// The ends of a stream, when they were asked for.
    #[prost(message, optional, tag = "4")]
    pub head: ::core::option::Option<RecordedHead>,
    /// Messages, when they were asked for.
    #[prost(message, optional, tag = "5")]
    pub messages: ::core::option::Option<RecordedMessages>,
}
impl ::prost::Name for RecordedLoaded {
    const NAME: &'static str = "RecordedLoaded";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedLoaded".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedLoaded".into()
    }
}
/// Small records.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedSmallRecords {
    /// In the order they were read.
    #[prost(message, repeated, tag = "1")]
    pub records: ::prost::alloc::vec::Vec<RecordedSmallRecord>,
}
impl ::prost::Name for RecordedSmallRecords {
    const NAME: &'static str = "RecordedSmallRecords";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedSmallRecords".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedSmallRecords".into()
    }
}
/// A small record.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedSmallRecord {
    /// Its key as stores write it.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: ::prost::bytes::Bytes,
    /// Its version.
    #[prost(uint64, tag = "2")]
    pub version: u64,
    /// Its bytes.
    #[prost(bytes = "bytes", tag = "3")]
    pub value: ::prost::bytes::Bytes,
}
impl ::prost::Name for RecordedSmallRecord {
    const NAME: &'static str = "RecordedSmallRecord";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedSmallRecord".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedSmallRecord".into()
    }
}
/// The ends of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedHead {
    /// Which life of the log.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// The first number still kept.
    #[prost(uint64, tag = "2")]
    pub first: u64,
    /// The last number handed out.
    #[prost(uint64, tag = "3")]
    pub last: u64,
}
impl ::prost::Name for RecordedHead {
    const NAME: &'static str = "RecordedHead";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedHead".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedHead".into()
    }
}
/// Messages of a stream.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedMessages {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub messages: ::prost::alloc::vec::Vec<RecordedMessage>,
}
impl ::prost::Name for RecordedMessages {
    const NAME: &'static str = "RecordedMessages";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedMessages".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedMessages".into()
    }
}
/// A message of a stream.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedMessage {
    /// Its number.
    #[prost(uint64, tag = "1")]
    pub seq: u64,
    /// When it was accepted, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub at_ms: u64,
    /// Its bytes.
    #[prost(bytes = "bytes", tag = "3")]
    pub record: ::prost::bytes::Bytes,
}
impl ::prost::Name for RecordedMessage {
    const NAME: &'static str = "RecordedMessage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedMessage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedMessage".into()
    }
}
/// A moderator decided.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedModerated {
    /// On what.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// What.
    #[prost(oneof = "recorded_moderated::Verdict", tags = "2, 3, 4, 5")]
    pub verdict: ::core::option::Option<recorded_moderated::Verdict>,
}
/// Nested message and enum types in `RecordedModerated`.
pub mod recorded_moderated {
    /// What.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Verdict {
        /// It is accepted.
        #[prost(message, tag = "2")]
        Allow(super::Done),
        /// It is refused.
        #[prost(message, tag = "3")]
        Refuse(super::RecordedRefusal),
        /// It is accepted and says this instead.
        #[prost(message, tag = "4")]
        Rewrite(super::Content),
        /// Only its sender sees it.
        #[prost(message, tag = "5")]
        OnlyForSender(super::Done),
    }
}
impl ::prost::Name for RecordedModerated {
    const NAME: &'static str = "RecordedModerated";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedModerated".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedModerated".into()
    }
}
/// A message is refused.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedRefusal {
    /// The app's own check code.
    #[prost(int32, tag = "1")]
    pub check_code: i32,
    /// The app's own words.
    #[prost(string, tag = "2")]
    pub message: ::prost::alloc::string::String,
}
impl ::prost::Name for RecordedRefusal {
    const NAME: &'static str = "RecordedRefusal";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedRefusal".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedRefusal".into()
    }
}
/// A message is to be removed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedRemove {
    /// Of which app.
    #[prost(uint32, tag = "1")]
    pub app_id: u32,
    /// Of which group.
    #[prost(int64, tag = "2")]
    pub short_id: i64,
    /// Which message.
    #[prost(uint64, tag = "3")]
    pub seq: u64,
}
impl ::prost::Name for RecordedRemove {
    const NAME: &'static str = "RecordedRemove";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedRemove".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedRemove".into()
    }
}
/// An operator asks for something.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedAdmin {
    /// The number of the answer.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// What.
    #[prost(oneof = "recorded_admin::Command", tags = "2, 3, 4, 5, 6, 7")]
    pub command: ::core::option::Option<recorded_admin::Command>,
}
/// Nested message and enum types in `RecordedAdmin`.
pub mod recorded_admin {
    /// What.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Command {
        /// Make an app.
        #[prost(message, tag = "2")]
        CreateApp(super::RecordedCreateApp),
        /// List all apps.
        #[prost(message, tag = "3")]
        ListApps(super::Done),
        /// Turn an app's users away, or not.
        #[prost(message, tag = "4")]
        SetAppDisabled(super::RecordedSetAppDisabled),
        /// Sign a token.
        #[prost(message, tag = "5")]
        MintToken(super::RecordedMintToken),
        /// Count.
        #[prost(message, tag = "6")]
        Status(super::Done),
        /// Take tokens back.
        #[prost(message, tag = "7")]
        RevokeTokens(super::RecordedRevokeTokens),
    }
}
impl ::prost::Name for RecordedAdmin {
    const NAME: &'static str = "RecordedAdmin";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedAdmin".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedAdmin".into()
    }
}
/// Make an app.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedCreateApp {
    /// For people.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    /// A stand-in of the same length.
    #[prost(bytes = "bytes", tag = "2")]
    pub secret: ::prost::bytes::Bytes,
}
impl ::prost::Name for RecordedCreateApp {
    const NAME: &'static str = "RecordedCreateApp";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedCreateApp".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedCreateApp".into()
    }
}
/// Turn an app's users away, or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedSetAppDisabled {
    /// Which app.
    #[prost(uint32, tag = "1")]
    pub app_id: u32,
    /// Whether.
    #[prost(bool, tag = "2")]
    pub disabled: bool,
}
impl ::prost::Name for RecordedSetAppDisabled {
    const NAME: &'static str = "RecordedSetAppDisabled";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedSetAppDisabled".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedSetAppDisabled".into()
    }
}
/// Sign a token.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedMintToken {
    /// For which app.
    #[prost(uint32, tag = "1")]
    pub app_id: u32,
    /// For which user.
    #[prost(message, optional, tag = "2")]
    pub uid: ::core::option::Option<Uid>,
    /// For how long, microseconds.
    #[prost(uint64, tag = "3")]
    pub ttl_us: u64,
    /// What tells it from others: 16 bytes.
    #[prost(bytes = "bytes", tag = "4")]
    pub nonce: ::prost::bytes::Bytes,
    /// Whether it is for the app's own server.
    #[prost(bool, tag = "5")]
    pub app_server: bool,
}
impl ::prost::Name for RecordedMintToken {
    const NAME: &'static str = "RecordedMintToken";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedMintToken".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedMintToken".into()
    }
}
/// Take tokens back.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedRevokeTokens {
    /// Of which app.
    #[prost(uint32, tag = "1")]
    pub app_id: u32,
    /// Which of them.
    #[prost(oneof = "recorded_revoke_tokens::Tokens", tags = "2, 3, 4")]
    pub tokens: ::core::option::Option<recorded_revoke_tokens::Tokens>,
}
/// Nested message and enum types in `RecordedRevokeTokens`.
pub mod recorded_revoke_tokens {
    /// Which of them.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Tokens {
        /// Those of a user.
        #[prost(message, tag = "2")]
        OfUser(super::RecordedRevokedUser),
        /// The one with this id.
        #[prost(string, tag = "3")]
        WithId(::prost::alloc::string::String),
        /// Those signed with this key.
        #[prost(string, tag = "4")]
        OfKey(::prost::alloc::string::String),
    }
}
impl ::prost::Name for RecordedRevokeTokens {
    const NAME: &'static str = "RecordedRevokeTokens";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedRevokeTokens".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedRevokeTokens".into()
    }
}
/// Tokens of a user.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedRevokedUser {
    /// Whose.
    #[prost(message, optional, tag = "1")]
    pub uid: ::core::option::Option<Uid>,
    /// Those made before, milliseconds since 1970-01-01T00:00:00Z; absent: before now.
    #[prost(uint64, optional, tag = "2")]
    pub issued_before_ms: ::core::option::Option<u64>,
}
impl ::prost::Name for RecordedRevokedUser {
    const NAME: &'static str = "RecordedRevokedUser";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedRevokedUser".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedRevokedUser".into()
    }
}
/// Stop.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedDrain {}
impl ::prost::Name for RecordedDrain {
    const NAME: &'static str = "RecordedDrain";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedDrain".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedDrain".into()
    }
}
/// An app asks its client for something.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordedCommand {
    /// The number of the answer.
    #[prost(uint64, tag = "1")]
    pub call: u64,
    /// What.
    #[prost(oneof = "recorded_command::Command", tags = "2, 3, 4, 5, 6, 7")]
    pub command: ::core::option::Option<recorded_command::Command>,
}
/// Nested message and enum types in `RecordedCommand`.
pub mod recorded_command {
    /// What.
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Command {
        /// Begin a session.
        #[prost(message, tag = "2")]
        Login(super::RecordedLogin),
        /// End it.
        #[prost(message, tag = "3")]
        Logout(super::Done),
        /// End everything.
        #[prost(message, tag = "4")]
        Shutdown(super::Done),
        /// Something of the server.
        #[prost(message, tag = "5")]
        Ask(super::Request),
        /// Add to a counter.
        #[prost(message, tag = "6")]
        Tap(super::RecordedTap),
        /// The counters of this group.
        #[prost(int64, tag = "7")]
        Counters(i64),
    }
}
impl ::prost::Name for RecordedCommand {
    const NAME: &'static str = "RecordedCommand";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedCommand".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedCommand".into()
    }
}
/// Begin a session.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedLogin {
    /// Who.
    #[prost(message, optional, tag = "1")]
    pub uid: ::core::option::Option<Uid>,
    /// A stand-in for the only token there is; absent: there is a provider to ask.
    #[prost(string, optional, tag = "2")]
    pub token: ::core::option::Option<::prost::alloc::string::String>,
}
impl ::prost::Name for RecordedLogin {
    const NAME: &'static str = "RecordedLogin";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedLogin".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedLogin".into()
    }
}
/// Add to a counter.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedTap {
    /// Of which group.
    #[prost(int64, tag = "1")]
    pub short_id: i64,
    /// Which one.
    #[prost(string, tag = "2")]
    pub counter: ::prost::alloc::string::String,
    /// How much.
    #[prost(uint64, tag = "3")]
    pub amount: u64,
}
impl ::prost::Name for RecordedTap {
    const NAME: &'static str = "RecordedTap";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedTap".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedTap".into()
    }
}
/// Which device this is was read.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedDevice {
    /// By which operation.
    #[prost(uint64, tag = "1")]
    pub op: u64,
    /// Why it was not: an error code; 0: it was.
    #[prost(int32, tag = "2")]
    pub failure: i32,
    /// The device: 16 bytes, or none when there is none yet.
    #[prost(bytes = "bytes", tag = "3")]
    pub device_id: ::prost::bytes::Bytes,
}
impl ::prost::Name for RecordedDevice {
    const NAME: &'static str = "RecordedDevice";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedDevice".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedDevice".into()
    }
}
/// Changes are durable, or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedCommitted {
    /// Which ones.
    #[prost(uint64, tag = "1")]
    pub op: u64,
    /// Why not: an error code; 0: they are.
    #[prost(int32, tag = "2")]
    pub failure: i32,
}
impl ::prost::Name for RecordedCommitted {
    const NAME: &'static str = "RecordedCommitted";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedCommitted".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedCommitted".into()
    }
}
/// The token provider answered.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedTokenAnswer {
    /// Which question.
    #[prost(uint64, tag = "1")]
    pub ask: u64,
    /// A stand-in for the token; absent: there is none.
    #[prost(string, optional, tag = "2")]
    pub token: ::core::option::Option<::prost::alloc::string::String>,
}
impl ::prost::Name for RecordedTokenAnswer {
    const NAME: &'static str = "RecordedTokenAnswer";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedTokenAnswer".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedTokenAnswer".into()
    }
}
/// A connection was not established.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RecordedDialFailed {
    /// Which one.
    #[prost(uint64, tag = "1")]
    pub link: u64,
    /// Why, in words without secrets.
    #[prost(string, tag = "2")]
    pub reason: ::prost::alloc::string::String,
}
impl ::prost::Name for RecordedDialFailed {
    const NAME: &'static str = "RecordedDialFailed";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.RecordedDialFailed".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.RecordedDialFailed".into()
    }
}
/// Which machine was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum RecordingKind {
    /// Never written.
    Unspecified = 0,
    /// The engine of a server.
    Server = 1,
    /// The machine of a client.
    Client = 2,
}
impl RecordingKind {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "RECORDING_KIND_UNSPECIFIED",
            Self::Server => "RECORDING_KIND_SERVER",
            Self::Client => "RECORDING_KIND_CLIENT",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "RECORDING_KIND_UNSPECIFIED" => Some(Self::Unspecified),
            "RECORDING_KIND_SERVER" => Some(Self::Server),
            "RECORDING_KIND_CLIENT" => Some(Self::Client),
            _ => None,
        }
    }
}
/// Why a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum RecordingEnd {
    /// Never written.
    Unspecified = 0,
    /// The machine came to its end.
    Complete = 1,
    /// The file is as large as it may become.
    FileFull = 2,
    /// The disk was slower than the machine.
    TooSlow = 3,
    /// One input was larger than an entry may be.
    EntryTooLarge = 4,
}
impl RecordingEnd {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "RECORDING_END_UNSPECIFIED",
            Self::Complete => "RECORDING_END_COMPLETE",
            Self::FileFull => "RECORDING_END_FILE_FULL",
            Self::TooSlow => "RECORDING_END_TOO_SLOW",
            Self::EntryTooLarge => "RECORDING_END_ENTRY_TOO_LARGE",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "RECORDING_END_UNSPECIFIED" => Some(Self::Unspecified),
            "RECORDING_END_COMPLETE" => Some(Self::Complete),
            "RECORDING_END_FILE_FULL" => Some(Self::FileFull),
            "RECORDING_END_TOO_SLOW" => Some(Self::TooSlow),
            "RECORDING_END_ENTRY_TOO_LARGE" => Some(Self::EntryTooLarge),
            _ => None,
        }
    }
}
/// Why a store of a server did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum RecordedFailure {
    /// It did.
    None = 0,
    /// Its queue was full.
    Busy = 1,
    /// It failed.
    Failed = 2,
}
impl RecordedFailure {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::None => "RECORDED_FAILURE_NONE",
            Self::Busy => "RECORDED_FAILURE_BUSY",
            Self::Failed => "RECORDED_FAILURE_FAILED",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "RECORDED_FAILURE_NONE" => Some(Self::None),
            "RECORDED_FAILURE_BUSY" => Some(Self::Busy),
            "RECORDED_FAILURE_FAILED" => Some(Self::Failed),
            _ => None,
        }
    }
}
/// The first frame. At most 4 KiB. Nothing else is acted on before it was accepted.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Hello {
    /// The app the user belongs to. Not 0.
    #[prost(uint32, tag = "1")]
    pub app_id: u32,
    /// Who is logging in. Must be the user of the token.
    #[prost(message, optional, tag = "2")]
    pub uid: ::core::option::Option<Uid>,
    /// Which installation this is: 16 random bytes, the same at every login from one data directory. A newer
    /// login of the same app, user and device ends the older session.
    #[prost(bytes = "bytes", tag = "3")]
    pub device_id: ::prost::bytes::Bytes,
    /// A JSON Web Token (RFC 7519), HS256, at most 2 KiB, with the claims app_id, uid, exp, iat and jti, and
    /// with the key id of the app's secret in its header.
    #[prost(string, tag = "4")]
    pub token: ::prost::alloc::string::String,
    /// Name and version of the client library, at most 64 bytes, for the server's log.
    #[prost(string, tag = "5")]
    pub sdk: ::prost::alloc::string::String,
}
impl ::prost::Name for Hello {
    const NAME: &'static str = "Hello";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Hello".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Hello".into()
    }
}
/// The login was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Welcome {
    /// Rises with every login of this app, user and device on this server.
    #[prost(uint64, tag = "1")]
    pub generation: u64,
    /// The server's clock when it answered, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub server_time_ms: u64,
    /// When the session ends unless a newer token is presented, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "3")]
    pub token_expires_at_ms: u64,
    /// How often each side pings when it has nothing else to send, milliseconds.
    #[prost(uint32, tag = "4")]
    pub ping_interval_ms: u32,
    /// How long nothing may arrive before a side gives the path up, milliseconds.
    #[prost(uint32, tag = "5")]
    pub liveness_timeout_ms: u32,
    /// How many requests may wait for their response at once.
    #[prost(uint32, tag = "6")]
    pub in_flight_max: u32,
    /// Largest frame the server accepts from now on, bytes.
    #[prost(uint32, tag = "7")]
    pub frame_bytes_max: u32,
    /// Largest message body, bytes of UTF-8.
    #[prost(uint32, tag = "8")]
    pub body_bytes_max: u32,
}
impl ::prost::Name for Welcome {
    const NAME: &'static str = "Welcome";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Welcome".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Welcome".into()
    }
}
/// Asks whether the path is alive. Any frame that arrives counts as a sign of life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Ping {
    /// Chosen by the sender, returned in the Pong.
    #[prost(uint64, tag = "1")]
    pub nonce: u64,
}
impl ::prost::Name for Ping {
    const NAME: &'static str = "Ping";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Ping".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Ping".into()
    }
}
/// Answers a Ping.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Pong {
    /// The nonce of the Ping.
    #[prost(uint64, tag = "1")]
    pub nonce: u64,
    /// Sent by servers: their clock, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub server_time_ms: u64,
}
impl ::prost::Name for Pong {
    const NAME: &'static str = "Pong";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Pong".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Pong".into()
    }
}
/// The last frame of its sender, which then closes in order.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Goodbye {
    /// Why. Code 0: a logout or an ordinary end. A retry time means: come back, but not sooner.
    #[prost(message, optional, tag = "1")]
    pub reason: ::core::option::Option<Refusal>,
}
impl ::prost::Name for Goodbye {
    const NAME: &'static str = "Goodbye";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.Goodbye".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.Goodbye".into()
    }
}
/// An app of this server.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredApp {
    /// Its name, for people: 1 to 100 characters.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    /// When it was made, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub created_at_ms: u64,
    /// Whether its users are turned away.
    #[prost(bool, tag = "3")]
    pub disabled: bool,
    /// The keys that tokens may be signed with.
    #[prost(message, repeated, tag = "4")]
    pub keys: ::prost::alloc::vec::Vec<StoredKey>,
}
impl ::prost::Name for StoredApp {
    const NAME: &'static str = "StoredApp";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredApp".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredApp".into()
    }
}
/// A key of an app. One algorithm belongs to it for life: HS256.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StoredKey {
    /// What tokens call it in their header, unique on this server.
    #[prost(string, tag = "1")]
    pub key_id: ::prost::alloc::string::String,
    /// 32 random bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub secret: ::prost::bytes::Bytes,
}
impl ::prost::Name for StoredKey {
    const NAME: &'static str = "StoredKey";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredKey".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredKey".into()
    }
}
/// The tokens of an app that are not taken any more, beside the app's own record.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredRevocations {
    /// In the order of their uids.
    #[prost(message, repeated, tag = "1")]
    pub users: ::prost::alloc::vec::Vec<StoredRevokedUser>,
    /// In the order of their hashes.
    #[prost(message, repeated, tag = "2")]
    pub tokens: ::prost::alloc::vec::Vec<StoredRevokedToken>,
    /// Keys none of whose tokens is taken, in the order of their names.
    #[prost(string, repeated, tag = "3")]
    pub key_ids: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// No token made before this is taken, whoever it is for; milliseconds since 1970-01-01T00:00:00Z; 0: none.
    #[prost(uint64, tag = "4")]
    pub all_issued_before_ms: u64,
}
impl ::prost::Name for StoredRevocations {
    const NAME: &'static str = "StoredRevocations";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredRevocations".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredRevocations".into()
    }
}
/// That older tokens of a user are not taken.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StoredRevokedUser {
    /// Who.
    #[prost(message, optional, tag = "1")]
    pub uid: ::core::option::Option<Uid>,
    /// Tokens made before this are not taken; milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub issued_before_ms: u64,
}
impl ::prost::Name for StoredRevokedUser {
    const NAME: &'static str = "StoredRevokedUser";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredRevokedUser".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredRevokedUser".into()
    }
}
/// That one token is not taken.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StoredRevokedToken {
    /// The first 16 bytes of the SHA-256 hash of its `jti`.
    #[prost(bytes = "bytes", tag = "1")]
    pub jti_hash: ::prost::bytes::Bytes,
    /// When it was revoked, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "2")]
    pub revoked_at_ms: u64,
}
impl ::prost::Name for StoredRevokedToken {
    const NAME: &'static str = "StoredRevokedToken";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredRevokedToken".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredRevokedToken".into()
    }
}
/// A live group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredLiveGroup {
    /// What the owner says about it.
    #[prost(message, optional, tag = "1")]
    pub info: ::core::option::Option<GroupInfo>,
    /// Who owns it.
    #[prost(message, optional, tag = "2")]
    pub owner: ::core::option::Option<Uid>,
    /// When it was made, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "3")]
    pub created_at_ms: u64,
    /// Rises with every change of the state.
    #[prost(uint64, tag = "4")]
    pub version: u64,
    /// Who moderates it.
    #[prost(message, repeated, tag = "5")]
    pub admins: ::prost::alloc::vec::Vec<Uid>,
    /// Who may not speak at present.
    #[prost(enumeration = "MuteAll", tag = "6")]
    pub mute_all: i32,
    /// How long an ordinary member waits between two messages, in milliseconds; 0: not at all.
    #[prost(uint64, tag = "7")]
    pub slow_mode_ms: u64,
    /// How long nobody may be in before the group is dissolved, in seconds; 0: for ever.
    #[prost(uint64, tag = "8")]
    pub dissolve_after_idle_s: u64,
    /// The marks that members may be given.
    #[prost(string, repeated, tag = "9")]
    pub mark_types: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
impl ::prost::Name for StoredLiveGroup {
    const NAME: &'static str = "StoredLiveGroup";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredLiveGroup".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredLiveGroup".into()
    }
}
/// What a live group knows about single users, beside the group's own record.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredLiveRoll {
    /// In the order of their uids.
    #[prost(message, repeated, tag = "1")]
    pub members: ::prost::alloc::vec::Vec<StoredLiveMember>,
}
impl ::prost::Name for StoredLiveRoll {
    const NAME: &'static str = "StoredLiveRoll";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredLiveRoll".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredLiveRoll".into()
    }
}
/// What a live group knows about one user.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredLiveMember {
    /// Who.
    #[prost(message, optional, tag = "1")]
    pub uid: ::core::option::Option<Uid>,
    /// Until when it is muted; absent: not muted.
    #[prost(message, optional, tag = "2")]
    pub muted: ::core::option::Option<Until>,
    /// Until when it is blocked; absent: not blocked.
    #[prost(message, optional, tag = "3")]
    pub blocked: ::core::option::Option<Until>,
    /// Whether it may speak while all are muted.
    #[prost(bool, tag = "4")]
    pub exempt: bool,
    /// The marks it was given.
    #[prost(string, repeated, tag = "5")]
    pub marks: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// What it says about itself; kept for owner and admins only.
    #[prost(message, optional, tag = "6")]
    pub info: ::core::option::Option<LiveMemberInfo>,
}
impl ::prost::Name for StoredLiveMember {
    const NAME: &'static str = "StoredLiveMember";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredLiveMember".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredLiveMember".into()
    }
}
/// The attributes of a live group.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredLiveAttributes {
    /// In the order of their keys.
    #[prost(message, repeated, tag = "1")]
    pub attributes: ::prost::alloc::vec::Vec<LiveAttribute>,
    /// The version of the last write.
    #[prost(uint64, tag = "2")]
    pub version: u64,
}
impl ::prost::Name for StoredLiveAttributes {
    const NAME: &'static str = "StoredLiveAttributes";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredLiveAttributes".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredLiveAttributes".into()
    }
}
/// The counters of a live group, as far as they were added up.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredLiveCounters {
    /// By name.
    #[prost(btree_map = "string, uint64", tag = "1")]
    pub counters: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
    /// The number of the last batch of taps that is in them.
    #[prost(uint64, tag = "2")]
    pub through_seq: u64,
}
impl ::prost::Name for StoredLiveCounters {
    const NAME: &'static str = "StoredLiveCounters";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredLiveCounters".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredLiveCounters".into()
    }
}
/// A message of a live group, as it lies in the log. Its number is the log's.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredLiveMessage {
    /// Who sent it.
    #[prost(message, optional, tag = "1")]
    pub sender: ::core::option::Option<Uid>,
    /// From which device: 16 bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub device_id: ::prost::bytes::Bytes,
    /// What the device called it: 16 bytes.
    #[prost(bytes = "bytes", tag = "3")]
    pub client_message_id: ::prost::bytes::Bytes,
    /// Its class.
    #[prost(enumeration = "Priority", tag = "4")]
    pub priority: i32,
    /// When it was accepted, milliseconds since 1970-01-01T00:00:00Z.
    #[prost(uint64, tag = "5")]
    pub accepted_at_ms: u64,
    /// What it says.
    #[prost(message, optional, tag = "6")]
    pub content: ::core::option::Option<Content>,
    /// How often it was edited.
    #[prost(uint32, tag = "7")]
    pub edits: u32,
    /// Whether there is nothing to show any more.
    #[prost(bool, tag = "8")]
    pub deleted: bool,
    /// Whether only its sender sees it.
    #[prost(bool, tag = "9")]
    pub only_for_sender: bool,
    /// Set for a change of an earlier message: its number. The sender is who changed it; there is no content.
    #[prost(uint64, tag = "10")]
    pub changes_seq: u64,
    /// For a change that is not a removal: the earlier message as it stands from then on.
    #[prost(message, optional, boxed, tag = "11")]
    pub changed: ::core::option::Option<::prost::alloc::boxed::Box<StoredLiveMessage>>,
}
impl ::prost::Name for StoredLiveMessage {
    const NAME: &'static str = "StoredLiveMessage";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredLiveMessage".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredLiveMessage".into()
    }
}
/// A batch of taps, as it lies in the log.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StoredTaps {
    /// What was added.
    #[prost(btree_map = "string, uint64", tag = "1")]
    pub taps: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
}
impl ::prost::Name for StoredTaps {
    const NAME: &'static str = "StoredTaps";
    const PACKAGE: &'static str = "bim.v1";
    fn full_name() -> ::prost::alloc::string::String {
        "bim.v1.StoredTaps".into()
    }
    fn type_url() -> ::prost::alloc::string::String {
        "/bim.v1.StoredTaps".into()
    }
}
