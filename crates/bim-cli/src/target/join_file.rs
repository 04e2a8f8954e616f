//! A file that says everything a client needs to join a live group.

use std::io;
use std::path::{Path, PathBuf};

use bim::Uid;
use serde::{Deserialize, Serialize};

use crate::commands::{JOIN_FILE, default_dir};
use crate::error::CliError;

/// Largest join file, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Server, trust, app, user, token and group. It holds a token, so only its owner may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinFile {
    pub(crate) server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trust: Option<String>,
    pub(crate) app: u32,
    pub(crate) uid: JoinUid,
    pub(crate) token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<i64>,
}

/// A user: a JSON number is the integer flavour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum JoinUid {
    Number(i64),
    Text(String),
}

impl JoinFile {
    /// Where the `bim dev` of this user writes its join file.
    pub(crate) fn of_dev() -> Result<PathBuf, CliError> {
        let dir = default_dir()
            .ok_or_else(|| CliError::arguments("--join: there is no home directory; name the file"))?;
        Ok(dir.join(JOIN_FILE))
    }

    /// Reads a join file.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        let text = Self::text(path).map_err(|error| {
            CliError::failed(format!("join file {} can not be read: {error}", path.display()))
                .help("bim dev writes one and prints where; it must be running")
        })?;
        serde_json::from_str(&text).map_err(|error| {
            CliError::failed(format!("{} is not a join file: {error}", path.display()))
                .help("bim dev writes one and prints where")
        })
    }

    /// Writes the file in one step, for its owner's eyes only.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let draft = path.with_extension(format!("{}.tmp", std::process::id()));
        // What a crash left behind could be readable by others.
        let _ = std::fs::remove_file(&draft);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        io::Write::write_all(&mut file, serde_json::to_string_pretty(self)?.as_bytes())?;
        std::fs::rename(&draft, path)
    }

    pub(crate) fn uid(&self) -> Result<Uid, CliError> {
        let uid = match &self.uid {
            JoinUid::Number(number) => Uid::int(*number),
            JoinUid::Text(text) => Uid::string(text),
        };
        uid.map_err(|error| CliError::failed(format!("join file: {error}")))
    }

    fn text(path: &Path) -> io::Result<String> {
        if std::fs::metadata(path)?.len() > FILE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large"));
        }
        std::fs::read_to_string(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_file_reads_back_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("join.json");
        let join = JoinFile {
            server: "quic://127.0.0.1:7901".into(),
            trust: Some("ab".repeat(32)),
            app: 1,
            uid: JoinUid::Text("7".into()),
            token: "t".into(),
            group: Some(5),
        };
        join.write(&path).unwrap();
        join.write(&path).unwrap();
        assert_eq!(JoinFile::read(&path).unwrap(), join);
        assert_eq!(join.uid().unwrap(), Uid::string("7").unwrap());
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_wrong_with_a_join_file_is_said_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("join.json");
        assert!(JoinFile::read(&path).unwrap_err().to_string().contains("join.json"));
        std::fs::write(&path, "{}").unwrap();
        assert!(JoinFile::read(&path).unwrap_err().to_string().contains("is not a join file"));
    }
}
