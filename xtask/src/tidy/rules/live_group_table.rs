//! The page about live groups stays true: it names every call and every event, and only tests that are run.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::tidy::Finding;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "live-group-table";

/// The page.
const PAGE: &str = "docs/live-groups.md";

/// Where the calls are: public functions of `impl LiveGroups`.
const CALLS: &str = "crates/bim/src/live/";

/// Where the events are: functions of listeners' traits.
const EVENTS: &str = "crates/bim/src/listen/";

/// Listeners that have nothing to do with live groups.
const OTHER_EVENTS: &str = "crates/bim/src/listen/connect.rs";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let Some(page) = workspace.file(PAGE) else { return Vec::new() };
    let mut found = check_tests(workspace, page);
    let named: BTreeSet<&str> = quoted(&page.text).map(|(_, name)| name).collect();
    for file in workspace.below(CALLS, ".rs") {
        found.extend(missing(file, calls(file), &named));
    }
    for file in workspace.below(EVENTS, ".rs").filter(|file| file.path != OTHER_EVENTS) {
        found.extend(missing(file, events(file), &named));
    }
    found
}

/// The tests that the page names and that do not exist or are not run.
fn check_tests(workspace: &Workspace, page: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, quote) in quoted(&page.text) {
        let Some((path, name)) = quote.split_once(".rs::") else { continue };
        let path = format!("{path}.rs");
        let is_run = workspace.file(&path).is_some_and(|file| runs(file, name));
        if !is_run {
            let line = 1 + page.text.get(..at).unwrap_or_default().matches('\n').count();
            let wrong = format!("{path} runs no test {name}");
            found.push(Finding::new(PAGE, line, RULE, wrong, "name the test that shows it"));
        }
    }
    found
}

/// Whether a file has a function of this name that is a test, or a scenario that is run everywhere.
fn runs(file: &File, name: &str) -> bool {
    let code = &file.code;
    let declared = code
        .words(name)
        .filter(|at| code.text().get(..*at).is_some_and(|before| before.trim_end().ends_with("fn")));
    let everywhere: Vec<Range<usize>> = code
        .words("everywhere")
        .map(|at| at + "everywhere".len())
        .filter(|at| code.after(*at).starts_with("!("))
        .filter_map(|at| code.text().get(at..)?.find('(').map(|open| at + open))
        .filter_map(|open| Some(open..code.closing(open)?))
        .collect();
    let is_listed = || code.words(name).any(|at| everywhere.iter().any(|arguments| arguments.contains(&at)));
    declared.into_iter().any(|at| code.tests().iter().any(|test| test.contains(&at)) || is_listed())
}

/// A finding for each function that the page does not name.
fn missing(file: &File, functions: Vec<(usize, &str)>, named: &BTreeSet<&str>) -> Vec<Finding> {
    let unnamed = functions.into_iter().filter(|(_, name)| !named.contains(name));
    unnamed
        .map(|(at, name)| {
            let wrong = format!("{PAGE} does not name {name}");
            let right = "give it a row there, with the test that shows it";
            Finding::new(&file.path, file.code.line(at), RULE, wrong, right)
        })
        .collect()
}

/// The public functions in the file's `impl LiveGroups`.
fn calls(file: &File) -> Vec<(usize, &str)> {
    let code = &file.code;
    let own = code
        .words("LiveGroups")
        .filter(|at| code.text().get(..*at).is_some_and(|before| before.trim_end().ends_with("impl")));
    let bodies: Vec<Range<usize>> = own.filter_map(|at| code.body(at)).collect();
    let public = |at: usize| {
        let before = code.text().get(..at).unwrap_or_default().trim_end();
        before.strip_suffix("async").unwrap_or(before).trim_end().ends_with("pub")
    };
    functions(file).filter(|(at, _)| public(*at) && bodies.iter().any(|body| body.contains(at))).collect()
}

/// The functions of the file's listeners.
fn events(file: &File) -> Vec<(usize, &str)> {
    functions(file).filter(|(_, name)| name.starts_with("on_")).collect()
}

/// The offset of each `fn` outside tests, and its name.
fn functions(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let outside = file.code.words("fn").filter(|at| !file.in_test(*at));
    outside.map(|at| {
        let name = file.code.after(at + "fn".len());
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        (at, name.get(..end).unwrap_or_default())
    })
}

/// What stands between single backticks on one line, and where.
fn quoted(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line)
    });
    lines.flat_map(|(at, line)| {
        let mut offset = at;
        line.split('`')
            .map(move |part| {
                let begins = offset;
                offset += part.len() + 1;
                (begins, part)
            })
            .skip(1)
            .step_by(2)
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    const GROUPS: (&str, &str) = (
        "crates/bim/src/live/groups.rs",
        "impl LiveGroups {\n    pub async fn join(&self) {}\n    pub fn events(&self) {}\n    fn ask(&self) {}\n}\nimpl Other {\n    pub fn new() {}\n}\n",
    );
    const LISTENER: (&str, &str) =
        ("crates/bim/src/listen/member.rs", "pub trait Listener {\n    fn on_joined(&self) {}\n}\n");
    const TESTS: (&str, &str) = (
        "tests/tests/live.rs",
        "everywhere!(joins, hears);\nasync fn joins(arena: Arena) {}\nasync fn helps() {}\n#[test]\nfn leaves() { inner(); }\n",
    );

    fn found(page: &str) -> Vec<String> {
        let tree = Workspace::of(&[("docs/live-groups.md", page), GROUPS, LISTENER, TESTS]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_that_names_every_call_and_only_tests_that_are_run_passes() {
        let page = "| `join`, `events` | `tests/tests/live.rs::joins` |\n| `on_joined` | `tests/tests/live.rs::leaves` |\n";
        assert_eq!(found(page), [""; 0]);
    }

    #[test]
    fn a_call_or_event_that_the_page_does_not_name_is_found() {
        let found = found("`events` and join\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/bim/src/live/groups.rs:2: "), "{found:?}");
        assert!(found[0].contains("does not name join"), "{found:?}");
        assert!(found[1].contains("does not name on_joined"), "{found:?}");
    }

    #[test]
    fn a_test_that_is_gone_or_not_run_is_found() {
        let calls = "`join` `events` `on_joined`\n";
        for gone in ["live.rs::goes", "live.rs::helps", "live.rs::hears", "other.rs::joins"] {
            let found = found(&format!("{calls}\n`tests/tests/{gone}`\n"));
            assert_eq!(found.len(), 1, "{gone}: {found:?}");
            assert!(found[0].starts_with("docs/live-groups.md:3: "), "{found:?}");
        }
    }

    #[test]
    fn a_tree_without_the_page_has_nothing_to_check() {
        assert!(check(&Workspace::of(&[GROUPS])).is_empty());
    }
}
