//! Who is in a group, and what they say about themselves.

use clap::{Args, Subcommand, ValueEnum};

use super::UidsArgs;
use crate::args::GroupArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum MembersCommand {
    /// List members, in the order of their uids.
    Members(MembersArgs),
    /// Show the records of some users, in the group or not.
    Member(UidsArgs),
    /// How many users are in, and how old that number is.
    Online(GroupArgs),
    /// Whether users are in, since when, and when they were last heard.
    Presence(UidsArgs),
    /// Change what you say about yourself in a live group; without a change, show it.
    ///
    /// Of ordinary members it is known while they are in, with any device; of owner and admins it is kept.
    Profile(ProfileArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MembersArgs {
    /// Which list
    #[arg(long, value_enum, default_value_t = ListArg::Online)]
    pub(crate) list: ListArg,
    /// Only those with this mark; of the online list
    #[arg(long)]
    pub(crate) mark: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
    /// Begin after this user
    #[arg(long, value_name = "UID")]
    pub(crate) after: Option<String>,
    /// The uid of --after is a number, not a string
    #[arg(long)]
    pub(crate) int_uids: bool,
    /// All there are
    #[arg(long, conflicts_with = "count")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) group: GroupArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListArg {
    /// Owner and admins, whether they are in or not
    Resident,
    /// Who is in now
    Online,
    /// Who is muted; for owner and admins
    Muted,
    /// Who may speak while all are muted; for owner and admins
    Exempt,
    /// Who can not come in; for owner and admins
    Blocked,
}

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// Your name here; at most 100 characters
    #[arg(long, value_name = "NAME")]
    pub(crate) alias: Option<String>,
    /// Where your picture is; at most 1024 bytes
    #[arg(long, value_name = "URL")]
    pub(crate) avatar: Option<String>,
    /// A value of the app's own; may be repeated, and all of them replace all that were there
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    pub(crate) ext: Vec<(String, String)>,
    /// Whose; only app servers may change those of others
    #[arg(long, value_name = "UID")]
    pub(crate) of: Option<String>,
    /// The uid of --of is a number, not a string
    #[arg(long)]
    pub(crate) int_uids: bool,
    #[command(flatten)]
    pub(crate) group: GroupArgs,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    pair.ok_or_else(|| format!("`{text}` is not a value under a key; write key=value"))
}
