//! What users ask, by small numbers.

use std::collections::BTreeMap;

use bim_proto::{JoinLive, RequestBody, SendLive, Taps};
use bim_types::{ClientMessageId, ConversationShortId, Cursor};

use crate::vocabulary;

/// Any request but a new token.
pub(super) fn any(kind: u8, group: ConversationShortId, number: u8) -> RequestBody {
    vocabulary::ask(kind, group, number).into()
}

/// Coming into a group.
pub(super) fn join(group: ConversationShortId, resume: Option<Cursor>) -> RequestBody {
    RequestBody::JoinLiveGroup(JoinLive { group, resume, info: None })
}

/// Saying something.
pub(super) fn say(group: ConversationShortId, number: u8) -> RequestBody {
    RequestBody::SendLiveMessage(vocabulary::send(group, number))
}

/// Adding to counters: one of eight batches of ids, which may be said again.
pub(super) fn taps(group: ConversationShortId, number: u8) -> RequestBody {
    let amount = match number % 7 {
        5 => 0,
        6 => u64::MAX,
        some => u64::from(some) + 1,
    };
    let names = (0..=number >> 6).map(|at| (format!("likes{}", at * (number % 3)), amount));
    let batch_id = ClientMessageId::new(u128::from(number % 8) + 1);
    RequestBody::TapLiveCounters(Taps { group, batch_id, taps: names.collect::<BTreeMap<_, _>>() })
}

/// What a request is called in counts of what was reached.
pub(super) fn name(body: &RequestBody) -> &'static str {
    match body {
        RequestBody::RefreshToken(_) => "refreshed",
        RequestBody::CreateLiveGroup(_) => "created",
        RequestBody::GetLiveGroup(_) => "read a group",
        RequestBody::ListLiveGroups(_) => "listed groups",
        RequestBody::JoinLiveGroup(_) => "joined",
        RequestBody::LeaveLiveGroup(_) => "left",
        RequestBody::DissolveLiveGroup(_) => "dissolved",
        RequestBody::SendLiveMessage(SendLive { .. }) => "accepted",
        RequestBody::ReadLiveHistory(_) => "read history",
        RequestBody::SetLiveGroupInfo(..) => "changed a group",
        RequestBody::ChangeLiveGroup(..) => "took a measure",
        RequestBody::SetLiveMemberInfo(_) => "said who it is",
        RequestBody::ListLiveMembers(_) => "listed members",
        RequestBody::GetLiveMembers(..) => "read members",
        RequestBody::UpdateLiveMessage(..) => "updated a message",
        RequestBody::DeleteLiveMessage(..) => "deleted a message",
        RequestBody::WriteLiveAttributes(..) => "wrote attributes",
        RequestBody::ReadLiveAttributes(..) => "read attributes",
        RequestBody::TapLiveCounters(_) => "tapped",
        RequestBody::BroadcastToLiveGroups(_) => "broadcast",
    }
}
