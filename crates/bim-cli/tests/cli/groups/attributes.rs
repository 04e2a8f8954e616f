//! What a group keeps beside its messages.

use serde_json::json;

use super::{Lobby, column};

#[test]
fn attributes_are_set_on_conditions_read_and_removed() {
    let lobby = Lobby::open();
    let carol = lobby.watcher("carol");
    let set = lobby.row("bob", &["attrs", "set", "song", "one", "--if-absent"]);
    assert_eq!((&set["keys"], &set["attributes"][0]["value"]), (&json!(["song"]), &json!("one")));
    let version = set["attributes"][0]["version"].to_string();
    assert_eq!(carol.hears("attributes", "song")["set"][0]["setter"], "bob");
    let again = lobby.run("bob", &["attrs", "set", "song", "two", "--if-absent"]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("failed: song: ") && again.err.contains("(code 1016)"), "{}", again.err);
    let failed = &super::rows(&again)[0]["failed"][0];
    assert_eq!((&failed["code"], &failed["present"]["value"]), (&json!(1016), &json!("one")));
    lobby.row("alice", &["attrs", "set", "song", "two", "--if-version", &version]);
    let stale = lobby.run("bob", &["attrs", "set", "song", "three", "--if-version", &version]);
    assert_eq!(stale.code, Some(1));
    lobby.row("bob", &["attrs", "set", "lamp", "on", "--ttl", "1h"]);
    let read = lobby.rows("carol", &["attrs", "get"]);
    assert_eq!(column(&read, "key"), [json!("lamp"), json!("song")]);
    assert_eq!(column(&read, "value"), [json!("on"), json!("two")]);
    assert!(read[0]["expires_at_ms"].is_u64() && read[1]["expires_at_ms"].is_null());
    assert_eq!(lobby.row("carol", &["attrs", "get", "song"])["value"], "two");
    assert_eq!(lobby.row("carol", &["attrs", "remove", "song"])["keys"], json!(["song"]));
    assert_eq!(carol.hears("attributes", "\"removed\":[\"song\"]")["set"], json!([]));
    assert_eq!(lobby.watcher("dave").joined["attributes"][0]["key"], "lamp");
}

#[test]
fn an_attribute_goes_with_the_last_device_of_its_setter() {
    let lobby = Lobby::open();
    let bob = lobby.watcher("bob");
    lobby.row("bob", &["attrs", "set", "seat", "1", "--delete-on-leave"]);
    assert_eq!(lobby.row("alice", &["attrs", "get"])["delete_on_leave"], true);
    lobby.row("carol", &["attrs", "set", "seat2", "2", "--delete-on-leave"]);
    assert_eq!(bob.hears("attributes", "\"removed\":[\"seat2\"]")["set"], json!([]));
    assert_eq!(column(&lobby.rows("alice", &["attrs", "get"]), "key"), [json!("seat")]);
}

#[test]
fn taps_are_counted_before_the_command_ends() {
    let lobby = Lobby::open();
    let carol = lobby.watcher("carol");
    assert_eq!(lobby.row("bob", &["tap", "likes", "5"]), json!({ "counter": "likes", "value": 5 }));
    assert_eq!(carol.hears("counters", "")["counters"]["likes"], 5);
    assert_eq!(lobby.row("bob", &["tap", "likes"])["value"], 6);
    assert_eq!(lobby.row("dave", &["counters"]), json!({ "counter": "likes", "value": 6 }));
    assert_eq!(lobby.run("bob", &["tap", "likes", "0"]).code, Some(2));
    assert!(lobby.refusal("bob", &["tap", &"x".repeat(65)]).contains("code"));
}
