//! Groups as a whole.

use serde_json::json;

use super::Lobby;

#[test]
fn a_group_shows_who_may_speak_and_the_own_record() {
    let lobby = Lobby::open();
    assert_eq!(lobby.row("alice", &["slow", "5"])["done"], "slow mode");
    lobby.row("alice", &["dissolve-after", "12h"]);
    lobby.row("alice", &["mute-all", "members"]);
    let seen_by_owner = lobby.row("alice", &["info"]);
    assert_eq!(seen_by_owner["slow_mode_ms"], 5_000);
    assert_eq!(seen_by_owner["dissolve_after_idle_ms"], 12 * 3_600_000);
    assert_eq!(seen_by_owner["mute_all"], "members");
    assert_eq!((&seen_by_owner["role"], &seen_by_owner["me"]["uid"]), (&json!("owner"), &json!("alice")));
    let seen_by_other = lobby.row("bob", &["get"]);
    assert_eq!((&seen_by_other["role"], &seen_by_other["owner"]), (&json!("normal"), &json!("alice")));
    assert!(lobby.refusal("bob", &["slow", "1"]).contains("(code 13)"));
    assert!(lobby.refusal("alice", &["slow", "2h"]).contains("(code 4)"));
}

#[test]
fn the_own_groups_are_listed_and_a_dissolved_one_is_gone() {
    let lobby = Lobby::open();
    let group: i64 = lobby.group.parse().unwrap();
    let list = |uid: &str, verb: &str| {
        let ended = crate::support::run(lobby.server.group_command(verb, uid, &["--json"]), b"");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        super::column(&super::rows(&ended), "group")
    };
    assert_eq!((list("alice", "mine"), list("bob", "mine")), (vec![json!(group)], vec![]));
    assert_eq!(list("bob", "list"), [json!(group)]);
    assert!(lobby.refusal("bob", &["dissolve"]).contains("code"));
    assert_eq!(lobby.row("alice", &["dissolve"]), json!({ "group": group, "dissolved": true }));
    assert!(list("bob", "list").is_empty());
    assert!(lobby.refusal("alice", &["info"]).contains("(code 3)"));
}
