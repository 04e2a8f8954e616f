//! Files and functions stay short; the few that are long are listed, and the list only shrinks.

use std::collections::BTreeMap;

use crate::tidy::Finding;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "ratchet";
/// The list of exceptions.
pub(crate) const LIST: &str = "xtask/ratchet.toml";
/// Longest file, in lines, its tests module not counted.
const FILE_LINES: usize = 500;
/// Longest function, in lines, from its `fn` to its closing brace.
const FUNCTION_LINES: usize = 70;

const HEAD: &str = "# Files over 500 lines and functions over 70, with their present length in lines. The list only shrinks:\n# `cargo xtask fix` lowers and strikes entries, nobody adds one without a reason in the same commit.\n";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let listed = listed(workspace);
    let long = long(workspace);
    let grown =
        long.iter().filter(|(key, length)| listed.get(*key).is_none_or(|allowed| length.lines > *allowed));
    let mut found: Vec<Finding> = grown.map(|(key, length)| too_long(key, length, listed.get(key))).collect();
    for key in listed.keys().filter(|key| !long.contains_key(*key)) {
        let wrong = format!("{key} is listed and no longer too long");
        found.push(Finding::new(LIST, 1, RULE, wrong, "`cargo xtask fix` strikes it"));
    }
    found
}

/// The list with every entry lowered to what it is now; entries no longer needed are gone, none is added.
pub(crate) fn shrunk(workspace: &Workspace) -> String {
    let long = long(workspace);
    let mut text = HEAD.to_owned();
    for (key, allowed) in listed(workspace) {
        if let Some(length) = long.get(&key) {
            text.push_str(&format!("\"{key}\" = {}\n", length.lines.min(allowed)));
        }
    }
    text
}

struct Length {
    path: String,
    line: usize,
    lines: usize,
    limit: usize,
}

fn too_long(key: &str, length: &Length, allowed: Option<&usize>) -> Finding {
    let wrong = match allowed {
        Some(allowed) => format!("{key} grew from {allowed} to {} lines", length.lines),
        None => format!("{key} has {} lines", length.lines),
    };
    let right = format!("at most {} are right: move a part that has a name of its own", length.limit);
    Finding::new(&length.path, length.line, RULE, wrong, right)
}

fn listed(workspace: &Workspace) -> BTreeMap<String, usize> {
    let table: toml::Table = workspace.file(LIST).and_then(|file| file.text.parse().ok()).unwrap_or_default();
    let lines = |value: toml::Value| value.as_integer().and_then(|lines| usize::try_from(lines).ok());
    table.into_iter().filter_map(|(key, value)| Some((key, lines(value)?))).collect()
}

/// Everything over its limit, by path or `path::function`.
fn long(workspace: &Workspace) -> BTreeMap<String, Length> {
    let mut all = BTreeMap::new();
    for file in workspace.rust() {
        let lines = file_lines(file);
        all.insert(file.path.clone(), Length { path: file.path.clone(), line: 1, lines, limit: FILE_LINES });
        for (name, line, lines) in functions(file) {
            let length = Length { path: file.path.clone(), line, lines, limit: FUNCTION_LINES };
            let longest =
                all.entry(format!("{}::{name}", file.path)).or_insert(Length { lines: 0, ..length });
            if lines > longest.lines {
                *longest = Length { path: file.path.clone(), line, lines, limit: FUNCTION_LINES };
            }
        }
    }
    all.retain(|_, length| length.lines > length.limit);
    all
}

fn file_lines(file: &File) -> usize {
    let all = file.text.lines().count();
    let modules = file.code.tests().iter().filter(|range| {
        let item = file.code.text().get((*range).clone()).unwrap_or_default();
        item.contains("mod ") && !file.is_test
    });
    let tests: usize = modules
        .map(|range| file.code.line(range.end.saturating_sub(1)) + 1 - file.code.line(range.start))
        .sum();
    all.saturating_sub(tests)
}

/// Name, first line and length of every function with a body.
fn functions(file: &File) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for at in file.code.words("fn") {
        let name: String =
            file.code.after(at + 2).chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(body) = file.code.body(at).filter(|_| !name.is_empty()) else { continue };
        let (first, last) = (file.code.line(at), file.code.line(body.end.saturating_sub(1)));
        found.push((name, first, last + 1 - first));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{LIST, check, shrunk};
    use crate::tidy::workspace::Workspace;

    const PATH: &str = "crates/a/src/lib.rs";

    fn function(lines: usize) -> String {
        format!("fn long(x: [u8; 2]) {{\n{}}}\n", "    x;\n".repeat(lines - 2))
    }

    fn found(source: &str, list: &str) -> Vec<String> {
        check(&Workspace::of(&[(PATH, source), (LIST, list)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_function_of_70_lines_passes_and_one_of_71_does_not() {
        assert!(found(&function(70), "").is_empty());
        assert_eq!(found(&function(71), "").len(), 1);
    }

    #[test]
    fn a_file_of_500_lines_passes_whatever_its_tests_and_one_of_501_does_not() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// t\n".repeat(400));
        assert!(found(&format!("{}{tests}", "// a\n".repeat(500)), "").is_empty());
        assert_eq!(found(&format!("{}{tests}", "// a\n".repeat(501)), "").len(), 1);
    }

    #[test]
    fn a_listed_length_may_stay_or_shrink_and_not_grow() {
        let list = format!("\"{PATH}::long\" = 80\n");
        assert!(found(&function(80), &list).is_empty());
        assert!(found(&function(75), &list).is_empty());
        assert!(found(&function(81), &list).concat().contains("grew from 80 to 81"));
    }

    #[test]
    fn an_entry_no_longer_needed_is_a_finding_that_fix_strikes() {
        let list = format!("\"{PATH}::long\" = 80\n\"{PATH}::gone\" = 90\n");
        let found = found(&function(70), &list);
        assert_eq!(found.len(), 2);
        assert!(found.concat().contains("cargo xtask fix"));
    }

    #[test]
    fn shrinking_lowers_strikes_and_never_adds() {
        let list = format!("\"{PATH}::gone\" = 90\n\"{PATH}::long\" = 80\n");
        let source = format!("{}{}", function(75), function(100).replace("long", "other"));
        let text = shrunk(&Workspace::of(&[(PATH, &source), (LIST, &list)]));
        let entries: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(entries, [format!("\"{PATH}::long\" = 75")]);
    }
}
