//! What can be said to the program.

use std::time::Duration;

/// A live group with thousands of viewers, some of whom do not read, at full budget and under a flood of LOW.
///
/// Fails when any viewer's account does not agree with what the senders were told, when HIGH is lost, when the
/// order of giving up is wrong, or when the server takes more memory than its settings allow.
#[derive(Clone, Debug, clap::Args)]
pub struct BigRoomOptions {
    /// Viewers, beside the senders.
    #[arg(long, default_value_t = 2_000)]
    pub viewers: u32,
    /// How many of them read nothing for the whole measured time.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub stalled_percent: u32,
    /// How long is sent.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// What the room accepts: `cloud` (10 HIGH and 30 others a second) or `default` (100 and 400).
    #[arg(long, default_value = "cloud", value_parser = ["cloud", "default"])]
    pub preset: String,
    /// Bytes of a message.
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(20..=60_000))]
    pub body: u64,
    /// How many times the budget of NORMAL and LOW is offered as LOW.
    #[arg(long, default_value_t = 100)]
    pub low_flood: u32,
    /// Runs, each with a fresh server.
    #[arg(long, default_value_t = 1)]
    pub runs: u32,
    /// Runs in pairs, without and with the viewers that do not read, and compares p99 of those who do.
    #[arg(long)]
    pub compare: bool,
    /// With --compare: fails when p99 with them is more than 1.05 times p99 without.
    #[arg(long)]
    pub strict: bool,
    /// The load is known to be more than this machine carries: viewers who read may be cut off and told so.
    #[arg(long)]
    pub beyond_capacity: bool,
}

impl BigRoomOptions {
    /// Viewers that read nothing.
    pub(super) fn stalled(&self) -> u32 {
        self.viewers * self.stalled_percent / 100
    }

    /// Viewers that read.
    pub(super) fn reading(&self) -> u32 {
        self.viewers - self.stalled()
    }

    /// How long is sent.
    pub(super) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Bytes of a message.
    pub(super) fn body_bytes(&self) -> usize {
        usize::try_from(self.body).expect("the range was checked when it was read")
    }

    /// What the server is started with. Any member may send HIGH, so that one user alone need not send all of it.
    pub(super) fn settings(&self) -> Vec<String> {
        vec![format!("limits.preset={}", self.preset), "limits.members_may_send_high=true".to_owned()]
    }
}
