//! `bim group`: everything that can be done with a live group, one command at a time.
//!
//! *How it flows.* Log in, ask, print, log out. A [`visit::Visit`] holds the client of one command, and brings it
//! into the group when only members may ask.

mod attributes;
mod counters;
mod lives;
mod measure;
mod members;
mod messages;
mod roles;
mod sanctions;
mod visit;
mod watch;

use super::say;
use crate::args::GroupCommand;
use crate::error::CliError;

pub(super) async fn run(command: GroupCommand) -> Result<(), CliError> {
    match command {
        GroupCommand::Lives(command) => lives::run(command).await,
        GroupCommand::Members(command) => members::run(command).await,
        GroupCommand::Sanctions(command) => sanctions::run(command).await,
        GroupCommand::Roles(command) => roles::run(command).await,
        GroupCommand::Messages(command) => messages::run(command).await,
        GroupCommand::Attributes(command) => attributes::run(command).await,
        GroupCommand::Watch(args) => watch::run(args).await,
    }
}
