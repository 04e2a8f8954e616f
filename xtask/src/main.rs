//! The chores of the project: `cargo xtask ci`, `fix`, `tidy`, `codegen`, `sim`, `fuzz`, `bench` and `size`.
//!
//! Owns the gate and the rules of the tree; it never ships and nothing depends on it. Every command ends with
//! exit code 0, or says what was wrong and which command mends it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks by printing")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod ci;
mod codegen;
mod failure;
mod fix;
mod fuzz;
mod shell;
mod sim;
mod size;
mod tidy;

/// The project's own chores.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// The gate: everything a change must pass besides the tests. Writes nothing.
    Ci(ci::Args),
    /// The writing twin of `ci`: formats, applies clippy's suggestions, generates, shrinks the ratchet.
    Fix,
    /// Checks the rules of the tree.
    Tidy,
    /// Generates Rust and the descriptor set from proto/, and guards against breaking changes.
    Codegen(codegen::Args),
    /// Plays the whole system in one thread, with seeded faults.
    Sim(sim::Args),
    /// Feeds decoders, parsers and machines with bytes that try to break their promises.
    Fuzz(fuzz::Args),
    /// Runs the benchmarks of another revision and of this tree in turns, and compares them.
    Bench(bench::Args),
    /// Builds a client with WebSocket, TLS and store as small as it gets, and fails when it is too large.
    Size,
}

fn main() -> ExitCode {
    let root = shell::workspace_root();
    let outcome = match Cli::parse().chore {
        Chore::Ci(args) => ci::run(&root, &args),
        Chore::Fix => fix::run(&root),
        Chore::Tidy => tidy::run(&root),
        Chore::Codegen(args) => codegen::run(&root, &args),
        Chore::Sim(args) => sim::run(&root, &args),
        Chore::Fuzz(args) => fuzz::run(&root, &args),
        Chore::Bench(args) => bench::run(&root, &args),
        Chore::Size => size::run(&root),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
