//! `cargo xtask tidy`: the rules of the tree that neither rustc nor clippy can check.
//!
//! A rule is a file in `rules/` with one function `check(&Workspace) -> Vec<Finding>`. The rules also run as a test,
//! so `cargo test` shows a breach before the gate does. They read; only [`shrink_ratchet`] writes.

use std::fmt;
use std::path::Path;

use crate::failure::Failure;
use workspace::Workspace;

mod code;
mod rules;
mod use_tree;
mod workspace;

/// One breach of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Below the root, with slashes.
    path: String,
    /// Counted from 1.
    line: usize,
    rule: &'static str,
    wrong: String,
    right: String,
}

impl Finding {
    fn new(
        path: &str,
        line: usize,
        rule: &'static str,
        wrong: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Self { path: path.to_owned(), line, rule, wrong: wrong.into(), right: right.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}; {}", self.path, self.line, self.rule, self.wrong, self.right)
    }
}

/// Checks the tree below `root` against every rule.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    let findings = findings(&Workspace::load(root)?);
    if findings.is_empty() {
        println!("tidy: {} rules hold", rules::ALL.len());
        return Ok(());
    }
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    Err(Failure::new(
        format!("{}\n{} finding(s)", lines.join("\n"), findings.len()),
        "edit the lines named above; then `cargo xtask tidy`",
    ))
}

/// Lowers the listed exceptions to their present length and strikes those no longer needed.
pub(crate) fn shrink_ratchet(root: &Path) -> Result<(), Failure> {
    let workspace = Workspace::load(root)?;
    let path = root.join(rules::ratchet::LIST);
    let text = rules::ratchet::shrunk(&workspace);
    std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))
}

/// Every breach of every rule, in the order of the files.
fn findings(workspace: &Workspace) -> Vec<Finding> {
    let mut all: Vec<Finding> = rules::ALL.iter().flat_map(|check| check(workspace)).collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::{Finding, findings};
    use crate::shell::workspace_root;
    use crate::tidy::workspace::Workspace;

    #[test]
    fn the_tree_is_tidy() {
        let workspace = Workspace::load(&workspace_root()).expect("the workspace can be read");
        let found: Vec<String> = findings(&workspace).iter().map(Finding::to_string).collect();
        assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    }

    #[test]
    fn a_finding_says_where_what_and_what_would_be_right() {
        let finding = Finding::new("crates/a/src/lib.rs", 7, "todo", "unfinished code", "finish it");
        assert_eq!(finding.to_string(), "crates/a/src/lib.rs:7: todo: unfinished code; finish it");
    }
}
