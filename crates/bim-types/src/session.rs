//! The states of a client's session, as an app sees them.

use std::time::Duration;

use crate::error_code::ErrorCode;
use crate::priority::PerPriority;

/// What the long connection is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectStatus {
    /// Dialling, authenticating, or waiting for the next attempt.
    Connecting,
    /// Authenticated, and what was missed is accounted for.
    Connected(Continuity),
    /// Not connected, and why.
    Disconnected(DisconnectReason),
}

/// What a new connection means for what was received before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Continuity {
    /// The first connection of this login.
    Fresh,
    /// Nothing was missed, or each live group said exactly what was left out.
    Resumed,
    /// At least one stream could not be continued; the reason was reported with it.
    Discontinuous,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// No login yet.
    NotLoggedIn,
    /// The app logged out.
    LoggedOut,
    /// A newer login of the same device took over. The client does not reconnect.
    Replaced,
    /// The server refused the session for good, and the client does not reconnect.
    Refused(ErrorCode),
    /// The path was lost or the server went away; the client reconnects by itself.
    Lost {
        /// How long until the next attempt.
        retry_in: Duration,
    },
    /// The client was shut down.
    ShutDown,
}

/// What became of the messages between a viewer's cursor and now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeVerdict {
    /// The group was joined anew; there was no cursor.
    Fresh,
    /// Every missed HIGH message is replayed; of the others, so many are reported as left out.
    Resumed {
        /// Messages left out, per class; HIGH is always zero.
        left_out: PerPriority<u64>,
    },
    /// The cursor could not be continued.
    Discontinuity(DiscontinuityReason),
}

/// Why a viewer's cursor could not be continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscontinuityReason {
    /// More time, messages or bytes went by than the room buffer keeps.
    BeyondWindow,
    /// The log was lost or rebuilt: a new epoch.
    NewEpoch,
    /// The cursor is ahead of the log: it belongs to another history.
    CursorAhead,
}
