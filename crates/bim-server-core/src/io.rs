//! What goes into the engine and what comes out: the whole of its contract with a shell.

use std::sync::Arc;
use std::time::Duration;

use bim_livegroup::queue::LiveFrame;
use bim_types::store::{
    LogOp, LogOutcome, LogRecord, OpId, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{
    AppId, AppSecret, ConnectionId, ConversationShortId, ErrorCode, GroupKey, MessageBody, Priority, Refusal,
    Seq, Token, Uid, Wall,
};
use bytes::Bytes;

/// What a shell tells the engine. After each input the shell drains [`crate::Engine::poll_output`].
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection was accepted. Its id was never used before.
    Opened {
        /// The shell's number for it.
        connection: ConnectionId,
        /// What failed logins are counted by: an IPv4 address or the /64 of an IPv6 one. `None`: not counted.
        peer: Option<Arc<str>>,
    },
    /// A whole frame arrived.
    Frame {
        /// On which connection.
        connection: ConnectionId,
        /// The frame.
        frame: Bytes,
    },
    /// The connection is gone: closed by the peer, failed, or closed by the shell. Said once for each
    /// connection, also after [`Output::Close`].
    Closed {
        /// Which connection.
        connection: ConnectionId,
    },
    /// The connection's queue overflowed or it took no bytes for too long. The engine says goodbye with
    /// [`ErrorCode::SlowConsumer`] and closes.
    TooSlow {
        /// Which connection.
        connection: ConnectionId,
    },
    /// A write is durable, or failed.
    Written {
        /// Which write.
        op: OpId,
        /// One outcome per operation.
        result: Result<Vec<LogOutcome>, StoreFailure>,
    },
    /// A read is done, or failed.
    Loaded {
        /// Which read.
        op: OpId,
        /// What was read.
        result: Result<Loaded, StoreFailure>,
    },
    /// A moderator has decided on [`Output::Moderate`].
    Moderated {
        /// The number it came with.
        id: u64,
        /// What it decided.
        verdict: ModerationVerdict,
    },
    /// A moderator wants an accepted message removed after all.
    Remove {
        /// Of which group.
        group: GroupKey,
        /// Which message.
        seq: Seq,
    },
    /// An operator asks for something.
    Admin {
        /// Comes back in [`Output::AdminDone`].
        id: u64,
        /// What is asked.
        command: AdminCommand,
    },
    /// Stop: accept no logins and no sends, finish what is being written, say goodbye to everyone.
    Drain,
    /// Time went by.
    Tick,
}

/// What the engine wants from its shell. The order of outputs is the order in which they must take effect
/// on each connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The engine has read what it needs; connections may be accepted.
    Ready,
    /// Queue a frame that must not be given up.
    Send {
        /// To which connection.
        connection: ConnectionId,
        /// The frame.
        frame: Bytes,
    },
    /// Queue a message that a resume reads again, for one viewer.
    Replay {
        /// To which connection.
        connection: ConnectionId,
        /// The message.
        live: LiveFrame,
    },
    /// From now on the connection gets the group's broadcasts.
    JoinGroup {
        /// Which group.
        group: GroupKey,
        /// Which connection.
        connection: ConnectionId,
    },
    /// From now on the connection gets none of the group's broadcasts, those that wait in its queue included.
    LeaveGroup {
        /// Which group.
        group: GroupKey,
        /// Which connection.
        connection: ConnectionId,
    },
    /// Queue a message for everyone in the group.
    Broadcast(LiveFrame),
    /// Queue a frame that must not be given up for everyone in the group.
    BroadcastState {
        /// Which group.
        group: GroupKey,
        /// The frame.
        frame: Bytes,
    },
    /// The peer is authenticated: limits for strangers no longer apply to it.
    Admit {
        /// Which connection.
        connection: ConnectionId,
    },
    /// Close the connection in order, once everything queued with [`Output::Send`] was flushed.
    Close {
        /// Which connection.
        connection: ConnectionId,
    },
    /// Carry these out in one durable commit, in order of the engine's writes, and answer with
    /// [`Input::Written`]. Answers come in the same order.
    Write {
        /// The number of the write.
        op: OpId,
        /// The operations.
        ops: Vec<LogOp>,
    },
    /// Read, and answer with [`Input::Loaded`]. What was answered as written before is seen.
    Read {
        /// The number of the read.
        op: OpId,
        /// What to read.
        query: LogQuery,
    },
    /// A message wants a moderator's verdict before it is accepted: answer with [`Input::Moderated`]. Without
    /// an answer within [`crate::EngineConfig::moderation_timeout`] the fallback decides.
    Moderate {
        /// The number to answer with.
        id: u64,
        /// The message.
        message: Moderated,
    },
    /// A message was accepted; a moderator may look at it, and ask for [`Input::Remove`].
    Review {
        /// Where it stands.
        seq: Seq,
        /// The message.
        message: Moderated,
    },
    /// The answer to an operator.
    AdminDone {
        /// The number that the command came with.
        id: u64,
        /// What came of it.
        result: Result<AdminReply, Refusal>,
    },
    /// Every write is done and every connection was told goodbye; the engine can be dropped.
    Drained,
    /// Something an operator may want to see in the log. Holds no secret and no message body.
    Notice(Notice),
}

/// A message as a moderator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moderated {
    /// For which group.
    pub group: GroupKey,
    /// From whom.
    pub sender: Uid,
    /// Its class.
    pub priority: Priority,
    /// What it says.
    pub body: MessageBody,
}

