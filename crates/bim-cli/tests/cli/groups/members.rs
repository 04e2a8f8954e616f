//! Who is in a group, and what they say about themselves.

use serde_json::json;

use super::{Lobby, column};
use crate::support::{Tail, run};

#[test]
fn who_is_not_in_comes_in_to_look_and_is_gone_again() {
    let lobby = Lobby::open();
    let _carol = lobby.watcher("carol");
    assert_eq!(column(&lobby.rows("bob", &["members"]), "uid"), [json!("bob"), json!("carol")]);
    let seen = lobby.rows("alice", &["presence", "bob", "carol"]);
    assert_eq!(column(&seen, "online"), [json!(false), json!(true)]);
    assert!(seen[1]["joined_at_ms"].as_u64().unwrap() <= seen[1]["last_seen_at_ms"].as_u64().unwrap());
    let online = lobby.row("alice", &["online"]);
    assert_eq!(online["online"], 1);
    assert!(online["online_age_ms"].is_u64());
}

#[test]
fn lists_go_on_where_they_were_left() {
    let lobby = Lobby::open();
    let _in = ["ann", "ben", "cem", "dan", "eva"].map(|uid| lobby.watcher(uid));
    let first = lobby.run("alice", &["members", "--count", "2"]);
    assert_eq!(column(&super::rows(&first), "uid"), [json!("ann"), json!("ben")]);
    assert!(first.err.contains("--after ben goes on"), "{}", first.err);
    let rest = lobby.run("alice", &["members", "--after", "ben"]);
    assert_eq!(column(&super::rows(&rest), "uid"), [json!("cem"), json!("dan"), json!("eva")]);
    assert!(!rest.err.contains("--after"), "{}", rest.err);
    assert_eq!(lobby.rows("alice", &["members", "--all"]).len(), 5);
    lobby.row("alice", &["marks", "add", "vip"]);
    lobby.row("alice", &["mark", "vip", "dan", "ben"]);
    let marked = lobby.rows("alice", &["members", "--mark", "vip"]);
    assert_eq!(column(&marked, "uid"), [json!("ben"), json!("dan")]);
    assert_eq!(column(&lobby.rows("ann", &["members", "--list", "resident"]), "uid"), [json!("alice")]);
    assert_eq!(lobby.run("alice", &["members", "--list", "muted", "--mark", "vip"]).code, Some(2));
    assert!(lobby.refusal("ann", &["members", "--list", "muted"]).contains("(code 11)"));
}

#[test]
fn a_profile_is_kept_while_another_device_is_in() {
    let lobby = Lobby::open();
    let bob = lobby.watcher("bob");
    let set = lobby.row("bob", &["profile", "--alias", "Bobby", "--ext", "team=red", "--ext", "x=a=b"]);
    assert_eq!((&set["alias"], &set["ext"]), (&json!("Bobby"), &json!({ "team": "red", "x": "a=b" })));
    lobby.row("bob", &["profile", "--avatar", "http://a/b.png"]);
    // Among those who joined or whose record changed, as it fell out.
    assert!(bob.hears("pulse", "b.png").to_string().contains("Bobby"));
    let shown = lobby.row("alice", &["member", "bob"]);
    assert_eq!((&shown["alias"], &shown["avatar_url"]), (&json!("Bobby"), &json!("http://a/b.png")));
    assert_eq!(lobby.row("bob", &["profile"])["ext"], json!({ "team": "red", "x": "a=b" }));
    assert!(lobby.refusal("bob", &["profile", "--of", "alice", "--alias", "x"]).contains("(code 11)"));
}

#[test]
fn a_number_and_a_text_are_different_users() {
    let lobby = Lobby::open();
    let minted = ["token", "--app", "1", "--uid", "7", "--int-uid", "--data-dir"];
    let minted = run(crate::support::bim(minted).with(&lobby.server.data_dir()), b"");
    let server = &lobby.server;
    let tail = ["--group", &lobby.group, "--json", "--int-uid", "--token", minted.lines()[0]];
    let seven = server.client(&["group", "members"], "7", &server.websocket).tail(&tail);
    let members = super::rows(&run(seven, b""));
    assert_eq!(column(&members, "uid"), [json!(7)]);
    lobby.row("alice", &["mute", "7", "--int-uids"]);
    assert_eq!(lobby.row("alice", &["member", "7", "--int-uids"])["muted"], true);
    assert_eq!(lobby.row("alice", &["member", "7"])["muted"], false);
    let wrong = lobby.run("alice", &["member", "seven", "--int-uids"]);
    assert_eq!(wrong.code, Some(2));
}
