//! Attributes.

use bim::Attribute;
use serde_json::{Value, json};

use super::uid_json;

/// An attribute as it stands.
pub(crate) fn attribute_json(attribute: &Attribute) -> Value {
    json!({
        "key": attribute.key, "value": attribute.value, "version": attribute.version,
        "setter": uid_json(&attribute.setter), "set_at_ms": attribute.set_at.as_millis(),
        "expires_at_ms": attribute.expires_at.map(|at| at.as_millis()),
        "delete_on_leave": attribute.delete_on_leave,
    })
}
