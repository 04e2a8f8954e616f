//! Records of the store.

use std::time::Duration;

use bim_proto::stored::{
    StoredApp, StoredKey, StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMember,
    StoredLiveMessage, StoredLiveRoll, StoredRevocations,
};
use bim_types::{AppSecret, ClientMessageId, DeviceId, Seq};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::values;
use super::values::{attribute, body, info, marks, member_info, mute_all, priority, uid, until, wall};

pub(crate) fn app() -> impl Strategy<Value = StoredApp> {
    let key = ("[a-z0-9]{0,16}", vec(any::<u8>(), 0..40));
    let key = key.prop_map(|(key_id, secret)| StoredKey { key_id, secret: AppSecret::new(secret) });
    ("\\PC{0,20}", wall(), any::<bool>(), vec(key, 0..4))
        .prop_map(|(name, created_at, disabled, keys)| StoredApp { name, created_at, disabled, keys })
}

pub(crate) fn live_group() -> BoxedStrategy<StoredLiveGroup> {
    let rules = (mute_all(), any::<[u64; 2]>(), marks());
    (info(), uid(), wall(), any::<u64>(), vec(uid(), 0..4), rules)
        .prop_map(|(info, owner, created_at, version, admins, (mute_all, [slow_mode, idle], mark_types))| {
            StoredLiveGroup {
                info,
                owner,
                created_at,
                version,
                admins,
                mute_all,
                slow_mode: Duration::from_millis(slow_mode),
                dissolve_after_idle: Duration::from_secs(idle),
                mark_types,
            }
        })
        .boxed()
}

/// A message, or a change of an earlier one.
pub(crate) fn live_message() -> BoxedStrategy<StoredLiveMessage> {
    let changed = option::of(plain_message().prop_map(Box::new));
    let change = (plain_message(), 1..=u64::MAX, changed).prop_map(|(message, seq, changed)| {
        StoredLiveMessage { changes: Some(Seq(seq)), changed, ..message }
    });
    prop_oneof![plain_message(), change].boxed()
}

fn plain_message() -> BoxedStrategy<StoredLiveMessage> {
    (uid(), any::<[u128; 2]>(), priority(), wall(), any::<u32>(), body(), any::<[bool; 2]>())
        .prop_map(|(sender, [device, id], priority, accepted_at, edits, body, [deleted, only_for_sender])| {
            StoredLiveMessage {
                sender,
                device: DeviceId::new(device),
                client_message_id: ClientMessageId::new(id),
                priority,
                accepted_at,
                edits,
                body,
                deleted,
                only_for_sender,
                changes: None,
                changed: None,
            }
        })
        .boxed()
}

pub(crate) fn revocations() -> impl Strategy<Value = StoredRevocations> {
    let users = btree_map(uid(), wall(), 0..4);
    let tokens = btree_map(any::<[u8; 16]>(), wall(), 0..4);
    (users, tokens, btree_set("[a-z0-9.]{0,8}", 0..3), wall()).prop_map(
        |(users, tokens, key_ids, all_issued_before)| StoredRevocations {
            users,
            tokens,
            key_ids,
            all_issued_before,
        },
    )
}

pub(crate) fn roll() -> impl Strategy<Value = StoredLiveRoll> {
    let member =
        (option::of(until()), option::of(until()), any::<bool>(), marks(), option::of(member_info()));
    let member = member.prop_map(|(muted, blocked, exempt, marks, info)| StoredLiveMember {
        muted,
        blocked,
        exempt,
        marks,
        info,
    });
    btree_map(uid(), member, 0..5).prop_map(|members| StoredLiveRoll { members })
}

pub(crate) fn attributes() -> impl Strategy<Value = StoredLiveAttributes> {
    (vec(attribute(), 0..4), any::<u64>()).prop_map(|(attributes, version)| StoredLiveAttributes {
        attributes: attributes.into_iter().map(|one| (one.key.clone(), one)).collect(),
        version,
    })
}

pub(crate) fn counters() -> impl Strategy<Value = StoredLiveCounters> {
    (values::counters(), any::<u64>())
        .prop_map(|(counters, through)| StoredLiveCounters { counters, through: Seq(through) })
}
