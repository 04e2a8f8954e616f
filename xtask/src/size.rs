//! `cargo xtask size`: builds the small client with the profile `size` and says how many bytes it has.
//!
//! What is weighed is a whole program, `examples/small_client`: WebSocket, TLS and store, no QUIC. It is a package of its
//! own, so that nothing that other packages of the workspace ask for gets in. Its linker leaves parts out, so it is also
//! started: it must run, and say why it panics. No step of the gate: an optimised build of everything with one code
//! generation unit takes minutes.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::shell;

const PACKAGE: &str = "bim-small-client";
const PROGRAM: &str = "small_client";
/// What the program may have, in bytes, stripped.
const BYTES_MAX: u64 = 2_500_000;
/// What must not be in what is weighed, because a client without QUIC does not have it.
const WITHOUT: [&str; 4] = ["quinn", "quinn-proto", "rcgen", "regex"];

/// Builds, starts and weighs.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    let tree = ["tree", "-p", PACKAGE, "-e", "normal", "--prefix", "none", "-f", "{p}"];
    alien(&shell::capture(&mut shell::cargo(root, &tree))?)?;
    let mut build = shell::cargo(root, &["build", "--profile", "size", "-p", PACKAGE]);
    let built = shell::executables(&mut build)?;
    let program = built.iter().find(|built| built.name == PROGRAM).ok_or_else(|| {
        Failure::new(format!("cargo did not build {PROGRAM}"), "see the manifest in examples/small_client")
    })?;
    let bytes = std::fs::metadata(&program.path).map_err(|error| Failure::file(&program.path, &error))?.len();
    println!("{bytes} bytes of {BYTES_MAX}: {}", program.path.display());
    says(&program.path, &[], "usage: ")?;
    #[cfg(unix)]
    says(&program.path, &[not_unicode()], "panicked at ")?;
    within(bytes)
}

/// What makes every program panic that reads its arguments as strings.
#[cfg(unix)]
fn not_unicode() -> &'static OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(b"\xff")
}

/// Fails unless the program ends with a failure and prints `words`.
fn says(program: &Path, arguments: &[&OsStr], words: &str) -> Result<(), Failure> {
    let mut command = Command::new(program);
    command.args(arguments).env("RUST_BACKTRACE", "1").stdin(Stdio::null());
    let output = shell::output_of(&mut command)?;
    let said = shell::said(&output);
    if !output.status.success() && said.contains(words) {
        return Ok(());
    }
    Err(Failure::new(
        format!("{PROGRAM} does not say `{words}`: {}, `{}`", output.status, said.trim()),
        "examples/small_client/build.rs says what its linker leaves out",
    ))
}

fn within(bytes: u64) -> Result<(), Failure> {
    if bytes <= BYTES_MAX {
        return Ok(());
    }
    Err(Failure::new(
        format!("the client is {} bytes too large", bytes - BYTES_MAX),
        "docs/performance.md says how to see which dependency it is",
    ))
}

/// Fails when something is weighed that such a client does not have.
fn alien(tree: &str) -> Result<(), Failure> {
    let mut names = tree.lines().filter_map(|line| line.split(' ').next());
    let Some(name) = names.find(|name| WITHOUT.contains(name)) else { return Ok(()) };
    Err(Failure::new(
        format!("{PACKAGE} has {name} in its tree"),
        format!("`cargo tree -p {PACKAGE} -e normal -i {name}` says who brings it"),
    ))
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, alien, says, within};

    #[test]
    fn a_client_may_have_the_limit_and_not_a_byte_more() {
        assert!(within(BYTES_MAX).is_ok());
        let failure = within(BYTES_MAX + 7).unwrap_err();
        assert!(failure.what.contains("7 bytes too large"), "{failure}");
    }

    #[test]
    fn what_such_a_client_does_not_have_is_not_weighed() {
        assert!(alien("bim-small-client v0.1.0 (/x)\nring v0.17.14\n").is_ok());
        assert!(alien("bim v0.1.0 (/x)\nquinn v0.11.12\n").unwrap_err().mend.contains("-i quinn"));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_ends_without_the_words_is_broken() {
        let (fails, succeeds) = ("false".as_ref(), "true".as_ref());
        assert!(says(fails, &[], "").is_ok());
        assert!(says(fails, &[], "usage: ").unwrap_err().what.contains("does not say `usage: `"));
        assert!(says(succeeds, &[], "").is_err());
    }
}
