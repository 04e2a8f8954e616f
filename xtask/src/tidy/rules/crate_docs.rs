//! Every crate root says at its top what the crate is.

use crate::tidy::Finding;
use crate::tidy::workspace::Workspace;

const RULE: &str = "crate-docs";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut found = Vec::new();
    for member in &workspace.members {
        let folder = member.manifest.trim_end_matches("Cargo.toml");
        let roots = ["src/lib.rs", "src/main.rs", "lib.rs"].map(|root| format!("{folder}{root}"));
        for file in roots.iter().filter_map(|path| workspace.file(path)) {
            if !file.text.starts_with("//!") && !file.text.starts_with("#![doc") {
                let right = "begin it with `//!`: what it is, what it owns, what it never does";
                found.push(Finding::new(&file.path, 1, RULE, "the crate does not say what it is", right));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::{Member, Workspace};

    #[test]
    fn a_root_without_docs_is_found() {
        let mut tree = Workspace::of(&[
            ("crates/a/src/lib.rs", "//! What it is.\n"),
            ("crates/b/src/lib.rs", "mod x;\n"),
        ]);
        let member = |name: &str| Member {
            name: name.to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            normal: vec![],
        };
        tree.members = vec![member("a"), member("b")];
        let paths: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["crates/b/src/lib.rs"]);
    }
}
