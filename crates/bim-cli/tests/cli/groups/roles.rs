//! Roles and marks.

use serde_json::json;

use super::{Lobby, column};

#[test]
fn an_admin_moderates_until_the_role_is_taken_back() {
    let lobby = Lobby::open();
    let bob = lobby.watcher("bob");
    assert_eq!(lobby.row("alice", &["admin", "add", "bob"])["uids"], json!(["bob"]));
    assert_eq!(bob.hears("members", "admins_added")["operator"], "alice");
    lobby.row("bob", &["mute", "carol"]);
    let resident = lobby.rows("alice", &["members", "--list", "resident"]);
    assert_eq!(column(&resident, "role"), [json!("owner"), json!("admin")]);
    lobby.row("alice", &["admin", "remove", "bob"]);
    assert!(lobby.refusal("bob", &["unmute", "carol"]).contains("code"));
    lobby.row("alice", &["role", "bob", "--role", "admin"]);
    assert_eq!(lobby.row("bob", &["info"])["role"], "admin");
    lobby.row("alice", &["role", "bob", "--role", "normal"]);
    assert_eq!(lobby.row("bob", &["info"])["role"], "normal");
    assert_eq!(lobby.run("alice", &["admin", "add", "nobody"]).code, Some(1));
}

#[test]
fn a_group_is_given_to_someone_who_is_in() {
    let lobby = Lobby::open();
    assert!(lobby.refusal("alice", &["transfer", "bob"]).contains("(code 13)"));
    let bob = lobby.watcher("bob");
    assert_eq!(lobby.row("alice", &["transfer", "bob"])["done"], "transfer");
    let told = bob.hears("members", "owner_changed");
    assert_eq!((&told["from"], &told["to"]), (&json!("alice"), &json!("bob")));
    assert_eq!(lobby.row("alice", &["info"])["owner"], "bob");
    let _alice = lobby.watcher("alice");
    lobby.row("bob", &["role", "alice", "--role", "owner"]);
    assert_eq!(lobby.row("bob", &["info"])["owner"], "alice");
}

#[test]
fn marks_are_made_given_and_taken_back() {
    let lobby = Lobby::open();
    let bob = lobby.watcher("bob");
    lobby.row("alice", &["marks", "add", "vip", "guest"]);
    assert_eq!(bob.hears("members", "mark_types_added")["marks"], json!(["guest", "vip"]));
    let marks = column(&lobby.rows("bob", &["marks", "list"]), "mark");
    assert_eq!(marks, [json!("guest"), json!("vip")]);
    lobby.row("alice", &["mark", "vip", "bob"]);
    assert_eq!(lobby.row("bob", &["member", "bob"])["marks"], json!(["vip"]));
    lobby.row("alice", &["unmark", "vip", "bob"]);
    assert_eq!(lobby.row("bob", &["member", "bob"])["marks"], json!([]));
    lobby.row("alice", &["marks", "remove", "guest"]);
    assert_eq!(column(&lobby.rows("bob", &["marks", "list"]), "mark"), [json!("vip")]);
    assert!(lobby.refusal("bob", &["marks", "add", "x"]).contains("code"));
    assert_eq!(lobby.run("alice", &["mark", "unknown", "bob"]).code, Some(1));
}
