//! Every implementation of a port proves itself with a line in its crate's contract suite.

use crate::tidy::Finding;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "contract-lines";

/// A port's trait and the macro that runs its suite.
const PORTS: &[(&str, &str)] = &[
    ("Connection", "transport_contract"),
    ("Dialer", "transport_contract"),
    ("Listener", "transport_contract"),
    ("ClientStore", "client_store_contract"),
    ("ServerLog", "server_log_contract"),
];

/// How the type of an implementation begins that only hands on: pointers, `$pointer` in a macro, mocks.
const FORWARDING: &[&str] = &["&", "Arc<", "Box<", "BoxConnection", "std::sync::Arc<", "Mock", "dyn ", "$"];

/// Folders and files whose implementations change another one instead of being one.
const EXCEPTED: &[&str] = &[
    "crates/bim-transport/src/wrappers/",
    "crates/bim-transport/src/contract/",
    "crates/bim-store/src/contract/",
];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.sources().flat_map(|file| check_file(workspace, file)).collect()
}

fn check_file(workspace: &Workspace, file: &File) -> Vec<Finding> {
    if EXCEPTED.iter().any(|place| file.path.starts_with(place)) {
        return Vec::new();
    }
    let suite = format!("crates/{}/tests/contract", file.crate_name());
    let suites: Vec<&File> = workspace.below(&suite, ".rs").collect();
    let name = implementation(&file.path);
    let proven = |contract: &str| suites.iter().any(|suite| proves(suite, contract, name));
    let missing = implemented(file).into_iter().filter(|(_, _, contract)| !proven(contract));
    missing
        .map(|(at, port, contract)| {
            let wrong = format!("this {port} has no contract line");
            let right = format!("add `{contract}!(…{name}…)` to {suite}.rs");
            Finding::new(&file.path, file.code.line(at), RULE, wrong, right)
        })
        .collect()
}

/// The offset, trait and suite of every port implemented here.
fn implemented(file: &File) -> Vec<(usize, &'static str, &'static str)> {
    let mut found = Vec::new();
    for (port, contract) in PORTS {
        for at in file.code.words(port) {
            let head = head(file, at);
            let rest = file.code.after(at + port.len());
            let subject = rest.strip_prefix("for").map(str::trim_start).filter(|_| rest.starts_with("for "));
            let own =
                subject.is_some_and(|subject| !FORWARDING.iter().any(|start| subject.starts_with(start)));
            if own && head.starts_with("impl") && !head.contains(';') && !file.in_test(at) {
                found.push((at, *port, *contract));
            }
        }
    }
    found
}

/// The text from the last `impl` to an offset.
fn head(file: &File, at: usize) -> &str {
    let before = file.code.text().get(..at).unwrap_or_default();
    before.rfind("impl").and_then(|start| before.get(start..)).unwrap_or_default()
}

/// What an implementation is called in its suite: its folder, or its file when it has none.
fn implementation(path: &str) -> &str {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// Whether the name is among the arguments of a call of the suite's macro, in whatever case.
fn proves(suite: &File, contract: &str, name: &str) -> bool {
    suite.code.words(contract).any(|at| {
        let call = suite.code.after(at + contract.len());
        let Some(open) = call.strip_prefix('!').map(|call| suite.code.text().len() - call.len()) else {
            return false;
        };
        let open = open + suite.code.after(open).find(['(', '{', '[']).unwrap_or(0);
        let end = suite.code.closing(open).unwrap_or(open);
        suite.code.text().get(open..end).is_some_and(|arguments| arguments.to_lowercase().contains(name))
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    const CONNECTION: (&str, &str) =
        ("crates/bim-transport/src/memory/pipe.rs", "impl<T: Clock> Connection for Pipe<T> {\n}\n");

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        check(&Workspace::of(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_implementation_with_its_line_passes() {
        let suite = (
            "crates/bim-transport/tests/contract.rs",
            "transport_contract!(memory_plain, || async { pair() });\n",
        );
        assert!(found(&[CONNECTION, suite]).is_empty());
    }

    #[test]
    fn an_implementation_without_its_line_is_told_where_to_put_it() {
        let suite = (
            "crates/bim-transport/tests/contract.rs",
            "// transport_contract!(memory)\ntransport_contract!(quic, x);\n",
        );
        let found = found(&[CONNECTION, suite]);
        assert_eq!(found.len(), 1);
        assert!(
            found
                .concat()
                .contains("add `transport_contract!(…memory…)` to crates/bim-transport/tests/contract.rs")
        );
    }

    #[test]
    fn forwarding_wrappers_mocks_and_tests_are_excepted() {
        let wrapper = (
            "crates/bim-transport/src/wrappers/counted.rs",
            "impl<C: Connection> Connection for Counted<C> {}\n",
        );
        let boxed = (
            "crates/bim-transport/src/connection.rs",
            "impl Connection for Box<dyn Connection> {}\nimpl<C: Connection> Connection for $pointer<C> {}\nfn f() -> impl Connection { for x in y {} }\n",
        );
        let mock = (
            "crates/bim/src/a.rs",
            "#[cfg(test)]\nmod tests { impl Dialer for Fake {} }\nimpl Dialer for MockDialer {}\n",
        );
        assert!(found(&[wrapper, boxed, mock]).is_empty());
    }

    #[test]
    fn each_port_has_its_own_suite() {
        let store = (
            "crates/bim-store/src/redb/client.rs",
            "impl ClientStore for RedbClient {}\nimpl ServerLog for RedbLog {}\n",
        );
        let suite = ("crates/bim-store/tests/contract.rs", "client_store_contract!(redb, open);\n");
        let found = found(&[store, suite]);
        assert_eq!(found.len(), 1);
        assert!(found.concat().contains("server_log_contract"));
    }
}
