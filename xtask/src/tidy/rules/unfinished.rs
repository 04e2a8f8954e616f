//! What is committed is finished.

use crate::tidy::Finding;
use crate::tidy::workspace::Workspace;

const RULE: &str = "unfinished";
const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in workspace.rust() {
        for name in MACROS {
            for at in file.code.words(name).filter(|at| file.code.after(at + name.len()).starts_with("!(")) {
                let wrong = format!("`{name}!` in committed code");
                found.push(Finding::new(
                    &file.path,
                    file.code.line(at),
                    RULE,
                    wrong,
                    "finish it or take it out",
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
    fn unfinished_code_is_found_and_words_are_not() {
        let text = "fn f() { todo!() }\n// todo!()\nfn g(todo: u8) -> bool { todo != 1 }\n";
        let lines: Vec<usize> =
            check(&Workspace::of(&[("tests/a.rs", text)])).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1]);
    }
}
