//! What a user did not select is not in their tree.

use std::path::Path;

use crate::failure::Failure;
use crate::shell;

/// A selection, and the packages it must not contain.
struct Separation {
    selection: &'static [&'static str],
    without: &'static [&'static str],
}

const SEPARATIONS: &[Separation] = &[
    Separation {
        selection: &["-p", "bim", "--no-default-features", "--features", "websocket"],
        without: &["quinn", "quinn-proto", "redb", "rustls", "ring"],
    },
    Separation {
        selection: &["-p", "bim", "--no-default-features", "--features", "quic"],
        without: &["tungstenite", "tokio-tungstenite", "redb"],
    },
    Separation {
        selection: &["-p", "bim", "--no-default-features"],
        without: &["quinn", "tungstenite", "tokio-tungstenite", "redb", "rustls", "rcgen"],
    },
    Separation {
        selection: &["-p", "bim-core", "--all-features"],
        without: &["tokio", "quinn", "redb", "getrandom"],
    },
    Separation {
        selection: &["-p", "bim-fake-server"],
        without: &["quinn", "tungstenite", "tokio-tungstenite", "redb", "rcgen"],
    },
];

/// Never, nowhere: other cryptography than ring's, and a key type with an open advisory.
const BANNED: [&str; 7] =
    ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "openssl-src", "native-tls", "rsa"];

pub(super) fn run(root: &Path) -> Result<String, Failure> {
    let mut wrong = Vec::new();
    for separation in SEPARATIONS {
        wrong.extend(separation.check(root)?);
    }
    let lock = root.join("Cargo.lock");
    let text = std::fs::read_to_string(&lock).map_err(|error| Failure::file(&lock, &error))?;
    wrong.extend(
        banned(&text).into_iter().map(|name| format!("Cargo.lock holds {name}: see `cargo tree -i {name}`")),
    );
    if wrong.is_empty() {
        return Ok(String::new());
    }
    Err(Failure::new(
        wrong.join("\n"),
        "make the dependency optional, or turn off the features that bring it",
    ))
}

impl Separation {
    fn check(&self, root: &Path) -> Result<Vec<String>, Failure> {
        let mut args = vec!["tree", "-e", "normal,no-proc-macro", "--prefix", "none", "-f", "{p}"];
        args.extend(self.selection);
        let tree = shell::capture(&mut shell::cargo(root, &args))?;
        let found = intruders(&tree, self.without);
        let spelled = self.selection.join(" ");
        Ok(found
            .into_iter()
            .map(|name| format!("{name} is in `cargo tree {spelled} -e normal -i {name}`"))
            .collect())
    }
}

fn intruders<'a>(tree: &str, without: &[&'a str]) -> Vec<&'a str> {
    let listed = |name: &&&str| tree.lines().any(|line| line.split(' ').next() == Some(**name));
    without.iter().filter(listed).copied().collect()
}

fn banned(lock: &str) -> Vec<&'static str> {
    let listed = |name: &&str| lock.lines().any(|line| line == format!("name = \"{name}\""));
    BANNED.into_iter().filter(listed).collect()
}

#[cfg(test)]
mod tests {
    use super::{banned, intruders};

    #[test]
    fn only_whole_names_are_intruders() {
        let tree = "bim v0.1.0 (x)\nquinn-udp v0.5.1\nredb v4.6.0\n";
        assert_eq!(intruders(tree, &["quinn", "redb"]), ["redb"]);
    }

    #[test]
    fn a_banned_package_in_the_lock_is_found() {
        assert_eq!(banned("[[package]]\nname = \"rsa\"\n"), ["rsa"]);
        assert!(banned("[[package]]\nname = \"openssl-probe\"\n").is_empty());
    }
}
