//! No file names a place that exists on one machine only.

use crate::tidy::Finding;
use crate::tidy::workspace::Workspace;

const RULE: &str = "machine-paths";
/// First parts of absolute paths that mean somebody's own machine.
const PLACES: [&str; 3] = ["work", "root", "Users"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in &workspace.files {
        for (at, line) in file.text.lines().enumerate() {
            for place in PLACES.map(|name| format!("/{name}/")) {
                if names(line, &place) {
                    let wrong = format!("`{place}…` is a path of one machine");
                    found.push(Finding::new(
                        &file.path,
                        at + 1,
                        RULE,
                        wrong,
                        "name it relative to the repository",
                    ));
                }
            }
        }
    }
    found
}

/// Whether the line holds the place as the start of an absolute path, not in the middle of a longer one.
fn names(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "._-/}".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    #[test]
    fn absolute_paths_of_a_machine_are_found_and_relative_ones_are_not() {
        let place = ["", "root", "x"].join("/");
        let text = format!("see {place}\nhttps://example.invalid{place}\n../a{place}\n");
        let lines: Vec<usize> =
            check(&Workspace::of(&[("README.md", &text)])).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1]);
    }
}
