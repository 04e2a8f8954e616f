//! What an app in one group has heard, from its join on.

use std::collections::{BTreeMap, BTreeSet};

use bim_types::store::StreamId;
use bim_types::{
    ClientMessageId, Cursor, Epoch, LiveGap, Message, PerPriority, Position, Priority, Seq, Uid,
};

use crate::check::order::is_a_version_of;
use crate::ledger::{Entry, Ledger};

/// The version of a message that is gone.
const GONE: u32 = u32::MAX;

/// What an app in one group has heard.
#[derive(Debug)]
pub(super) struct Stay {
    epoch: Epoch,
    /// How far each class was heard of.
    heard: PerPriority<Seq>,
    /// Changes that were heard of: the version they made.
    changed: BTreeMap<Seq, u32>,
    /// Times that it asked to leave.
    pub(super) leaving: usize,
    /// It asked to leave and was told that it could not: it may be in or out.
    pub(super) in_doubt: bool,
}

/// Whose app it is.
#[derive(Debug)]
pub(super) struct Me<'a> {
    /// Messages that it sent in this session.
    pub(super) own: &'a BTreeSet<ClientMessageId>,
}

impl Me<'_> {
    /// Whether the app need not have heard of a message in its place: its own are told when they are sent, and what is
    /// hidden from it is not told at all.
    fn need_not_hear(&self, entry: &Entry) -> bool {
        let Some(message) = &entry.message else { return true };
        let is_hidden = message.deleted || message.only_for_sender;
        message.changes.is_none() && (is_hidden || self.own.contains(&message.client_message_id))
    }
}

impl Stay {
    pub(super) fn new(cursor: Cursor, leaving: usize) -> Self {
        let Cursor { epoch, seqs: heard } = cursor;
        Self { epoch, heard, changed: BTreeMap::new(), leaving, in_doubt: false }
    }

    pub(super) fn on_received(
        &mut self,
        ledger: &Ledger,
        stream: StreamId,
        me: &Me<'_>,
        message: &Message,
    ) -> Result<(), String> {
        let Position { epoch, seq } = message.position;
        let entry = ledger.entry(stream, seq).filter(|_| epoch == self.epoch);
        let entry = entry.ok_or_else(|| format!("{message:?} is in no log"))?;
        let stored = entry.message.as_ref().ok_or("a record that is no message is received")?;
        if stored.changes.is_some() || stored.only_for_sender {
            return Err(format!("{} is nothing to be shown", message.position));
        }
        if me.own.contains(&message.client_message_id) {
            return Err(format!("the own message {} is received", message.position));
        }
        let heard = self.changed.get(&seq).copied().unwrap_or_default();
        if message.edits < heard {
            return Err(format!(
                "{seq} comes in version {}, after it was heard of in {heard}",
                message.edits
            ));
        }
        is_a_version_of(entry, message, false)?;
        self.hear(ledger, stream, me, message.priority, seq, seq)
    }

    pub(super) fn on_updated(
        &mut self,
        ledger: &Ledger,
        stream: StreamId,
        me: &Me<'_>,
        message: &Message,
        operator: &Uid,
    ) -> Result<(), String> {
        let target = message.position.seq;
        let last = ledger.last(stream);
        let change = ledger.between(stream, self.heard.high, last).find(|(_, entry)| {
            let change = entry.message.as_ref().filter(|change| change.changes == Some(target));
            change.and_then(|change| change.changed.as_ref()).is_some_and(|said| said.edits == message.edits)
        });
        let (seq, change) =
            change.ok_or_else(|| format!("a change of {target} that is not in the log, or old"))?;
        if change.message.as_ref().is_some_and(|change| change.sender != *operator || change.only_for_sender)
        {
            return Err(format!("{target} was not changed by {operator:?}, or nobody is to see it"));
        }
        let entry = ledger.entry(stream, target).ok_or("a change of nothing")?;
        is_a_version_of(entry, message, false)?;
        self.hear(ledger, stream, me, Priority::High, seq, seq)?;
        self.changed.insert(target, message.edits);
        Ok(())
    }

