//! `cargo xtask fix`: the writing twin of the gate. Generates, applies clippy's suggestions, formats, and
//! shrinks the ratchet. What it cannot mend, `cargo xtask ci` still reports.

use std::path::Path;

use crate::failure::Failure;
use crate::{codegen, shell, tidy};

const CLIPPY: &[&str] = &[
    "clippy",
    "--fix",
    "--allow-dirty",
    "--allow-staged",
    "--allow-no-vcs",
    "--workspace",
    "--all-targets",
    "--all-features",
];

/// Runs every mending step; the first that cannot run ends the chore.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    step("codegen", || codegen::run(root, &codegen::Args::default()))?;
    step("clippy --fix", || shell::capture(&mut shell::cargo(root, CLIPPY)).map(drop))?;
    step("fmt", || shell::capture(&mut shell::cargo(root, &["fmt", "--all"])).map(drop))?;
    step("ratchet", || tidy::shrink_ratchet(root))?;
    println!("done; `cargo xtask ci` says what is left");
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    println!("fix: {name}");
    work()
}
