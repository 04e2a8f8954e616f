//! What a server sends unasked.

use bim_proto::{LiveChange, LiveChanged, LivePush};
use bim_types::{AttributesChanged, GroupEvent, LiveGap, LivePulse, Message, MessageBody, Named, Seq};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::measure::group_change;
use super::values;
use super::values::{attribute, counters, member, position, priority, seqs, short_id, uid};

/// What is hidden says nothing.
pub(crate) fn message() -> impl Strategy<Value = LivePush> {
    (values::message(), seqs(), any::<bool>()).prop_map(|(message, previous, hidden)| {
        let body = if hidden { MessageBody::Unknown { kind: 0 } } else { message.body.clone() };
        LivePush { message: Message { body, ..message }, previous, hidden }
    })
}

pub(crate) fn gap() -> impl Strategy<Value = LiveGap> {
    (short_id(), priority(), any::<[u64; 3]>()).prop_map(|(group, priority, [count, from, to])| LiveGap {
        conversation_short_id: group,
        priority,
        count,
        from: Seq(from),
        to: Seq(to),
    })
}

pub(crate) fn change() -> BoxedStrategy<LiveChange> {
    let what = prop_oneof![
        values::message().prop_map(LiveChanged::Updated),
        (short_id(), position()).prop_map(|(group, position)| LiveChanged::Deleted { group, position }),
    ];
    (position(), seqs(), uid(), what)
        .prop_map(|(position, previous, operator, what)| LiveChange { position, previous, operator, what })
        .boxed()
}

pub(crate) fn event() -> BoxedStrategy<GroupEvent> {
    (short_id(), any::<u64>(), option::of(uid()), group_change())
        .prop_map(|(conversation_short_id, version, operator, change)| GroupEvent {
            conversation_short_id,
            version,
            operator,
            change,
        })
        .boxed()
}

pub(crate) fn pulse() -> BoxedStrategy<LivePulse> {
    (short_id(), any::<u64>(), named(member()), named(uid()), named(member()), counters())
        .prop_map(|(conversation_short_id, online_count, joined, left, changed, counters)| LivePulse {
            conversation_short_id,
            online_count,
            joined,
            left,
            changed,
            counters,
        })
        .boxed()
}

pub(crate) fn attributes_changed() -> impl Strategy<Value = AttributesChanged> {
    (short_id(), any::<u64>(), vec(attribute(), 0..4), vec("\\PC{0,8}", 0..4)).prop_map(
        |(conversation_short_id, version, set, removed)| AttributesChanged {
            conversation_short_id,
            version,
            set,
            removed,
        },
    )
}

fn named<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Named<T>> {
    (vec(one, 0..3), any::<u64>()).prop_map(|(named, more)| Named { named, more })
}
