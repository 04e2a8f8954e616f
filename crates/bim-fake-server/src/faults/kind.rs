//! What can go wrong, by name.

use std::fmt;
use std::time::Duration;

macro_rules! fault_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal, lasts $seconds:literal;)+) => {
        /// What can go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FaultKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Its name, as in a line that replays a run.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }

            /// The longest it lasts; zero when it is over at once.
            #[must_use]
            pub fn lasts_at_most(self) -> Duration {
                Duration::from_secs(match self { $(Self::$kind => $seconds),+ })
            }
        }
    };
}

fault_kinds! {
    /// A connection is cut at any byte: frames under way arrive up to there, and no more.
    Cut = "cut", lasts 0;
    /// One direction of a connection is dead, or both, and neither end hears of it.
    HalfOpen = "half-open", lasts 0;
    /// Nothing arrives on a connection for a while; then everything does.
    Stall = "stall", lasts 30;
    /// Frames of every new connection take longer for a while.
    Delay = "delay", lasts 20;
    /// A peer reads a few bytes in a second for a while.
    SlowRead = "slow-read", lasts 30;
    /// A device connects a second time while its first connection is there.
    DuplicateConnection = "duplicate-connection", lasts 0;
    /// Some peers can not reach the server for a while, nor it them.
    Partition = "partition", lasts 60;
    /// The server dies at any instant and comes back.
    ServerCrash = "server-crash", lasts 20;
    /// The server is stopped in order: it finishes what it writes and says goodbye; then it comes back.
    PlannedRestart = "planned-restart", lasts 0;
    /// The server stands still for a while.
    ServerPause = "server-pause", lasts 40;
    /// A client dies at any instant and comes back with what its store holds.
    ClientCrash = "client-crash", lasts 20;
    /// Commits take up to seconds for a while.
    SlowCommit = "slow-commit", lasts 20;
    /// The queue to the log has no room, now and then, for a while.
    BusyLog = "busy-log", lasts 10;
    /// Commits fail; the server is restarted some time after.
    FailedCommit = "failed-commit", lasts 10;
    /// The power is cut: what was not synced is lost, reordered or torn, perhaps once more while recovering.
    PowerCut = "power-cut", lasts 20;
    /// The server's time of day is set wrong for a while, by up to a day either way.
    ClockStep = "clock-step", lasts 60;
    /// Timers of the server fire late for a while.
    LateTimers = "late-timers", lasts 60;
    /// A user's token is about to expire.
    TokenExpiry = "token-expiry", lasts 0;
    /// A user's tokens are revoked.
    TokenRevocation = "token-revocation", lasts 0;
    /// A member is kicked while messages are under way.
    Kick = "kick", lasts 0;
    /// A member is muted while messages are under way.
    Mute = "mute", lasts 20;
    /// A stranger connects and sends what no client would.
    HostileFrames = "hostile-frames", lasts 0;
    /// A viewer stops reading for a while.
    StalledViewer = "stalled-viewer", lasts 60;
    /// A viewer reconnects about once a second for a while.
    FlappingViewer = "flapping-viewer", lasts 15;
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
