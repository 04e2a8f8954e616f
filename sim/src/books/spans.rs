//! Stretches of positions of one class.

use bim_types::Seq;

/// Positions after one and up to another, and how many of them are said to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) after: Seq,
    pub(super) to: Seq,
    pub(super) count: u64,
}

/// Stretches in the order in which they were told, which is their own when all is well.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    list: Vec<Span>,
    count: u64,
}

impl Spans {
    pub(super) fn push(&mut self, span: Span) {
        self.list.push(span);
        self.count += span.count;
    }

    /// How many positions are said to count, in all of them.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Span> {
        self.list.iter()
    }

    /// Whether a position lies in one of them.
    pub(super) fn has(&self, seq: Seq) -> bool {
        let begun = self.list.partition_point(|span| span.after < seq);
        begun.checked_sub(1).and_then(|at| self.list.get(at)).is_some_and(|span| seq <= span.to)
    }
}
