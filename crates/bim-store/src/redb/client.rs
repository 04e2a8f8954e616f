//! A client store in a file.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ::redb::{ReadableDatabase, StorageBackend};
use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};

use super::fault::{Fault, contained};
use super::file::{self, Access, Identity};
use super::format::{CLIENT, Kind, decode_device, decode_session, encode_session};
use super::held::Held;
use super::open_error::OpenError;
use crate::client_store::{ClientStore, ClientStoreError};

/// Memory that caches pages of a client store, in bytes. Older pages are read again.
const CACHE_BYTES: usize = 1024 * 1024;

/// What a new store says about itself.
const FRESH: Identity = Identity { kind: Kind::ClientStore, epoch: None };

/// A client store is small enough to be checked whole each time.
const ACCESS: Access = Access { cache_bytes: CACHE_BYTES, verify: true };

const DEVICE: &str = "device";
const SESSION: &str = "session";

/// A [`ClientStore`] in one file, durable when a commit returns. The file is checked whole when it is
/// opened; it is small.
#[derive(Debug)]
pub struct RedbClientStore {
    database: Held,
    failed: AtomicBool,
}

impl RedbClientStore {
    /// Opens the store at `path`, or makes it, with directories, if there is no file.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. An existing file is never replaced.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        file::open(path.as_ref(), |backend| file::make_backend(backend, FRESH, ACCESS), Self::opened)
    }

    /// Opens the store on a disk in memory, or makes it on a blank one, as [`open`](Self::open) does with a
    /// file. A disk that is in use by another store is refused.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; its path is `crash disk`.
    #[cfg(feature = "crash-image")]
    pub fn open_on(disk: &crate::crash::CrashDisk) -> Result<Self, OpenError> {
        super::crash_backend::open(disk, |backend| file::make_backend(backend, FRESH, ACCESS), Self::opened)
    }

    fn opened(backend: impl StorageBackend) -> Result<Self, Fault> {
        let (database, _) = file::open_backend(backend, FRESH.kind, ACCESS)?;
        Ok(Self { database: database.into(), failed: AtomicBool::new(false) })
    }

    /// Checks every page of the store; `false` when something had to be repaired. Reads the whole of it.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or not be repaired.
    #[cfg(feature = "crash-image")]
    pub fn check_integrity(&mut self) -> Result<bool, ClientStoreError> {
        let Self { database, .. } = self;
        Ok(contained(|| Ok(database.check_integrity()?))?)
    }

    fn checked<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, ClientStoreError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(ClientStoreError::Failed);
        }
        Ok(contained(work)?)
    }

    fn row<T>(
        &self,
        key: &str,
        decode: impl FnOnce(&[u8]) -> Result<T, Fault>,
    ) -> Result<Option<T>, ClientStoreError> {
        self.checked(|| {
            let client = self.database.begin_read()?.open_table(CLIENT)?;
            let row = client.get(key)?;
            row.map(|row| decode(row.value())).transpose()
        })
    }

    fn apply(&self, batch: &ClientBatch) -> Result<(), Fault> {
        file::write(&self.database, |transaction| {
            let mut client = transaction.open_table(CLIENT)?;
            for op in &batch.ops {
                match op {
                    ClientOp::PutDevice(record) => {
                        client.insert(DEVICE, record.device.to_bytes().as_slice())?
                    }
                    ClientOp::PutSession(session) => {
                        client.insert(SESSION, encode_session(session).as_slice())?
                    }
                    ClientOp::ClearSession => client.remove(SESSION)?,
                };
            }
            Ok(())
        })
    }
}

impl ClientStore for RedbClientStore {
    fn commit(&self, batch: &ClientBatch) -> Result<(), ClientStoreError> {
        let done = self.checked(|| if batch.ops.is_empty() { Ok(()) } else { self.apply(batch) });
        if done.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        done
    }

    fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError> {
        self.row(DEVICE, |row| Ok(DeviceRecord { device: decode_device(row)? }))
    }

    fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError> {
        self.row(SESSION, decode_session)
    }
}
