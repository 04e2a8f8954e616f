//! Small records beside the log, changed by compare-and-set.

use bytes::Bytes;

use crate::ids::{AppId, ConversationShortId, Uid};
use crate::store::log::push_uid;

/// Names a small record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKey {
    /// An app: its name, keys and state.
    App(AppId),
    /// A live group: its information, owner and state.
    LiveGroup(AppId, ConversationShortId),
    /// That a user owns or administers a live group.
    LiveGroupOf(AppId, Uid, ConversationShortId),
}

impl RecordKey {
    /// The key as bytes: typed, length-prefixed parts, so that different keys never give the same bytes,
    /// and keys of one range stand together, in order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut key;
        match self {
            Self::App(app) => {
                key = RecordRange::Apps.prefix();
                key.extend_from_slice(&app.value().to_be_bytes());
            }
            Self::LiveGroup(app, group) => {
                key = RecordRange::LiveGroups(*app).prefix();
                key.extend_from_slice(&group.value().to_be_bytes());
            }
            Self::LiveGroupOf(app, uid, group) => {
                key = RecordRange::LiveGroupsOf(*app, uid.clone()).prefix();
                key.extend_from_slice(&group.value().to_be_bytes());
            }
        }
        key
    }
}

/// Records that stand together and can be read in order of their last part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordRange {
    /// All apps, by id.
    Apps,
    /// All live groups of an app, by short id.
    LiveGroups(AppId),
    /// The live groups a user owns or administers, by short id.
    LiveGroupsOf(AppId, Uid),
}

impl RecordRange {
    /// What the keys of the range begin with.
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        let mut prefix = Vec::with_capacity(32);
        match self {
            Self::Apps => prefix.push(1),
            Self::LiveGroups(app) => {
                prefix.push(2);
                prefix.extend_from_slice(&app.value().to_be_bytes());
            }
            Self::LiveGroupsOf(app, uid) => {
                prefix.push(3);
                prefix.extend_from_slice(&app.value().to_be_bytes());
                push_uid(&mut prefix, uid);
            }
        }
        prefix
    }
}

/// Sets or removes a small record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Which record.
    pub key: RecordKey,
    /// What must hold of it before.
    pub expected: Expected,
    /// The new bytes; `None` removes it.
    pub value: Option<Bytes>,
}

/// What must hold of a small record before it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Any,
    /// It does not exist.
    Absent,
    /// It exists at this version.
    Version(u64),
}

/// What became of a small record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It was changed and has this version now; 0 when it was removed.
    Done(u64),
    /// The expectation failed; the present version, or `None` when it does not exist.
    Differs(Option<u64>),
}

/// A small record as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionedRecord {
    /// Which record.
    pub key: RecordKey,
    /// Rises by one with each change, from 1.
    pub version: u64,
    /// The bytes.
    pub value: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_users_never_collide() {
        let app = AppId::new(1).unwrap();
        let group = ConversationShortId::new(1).unwrap();
        let keys: std::collections::BTreeSet<_> = [
            Uid::string("a").unwrap(),
            Uid::string("ab").unwrap(),
            Uid::string("1").unwrap(),
            Uid::int(1).unwrap(),
        ]
        .into_iter()
        .map(|uid| RecordKey::LiveGroupOf(app, uid, group).to_bytes())
        .collect();
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn a_key_begins_with_the_prefix_of_its_range() {
        let app = AppId::new(9).unwrap();
        let key = RecordKey::LiveGroup(app, ConversationShortId::new(5).unwrap()).to_bytes();
        assert!(key.starts_with(&RecordRange::LiveGroups(app).prefix()));
        assert!(!key.starts_with(&RecordRange::Apps.prefix()));
    }
}
