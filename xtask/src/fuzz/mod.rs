//! `cargo xtask fuzz`: feeds the targets of `bim-fuzz` with libFuzzer, replays what it found, and keeps the corpus small.
//!
//! *What it owns.* How the programs in `fuzz/libfuzzer` are built and run, and where files go:
//!
//! ```text
//!   fuzz/corpus/<target>              committed: read by every run, replayed by every `cargo test`
//!   fuzz/artifacts/corpus/<target>    not committed: what runs on this machine found new
//!   fuzz/artifacts/<target>           not committed: what broke a promise
//! ```
//!
//! *What it never does.* It knows no target by heart: names are those of the programs. Listing and replaying need
//! neither cargo-fuzz nor a C++ compiler.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::Failure;
use crate::shell;

mod build;
mod keep;
mod run;
mod targets;

/// Where the programs are.
const PROGRAMS: &str = "fuzz/libfuzzer";
/// What is not committed.
const ARTIFACTS: &str = "fuzz/artifacts";
/// How long each target is fuzzed unless something else is said.
const SECONDS_DEFAULT: u64 = 60;

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which target; `all` for one after the other.
    #[arg(required_unless_present_any = ["list", "seed_corpus"])]
    target: Option<String>,
    /// How long to fuzz each target.
    #[arg(long, default_value_t = SECONDS_DEFAULT, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Say what the targets are and what each of them promises.
    #[arg(long, conflicts_with_all = ["replay", "keep", "seed_corpus"])]
    list: bool,
    /// Run the target once on this file, without libFuzzer.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Instead of fuzzing, take the most telling files that earlier runs found into the committed corpus.
    #[arg(long, conflicts_with = "replay")]
    keep: bool,
    /// Write the seeds into the committed corpus.
    #[arg(long)]
    seed_corpus: bool,
}

/// Does what the options say.
pub(crate) fn run(root: &Path, args: &Args) -> Result<(), Failure> {
    if args.list {
        return library(root, &["list".as_ref()]);
    }
    if args.seed_corpus {
        return library(root, &["seed".as_ref()]);
    }
    let known = targets::known(root)?;
    let chosen = targets::chosen(&known, args.target.as_deref().unwrap_or_default())?;
    if let Some(file) = &args.replay {
        return replay(root, &chosen, file);
    }
    let programs = build::programs(root)?;
    for target in chosen {
        let program = programs.build(target)?;
        if args.keep {
            keep::keep(root, target, &program)?;
        } else {
            run::fuzz(root, target, &program, Duration::from_secs(args.seconds))?;
        }
    }
    Ok(())
}

fn replay(root: &Path, targets: &[&str], file: &Path) -> Result<(), Failure> {
    let &[target] = targets else {
        return Err(Failure::new("a file is replayed through one target", "name it instead of `all`"));
    };
    // The library runs at the root; the path was given from where the command was typed.
    let file = std::path::absolute(file).map_err(|error| Failure::file(file, &error))?;
    if !file.is_file() {
        return Err(Failure::new(
            format!("{} is no file", file.display()),
            "give the path of what was found",
        ));
    }
    library(root, &["replay".as_ref(), target.as_ref(), file.as_os_str()])
}

/// Runs the library's own program.
fn library(root: &Path, args: &[&std::ffi::OsStr]) -> Result<(), Failure> {
    let mut command = shell::cargo(root, &["run", "--quiet", "--package", "bim-fuzz", "--"]);
    command.args(args);
    shell::watch(&mut command, "read what was printed above")
}

#[cfg(test)]
mod tests {
    use super::PROGRAMS;
    use crate::shell::{capture, cargo, workspace_root};

    #[test]
    fn the_package_outside_the_workspace_is_formatted_too() {
        let folder = workspace_root().join(PROGRAMS);
        capture(&mut cargo(&folder, &["fmt", "--check"])).expect("run `cargo fmt` in that folder");
    }
}
