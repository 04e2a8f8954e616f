//! Why settings cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// A flag.
    Flag,
}

/// Why settings cannot be used: where, which one, and what would be right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {} can not be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{source_name}, line {line}: not valid TOML: {problem}")]
    Syntax {
        /// The file.
        source_name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// There is no such setting.
    #[error("{source_name}: there is no setting `{key}`{}", did_you_mean(*nearest))]
    Unknown {
        /// The file or variable.
        source_name: String,
        /// What was written.
        key: String,
        /// The nearest name that exists.
        nearest: Option<&'static str>,
    },
    /// The value is not one for this setting.
    #[error("{source_name}: `{key}` must be {expected}")]
    Value {
        /// The file or variable.
        source_name: String,
        /// Which setting.
        key: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Settings do not fit together.
    #[error("configuration: `{key}` must be {right}")]
    Conflict {
        /// Which setting.
        key: &'static str,
        /// What would be right.
        right: &'static str,
    },
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), source }
    }

    pub(super) fn unknown(source: &ConfigSource, key: &str, nearest: Option<&'static str>) -> Self {
        Self::Unknown { source_name: source.to_string(), key: shown(key), nearest }
    }

    pub(super) fn value(source: &ConfigSource, key: &str, expected: &'static str) -> Self {
        Self::Value { source_name: source.to_string(), key: key.to_owned(), expected }
    }
}

impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Environment(variable) => f.write_str(&shown(variable)),
            Self::Flag => f.write_str("--set"),
        }
    }
}

/// A name that somebody wrote, as it can be shown on any terminal: at most 64 characters, none that cannot be seen.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
