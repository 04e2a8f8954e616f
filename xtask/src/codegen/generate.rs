//! Compiles `.proto` files to descriptors and descriptors to Rust. Same input, same bytes out.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use prost_types::FileDescriptorSet;

use crate::failure::Failure;

/// First line of the generated module.
const HEADER: &str =
    "// This file is @generated from proto/bim/v1 by `cargo xtask codegen`; do not edit it.\n";
const FILE: &str = "bim.v1.rs";

/// Compiles files below `include`; comments are kept, for the documentation of the generated items.
pub(super) fn descriptors(include: &Path, files: &[PathBuf]) -> Result<FileDescriptorSet, Failure> {
    let mend = "mend the .proto file where the message points";
    let wrong = |error: protox::Error| Failure::new(format!("{error:?}"), mend);
    let mut compiler = protox::Compiler::new([include]).map_err(wrong)?;
    compiler.include_source_info(true).include_imports(true);
    for file in files {
        compiler.open_file(file).map_err(wrong)?;
    }
    Ok(compiler.file_descriptor_set())
}

/// The Rust of the package: byte fields shared, maps ordered (machines must not depend on a hasher), every
/// message with its name, formatted as the workspace is.
pub(super) fn rust(root: &Path, set: FileDescriptorSet) -> Result<String, Failure> {
    let temporary = std::env::temp_dir();
    let out = tempfile::tempdir().map_err(|error| Failure::file(&temporary, &error))?;
    prost_build::Config::new()
        .bytes(["."])
        .btree_map(["."])
        .enable_type_names()
        .out_dir(out.path())
        .compile_fds(set)
        .map_err(|error| Failure::new(format!("prost-build: {error}"), "mend the .proto file it names"))?;
    let path = out.path().join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|_| {
        Failure::new(format!("no {FILE} came out"), "every file in proto/bim/v1 says `package bim.v1;`")
    })?;
    let body = text.split_once('\n').map_or("", |(_, body)| body);
    let text = format!("{HEADER}{body}");
    Ok(rustfmt(root, &text).unwrap_or(text))
}

/// Whether committed and fresh Rust say the same. Layout is not compared: it differs between versions of rustfmt.
pub(super) fn same_rust(committed: &str, fresh: &str) -> bool {
    skeleton(committed) == skeleton(fresh)
}

/// Formats with the workspace's settings; `None` when rustfmt is not installed or refuses.
fn rustfmt(root: &Path, text: &str) -> Option<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(root.join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let input = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

/// The text without what a formatter may alter.
fn skeleton(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect()
}

#[cfg(test)]
mod tests {
    use super::skeleton;

    #[test]
    fn layout_is_not_part_of_the_skeleton() {
        assert_eq!(skeleton("pub enum A {\n    B,\n    C,\n}"), skeleton("pub enum A { B, C }"));
        assert_ne!(skeleton("pub enum A { B }"), skeleton("pub enum A { C }"));
    }
}
