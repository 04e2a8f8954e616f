//! `admin.json`: where the service of a running server is, and the key to it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{AdminError, command, hex};
use crate::private_file;

/// Name of the file in the data directory.
const FILE: &str = "admin.json";

/// Largest such file, in bytes.
const FILE_BYTES_MAX: usize = 4 * 1024;

/// What proves that an operator may read the data directory. Never logged.
#[derive(Clone)]
pub(super) struct AdminKey([u8; 32]);

/// Where a service is.
#[derive(Clone)]
pub(super) struct AdminPlace {
    pub(super) address: SocketAddr,
    pub(super) key: AdminKey,
}

#[derive(Serialize, Deserialize)]
struct Written {
    address: SocketAddr,
    key: String,
}

impl AdminKey {
    pub(super) fn random() -> Result<Self, AdminError> {
        Ok(Self(command::random()?))
    }

    /// Compares in the same time whatever differs.
    pub(super) fn fits(&self, text: &str) -> bool {
        let Some(given) = hex::decode(text).filter(|given| given.len() == self.0.len()) else { return false };
        let differing = self.0.iter().zip(&given).fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
        std::hint::black_box(differing) == 0
    }

    pub(super) fn text(&self) -> String {
        hex::encode(&self.0)
    }
}

impl AdminPlace {
    /// Reads the file; `None` when there is none that can be read as one.
    pub(super) fn read(data_dir: &Path) -> Option<Self> {
        let text =
            std::fs::read_to_string(path(data_dir)).ok().filter(|text| text.len() <= FILE_BYTES_MAX)?;
        let written: Written = serde_json::from_str(&text).ok()?;
        let key = hex::decode(&written.key)?.try_into().ok()?;
        Some(Self { address: written.address, key: AdminKey(key) })
    }

    /// Writes the file in one step, for the owner's eyes only.
    pub(super) fn write(&self, data_dir: &Path) -> io::Result<()> {
        let written = Written { address: self.address, key: self.key.text() };
        private_file::write(&path(data_dir), serde_json::to_string(&written)?.as_bytes())
    }

    /// Removes the file.
    pub(super) fn remove(data_dir: &Path) {
        // When it can not be removed, whoever reads it finds nobody at its address.
        let _ = std::fs::remove_file(path(data_dir));
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}
