//! Who may speak, and who may come in.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::UidsArgs;
use crate::args::{GroupArgs, parse_period};

#[derive(Debug, Subcommand)]
pub(crate) enum SanctionCommand {
    /// Silence users for a time, or for ever. For owner and admins.
    Mute(PeriodArgs),
    /// Let muted users speak again. For owner and admins.
    Unmute(UidsArgs),
    /// Silence all, save those on the exempt list, or end it. For owner and admins.
    MuteAll {
        /// Who is silenced
        #[arg(value_enum)]
        who: MuteAllArg,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Let users speak while all are muted. For owner and admins.
    Exempt(UidsArgs),
    /// Take users from the exempt list. For owner and admins.
    Unexempt(UidsArgs),
    /// Keep users out for a time, or for ever, and remove them when they are in. For owner and admins.
    Block(PeriodArgs),
    /// Let blocked users come in again. For owner and admins.
    Unblock(UidsArgs),
    /// Remove users who are in; they may come back. For owner and admins.
    Kick(UidsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PeriodArgs {
    /// For how long: a number of seconds, or 10m, 12h, 7d; 0 for ever
    #[arg(long = "for", value_name = "TIME", default_value = "0", value_parser = parse_period)]
    pub(crate) period: Duration,
    #[command(flatten)]
    pub(crate) uids: UidsArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MuteAllArg {
    /// Nobody
    Off,
    /// Ordinary members
    Members,
    /// Everyone but the owner
    Everyone,
}
