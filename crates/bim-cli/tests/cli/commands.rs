//! What the commands of an operator do, and what they say when they can not.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Lines, Server, Tail, bim, end, run, signal};

fn fails<'a>(args: impl IntoIterator<Item = &'a str>) -> (Option<i32>, String) {
    let ended = run(bim(args), b"");
    (ended.code, ended.error().to_owned())
}

#[test]
fn wrong_arguments_end_with_two() {
    for args in [
        vec!["nonsense"],
        vec!["chat"],
        vec!["token", "--app", "0", "--uid", "a"],
        vec!["serve", "--set", "x"],
    ] {
        let (code, error) = fails(args.iter().copied());
        assert_eq!(code, Some(2), "{args:?}: {error}");
    }
}

#[test]
fn what_a_server_can_not_use_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let keeper = TcpListener::bind(&taken).unwrap();
    let serve = |tail: &[&str]| {
        let ended = run(bim(["serve", "--listen-quic", "off"]).tail(tail), b"");
        assert_eq!(ended.code, Some(1), "{ended:?}");
        ended.error().to_owned()
    };
    let error = serve(&["--data-dir", &data, "--listen-websocket", &taken]);
    assert!(error.contains(&taken) && error.contains("taken"), "{error}");
    drop(keeper);
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below_a_file = file.join("data").display().to_string();
    let error = serve(&["--data-dir", &below_a_file]);
    assert!(error.contains(&below_a_file) && error.contains("can not be written"), "{error}");
    let error = serve(&["--data-dir", &data, "--set", "limits.sender_brust=1"]);
    assert!(error.contains("did you mean `limits.sender_burst`"), "{error}");
}

#[test]
fn a_directory_in_use_is_refused_and_operators_reach_the_server_that_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let data = server.data_dir();
    let second = run(bim(["serve", "--listen-websocket", "127.0.0.1:0", "--data-dir", &data]), b"");
    assert_eq!(second.code, Some(1));
    assert!(second.error().contains("is in use by another process"), "{}", second.err);
    let listed = run(bim(["app", "list", "--json", "--data-dir", &data]), b"");
    assert!(listed.lines()[0].contains("\"name\":\"test\""), "{listed:?}");
    assert_eq!(server.terminate(), Some(0));
    let listed = run(bim(["app", "list", "--json", "--data-dir", &data]), b"");
    assert_eq!(listed.lines().len(), 1, "without a server too: {listed:?}");
}

#[test]
fn a_secret_is_shown_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let made = run(bim(["app", "create", "--name", "demo", "--json", "--data-dir", &data]), b"");
    let made: serde_json::Value = serde_json::from_str(made.lines()[0]).unwrap();
    let secret = made["secret"].as_str().unwrap();
    assert_eq!((made["key_id"].as_str(), secret.len()), (Some("1.1"), 43));
    let listed = run(bim(["app", "list", "--json", "--data-dir", &data]), b"");
    assert!(!String::from_utf8(listed.out).unwrap().contains(secret));
}

#[test]
fn what_is_said_about_a_group_is_changed_by_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let set = |uid: &str, notice: &str| {
        run(server.group_command("set", uid, &["--group", &group, "--notice", notice, "--json"]), b"")
    };
    let changed = set("alice", "新公告");
    assert_eq!(changed.code, Some(0), "{changed:?}");
    let read = run(server.group_command("get", "bob", &["--group", &group, "--json"]), b"");
    for shown in [changed, read] {
        let shown: serde_json::Value = serde_json::from_str(shown.lines()[0]).unwrap();
        assert_eq!((&shown["notice"], &shown["name"]), (&"新公告".into(), &"room".into()));
    }
    let refused = set("bob", "mine");
    assert_eq!(refused.code, Some(1));
    assert!(refused.error().contains("not a member of the group (code 13)"), "{}", refused.err);
    assert!(set("alice", &"x".repeat(1_025)).error().contains("1024"));
}

#[test]
fn a_login_that_is_refused_says_why_and_what_would_help() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let with = |uid: &str, token: &str| {
        let ended = run(server.chat(uid, &server.websocket, &group, &["--token", token]), b"");
        assert_eq!(ended.code, Some(1), "{ended:?}");
        ended.error().to_owned()
    };
    let alice = server.token("alice");
    assert!(with("bob", &alice).contains("token belongs to another user (code 55)"));
    assert!(with("alice", &alice[..alice.len() - 2]).contains("token not valid (code 1)"));
    let unknown = run(server.chat("alice", &server.websocket, "123", &[]), b"");
    assert!(
        unknown.error().contains("live group 123 can not be joined: no such conversation"),
        "{}",
        unknown.err
    );
    let disabled = run(bim(["app", "disable", "--app", "1", "--data-dir", &server.data_dir()]), b"");
    assert_eq!(disabled.code, Some(0), "{disabled:?}");
    assert!(with("alice", &alice).contains("app unknown or disabled (code 51)"));
}

