//! A silenced lint says why, and says so when it is no longer needed: `#[expect(…, reason = "…")]`.

use crate::tidy::Finding;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "allowed-lints";
const RIGHT: &str = "write `#[expect(lint, reason = \"…\")]`";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.rust().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for (attribute, needs_reason) in [("allow", false), ("expect", true)] {
        for (at, arguments) in attributes(file, attribute) {
            let silences_generated = attribute == "allow" && before_generated_module(file, at);
            if silences_generated || (needs_reason && arguments.contains("reason")) {
                continue;
            }
            let wrong = if needs_reason {
                "`#[expect]` without a reason"
            } else {
                "`#[allow]` hides a lint for good"
            };
            found.push(Finding::new(&file.path, file.code.line(at), RULE, wrong, RIGHT));
        }
    }
    found
}

/// Offset and arguments of `#[name(…)]` and `#![name(…)]`, also inside `cfg_attr`.
fn attributes<'a>(file: &'a File, name: &'a str) -> Vec<(usize, &'a str)> {
    let text = file.code.text();
    let in_attribute = |at: &usize| {
        let line =
            text.get(..*at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default().trim_start();
        line.starts_with("#[") || line.starts_with("#![")
    };
    let opened = file.code.words(name).filter(in_attribute).map(|at| (at, at + name.len()));
    opened
        .filter(|(_, open)| text.get(*open..).is_some_and(|rest| rest.starts_with('(')))
        .filter_map(|(at, open)| Some((at, text.get(open..file.code.closing(open)?)?)))
        .collect()
}

/// Whether the attribute stands before a generated module or an `include!` of one.
fn before_generated_module(file: &File, at: usize) -> bool {
    let rest = file.text.get(at..).unwrap_or_default();
    let item: String = rest.lines().take(12).collect::<Vec<_>>().join("\n");
    item.contains("gen/") || item.contains("mod generated")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    fn lines(text: &str) -> Vec<usize> {
        check(&Workspace::of(&[("crates/a/src/lib.rs", text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_allow_or_a_reasonless_expect_is_a_finding() {
        assert_eq!(lines("#![allow(dead_code)]\n#[expect(\n    unused,\n)]\nfn f() {}\n"), [1, 2]);
    }

    #[test]
    fn an_expect_with_a_reason_and_a_call_of_expect_are_fine() {
        assert!(
            lines("#[expect(unused, reason = \"later\")]\nfn f() { x.expect(\"y\"); allow(z); }\n")
                .is_empty()
        );
    }

    #[test]
    fn a_generated_module_may_be_silenced() {
        assert!(lines("#[allow(missing_docs)]\n#[path = \"gen/bim.v1.rs\"]\npub mod wire;\n").is_empty());
    }
}
