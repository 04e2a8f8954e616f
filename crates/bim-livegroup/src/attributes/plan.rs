//! Writes to attributes, carried out on a copy.

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::stored::StoredLiveAttributes;
use bim_types::limits::{ATTRIBUTE_KEY_BYTES_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_MAX};
use bim_types::{
    Attribute, AttributeCondition, AttributeFailure, AttributeWrite, AttributesChanged, AttributesWritten,
    ConversationShortId, Defect, ErrorCode, Refusal, Uid, Wall,
};

/// What is to be stored, answered and told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributePlan {
    /// The record as it is to be stored. The same as before when [`Self::is_change`] is false.
    pub next: StoredLiveAttributes,
    /// The answer, once that is stored. At most the attributes of one group and the keys that were asked for,
    /// so it fits a frame.
    pub outcome: AttributesWritten,
    /// What was set, in the order of keys.
    pub set: Vec<Attribute>,
    /// The keys of what was removed, in their order; also what expired before and was still stored.
    pub removed: Vec<String>,
}

impl AttributePlan {
    /// Whether there is anything to store and to tell.
    #[must_use]
    pub fn is_change(&self) -> bool {
        !self.set.is_empty() || !self.removed.is_empty()
    }

    /// What the viewers are told; `None` when nothing changed.
    #[must_use]
    pub fn changed(&self, group: ConversationShortId) -> Option<AttributesChanged> {
        self.is_change().then(|| AttributesChanged {
            conversation_short_id: group,
            version: self.next.version,
            set: self.set.clone(),
            removed: self.removed.clone(),
        })
    }
}

/// The record while it is written to.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    before: &'a StoredLiveAttributes,
    attributes: BTreeMap<String, Attribute>,
    version: u64,
    /// Of all keys and values.
    bytes: usize,
    /// Keys that were written or refused.
    asked: BTreeSet<String>,
    written: Vec<Attribute>,
    failed: Vec<AttributeFailure>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a StoredLiveAttributes) -> Self {
        Self {
            before,
            attributes: before.attributes.clone(),
            version: before.version,
            bytes: before.attributes.values().map(size).sum(),
            asked: BTreeSet::new(),
            written: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Writes or refuses.
    pub(super) fn write(&mut self, now: Wall, setter: &Uid, write: AttributeWrite) {
        if let Err(reason) = self.check_form(&write) {
            return self.refuse(write.key, reason, None);
        }
        let present = self.attributes.get(&write.key);
        let verdict = check_condition(write.condition, present).and_then(|()| self.check_space(&write));
        if let Err(reason) = verdict {
            let present = present.cloned();
            return self.refuse(write.key, reason, present);
        }
        let Some(value) = write.value else { return self.remove(&write.key) };
        self.remove_quietly(&write.key);
        self.version = self.version.saturating_add(1);
        let attribute = Attribute {
            key: write.key.clone(),
            value,
            version: self.version,
            setter: setter.clone(),
            set_at: now,
            expires_at: write.expires_in.map(|after| now + after),
            delete_on_leave: write.delete_on_leave,
        };
        self.bytes += size(&attribute);
        self.written.push(attribute.clone());
        self.attributes.insert(write.key, attribute);
    }

    /// Removes, when it is there.
    pub(super) fn remove(&mut self, key: &str) {
        if self.remove_quietly(key) {
            self.version = self.version.saturating_add(1);
        }
    }

    /// The record as it is now, and how it differs.
    pub(super) fn finish(self) -> AttributePlan {
        let was_set = |attribute: &&Attribute| attribute.version > self.before.version;
        let set = self.attributes.values().filter(was_set).cloned().collect();
        let is_gone = |key: &&String| !self.attributes.contains_key(*key);
        let removed = self.before.attributes.keys().filter(is_gone).cloned().collect();
        AttributePlan {
            set,
            removed,
            next: StoredLiveAttributes { attributes: self.attributes, version: self.version },
            outcome: AttributesWritten { written: self.written, failed: self.failed, version: self.version },
        }
    }

    fn check_form(&mut self, write: &AttributeWrite) -> Result<(), Refusal> {
        write.check()?;
        if !self.asked.insert(write.key.clone()) {
            return Err(Refusal::new(ErrorCode::InvalidRequest).hint("each key may stand in a call once"));
        }
        Ok(())
    }

    fn check_space(&self, write: &AttributeWrite) -> Result<(), Refusal> {
        let Some(value) = &write.value else { return Ok(()) };
        let present = self.attributes.get(&write.key);
        if present.is_none() && self.attributes.len() >= ATTRIBUTES_MAX {
            return Err(full("attributes of one live group", ATTRIBUTES_MAX));
        }
        let freed = present.map_or(0, size);
        if self.bytes.saturating_sub(freed) + write.key.len() + value.len() > ATTRIBUTES_BYTES_MAX {
            return Err(full(
                "all attributes of one live group, in bytes of keys and values",
                ATTRIBUTES_BYTES_MAX,
            ));
        }
        Ok(())
    }

    fn remove_quietly(&mut self, key: &str) -> bool {
        let removed = self.attributes.remove(key);
        self.bytes = self.bytes.saturating_sub(removed.as_ref().map_or(0, size));
        removed.is_some()
    }

    fn refuse(&mut self, mut key: String, reason: Refusal, present: Option<Attribute>) {
        let mut end = key.len().min(ATTRIBUTE_KEY_BYTES_MAX);
        while !key.is_char_boundary(end) {
            end -= 1;
        }
        key.truncate(end);
        self.failed.push(AttributeFailure { key, reason, present });
    }
}

fn check_condition(condition: AttributeCondition, present: Option<&Attribute>) -> Result<(), Refusal> {
    let holds = match condition {
        _ if Defect::BlindCompareAndSet.is_planted() => true,
        AttributeCondition::Any => true,
        AttributeCondition::Absent => present.is_none(),
        AttributeCondition::Version(version) => present.is_some_and(|present| present.version == version),
        _ => return Err(Refusal::new(ErrorCode::InvalidRequest).hint("unknown condition")),
    };
    if holds { Ok(()) } else { Err(ErrorCode::ConditionFailed.into()) }
}

fn size(attribute: &Attribute) -> usize {
    attribute.key.len() + attribute.value.len()
}

fn full(hint: &'static str, limit: usize) -> Refusal {
    Refusal::new(ErrorCode::TouchLimit).hint(hint).limit(limit as u64)
}
