//! Who may speak, and who may come in.

use serde_json::json;

use super::{Lobby, column};
use crate::support::{Tail, run};

#[test]
fn who_is_muted_can_not_speak_until_it_is_lifted() {
    let lobby = Lobby::open();
    let done = lobby.row("alice", &["mute", "bob", "--for", "10m"]);
    assert_eq!((&done["done"], &done["uids"]), (&json!("mute"), &json!(["bob"])));
    let muted = lobby.row("alice", &["members", "--list", "muted"]);
    assert_eq!((&muted["uid"], &muted["muted"]), (&json!("bob"), &json!(true)));
    assert!(muted["muted_until_ms"].is_u64());
    assert!(lobby.refusal("bob", &["send", "hi"]).contains("(code 14)"));
    lobby.row("alice", &["unmute", "bob"]);
    assert_eq!(lobby.row("bob", &["send", "hi"])["text"], "hi");
    lobby.row("alice", &["mute", "bob"]);
    assert_eq!(lobby.row("alice", &["member", "bob"])["muted_until_ms"], json!(null));
}

#[test]
fn what_can_not_be_done_for_one_is_said_and_done_for_the_others() {
    let lobby = Lobby::open();
    let ended = lobby.run("alice", &["mute", "bob", "alice"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("failed: alice: insufficient permission (code 11)"), "{}", ended.err);
    assert_eq!(ended.error(), "error: mute was not done for 1 of 2 users");
    let told = &super::rows(&ended)[0];
    assert_eq!((&told["uids"], &told["failed"][0]["code"]), (&json!(["bob"]), &json!(11)));
    let server = &lobby.server;
    let kick = server.client(&["group", "kick", "carol"], "alice", &server.websocket);
    let ended = run(kick.tail(&["--group", &lobby.group]), b"");
    assert_eq!((ended.code, ended.lines().len()), (Some(1), 0));
    assert!(ended.err.contains("failed: carol: not a member of the group (code 13)"), "{}", ended.err);
    assert!(lobby.refusal("bob", &["mute", "carol"]).contains("(code 13)"));
}

#[test]
fn while_all_are_muted_the_exempt_may_speak() {
    let lobby = Lobby::open();
    lobby.row("alice", &["mute-all", "members"]);
    assert!(lobby.refusal("bob", &["send", "hi"]).contains("(code 1013)"));
    lobby.row("alice", &["exempt", "bob"]);
    assert_eq!(column(&lobby.rows("alice", &["members", "--list", "exempt"]), "uid"), [json!("bob")]);
    lobby.row("bob", &["send", "hi"]);
    lobby.row("alice", &["unexempt", "bob"]);
    lobby.row("alice", &["mute-all", "everyone"]);
    assert!(lobby.refusal("bob", &["send", "hi"]).contains("(code 1013)"));
    lobby.row("alice", &["mute-all", "off"]);
    lobby.row("bob", &["send", "hi"]);
}

#[test]
fn who_is_blocked_is_out_and_stays_out_until_it_is_lifted() {
    let lobby = Lobby::open();
    let bob = lobby.watcher("bob");
    lobby.row("alice", &["block", "bob", "--for", "3600"]);
    assert_eq!(bob.hears("left", "kicked")["blocked"], true);
    let ended = bob.end();
    assert_eq!(ended.code, Some(1));
    assert!(ended.error().contains("you were blocked in live group"), "{}", ended.err);
    assert!(lobby.refusal("bob", &["members"]).contains("(code 53)"));
    let blocked = lobby.row("alice", &["members", "--list", "blocked"]);
    assert!(blocked["blocked_until_ms"].is_u64());
    lobby.row("alice", &["unblock", "bob"]);
    assert_eq!(column(&lobby.rows("bob", &["members"]), "uid"), [json!("bob")]);
}

#[test]
fn who_is_kicked_ends_with_a_sentence_and_may_come_back() {
    let lobby = Lobby::open();
    let server = &lobby.server;
    let chat = server.listener("carol", &server.websocket, &lobby.group, &["--listen"]);
    let bob = lobby.watcher("bob");
    lobby.row("alice", &["kick", "bob", "carol"]);
    let ended = bob.end();
    assert_eq!(ended.code, Some(1));
    assert!(ended.error().ends_with("by alice"), "{}", ended.err);
    assert_eq!(crate::support::end(chat).code, Some(1));
    assert_eq!(lobby.watcher("bob").joined["joined"], true);
}
