//! `cargo run --release -p bim-rivals`: see `--help`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that measures says what it measured"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bim_bench::{Cores, open_more_files};
use bim_rivals::{
    Command, Contestant, Course, Name, Options, RivalError, Stage, end_with_input, serve_afternoon,
    serve_raw, table,
};
use clap::Parser as _;

/// Files that a process needs beside its connections.
const OTHER_FILES: u64 = 64;

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match options.command {
        Some(command) => serve(command),
        None => compare(&options),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One of the servers that are part of this program.
fn serve(command: Command) -> Result<ExitCode, RivalError> {
    end_with_input();
    let told = |address: SocketAddr| println!("{address}");
    let served = match command {
        Command::ServeRaw { style } => serve_raw(style, told),
        Command::ServeAfternoon => serve_afternoon(told),
    };
    served.map_err(RivalError::io("the server failed"))?;
    Ok(ExitCode::SUCCESS)
}

fn compare(options: &Options) -> Result<ExitCode, RivalError> {
    let names = options.chosen();
    check_files(options)?;
    let program = std::env::current_exe().map_err(RivalError::io("this program is not found"))?;
    let is_ours = |name: &Name| matches!(name, Name::BimWs | Name::BimWss | Name::BimQuic);
    let bim = match &options.bim {
        Some(file) => Some(file.clone()),
        None if names.iter().any(is_ours) => Some(built(&program)?),
        None => None,
    };
    let (server_cores, own_cores) = cores()?;
    let (viewers, in_flight) =
        (options.viewers as usize, options.in_flight.iter().copied().max().unwrap_or(0));
    let stage = Stage { program, bim, server_cores, own_cores, viewers, in_flight };
    let contestants: Vec<Box<dyn Contestant>> = names.into_iter().map(Name::contestant).collect();
    let (plan, tell) = (options.plan(), |line: &str| eprintln!("{line}"));
    let report = Course { stage: &stage, plan: &plan, rounds: options.rounds, tell: &tell }.run(&contestants);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        println!("\n{}", table(&report));
    }
    report.faults.iter().for_each(|fault| eprintln!("error: {fault}"));
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first core for servers and the last one for this thread, when there are several.
fn cores() -> Result<(Option<Cores>, Option<Cores>), RivalError> {
    let [first, .., last] = *Cores::available().numbers() else { return Ok((None, None)) };
    let own = Cores::of([last]);
    own.pin().map_err(|error| RivalError::Options(error.to_string()))?;
    Ok((Some(Cores::of([first])), Some(own)))
}

/// The program of bim beside this one. When cargo runs this one, it builds that one as well.
fn built(program: &Path) -> Result<PathBuf, RivalError> {
    let beside = program.with_file_name(format!("bim{}", std::env::consts::EXE_SUFFIX));
    if let Some(cargo) = std::env::var_os("CARGO") {
        let folder = program.parent().and_then(Path::parent);
        let mut build = std::process::Command::new(cargo);
        build.args(["build", "--release", "--quiet", "-p", "bim-cli", "--bin", "bim"]);
        if let Some(folder) = folder {
            build.arg("--target-dir").arg(folder);
        }
        let status = build.status().map_err(RivalError::io("cargo could not be started"))?;
        if !status.success() {
            return Err(RivalError::Options("bim can not be built; `--bim FILE` takes one that is".into()));
        }
    }
    if beside.is_file() {
        return Ok(beside);
    }
    let wrong = format!(
        "{} is not there; build it with `cargo build --release`, or say where it is with --bim",
        beside.display()
    );
    Err(RivalError::Options(wrong))
}

/// Each connection takes a file, here and there.
fn check_files(options: &Options) -> Result<(), RivalError> {
    let needed = u64::from(options.viewers) + OTHER_FILES;
    match open_more_files() {
        Some(files) if files < needed => Err(RivalError::Options(format!(
            "{} connections need {needed} open files, and this process may have {files}; raise it with `ulimit -n`",
            options.viewers
        ))),
        _ => Ok(()),
    }
}
