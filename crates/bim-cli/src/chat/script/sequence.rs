//! Puts what is heard of a room into the order of its positions, and says what is missing.
//!
//! *What it owns.* How far the output has come, and what came too early for it.
//!
//! *What it never does.* It fetches nothing: it says which range to fetch, and takes the pages.
//!
//! *How it flows.* What comes next in line is handed on at once; what comes early is held until everything
//! before it was received, fetched, found to be gone, or found to be no message: changes and removals of messages
//! have numbers too, and what was removed or is meant for somebody else keeps its number. A number that was
//! handed on before is known and dropped. Where a viewer begins is not told by the server, so the first
//! number heard is taken for it; what turns out to lie before (a HIGH message may overtake) is handed on as
//! it comes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Messages held until what is before them has come. When full, the newest are let go and fetched later.
const HELD_MAX: usize = 8_192;

/// Bytes of bodies held. When full, the newest are let go and fetched later.
const HELD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Numbers before the beginning that are remembered to hand each on only once. When full, the oldest go.
const EARLY_MAX: usize = 4_096;

/// Something with a place in the room's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    /// Its number.
    pub(crate) seq: u64,
    /// Bytes it weighs while it is held.
    pub(crate) bytes: usize,
    /// What it is.
    pub(crate) item: T,
}

/// What comes out, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ordered<T> {
    /// An item.
    Item(T),
    /// These numbers can not be had any more.
    Missing { from: u64, to: u64 },
}

/// What numbers are of which nothing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    /// Messages, perhaps, that can not be had.
    Gone,
    /// No messages: the history was asked.
    Empty,
}

/// A range to fetch, both ends included; without an end, up to the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: u64,
    pub(crate) to: Option<u64>,
}

/// The order of one room in one epoch.
#[derive(Debug)]
pub(crate) struct Sequence<T> {
    /// The number that comes next; `None` until one was heard.
    next: Option<u64>,
    /// Where the output began.
    floor: u64,
    /// Numbers below the floor that were handed on.
    early: BTreeSet<u64>,
    /// A range below the floor that was reported as left out.
    early_missing: Option<(u64, u64)>,
    held: BTreeMap<u64, Placed<T>>,
    held_bytes: usize,
    /// Everything up to here exists and has to be had.
    wanted: u64,
    /// Something was missed and nobody knows how much.
    open_ended: bool,
    ready: VecDeque<Ordered<T>>,
}

impl<T> Sequence<T> {
    pub(crate) fn new() -> Self {
        Self {
            next: None,
            floor: 0,
            early: BTreeSet::new(),
            early_missing: None,
            held: BTreeMap::new(),
            held_bytes: 0,
            wanted: 0,
            open_ended: false,
            ready: VecDeque::new(),
        }
    }

    /// Takes a message as it came. One that is known is dropped.
    pub(crate) fn heard(&mut self, placed: Placed<T>) {
        let next = self.begin_at(placed.seq);
        if placed.seq < next {
            self.heard_early(placed);
        } else {
            self.hold(placed);
            self.advance();
        }
    }

    /// Takes the verdict of an own message. It is always handed on: in order, or at once when the order has
    /// passed it by.
    pub(crate) fn own(&mut self, placed: Placed<T>) {
        let next = self.begin_at(placed.seq);
        if placed.seq < next {
            self.ready.push_back(Ordered::Item(placed.item));
        } else {
            self.remove(placed.seq);
            self.insert(placed);
            self.advance();
        }
    }

    /// Numbers up to `to` were left out for this viewer.
    pub(crate) fn left_out(&mut self, from: u64, to: u64) {
        let next = self.begin_at(from);
        if from < self.floor && next > from {
            let (low, high) = self.early_missing.unwrap_or((from, self.floor - 1));
            self.early_missing = Some((low.min(from), high));
        }
        self.wanted = self.wanted.max(to);
    }

    /// Something was missed, and nobody knows what.
    pub(crate) fn lost_count(&mut self) {
        self.open_ended = self.next.is_some();
    }

    /// What is to be fetched now, the oldest first.
    pub(crate) fn missing(&self) -> Option<Range> {
        if let Some((from, to)) = self.early_missing {
            return Some(Range { from, to: Some(to) });
        }
        let from = self.next?;
        if let Some(first) = self.held.keys().next() {
            return Some(Range { from, to: Some(first - 1) });
        }
        if self.open_ended {
            return Some(Range { from, to: None });
        }
        (self.wanted >= from).then_some(Range { from, to: Some(self.wanted) })
    }

    /// Whether the only reason to fetch is that something came early: what is before it may still be on
    /// its way.
    pub(crate) fn may_come_by_itself(&self) -> bool {
        let Some(next) = self.next else { return true };
        self.early_missing.is_none() && !self.open_ended && self.wanted < next
    }

