//! The list of steps. Cheap ones first, so that a slip shows early.

use std::path::Path;
use std::process::Command;

use super::{features, msrv, separations};
use crate::failure::Failure;
use crate::{codegen, shell, sim, tidy};

/// One step of the gate.
pub(super) struct Step {
    pub(super) name: &'static str,
    /// What holds when it passes.
    pub(super) proves: &'static str,
    /// Returns a note for the reader, often empty.
    pub(super) run: fn(&Path) -> Result<String, Failure>,
}

/// Every step, in order.
pub(super) const STEPS: &[Step] = &[
    Step { name: "fmt", proves: "the code is formatted", run: fmt },
    Step { name: "tidy", proves: "the rules of the tree hold", run: |root| tidy::run(root).map(quiet) },
    Step { name: "codegen", proves: "generated files are current and the wire does not break", run: codegen },
    Step { name: "separations", proves: "a crate drags in only what was selected", run: separations::run },
    Step {
        name: "msrv",
        proves: "every dependency builds with the workspace's rust-version",
        run: msrv::run,
    },
    Step { name: "clippy", proves: "no lint speaks, in no target, with every feature", run: clippy },
    Step { name: "docs", proves: "the documentation builds without a warning", run: docs },
    Step { name: "sim", proves: "every promise holds in the simulation, over the first seeds", run: sim },
    Step { name: "features", proves: "every feature of every library compiles alone", run: features::run },
];

const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
const DOCS: &[&str] = &["doc", "--workspace", "--no-deps", "--all-features"];

fn fmt(root: &Path) -> Result<String, Failure> {
    must(&mut shell::cargo(root, &["fmt", "--all", "--check", "--", "--color", "never"]), "`cargo xtask fix`")
}

fn codegen(root: &Path) -> Result<String, Failure> {
    codegen::run(root, &codegen::Args::checking()).map(quiet)
}

fn clippy(root: &Path) -> Result<String, Failure> {
    must(&mut shell::cargo(root, CLIPPY), "`cargo xtask fix` applies what clippy can apply itself")
}

fn docs(root: &Path) -> Result<String, Failure> {
    let mut command = shell::cargo(root, DOCS);
    must(command.env("RUSTDOCFLAGS", "-D warnings"), "edit the documentation named above")
}

fn sim(root: &Path) -> Result<String, Failure> {
    sim::run(root, &sim::Args::first_seeds()).map(quiet)
}

fn must(command: &mut Command, mend: &str) -> Result<String, Failure> {
    let output = shell::output_of(command)?;
    if output.status.success() {
        return Ok(String::new());
    }
    let what = format!("$ {}\n{}", shell::spelled(command), shell::said(&output));
    Err(Failure::new(what, mend))
}

fn quiet((): ()) -> String {
    String::new()
}
