//! A disk in memory whose power can be cut: what the process sees, what would survive, and what was written
//! since the last sync.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use ::redb::StorageBackend;

/// When the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Never,
    /// The sync of this number, from 1, fails, and everything after it.
    AtSync(u64),
    /// The write of this number, from 1, fails, and everything after it.
    AtWrite(u64),
}

/// Clones are the same disk.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<Mutex<Platter>>);

#[derive(Debug)]
struct Platter {
    live: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Pending>,
    cut: Cut,
    syncs: u64,
    writes: u64,
    dead: bool,
}

#[derive(Clone, Debug)]
enum Pending {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

impl Disk {
    pub(super) fn new(image: Vec<u8>, cut: Cut) -> Self {
        let live = image.clone();
        let platter =
            Platter { live, durable: image, pending: Vec::new(), cut, syncs: 0, writes: 0, dead: false };
        Self(Arc::new(Mutex::new(platter)))
    }

    pub(super) fn is_dead(&self) -> bool {
        self.platter().dead
    }

    /// Syncs and writes so far.
    pub(super) fn counts(&self) -> (u64, u64) {
        let platter = self.platter();
        (platter.syncs, platter.writes)
    }

    /// Cuts the power, if it is still on, and says what the disk holds then: all that was synced, and by
    /// chance some of what was not, in another order perhaps, some of it torn.
    pub(super) fn crash(&self, chance: &mut Chance) -> Vec<u8> {
        let mut platter = self.platter();
        platter.dead = true;
        let mut image = platter.durable.clone();
        let mut pending = platter.pending.clone();
        if chance.one_in(2) {
            for last in (1..pending.len()).rev() {
                pending.swap(last, chance.below(last as u64 + 1) as usize);
            }
        }
        let percent = chance.below(101);
        for change in pending {
            if chance.below(100) < percent {
                let torn = chance.one_in(5).then(|| chance.below(1 << 16) as usize);
                change.apply(&mut image, torn);
            }
        }
        image
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    fn powered(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let platter = self.platter();
        if platter.dead { Err(io::Error::other("no power")) } else { Ok(platter) }
    }
}

impl Platter {
    fn change(&mut self, change: Pending) -> io::Result<()> {
        self.writes += 1;
        if self.cut == Cut::AtWrite(self.writes) {
            self.dead = true;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        change.apply(&mut self.live, None);
        self.pending.push(change);
        Ok(())
    }
}

impl Pending {
    fn apply(&self, image: &mut Vec<u8>, torn: Option<usize>) {
        match self {
            Self::Length(length) => image.resize(*length, 0),
            Self::Write { offset, data } => {
                let kept = torn.map_or(data.len(), |at| at % (data.len() + 1));
                if image.len() < offset + kept {
                    image.resize(offset + kept, 0);
                }
                image[*offset..offset + kept].copy_from_slice(&data[..kept]);
            }
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.powered()?.live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.powered()?;
        let from = offset as usize;
        let bytes = platter.live.get(from..from + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.powered()?.change(Pending::Length(len as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.powered()?;
        platter.syncs += 1;
        if platter.cut == Cut::AtSync(platter.syncs) {
            platter.dead = true;
            return Err(io::Error::other("the power went"));
        }
        platter.durable = platter.live.clone();
        platter.pending.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.powered()?.change(Pending::Write { offset: offset as usize, data: data.to_vec() })
    }
}

/// Numbers that look random and are the same for the same seed.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
