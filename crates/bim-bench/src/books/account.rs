//! What one viewer was given.
//!
//! ```text
//!   for each class:   accepted since join = delivered + left out + missing                missing must be 0
//!                     (senders' verdicts)   (frames)   (gap markers)
//! ```
//!
//! While frames come, an account checks that positions rise within a class (so nothing comes twice or out of order)
//! and that nothing is passed over that no marker spoke of (`previous`). At the end [`Account::check`] compares counts
//! and sums of positions with the ledger, and every marker with the positions it speaks of.

use bim_types::{LiveGap, PerPriority, Priority, Seq};

use super::{Faults, Ledger};

/// Gap markers that are kept to be compared with the ledger one by one. Of a viewer that is sent more of them, only the
/// counts are compared.
const GAPS_MAX: usize = 512;

/// The account of one viewer that joined an empty group.
#[derive(Clone, Debug, Default)]
pub struct Account {
    cursor: PerPriority<Seq>,
    delivered: PerPriority<u64>,
    left_out: PerPriority<u64>,
    sums: PerPriority<u64>,
    gaps: Vec<Gap>,
    markers: u64,
    faults: Faults,
}

#[derive(Clone, Copy, Debug)]
struct Gap {
    class: Priority,
    from: Seq,
    to: Seq,
    count: u64,
}

/// How often the parts of an account occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted since the viewer joined.
    pub accepted: u64,
    /// Came as frames.
    pub delivered: u64,
    /// Reported as left out.
    pub left_out: u64,
    /// Neither of these. Zero, or a promise is broken.
    pub missing: u64,
}

impl Account {
    /// A message came.
    #[inline]
    pub fn on_message(&mut self, class: Priority, seq: Seq, previous: &PerPriority<Seq>) {
        let known = self.cursor[class];
        if seq <= known || previous[class] > known {
            self.wrong_message(class, seq, previous[class]);
        }
        for class in Priority::ALL {
            if previous[class] <= self.cursor[class] {
                self.cursor[class] = self.cursor[class].max(seq);
            }
        }
        self.cursor[class] = self.cursor[class].max(seq);
        self.delivered[class] += 1;
        self.sums[class] = self.sums[class].wrapping_add(seq.0);
    }

    #[cold]
    fn wrong_message(&mut self, class: Priority, seq: Seq, previous: Seq) {
        let (name, known) = (class.name(), self.cursor[class]);
        if seq <= known {
            self.faults.add(|| format!("{name} {seq} came after {name} was accounted to {known}"));
        } else {
            self.faults.add(|| {
                format!("{name} {seq} says {previous} was before it, but nothing was said since {known}")
            });
        }
    }

    /// A gap marker came.
    pub fn on_gap(&mut self, gap: &LiveGap) {
        let LiveGap { priority: class, count, from, to, .. } = *gap;
        let known = self.cursor[class];
        if count == 0 || from > to || from <= known {
            self.faults.add(|| format!("{gap:?} came when {} was accounted to {known}", class.name()));
        }
        if class == Priority::High {
            self.faults.add(|| format!("{count} high up to {to} are reported as left out"));
        }
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push(Gap { class, from, to, count });
        }
        self.markers += 1;
        self.left_out[class] += count;
        self.cursor[class] = known.max(to);
    }

    /// Something else went wrong with this viewer.
    pub fn fault(&mut self, tell: impl FnOnce() -> String) {
        self.faults.add(tell);
    }

    /// Messages that are accounted for.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        self.delivered.total() + self.left_out.total()
    }

    /// Gap markers that came.
    #[must_use]
    pub fn markers(&self) -> u64 {
        self.markers
    }

    /// What went wrong until now; [`check`](Self::check) finds more.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Compares with all that was accepted. Returns every fault, also those found before.
    #[must_use]
    pub fn check(&self, ledger: &Ledger) -> (Tally, Faults) {
        let (mut tally, mut faults) = (Tally::default(), self.faults.clone());
        let mut sums = self.sums;
        for Gap { class, from, to, count } in &self.gaps {
            let (really, sum) = ledger.between(*class, *from, *to);
            if really != *count {
                let name = class.name();
                faults.add(|| {
                    format!("a marker says {count} {name} from {from} to {to} were left out; {really} were")
                });
            }
            sums[*class] = sums[*class].wrapping_add(sum);
        }
        for class in Priority::ALL {
            let (accepted, name) = (ledger.counts()[class], class.name());
            let (delivered, left_out) = (self.delivered[class], self.left_out[class]);
            let missing = accepted.saturating_sub(delivered + left_out);
            if missing > 0 {
                faults.add(|| {
                    format!(
                        "{missing} of {accepted} {name} are missing: not delivered, not reported as left out"
                    )
                });
            } else if delivered + left_out > accepted {
                faults.add(|| {
                    format!("{accepted} {name} were accepted, {delivered} came and {left_out} were left out")
                });
            } else if self.markers as usize == self.gaps.len() && sums[class] != ledger.sums()[class] {
                faults.add(|| format!("other {name} came than were accepted"));
            }
            tally.accepted += accepted;
            tally.delivered += delivered;
            tally.left_out += left_out;
            tally.missing += missing;
        }
        (tally, faults)
    }
}

#[cfg(test)]
#[path = "account_test.rs"]
mod tests;
