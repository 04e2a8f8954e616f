//! The one error of the chores: what was wrong, and the command or edit that mends it.

use std::fmt;

/// Why a chore failed. Printed for people; no program reads it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What was wrong; may have several lines.
    pub(crate) what: String,
    /// What would be right, as a sentence or a command; empty when the text above says it all.
    pub(crate) mend: String,
}

impl Failure {
    /// A failure with its remedy.
    pub(crate) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }

    /// A file that could not be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            format!("{}: {error}", path.display()),
            "check that the path exists and that you may use it",
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if self.mend.is_empty() { Ok(()) } else { write!(f, "\nto mend it: {}", self.mend) }
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn a_failure_says_what_was_wrong_and_what_mends_it() {
        let text = Failure::new("the file is stale", "run `cargo xtask codegen`").to_string();
        assert_eq!(text, "the file is stale\nto mend it: run `cargo xtask codegen`");
    }
}
