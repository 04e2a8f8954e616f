//! The files of golden bytes.

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;

/// The bytes of a fixture.
pub(crate) fn bytes(name: &str) -> Bytes {
    let text = text(name);
    let digits: Vec<u8> = text.lines().filter_map(|line| line.split('#').next()).flat_map(hex).collect();
    digits.into()
}

/// The text of a fixture.
pub(crate) fn text(name: &str) -> String {
    let path = folder().join(format!("{name}.hex"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all fixtures, in order.
pub(crate) fn names() -> Vec<String> {
    let files =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        files.filter_map(|file| file.strip_suffix(".hex").map(str::to_owned)).collect();
    names.sort();
    names
}

/// Bytes as the fixtures write them.
pub(crate) fn as_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn hex(line: &str) -> Vec<u8> {
    line.split_whitespace().map(|digits| u8::from_str_radix(digits, 16).expect("two hex digits")).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}
