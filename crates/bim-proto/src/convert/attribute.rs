//! Attributes and counters of live groups.

use std::time::Duration;

use bim_types::{
    Attribute, AttributeCondition, AttributeFailure, AttributeWrite, Attributes, AttributesChanged,
    AttributesWritten, Wall,
};

use crate::convert::common::{client_message_id, short_id, uid};
use crate::convert::millis;
use crate::error::DecodeError;
use crate::message::Taps;
use crate::wire::{self, LiveAttributeCondition as Condition};

/// An end at the start of 1970 travels as the moment after, since 0 means never.
impl From<Attribute> for wire::LiveAttribute {
    fn from(attribute: Attribute) -> Self {
        Self {
            key: attribute.key,
            value: attribute.value,
            version: attribute.version,
            setter: Some(attribute.setter.into()),
            set_at_ms: attribute.set_at.as_millis(),
            expires_at_ms: attribute.expires_at.map_or(0, |at| at.as_millis().max(1)),
            delete_on_leave: attribute.delete_on_leave,
        }
    }
}

impl TryFrom<wire::LiveAttribute> for Attribute {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveAttribute) -> Result<Self, DecodeError> {
        Ok(Self {
            key: wire.key,
            value: wire.value,
            version: wire.version,
            setter: uid(wire.setter, "LiveAttribute.setter")?,
            set_at: Wall::from_millis(wire.set_at_ms),
            expires_at: (wire.expires_at_ms > 0).then(|| Wall::from_millis(wire.expires_at_ms)),
            delete_on_leave: wire.delete_on_leave,
        })
    }
}

/// Reads a list of attributes.
pub(crate) fn attributes(wire: Vec<wire::LiveAttribute>) -> Result<Vec<Attribute>, DecodeError> {
    wire.into_iter().map(TryInto::try_into).collect()
}

/// A period of nothing travels as the shortest there is, since 0 means never.
impl From<AttributeWrite> for wire::LiveAttributeWrite {
    fn from(write: AttributeWrite) -> Self {
        let (condition, version) = match write.condition {
            AttributeCondition::Absent => (Condition::Absent, 0),
            AttributeCondition::Version(version) => (Condition::Version, version),
            _ => (Condition::Any, 0),
        };
        Self {
            key: write.key,
            value: write.value,
            condition: condition.into(),
            version,
            expires_in_ms: write.expires_in.map_or(0, |period| millis(period).max(1)),
            delete_on_leave: write.delete_on_leave,
        }
    }
}

impl TryFrom<wire::LiveAttributeWrite> for AttributeWrite {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveAttributeWrite) -> Result<Self, DecodeError> {
        let condition = match Condition::try_from(wire.condition) {
            Ok(Condition::Any) => AttributeCondition::Any,
            Ok(Condition::Absent) => AttributeCondition::Absent,
            Ok(Condition::Version) => AttributeCondition::Version(wire.version),
            Err(_) => return Err(DecodeError::field("LiveAttributeWrite.condition")),
        };
        Ok(Self {
            key: wire.key,
            value: wire.value,
            condition,
            expires_in: (wire.expires_in_ms > 0).then(|| Duration::from_millis(wire.expires_in_ms)),
            delete_on_leave: wire.delete_on_leave,
        })
    }
}

impl From<AttributesWritten> for wire::LiveAttributesWritten {
    fn from(written: AttributesWritten) -> Self {
        Self {
            written: written.written.into_iter().map(Into::into).collect(),
            failed: written.failed.into_iter().map(Into::into).collect(),
            version: written.version,
        }
    }
}

impl TryFrom<wire::LiveAttributesWritten> for AttributesWritten {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveAttributesWritten) -> Result<Self, DecodeError> {
        Ok(Self {
            written: attributes(wire.written)?,
            failed: wire.failed.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            version: wire.version,
        })
    }
}

impl From<AttributeFailure> for wire::LiveAttributeFailure {
    fn from(failure: AttributeFailure) -> Self {
        Self {
            key: failure.key,
            reason: Some(failure.reason.into()),
            present: failure.present.map(Into::into),
        }
    }
}

impl TryFrom<wire::LiveAttributeFailure> for AttributeFailure {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveAttributeFailure) -> Result<Self, DecodeError> {
        Ok(Self {
            key: wire.key,
            reason: wire.reason.ok_or(DecodeError::field("LiveAttributeFailure.reason"))?.into(),
            present: wire.present.map(TryInto::try_into).transpose()?,
        })
    }
}

impl From<Attributes> for wire::LiveAttributes {
    fn from(stand: Attributes) -> Self {
        Self { attributes: stand.attributes.into_iter().map(Into::into).collect(), version: stand.version }
    }
}

impl TryFrom<wire::LiveAttributes> for Attributes {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveAttributes) -> Result<Self, DecodeError> {
        Ok(Self { attributes: attributes(wire.attributes)?, version: wire.version })
    }
}

impl From<AttributesChanged> for wire::LiveAttributesChanged {
    fn from(changed: AttributesChanged) -> Self {
        Self {
            short_id: changed.conversation_short_id.value(),
            version: changed.version,
            set: changed.set.into_iter().map(Into::into).collect(),
            removed: changed.removed,
        }
    }
}

impl TryFrom<wire::LiveAttributesChanged> for AttributesChanged {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveAttributesChanged) -> Result<Self, DecodeError> {
        Ok(Self {
            conversation_short_id: short_id(wire.short_id, "LiveAttributesChanged.short_id")?,
            version: wire.version,
            set: attributes(wire.set)?,
            removed: wire.removed,
        })
    }
}

impl From<Taps> for wire::TapLiveCounters {
    fn from(taps: Taps) -> Self {
        Self {
            short_id: taps.group.value(),
            batch_id: taps.batch_id.to_bytes().to_vec().into(),
            taps: taps.taps,
        }
    }
}

impl TryFrom<wire::TapLiveCounters> for Taps {
    type Error = DecodeError;

    fn try_from(wire: wire::TapLiveCounters) -> Result<Self, DecodeError> {
        Ok(Self {
            group: short_id(wire.short_id, "short_id")?,
            batch_id: client_message_id(&wire.batch_id, "TapLiveCounters.batch_id")?,
            taps: wire.taps,
        })
    }
}
