//! Runs other programs, cargo above all, and finds the root of the workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::failure::Failure;

/// The folder of the workspace's root manifest.
pub(crate) fn workspace_root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// A cargo call at the root, without colours, so that its output can be read by a program.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(args).env("CARGO_TERM_COLOR", "never").stdin(Stdio::null());
    // `cargo xtask` itself runs below cargo; these would make the inner call build for another package.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_MANIFEST_PATH"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end and returns its standard output; fails with everything it printed.
pub(crate) fn capture(command: &mut Command) -> Result<String, Failure> {
    let output = output_of(command)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failure::new(said(&output), format!("run it again by hand: {}", spelled(command))))
    }
}

/// Runs a command to its end whatever its exit code.
pub(crate) fn output_of(command: &mut Command) -> Result<Output, Failure> {
    command.output().map_err(|error| {
        Failure::new(
            format!("{} could not start: {error}", spelled(command)),
            "install the Rust toolchain with its components",
        )
    })
}

/// A program that cargo built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Built {
    /// Its target's name.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Runs a building cargo call, lets it show its progress, and says which programs it has built.
pub(crate) fn executables(command: &mut Command) -> Result<Vec<Built>, Failure> {
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = output_of(command)?;
    if output.status.success() {
        return Ok(executables_in(&String::from_utf8_lossy(&output.stdout)));
    }
    Err(Failure::new(
        format!("{} failed: {}", spelled(command), output.status),
        "see what the compiler says above",
    ))
}

fn executables_in(messages: &str) -> Vec<Built> {
    let text = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter_map(|message| {
            let (name, path) = (text(&message, "/target/name")?, text(&message, "/executable")?);
            Some(Built { name, path: path.into() })
        })
        .collect()
}

/// Runs a command to its end and lets it print; fails when it does.
pub(crate) fn watch(command: &mut Command, mend: &str) -> Result<(), Failure> {
    let status = command.status().map_err(|error| {
        Failure::new(format!("{} could not start: {error}", spelled(command)), "install what it needs")
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} failed: {status}", spelled(command)), mend))
    }
}

/// The triple of this machine.
pub(crate) fn host(root: &Path) -> Result<String, Failure> {
    let said = capture(Command::new("rustc").current_dir(root).arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::new("rustc does not say its host", "reinstall the Rust toolchain"))
}

/// Everything a program printed, errors last.
pub(crate) fn said(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}

/// The command as one would type it.
pub(crate) fn spelled(command: &Command) -> String {
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    std::iter::once(program.into()).chain(args).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Built, cargo, executables_in, spelled, workspace_root};

    #[test]
    fn programs_are_found_among_the_messages_of_a_build() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"bim"},"executable":null}"#,
            "\nsomething else\n",
            r#"{"reason":"compiler-artifact","target":{"name":"codec"},"executable":"/x/codec-1"}"#,
        );
        let codec = Built { name: "codec".to_owned(), path: "/x/codec-1".into() };
        assert_eq!(executables_in(messages), [codec]);
    }

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        assert!(workspace_root().join("Cargo.toml").exists());
    }

    #[test]
    fn a_command_is_spelled_as_one_would_type_it() {
        let command = cargo(&workspace_root(), &["tree", "-p", "bim"]);
        assert_eq!(spelled(&command), "cargo tree -p bim");
    }
}