    pub(super) fn on_deleted(
        &mut self,
        ledger: &Ledger,
        stream: StreamId,
        me: &Me<'_>,
        position: Position,
        operator: &Uid,
    ) -> Result<(), String> {
        let target = position.seq;
        let entry = ledger.entry(stream, target).and_then(|entry| entry.message.as_ref());
        if !entry.is_some_and(|message| message.deleted || message.only_for_sender) {
            return Err(format!("{target} is said to be gone, and is not"));
        }
        // An earlier change of a message that is gone says so too.
        let changes = ledger.between(stream, self.heard.high, ledger.last(stream));
        let change = changes.filter_map(|(seq, entry)| Some((seq, entry.message.as_ref()?)));
        let change = change.into_iter().find(|(_, change)| change.changes == Some(target));
        let (seq, change) =
            change.ok_or_else(|| format!("a removal of {target} that is not in the log, or old"))?;
        if change.sender != *operator {
            return Err(format!("{target} was not removed by {operator:?}"));
        }
        self.hear(ledger, stream, me, Priority::High, seq, seq)?;
        self.changed.insert(target, GONE);
        Ok(())
    }

    pub(super) fn on_left_out(
        &mut self,
        ledger: &Ledger,
        stream: StreamId,
        me: &Me<'_>,
        gap: &LiveGap,
    ) -> Result<(), String> {
        let LiveGap { priority: class, count, from, to, .. } = *gap;
        let really = ledger.count(stream, class, Seq(from.0.saturating_sub(1)), to);
        if class == Priority::High || count == 0 || count != really {
            return Err(format!("{gap:?}, and there are {really}"));
        }
        self.hear(ledger, stream, me, class, from, to)
    }

    pub(super) fn on_discontinuity(
        &mut self,
        ledger: &Ledger,
        stream: StreamId,
        me: &Me<'_>,
        from: &Cursor,
        to: &Cursor,
    ) -> Result<(), String> {
        if from.epoch != self.epoch {
            return Err(format!("a discontinuity from another epoch: {from:?}"));
        }
        for class in Priority::ALL {
            self.passes_over_nothing(ledger, stream, me, class, from.seqs[class].next())?;
            if from.seqs[class] < self.heard[class] || to.seqs[class] < from.seqs[class] {
                return Err(format!(
                    "a discontinuity from {from:?} to {to:?}, and heard was {:?}",
                    self.heard
                ));
            }
        }
        (self.epoch, self.heard) = (to.epoch, to.seqs);
        Ok(())
    }

    /// Whether nothing is left to hear of.
    pub(super) fn is_up_to_date(&self, ledger: &Ledger, stream: StreamId, me: &Me<'_>) -> Result<(), String> {
        if self.leaving > 0 || self.in_doubt {
            return Ok(());
        }
        let end = ledger.last(stream).next();
        Priority::ALL
            .into_iter()
            .try_for_each(|class| self.passes_over_nothing(ledger, stream, me, class, end))
    }

    /// A class is heard of from one number up to another.
    fn hear(
        &mut self,
        ledger: &Ledger,
        stream: StreamId,
        me: &Me<'_>,
        class: Priority,
        from: Seq,
        to: Seq,
    ) -> Result<(), String> {
        if from <= self.heard[class] {
            return Err(format!("{} {from} comes after {}", class.name(), self.heard[class]));
        }
        self.passes_over_nothing(ledger, stream, me, class, from)?;
        self.heard[class] = to;
        Ok(())
    }

    fn passes_over_nothing(
        &self,
        ledger: &Ledger,
        stream: StreamId,
        me: &Me<'_>,
        class: Priority,
        before: Seq,
    ) -> Result<(), String> {
        let between = ledger.between(stream, self.heard[class], Seq(before.0.saturating_sub(1)));
        let mut missed =
            between.filter(|(_, entry)| entry.class() == Some(class) && !me.need_not_hear(entry));
        match missed.next() {
            Some((seq, _)) => {
                Err(format!("{} {seq} is missing, and nothing was said of it before {before}", class.name()))
            }
            None => Ok(()),
        }
    }
}
