//! Groups as a whole.

use std::time::Duration;

use clap::Subcommand;

use crate::args::{ConnectionArgs, GroupArgs, parse_duration, parse_period};

#[derive(Debug, Subcommand)]
pub(crate) enum LivesCommand {
    /// Make a live group, and print its short id.
    Create {
        #[command(flatten)]
        connection: ConnectionArgs,
        /// 1 to 100 characters
        #[arg(long)]
        name: String,
        /// At most 1024 bytes
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// At most 1024 bytes
        #[arg(long, default_value = "", hide_default_value = true)]
        notice: String,
        /// The whole group as a JSON object instead of its id
        #[arg(long)]
        json: bool,
    },
    /// List live groups.
    List {
        #[command(flatten)]
        connection: ConnectionArgs,
        /// Only those you own or administer
        #[arg(long)]
        mine: bool,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
    },
    /// List the live groups you own or administer.
    Mine {
        #[command(flatten)]
        connection: ConnectionArgs,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show one live group: what is said about it, who may speak, and your own record in it.
    #[command(visible_alias = "get")]
    Info(GroupArgs),
    /// Change what is said about a live group. What is not given stays as it is; "" empties it.
    ///
    /// Its owner may change anything, admins anything but the notice. Everyone in the group is told.
    Set {
        #[command(flatten)]
        group: GroupArgs,
        /// 1 to 100 characters
        #[arg(long)]
        name: Option<String>,
        /// At most 1024 bytes
        #[arg(long)]
        description: Option<String>,
        /// At most 1024 bytes
        #[arg(long)]
        notice: Option<String>,
        /// Where the picture is; at most 1024 bytes
        #[arg(long, value_name = "URL")]
        avatar_url: Option<String>,
    },
    /// Make ordinary members wait between two messages; 0 ends it.
    Slow {
        /// How long: a number of seconds, or 500ms, 2m; at most an hour
        #[arg(value_name = "TIME", value_parser = parse_duration)]
        wait: Duration,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// End a live group for everyone. Only its owner may.
    Dissolve(GroupArgs),
    /// Have a live group dissolved when nobody was in for so long; 0: never. Only its owner may.
    DissolveAfter {
        /// How long: a number of seconds, or 15m, 12h, 2d
        #[arg(value_name = "TIME", value_parser = parse_period)]
        idle: Duration,
        #[command(flatten)]
        group: GroupArgs,
    },
}
