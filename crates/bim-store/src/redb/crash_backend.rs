//! A store on a disk in memory whose power can be cut.

use std::io;
use std::path::Path;

use ::redb::{Database, StorageBackend};

use super::fault::{Fault, contained};
use super::file::{Access, Identity, make_backend, open_backend};
use super::open_error::OpenError;
use crate::crash::{Chance, CrashDisk};

/// Stands for a path in errors.
pub(super) const CRASH_DISK: &str = "crash disk";

/// Opens the store on a disk, or makes it on a blank one: whole or not at all, as with a file.
pub(super) fn open(
    disk: &CrashDisk,
    fresh: Identity,
    access: Access,
) -> Result<(Database, Identity), OpenError> {
    let path = Path::new(CRASH_DISK);
    let length = disk.length().map_err(|error| OpenError::from_io(path, error))?;
    if length == 0 {
        make(disk, fresh, access).map_err(|fault| OpenError::from_fault(path, fault))?;
    }
    if !disk.take() {
        return Err(OpenError::InUse { path: path.to_owned() });
    }
    let opened = contained(|| open_backend(Backend(disk.clone()), fresh.kind, access));
    if opened.is_err() {
        disk.give_back();
    }
    opened.map_err(|fault| OpenError::from_fault(path, fault))
}

fn make(disk: &CrashDisk, fresh: Identity, access: Access) -> Result<(), Fault> {
    let draft = CrashDisk::blank();
    make_backend(Backend(draft.clone()), fresh, access)?.close()?;
    // Closing synced everything, so that nothing is left to chance.
    let image = draft.crash(&mut Chance::seeded(0));
    disk.install(&image).map_err(|error| Fault::Io(error.kind()))
}

/// Keeps the database's own trait off the disk, so that it stays out of the public API.
#[derive(Debug)]
struct Backend(CrashDisk);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_length(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.give_back();
        Ok(())
    }
}

#[cfg(test)]
#[path = "crash_backend_test.rs"]
mod tests;
