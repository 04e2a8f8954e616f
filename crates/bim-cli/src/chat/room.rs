//! A client that is in a live group.

use std::time::Duration;

use bim::{
    Client, ConnectEvents, ConnectStatus, Conversation, ConversationShortId, DisconnectReason, ErrorCode,
    LeftReason, LiveEvents, LiveGroups, Priority, Uid,
};

use crate::answer;
use crate::args::{PriorityArg, RoomArgs};
use crate::error::CliError;
use crate::target::Target;

/// How long a client may be without a connection, if nothing else is asked for.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a goodbye may take.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// A client that is in a live group, and what it hears.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) client: Client,
    pub(super) live: LiveGroups,
    pub(super) me: Uid,
    pub(super) group: ConversationShortId,
    pub(super) conversation: Conversation,
    pub(super) priority: Priority,
    pub(super) events: LiveEvents,
    pub(super) status: ConnectEvents,
    /// How long to be without a connection.
    pub(super) patience: Duration,
}

impl Room {
    /// Joins the target's group. Nothing that happens in it from now on is missed.
    pub(super) async fn join(client: Client, target: &Target, args: &RoomArgs) -> Result<Self, CliError> {
        let group = target.group.ok_or_else(|| {
            CliError::arguments("--group is missing").help("bim group list shows the live groups of an app")
        })?;
        let live = client.live_groups();
        let (events, status) = (live.events(), client.connect_events());
        let patience = args.connect_timeout.unwrap_or(RECONNECT_TIMEOUT);
        let conversation = answer::within(patience, live.join_live_group(group)).await.map_err(|error| {
            let failed = CliError::failed(format!("live group {group} can not be joined: {error}"));
            match error.code() {
                Some(ErrorCode::ConversationNotFound) => {
                    failed.help(format!("bim group list shows the live groups of app {}", target.app))
                }
                _ => failed,
            }
        })?;
        Ok(Self {
            client,
            live,
            me: target.uid.clone(),
            group,
            conversation,
            priority: args.priority.into(),
            events,
            status,
            patience,
        })
    }
}

impl From<PriorityArg> for Priority {
    fn from(priority: PriorityArg) -> Self {
        match priority {
            PriorityArg::Low => Self::Low,
            PriorityArg::Normal => Self::Normal,
            PriorityArg::High => Self::High,
        }
    }
}

/// Says goodbye, so that the server need not find out by itself.
pub(crate) async fn log_out(client: &Client) {
    // A goodbye that does not get through is found out by the server.
    let _ = tokio::time::timeout(LOGOUT_TIMEOUT, client.shutdown()).await;
}

/// Why the session is over for good, if it is.
pub(crate) fn session_over(status: &ConnectStatus) -> Option<CliError> {
    let ConnectStatus::Disconnected(reason) = status else { return None };
    match reason {
        DisconnectReason::Refused(code) => {
            let failed = CliError::failed(format!("the server ended the session: {code}"));
            Some(match code {
                ErrorCode::ExpiredToken => {
                    failed.help("a --token-file is read again before its token expires")
                }
                _ => failed,
            })
        }
        DisconnectReason::Replaced => Some(
            CliError::failed("a newer login of this device took over")
                .help("use another --data-dir, or none"),
        ),
        DisconnectReason::LoggedOut | DisconnectReason::ShutDown | DisconnectReason::NotLoggedIn => {
            Some(CliError::failed("the session is over"))
        }
        DisconnectReason::Lost { .. } => None,
        _ => None,
    }
}

/// Why the client is not in the group any more.
pub(crate) fn left(group: ConversationShortId, reason: LeftReason) -> CliError {
    match reason {
        LeftReason::Dissolved => CliError::failed(format!("live group {group} was dissolved")),
        LeftReason::Refused(code) => {
            CliError::failed(format!("live group {group} did not let this user in again: {code}"))
        }
        LeftReason::Kicked { blocked, operator } => {
            let by = operator.map(|operator| format!(" by {operator}")).unwrap_or_default();
            if blocked {
                CliError::failed(format!("you were blocked in live group {group}{by}, and can not come back"))
                    .help("whoever may moderate there can let you in again, as bim group unblock does")
            } else {
                CliError::failed(format!("you were removed from live group {group}{by}"))
                    .help("you may join it again")
            }
        }
        _ => CliError::failed(format!("this user is not in live group {group} any more")),
    }
}
