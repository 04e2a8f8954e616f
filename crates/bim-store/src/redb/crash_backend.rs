//! A store on a disk in memory whose power can be cut.

use std::io;
use std::path::Path;

use ::redb::StorageBackend;

use super::fault::{Fault, contained};
use super::open_error::OpenError;
use crate::crash::{Chance, CrashDisk};

/// Stands for a path in errors.
const CRASH_DISK: &str = "crash disk";

/// Opens a disk with `open`. A blank one is filled first, with what `make` leaves on an empty one: whole or not
/// at all, as with a file.
pub(super) fn open<T>(
    disk: &CrashDisk,
    make: impl FnOnce(Backend) -> Result<(), Fault>,
    open: impl FnOnce(Backend) -> Result<T, Fault>,
) -> Result<T, OpenError> {
    let path = Path::new(CRASH_DISK);
    let length = disk.length().map_err(|error| OpenError::from_io(path, error))?;
    if length == 0 {
        make_whole(disk, make).map_err(|fault| OpenError::from_fault(path, fault))?;
    }
    if !disk.take() {
        return Err(OpenError::InUse { path: path.to_owned() });
    }
    let opened = contained(|| open(Backend(disk.clone())));
    if opened.is_err() {
        disk.give_back();
    }
    opened.map_err(|fault| OpenError::from_fault(path, fault))
}

fn make_whole(disk: &CrashDisk, make: impl FnOnce(Backend) -> Result<(), Fault>) -> Result<(), Fault> {
    let draft = CrashDisk::blank();
    make(Backend(draft.clone()))?;
    // Closing synced everything, so that nothing is left to chance.
    let image = draft.crash(&mut Chance::seeded(0));
    Ok(disk.install(&image)?)
}

/// Keeps the database's own trait off the disk, so that it stays out of the public API.
#[derive(Debug)]
pub(super) struct Backend(CrashDisk);

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
