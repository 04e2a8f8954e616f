//! What a group keeps beside its messages.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::args::{GroupArgs, parse_period};

#[derive(Debug, Subcommand)]
pub(crate) enum AttributeCommand {
    /// Read, set and remove the attributes of a live group: values under keys, for everyone in it.
    #[command(subcommand)]
    Attrs(AttrsCommand),
    /// Add to a counter of a live group, and print how it stands.
    Tap {
        /// 1 to 64 bytes; the first tap makes the counter
        #[arg(value_name = "COUNTER")]
        counter: String,
        /// How much to add
        #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        amount: u64,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Print the counters of a live group.
    Counters(GroupArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AttrsCommand {
    /// Print attributes: those with these keys, or all.
    Get {
        /// At most 100
        #[arg(value_name = "KEY")]
        keys: Vec<String>,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Set one attribute.
    Set(SetAttributeArgs),
    /// Remove attributes.
    Remove {
        /// At most 100
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
        #[command(flatten)]
        group: GroupArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SetAttributeArgs {
    /// 1 to 128 bytes
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// At most 4096 bytes
    #[arg(value_name = "VALUE")]
    pub(crate) value: String,
    /// Only when there is none with this key
    #[arg(long)]
    pub(crate) if_absent: bool,
    /// Only when it has this version, as `attrs get` prints it
    #[arg(long, value_name = "N", conflicts_with = "if_absent")]
    pub(crate) if_version: Option<u64>,
    /// After how long it goes by itself: a number of seconds, or 500ms, 10m; 0: never
    #[arg(long, value_name = "TIME", default_value = "0", hide_default_value = true, value_parser = parse_period)]
    pub(crate) ttl: Duration,
    /// It goes when you leave the group: at once, if only this command was in
    #[arg(long)]
    pub(crate) delete_on_leave: bool,
    #[command(flatten)]
    pub(crate) group: GroupArgs,
}
