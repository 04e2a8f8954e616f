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
    /// What a live group knows about single users: mutes, blocks, marks.
    LiveRoll(AppId, ConversationShortId),
    /// The attributes of a live group.
    LiveAttributes(AppId, ConversationShortId),
    /// The counters of a live group, as far as they were added up.
    LiveCounters(AppId, ConversationShortId),
    /// Which tokens of an app are not taken any more.
    Revocations(AppId),
}

impl RecordKey {
    /// The key as bytes: typed, length-prefixed parts, so that different keys never give the same bytes,
    /// and keys of one range stand together, in order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut key;
        match self {
            Self::LiveRoll(app, group) => key = of_group(4, *app, *group),
            Self::LiveAttributes(app, group) => key = of_group(5, *app, *group),
            Self::LiveCounters(app, group) => key = of_group(6, *app, *group),
            Self::App(app) => {
                key = RecordRange::Apps.prefix();
                key.extend_from_slice(&app.value().to_be_bytes());
            }
            Self::Revocations(app) => {
                key = vec![7];
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

    /// Reads what [`Self::to_bytes`] wrote; `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (app, rest) = rest.split_first_chunk::<4>()?;
        let app = AppId::new(u32::from_be_bytes(*app)).ok()?;
        match (kind, rest) {
            (1, []) => Some(Self::App(app)),
            (2, group) => Some(Self::LiveGroup(app, group_from_bytes(group)?)),
            (3, rest) => {
                let (uid, group) = uid_from_bytes(rest)?;
                Some(Self::LiveGroupOf(app, uid, group_from_bytes(group)?))
            }
            (4, group) => Some(Self::LiveRoll(app, group_from_bytes(group)?)),
            (5, group) => Some(Self::LiveAttributes(app, group_from_bytes(group)?)),
            (6, group) => Some(Self::LiveCounters(app, group_from_bytes(group)?)),
            (7, []) => Some(Self::Revocations(app)),
            _ => None,
        }
    }
}

fn of_group(kind: u8, app: AppId, group: ConversationShortId) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(&app.value().to_be_bytes());
    key.extend_from_slice(&group.value().to_be_bytes());
    key
}

pub(crate) fn group_from_bytes(bytes: &[u8]) -> Option<ConversationShortId> {
    ConversationShortId::new(i64::from_be_bytes(bytes.try_into().ok()?)).ok()
}

pub(crate) fn uid_from_bytes(bytes: &[u8]) -> Option<(Uid, &[u8])> {
    let (flavour, rest) = bytes.split_first()?;
    match flavour {
        0 => {
            let (number, rest) = rest.split_first_chunk::<8>()?;
            Some((Uid::int(i64::from_be_bytes(*number)).ok()?, rest))
        }
        1 => {
            let (length, rest) = rest.split_first()?;
            let (text, rest) = rest.split_at_checked(usize::from(*length))?;
            Some((Uid::string(std::str::from_utf8(text).ok()?).ok()?, rest))
        }
        _ => None,
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
    use proptest::prelude::*;

    use super::*;

    fn any_uid() -> impl Strategy<Value = Uid> {
        prop_oneof![
            (1..=i64::MAX).prop_map(|number| Uid::int(number).unwrap()),
            "[a-c0-9é]{1,64}".prop_map(|text| Uid::string(&text).unwrap()),
        ]
    }

    fn any_key() -> impl Strategy<Value = RecordKey> {
        let app = prop_oneof![1..4_u32, 1..=u32::MAX].prop_map(|id| AppId::new(id).unwrap());
        let group = prop_oneof![1..4_i64, 1..=i64::MAX].prop_map(|id| ConversationShortId::new(id).unwrap());
        (app, group, any_uid(), 0..7).prop_map(|(app, group, uid, kind)| match kind {
            0 => RecordKey::App(app),
            1 => RecordKey::LiveGroup(app, group),
            2 => RecordKey::LiveRoll(app, group),
            3 => RecordKey::LiveAttributes(app, group),
            4 => RecordKey::LiveCounters(app, group),
            5 => RecordKey::Revocations(app),
            _ => RecordKey::LiveGroupOf(app, uid, group),
        })
    }

    proptest! {
        #[test]
        fn a_key_survives_bytes(key in any_key()) {
            prop_assert_eq!(RecordKey::from_bytes(&key.to_bytes()), Some(key));
        }

        #[test]
        fn different_keys_differ_in_bytes(one in any_key(), other in any_key()) {
            prop_assert_eq!(one == other, one.to_bytes() == other.to_bytes());
        }

        #[test]
        fn bytes_that_are_read_as_a_key_are_its_bytes(bytes in prop::collection::vec(0..4_u8, 0..40)) {
            if let Some(key) = RecordKey::from_bytes(&bytes) {
                prop_assert_eq!(key.to_bytes(), bytes);
            }
        }

        #[test]
        fn a_key_cut_off_or_with_more_behind_is_none(key in any_key(), cut in 1..8_usize) {
            let mut bytes = key.to_bytes();
            let kept = bytes.len() - cut.min(bytes.len());
            prop_assert_eq!(RecordKey::from_bytes(&bytes[..kept]), None);
            bytes.push(0);
            prop_assert_eq!(RecordKey::from_bytes(&bytes), None);
        }
    }

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