#[test]
fn a_disabled_app_ends_the_chats_of_its_users() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let mut chat = server.chat("bob", &server.quic, &group, &["--listen"]).spawn().unwrap();
    let notes = Lines::of(chat.stderr.take().unwrap());
    notes.until("in live group");
    run(bim(["app", "disable", "--app", "1", "--data-dir", &server.data_dir()]), b"");
    assert!(notes.until("error: ").contains("app unknown or disabled (code 51)"));
    assert_eq!(end(chat).code, Some(1));
}

#[test]
fn sigterm_ends_a_listener_with_zero() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let chat = server.listener("bob", &server.quic, &group, &["--listen"]);
    signal(chat.id(), "TERM");
    assert_eq!(end(chat).code, Some(0));
}

#[test]
fn the_printed_settings_can_be_used_and_the_ready_file_tells_the_endpoints() {
    let dir = tempfile::tempdir().unwrap();
    let printed = run(bim(["serve", "--print-config"]), b"");
    let config = dir.path().join("bim.toml");
    std::fs::write(&config, printed.out).unwrap();
    let ready = dir.path().join("ready.json");
    let (config, ready_text) = (config.display().to_string(), ready.display().to_string());
    let ready_and_json = ["--ready-file", &ready_text, "--log-format", "json", "--config", &config];
    let server = Server::start(dir.path(), &ready_and_json);
    // An app was made since, so the file is there.
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    assert_eq!(told["endpoints"][0].as_str(), Some(server.websocket.as_str()));
    assert_eq!(told["fingerprint"].as_str(), Some(server.fingerprint.as_str()));
    assert_eq!(server.terminate(), Some(0));
    assert!(!ready.exists());
}

#[test]
fn the_log_holds_no_token_and_no_body() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--log-level", "trace"]);
    let group = server.group();
    let sent = run(server.chat("alice", &server.websocket, &group, &[]), b"canary-body\n");
    assert_eq!(sent.code, Some(0));
    let logged = std::fs::read_to_string(server.dir.join("log")).unwrap();
    assert!(logged.contains("logged in"), "{logged}");
    assert!(!logged.contains("canary-body"));
    assert!(!logged.contains(&server.token("alice")[..40]));
}

#[test]
fn dev_without_a_terminal_sends_what_it_is_given_and_finds_its_group_again() {
    let dir = tempfile::tempdir().unwrap();
    let dev = |input: &[u8]| run(dev(dir.path()), input);
    let first = dev(b"hello\n");
    assert_eq!((first.code, first.lines()), (Some(0), vec!["accepted 1 hello"]), "{}", first.err);
    let second = dev("世界".as_bytes());
    assert_eq!((second.code, second.lines()), (Some(0), vec!["accepted 2 世界"]), "{}", second.err);
}

#[test]
fn the_line_that_dev_prints_joins_over_quic() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = dev(dir.path()).args(["--receive", "1"]).stdin(Stdio::piped()).spawn().unwrap();
    let notes = Lines::of(first.stderr.take().unwrap());
    notes.until("over QUIC");
    let line = notes.until(" chat --join ");
    notes.until("in live group");
    let second = run(dev(dir.path()), b"");
    assert!(second.error().contains("is in use by another process"), "{}", second.err);
    assert!(second.err.contains(" chat --join "), "{}", second.err);
    let mut shell = Command::new("sh").tail(&["-c", line.trim_start_matches("bim:").trim()]);
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    let guest = run(shell, b"hi\n");
    assert_eq!((guest.code, guest.lines()), (Some(0), vec!["accepted 1 hi"]), "{}", guest.err);
    let heard = end(first);
    assert_eq!((heard.code, heard.lines()), (Some(0), vec!["guest: hi"]));
    assert!(!dir.path().join("join-quic.json").exists(), "nobody is invited any more");
}

fn dev(dir: &Path) -> Command {
    let dir = dir.display().to_string();
    bim(["dev", "--listen-websocket", "127.0.0.1:0", "--listen-quic", "127.0.0.1:0", "--data-dir", &dir])
}
