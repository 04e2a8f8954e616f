//! What one viewer was given, kept without the client's own rules.
//!
//! ```text
//!   for each class:   accepted since join = delivered + left out + torn + missing         missing must be 0
//!                     (senders' verdicts)   (frames)   (markers)  (discontinuities)
//! ```
//!
//! While frames come, an account checks what needs no ledger: nothing twice, positions rise within a class,
//! nothing is passed over that no marker spoke of (`previous`), no marker for HIGH, and no LOW from before a NORMAL
//! message that was given up. [`Account::check`] then goes through every accepted position, one by one.

use bim_types::{Cursor, LiveGap, PerPriority, Priority, ResumeVerdict, Seq};

use super::spans::{Span, Spans};
use super::{Faults, Ledger, SeqSet};

/// The account of one viewer in one group, over all its connections.
#[derive(Clone, Debug, Default)]
pub struct Account {
    start: Option<Cursor>,
    cursor: Cursor,
    presented: bool,
    seen: PerPriority<SeqSet>,
    left_out: PerPriority<Spans>,
    torn: PerPriority<Spans>,
    normal_given_up_to: Seq,
    faults: Faults,
}

/// How often the parts of an account occurred in one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted since the viewer joined.
    pub accepted: u64,
    /// Came as frames.
    pub delivered: u64,
    /// Reported as left out.
    pub left_out: u64,
    /// Within a discontinuity that the server stated.
    pub torn: u64,
    /// Neither of these. Zero, or a promise is broken.
    pub missing: u64,
}

impl Account {
    /// The group was entered: the cursor and the verdict of the answer.
    pub fn on_joined(&mut self, cursor: Cursor, verdict: ResumeVerdict) {
        let old = self.cursor;
        self.normal_given_up_to = Seq::ZERO;
        match (std::mem::take(&mut self.presented), verdict) {
            (false, ResumeVerdict::Fresh) => self.start = Some(cursor),
            (true, ResumeVerdict::Resumed { left_out }) => {
                for class in Priority::ALL.into_iter().filter(|class| left_out[*class] > 0) {
                    self.leave_out(class, old.seqs[class], cursor.seqs[class], left_out[class]);
                }
            }
            (true, ResumeVerdict::Discontinuity(_)) => {
                for class in Priority::ALL {
                    let (after, to) = (old.seqs[class], cursor.seqs[class]);
                    self.torn[class].push(Span { after, to, count: 0 });
                }
            }
            (presented, verdict) => {
                self.faults.add("wrong verdict on a join", || {
                    format!("verdict {verdict:?} for a join with a cursor: {presented}")
                });
            }
        }
        if self.start.is_some_and(|start| start.epoch != cursor.epoch) {
            self.faults.add("another epoch", || "the log has another epoch".to_owned());
        }
        for class in Priority::ALL {
            if cursor.seqs[class] < old.seqs[class] {
                self.faults
                    .add("cursor went back", || format!("a cursor went back from {old:?} to {cursor:?}"));
            }
        }
        self.cursor = cursor;
    }

    /// The cursor to present at the next join, which then is a resume.
    pub fn present(&mut self) -> Option<Cursor> {
        self.presented = self.start.is_some();
        self.start.map(|_| self.cursor)
    }

    /// A message came.
    pub fn on_message(&mut self, class: Priority, seq: Seq, previous: &PerPriority<Seq>) {
        let cursor = self.cursor.seqs;
        let name = class.name();
        if !self.seen[class].insert(seq) {
            return self.faults.add("came twice", || format!("{name} {seq} came twice"));
        }
        if self.start.is_none() {
            self.faults
                .add("came before the join", || format!("{name} {seq} came before the group was entered"));
        }
        if seq <= cursor[class] {
            self.faults.add("out of order, or after its gap marker", || {
                format!("{name} {seq} came after {name} was accounted to {}", cursor[class])
            });
        }
        if previous[class] > cursor[class] {
            let (from, to) = (cursor[class], previous[class]);
            self.faults.add("passed over in silence", || {
                format!("{name} {seq} says {to} was before it, but nothing was said since {from}")
            });
        }
        if class == Priority::Low && seq < self.normal_given_up_to {
            let given_up = self.normal_given_up_to;
            self.faults.add("low kept while normal was given up", || {
                format!("low {seq} was kept while normal {given_up} was given up")
            });
        }
        for class in Priority::ALL {
            if previous[class] <= cursor[class] {
                self.cursor.seqs[class] = cursor[class].max(seq);
            }
        }
        self.cursor.seqs[class] = self.cursor.seqs[class].max(seq);
    }

