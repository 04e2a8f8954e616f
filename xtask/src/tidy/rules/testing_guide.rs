//! The guide about tests shows programs that are compiled and run, word for word.

use crate::tidy::Finding;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "testing-guide";

/// The guide.
const PAGE: &str = "docs/testing.md";

/// The programs it shows, which are tests of the examples' package.
const PROGRAMS: &str = "examples/testing/";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let Some(page) = workspace.file(PAGE) else { return Vec::new() };
    let programs: Vec<&File> = workspace.below(PROGRAMS, ".rs").collect();
    let blocks: Vec<(usize, String)> = blocks(&page.text);
    let missing = programs.iter().filter(|program| !blocks.iter().any(|(_, block)| *block == program.text));
    let unknown = blocks.iter().filter(|(_, block)| !programs.iter().any(|program| program.text == *block));
    let missing = missing.map(|program| {
        let wrong = format!("{PAGE} does not show it as it is");
        Finding::new(&program.path, 1, RULE, wrong, "copy the whole file into its block there")
    });
    let unknown = unknown.map(|(line, _)| {
        let wrong = "a program here is no file of examples/testing".to_owned();
        Finding::new(PAGE, *line, RULE, wrong, "show a whole file of examples/testing, as it is")
    });
    missing.chain(unknown).collect()
}

/// The first line of each block of Rust that is a whole program, and what it says.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line) {
            (None, "```rust") => open = Some((at + 2, String::new())),
            (None, _) => {}
            (Some(_), "```") => found.extend(open.take()),
            (Some((_, block)), line) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    found.retain(|(_, block)| block.starts_with("//! "));
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    const PROGRAM: (&str, &str) = ("examples/testing/a.rs", "//! A program.\n\nfn main() {}\n");

    fn found(page: &str) -> Vec<String> {
        let tree = Workspace::of(&[("docs/testing.md", page), PROGRAM]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_that_shows_every_program_word_for_word_passes_and_fragments_are_free() {
        let page =
            "# Guide\n```rust\n//! A program.\n\nfn main() {}\n```\nAnd so:\n```rust\nserver.cut();\n```\n";
        assert_eq!(found(page), [""; 0]);
    }

    #[test]
    fn a_program_that_is_shown_otherwise_is_found_at_both_ends() {
        let found = found("```rust\n//! A program.\n\nfn main() { }\n```\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("examples/testing/a.rs:1: "), "{found:?}");
        assert!(found[1].starts_with("docs/testing.md:2: "), "{found:?}");
    }
}
