//! The committed corpus: `fuzz/corpus/<target>/<file>`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of this package.
#[must_use]
pub fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of a target's corpus.
#[must_use]
pub fn folder(target: &str) -> PathBuf {
    home().join("corpus").join(target)
}

/// The files of a target's corpus with their bytes, in the order of their names.
///
/// # Errors
///
/// When the folder or a file cannot be read.
pub fn files(target: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(target))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), fs::read(&path)?))).collect()
}

/// Writes a target's seeds into its corpus, one file each: `seed-<name>`. Gives how many there are.
///
/// # Errors
///
/// When the folder or a file cannot be written.
pub fn write_seeds(target: &crate::Target, corpus: &Path) -> io::Result<usize> {
    let folder = corpus.join(target.name);
    fs::create_dir_all(&folder)?;
    let seeds = (target.seeds)();
    for seed in &seeds {
        fs::write(folder.join(format!("seed-{}", seed.name)), &seed.bytes)?;
    }
    Ok(seeds.len())
}
