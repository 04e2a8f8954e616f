//! The workspace's rust-version: every dependency promises it, and where that toolchain is installed it is tried.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::failure::Failure;
use crate::shell;

pub(super) fn run(root: &Path) -> Result<String, Failure> {
    let host = shell::host(root)?;
    let args = ["metadata", "--format-version", "1", "--filter-platform", &host];
    let metadata = shell::capture(&mut shell::cargo(root, &args))?;
    let value: Value = serde_json::from_str(&metadata)
        .map_err(|error| Failure::new(format!("cargo metadata: {error}"), "update the Rust toolchain"))?;
    let packages = value.get("packages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ours = packages
        .iter()
        .find(|package| text(package, "name") == "bim")
        .map(|package| text(package, "rust_version"));
    let Some(ours) = ours.filter(|version| !version.is_empty()) else {
        return Err(Failure::new("the workspace names no rust-version", "add it under [workspace.package]"));
    };
    let newer = newer(packages, ours);
    if !newer.is_empty() {
        return Err(Failure::new(
            newer.join("\n"),
            format!("choose a version that builds with Rust {ours}, or raise rust-version"),
        ));
    }
    try_it(root, ours)
}

/// The packages that ask for a newer compiler.
fn newer(packages: &[Value], ours: &str) -> Vec<String> {
    let too_new = packages.iter().filter(|package| parts(text(package, "rust_version")) > parts(ours));
    too_new
        .map(|package| {
            let version = text(package, "version");
            format!("{} {version} needs Rust {}", text(package, "name"), text(package, "rust_version"))
        })
        .collect()
}

/// Checks the libraries with the old toolchain, in a target folder of its own; only notes it when there is none.
fn try_it(root: &Path, version: &str) -> Result<String, Failure> {
    let listed = Command::new("rustup").args(["toolchain", "list"]).output();
    let installed =
        listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if !installed.lines().any(|line| line.starts_with(version)) {
        return Ok(format!("not tried: no {version} toolchain is installed"));
    }
    let mut command = Command::new("rustup");
    command.current_dir(root).args([
        "run",
        version,
        "cargo",
        "check",
        "--workspace",
        "--lib",
        "--bins",
        "--target-dir",
        "target/msrv",
    ]);
    command.env_remove("CARGO").env_remove("RUSTC");
    shell::capture(&mut command).map(|_| format!("tried with {version}"))
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Major and minor; a missing version counts as the oldest.
fn parts(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::newer;

    #[test]
    fn only_packages_that_need_a_newer_compiler_are_named() {
        let package = |name: &str, rust: Option<&str>| serde_json::json!({ "name": name, "version": "1.0.0", "rust_version": rust });
        let packages = [
            package("a", Some("1.90")),
            package("b", Some("1.91.1")),
            package("c", None),
            package("d", Some("1.9")),
        ];
        assert_eq!(newer(&packages, "1.90"), ["b 1.0.0 needs Rust 1.91.1"]);
    }
}
