//! Arrows point down: which crate of the workspace may depend on which. Hosts (tests, benches, examples, xtask)
//! and dev-dependencies are free.

use crate::tidy::Finding;
use crate::tidy::workspace::{Member, Workspace};

const RULE: &str = "dependency-table";

/// The one table. A new edge needs a line here and a reason in ARCHITECTURE.md.
const TABLE: &[(&str, &[&str])] = &[
    ("bim-types", &[]),
    ("bim-proto", &["bim-types"]),
    ("bim-transport", &["bim-types"]),
    ("bim-store", &["bim-types"]),
    ("bim-livegroup", &["bim-types", "bim-proto"]),
    ("bim-core", &["bim-types", "bim-proto", "bim-livegroup"]),
    ("bim-server-core", &["bim-types", "bim-proto", "bim-livegroup"]),
    ("bim", &["bim-types", "bim-core", "bim-livegroup", "bim-store", "bim-transport"]),
    ("bim-server", &["bim-types", "bim-server-core", "bim-store", "bim-transport"]),
    ("bim-fake-server", &["bim-types", "bim-server-core", "bim-server", "bim-store", "bim-transport"]),
    ("bim-bench", &["bim-types", "bim-proto", "bim-transport"]),
    ("bim-cli", &["bim", "bim-bench", "bim-server"]),
];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let crates = workspace.members.iter().filter(|member| member.manifest.starts_with("crates/"));
    crates.flat_map(|member| check_member(workspace, member)).collect()
}

fn check_member(workspace: &Workspace, member: &Member) -> Vec<Finding> {
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == member.name) else {
        let wrong = format!("{} has no row in the dependency table", member.name);
        return vec![Finding::new(
            &member.manifest,
            1,
            RULE,
            wrong,
            "add its row to the table in xtask and to ARCHITECTURE.md",
        )];
    };
    let ours = |name: &&String| workspace.members.iter().any(|other| other.name == **name);
    let forbidden = member.normal.iter().filter(ours).filter(|name| !allowed.contains(&name.as_str()));
    forbidden
        .map(|name| {
            let line = line_of(workspace, member, name);
            let wrong = format!("{} may not depend on {name}", member.name);
            let right = match allowed {
                [] => "it stands below all others and depends on none".to_owned(),
                allowed => format!("it may depend on {}", allowed.join(", ")),
            };
            Finding::new(&member.manifest, line, RULE, wrong, right)
        })
        .collect()
}

fn line_of(workspace: &Workspace, member: &Member, name: &str) -> usize {
    let text = workspace.file(&member.manifest).map_or("", |file| file.text.as_str());
    let names = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '=']));
    text.lines().position(names).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::{Member, Workspace};

    fn tree(edges: &[(&str, &[&str])]) -> Workspace {
        let member = |(name, normal): &(&str, &[&str])| Member {
            name: (*name).to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            normal: normal.iter().map(|name| (*name).to_owned()).collect(),
        };
        let manifest = ("crates/bim-core/Cargo.toml", "[dependencies]\nbim-store.workspace = true\n");
        Workspace { members: edges.iter().map(member).collect(), ..Workspace::of(&[manifest]) }
    }

    #[test]
    fn edges_of_the_table_and_outside_packages_are_free() {
        let tree = tree(&[("bim-types", &["bytes"]), ("bim-core", &["bim-types", "bytes"])]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn an_edge_that_points_elsewhere_is_named_with_its_line() {
        let found = check(&tree(&[("bim-store", &[]), ("bim-core", &["bim-store"])]));
        let text = found.first().expect("one finding").to_string();
        assert!(
            text.starts_with(
                "crates/bim-core/Cargo.toml:2: dependency-table: bim-core may not depend on bim-store;"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_crate_without_a_row_is_a_finding() {
        let found = check(&tree(&[("bim-new", &[])]));
        assert_eq!(found.len(), 1);
    }
}
