//! One file for each command.

mod app;
mod bench;
mod dev;
mod group;
mod place;
mod replay;
mod serve;
mod token;

use std::io::{self, Write};

use tokio::runtime::Runtime;

use crate::args::{Cli, Command};
use crate::chat;
use crate::error::CliError;

pub(crate) use dev::{JOIN_FILE, default_dir};
pub(crate) use place::{user, user_at};

/// Carries out what was typed.
pub(crate) fn run(cli: Cli) -> Result<(), CliError> {
    let command = cli.command.unwrap_or(Command::Dev(cli.dev));
    if let Command::Version = command {
        return say(concat!("bim ", env!("CARGO_PKG_VERSION")));
    }
    match command {
        Command::Bench(args) => bench::run(&args),
        Command::BenchServer(args) => bench::serve(*args),
        command => carry_out(command),
    }
}

fn carry_out(command: Command) -> Result<(), CliError> {
    let runtime =
        Runtime::new().map_err(|error| CliError::failed(format!("no threads to run on: {error}")))?;
    let done = runtime.block_on(async {
        match command {
            Command::Dev(args) => dev::run(args).await,
            Command::Serve(args) => serve::run(args).await,
            Command::App(command) => app::run(command).await,
            Command::Token(args) => token::run(args).await,
            Command::Group(command) => group::run(command).await,
            Command::Chat(args) => chat::run(args).await,
            Command::Replay(args) => replay::run(args).await,
            Command::Bench(_) | Command::BenchServer(_) | Command::Version => Ok(()),
        }
    });
    // Nothing that is still running has anything to finish.
    runtime.shutdown_background();
    done
}

/// Prints lines on standard output.
fn say(text: impl AsRef<str>) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::nobody_reads(),
        _ => CliError::failed(format!("standard output can not be written: {error}")),
    })
}
