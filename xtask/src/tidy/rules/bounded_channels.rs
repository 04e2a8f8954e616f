//! No unbounded queue and no broadcast channel for product data: memory has a ceiling, and lag is an event.

use crate::tidy::Finding;
use crate::tidy::use_tree;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "bounded-channels";
const RIGHT: &str = "use a bounded channel and document what happens when it is full";

const WORDS: &[&str] = &[
    "unbounded_channel",
    "UnboundedSender",
    "UnboundedReceiver",
    "mpsc::unbounded",
    "channel::unbounded",
    "flume::unbounded",
    "broadcast::channel",
];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.sources().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut hits: Vec<(usize, String)> = Vec::new();
    for word in WORDS {
        hits.extend(file.code.words(word).map(|at| (at, format!("`{word}`"))));
    }
    for (at, path) in use_tree::paths(&file.code, &["tokio", "futures", "futures_channel", "futures_util"]) {
        if path.contains("sync::broadcast") || path.ends_with("mpsc::unbounded") {
            hits.push((at, format!("`{path}`")));
        }
    }
    // Only std's channel takes no capacity.
    for at in file.code.words("channel") {
        let one_shot = file.code.text().get(..at).is_some_and(|before| before.ends_with("oneshot::"));
        if !one_shot && takes_no_capacity(file.code.after(at + "channel".len())) {
            hits.push((at, "`channel()` without a capacity".to_owned()));
        }
    }
    hits.retain(|(at, _)| !file.in_test(*at));
    let line = |at| file.code.line(at);
    let mut found: Vec<_> = hits
        .into_iter()
        .map(|(at, what)| {
            Finding::new(&file.path, line(at), RULE, format!("{what} has no bound or no owner"), RIGHT)
        })
        .collect();
    found.sort();
    found.dedup_by_key(|finding| finding.line);
    found
}

/// `()` or `::<T>()`.
fn takes_no_capacity(rest: &str) -> bool {
    rest.split_once('(').is_some_and(|(head, tail)| {
        let head = head.trim();
        (head.is_empty() || (head.starts_with("::<") && head.ends_with('>')))
            && tail.trim_start().starts_with(')')
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    fn lines(text: &str) -> Vec<usize> {
        check(&Workspace::of(&[("crates/bim/src/a.rs", text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn channels_without_a_bound_and_broadcasts_are_found() {
        let text = "use tokio::sync::{broadcast, mpsc};\nlet a = mpsc::unbounded_channel();\nlet b = mpsc::channel();\nlet c = mpsc::channel::<u8>();\n";
        assert_eq!(lines(text), [1, 2, 3, 4]);
    }

    #[test]
    fn bounded_and_one_shot_channels_are_fine() {
        let text =
            "use tokio::sync::{mpsc, oneshot};\nlet a = mpsc::channel(QUEUE);\nlet b = oneshot::channel();\n";
        assert!(lines(text).is_empty());
    }

    #[test]
    fn a_machine_may_call_its_method_broadcast() {
        assert!(lines("fn f() { engine.broadcast(group); }\n").is_empty());
    }

    #[test]
    fn tests_may_collect_what_they_like() {
        assert!(lines("#[cfg(test)]\nmod tests { fn f() { mpsc::channel(); } }\n").is_empty());
    }
}
