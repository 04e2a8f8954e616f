//! Machines and words are pure: what they know came in as a value, and iteration has an order. Their tests too.

use crate::tidy::Finding;
use crate::tidy::use_tree;
use crate::tidy::workspace::{File, PURE, Workspace};

const RULE: &str = "pure-machines";

/// Words that have no place in a pure crate, and what takes theirs.
const WORDS: &[(&str, &str)] = &[
    ("tokio", "emit an output and let the shell wait"),
    ("Instant", "take the time as an argument"),
    ("SystemTime", "take the time as an argument"),
    ("getrandom", "take ids and jitter from the injected source"),
    ("rand", "take ids and jitter from the injected source"),
    ("HashMap", "use BTreeMap, so that iteration has an order"),
    ("HashSet", "use BTreeSet, so that iteration has an order"),
    ("println", "return it as a value"),
    ("eprintln", "return it as a value"),
];

/// Modules of std that reach outside the process or start threads.
const MODULES: &[(&str, &str)] = &[
    ("std::env", "take it as an argument"),
    ("std::fs", "emit a store operation"),
    ("std::net", "emit an output; addresses alone are in core::net"),
    ("std::process", "return an error"),
    ("std::thread", "emit an output and let the shell wait"),
];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let pure = workspace.sources().filter(|file| PURE.contains(&file.crate_name()));
    pure.flat_map(|file| words(file).into_iter().chain(modules(file))).collect()
}

fn words(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for (word, right) in WORDS {
        // `rand` is an English stem and a likely local name; only the crate is meant.
        let meant = |at: &usize| *word != "rand" || file.code.after(at + word.len()).starts_with("::");
        for at in file.code.words(word).filter(meant) {
            found.push(Finding::new(
                &file.path,
                file.code.line(at),
                RULE,
                format!("`{word}` in a pure crate"),
                *right,
            ));
        }
    }
    found
}

fn modules(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, path) in use_tree::paths(&file.code, &["std"]) {
        let inside = |module: &str| path == module || path.starts_with(&format!("{module}::"));
        if let Some((module, right)) =
            MODULES.iter().find(|(module, _)| inside(module)).filter(|_| !is_value(&path))
        {
            found.push(Finding::new(
                &file.path,
                file.code.line(at),
                RULE,
                format!("`{module}` in a pure crate"),
                *right,
            ));
        }
    }
    found
}

/// Addresses are plain values, wherever they are named from. A bare `std::net` before a brace is judged by its leaves.
fn is_value(path: &str) -> bool {
    ["std::net::Ip", "std::net::SocketAddr", "std::net::AddrParseError"]
        .iter()
        .any(|value| path.starts_with(value))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let mut lines: Vec<usize> =
            check(&Workspace::of(&[(path, text)])).iter().map(|finding| finding.line).collect();
        lines.dedup();
        lines
    }

    #[test]
    fn impure_words_and_modules_are_found_tests_included() {
        let text = "use std::collections::HashMap;\nuse std::{fmt, fs};\nfn f() { std::env::var(a); }\nfn g() { rand::random() }\n#[cfg(test)]\nmod tests { fn h() { Instant::now(); } }\n";
        let mut found = lines("crates/bim-core/src/a.rs", text);
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3, 4, 6]);
    }

    #[test]
    fn comments_strings_addresses_and_longer_words_are_fine() {
        let text = "//! No tokio here.\nuse std::net::IpAddr;\nconst A: &str = \"HashMap\";\nfn f(rand: u8, operand: u8) -> InstantSend { x }\n";
        assert!(lines("crates/bim-core/src/a.rs", text).is_empty());
    }

    #[test]
    fn shells_are_free() {
        assert!(lines("crates/bim/src/a.rs", "use tokio::time::Instant;\n").is_empty());
    }
}
