//! Members.

use bim::Member;
use serde_json::{Value, json};

use super::{escape, role_name, uid_json, until_json, until_text};

/// A member's record.
pub(crate) fn member_json(member: &Member) -> Value {
    let presence = member.presence;
    json!({
        "uid": uid_json(&member.uid), "role": role_name(member.role), "alias": member.info.alias,
        "avatar_url": member.info.avatar_url, "ext": member.info.ext, "marks": member.marks,
        "muted": member.muted.is_some(), "muted_until_ms": member.muted.map(until_json),
        "blocked": member.blocked.is_some(), "blocked_until_ms": member.blocked.map(until_json),
        "exempt": member.exempt, "online": member.is_online(),
        "joined_at_ms": presence.map(|presence| presence.joined_at.as_millis()),
        "last_seen_at_ms": presence.map(|presence| presence.last_seen_at.as_millis()),
    })
}

/// A member on one line: who, and what is special about it.
pub(crate) fn member_line(member: &Member) -> String {
    let mut words = vec![role_name(member.role).to_owned()];
    words.push(if member.is_online() { "online" } else { "away" }.to_owned());
    if !member.info.alias.is_empty() {
        words.push(format!("\"{}\"", escape(&member.info.alias)));
    }
    words.extend(member.marks.iter().map(|mark| format!("#{}", escape(mark))));
    words.extend(member.muted.map(|until| format!("muted {}", until_text(until))));
    words.extend(member.blocked.map(|until| format!("blocked {}", until_text(until))));
    if member.exempt {
        words.push("exempt".to_owned());
    }
    format!("{:<20}  {}", member.uid.to_string(), words.join(", "))
}

#[cfg(test)]
mod tests {
    use bim::{Member, MemberInfo, Role, Uid, Until, Wall};
    use serde_json::json;

    use super::*;

    fn member() -> Member {
        Member {
            uid: Uid::int(7).unwrap(),
            role: Role::Admin,
            info: MemberInfo { alias: "Ann\u{1b}".into(), ..MemberInfo::default() },
            marks: vec!["vip".into()],
            muted: Some(Until::Forever),
            blocked: None,
            exempt: false,
            presence: None,
        }
    }

    #[test]
    fn a_mute_for_ever_has_no_time_and_a_number_stays_one() {
        let shown = member_json(&member());
        assert_eq!((&shown["uid"], &shown["muted"]), (&json!(7), &json!(true)));
        assert_eq!((&shown["muted_until_ms"], &shown["blocked"]), (&json!(null), &json!(false)));
        let timed = Member { muted: Some(Until::At(Wall::from_millis(9))), ..member() };
        assert_eq!(member_json(&timed)["muted_until_ms"], json!(9));
    }

    #[test]
    fn a_line_says_what_is_special() {
        let line = member_line(&member());
        assert!(line.starts_with("7 "), "{line}");
        assert!(line.ends_with("admin, away, \"Ann\\u{1b}\", #vip, muted for ever"), "{line}");
    }
}
