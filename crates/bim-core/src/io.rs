//! The two doors: what goes in, what comes out.

use bim_types::store::{ClientBatch, DeviceRecord, OpId};
use bim_types::{ErrorCode, Refusal, Token};
use bytes::Bytes;

use crate::command::{Answer, CallId, Command};
use crate::event::Event;

/// Numbers a connection attempt, from 1, never reused. Everything that concerns a connection carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Numbers a question to the token provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenAskId(pub u64);

/// A store operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store operation failed: {code}")]
pub struct StoreFailed {
    /// [`ErrorCode::StorageFailed`] or [`ErrorCode::StorageCorrupted`].
    pub code: ErrorCode,
}

/// The token provider had no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token provider gave no token")]
pub struct TokenUnavailable;

/// What a shell tells the machine.
#[derive(Clone, Debug)]
pub enum Input {
    /// The app asks something.
    Command(CallId, Command),
    /// The answer to [`Output::LoadDevice`].
    DeviceLoaded(OpId, Result<Option<DeviceRecord>, StoreFailed>),
    /// The answer to [`Output::Commit`]: durable, or not.
    Committed(OpId, Result<(), StoreFailed>),
    /// The answer to [`Output::AskToken`].
    Token(TokenAskId, Result<Token, TokenUnavailable>),
    /// The connection is established.
    Dialed(LinkId),
    /// The connection was not established; a phrase that says why, without secrets.
    DialFailed(LinkId, String),
    /// A frame arrived.
    Frame(LinkId, Bytes),
    /// The connection is over: closed by the peer, lost, or closed as asked.
    Closed(LinkId),
    /// Time went by.
    Tick,
}

/// What the machine wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Read which device this is.
    LoadDevice(OpId),
    /// Make these changes durable.
    Commit(OpId, ClientBatch),
    /// Ask the token provider.
    AskToken(TokenAskId),
    /// Open a connection to one of the endpoints.
    Dial {
        /// What to call it.
        link: LinkId,
        /// Which one, counted from 0.
        endpoint: usize,
    },
    /// Send a frame.
    Send(LinkId, Bytes),
    /// Close in order: what was sent before arrives. Nothing more is read. [`Input::Closed`] when done.
    Close(LinkId),
    /// Let go of the connection, or of the dial, at once. Nothing is reported back.
    Abort(LinkId),
    /// The answer to a call.
    Reply(CallId, Result<Answer, Refusal>),
    /// Tell the app.
    Event(Event),
}
