//! Nothing below a machine or the words reaches for a runtime, a socket, a clock or chance.

use crate::tidy::Finding;
use crate::tidy::workspace::Workspace;

const RULE: &str = "machine-trees";

/// Packages that do I/O, keep time or draw lots.
const IMPURE: &[&str] = &[
    "async-std",
    "chrono",
    "fastrand",
    "getrandom",
    "hyper",
    "jiff",
    "mio",
    "polling",
    "quinn",
    "quinn-proto",
    "quinn-udp",
    "rand",
    "redb",
    "ring",
    "rustls",
    "smol",
    "socket2",
    "time",
    "tokio",
    "tokio-rustls",
    "tokio-tungstenite",
    "tokio-util",
    "tungstenite",
    "uuid",
];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, tree) in &workspace.trees {
        for package in tree.iter().filter(|package| IMPURE.contains(&package.as_str())) {
            let wrong = format!("{name} has {package} in its tree of normal dependencies");
            let right = format!(
                "find who brings it with `cargo tree -p {name} -e normal -i {package}` and take it out"
            );
            found.push(Finding::new(&format!("crates/{name}/Cargo.toml"), 1, RULE, wrong, right));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    fn tree(packages: &[&str]) -> Workspace {
        let mut workspace = Workspace::default();
        let packages = packages.iter().map(|name| (*name).to_owned()).collect();
        workspace.trees.insert("bim-core".to_owned(), packages);
        workspace
    }

    #[test]
    fn a_pure_tree_passes() {
        assert_eq!(check(&tree(&["bim-types", "bytes", "prost"])), []);
    }

    #[test]
    fn a_runtime_anywhere_below_is_a_finding() {
        let found = check(&tree(&["bytes", "tokio"]));
        assert!(
            found
                .first()
                .expect("one finding")
                .to_string()
                .contains("cargo tree -p bim-core -e normal -i tokio")
        );
    }
}
