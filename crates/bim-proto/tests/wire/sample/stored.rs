//! Records of the store.

use std::time::Duration;

use bim_proto::stored::{
    StoredApp, StoredKey, StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMember,
    StoredLiveMessage, StoredLiveRoll, StoredRevocations, StoredTaps,
};
use bim_types::{AppSecret, MemberInfo, MessageBody, MuteAll, Priority, Seq, Until, Wall};

use super::values::{
    T, alice, bob, client_message_id, counters, device, info, marks, member_info, number, seat, text, topic,
    two, until,
};
use crate::words::Words;

/// By name.
pub(super) fn all() -> Vec<(&'static str, Words)> {
    let key = |key_id: &str, secret| StoredKey { key_id: key_id.into(), secret: AppSecret::new(secret) };
    let app = StoredApp {
        name: "demo".into(),
        created_at: Wall::from_millis(T),
        disabled: true,
        keys: vec![key("k1", (0..32).collect()), key("k2", vec![255; 32])],
    };
    let live_group = StoredLiveGroup {
        info: info(),
        owner: alice(),
        created_at: Wall::from_millis(T),
        version: 7,
        admins: two(),
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
    };
    let complete = StoredLiveGroup {
        admins: Vec::new(),
        mute_all: MuteAll::Everyone,
        slow_mode: Duration::from_secs(5),
        dissolve_after_idle: Duration::from_secs(86_400),
        mark_types: marks(),
        ..live_group.clone()
    };
    let attributes = StoredLiveAttributes {
        attributes: [seat(), topic()].map(|attribute| (attribute.key.clone(), attribute)).into(),
        version: 12,
    };
    let sums = StoredLiveCounters { counters: counters(), through: Seq(41) };
    let mut all = vec![
        ("stored_app", Words::App(app)),
        ("stored_revocations", Words::Revocations(revocations())),
        ("stored_live_group", Words::LiveGroup(live_group)),
        ("stored_live_group_complete", Words::LiveGroup(complete)),
        ("stored_live_roll", Words::Roll(roll())),
        ("stored_live_attributes", Words::Attributes(attributes)),
        ("stored_live_counters", Words::Counters(sums)),
        ("stored_taps", Words::Taps(StoredTaps { taps: counters() })),
    ];
    all.extend(messages().map(|(name, message)| (name, Words::LiveMessage(message))));
    all
}

fn revocations() -> StoredRevocations {
    let at = Wall::from_millis(T);
    StoredRevocations {
        users: [(number(), at), (alice(), Wall::from_millis(T + 60_000))].into(),
        tokens: [([0x11; 16], at)].into(),
        key_ids: ["1.1", "1.2"].map(Into::into).into(),
        all_issued_before: at,
    }
}

fn roll() -> StoredLiveRoll {
    let outcast = StoredLiveMember {
        muted: Some(Until::Forever),
        blocked: Some(until()),
        ..StoredLiveMember::default()
    };
    let owner = StoredLiveMember { info: Some(MemberInfo::default()), ..StoredLiveMember::default() };
    let admin = StoredLiveMember {
        exempt: true,
        marks: marks(),
        info: Some(member_info()),
        ..StoredLiveMember::default()
    };
    StoredLiveRoll { members: [(number(), outcast), (alice(), owner), (bob(), admin)].into() }
}

fn messages() -> [(&'static str, StoredLiveMessage); 5] {
    let live_message = StoredLiveMessage {
        sender: alice(),
        device: device(),
        client_message_id: client_message_id(),
        priority: Priority::High,
        accepted_at: Wall::from_millis(T),
        edits: 2,
        body: text(),
        deleted: false,
        only_for_sender: false,
        changes: None,
        changed: None,
    };
    let nothing = MessageBody::Unknown { kind: 0 };
    let earlier =
        StoredLiveMessage { sender: bob(), priority: Priority::Normal, edits: 1, ..live_message.clone() };
    let removal = StoredLiveMessage {
        edits: 0,
        body: nothing.clone(),
        changes: Some(Seq(300)),
        ..live_message.clone()
    };
    [
        (
            "stored_live_message_deleted",
            StoredLiveMessage { body: nothing, deleted: true, ..live_message.clone() },
        ),
        (
            "stored_live_message_only_for_sender",
            StoredLiveMessage { edits: 0, only_for_sender: true, ..live_message.clone() },
        ),
        (
            "stored_live_message_change",
            StoredLiveMessage { changed: Some(Box::new(earlier)), ..removal.clone() },
        ),
        ("stored_live_message_removal", removal),
        ("stored_live_message", live_message),
    ]
}
