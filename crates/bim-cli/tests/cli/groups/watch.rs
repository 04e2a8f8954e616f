//! Everything that happens in a live group, as it happens.

use serde_json::json;

use super::Lobby;
use crate::support::{Tail, run, signal};

#[test]
fn a_watcher_is_told_of_everything_in_its_order() {
    let lobby = Lobby::open();
    let carol = lobby.watcher("carol");
    assert_eq!((&carol.joined["name"], &carol.joined["attributes"]), (&json!("room"), &json!([])));
    lobby.row("bob", &["send", "hello"]);
    assert_eq!(carol.hears("message", "hello")["sender"], "bob");
    let _dave = lobby.watcher("dave");
    let pulse = carol.hears("pulse", "dave");
    assert_eq!(pulse["joined"]["more"], 0);
    lobby.row("alice", &["mute", "bob", "--for", "60"]);
    let muted = carol.hears("members", "muted");
    assert_eq!((&muted["operator"], &muted["uids"]), (&json!("alice"), &json!(["bob"])));
    assert!(muted["until_ms"].is_u64());
    lobby.row("alice", &["set", "--notice", "be kind"]);
    assert_eq!(carol.hears("state", "be kind")["notice"], "be kind");
    lobby.row("alice", &["dissolve"]);
    assert_eq!(carol.hears("left", "")["reason"], "dissolved");
    let ended = carol.end();
    assert_eq!(ended.code, Some(1));
    assert!(ended.error().contains("was dissolved"), "{}", ended.err);
}

#[test]
fn watching_ends_in_time_or_with_a_signal_and_leaves() {
    let lobby = Lobby::open();
    let watched = lobby.run("bob", &["watch", "--for", "300ms"]);
    assert_eq!(watched.code, Some(0), "{watched:?}");
    let carol = lobby.watcher("carol");
    signal(carol.child.as_ref().unwrap().id(), "TERM");
    assert_eq!(carol.end().code, Some(0));
    assert_eq!(lobby.row("alice", &["online"])["online"], 0);
}

#[test]
fn for_people_each_event_is_a_sentence() {
    let lobby = Lobby::open();
    let server = &lobby.server;
    let mut watch =
        server.client(&["group", "watch"], "bob", &server.websocket).tail(&["--group", &lobby.group]);
    let mut watch = watch.spawn().unwrap();
    let lines = crate::support::Lines::of(watch.stdout.take().unwrap());
    lines.until("in live group room");
    let _dave = lobby.watcher("dave");
    lines.until("+");
    lobby.row("carol", &["send", "hello"]);
    lines.until("carol: hello");
    lobby.row("alice", &["mute", "bob"]);
    lines.until("alice muted you for ever");
    lobby.row("carol", &["edit", "1", "hello, all"]);
    lines.until("carol changed message 1: hello, all");
    lobby.row("carol", &["tap", "likes", "3"]);
    lines.until("counter likes 3");
    lobby.row("alice", &["kick", "bob"]);
    lines.until("alice removed you");
    let ended = crate::support::end(watch);
    assert_eq!(ended.code, Some(1));
    assert!(ended.error().contains("you were removed from live group"), "{}", ended.err);
    assert_eq!(run(server.client(&["group", "watch", "--help"], "bob", ""), b"").code, Some(0));
}
