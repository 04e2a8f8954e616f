//! Answers to requests.

use std::collections::BTreeMap;

use bim_proto::{
    Accepted, BroadcastDone, HistoryPage, Joined, MemberPage, Page, RequestId, Response, ResponseBody,
    ServerFrame,
};
use bim_types::{
    AttributeFailure, Attributes, AttributesWritten, DiscontinuityReason, MeasureDone, MemberFailure,
    Message, PerPriority, Priority, ResumeVerdict, Seq, Wall,
};

use super::values::{
    T, bob, complete, conversation, counters, cursor, custom, group, member, message, number, outcast,
    position, refusal, seat, small, text, topic,
};

/// By name.
pub(super) fn all() -> Vec<(&'static str, ServerFrame)> {
    let page = Page { entries: vec![conversation(), small()], next_cursor: group().value(), has_more: true };
    let edited =
        Message { sender: number(), priority: Priority::High, edits: 3, body: custom(), ..message() };
    let history = HistoryPage { messages: vec![message(), edited], next: Seq(301), has_more: true };
    let accepted = Accepted {
        position: position(),
        accepted_at: Wall::from_millis(T),
        only_for_sender: false,
        rewritten: None,
    };
    let rewritten = Accepted { only_for_sender: true, rewritten: Some(text()), ..accepted.clone() };
    let fresh = Joined { attributes: attributes(), counters: counters(), ..joined(ResumeVerdict::Fresh) };
    let mut bodies = vec![
        ("response_refusal", Err(refusal())),
        ("response_done", Ok(ResponseBody::Done)),
        ("response_token_refreshed", Ok(ResponseBody::TokenRefreshed(Wall::from_millis(T)))),
        ("response_live_group", Ok(ResponseBody::LiveGroup(conversation()))),
        ("response_live_group_page", Ok(ResponseBody::LiveGroupPage(page))),
        ("response_live_message_accepted", Ok(ResponseBody::LiveMessageAccepted(accepted))),
        ("response_live_history_page", Ok(ResponseBody::LiveHistoryPage(history))),
        ("response_live_group_complete", Ok(ResponseBody::LiveGroup(complete()))),
        ("response_joined_live_group_complete", Ok(ResponseBody::JoinedLiveGroup(fresh))),
        ("response_live_message_accepted_rewritten", Ok(ResponseBody::LiveMessageAccepted(rewritten))),
    ];
    bodies.extend(of_members_and_attributes().into_iter().map(|(name, body)| (name, Ok(body))));
    let verdicts = verdicts();
    let joined = verdicts.map(|(name, verdict)| (name, Ok(ResponseBody::JoinedLiveGroup(joined(verdict)))));
    let frame = |(name, body)| (name, ServerFrame::Response(Response { id: RequestId(7), body }));
    bodies.into_iter().chain(joined).map(frame).collect()
}

fn of_members_and_attributes() -> Vec<(&'static str, ResponseBody)> {
    let failed = vec![MemberFailure { uid: bob(), reason: refusal() }];
    let page = MemberPage { members: vec![member(), outcast()], has_more: true };
    let not_written = |key: &str, present| AttributeFailure { key: key.into(), reason: refusal(), present };
    let written = AttributesWritten {
        written: vec![seat()],
        failed: vec![not_written("topic", Some(topic())), not_written("a", None)],
        version: 12,
    };
    vec![
        ("response_live_group_changed", ResponseBody::LiveGroupChanged(MeasureDone { version: 8, failed })),
        ("response_live_member", ResponseBody::LiveMember(member())),
        ("response_live_member_of_an_outcast", ResponseBody::LiveMember(outcast())),
        ("response_live_member_page", ResponseBody::LiveMemberPage(page)),
        ("response_live_attributes_written", ResponseBody::LiveAttributesWritten(written)),
        ("response_live_attributes", ResponseBody::LiveAttributes(attributes())),
        ("response_live_counters", ResponseBody::LiveCounters(counters())),
        ("response_broadcast_done", ResponseBody::BroadcastDone(BroadcastDone { accepted: 300, failed: 2 })),
    ]
}

fn attributes() -> Attributes {
    Attributes { attributes: vec![seat(), topic()], version: 12 }
}

fn joined(verdict: ResumeVerdict) -> Joined {
    Joined {
        conversation: small(),
        cursor: cursor(),
        verdict,
        attributes: Attributes::default(),
        counters: BTreeMap::new(),
    }
}

fn verdicts() -> [(&'static str, ResumeVerdict); 5] {
    let left_out = PerPriority { low: 500, normal: 5, high: 0 };
    let broken = ResumeVerdict::Discontinuity;
    [
        ("response_joined_live_group_fresh", ResumeVerdict::Fresh),
        ("response_joined_live_group_resumed", ResumeVerdict::Resumed { left_out }),
        ("response_joined_live_group_beyond_window", broken(DiscontinuityReason::BeyondWindow)),
        ("response_joined_live_group_new_epoch", broken(DiscontinuityReason::NewEpoch)),
        ("response_joined_live_group_cursor_ahead", broken(DiscontinuityReason::CursorAhead)),
    ]
}
