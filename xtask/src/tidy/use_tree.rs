//! The paths a file names: `use` trees flattened, and `std::…` paths written in place.

use super::code::{Code, is_word};

/// Every path below `root_crates` that the code names, with its offset; nested `use` trees come out flat.
pub(crate) fn paths(code: &Code, root_crates: &[&str]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in code.words("use") {
        let statement = code.after(at + 3);
        let tree = statement.split(';').next().unwrap_or_default();
        flatten("", tree, &mut |path| found.push((at, path)));
    }
    for root in root_crates {
        found.extend(code.words(root).filter_map(|at| Some((at, in_place(code.text().get(at..)?)?))));
    }
    found.retain(|(_, path)| {
        let path = path.trim_start_matches("::");
        root_crates.iter().any(|root| path.split("::").next() == Some(*root))
    });
    found
}

fn flatten(prefix: &str, tree: &str, out: &mut impl FnMut(String)) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let plain = tree.split(" as ").next().unwrap_or_default();
        let path: String = plain.chars().filter(|c| !c.is_whitespace()).collect();
        return out(format!("{prefix}{path}"));
    };
    let head: String = tree.get(..open).unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    let inner = tree.get(open + 1..).unwrap_or_default();
    let inner = inner.rfind('}').and_then(|end| inner.get(..end)).unwrap_or(inner);
    for branch in branches(inner) {
        flatten(&format!("{prefix}{head}"), branch, out);
    }
}

/// Splits at the commas outside braces.
fn branches(inner: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let split = inner.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    split.map(str::trim).filter(|branch| !branch.is_empty()).collect()
}

/// The path that starts here; `None` when it goes on in braces, where [`flatten`] finds its leaves.
fn in_place(text: &str) -> Option<String> {
    let end = text.bytes().position(|b| !is_word(b) && b != b':').unwrap_or(text.len());
    let (path, rest) = text.split_at_checked(end)?;
    let opens = path.ends_with("::") && rest.starts_with('{');
    (!opens).then(|| path.trim_end_matches(':').to_owned())
}

#[cfg(test)]
mod tests {
    use super::paths;
    use crate::tidy::code::Code;

    fn named(source: &str) -> Vec<String> {
        let mut all: Vec<String> =
            paths(&Code::of(source), &["std"]).into_iter().map(|(_, path)| path).collect();
        all.sort();
        all.dedup();
        all
    }

    #[test]
    fn nested_trees_come_out_flat() {
        let source = "use std::{fmt, net::{IpAddr, TcpStream as T}};\nuse bytes::Bytes;\n";
        let expected = ["std::fmt", "std::net::IpAddr", "std::net::TcpStream"];
        assert_eq!(named(source), expected);
    }

    #[test]
    fn paths_written_in_place_are_found() {
        assert_eq!(named("fn f() { std::fs::read(x); }"), ["std::fs::read"]);
    }

    #[test]
    fn words_in_comments_and_strings_are_not_paths() {
        assert!(named("// std::fs\nconst A: &str = \"std::fs\";").is_empty());
    }
}
