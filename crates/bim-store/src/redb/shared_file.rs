//! One file that a journal and a database write to.

use std::io;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::redb::{BackendError, StorageBackend};

/// The whole file. After the first commit that failed nothing is written any more: a database that is closed
/// then would make durable what refers to pages that a failed sync has lost.
#[derive(Debug)]
pub(super) struct SharedFile {
    backend: Box<dyn StorageBackend>,
    stopped: AtomicBool,
}

/// The database's part of it, from an offset to the end. Locks are those of the whole file.
#[derive(Debug)]
pub(super) struct Region {
    file: Arc<SharedFile>,
    offset: u64,
}

impl SharedFile {
    pub(super) fn new(backend: impl StorageBackend) -> Arc<Self> {
        Arc::new(Self { backend: Box::new(backend), stopped: AtomicBool::new(false) })
    }

    /// The part from `offset` on.
    pub(super) fn behind(self: &Arc<Self>, offset: u64) -> Region {
        Region { file: Arc::clone(self), offset }
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    pub(super) fn len(&self) -> io::Result<u64> {
        self.backend.len()
    }

    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.backend.read(offset, out)
    }

    pub(super) fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.working()?.write(offset, data)
    }

    pub(super) fn set_len(&self, len: u64) -> io::Result<()> {
        self.working()?.set_len(len)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.working()?.sync_data()
    }

    fn working(&self) -> io::Result<&dyn StorageBackend> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(io::Error::other("a commit failed before"));
        }
        Ok(&*self.backend)
    }
}

impl StorageBackend for Region {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.len()?.saturating_sub(self.offset))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(self.offset + offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(self.offset + len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(self.offset + offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.backend.query_lock_range(start, end)
    }
}
