//! Roles and marks.

use clap::{Subcommand, ValueEnum};

use super::UidsArgs;
use crate::args::GroupArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// Make admins, or take the role back. Only the owner may.
    #[command(subcommand)]
    Admin(AdminRoleCommand),
    /// Give users a role. Only the owner may; with `owner`, name one user, who must be in.
    Role {
        /// Which role
        #[arg(long, value_enum)]
        role: RoleArg,
        #[command(flatten)]
        uids: UidsArgs,
    },
    /// Give the live group to someone who is in. Only the owner may, and is an ordinary member then.
    Transfer {
        /// To whom
        #[arg(value_name = "UID")]
        to: String,
        /// The uid is a number, not a string
        #[arg(long)]
        int_uids: bool,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// List, make and remove the marks that members may be given. For owner and admins; anyone may list.
    #[command(subcommand)]
    Marks(MarksCommand),
    /// Give users a mark. For owner and admins.
    Mark {
        /// One of `bim group marks list`
        #[arg(value_name = "MARK")]
        mark: String,
        #[command(flatten)]
        uids: UidsArgs,
    },
    /// Take a mark back. For owner and admins.
    Unmark {
        /// One of `bim group marks list`
        #[arg(value_name = "MARK")]
        mark: String,
        #[command(flatten)]
        uids: UidsArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminRoleCommand {
    /// Make admins of users who are in.
    Add(UidsArgs),
    /// Make admins ordinary members again.
    Remove(UidsArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MarksCommand {
    /// Print the marks, one a line.
    List(GroupArgs),
    /// Make marks.
    Add {
        /// 1 to 64 bytes each
        #[arg(value_name = "MARK", required = true)]
        marks: Vec<String>,
        #[command(flatten)]
        group: GroupArgs,
    },
    /// Take marks back from everyone.
    Remove {
        /// Which
        #[arg(value_name = "MARK", required = true)]
        marks: Vec<String>,
        #[command(flatten)]
        group: GroupArgs,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// May do everything; there is one
    Owner,
    /// May moderate
    Admin,
    /// An ordinary member
    Normal,
}
