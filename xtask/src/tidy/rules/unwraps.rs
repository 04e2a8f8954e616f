//! `unwrap()` belongs to tests; product code says with `expect` why it cannot fail.

use crate::tidy::Finding;
use crate::tidy::workspace::Workspace;

const RULE: &str = "unwraps";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut found = Vec::new();
    let ours =
        workspace.rust().filter(|file| file.path.starts_with("crates/") || file.path.starts_with("xtask/"));
    for file in ours {
        for at in file.code.words("unwrap").filter(|at| !file.in_test(*at)) {
            if file.code.after(at + "unwrap".len()).starts_with("()") {
                let right = "handle the error, or use `expect` with the reason it cannot fail";
                found.push(Finding::new(
                    &file.path,
                    file.code.line(at),
                    RULE,
                    "`unwrap()` outside tests",
                    right,
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    #[test]
    fn only_product_code_is_asked_for_reasons() {
        let text = "/// ```\n/// x.unwrap();\n/// ```\nfn f() { a.unwrap_or(b); c.unwrap() }\n#[cfg(test)]\nmod tests { fn g() { d.unwrap() } }\n";
        let tree = Workspace::of(&[
            ("crates/a/src/lib.rs", text),
            ("crates/a/tests/b.rs", "fn f() { a.unwrap() }\n"),
        ]);
        let lines: Vec<usize> = check(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [4]);
    }
}
