//! What is on a disk, what is in the cache above it, and what is to go wrong.

use std::io;

use super::chance::Chance;
use super::image::DiskImage;

/// A write or a sync that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The write of this number, or change of the length; the next one is 1.
    Write(u64),
    /// The sync of this number; the next one is 1.
    Sync(u64),
}

/// What a disk was asked for since it was made. What failed counts too, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskCounts {
    /// Writes and changes of the length.
    pub writes: u64,
    /// Syncs.
    pub syncs: u64,
}

/// Three views of the same bytes: `live` is what a reader gets, `durable` is what was synced, and `pending`
/// leads from the second to the first, unless a sync failed in between.
#[derive(Clone, Default)]
pub(super) struct Platter {
    pub(super) live: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
    pub(super) counts: DiskCounts,
    plan: Option<Plan>,
    /// Longest that the file may become, in bytes.
    pub(super) capacity: Option<u64>,
    pub(super) dead: bool,
    /// Whether a store is open on it.
    pub(super) in_use: bool,
}

#[derive(Clone)]
pub(super) enum Change {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

/// What goes wrong, and at which count.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    at: Moment,
    trouble: Trouble,
}

#[derive(Clone, Copy)]
pub(super) enum Trouble {
    PowerCut,
    Error(io::ErrorKind),
}

impl Platter {
    pub(super) fn new(image: &DiskImage) -> Self {
        let live = image.as_bytes().to_vec();
        Self { durable: live.clone(), live, ..Self::default() }
    }

    /// Puts a plan in place of the one before.
    pub(super) fn plan(&mut self, moment: Moment, trouble: Trouble) {
        let at = match moment {
            Moment::Write(number) => Moment::Write(self.counts.writes.saturating_add(number)),
            Moment::Sync(number) => Moment::Sync(self.counts.syncs.saturating_add(number)),
        };
        self.plan = Some(Plan { at, trouble });
    }

    pub(super) fn change(&mut self, change: Change) -> io::Result<()> {
        self.counts.writes += 1;
        match self.due(Moment::Write(self.counts.writes)) {
            Some(Trouble::PowerCut) => {
                // Some of it may have reached the disk.
                self.pending.push(change);
                return Err(self.die());
            }
            Some(Trouble::Error(kind)) => return Err(kind.into()),
            None => {}
        }
        if self.capacity.is_some_and(|capacity| change.end() > capacity && change.end() > self.length()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        change.apply(&mut self.live, None);
        self.pending.push(change);
        Ok(())
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.counts.syncs += 1;
        match self.due(Moment::Sync(self.counts.syncs)) {
            Some(Trouble::PowerCut) => return Err(self.die()),
            Some(Trouble::Error(kind)) => {
                // Systems forget which pages were never written, and the next sync succeeds without them.
                self.pending.clear();
                return Err(kind.into());
            }
            None => {}
        }
        for change in self.pending.drain(..) {
            change.apply(&mut self.durable, None);
        }
        Ok(())
    }

    pub(super) fn install(&mut self, image: &[u8]) -> io::Result<()> {
        self.change(Change::Write { offset: 0, data: image.to_vec() })?;
        self.sync()
    }

    /// Takes back what was not synced.
    pub(super) fn withdraw(&mut self) {
        self.pending.clear();
        self.live.clone_from(&self.durable);
    }

    /// What the next process finds.
    pub(super) fn after_a_kill(&self) -> Self {
        Self { plan: None, capacity: None, in_use: false, ..self.clone() }
    }

    /// What survives when the power is cut now.
    pub(super) fn survivors(&self, chance: &mut Chance) -> DiskImage {
        let mut image = self.durable.clone();
        let mut pending: Vec<_> = self.pending.iter().collect();
        if chance.one_in(2) {
            shuffle(&mut pending, chance);
        }
        let percent = chance.below(101);
        for change in pending {
            if chance.below(100) < percent {
                let torn = chance.one_in(TORN_ONE_IN).then(|| chance.below(u64::from(u32::MAX)) as usize);
                change.apply(&mut image, torn);
            }
        }
        image.into()
    }

    fn due(&mut self, now: Moment) -> Option<Trouble> {
        let plan = self.plan.take_if(|plan| plan.at == now)?;
        Some(plan.trouble)
    }

    fn die(&mut self) -> io::Error {
        self.dead = true;
        io::Error::other("no power")
    }

    fn length(&self) -> u64 {
        self.live.len() as u64
    }
}

impl Change {
    /// How long the file has to be for it, in bytes.
    fn end(&self) -> u64 {
        match self {
            Self::Write { offset, data } => (offset + data.len()) as u64,
            Self::Length(length) => *length as u64,
        }
    }

    /// Carries it out; one that is torn only up to some byte.
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

/// One in so many of the writes that a crash keeps is cut off at a random byte.
const TORN_ONE_IN: u64 = 5;

fn shuffle<T>(items: &mut [T], chance: &mut Chance) {
    for last in (1..items.len()).rev() {
        items.swap(last, chance.below(last as u64 + 1) as usize);
    }
}
