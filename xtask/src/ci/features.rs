//! Every feature of every library crate compiles alone, and so do none and the default ones, without a warning.

use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::shell;

/// One way to build one crate.
#[derive(Debug, PartialEq, Eq)]
struct Build {
    package: String,
    /// `None` for the default features.
    feature: Option<String>,
}

pub(super) fn run(root: &Path) -> Result<String, Failure> {
    let metadata =
        shell::capture(&mut shell::cargo(root, &["metadata", "--no-deps", "--format-version", "1"]))?;
    let value: Value = serde_json::from_str(&metadata)
        .map_err(|error| Failure::new(format!("cargo metadata: {error}"), "update the Rust toolchain"))?;
    let builds = builds(&value);
    let failed: Vec<Failure> = builds.iter().filter_map(|build| build.check(root).err()).collect();
    if failed.is_empty() {
        return Ok(format!("{} builds", builds.len()));
    }
    let what = failed.iter().map(|failure| failure.what.as_str()).collect::<Vec<_>>().join("\n");
    Err(Failure::new(what, "run the command above; guard the code or name the missing feature in Cargo.toml"))
}

impl Build {
    fn args(&self) -> Vec<&str> {
        let mut args = vec!["check", "--lib", "-p", &self.package];
        if let Some(feature) = &self.feature {
            args.push("--no-default-features");
            if !feature.is_empty() {
                args.extend(["--features", feature]);
            }
        }
        args
    }

    /// Warnings fail too; they are read from the output, because a flag would build every dependency anew.
    fn check(&self, root: &Path) -> Result<(), Failure> {
        let mut command = shell::cargo(root, &self.args());
        let output = shell::output_of(&mut command)?;
        let said = shell::said(&output);
        if output.status.success() && !said.lines().any(|line| line.starts_with("warning:")) {
            return Ok(());
        }
        Err(Failure::new(format!("$ {}\n{said}", shell::spelled(&command)), ""))
    }
}

/// None, default and each feature of the libraries below `crates/`.
fn builds(metadata: &Value) -> Vec<Build> {
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    let libraries = packages.filter(|package| is_library(package));
    libraries.flat_map(ways).collect()
}

fn ways(package: &Value) -> Vec<Build> {
    let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
    let build =
        |feature: Option<&str>| Build { package: name.to_owned(), feature: feature.map(str::to_owned) };
    let mut ways = vec![build(None)];
    if let Some(features) =
        package.get("features").and_then(Value::as_object).filter(|features| !features.is_empty())
    {
        ways.push(build(Some("")));
        ways.extend(
            features.keys().filter(|feature| *feature != "default").map(|feature| build(Some(feature))),
        );
    }
    ways
}

fn is_library(package: &Value) -> bool {
    let placed = package
        .get("manifest_path")
        .and_then(Value::as_str)
        .is_some_and(|path| path.replace('\\', "/").contains("/crates/"));
    let targets = package.get("targets").and_then(Value::as_array).into_iter().flatten();
    let mut kinds = targets.filter_map(|target| target.get("kind").and_then(Value::as_array)).flatten();
    placed && kinds.any(|kind| kind == "lib")
}

#[cfg(test)]
mod tests {
    use super::builds;

    #[test]
    fn a_library_is_built_with_none_default_and_each_feature() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "a", "manifest_path": "x/crates/a/Cargo.toml", "targets": [{ "kind": ["lib"] }],
              "features": { "default": ["q"], "q": [], "w": [] } },
            { "name": "b", "manifest_path": "x/crates/b/Cargo.toml", "targets": [{ "kind": ["lib"] }], "features": {} },
            { "name": "c", "manifest_path": "x/crates/c/Cargo.toml", "targets": [{ "kind": ["bin"] }], "features": { "d": [] } },
            { "name": "d", "manifest_path": "x/tests/Cargo.toml", "targets": [{ "kind": ["lib"] }], "features": { "d": [] } },
        ]});
        let spelled: Vec<String> = builds(&metadata).iter().map(|build| build.args().join(" ")).collect();
        let expected = [
            "check --lib -p a",
            "check --lib -p a --no-default-features",
            "check --lib -p a --no-default-features --features q",
            "check --lib -p a --no-default-features --features w",
            "check --lib -p b",
        ];
        assert_eq!(spelled, expected);
    }
}
