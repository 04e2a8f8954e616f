//! Messages of a group, one at a time; `bim chat` is for many.

use clap::Subcommand;

use crate::args::{ConnectionArgs, GroupArgs, PriorityArg};

#[derive(Debug, Subcommand)]
pub(crate) enum MessageCommand {
    /// Print what was said, newest first.
    History {
        /// Only what stands before this number
        #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        before: Option<u64>,
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
        count: u64,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Send one message, and print its number.
    Send {
        /// At most 65536 bytes
        #[arg(value_name = "TEXT")]
        text: String,
        /// The class of the message
        #[arg(long, value_enum, default_value_t = PriorityArg::Normal)]
        priority: PriorityArg,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Change what a message says: an own one, for two minutes.
    Edit {
        /// Its number
        #[arg(value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        seq: u64,
        /// What it says instead; at most 65536 bytes
        #[arg(value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Remove a message for everyone: an own one for two minutes; admins those of members, the owner any.
    Delete {
        /// Its number
        #[arg(value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        seq: u64,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Send one message to every live group of the app. Only app servers may: `bim token --app-server`.
    Broadcast {
        /// At most 65536 bytes
        #[arg(value_name = "TEXT")]
        text: String,
        /// The class of the message
        #[arg(long, value_enum, default_value_t = PriorityArg::Normal)]
        priority: PriorityArg,
        #[command(flatten)]
        connection: ConnectionArgs,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
}
