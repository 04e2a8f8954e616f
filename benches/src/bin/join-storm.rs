//! Thousands of users enter one live group as fast as they can, and leave as fast as they can.
//!
//! Prints what it saw, and fails when a promise was broken. See `--help`.

use std::alloc::System;
use std::process::ExitCode;

use bim_benches::join_storm::{JoinStormOptions, join_storm};
use bim_benches::load::{ServeOptions, serve};
use bim_benches::verdict;
use cap::Cap;
use clap::{Parser, Subcommand};

/// Counts what is allocated: whether memory was given back can not be seen from outside, because an allocator keeps it.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    process: Option<Process>,
    #[command(flatten)]
    options: JoinStormOptions,
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
        Some(Process::Serve(options)) => {
            verdict(serve(options, Some(|| HEAP.allocated())).map(|()| Default::default()))
        }
        None => verdict(join_storm(&options)),
    }
}
