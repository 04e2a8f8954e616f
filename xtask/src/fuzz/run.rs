//! One target under libFuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::ARTIFACTS;
use crate::failure::Failure;
use crate::shell;

/// The longest that one input may take, in seconds. Longer: libFuzzer reports a hang.
const INPUT_SECONDS_MAX: u32 = 10;

/// The most memory that a program may take, in MiB. More: libFuzzer reports a leak or a flood.
const MEMORY_MIB_MAX: u32 = 2_048;

/// The longest input that is tried, in bytes: what is longer says the same slower.
const INPUT_BYTES_MAX: u32 = 4_096;

/// The folders of a target.
pub(super) struct Folders {
    /// What runs on this machine found new.
    pub(super) found: PathBuf,
    /// What is committed.
    pub(super) committed: PathBuf,
    /// What broke a promise.
    pub(super) broken: PathBuf,
}

impl Folders {
    /// The folders, made where they are missing.
    pub(super) fn of(root: &Path, target: &str) -> Result<Self, Failure> {
        let folders = Self {
            found: root.join(ARTIFACTS).join("corpus").join(target),
            committed: root.join("fuzz/corpus").join(target),
            broken: root.join(ARTIFACTS).join(target),
        };
        for folder in [&folders.found, &folders.committed, &folders.broken] {
            fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        }
        Ok(folders)
    }
}

/// Fuzzes a target for a while. Fails with one line for each new file that breaks its promise.
pub(super) fn fuzz(root: &Path, target: &str, program: &Path, time: Duration) -> Result<(), Failure> {
    let folders = Folders::of(root, target)?;
    let before = files(&folders.broken)?;
    println!("fuzz: {target} for {} s", time.as_secs());
    let outcome = shell::watch(&mut libfuzzer(root, program, &folders, time), "");
    let new: Vec<PathBuf> = files(&folders.broken)?.difference(&before).cloned().collect();
    match (outcome, new.as_slice()) {
        (Ok(()), []) => {
            println!("fuzz: {target} held for {} s", time.as_secs());
            Ok(())
        }
        (Err(failure), []) => Err(failure),
        (_, new) => Err(broken(root, target, new)),
    }
}

fn libfuzzer(root: &Path, program: &Path, folders: &Folders, time: Duration) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root).args([
        format!("-max_total_time={}", time.as_secs()),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
        format!("-max_len={INPUT_BYTES_MAX}"),
        format!("-artifact_prefix={}/", folders.broken.display()),
        "-print_final_stats=1".to_owned(),
    ]);
    command.arg(&folders.found).arg(&folders.committed);
    command
}

fn broken(root: &Path, target: &str, files: &[PathBuf]) -> Failure {
    let line = |file: &PathBuf| {
        let file = file.strip_prefix(root).unwrap_or(file);
        format!("cargo xtask fuzz {target} --replay {}", file.display())
    };
    let lines: Vec<String> = files.iter().map(line).collect();
    Failure::new(format!("{target} broke its promise; to replay it:\n{}", lines.join("\n")), "")
}

fn files(folder: &Path) -> Result<BTreeSet<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::broken;

    #[test]
    fn what_was_found_comes_with_the_line_that_replays_it() {
        let root = Path::new("somewhere");
        let failure = broken(root, "frame", &[root.join("fuzz/artifacts/frame/crash-1")]);
        let line = failure.what.lines().last().unwrap();
        assert_eq!(line, "cargo xtask fuzz frame --replay fuzz/artifacts/frame/crash-1");
    }
}
