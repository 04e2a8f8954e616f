//! A revision of this repository in a folder of its own, for as long as it is compared.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::shell;

/// A git worktree that goes when this is dropped. What a comparison that was killed left behind goes before the next.
#[derive(Debug)]
pub(crate) struct Checkout {
    name: String,
    repository: PathBuf,
    folder: PathBuf,
    /// One comparison at a time: held, never read.
    _lock: File,
}

impl Checkout {
    /// Checks a revision out below a folder that is made if it is missing.
    pub(crate) fn of(repository: &Path, revision: &str, below: &Path) -> Result<Self, Failure> {
        let commit = commit(repository, revision)?;
        std::fs::create_dir_all(below).map_err(|error| Failure::file(below, &error))?;
        let lock = lock(&below.join("lock"))?;
        let name =
            shell::capture(&mut git(repository, &["rev-parse", "--short", &commit]))?.trim().to_owned();
        let folder = below.join("tree");
        let checkout = Self { name, repository: repository.to_owned(), folder, _lock: lock };
        checkout.remove();
        let mut add = git(repository, &["worktree", "add", "--quiet", "--detach"]);
        shell::capture(add.arg(&checkout.folder).arg(&commit))?;
        Ok(checkout)
    }

    /// Short, and what git knows it by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn remove(&self) {
        let mut remove = git(&self.repository, &["worktree", "remove", "--force"]);
        // Nothing to remove is the usual case before, and nobody to tell afterwards.
        drop(remove.arg(&self.folder).stderr(Stdio::null()).output());
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        self.remove();
    }
}

fn commit(repository: &Path, revision: &str) -> Result<String, Failure> {
    let asked = format!("{revision}^{{commit}}");
    let mut command = git(repository, &["rev-parse", "--verify", "--quiet", "--end-of-options"]);
    let output = shell::output_of(command.arg(&asked))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !said.is_empty() {
        return Ok(said);
    }
    Err(Failure::new(
        format!("there is no revision {revision:?} here"),
        "`git log --oneline` lists revisions",
    ))
}

fn lock(path: &Path) -> Result<File, Failure> {
    let file = File::create(path).map_err(|error| Failure::file(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::new("another comparison is under way", "wait for it: they would disturb each other"))
        }
        Err(TryLockError::Error(error)) => Err(Failure::file(path, &error)),
    }
}

fn git(repository: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(repository).args(args).stdin(Stdio::null());
    // Set below a hook of git, where they name another tree.
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Checkout, git};
    use crate::shell::capture;

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let run = |args: &[&str]| capture(&mut git(folder.path(), args)).unwrap();
        run(&["init", "--quiet"]);
        for text in ["first", "second"] {
            std::fs::write(folder.path().join("file"), text).unwrap();
            run(&["add", "file"]);
            let name =
                ["-c", "user.name=n", "-c", "user.email=e@example.invalid", "-c", "commit.gpgsign=false"];
            run(&[&name[..], &["commit", "--quiet", "-m", text]].concat());
        }
        folder
    }

    fn worktrees(repository: &Path) -> usize {
        capture(&mut git(repository, &["worktree", "list"])).unwrap().lines().count()
    }

    #[test]
    fn a_revision_is_there_while_it_is_compared_and_then_gone() {
        let repository = repository();
        let below = repository.path().join("target/compare");
        let checkout = Checkout::of(repository.path(), "HEAD~1", &below).unwrap();
        let file = checkout.folder().join("file");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "first");
        assert!(Checkout::of(repository.path(), "HEAD", &below).is_err(), "two at a time");
        drop(checkout);
        assert!(!file.exists());
        assert_eq!(worktrees(repository.path()), 1);
    }

    #[test]
    fn what_a_killed_comparison_left_behind_is_no_hindrance() {
        let repository = repository();
        let below = repository.path().join("compare");
        let checkout = Checkout::of(repository.path(), "HEAD", &below).unwrap();
        let mut left = checkout;
        // As if it had been killed: its lock is gone, its folder is not.
        left.folder = below.join("elsewhere");
        drop(left);
        assert_eq!(worktrees(repository.path()), 2);
        drop(Checkout::of(repository.path(), "HEAD~1", &below).unwrap());
        assert_eq!(worktrees(repository.path()), 1);
    }

    #[test]
    fn a_revision_that_does_not_exist_is_a_sentence() {
        let repository = repository();
        for name in ["nowhere", "--all", ""] {
            let failure = Checkout::of(repository.path(), name, &repository.path().join("x")).unwrap_err();
            assert!(failure.what.contains("there is no revision"), "{failure}");
        }
    }
}
