//! The states of a session and every move between them.

/// Where a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No session.
    #[default]
    LoggedOut,
    /// Finding out which device this is.
    Preparing,
    /// Waiting for the token provider.
    AwaitingToken,
    /// Opening a connection.
    Dialing,
    /// Waiting for the server's welcome.
    Authenticating,
    /// Waiting for the verdicts on the cursors.
    Rejoining,
    /// In session.
    Connected,
    /// Waiting for the next attempt.
    Backoff,
    /// Saying goodbye.
    LoggingOut,
    /// Over for good, by the server's word.
    Ended,
    /// Over for good, by the app's word.
    ShutDown,
}

/// What moves a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The app logs in.
    Login,
    /// The device id is durable.
    DeviceReady,
    /// There is a token to present.
    TokenReady,
    /// The connection is established.
    Dialed,
    /// The server accepted the login.
    Welcomed,
    /// Every cursor has its verdict.
    Rejoined,
    /// An attempt of a first login failed and there is another endpoint.
    NextEndpoint,
    /// A first login failed.
    LoginFailed,
    /// The connection or an attempt failed after a login had succeeded.
    Lost,
    /// The time for the next attempt has come.
    RetryDue,
    /// The server ended the session for good.
    Refused,
    /// The app logs out.
    Logout,
    /// The goodbye is said and the session forgotten.
    LogoutDone,
    /// The app shuts the client down.
    Shutdown,
}

impl Phase {
    /// The phase after a trigger; `None` when the trigger means nothing here.
    pub(crate) fn after(self, trigger: Trigger) -> Option<Self> {
        use Phase as P;
        use Trigger as T;
        Some(match (trigger, self) {
            (_, P::ShutDown) => return None,
            (T::Shutdown, _) => P::ShutDown,
            (T::Login, P::LoggedOut | P::Ended) => P::Preparing,
            (T::DeviceReady, P::Preparing) => P::AwaitingToken,
            (T::TokenReady, P::AwaitingToken) => P::Dialing,
            (T::Dialed, P::Dialing) => P::Authenticating,
            (T::Welcomed, P::Authenticating) => P::Rejoining,
            (T::Rejoined, P::Rejoining) => P::Connected,
            (T::NextEndpoint, P::Dialing | P::Authenticating) => P::Dialing,
            (
                T::LoginFailed,
                P::Preparing | P::AwaitingToken | P::Dialing | P::Authenticating | P::Rejoining,
            ) => P::LoggedOut,
            (T::Lost, P::AwaitingToken | P::Dialing | P::Authenticating | P::Rejoining | P::Connected) => {
                P::Backoff
            }
            (T::RetryDue, P::Backoff) => P::AwaitingToken,
            (T::Refused, P::Authenticating | P::Rejoining | P::Connected) => P::Ended,
            (T::Logout, P::LoggedOut | P::LoggingOut) => return None,
            (T::Logout, _) => P::LoggingOut,
            (T::LogoutDone, P::LoggingOut) => P::LoggedOut,
            _ => return None,
        })
    }

    /// Whether calls may be made: a session exists, connected or not.
    pub(crate) fn takes_calls(self) -> bool {
        match self {
            Self::Preparing
            | Self::AwaitingToken
            | Self::Dialing
            | Self::Authenticating
            | Self::Rejoining
            | Self::Connected
            | Self::Backoff => true,
            Self::LoggedOut | Self::LoggingOut | Self::Ended | Self::ShutDown => false,
        }
    }

    /// Whether the server has accepted the present connection.
    pub(crate) fn is_authenticated(self) -> bool {
        matches!(self, Self::Rejoining | Self::Connected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHASES: [Phase; 11] = [
        Phase::LoggedOut,
        Phase::Preparing,
        Phase::AwaitingToken,
        Phase::Dialing,
        Phase::Authenticating,
        Phase::Rejoining,
        Phase::Connected,
        Phase::Backoff,
        Phase::LoggingOut,
        Phase::Ended,
        Phase::ShutDown,
    ];

    const TRIGGERS: [Trigger; 14] = [
        Trigger::Login,
        Trigger::DeviceReady,
        Trigger::TokenReady,
        Trigger::Dialed,
        Trigger::Welcomed,
        Trigger::Rejoined,
        Trigger::NextEndpoint,
        Trigger::LoginFailed,
        Trigger::Lost,
        Trigger::RetryDue,
        Trigger::Refused,
        Trigger::Logout,
        Trigger::LogoutDone,
        Trigger::Shutdown,
    ];

    #[test]
    fn the_table_of_moves_is_what_it_was() {
        let mut table = String::new();
        for trigger in TRIGGERS {
            for phase in PHASES {
                if let Some(next) = phase.after(trigger) {
                    table.push_str(&format!("{trigger:?}: {phase:?} -> {next:?}\n"));
                }
            }
        }
        assert_eq!(table, include_str!("phase_table.txt"), "\n{table}");
    }
}
