//! The `bim` command: a server, an operator's tool, and a chat for people and for scripts.
//!
//! *What it is.* A host: it reads arguments, starts what they name, shows what happens, and ends with an exit
//! code. *What it owns.* The terminal, standard input and output, signals, the log subscriber. *What it never
//! does.* It speaks no protocol and keeps no records: the client is `bim`, the server is `bim-server`.
//!
//! | module | what it does |
//! |---|---|
//! | `args` | what may be typed, with its documentation |
//! | `commands` | one file for each command |
//! | `chat` | a room in a terminal, and a room as a tool for scripts |
//! | `shown` | what is shown of groups, members, messages and events |

mod answer;
mod args;
mod chat;
mod commands;
mod error;
mod progress;
mod shown;
mod signals;
mod target;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}
