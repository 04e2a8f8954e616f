//! The simulation: builds it as released and hands over the rest of the command line.

use std::ffi::OsString;
use std::path::Path;

use crate::failure::Failure;
use crate::shell;

/// What is handed to the simulation; `cargo xtask sim --help` asks it.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Options of the simulation, such as `--seeds 20000`, `--seed 7 --tell` or `--bug-bank`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

/// What the gate plays: enough to see a slip, few enough to wait for.
const FIRST_SEEDS: [&str; 2] = ["--seeds", "300"];

impl Args {
    /// What the gate plays.
    pub(crate) fn first_seeds() -> Self {
        Self { options: FIRST_SEEDS.map(OsString::from).into() }
    }
}

pub(crate) fn run(root: &Path, args: &Args) -> Result<(), Failure> {
    let asks = |name: &str| args.options.iter().any(|option| option == name);
    let mut command = shell::cargo(root, &["run", "--profile", "sim", "--quiet", "--package", "bim-sim"]);
    // A program with defects that can be planted is another one, so that the ordinary one is what is released.
    if asks("--bug-bank") || asks("--defect") {
        command.args(["--features", "bug-bank", "--target-dir", "target/bug-bank"]);
    }
    command.arg("--").args(&args.options);
    let status = command.status().map_err(|error| {
        Failure::new(
            format!("{} could not start: {error}", shell::spelled(&command)),
            "install the Rust toolchain",
        )
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new("the simulation found a broken promise", "the line `replay:` above shows it again"))
}
