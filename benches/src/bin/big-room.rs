//! A live group with thousands of viewers, some of whom do not read, at full budget and under a flood of LOW.
//!
//! Prints what it saw, and fails when a promise was broken. See `--help`.

use std::process::ExitCode;

use bim_benches::big_room::{BigRoomOptions, big_room};
use bim_benches::load::{ServeOptions, serve};
use bim_benches::verdict;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    process: Option<Process>,
    #[command(flatten)]
    options: BigRoomOptions,
}

#[derive(Subcommand)]
enum Process {
    /// The server's own process.
    #[command(hide = true)]
    Serve(ServeOptions),
}

fn main() -> ExitCode {
    let Arguments { process, options } = Arguments::parse();
    match process {
        Some(Process::Serve(options)) => verdict(serve(options, None).map(|()| Default::default())),
        None => verdict(big_room(&options)),
    }
}
