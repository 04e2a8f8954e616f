//! What a server sends unasked.

use bim_proto::{LiveChange, LiveChanged, LivePush, ServerFrame};
use bim_types::{
    AttributesChanged, Conversation, LiveGap, LivePulse, Message, MessageBody, Named, PerPriority, Priority,
    Role, Seq,
};

use super::values::{
    alice, bob, conversation, custom, group, later, member, message, number, outcast, position, previous,
    seat,
};

/// By name, what was done to members apart.
pub(super) fn all() -> Vec<(&'static str, ServerFrame)> {
    let like = Message { sender: number(), priority: Priority::Low, edits: 1, body: custom(), ..message() };
    let unknown = Message { priority: Priority::High, body: MessageBody::Unknown { kind: 0 }, ..message() };
    let gap = LiveGap {
        conversation_short_id: group(),
        priority: Priority::Normal,
        count: 12,
        from: Seq(288),
        to: Seq(301),
    };
    let state = Conversation { role: Role::Normal, joined: false, dissolved: false, ..conversation() };
    let push = |message, previous| ServerFrame::LiveMessage(LivePush { message, previous, hidden: false });
    let nothing = Message { body: MessageBody::Unknown { kind: 0 }, ..message() };
    let hidden = LivePush { message: nothing, previous: previous(), hidden: true };
    let changed = AttributesChanged {
        conversation_short_id: group(),
        version: 12,
        set: vec![seat()],
        removed: vec!["topic".into()],
    };
    vec![
        ("live_message", push(message(), previous())),
        ("live_message_custom", push(like, PerPriority::default())),
        ("live_message_of_unknown_kind", push(unknown, previous())),
        ("live_gap", ServerFrame::LiveGap(gap)),
        ("live_state", ServerFrame::LiveState(state)),
        ("live_message_hidden", ServerFrame::LiveMessage(hidden)),
        ("live_change_updated", change(LiveChanged::Updated(Message { edits: 2, ..message() }))),
        ("live_change_deleted", change(LiveChanged::Deleted { group: group(), position: position() })),
        ("live_pulse", ServerFrame::LivePulse(pulse())),
        ("live_attributes_changed", ServerFrame::LiveAttributesChanged(changed)),
    ]
}

fn change(what: LiveChanged) -> ServerFrame {
    ServerFrame::LiveChange(LiveChange { position: later(), previous: previous(), operator: bob(), what })
}

fn pulse() -> LivePulse {
    LivePulse {
        conversation_short_id: group(),
        online_count: 100_000,
        joined: Named { named: vec![member()], more: 700 },
        left: Named { named: vec![number(), alice()], more: 800 },
        changed: Named { named: vec![outcast()], more: 900 },
        counters: [("like".into(), 1_000_000)].into(),
    }
}
