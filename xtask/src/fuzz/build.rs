//! Building the programs: cargo-fuzz, a C++ compiler, and the lock file of the workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PROGRAMS;
use crate::failure::Failure;
use crate::shell;

/// The programs can be built.
pub(super) struct Programs {
    folder: PathBuf,
    host: String,
}

/// Looks for what building needs, and installs what cargo can install.
pub(super) fn programs(root: &Path) -> Result<Programs, Failure> {
    check_compiler()?;
    install_cargo_fuzz(root)?;
    let folder = root.join(PROGRAMS);
    // The same versions as everywhere else, without a second list of them.
    let (from, to) = (root.join("Cargo.lock"), folder.join("Cargo.lock"));
    std::fs::copy(&from, &to).map_err(|error| Failure::file(&from, &error))?;
    Ok(Programs { folder, host: shell::host(root)? })
}

impl Programs {
    /// Builds the program of a target and says where it is.
    pub(super) fn build(&self, target: &str) -> Result<PathBuf, Failure> {
        println!("fuzz: building {target}");
        let mut command = shell::cargo(&self.folder, &["fuzz", "build", "--fuzz-dir"]);
        // No sanitizer: this workspace has no unsafe code, and without one the programs are several times faster.
        command.arg(&self.folder).args(["--sanitizer", "none", "--target", &self.host, target]);
        // Coverage is an unstable flag of rustc; with this the stable toolchain takes it.
        command.env("RUSTC_BOOTSTRAP", "1");
        shell::watch(&mut command, "mend what the compiler says; a linker that fails may lack libstdc++")?;
        Ok(self.folder.join("target").join(&self.host).join("release").join(target))
    }
}

/// libFuzzer is compiled from C++.
fn check_compiler() -> Result<(), Failure> {
    let named = std::env::var("CXX").ok();
    let found = named.iter().map(String::as_str).chain(["c++", "g++", "clang++"]).any(answers);
    if found {
        return Ok(());
    }
    Err(Failure::new(
        "libFuzzer is built with a C++ compiler, and there is none",
        "install one (Debian: `apt install g++`, macOS: `xcode-select --install`), or name it in CXX; \
         replaying needs none",
    ))
}

fn answers(compiler: &str) -> bool {
    let mut command = Command::new(compiler);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn install_cargo_fuzz(root: &Path) -> Result<(), Failure> {
    if shell::output_of(&mut shell::cargo(root, &["fuzz", "--version"]))?.status.success() {
        return Ok(());
    }
    println!("fuzz: installing cargo-fuzz, once");
    let mut command = shell::cargo(root, &["install", "cargo-fuzz", "--locked"]);
    shell::watch(
        &mut command,
        "install it by hand with `cargo install cargo-fuzz --locked`; it needs the registry",
    )
}
