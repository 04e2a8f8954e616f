//! Groups.

use bim::{Conversation, MuteAll};
use serde_json::{Value, json};

use super::{member_json, member_line, role_name, uid_json};

/// The word for who is silenced, as arguments have it.
pub(crate) fn mute_all_name(mute_all: MuteAll) -> &'static str {
    match mute_all {
        MuteAll::Off => "off",
        MuteAll::NormalMembers => "members",
        MuteAll::Everyone => "everyone",
        _ => "unknown",
    }
}

/// A group, all of it.
pub(crate) fn conversation_json(group: &Conversation) -> Value {
    let info = &group.info;
    json!({
        "group": group.conversation_short_id.value(), "name": info.name, "description": info.description,
        "notice": info.notice, "avatar_url": info.avatar_url, "ext": info.ext, "owner": uid_json(&group.owner),
        "created_at_ms": group.created_at.as_millis(), "online": group.online_count,
        "online_age_ms": millis(group.online_count_age), "version": group.version,
        "dissolved": group.dissolved, "mute_all": mute_all_name(group.mute_all),
        "slow_mode_ms": millis(group.slow_mode), "dissolve_after_idle_ms": millis(group.dissolve_after_idle),
        "mark_types": group.mark_types, "role": role_name(group.role), "joined": group.joined,
        "me": group.me.as_ref().map(member_json),
    })
}

/// A group, one thing a line.
pub(crate) fn conversation_text(group: &Conversation) -> String {
    let info = &group.info;
    let marks: Vec<_> = group.mark_types.iter().map(|mark| mark.escape_debug().to_string()).collect();
    let mut lines = vec![
        ("group", group.conversation_short_id.to_string()),
        ("name", info.name.escape_debug().to_string()),
        ("description", info.description.escape_debug().to_string()),
        ("notice", info.notice.escape_debug().to_string()),
        ("owner", group.owner.to_string()),
        ("online", group.online_count.to_string()),
        ("dissolved", group.dissolved.to_string()),
        ("muted", mute_all_name(group.mute_all).to_owned()),
        ("slow mode", format!("{} s", group.slow_mode.as_secs_f64())),
        ("when idle", idle(group)),
        ("marks", marks.join(", ")),
    ];
    lines.extend(group.me.as_ref().map(|me| ("you", member_line(me))));
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name:<12} {value}")).collect();
    lines.join("\n")
}

fn idle(group: &Conversation) -> String {
    match group.dissolve_after_idle.as_secs() {
        0 => "kept".to_owned(),
        seconds => format!("dissolved after {seconds} s"),
    }
}

/// Whole milliseconds.
fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
