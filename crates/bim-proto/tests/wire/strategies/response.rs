//! Answers to requests.

use bim_proto::{Accepted, BroadcastDone, HistoryPage, Joined, MemberPage, Page, ResponseBody};
use bim_types::{
    AttributeFailure, Attributes, AttributesWritten, Conversation, DiscontinuityReason, MeasureDone,
    MemberFailure, PerPriority, Refusal, ResumeVerdict, Seq,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::values::{
    attribute, body as message_body, conversation, counters, cursor, member, message, position, refusal, uid,
    wall,
};

/// Anything that may be answered.
pub(crate) fn body() -> BoxedStrategy<Result<ResponseBody, Refusal>> {
    prop_oneof![
        1 => refusal().prop_map(Err),
        1 => Just(Ok(ResponseBody::Done)),
        1 => wall().prop_map(|at| Ok(ResponseBody::TokenRefreshed(at))),
        1 => conversation().prop_map(|group| Ok(ResponseBody::LiveGroup(group))),
        1 => group_page().prop_map(|page| Ok(ResponseBody::LiveGroupPage(page))),
        1 => joined().prop_map(|joined| Ok(ResponseBody::JoinedLiveGroup(joined))),
        1 => accepted().prop_map(|accepted| Ok(ResponseBody::LiveMessageAccepted(accepted))),
        1 => history_page().prop_map(|page| Ok(ResponseBody::LiveHistoryPage(page))),
        1 => done().prop_map(|done| Ok(ResponseBody::LiveGroupChanged(done))),
        6 => of_members_and_attributes().prop_map(Ok),
    ]
    .boxed()
}

fn of_members_and_attributes() -> BoxedStrategy<ResponseBody> {
    let page = (vec(member(), 0..4), any::<bool>());
    prop_oneof![
        member().prop_map(ResponseBody::LiveMember),
        page.prop_map(|(members, has_more)| ResponseBody::LiveMemberPage(MemberPage { members, has_more })),
        attributes_written().prop_map(ResponseBody::LiveAttributesWritten),
        attributes().prop_map(ResponseBody::LiveAttributes),
        counters().prop_map(ResponseBody::LiveCounters),
        any::<[u64; 2]>().prop_map(|[accepted, failed]| {
            ResponseBody::BroadcastDone(BroadcastDone { accepted, failed })
        }),
    ]
    .boxed()
}

fn joined() -> impl Strategy<Value = Joined> {
    let verdict = prop_oneof![
        Just(ResumeVerdict::Fresh),
        any::<[u64; 2]>().prop_map(|[low, normal]| ResumeVerdict::Resumed {
            left_out: PerPriority { low, normal, high: 0 }
        }),
        Just(ResumeVerdict::Discontinuity(DiscontinuityReason::BeyondWindow)),
        Just(ResumeVerdict::Discontinuity(DiscontinuityReason::NewEpoch)),
        Just(ResumeVerdict::Discontinuity(DiscontinuityReason::CursorAhead)),
    ];
    (conversation(), cursor(), verdict, attributes(), counters()).prop_map(
        |(conversation, cursor, verdict, attributes, counters)| Joined {
            conversation,
            cursor,
            verdict,
            attributes,
            counters,
        },
    )
}

fn group_page() -> impl Strategy<Value = Page<Conversation>> {
    (vec(conversation(), 0..4), any::<i64>(), any::<bool>())
        .prop_map(|(entries, next_cursor, has_more)| Page { entries, next_cursor, has_more })
}

fn history_page() -> impl Strategy<Value = HistoryPage> {
    (vec(message(), 0..4), any::<u64>(), any::<bool>()).prop_map(|(messages, next, has_more)| HistoryPage {
        messages,
        next: Seq(next),
        has_more,
    })
}

fn accepted() -> impl Strategy<Value = Accepted> {
    (position(), wall(), any::<bool>(), option::of(message_body())).prop_map(
        |(position, accepted_at, only_for_sender, rewritten)| Accepted {
            position,
            accepted_at,
            only_for_sender,
            rewritten,
        },
    )
}

fn done() -> impl Strategy<Value = MeasureDone> {
    let failure = (uid(), refusal()).prop_map(|(uid, reason)| MemberFailure { uid, reason });
    (any::<u64>(), vec(failure, 0..4)).prop_map(|(version, failed)| MeasureDone { version, failed })
}

fn attributes_written() -> impl Strategy<Value = AttributesWritten> {
    let failure = ("\\PC{0,8}", refusal(), option::of(attribute()))
        .prop_map(|(key, reason, present)| AttributeFailure { key, reason, present });
    (vec(attribute(), 0..4), vec(failure, 0..4), any::<u64>())
        .prop_map(|(written, failed, version)| AttributesWritten { written, failed, version })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    (vec(attribute(), 0..4), any::<u64>())
        .prop_map(|(attributes, version)| Attributes { attributes, version })
}
