//! The targets from the command line: lists them, replays files, writes seeds. `cargo xtask fuzz` calls it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks by printing")]

use std::path::Path;
use std::process::ExitCode;

use bim_fuzz::{TARGETS, Target, corpus, find};

const USAGE: &str = "usage: bim-fuzz list | replay TARGET FILE… | seed";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["list"] => list(),
        ["replay", target, files @ ..] if !files.is_empty() => replay(target, files),
        ["seed"] => seed(),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> Result<(), String> {
    for target in TARGETS {
        println!("{:<16}{}", target.name, target.promise);
    }
    Ok(())
}

/// Runs the target on each file. A broken promise ends the program with its message.
fn replay(target: &str, files: &[&str]) -> Result<(), String> {
    let target = find(target).ok_or_else(|| format!("there is no target {target:?}"))?;
    for file in files {
        let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        let reached = (target.run)(&bytes);
        println!("{file}: {} holds, {} bytes", target.name, bytes.len());
        for (what, times) in reached.iter() {
            println!("  {what}: {times}");
        }
    }
    Ok(())
}

fn seed() -> Result<(), String> {
    let write = |target: &Target, to: &Path| {
        corpus::write_seeds(target, to).map_err(|error| format!("{}: {error}", to.display()))
    };
    for target in TARGETS {
        println!("{:<16}{} seeds", target.name, write(target, &corpus::home().join("corpus"))?);
    }
    Ok(())
}
