//! The `.proto` files, read just far enough to name their messages and fields.

use std::fs;
use std::path::PathBuf;

/// A field of the specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field {
    /// Of which message.
    pub(crate) message: String,
    /// Its name.
    pub(crate) name: String,
    /// Its number.
    pub(crate) number: u32,
    /// Whether it is a list or a map.
    pub(crate) is_list: bool,
}

/// Every field of every message of one file, or of all files but the one of recordings, which never travels.
pub(crate) fn fields(file: Option<&str>) -> Vec<Field> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto/bim/v1");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wanted =
        paths.filter(|path| file.map_or(!path.ends_with("recording.proto"), |file| path.ends_with(file)));
    let mut fields: Vec<Field> =
        wanted.flat_map(|path| fields_of(&fs::read_to_string(path).unwrap())).collect();
    fields.sort();
    fields
}

fn fields_of(text: &str) -> Vec<Field> {
    let mut message = None;
    let mut fields = Vec::new();
    for line in text.lines().map(str::trim) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("message") => message = words.next().map(str::to_owned),
            Some("enum") => message = None,
            Some(first) if !first.starts_with("//") => {
                let is_list = first == "repeated" || first.starts_with("map<");
                if let (Some(message), Some((name, number))) = (&message, name_and_number(line)) {
                    fields.push(Field { message: message.clone(), name, number, is_list });
                }
            }
            _ => {}
        }
    }
    fields
}

/// The name and number of `type name = number;`.
fn name_and_number(line: &str) -> Option<(String, u32)> {
    let (before, after) = line.strip_suffix(';')?.split_once(" = ")?;
    Some((before.split_whitespace().last()?.to_owned(), after.parse().ok()?))
}
