//! What owner and admins do, and what is told of it.

use std::time::Duration;

use bim_types::{GroupChange, Measure};
use proptest::prelude::*;

use super::values::{mark, marks, mute_all, uid, uids, until};

/// What owner and admins may do; periods in whole seconds.
pub(crate) fn measure() -> BoxedStrategy<Measure> {
    prop_oneof![
        1 => mute_all().prop_map(Measure::MuteAll),
        1 => period().prop_map(Measure::SlowMode),
        1 => period().prop_map(Measure::DissolveAfterIdle),
        1 => uid().prop_map(Measure::TransferOwner),
        1 => (uids(), period()).prop_map(|(uids, period)| Measure::Mute(uids, period)),
        1 => (uids(), period()).prop_map(|(uids, period)| Measure::Block(uids, period)),
        7 => measure_of_users(),
        4 => measure_of_marks(),
    ]
    .boxed()
}

fn measure_of_users() -> impl Strategy<Value = Measure> {
    prop_oneof![
        uids().prop_map(Measure::AddAdmins),
        uids().prop_map(Measure::RemoveAdmins),
        uids().prop_map(Measure::Unmute),
        uids().prop_map(Measure::Exempt),
        uids().prop_map(Measure::Unexempt),
        uids().prop_map(Measure::Unblock),
        uids().prop_map(Measure::Kick),
    ]
}

fn measure_of_marks() -> impl Strategy<Value = Measure> {
    prop_oneof![
        marks().prop_map(Measure::AddMarkTypes),
        marks().prop_map(Measure::RemoveMarkTypes),
        (mark(), uids()).prop_map(|(mark, uids)| Measure::Mark(mark, uids)),
        (mark(), uids()).prop_map(|(mark, uids)| Measure::Unmark(mark, uids)),
    ]
}

/// What may be told of it.
pub(crate) fn group_change() -> BoxedStrategy<GroupChange> {
    let kicked = (uids(), any::<bool>());
    prop_oneof![
        1 => mute_all().prop_map(GroupChange::MuteAll),
        1 => (uids(), until()).prop_map(|(uids, until)| GroupChange::Muted(uids, until)),
        1 => uids().prop_map(GroupChange::Unmuted),
        1 => uids().prop_map(GroupChange::AdminsAdded),
        1 => uids().prop_map(GroupChange::AdminsRemoved),
        1 => (uid(), uid()).prop_map(|(from, to)| GroupChange::OwnerChanged { from, to }),
        1 => kicked.prop_map(|(uids, blocked)| GroupChange::Kicked { uids, blocked }),
        4 => change_of_marks(),
    ]
    .boxed()
}

fn change_of_marks() -> impl Strategy<Value = GroupChange> {
    prop_oneof![
        marks().prop_map(GroupChange::MarkTypesAdded),
        marks().prop_map(GroupChange::MarkTypesRemoved),
        (mark(), uids()).prop_map(|(mark, uids)| GroupChange::Marked(mark, uids)),
        (mark(), uids()).prop_map(|(mark, uids)| GroupChange::Unmarked(mark, uids)),
    ]
}

fn period() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_secs)
}
