//! What can be typed after `bim group`, one file for each family.

mod attributes;
mod lives;
mod members;
mod messages;
mod roles;
mod sanctions;

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{GroupArgs, parse_duration};

pub(crate) use attributes::{AttributeCommand, AttrsCommand, SetAttributeArgs};
pub(crate) use lives::LivesCommand;
pub(crate) use members::{ListArg, MembersArgs, MembersCommand, ProfileArgs};
pub(crate) use messages::MessageCommand;
pub(crate) use roles::{AdminRoleCommand, MarksCommand, RoleArg, RoleCommand};
pub(crate) use sanctions::{MuteAllArg, SanctionCommand};

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    #[command(flatten)]
    Lives(LivesCommand),
    #[command(flatten)]
    Members(MembersCommand),
    #[command(flatten)]
    Sanctions(SanctionCommand),
    #[command(flatten)]
    Roles(RoleCommand),
    #[command(flatten)]
    Messages(MessageCommand),
    #[command(flatten)]
    Attributes(AttributeCommand),
    /// Join a live group and print everything that happens there, until ctrl-c, SIGTERM or --for.
    ///
    /// Ends with 1 when this user is removed or the group is dissolved.
    #[command(after_help = WATCH_HELP)]
    Watch(WatchArgs),
}

/// Shown below the list of commands.
pub(crate) const GROUP_HELP: &str = "Who is not in:
  What an ordinary member may do (members, member, online, presence, profile, history, send, edit, delete,
  attrs, tap, counters) is tried first as you are. When the server says that you are not in the group, the
  command joins it, does its work and leaves again; others see you come and go, unless another device of
  yours is in. Owner, admins and app servers act from outside, but come in to tap, and all but app servers
  to send. What you said in a profile as an ordinary member is forgotten when your last device leaves.

Results:
  Text for people, or with --json one JSON object a line. Errors are on standard error, with their code.
  What can not be done for one of several users is said for that user:
    failed: bob: not a member of the group (code 13)
  The exit code is 0 when everything was done, 1 when something was not, 2 for wrong arguments.

Users are strings; with --int-uids those after the command are numbers, as --int-uid says of your own.

Examples:
  bim group create --join --name \"my live\"
  bim group info --join ~/.local/share/bim/dev/join-quic.json --json
  bim group mute bob carol --for 10m --join
  bim group members --list online --all --json --server ws://127.0.0.1:7900 --app 1 --uid alice --group 123
  bim group watch --json --for 1m --join
A UID behind `--join` would be taken for its file: write it before.";

const WATCH_HELP: &str = "Lines out, with --json, one object each, told apart by their type:
  joined         the group, its attributes and counters, when the watching begins
  message        as bim chat has it, and edits: how often it was changed
  updated        operator, message: what it says now
  deleted        operator, position
  members        change, operator, and what belongs to the change: uids, until_ms, mute_all, from, to, …
  pulse          online, joined, left, changed: who is named, and how many more; at most a few a second
  state          the group as bim group info has it
  attributes     set, removed, version; attributes_snapshot: all of them, after time away
  counters       those that changed
  left_out       priority, count, from, to: messages that this viewer was not sent
  discontinuity  reason: what was missed while away can not be replayed
  left           reason: dissolved, refused, kicked
  lagged         count: events that are missing here
  status         connecting, connected, disconnected";

/// Users of one live group.
#[derive(Debug, Args)]
pub(crate) struct UidsArgs {
    /// The users, at most 100; 200 for member and presence
    #[arg(value_name = "UID", required = true)]
    pub(crate) uids: Vec<String>,
    /// These uids are numbers, not strings
    #[arg(long)]
    pub(crate) int_uids: bool,
    #[command(flatten)]
    pub(crate) group: GroupArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// End after this time, with 0
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    pub(crate) period: Option<Duration>,
    #[command(flatten)]
    pub(crate) group: GroupArgs,
}
