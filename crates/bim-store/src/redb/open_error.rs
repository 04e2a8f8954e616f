//! Why a store could not be opened.

use std::io;
use std::path::{Path, PathBuf};

use super::fault::Fault;

/// Why a store could not be opened. The file is left as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The store is open already, here or in another process.
    #[error("{} is in use by another process or another store of this one", path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// The file or its directory cannot be made or written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file was a store once and is cut off or overwritten.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// The store was written by a version from before the first release.
    #[error("{} has format {found}, which is not read any more; this version knows {known}", path.display())]
    OlderFormat {
        /// Which file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The oldest format known here.
        known: u32,
    },
    /// The store was written by a newer version.
    #[error("{} has format {found}; this version knows up to {known}", path.display())]
    NewerFormat {
        /// Which file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The file is empty or something else, or the other kind of store.
    #[error("{} is not a bim store of this kind", path.display())]
    NotABimStore {
        /// Which file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("{} could not be opened", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    pub(super) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::StorageFull => Self::Unwritable { path, source },
            io::ErrorKind::InvalidData => Self::NotABimStore { path },
            io::ErrorKind::UnexpectedEof => Self::Damaged { path },
            _ => Self::Io { path, source },
        }
    }

    pub(super) fn from_fault(path: &Path, fault: Fault) -> Self {
        match fault {
            Fault::Io(kind) => Self::from_io(path, kind.into()),
            Fault::Damaged => Self::Damaged { path: path.to_owned() },
            Fault::InUse => Self::InUse { path: path.to_owned() },
            Fault::Foreign => Self::NotABimStore { path: path.to_owned() },
            Fault::OlderFormat { found, known } => Self::OlderFormat { path: path.to_owned(), found, known },
            Fault::NewerFormat { found, known } => Self::NewerFormat { path: path.to_owned(), found, known },
        }
    }
}
