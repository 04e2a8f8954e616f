//! Changes that overtook the message they are about.

use std::collections::BTreeMap;

use bim_proto::LiveChanged;
use bim_types::{MessageBody, Seq};

/// Changes that one viewer remembers for messages that may still come. When full the one of the oldest message
/// is forgotten; that message then shows as it was first said. More than one queue of a viewer can hold.
pub const LATE_CHANGES_MAX: usize = 256;

/// What became of messages that are still on their way: changes are of class HIGH and may overtake.
#[derive(Clone, Debug, Default)]
pub(super) struct LateChanges(BTreeMap<Seq, LateChange>);

/// What became of a message before it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LateChange {
    /// It says something else.
    Updated { body: MessageBody, edits: u32 },
    /// It is gone.
    Deleted,
}

impl LateChanges {
    /// Notes a change of a message that may still come.
    pub(super) fn note(&mut self, target: Seq, what: &LiveChanged) {
        let change = match what {
            LiveChanged::Updated(_) if self.0.get(&target) == Some(&LateChange::Deleted) => return,
            LiveChanged::Updated(message) => {
                LateChange::Updated { body: message.body.clone(), edits: message.edits }
            }
            LiveChanged::Deleted { .. } => LateChange::Deleted,
        };
        self.0.insert(target, change);
        if self.0.len() > LATE_CHANGES_MAX {
            self.0.pop_first();
        }
    }

    /// What became of a message that came now.
    pub(super) fn take(&mut self, seq: Seq) -> Option<LateChange> {
        self.0.remove(&seq)
    }

    /// Nothing up to this number will come any more.
    pub(super) fn passed(&mut self, lowest: Seq) {
        while let Some(entry) = self.0.first_entry() {
            if *entry.key() > lowest {
                return;
            }
            entry.remove();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