    /// Takes a page that answers [`Self::missing`]: everything from `range.from` on that exists, in order,
    /// as far as `reached`; `None` when the page holds everything up to the end of the range.
    pub(crate) fn page(&mut self, range: Range, placed: Vec<Placed<T>>, reached: Option<u64>) {
        if let Some((_, to)) = self.early_missing.filter(|(from, _)| *from == range.from) {
            for placed in placed {
                self.heard_early(placed);
            }
            let from = reached.map(|reached| reached + 1).filter(|from| *from <= to);
            self.early_missing = from.map(|from| (from, to));
            return;
        }
        let last = placed.last().map(|placed| placed.seq);
        for placed in placed {
            if self.next.is_some_and(|next| placed.seq >= next) {
                self.insert(placed);
            }
        }
        self.open_ended &= range.to.is_some() || reached.is_some();
        // An answer without an end and without messages says that there is nothing more.
        if let Some(reached) = reached.or(range.to).or(last) {
            self.pass(reached, Hole::Empty);
        }
        self.advance();
    }

    /// The range can not be had: the order goes on behind it.
    pub(crate) fn give_up(&mut self, range: Range) {
        if self.early_missing.is_some_and(|(from, _)| from == range.from) {
            self.early_missing = None;
            return;
        }
        match range.to {
            Some(to) => self.pass(to, Hole::Gone),
            None => self.open_ended = false,
        }
        self.advance();
    }

    /// Hands on whatever is held, without waiting for what is missing.
    pub(crate) fn finish(&mut self) {
        while let Some(first) = self.held.keys().next().copied() {
            self.pass(first.saturating_sub(1), Hole::Gone);
            self.advance();
        }
    }

    /// The room's log has another life: begins anew.
    pub(crate) fn restart(&mut self) {
        self.finish();
        let ready = std::mem::take(&mut self.ready);
        *self = Self { ready, ..Self::new() };
    }

    /// Whether so much is held that nothing more should be sent before what is missing was fetched.
    pub(crate) fn is_crowded(&self) -> bool {
        self.held.len() >= HELD_MAX / 2 || self.held_bytes >= HELD_BYTES_MAX / 2
    }

    /// The next item in order.
    pub(crate) fn pop(&mut self) -> Option<Ordered<T>> {
        self.ready.pop_front()
    }

    fn begin_at(&mut self, seq: u64) -> u64 {
        let floor = &mut self.floor;
        *self.next.get_or_insert_with(|| {
            *floor = seq;
            seq
        })
    }

    fn heard_early(&mut self, placed: Placed<T>) {
        if placed.seq >= self.floor || !self.early.insert(placed.seq) {
            return;
        }
        if self.early.len() > EARLY_MAX {
            self.early.pop_first();
        }
        self.ready.push_back(Ordered::Item(placed.item));
    }

    fn hold(&mut self, placed: Placed<T>) {
        let full = self.held.len() >= HELD_MAX || self.held_bytes + placed.bytes > HELD_BYTES_MAX;
        if full && self.next != Some(placed.seq) {
            self.wanted = self.wanted.max(placed.seq);
        } else {
            self.insert(placed);
        }
    }

    fn insert(&mut self, placed: Placed<T>) {
        let (seq, bytes) = (placed.seq, placed.bytes);
        if let std::collections::btree_map::Entry::Vacant(place) = self.held.entry(seq) {
            place.insert(placed);
            self.held_bytes += bytes;
        }
    }

    fn remove(&mut self, seq: u64) -> Option<Placed<T>> {
        let placed = self.held.remove(&seq)?;
        self.held_bytes -= placed.bytes;
        Some(placed)
    }

    /// Everything up to `to` is settled: what is held of it comes out, the rest is a hole.
    fn pass(&mut self, to: u64, hole: Hole) {
        while let Some(next) = self.next.filter(|next| *next <= to) {
            let first = self.held.keys().next().copied().filter(|first| *first <= to);
            let hole_ends = first.unwrap_or(to + 1);
            if hole_ends > next {
                if hole == Hole::Gone {
                    self.ready.push_back(Ordered::Missing { from: next, to: hole_ends - 1 });
                }
                self.next = Some(hole_ends);
            }
            self.advance();
        }
    }

    fn advance(&mut self) {
        while let Some(next) = self.next {
            let Some(placed) = self.remove(next) else { return };
            self.ready.push_back(Ordered::Item(placed.item));
            self.next = Some(next + 1);
        }
    }
}

#[cfg(test)]
#[path = "sequence_test.rs"]
mod tests;
