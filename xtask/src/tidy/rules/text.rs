//! Text files are plain: they end with a line end, and hold no characters that cannot be seen.

use crate::tidy::Finding;
use crate::tidy::workspace::{File, Workspace};

const RULE: &str = "text";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        let last = file.text.lines().count();
        found.push(Finding::new(&file.path, last, RULE, "the last line has no line end", "add one"));
    }
    for (at, line) in file.text.split('\n').enumerate() {
        if let Some(c) = line.chars().find(|c| is_invisible(*c)) {
            let wrong = format!("the invisible character U+{:04X}", u32::from(c));
            found.push(Finding::new(
                &file.path,
                at + 1,
                RULE,
                wrong,
                "write it as an escape such as `\\u{…}`",
            ));
        }
    }
    found
}

/// Control characters, direction marks and overrides, zero-width characters.
fn is_invisible(c: char) -> bool {
    let direction = ('\u{200B}'..='\u{200F}').contains(&c) && c != '\u{200D}';
    let overrides = ('\u{202A}'..='\u{202E}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    (c.is_control() && c != '\t') || direction || overrides || c == '\u{FEFF}'
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::workspace::Workspace;

    fn lines(text: &str) -> Vec<usize> {
        check(&Workspace::of(&[("a.md", text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn visible_text_of_any_language_passes() {
        assert!(lines("你好 🎉 שלום\n\tindented\n").is_empty());
        assert!(lines("👩\u{200D}🚀\n").is_empty());
        assert!(lines("").is_empty());
    }

    #[test]
    fn invisible_characters_and_a_missing_line_end_are_found() {
        assert_eq!(lines("a\nb\u{202E}\nc\u{7}\nd\r\n"), [2, 3, 4]);
        assert_eq!(lines("a\nb"), [2]);
    }
}
