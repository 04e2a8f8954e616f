//! Which benchmarks the two trees have, and their programs.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::revision::Checkout;
use crate::failure::Failure;
use crate::shell::{self, Built};

const PACKAGE: &str = "bim-benches";

/// Where cargo builds this tree.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf, Failure> {
    let metadata = metadata(root)?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    folder.map(PathBuf::from).ok_or_else(|| Failure::new("cargo does not say where it builds", ""))
}

/// The benchmarks to run: those asked for, which both trees must have, or all that both have.
pub(crate) fn chosen(revision: &Checkout, root: &Path, asked: &[String]) -> Result<Vec<String>, Failure> {
    let before = names(&metadata(revision.folder())?);
    choose(revision.name(), &before, &names(&metadata(root)?), asked)
}

/// Builds benchmarks of a tree.
pub(crate) fn build(tree: &Path, names: &[String], target: Option<&Path>) -> Result<Vec<Built>, Failure> {
    let mut command = shell::cargo(tree, &["bench", "--no-run", "--quiet", "-p", PACKAGE]);
    for name in names {
        command.args(["--bench", name]);
    }
    if let Some(target) = target {
        command.arg("--target-dir").arg(target);
    }
    shell::executables(&mut command)
}

fn metadata(tree: &Path) -> Result<Value, Failure> {
    let text = shell::capture(&mut shell::cargo(tree, &["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("cargo metadata: {error}"), "update the Rust toolchain"))
}

fn names(metadata: &Value) -> Vec<String> {
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let packages = list(metadata, "packages").into_iter();
    let ours = packages.filter(|package| package.get("name").and_then(Value::as_str) == Some(PACKAGE));
    let targets = ours.flat_map(|package| list(&package, "targets"));
    let benches = targets.filter(|target| list(target, "kind").iter().any(|kind| kind == "bench"));
    benches.filter_map(|target| target.get("name").and_then(Value::as_str).map(str::to_owned)).collect()
}

fn choose(
    revision: &str,
    before: &[String],
    now: &[String],
    asked: &[String],
) -> Result<Vec<String>, Failure> {
    let missing = |whose: &str, has: &[String], name: &str| {
        let mend = if has.is_empty() {
            "choose another revision".into()
        } else {
            format!("it has {}", has.join(", "))
        };
        Failure::new(format!("{whose} has no benchmark {name:?}"), mend)
    };
    for name in asked {
        if !now.contains(name) {
            return Err(missing("this tree", now, name));
        }
        if !before.contains(name) {
            return Err(missing(revision, before, name));
        }
    }
    if !asked.is_empty() {
        return Ok(asked.to_vec());
    }
    let (both, only_here): (Vec<&String>, Vec<&String>) = now.iter().partition(|name| before.contains(*name));
    for name in only_here {
        println!("{revision} has no benchmark {name:?}: it is left out");
    }
    if both.is_empty() {
        let what = format!("{revision} has none of this tree's benchmarks");
        return Err(Failure::new(what, "choose a later revision"));
    }
    Ok(both.into_iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::{choose, names};

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn benchmarks_are_those_of_their_package() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "bim-benches", "targets": [
                { "name": "bim_benches", "kind": ["lib"] }, { "name": "codec", "kind": ["bench"] } ] },
            { "name": "other", "targets": [{ "name": "own", "kind": ["bench"] }] },
        ]});
        assert_eq!(names(&metadata), ["codec"]);
    }

    #[test]
    fn what_both_trees_have_is_compared() {
        let chosen = choose("old", &list(&["codec", "gone"]), &list(&["codec", "send"]), &[]);
        assert_eq!(chosen.unwrap(), ["codec"]);
        assert!(choose("old", &[], &list(&["codec"]), &[]).is_err());
    }

    #[test]
    fn a_benchmark_that_the_revision_does_not_have_is_a_sentence() {
        let now = list(&["codec", "send"]);
        let failure = choose("old", &list(&["codec"]), &now, &list(&["send"])).unwrap_err();
        assert_eq!(failure.to_string(), "old has no benchmark \"send\"\nto mend it: it has codec");
        let failure = choose("old", &list(&["codec"]), &now, &list(&["nil"])).unwrap_err();
        assert!(failure.what.starts_with("this tree has no benchmark"), "{failure}");
    }
}