    /// A gap marker came.
    pub fn on_gap(&mut self, gap: &LiveGap) {
        let LiveGap { priority: class, count, from, to, .. } = *gap;
        let known = self.cursor.seqs[class];
        if count == 0 || from > to || from <= known {
            self.faults.add("gap marker out of place", || {
                format!("{gap:?} came when {} was accounted to {known}", class.name())
            });
        }
        if class == Priority::Normal {
            self.normal_given_up_to = to;
        }
        self.leave_out(class, Seq(from.0.saturating_sub(1)), to, count);
        self.cursor.seqs[class] = known.max(to);
    }

    /// Something else went wrong with this viewer.
    pub fn fault(&mut self, kind: &'static str, tell: impl FnOnce() -> String) {
        self.faults.add(kind, tell);
    }

    /// What went wrong until now; [`check`](Self::check) finds more.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Whether as much is accounted for as was accepted, so that nothing more is to come.
    #[must_use]
    pub fn is_settled(&self, ledger: &Ledger) -> bool {
        let Some(start) = self.start else { return false };
        Priority::ALL.into_iter().all(|class| {
            let torn: u64 = self.torn[class].iter().map(|span| accepted_in(ledger, class, span)).sum();
            let accounted = self.seen[class].len() + self.left_out[class].count() + torn;
            accounted >= ledger.after(class, start.seqs[class])
        })
    }

    /// Goes through all that was accepted since the join. Returns every fault, also those found before.
    #[must_use]
    pub fn check(&self, ledger: &Ledger) -> (PerPriority<Tally>, Faults) {
        let mut faults = self.faults.clone();
        let mut tallies = PerPriority::default();
        match self.start {
            Some(start) => {
                for class in Priority::ALL {
                    tallies[class] = self.check_class(ledger, class, start.seqs[class], &mut faults);
                }
            }
            None => faults.add("group never entered", || "the group was never entered".to_owned()),
        }
        (tallies, faults)
    }

    fn check_class(&self, ledger: &Ledger, class: Priority, start: Seq, faults: &mut Faults) -> Tally {
        let name = class.name();
        let mut tally = Tally { accepted: ledger.after(class, start), ..Tally::default() };
        for seq in ledger.between(class, start, ledger.last()) {
            let is_left_out = self.left_out[class].has(*seq);
            let is_torn = self.torn[class].has(*seq);
            match (self.seen[class].contains(*seq), is_left_out, is_torn) {
                (true, false, false) => tally.delivered += 1,
                (false, true, false) => tally.left_out += 1,
                (false, false, true) => tally.torn += 1,
                (false, false, false) => {
                    tally.missing += 1;
                    faults.add("missing", || {
                        format!("{name} {seq} is missing: not delivered, not reported as left out")
                    });
                }
                _ => faults.add("accounted for more than once", || {
                    format!("{name} {seq} is accounted for more than once")
                }),
            }
        }
        let seen = self.seen[class].len();
        if seen != tally.delivered {
            faults.add("never accepted", || {
                format!("{seen} {name} came, but only {} of them were accepted as {name}", tally.delivered)
            });
        }
        for span in self.left_out[class].iter() {
            let really = accepted_in(ledger, class, span);
            if really != span.count {
                faults.add("gap marker counts wrong", || {
                    format!("a marker says {} {name} were left out, but {really} were: {span:?}", span.count)
                });
            }
        }
        tally
    }

    fn leave_out(&mut self, class: Priority, after: Seq, to: Seq, count: u64) {
        if class == Priority::High {
            self.faults.add("high left out", || format!("{count} high up to {to} are reported as left out"));
        }
        self.left_out[class].push(Span { after, to, count });
    }
}

fn accepted_in(ledger: &Ledger, class: Priority, span: &Span) -> u64 {
    ledger.between(class, span.after, span.to).len() as u64
}
