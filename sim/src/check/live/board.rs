//! The attributes of one group, by the words of the promise: conditions hold, versions rise, what expired is gone.

use std::collections::BTreeMap;

use bim_proto::stored::StoredLiveAttributes;
use bim_types::{Attribute, AttributeCondition, AttributeWrite, Attributes, ErrorCode, Mono, Now, Uid};

/// The attributes of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    pub(super) values: BTreeMap<String, Attribute>,
    pub(super) version: u64,
    /// When they go by themselves, by the server's monotonic clock.
    ends: BTreeMap<String, Mono>,
}

/// What comes of writes.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) values: BTreeMap<String, Attribute>,
    pub(super) version: u64,
    pub(super) written: Vec<Attribute>,
    pub(super) failed: Vec<(String, ErrorCode)>,
}

impl Board {
    /// Takes what is stored from now on. What stays as it was keeps its end.
    pub(super) fn take(&mut self, stored: StoredLiveAttributes, now: Now) {
        let old = std::mem::take(self);
        self.version = stored.version;
        self.values = stored.attributes;
        for (key, value) in &self.values {
            let Some(expires_at) = value.expires_at else { continue };
            let kept = old.values.get(key).filter(|old| old.version == value.version);
            let end = kept.and_then(|_| old.ends.get(key).copied());
            self.ends.insert(key.clone(), end.unwrap_or_else(|| now.mono + expires_at.since(now.wall)));
        }
    }

    pub(super) fn is_expired(&self, key: &str, now: Mono) -> bool {
        self.ends.get(key).is_some_and(|end| *end <= now)
    }

    /// Whether it expired so long ago.
    pub(super) fn is_expired_for(&self, key: &str, time: std::time::Duration, now: Mono) -> bool {
        self.ends.get(key).is_some_and(|end| now.since(*end) > time)
    }

    /// What a reader sees now; all without keys.
    pub(super) fn read(&self, keys: &[String], now: Mono) -> Attributes {
        let is_wanted = |key: &String| (keys.is_empty() || keys.contains(key)) && !self.is_expired(key, now);
        let attributes = self.values.iter().filter(|(key, _)| is_wanted(key)).map(|(_, value)| value.clone());
        Attributes { attributes: attributes.collect(), version: self.version }
    }

    /// What comes of these writes now: what expired goes first, then each is done or refused by itself.
    pub(super) fn write(&self, setter: &Uid, writes: &[AttributeWrite], now: Now) -> Outcome {
        let mut out = Outcome { values: self.values.clone(), version: self.version, ..Outcome::default() };
        for key in self.ends.keys().filter(|key| self.is_expired(key, now.mono)) {
            out.values.remove(key);
            out.version += 1;
        }
        for write in writes {
            let present = out.values.get(&write.key);
            let holds = match write.condition {
                AttributeCondition::Any => true,
                AttributeCondition::Absent => present.is_none(),
                AttributeCondition::Version(version) => present.is_some_and(|now| now.version == version),
                _ => false,
            };
            if !holds {
                out.failed.push((write.key.clone(), ErrorCode::ConditionFailed));
                continue;
            }
            match &write.value {
                None => out.version += u64::from(out.values.remove(&write.key).is_some()),
                Some(value) => {
                    out.version += 1;
                    let attribute = Attribute {
                        key: write.key.clone(),
                        value: value.clone(),
                        version: out.version,
                        setter: setter.clone(),
                        set_at: now.wall,
                        expires_at: write.expires_in.map(|after| now.wall + after),
                        delete_on_leave: write.delete_on_leave,
                    };
                    out.written.push(attribute.clone());
                    out.values.insert(write.key.clone(), attribute);
                }
            }
        }
        out
    }

    /// Whether this user has anything that goes with it.
    pub(super) fn goes_with(&self, uid: &Uid) -> bool {
        self.values.values().any(|value| value.delete_on_leave && value.setter == *uid)
    }
}
