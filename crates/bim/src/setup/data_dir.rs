//! The data directory: made if missing, and held by one client at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use bim_store::redb::{OpenError, RedbClientStore};
use bim_types::ErrorCode;

use crate::error::Error;

/// How long a directory in use is waited for: a client whose last handle was just dropped needs a moment to say
/// goodbye and let go of it.
const LOCK_PATIENCE: Duration = Duration::from_millis(1_500);

/// How often a directory in use is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(20);

const LOCK_FILE: &str = "client.lock";
const STORE_FILE: &str = "client.redb";

/// Holds a data directory until it is dropped.
#[derive(Debug)]
pub(crate) struct DataDirLock {
    _file: File,
}

/// Takes the directory and opens the store in it. Blocks.
pub(crate) fn open(directory: &Path) -> Result<(RedbClientStore, DataDirLock), Error> {
    fs::create_dir_all(directory).map_err(|error| unwritable(directory, error))?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(directory.join(LOCK_FILE))
        .map_err(|error| unwritable(directory, error))?;
    lock(&file, directory)?;
    let store =
        RedbClientStore::open(directory.join(STORE_FILE)).map_err(|error| not_open(directory, error))?;
    Ok((store, DataDirLock { _file: file }))
}

fn lock(file: &File, directory: &Path) -> Result<(), Error> {
    let until = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOCK_RETRY),
            Err(TryLockError::WouldBlock) => return Err(in_use(directory)),
            Err(TryLockError::Error(error)) => return Err(unwritable(directory, error)),
        }
    }
}

fn in_use(directory: &Path) -> Error {
    let hint = format!("{}; shut the other client down or use another directory", directory.display());
    Error::hint(ErrorCode::DataDirInUse, hint)
}

fn unwritable(directory: &Path, error: io::Error) -> Error {
    let hint = format!("{}: {error}", directory.display());
    Error::with_source(ErrorCode::DataDirUnwritable, hint, error)
}

fn not_open(directory: &Path, error: OpenError) -> Error {
    let code = match &error {
        OpenError::InUse { .. } => return in_use(directory),
        OpenError::Unwritable { .. } => ErrorCode::DataDirUnwritable,
        OpenError::Damaged { .. } | OpenError::NotABimStore { .. } => ErrorCode::StorageCorrupted,
        _ => ErrorCode::StorageFailed,
    };
    let hint = error.to_string();
    Error::with_source(code, hint, error)
}
