//! Taking what runs found into the committed corpus: few and small files that together reach the most.
//!
//! libFuzzer says in the control file of a set-cover merge which features of the program each file reaches. From there
//! the files are picked one by one: each time the one that reaches the most that is new, until the budget is spent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::Folders;
use crate::failure::Failure;
use crate::shell;

/// Files that one target may have beside its seeds.
const FILES_MAX: usize = 9;

/// Their bytes, in all.
const BYTES_MAX: u64 = 12 * 1_024;

/// What committed seeds begin with: they stay.
const SEED: &str = "seed-";

/// A file, and what of the program it reaches.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    path: PathBuf,
    bytes: u64,
    features: BTreeSet<u64>,
}

/// Replaces what of a target's committed corpus is no seed.
pub(super) fn keep(root: &Path, target: &str, program: &Path) -> Result<(), Failure> {
    let folders = Folders::of(root, target)?;
    let control = folders.broken.join("merge-control");
    let merged = folders.broken.join("merged");
    fs::create_dir_all(&merged).map_err(|error| Failure::file(&merged, &error))?;
    let mut command = Command::new(program);
    command.args(["-set_cover_merge=1".to_owned(), format!("-merge_control_file={}", control.display())]);
    command.arg(&merged).arg(&folders.committed).arg(&folders.found);
    let outcome = shell::capture(&mut command);
    let text = fs::read_to_string(&control).map_err(|error| Failure::file(&control, &error));
    for path in [&merged, &control] {
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
    outcome?;
    let (seeds, others): (Vec<_>, Vec<_>) = candidates(&text?).into_iter().partition(Candidate::is_seed);
    let picked = pick(&seeds, others);
    replace(&folders.committed, &picked)?;
    println!("fuzz: {target} keeps {} files beside its seeds", picked.len());
    Ok(())
}

impl Candidate {
    fn is_seed(&self) -> bool {
        self.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SEED))
    }
}

/// Reads a control file: the number of files, that of those merged before, their names; then what each reaches.
fn candidates(control: &str) -> Vec<Candidate> {
    let mut lines = control.lines();
    let count = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    lines.next();
    let names: Vec<&str> = lines.by_ref().take(count).collect();
    let mut candidates = Vec::new();
    for line in lines.filter_map(|line| line.strip_prefix("FT ")) {
        let mut numbers = line.split(' ').filter_map(|number| number.parse::<u64>().ok());
        let Some(name) = numbers.next().and_then(|at| names.get(usize::try_from(at).ok()?)) else { continue };
        let path = PathBuf::from(name);
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        candidates.push(Candidate { path, bytes, features: numbers.collect() });
    }
    candidates
}

/// The files that together reach the most beyond the seeds, within the budget; of two that reach as much the smaller.
fn pick(seeds: &[Candidate], mut others: Vec<Candidate>) -> Vec<Candidate> {
    let mut reached: BTreeSet<u64> = seeds.iter().flat_map(|seed| seed.features.iter().copied()).collect();
    let (mut picked, mut bytes) = (Vec::new(), 0);
    while picked.len() < FILES_MAX {
        let news = |candidate: &Candidate| candidate.features.difference(&reached).count();
        let fits = |candidate: &Candidate| bytes + candidate.bytes <= BYTES_MAX;
        let best = others.iter().enumerate().filter(|(_, other)| fits(other) && news(other) > 0);
        let Some((at, _)) = best.max_by_key(|(_, other)| (news(other), u64::MAX - other.bytes)) else {
            break;
        };
        let best = others.swap_remove(at);
        bytes += best.bytes;
        reached.extend(best.features.iter().copied());
        picked.push(best);
    }
    picked
}

fn replace(committed: &Path, picked: &[Candidate]) -> Result<(), Failure> {
    let read = |candidate: &Candidate| {
        fs::read(&candidate.path).map_err(|error| Failure::file(&candidate.path, &error))
    };
    let contents: Vec<Vec<u8>> = picked.iter().map(read).collect::<Result<_, _>>()?;
    let entries = fs::read_dir(committed).map_err(|error| Failure::file(committed, &error))?;
    for entry in entries.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with(SEED)) {
        fs::remove_file(entry.path()).map_err(|error| Failure::file(&entry.path(), &error))?;
    }
    for (at, bytes) in contents.iter().enumerate() {
        let path = committed.join(format!("found-{at:02}"));
        fs::write(&path, bytes).map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Candidate, candidates, pick};

    fn candidate(name: &str, bytes: u64, features: &[u64]) -> Candidate {
        Candidate { path: name.into(), bytes, features: features.iter().copied().collect() }
    }

    #[test]
    fn a_control_file_says_what_each_file_reaches() {
        let control = "2\n1\na\nb\nSTARTED 0 5\nFT 0 7 8\nCOV 0 1\nSTARTED 1 3\nFT 1 9\nCOV 1 2\nDONE 2\n";
        assert_eq!(candidates(control), [candidate("a", 0, &[7, 8]), candidate("b", 0, &[9])]);
    }

    #[test]
    fn the_files_are_picked_that_reach_the_most_beyond_the_seeds() {
        let seeds = [candidate("seed-a", 1, &[1, 2])];
        let others = vec![
            candidate("known", 1, &[1, 2]),
            candidate("big", 9, &[3, 4]),
            candidate("small", 3, &[3, 4]),
            candidate("other", 5, &[2, 5]),
        ];
        let names: Vec<_> = pick(&seeds, others).into_iter().map(|picked| picked.path).collect();
        assert_eq!(names, ["small", "other"].map(std::path::PathBuf::from));
    }
}
