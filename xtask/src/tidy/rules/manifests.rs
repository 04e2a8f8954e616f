//! Every member takes lints, edition, rust-version and licence from the workspace, and versions from its one list.

use crate::tidy::Finding;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "manifests";
const INHERITED: [&str; 4] = ["version", "edition", "rust-version", "license"];
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let manifests = workspace.members.iter().filter_map(|member| workspace.file(&member.manifest));
    manifests.flat_map(check_manifest).collect()
}

fn check_manifest(file: &File) -> Vec<Finding> {
    let finding = |wrong: String, right: &str| Finding::new(&file.path, 1, RULE, wrong, right);
    let Ok(table) = file.text.parse::<toml::Table>() else {
        return vec![finding(
            "the manifest is not valid TOML".to_owned(),
            "mend what `cargo metadata` complains about",
        )];
    };
    let mut found = Vec::new();
    for key in INHERITED {
        if !inherits(table.get("package").and_then(|package| package.get(key))) {
            found.push(finding(
                format!("`{key}` is not the workspace's"),
                "write `<key>.workspace = true` under [package]",
            ));
        }
    }
    if !inherits(table.get("lints")) {
        found.push(finding(
            "the workspace's lints are off".to_owned(),
            "add `[lints]` with `workspace = true`",
        ));
    }
    for kind in DEPENDENCIES {
        let listed = table.get(kind).and_then(toml::Value::as_table).into_iter().flatten();
        for (name, _) in listed.filter(|(_, value)| !inherits(Some(value))) {
            let right =
                "list the version once under [workspace.dependencies] and write `workspace = true` here";
            found.push(finding(format!("`{name}` has a version of its own"), right));
        }
    }
    found
}

fn inherits(value: Option<&toml::Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::{Member, Workspace};

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n[dependencies]\nbytes.workspace = true\n";

    fn found(manifest: &str) -> usize {
        let mut tree = Workspace::of(&[("crates/a/Cargo.toml", manifest)]);
        tree.members =
            vec![Member { name: "a".to_owned(), manifest: "crates/a/Cargo.toml".to_owned(), normal: vec![] }];
        check(&tree).len()
    }

    #[test]
    fn a_member_that_inherits_passes() {
        assert_eq!(found(GOOD), 0);
    }

    #[test]
    fn what_is_not_inherited_is_found() {
        assert_eq!(found(&GOOD.replace("license.workspace = true\n", "")), 1);
        assert_eq!(found(&GOOD.replace("rust-version.workspace = true", "rust-version = \"1.70\"")), 1);
        assert_eq!(found(&GOOD.replace("[lints]\nworkspace = true\n", "")), 1);
        assert_eq!(found(&GOOD.replace("bytes.workspace = true", "bytes = \"1\"")), 1);
    }
}
