//! A session from login to logout, over as many connections as it takes.
//!
//! ```text
//!   LoggedOut ─login─► Preparing ─► AwaitingToken ─► Dialing ─► Authenticating ─► Rejoining ─► Connected
//!       ▲                               ▲              │             │               │            │
//!       │                               └─ Backoff ◄───┴─────────────┴───── lost ────┴────────────┘
//!       └── LoggingOut ◄── logout             refused for good, replaced ──► Ended ──login──► Preparing
//! ```
//!
//! | trigger | from | to |
//! |---|---|---|
//! | login | LoggedOut, Ended | Preparing |
//! | device ready | Preparing | AwaitingToken |
//! | token ready | AwaitingToken | Dialing |
//! | dialed | Dialing | Authenticating |
//! | welcomed | Authenticating | Rejoining |
//! | rejoined | Rejoining | Connected |
//! | next endpoint (first login) | Dialing, Authenticating | Dialing |
//! | login failed (first login) | Preparing … Rejoining | LoggedOut |
//! | lost (logged in) | AwaitingToken … Connected | Backoff |
//! | retry due | Backoff | AwaitingToken |
//! | refused (logged in) | Authenticating … Connected | Ended |
//! | logout | all but LoggedOut, LoggingOut, ShutDown | LoggingOut |
//! | logout done | LoggingOut | LoggedOut |
//! | shutdown | all | ShutDown |
//!
//! A first login that fails is over: the caller gets the reason and may log in again. After a login that
//! succeeded the session reconnects by itself until the app or the server ends it.

mod clock;
mod connecting;
mod frames;
mod leaving;
mod liveness;
mod login;
mod phase;
mod timers;
mod token;

use std::time::Duration;

use bim_types::store::OpId;
use bim_types::{ConnectStatus, DeviceId, DisconnectReason, ErrorCode, Mono, Refusal};

use crate::backoff::Backoff;
use crate::command::CallId;
use crate::event::Event;
use crate::io::LinkId;
use crate::live::rejoin::Rejoin;
use crate::machine::Outputs;

pub(crate) use clock::ServerClock;
pub(crate) use liveness::Liveness;
pub(crate) use phase::{Phase, Trigger};
pub(crate) use token::TokenKeeper;

/// How long a logout may take to say goodbye and forget the session. After that it counts as done.
pub(crate) const LOGOUT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the store may take before the first dial. After that the login fails; what comes later is ignored.
pub(crate) const STORE_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything a session is made of.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) phase: Phase,
    /// The present connection or dial.
    pub(crate) link: Option<LinkId>,
    /// Requests that may be in flight.
    pub(crate) window: usize,
    /// Set while the server has accepted the present connection.
    pub(crate) liveness: Option<Liveness>,
    pub(crate) clock: Option<ServerClock>,
    /// The login that was not answered yet.
    pub(crate) login: Option<Login>,
    token: TokenKeeper,
    rejoin: Rejoin,
    backoff: Backoff,
    /// When the present phase is to be given up or left.
    deadline: Option<Mono>,
    connected_at: Option<Mono>,
    /// No connection of this login has been accepted yet.
    fresh: bool,
    device: Option<DeviceId>,
    /// The store operation that the present phase waits for.
    op: Option<OpId>,
    endpoint: usize,
    last_link: LinkId,
    pings: u64,
    leaving: Option<Leaving>,
    ended: Option<ErrorCode>,
    status: Option<ConnectStatus>,
}

/// A login that was not answered yet.
#[derive(Debug)]
pub(crate) struct Login {
    call: CallId,
    /// Endpoints of the first round that were not tried yet, the present one included.
    endpoints_left: usize,
    /// The last thing a server said no with.
    refusal: Option<Refusal>,
}

/// A logout that was not answered yet.
#[derive(Debug)]
struct Leaving {
    calls: Vec<CallId>,
    closing: Option<LinkId>,
    clearing: Option<OpId>,
    outcome: Result<(), ErrorCode>,
}

impl Session {
    /// Moves on. False, and nothing happens, when the trigger means nothing now.
    fn shift(&mut self, trigger: Trigger) -> bool {
        let Some(next) = self.phase.after(trigger) else { return false };
        self.phase = next;
        self.deadline = None;
        true
    }

    /// What a call gets that needs a session.
    pub(crate) fn why_no_calls(&self) -> ErrorCode {
        match self.phase {
            Phase::ShutDown => ErrorCode::ShutDown,
            Phase::Ended => self.ended.unwrap_or(ErrorCode::NotLoggedIn),
            _ => ErrorCode::NotLoggedIn,
        }
    }

    /// When [`Input::Tick`](crate::Input::Tick) has something to do.
    pub(crate) fn due(&self) -> Option<Mono> {
        let connected = self.phase == Phase::Connected;
        let token = self.token.due().filter(|_| connected);
        let liveness = self.liveness.as_ref().map(Liveness::due);
        [self.deadline, token, liveness].into_iter().flatten().min()
    }

    /// Forgets the connection; says which it was.
    fn drop_link(&mut self) -> Option<LinkId> {
        self.liveness = None;
        self.rejoin = Rejoin::default();
        self.token.on_lost();
        self.link.take()
    }

    fn report(&mut self, status: ConnectStatus, out: &mut Outputs) {
        if self.status.as_ref() != Some(&status) {
            self.status = Some(status.clone());
            out.event(Event::StatusChanged(status));
        }
    }

    fn report_disconnected(&mut self, reason: DisconnectReason, out: &mut Outputs) {
        self.report(ConnectStatus::Disconnected(reason), out);
    }
}
