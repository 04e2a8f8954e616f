//! The names of the targets: those of the programs.

use std::path::Path;

use super::PROGRAMS;
use crate::failure::Failure;

/// The word for every target.
const ALL: &str = "all";

/// The targets there is a program for, in the order of its manifest.
pub(super) fn known(root: &Path) -> Result<Vec<String>, Failure> {
    let path = root.join(PROGRAMS).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let table: toml::Table = text.parse().map_err(|error| {
        Failure::new(format!("{}: {error}", path.display()), "mend the manifest of the programs")
    })?;
    let programs = table.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    let names = programs.filter_map(|program| program.get("name").and_then(toml::Value::as_str));
    Ok(names.map(str::to_owned).collect())
}

/// The target of a name, or all of them.
pub(super) fn chosen<'a>(known: &'a [String], name: &str) -> Result<Vec<&'a str>, Failure> {
    let known = known.iter().map(String::as_str);
    if name == ALL {
        return Ok(known.collect());
    }
    if let Some(target) = known.clone().find(|target| *target == name) {
        return Ok(vec![target]);
    }
    // Half of its letters say which one was meant.
    let nearest = known.clone().min_by_key(|target| distance(target, name));
    let mend = match nearest.filter(|target| 2 * distance(target, name) <= target.len()) {
        Some(target) => format!("did you mean `cargo xtask fuzz {target}`?"),
        None => format!("choose from {}, or {ALL}", known.collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::new(format!("there is no target {name:?}"), mend))
}

/// How many letters have to be put in, taken out or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = at;
        row[0] = at + 1;
        for (column, other) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{chosen, distance, known};
    use crate::shell::workspace_root;

    #[test]
    fn every_program_of_the_manifest_is_a_target() {
        let known = known(&workspace_root()).unwrap();
        assert!(known.iter().any(|target| target == "server_engine"), "{known:?}");
        assert_eq!(chosen(&known, "all").unwrap().len(), known.len());
        assert_eq!(chosen(&known, "frame").unwrap(), ["frame"]);
    }

    #[test]
    fn an_unknown_target_is_told_with_the_nearest_one_or_with_all() {
        let known = ["frame".to_owned(), "token".to_owned()];
        let mend = |name| chosen(&known, name).unwrap_err().mend;
        assert_eq!(mend("fram"), "did you mean `cargo xtask fuzz frame`?");
        assert_eq!(mend("zzz"), "choose from frame, token, or all");
        assert_eq!(mend("something-else"), "choose from frame, token, or all");
    }

    #[test]
    fn a_distance_counts_letters() {
        assert_eq!([distance("frame", "frame"), distance("frame", "farme"), distance("", "abc")], [0, 2, 3]);
    }
}
