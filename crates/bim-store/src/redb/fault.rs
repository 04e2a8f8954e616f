//! What can go wrong with the database, in our words: the database's own errors do not leave this folder.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

use crate::client_store::ClientStoreError;
use crate::server_log::LogError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Io(io::ErrorKind),
    Damaged,
    InUse,
    Foreign,
    OlderFormat { found: u32, known: u32 },
    NewerFormat { found: u32, known: u32 },
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

/// Runs something that may panic on damaged pages and makes that an error.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Fault::Damaged))
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Io(error) => Self::Io(error.kind()),
            StorageError::ValueTooLarge(_) => Self::Io(io::ErrorKind::InvalidInput),
            StorageError::PreviousIo | StorageError::Backend(_) | StorageError::DatabaseClosed => {
                Self::Io(io::ErrorKind::Other)
            }
            StorageError::Unsupported => Self::Io(io::ErrorKind::Unsupported),
            _ => Self::Damaged,
        }
    }
}

impl From<TableError> for Fault {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}

impl From<TransactionError> for Fault {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Storage(error) => error.into(),
            _ => Self::Io(io::ErrorKind::Other),
        }
    }
}

impl From<CommitError> for Fault {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}

impl From<DatabaseError> for Fault {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen
            | DatabaseError::LockProtocolMismatch
            | DatabaseError::TransactionInProgress => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}

impl From<Fault> for LogError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io(kind) => Self::Io(kind),
            Fault::Damaged
            | Fault::InUse
            | Fault::Foreign
            | Fault::OlderFormat { .. }
            | Fault::NewerFormat { .. } => Self::Damaged,
        }
    }
}

impl From<Fault> for ClientStoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io(kind) => Self::Io(kind),
            Fault::Damaged
            | Fault::InUse
            | Fault::Foreign
            | Fault::OlderFormat { .. }
            | Fault::NewerFormat { .. } => Self::Damaged,
        }
    }
}
