//! A client store in memory.

use std::sync::{Mutex, MutexGuard};

use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};

use crate::client_store::{ClientStore, ClientStoreError};

/// A [`ClientStore`] that is forgotten with the process.
#[derive(Debug, Default)]
pub struct MemoryClientStore {
    image: Mutex<Image>,
}

#[derive(Debug, Default)]
struct Image {
    device: Option<DeviceRecord>,
    session: Option<SessionRecord>,
}

impl MemoryClientStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn image(&self) -> Result<MutexGuard<'_, Image>, ClientStoreError> {
        self.image.lock().map_err(|_| ClientStoreError::Failed)
    }
}

impl ClientStore for MemoryClientStore {
    fn commit(&self, batch: &ClientBatch) -> Result<(), ClientStoreError> {
        let mut image = self.image()?;
        for op in &batch.ops {
            match op {
                ClientOp::PutDevice(device) => image.device = Some(*device),
                ClientOp::PutSession(session) => image.session = Some(session.clone()),
                ClientOp::ClearSession => image.session = None,
            }
        }
        Ok(())
    }

    fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError> {
        Ok(self.image()?.device)
    }

    fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError> {
        Ok(self.image()?.session.clone())
    }
}
