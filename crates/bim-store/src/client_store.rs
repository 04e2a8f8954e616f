//! The port to what a client keeps.

use std::io;
use std::sync::Arc;

use bim_types::store::{ClientBatch, DeviceRecord, SessionRecord};

/// What one data directory of a client remembers. Every call blocks until it is done; any thread may call,
/// and sees whole batches only.
pub trait ClientStore: Send + Sync + 'static {
    /// Carries out all operations in order: all of them become durable together, or none.
    ///
    /// # Errors
    ///
    /// Nothing of the batch is certain then. Every later call errs with [`ClientStoreError::Failed`] until
    /// the store is opened anew.
    fn commit(&self, batch: &ClientBatch) -> Result<(), ClientStoreError>;

    /// Which device this is, once it was written.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError>;

    /// Who was logged in last, unless that was cleared.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError>;
}

macro_rules! forward_client_store {
    ($pointer:ident) => {
        impl<T: ClientStore + ?Sized> ClientStore for $pointer<T> {
            fn commit(&self, batch: &ClientBatch) -> Result<(), ClientStoreError> {
                (**self).commit(batch)
            }

            fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError> {
                (**self).device()
            }

            fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError> {
                (**self).session()
            }
        }
    };
}

forward_client_store!(Box);
forward_client_store!(Arc);

/// Why a client store did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientStoreError {
    /// A commit failed before; nothing is certain until the store is opened anew.
    #[error("store failed earlier and must be opened anew")]
    Failed,
    /// Reading or writing failed, with the kind the system gave.
    #[error("store could not be read or written: {0}")]
    Io(io::ErrorKind),
    /// What was read is not what was written.
    #[error("store is damaged")]
    Damaged,
}
