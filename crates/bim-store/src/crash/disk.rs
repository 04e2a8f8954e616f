//! The disk as its user holds it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chance::Chance;
use super::image::DiskImage;
use super::platter::{Change, DiskCounts, Moment, Platter, Trouble};

/// One file on a disk in memory. Clones are the same disk; a store on it holds one.
///
/// One plan is in force at a time: [`cut_power_at`](Self::cut_power_at) and [`fail_at`](Self::fail_at)
/// replace the plan before. Without power every operation fails and changes nothing, for ever; go on with a
/// new disk made from what [`crash`](Self::crash) or [`kill`](Self::kill) left.
#[derive(Clone)]
pub struct CrashDisk(Arc<Mutex<Platter>>);

impl CrashDisk {
    /// A disk without a byte: a store that opens on it makes itself.
    #[must_use]
    pub fn blank() -> Self {
        Self::new(DiskImage::default())
    }

    /// A disk that holds these bytes, all of them synced.
    #[must_use]
    pub fn new(image: DiskImage) -> Self {
        Self::with_platter(Platter::new(&image))
    }

    /// Plans that the power goes in the middle of a write or sync that is to come. It fails, and so does
    /// everything after it. A write that is cut may be on the disk afterwards, whole, in part or not at all.
    pub fn cut_power_at(&self, moment: Moment) {
        self.platter().plan(moment, Trouble::PowerCut);
    }

    /// Plans that one write or sync that is to come fails with an error of this kind, and that the disk goes
    /// on as if nothing were wrong. A write that failed changes nothing. After a sync that failed, what was
    /// not synced yet is read as before but is on the disk only when it is written anew: no later sync makes
    /// up for it.
    pub fn fail_at(&self, moment: Moment, kind: io::ErrorKind) {
        self.platter().plan(moment, Trouble::Error(kind));
    }

    /// Sets how long the file may become, in bytes. A write that would make it longer than that fails with
    /// [`io::ErrorKind::StorageFull`]; writes inside of what is there succeed. `None` ends it.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.platter().capacity = bytes;
    }

    /// How many writes and syncs there were so far.
    #[must_use]
    pub fn counts(&self) -> DiskCounts {
        self.platter().counts
    }

    /// Whether the power is on.
    #[must_use]
    pub fn has_power(&self) -> bool {
        !self.platter().dead
    }

    /// Cuts the power, if it is still on, and says what the disk holds then: all that was synced and, by
    /// chance, some of what was not. How likely a write is kept is drawn once, half of the time they are kept
    /// in another order than they were made, and one in five of them is torn. Asked again with other chances
    /// it gives what the same crash might have left instead.
    pub fn crash(&self, chance: &mut Chance) -> DiskImage {
        let mut platter = self.platter();
        platter.dead = true;
        platter.survivors(chance)
    }

    /// Ends the process that uses the disk, but not the machine: the disk that is returned reads what was
    /// written, synced or not, and knows what is not synced; counts go on, plans and capacity do not. This one
    /// is without power.
    #[must_use]
    pub fn kill(&self) -> Self {
        let mut platter = self.platter();
        let next = platter.after_a_kill();
        platter.dead = true;
        Self::with_platter(next)
    }

    /// How long the file is, in bytes.
    ///
    /// # Errors
    ///
    /// Without power.
    pub fn length(&self) -> io::Result<u64> {
        Ok(self.powered()?.live.len() as u64)
    }

    /// Reads bytes from `offset` on until `out` is full.
    ///
    /// # Errors
    ///
    /// Without power, and when the file ends before ([`io::ErrorKind::UnexpectedEof`]).
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.powered()?;
        let from = index(offset)?;
        let to = from.checked_add(out.len()).ok_or(io::ErrorKind::InvalidInput)?;
        out.copy_from_slice(platter.live.get(from..to).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// Writes bytes from `offset` on; the file becomes as long as it takes.
    ///
    /// # Errors
    ///
    /// As planned, without power, and when the disk is full.
    pub fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = index(offset)?;
        offset.checked_add(data.len()).ok_or(io::ErrorKind::InvalidInput)?;
        self.powered()?.change(Change::Write { offset, data: data.to_vec() })
    }

    /// Sets how long the file is, in bytes; what is new is zero. Counts as a write.
    ///
    /// # Errors
    ///
    /// As planned, without power, and when the disk is full.
    pub fn set_length(&self, bytes: u64) -> io::Result<()> {
        let length = index(bytes)?;
        self.powered()?.change(Change::Length(length))
    }

    /// Makes everything durable that was written before.
    ///
    /// # Errors
    ///
    /// As planned, and without power. Nothing that was not synced before is certain then.
    pub fn sync(&self) -> io::Result<()> {
        self.powered()?.sync()
    }

    /// Puts a whole file on a blank disk as a rename does: it is there with all its bytes, or not at all.
    /// Counts as one write and one sync.
    ///
    /// # Errors
    ///
    /// As planned, without power, and when the disk is full. The disk is blank then.
    pub fn install(&self, image: &DiskImage) -> io::Result<()> {
        let mut platter = self.powered()?;
        let installed = platter.install(image.as_bytes());
        if installed.is_err() {
            platter.withdraw();
        }
        installed
    }

    /// Takes the disk for one store, as a lock on a file does; `false` when another has it.
    #[must_use]
    pub fn take(&self) -> bool {
        !std::mem::replace(&mut self.platter().in_use, true)
    }

    /// Ends what [`take`](Self::take) began.
    pub fn give_back(&self) {
        self.platter().in_use = false;
    }

    /// How many hold the disk.
    #[cfg(all(test, feature = "redb"))]
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    fn with_platter(platter: Platter) -> Self {
        Self(Arc::new(Mutex::new(platter)))
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        // Every change of a platter is done when a panic can come.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn powered(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let platter = self.platter();
        if platter.dead { Err(io::Error::other("no power")) } else { Ok(platter) }
    }
}

impl fmt::Debug for CrashDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platter = self.platter();
        f.debug_struct("CrashDisk")
            .field("bytes", &platter.live.len())
            .field("counts", &platter.counts)
            .field("dead", &platter.dead)
            .finish_non_exhaustive()
    }
}

fn index(bytes: u64) -> io::Result<usize> {
    usize::try_from(bytes).map_err(|_| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
#[path = "disk_test.rs"]
mod tests;
