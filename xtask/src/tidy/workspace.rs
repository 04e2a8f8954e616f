//! The tree as the rules see it: text files, members and their dependencies, the trees of the pure crates.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::code::Code;
use crate::failure::Failure;
use crate::shell;

/// Crates that must stay free of I/O, clock, random and runtime; see DESIGN's "machines" and "words".
pub(crate) const PURE: [&str; 5] = ["bim-types", "bim-proto", "bim-livegroup", "bim-core", "bim-server-core"];

/// Endings of the files that the rules read.
const TEXT: [&str; 9] = ["rs", "toml", "md", "proto", "yml", "yaml", "sh", "txt", "json"];

/// Everything the rules may look at. Rules never touch the disk themselves.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// Sorted by path.
    pub(crate) files: Vec<File>,
    pub(crate) members: Vec<Member>,
    /// For each pure crate the names of the packages in its tree of normal dependencies.
    pub(crate) trees: BTreeMap<String, Vec<String>>,
}

/// One text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Below the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The blanked source; empty for other files than Rust.
    pub(crate) code: Code,
    /// The whole file is a test.
    pub(crate) is_test: bool,
}

/// One package of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Path of its manifest below the root.
    pub(crate) manifest: String,
    /// Names of its normal dependencies, optional ones too.
    pub(crate) normal: Vec<String>,
}

impl Workspace {
    /// Reads the tree; asks cargo for members and dependency trees, without a network.
    pub(crate) fn load(root: &Path) -> Result<Self, Failure> {
        let mut files = Vec::new();
        read_folder(root, root, &mut files)?;
        let mut workspace = Self::of_files(files);
        let metadata =
            shell::capture(&mut shell::cargo(root, &["metadata", "--no-deps", "--format-version", "1"]))?;
        workspace.members = members(root, &metadata)?;
        for name in PURE {
            workspace.trees.insert(name.to_owned(), tree(root, name)?);
        }
        Ok(workspace)
    }

    /// Files of one ending below a folder.
    pub(crate) fn below<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(ending))
    }

    /// Rust in the `src` folders of `crates/`, generated code left out.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &File> {
        self.rust().filter(|file| file.path.starts_with("crates/") && file.path.contains("/src/"))
    }

    /// All Rust that people write.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.below("", ".rs").filter(|file| !file.is_generated())
    }

    /// One file by its path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn of_files(mut files: Vec<File>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let roots: Vec<String> = files.iter().flat_map(test_modules).collect();
        for file in &mut files {
            let stem = file.path.trim_end_matches(".rs");
            let below = |root: &String| stem == root || file.path.starts_with(&format!("{root}/"));
            file.is_test |= roots.iter().any(below);
        }
        Self { files, ..Self::default() }
    }

    /// A tree of invented files, for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self::of_files(files.iter().map(|(path, text)| File::new(path, text)).collect())
    }
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { Code::of(text) } else { Code::default() };
        let named = path.ends_with("_test.rs") || path.ends_with("/tests.rs");
        let placed = path.starts_with("tests/") || path.contains("/tests/") || path.starts_with("benches/");
        Self { path: path.to_owned(), text: text.to_owned(), code, is_test: named || placed }
    }

    /// Written by `cargo xtask codegen`.
    pub(crate) fn is_generated(&self) -> bool {
        self.path.contains("/gen/")
    }

    /// The folder name of the crate, for a file below `crates/`.
    pub(crate) fn crate_name(&self) -> &str {
        self.path.strip_prefix("crates/").and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// Whether an offset belongs to tests.
    pub(crate) fn in_test(&self, offset: usize) -> bool {
        self.is_test || self.code.in_test(offset)
    }
}

/// Paths, without the ending, of the modules that a file declares for tests only.
fn test_modules(file: &File) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let own = matches!(name, "lib.rs" | "main.rs" | "mod.rs");
    let children = if own { folder.to_owned() } else { file.path.trim_end_matches(".rs").to_owned() };
    let mut found = Vec::new();
    for range in file.code.tests() {
        let item = file.code.text().get(range.clone()).unwrap_or_default();
        let Some(module) = item.trim_end().strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) else {
            continue;
        };
        found.push(format!("{children}/{}", module.1.trim()));
        let source = file.text.get(range.clone()).unwrap_or_default();
        if let Some(path) = source.split("path = \"").nth(1).and_then(|rest| rest.split('"').next()) {
            found.push(format!("{folder}/{}", path.trim_end_matches(".rs")));
        }
    }
    found
}

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo" && name != ".github";
        if hidden || name == "target" {
            continue;
        }
        if path.is_dir() {
            read_folder(root, &path, files)?;
        } else if name == "run" || path.extension().is_some_and(|ext| TEXT.iter().any(|text| ext == *text)) {
            let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
            files.push(File::new(&below(root, &path), &text));
        }
    }
    Ok(())
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn members(root: &Path, metadata: &str) -> Result<Vec<Member>, Failure> {
    let value: Value = serde_json::from_str(metadata)
        .map_err(|error| Failure::new(format!("cargo metadata: {error}"), "update the Rust toolchain"))?;
    let packages = value.get("packages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(packages.iter().map(|package| member(root, package)).collect())
}

fn member(root: &Path, package: &Value) -> Member {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let dependencies =
        package.get("dependencies").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let normal = dependencies.iter().filter(|dependency| dependency.get("kind").is_none_or(Value::is_null));
    Member {
        name: text(package, "name"),
        manifest: below(root, Path::new(&text(package, "manifest_path"))),
        normal: normal.map(|dependency| text(dependency, "name")).collect(),
    }
}

/// The names in a crate's tree of normal dependencies, as a user of that crate alone would get it.
fn tree(root: &Path, name: &str) -> Result<Vec<String>, Failure> {
    let args =
        ["tree", "-p", name, "--all-features", "-e", "normal,no-proc-macro", "--prefix", "none", "-f", "{p}"];
    let listed = shell::capture(&mut shell::cargo(root, &args))?;
    let mut names: Vec<String> =
        listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::Workspace;

    #[test]
    fn modules_declared_for_tests_make_their_files_tests() {
        let tree = Workspace::of(&[
            ("crates/a/src/lib.rs", "#[cfg(test)]\nmod world;\nmod real;\n"),
            ("crates/a/src/world.rs", "mod part;\n"),
            ("crates/a/src/world/part.rs", ""),
            ("crates/a/src/real.rs", "#[cfg(test)]\n#[path = \"odd.rs\"]\nmod tests;\n"),
            ("crates/a/src/odd.rs", ""),
            ("crates/a/src/real_test.rs", ""),
        ]);
        let tests: Vec<&str> =
            tree.files.iter().filter(|file| file.is_test).map(|file| file.path.as_str()).collect();
        let expected = ["odd.rs", "real_test.rs", "world.rs", "world/part.rs"]
            .map(|path| format!("crates/a/src/{path}"));
        assert_eq!(tests, expected);
    }
}
