//! What can be said to the program.

/// Thousands of users enter one live group as fast as they can, and then leave.
///
/// Fails when the count or the list of members is not exact, when pulses do not add up, when anyone is refused, or
/// when the server does not give its memory back.
#[derive(Clone, Debug, clap::Args)]
pub struct JoinStormOptions {
    /// Users, beside the one who watches.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: u32,
    /// How they come.
    #[arg(long, default_value = "ws", value_parser = ["ws"])]
    pub link: String,
    /// How many log in at the same time. The joins come all at once. More are refused by a server that keeps its
    /// limit of strangers, 2,000.
    #[arg(long, default_value_t = 512)]
    pub logins_at_once: usize,
    /// Storms, one after the other, on one server.
    #[arg(long, default_value_t = 2)]
    pub rounds: u32,
}