/// What a moderator decides on a message that is not accepted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModerationVerdict {
    /// It is accepted.
    Allow,
    /// It is refused with [`ErrorCode::MessageIllegal`], and this code and these words of the app's own in the
    /// hint: at most 200 bytes.
    Refuse {
        /// The app's own check code.
        check_code: i32,
        /// The app's own words.
        message: String,
    },
    /// It is accepted and says this instead.
    Rewrite(MessageBody),
    /// It is accepted, and only its sender sees it.
    OnlyForSender,
}

/// What the engine reads from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogQuery {
    /// Records of a range after a last part, at most so many. Answered with [`Loaded::Records`].
    Records {
        /// Which range.
        range: RecordRange,
        /// The last part of the key after which to begin; 0 for the start.
        after: u64,
        /// How many.
        limit: usize,
    },
    /// The records of these keys that exist. Answered with [`Loaded::Records`].
    Keys(Vec<RecordKey>),
    /// The records of these keys that exist, and the ends of a stream. Answered with [`Loaded::Room`].
    Room {
        /// Which records.
        keys: Vec<RecordKey>,
        /// Which stream.
        stream: StreamId,
    },
    /// Messages of a stream. Answered with [`Loaded::Messages`].
    Messages {
        /// Which stream.
        stream: StreamId,
        /// After which number.
        after: Seq,
        /// How many records at most.
        records: usize,
        /// How many bytes at most; one record is read in any case.
        bytes: usize,
    },
}

/// What was read.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// For [`LogQuery::Records`] and [`LogQuery::Keys`].
    Records(Vec<VersionedRecord>),
    /// For [`LogQuery::Room`].
    Room(Vec<VersionedRecord>, StreamHead),
    /// For [`LogQuery::Messages`].
    Messages(Vec<LogRecord>),
}

/// Why the store did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFailure {
    /// Its queue was full; nothing was done.
    Busy,
    /// It failed; for a write nothing is known. The engine stops acknowledging.
    Failed,
}

/// What an operator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminCommand {
    /// Makes an app with one key.
    CreateApp {
        /// For people: 1 to 100 characters.
        name: String,
        /// 32 bytes from the operating system's random source.
        secret: AppSecret,
    },
    /// Lists all apps.
    ListApps,
    /// Turns an app's users away, or lets them in again. Running sessions of a disabled app end.
    SetAppDisabled {
        /// Which app.
        app: AppId,
        /// Whether its users are turned away.
        disabled: bool,
    },
    /// Signs a token.
    MintToken {
        /// For which app.
        app: AppId,
        /// For which user.
        uid: Uid,
        /// For how long: 1 second to [`bim_types::limits::TOKEN_LIFETIME_MAX`].
        ttl: Duration,
        /// 16 random bytes for the `jti` claim.
        nonce: u128,
        /// Whether its sessions are the app's own server; see [`crate::token`].
        app_server: bool,
    },
    /// Takes tokens back. Sessions that run on one end at once, and it is not taken again; what is answered as done
    /// is on disk.
    RevokeTokens {
        /// Of which app.
        app: AppId,
        /// Which of them.
        tokens: RevokedTokens,
    },
    /// Counts what is going on.
    Status,
}

/// Which tokens of an app are taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokedTokens {
    /// Those of a user that were made before some time, by their `iat`. Those made later are taken.
    OfUser {
        /// Whose.
        uid: Uid,
        /// Before when; at most [`crate::EngineConfig::token_leeway`] ahead. `None`: until now, those made in the
        /// running second included.
        issued_before: Option<Wall>,
    },
    /// The one with this `jti`: 1 to [`bim_types::limits::TOKEN_BYTES_MAX`] bytes.
    WithId(String),
    /// All that were signed with a key of the app, and all that will be. A key is never taken again.
    OfKey(String),
}

/// What an operator is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminReply {
    /// The app was made. The secret is told this once.
    AppCreated {
        /// Its id.
        app: AppId,
        /// What tokens call its key.
        key_id: String,
        /// The key.
        secret: AppSecret,
    },
    /// All apps.
    Apps(Vec<AppSummary>),
    /// It was done.
    Done,
    /// A token.
    Token {
        /// The token.
        token: Token,
        /// When it expires.
        expires_at: Wall,
    },
    /// Tokens are not taken any more.
    TokensRevoked {
        /// How many sessions ended.
        sessions: u64,
    },
    /// What is going on.
    Status {
        /// Authenticated connections.
        sessions: u64,
        /// Live groups in memory.
        rooms: u64,
        /// Messages accepted since the start.
        accepted: u64,
    },
}

/// An app as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSummary {
    /// Its id.
    pub app: AppId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Wall,
    /// Whether its users are turned away.
    pub disabled: bool,
    /// What tokens call its keys.
    pub key_ids: Vec<String>,
}

/// Something an operator may want to see in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A user logged in.
    LoggedIn {
        /// On which connection.
        connection: ConnectionId,
        /// Of which app.
        app: AppId,
        /// Who.
        uid: Uid,
    },
    /// A login was refused, or a session ended with a code.
    Ended {
        /// Which connection.
        connection: ConnectionId,
        /// Why.
        code: ErrorCode,
    },
    /// An operator took tokens back.
    TokensRevoked {
        /// Of which app.
        app: AppId,
        /// How many sessions ended.
        sessions: u64,
    },
    /// A live group was made.
    GroupCreated {
        /// Which.
        group: GroupKey,
    },
    /// A live group was dissolved.
    GroupDissolved {
        /// Which.
        group: GroupKey,
    },
    /// A stored record could not be read and was passed over.
    RecordDamaged {
        /// Of which app.
        app: AppId,
        /// Of which group, if it was a message.
        group: Option<ConversationShortId>,
    },
    /// The store failed; nothing is acknowledged any more.
    StoreFailed,
}
