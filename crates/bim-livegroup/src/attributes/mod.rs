//! The attributes of one live group: values under keys, written on conditions.
//!
//! An [`AttributeBoard`] holds the group's record as it is stored, and when each attribute expires. It changes
//! in two steps: [`AttributeBoard::plan`] says what the record will be, and [`AttributeBoard::replace`] takes
//! it once it is stored. Between the two no other plan may be made, or one of them is lost; and nobody is told
//! before the second. It stores and tells nothing itself.
//!
//! An attribute that expired is absent at once, wherever it is asked for; it stays in the record until the next
//! plan. Expiry is a point of civil time in the record, and is measured on the clock that never steps from the
//! moment the board learns of it: a step of the clock moves no expiry while the process runs.

mod plan;

#[cfg(test)]
mod attributes_test;
#[cfg(test)]
mod model_test;

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::stored::StoredLiveAttributes;
use bim_types::{Attribute, AttributeWrite, Attributes, Mono, Now, Uid};

pub use plan::AttributePlan;
use plan::Draft;

/// The attributes of one live group. At most [`bim_types::limits::ATTRIBUTES_MAX`] and
/// [`bim_types::limits::ATTRIBUTES_BYTES_MAX`].
#[derive(Clone, Debug, Default)]
pub struct AttributeBoard {
    stored: StoredLiveAttributes,
    deadlines: BTreeMap<String, Mono>,
    next_expiry: Option<Mono>,
}

impl AttributeBoard {
    /// The board of a record.
    #[must_use]
    pub fn new(stored: StoredLiveAttributes, now: Now) -> Self {
        let mut board = Self::default();
        board.replace(stored, now);
        board
    }

    /// Takes the record as it was stored. `now` may be that of the plan, which is exact even when the clock
    /// stepped since. Attributes that are as they were keep their expiry.
    pub fn replace(&mut self, stored: StoredLiveAttributes, now: Now) {
        let deadline = |(key, attribute): (&String, &Attribute)| {
            let expires_at = attribute.expires_at?;
            let same = |old: &&Attribute| old.version == attribute.version;
            let kept = self.stored.attributes.get(key).filter(same).and_then(|_| self.deadlines.get(key));
            Some((key.clone(), kept.copied().unwrap_or_else(|| now.mono + expires_at.since(now.wall))))
        };
        self.deadlines = stored.attributes.iter().filter_map(deadline).collect();
        self.next_expiry = self.deadlines.values().min().copied();
        self.stored = stored;
    }

    /// What becomes of writes: each is done or refused by itself, in their order. The caller bounds how many.
    ///
    /// Refused are: a key or value that is too long, an unknown condition, and a key that stood in the call
    /// before, with [`bim_types::ErrorCode::InvalidRequest`]; a condition that does not hold, with
    /// [`bim_types::ErrorCode::ConditionFailed`]; one attribute too many and one byte too many, with
    /// [`bim_types::ErrorCode::TouchLimit`]. The latter two say how the attribute stands. A key that was too
    /// long is cut in the answer. Removing what is not there is done and changes nothing.
    #[must_use]
    pub fn plan(&self, now: Now, setter: &Uid, writes: Vec<AttributeWrite>) -> AttributePlan {
        let mut draft = self.draft(now.mono);
        for write in writes {
            draft.write(now.wall, setter, write);
        }
        draft.finish()
    }

    /// What becomes of the record when these keys are removed, whatever they hold, and what expired too.
    #[must_use]
    pub fn plan_removal(&self, now: Mono, keys: &[String]) -> AttributePlan {
        let mut draft = self.draft(now);
        for key in keys {
            draft.remove(key);
        }
        draft.finish()
    }

    /// The attributes with these keys, in the order of keys, each once; all when there are no keys. The caller
    /// bounds how many keys.
    #[must_use]
    pub fn read(&self, now: Mono, keys: &[String]) -> Attributes {
        let wanted: BTreeSet<&String> =
            if keys.is_empty() { self.stored.attributes.keys().collect() } else { keys.iter().collect() };
        let present = wanted.into_iter().filter(|key| !self.is_expired(key, now));
        let attributes = present.filter_map(|key| self.stored.attributes.get(key).cloned()).collect();
        Attributes { attributes, version: self.stored.version }
    }

    /// When the next attribute expires; that may be past.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Mono> {
        self.next_expiry
    }

    /// The keys that expired and are still in the record: what to give to [`Self::plan_removal`].
    #[must_use]
    pub fn expired(&self, now: Mono) -> Vec<String> {
        if self.next_expiry.is_none_or(|next| next > now) {
            return Vec::new();
        }
        self.deadlines.keys().filter(|key| self.is_expired(key, now)).cloned().collect()
    }

    /// The keys that go when this user leaves.
    #[must_use]
    pub fn of_leaver(&self, uid: &Uid) -> Vec<String> {
        let goes = |attribute: &&Attribute| attribute.delete_on_leave && attribute.setter == *uid;
        self.stored.attributes.values().filter(goes).map(|attribute| attribute.key.clone()).collect()
    }

    /// The record as it is stored, with what expired.
    #[must_use]
    pub fn stored(&self) -> &StoredLiveAttributes {
        &self.stored
    }

    fn draft(&self, now: Mono) -> Draft<'_> {
        let mut draft = Draft::new(&self.stored);
        for key in self.expired(now) {
            draft.remove(&key);
        }
        draft
    }

    fn is_expired(&self, key: &str, now: Mono) -> bool {
        self.deadlines.get(key).is_some_and(|deadline| *deadline <= now)
    }
}
