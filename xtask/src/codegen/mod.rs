//! `cargo xtask codegen`: from `proto/` to committed Rust and a committed descriptor set, without protoc.
//!
//! Owns three files: the generated module of bim-proto, `proto/descriptors.bin` (what the sources say now) and
//! `proto/descriptors.base.bin` (what is released, the base of the breaking-change check). `--check` writes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::failure::Failure;
use breaking::Verdict;

mod breaking;
mod generate;

/// Where the sources are, below the root.
const PROTO: &str = "proto";
/// The package that is generated, as a folder below [`PROTO`].
const PACKAGE: &str = "bim/v1";
const GENERATED: &str = "crates/bim-proto/src/gen/bim.v1.rs";
const DESCRIPTORS: &str = "proto/descriptors.bin";
const BASE: &str = "proto/descriptors.base.bin";

/// Options of `cargo xtask codegen`.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Write nothing; fail when a generated file is stale or the wire breaks.
    #[arg(long)]
    check: bool,
    /// Also take what the sources say now as the new base of the breaking-change check (a release, or a
    /// break that is meant).
    #[arg(long, conflicts_with = "check")]
    accept: bool,
}

impl Args {
    /// What the gate asks for.
    pub(crate) fn checking() -> Self {
        Self { check: true, accept: false }
    }
}

/// Generates, or checks that what is committed is what would be generated.
pub(crate) fn run(root: &Path, args: &Args) -> Result<(), Failure> {
    let fresh = Fresh::compile(root)?;
    if args.check {
        fresh.check(root)?;
        let base = read_base(root)?.ok_or_else(no_base)?;
        return judge(&base, &fresh.set);
    }
    fresh.write(root)?;
    if args.accept {
        write(&root.join(BASE), &fresh.descriptors)?;
        println!("codegen: {BASE} is now what the sources say");
        return Ok(());
    }
    if let Some(base) = read_base(root)? {
        return judge(&base, &fresh.set);
    }
    println!("codegen: note: {BASE} is missing; `cargo xtask codegen --accept` makes the first one");
    Ok(())
}

/// What the sources say now.
struct Fresh {
    set: FileDescriptorSet,
    rust: String,
    descriptors: Vec<u8>,
}

impl Fresh {
    fn compile(root: &Path) -> Result<Self, Failure> {
        let include = root.join(PROTO);
        let mut set = generate::descriptors(&include, &sources(&include.join(PACKAGE))?)?;
        let rust = generate::rust(root, set.clone())?;
        for file in &mut set.file {
            file.source_code_info = None;
        }
        let descriptors = set.encode_to_vec();
        Ok(Self { set, rust, descriptors })
    }

    fn check(&self, root: &Path) -> Result<(), Failure> {
        let rust = fs::read_to_string(root.join(GENERATED)).unwrap_or_default();
        if !generate::same_rust(&rust, &self.rust) {
            return Err(stale(GENERATED));
        }
        if fs::read(root.join(DESCRIPTORS)).unwrap_or_default() != self.descriptors {
            return Err(stale(DESCRIPTORS));
        }
        Ok(())
    }

    fn write(&self, root: &Path) -> Result<(), Failure> {
        write(&root.join(GENERATED), self.rust.as_bytes())?;
        write(&root.join(DESCRIPTORS), &self.descriptors)?;
        println!("codegen: {} files of {PROTO}/{PACKAGE} are up to date", self.set.file.len());
        Ok(())
    }
}

/// The `.proto` files of a folder, sorted, so that the output does not depend on the file system.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "proto"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::new(
            format!("{} holds no .proto file", folder.display()),
            "restore the wire specification",
        ));
    }
    Ok(files)
}

fn read_base(root: &Path) -> Result<Option<FileDescriptorSet>, Failure> {
    let path = root.join(BASE);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
    let set = FileDescriptorSet::decode(bytes.as_slice()).map_err(|error| {
        Failure::new(format!("{BASE} is damaged: {error}"), format!("`git checkout -- {BASE}`"))
    })?;
    Ok(Some(set))
}

/// Prints the notes; fails with all breaks.
fn judge(base: &FileDescriptorSet, fresh: &FileDescriptorSet) -> Result<(), Failure> {
    let Verdict { breaks, notes } = breaking::compare(base, fresh);
    for note in notes {
        println!("codegen: note: {note}");
    }
    if breaks.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{} breaking change(s) against {BASE}:\n  {}", breaks.len(), breaks.join("\n  ")),
        "add a field instead, and `reserved` the number of one that goes; for a break that is meant: `cargo xtask codegen --accept`",
    ))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    fs::write(path, bytes).map_err(|error| Failure::file(path, &error))
}

fn stale(path: &str) -> Failure {
    Failure::new(
        format!("{path} is not what the sources in {PROTO}/{PACKAGE} give"),
        "`cargo xtask codegen`, then commit the result",
    )
}

fn no_base() -> Failure {
    Failure::new(
        format!("{BASE} is missing, so breaking changes cannot be seen"),
        "restore it from version control, or `cargo xtask codegen --accept` for the first release",
    )
}

#[cfg(test)]
mod tests;
