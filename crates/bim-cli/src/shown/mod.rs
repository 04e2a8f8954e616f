//! What is shown of groups, members, messages and events: as JSON for scripts, as a line for people.
//!
//! *What it owns.* The shapes of the JSON that commands print, and the sentences that people read. *What it never
//! does.* It prints nothing and asks nothing.

mod attribute;
mod conversation;
mod event;
mod member;
mod message;
mod narrator;

use std::borrow::Cow;

use bim::{Role, Uid, Until, Wall};
use serde_json::{Value, json};

pub(crate) use attribute::attribute_json;
pub(crate) use conversation::{conversation_json, conversation_text, mute_all_name};
pub(crate) use event::event_json;
pub(crate) use member::{member_json, member_line};
pub(crate) use message::{MessageRecord, history_json, message_line};
pub(crate) use narrator::{Narrator, attendance_line, count};

/// A user: a JSON number is the integer flavour.
pub(crate) fn uid_json(uid: &Uid) -> Value {
    match uid {
        Uid::Int(number) => json!(number),
        Uid::Str(text) => json!(text.as_ref()),
    }
}

/// Users, as a list.
pub(crate) fn uids_json(uids: &[Uid]) -> Value {
    uids.iter().map(uid_json).collect()
}

/// The word for a role, as arguments have it.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Normal => "normal",
        _ => "unknown",
    }
}

/// Milliseconds of the server's clock; nothing for ever.
fn until_json(until: Until) -> Value {
    match until {
        Until::At(at) => json!(at.as_millis()),
        Until::Forever => Value::Null,
    }
}

/// A time for people, in their time zone.
fn until_text(until: Until) -> String {
    match until {
        Until::At(at) => format!("until {}", moment(at)),
        Until::Forever => "for ever".to_owned(),
    }
}

/// Date and time here.
pub(crate) fn moment(at: Wall) -> String {
    let at = i64::try_from(at.as_millis()).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or_else(
        || "a time far away".to_owned(),
        |at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// One thing stays one line, and none moves the cursor: control characters but the tab are escaped.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    let dangerous = |c: char| c.is_control() && c != '\t';
    if !text.contains(dangerous) {
        return text.into();
    }
    let escape = |c: char| if dangerous(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect::<String>().into()
}
