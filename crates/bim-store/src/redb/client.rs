//! A client store in a file.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ::redb::{Database, ReadableDatabase};
use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};

use super::fault::{Fault, contained};
use super::file::{self, Access, Identity};
use super::format::{CLIENT, Kind, decode_device, decode_session, encode_session};
use super::open_error::OpenError;
use crate::client_store::{ClientStore, ClientStoreError};

/// Memory that caches pages of a client store, in bytes. Older pages are read again.
const CACHE_BYTES: usize = 1024 * 1024;

const DEVICE: &str = "device";
const SESSION: &str = "session";

/// A [`ClientStore`] in one file, durable when a commit returns. The file is checked whole when it is
/// opened; it is small.
#[derive(Debug)]
pub struct RedbClientStore {
    database: Database,
    failed: AtomicBool,
}

impl RedbClientStore {
    /// Opens the store at `path`, or makes it, with directories, if there is no file.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. An existing file is never replaced.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let fresh = Identity { kind: Kind::ClientStore, epoch: None };
        let access = Access { cache_bytes: CACHE_BYTES, verify: true };
        let (database, _) = file::open(path.as_ref(), fresh, access)?;
        Ok(Self { database, failed: AtomicBool::new(false) })
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
