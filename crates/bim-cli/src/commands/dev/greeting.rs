//! What a person is told at the start: how to join from elsewhere.

use std::path::Path;

use super::guests::Guests;
use super::home::{Home, default_dir};

/// How to join.
pub(super) struct Greeting {
    lines: Vec<String>,
}

impl Greeting {
    pub(super) fn new(home: &Home, guests: &Guests) -> Self {
        let mut lines = Vec::new();
        for (at, invitation) in guests.invitations.iter().enumerate() {
            let transport = invitation.transport;
            if at == 0 {
                lines.push(format!("To join from a second terminal, over {transport}, paste this line:"));
            } else {
                lines.push(format!("or, over {transport}:"));
            }
            lines.push(format!("  {}", join_command(home, invitation.file)));
        }
        Self { lines }
    }

    pub(super) fn lines(self) -> Vec<String> {
        self.lines
    }
}

/// The line to join with, whatever the directory it is pasted in.
pub(super) fn join_command(home: &Home, file: &str) -> String {
    let program = std::env::current_exe().map_or_else(|_| "bim".to_owned(), |path| shell_path(&path));
    let is_default = default_dir().is_some_and(|dir| dir == home.data_dir);
    if is_default && file == super::guests::FIRST_FILE {
        return format!("{program} chat --join");
    }
    format!("{program} chat --join {}", shell_path(&home.file(file)))
}

/// A path as it can be pasted into a shell.
fn shell_path(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+@%,".contains(c);
    if text.chars().all(plain) {
        return text;
    }
    if cfg!(windows) { format!("\"{text}\"") } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_the_shell() {
        assert_eq!(shell_path(Path::new("/a/b-c.json")), "/a/b-c.json");
        #[cfg(not(windows))]
        assert_eq!(shell_path(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }

    #[test]
    fn the_line_to_join_names_the_program_and_the_file() {
        let home = Home::of(Some("/tmp/x".into()));
        let line = join_command(&home, "join-quic.json");
        assert!(line.ends_with(" chat --join /tmp/x/join-quic.json"), "{line}");
        assert!(line.starts_with('/') || line.starts_with('\'') || cfg!(windows), "{line}");
    }
}
