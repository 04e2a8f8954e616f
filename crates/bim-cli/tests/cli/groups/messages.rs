//! Messages, one at a time.

use serde_json::json;

use super::{Lobby, column};
use crate::support::{Server, Tail, bim, run};

#[test]
fn what_was_said_is_read_newest_first_page_by_page() {
    let lobby = Lobby::with(&["--set", "limits.sender_burst=100"]);
    for number in 1..=25 {
        lobby.row("bob", &["send", &format!("m{number}")]);
    }
    let texts = |words: &[&str]| column(&lobby.rows("carol", words), "text");
    let down = |from: u32, to: u32| (to..=from).rev().map(|n| json!(format!("m{n}"))).collect::<Vec<_>>();
    assert_eq!(texts(&["history"]), down(25, 6));
    assert_eq!(texts(&["history", "--count", "25"]), down(25, 1));
    assert_eq!(texts(&["history", "--before", "4"]), down(3, 1));
    assert_eq!(texts(&["history", "--before", "1"]), down(0, 1));
}

#[test]
fn a_message_says_what_it_was_changed_to_and_is_gone_when_removed() {
    let lobby = Lobby::open();
    let carol = lobby.watcher("carol");
    let sent = lobby.row("bob", &["send", "frist"]);
    assert_eq!((&sent["type"], &sent["position"]["seq"]), (&json!("accepted"), &json!(1)));
    assert!(lobby.refusal("carol", &["edit", "1", "mine"]).contains("(code 11)"));
    assert_eq!(lobby.row("bob", &["edit", "1", "first"]), json!({ "seq": 1, "done": "edited" }));
    let heard = carol.hears("updated", "");
    assert_eq!((&heard["operator"], &heard["message"]["text"]), (&json!("bob"), &json!("first")));
    let read = lobby.row("carol", &["history"]);
    assert_eq!((&read["text"], &read["edits"]), (&json!("first"), &json!(1)));
    lobby.row("alice", &["delete", "1"]);
    let heard = carol.hears("deleted", "");
    assert_eq!((&heard["operator"], &heard["position"]["seq"]), (&json!("alice"), &json!(1)));
    assert!(lobby.rows("bob", &["history"]).is_empty());
    assert!(lobby.refusal("bob", &["edit", "1", "again"]).contains("(code 1017)"));
}

#[test]
fn a_chat_in_a_script_does_not_take_a_change_for_a_gap() {
    let lobby = Lobby::open();
    let server = &lobby.server;
    let chat = server.listener("carol", &server.websocket, &lobby.group, &["--json", "--receive", "2"]);
    lobby.row("bob", &["send", "one"]);
    lobby.row("bob", &["edit", "1", "uno"]);
    lobby.row("bob", &["send", "two"]);
    let heard = crate::support::end(chat);
    assert_eq!(heard.code, Some(0));
    assert_eq!(column(&heard.records("message"), "text"), [json!("one"), json!("two")]);
    assert!(heard.records("gap").is_empty());
}

#[test]
fn only_the_server_of_the_app_speaks_to_all_its_groups() {
    let lobby = Lobby::open();
    lobby.server.group();
    let bob = lobby.watcher("bob");
    let refused = broadcast(&lobby.server, &lobby.server.token("bob"));
    assert_eq!(refused.code, Some(1));
    assert!(refused.error().contains("(code 11)"), "{}", refused.err);
    let minted = ["token", "--app", "1", "--uid", "bob", "--app-server", "--data-dir"];
    let minted = run(bim(minted).with(&lobby.server.data_dir()), b"");
    assert_eq!(minted.code, Some(0), "{minted:?}");
    let done = broadcast(&lobby.server, minted.lines()[0]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(super::rows(&done), [json!({ "accepted": 2, "failed": 0 })]);
    assert_eq!(bob.hears("message", "")["text"], "to all");
}

fn broadcast(server: &Server, token: &str) -> crate::support::Ended {
    let command = server.client(&["group", "broadcast", "to all", "--json"], "bob", &server.websocket);
    run(command.tail(&["--token", token]), b"")
}
