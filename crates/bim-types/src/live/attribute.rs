//! Attributes of live groups: values under keys, written on conditions.

use std::time::Duration;

use crate::ids::{ConversationShortId, Uid};
use crate::refusal::Refusal;
use crate::time::Wall;

/// A value that a group keeps under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// 1 to 128 bytes.
    pub key: String,
    /// At most 4 KiB.
    pub value: String,
    /// The number of the write that set it; rises with every write to any attribute of the group.
    pub version: u64,
    /// Who set it.
    pub setter: Uid,
    /// When.
    pub set_at: Wall,
    /// When it goes by itself; `None`: never.
    pub expires_at: Option<Wall>,
    /// Whether it goes when its setter leaves the group.
    pub delete_on_leave: bool,
}

/// One attribute to write or to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeWrite {
    /// 1 to 128 bytes.
    pub key: String,
    /// At most 4 KiB; `None`: remove it.
    pub value: Option<String>,
    /// What must hold before.
    pub condition: AttributeCondition,
    /// After how long it goes by itself; `None`: never. In whole milliseconds, at least one.
    pub expires_in: Option<Duration>,
    /// Whether it goes when its setter leaves the group.
    pub delete_on_leave: bool,
}

impl AttributeWrite {
    /// Sets a value, whatever was there before.
    #[must_use]
    pub fn set(key: impl Into<String>, value: impl Into<String>) -> Self {
        let condition = AttributeCondition::Any;
        Self {
            key: key.into(),
            value: Some(value.into()),
            condition,
            expires_in: None,
            delete_on_leave: false,
        }
    }

    /// Removes a value, whatever it is.
    #[must_use]
    pub fn remove(key: impl Into<String>) -> Self {
        let condition = AttributeCondition::Any;
        Self { key: key.into(), value: None, condition, expires_in: None, delete_on_leave: false }
    }

    /// Only when this holds.
    #[must_use]
    pub fn only_if(self, condition: AttributeCondition) -> Self {
        Self { condition, ..self }
    }
}

/// What must hold of an attribute before it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeCondition {
    /// Nothing.
    #[default]
    Any,
    /// It does not exist.
    Absent,
    /// It has this version.
    Version(u64),
}

/// What came of writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributesWritten {
    /// What was set, as it stands now. Removed ones are not in it.
    pub written: Vec<Attribute>,
    /// What was not written.
    pub failed: Vec<AttributeFailure>,
    /// The version of the last write of the group.
    pub version: u64,
}

/// Why an attribute was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeFailure {
    /// Its key.
    pub key: String,
    /// Why.
    pub reason: Refusal,
    /// How it stands; `None` when it does not exist.
    pub present: Option<Attribute>,
}

/// Attributes as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// In the order of their keys.
    pub attributes: Vec<Attribute>,
    /// The version of the last write of the group.
    pub version: u64,
}

/// Attributes of a group changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributesChanged {
    /// Which group.
    pub conversation_short_id: ConversationShortId,
    /// The version of the last write of the group.
    pub version: u64,
    /// What was set.
    pub set: Vec<Attribute>,
    /// The keys of what was removed.
    pub removed: Vec<String>,
}
