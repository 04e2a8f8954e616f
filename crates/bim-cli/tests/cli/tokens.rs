//! The examples of `docs/tokens.md`, where their language is installed.

use std::process::Command;

use crate::support::{Ended, Lines, Server, Tail, bim, end, run};

const DOCUMENT: &str = include_str!("../../../../docs/tokens.md");

#[test]
fn a_token_made_in_python_as_documented_logs_in() {
    let call = "print(token(int(sys.argv[1]), *sys.argv[2:5], app_server=len(sys.argv) > 5), end='')";
    logs_in("python3", "-c", &format!("import sys\n{}{call}", example("python")));
}

#[test]
fn a_token_made_in_node_as_documented_logs_in() {
    let call = "const [app, id, secret, uid, server] = process.argv.slice(1);
        process.stdout.write(token(Number(app), id, secret, uid, 3600, server !== undefined));";
    logs_in("node", "-e", &format!("{}{call}", example("javascript")));
}

#[test]
fn a_token_for_the_apps_own_server_lets_it_do_what_the_owner_may() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group().to_string();
    let mint = |more: &[&str]| {
        let mint = bim(["token", "--app", "1", "--uid", "backend", "--data-dir"]).with(&server.data_dir());
        let minted = run(mint.tail(more), b"");
        assert_eq!(minted.code, Some(0), "{minted:?}");
        minted.lines()[0].to_owned()
    };
    let set = |token: &str| {
        let set = ["group", "set", "--server", &server.websocket, "--app", "1", "--uid", "backend"];
        run(bim(set).tail(&["--token", token, "--group", &group, "--notice", "hello"]), b"")
    };
    assert_ne!(set(&mint(&[])).code, Some(0));
    let done = set(&mint(&["--app-server"]));
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn revoked_tokens_end_a_chat_at_once_and_are_not_taken_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--log-level", "trace"]);
    let group = server.group();
    let stolen = server.token("bob");
    let with = |token: &str| {
        let chat = server.chat("bob", &server.websocket, &group, &["--listen", "--timeout", "1s"]);
        run(chat.variable("BIM_TOKEN", token), b"")
    };
    let mut chat = server.chat("bob", &server.quic, &group, &["--listen"]);
    let mut chat = chat.env("BIM_TOKEN", &stolen).spawn().unwrap();
    let notes = Lines::of(chat.stderr.take().unwrap());
    notes.until("in live group");
    let revoked = revoke(&server.data_dir(), &["--uid", "bob", "--json"]);
    assert_eq!(revoked.lines(), [r#"{"app":1,"sessions_ended":1}"#]);
    assert!(notes.until("error: ").contains("the server ended the session: token not valid (code 1)"));
    assert_eq!(end(chat).code, Some(1));
    let refused = with(&stolen);
    assert!(refused.error().contains("the token was revoked"), "{refused:?}");
    assert_eq!(with(&server.token("bob")).code, Some(0));
    let logged = std::fs::read_to_string(server.dir.join("log")).unwrap();
    assert!(logged.contains("tokens revoked"), "{logged}");
    assert!(!logged.contains(&stolen[..40]));
}

#[test]
fn tokens_are_revoked_without_a_server_too_and_the_next_one_knows() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let (data, stolen) = (server.data_dir(), server.token("bob"));
    let (key_of_all, jti) = (server.token("alice"), jti_of(&stolen));
    assert_eq!(server.terminate(), Some(0));
    let revoked = revoke(&data, &["--jti", &jti]);
    assert_eq!(revoked.lines(), ["that token is not taken any more; sessions ended: 0"]);
    let server = Server::again(dir.path());
    let group = run(server.group_command("create", "alice", &["--name", "room"]), b"").lines()[0].to_owned();
    let with = |uid: &str, token: &str| {
        let get = ["group", "info", "--group", &group, "--server", &server.websocket, "--app", "1"];
        run(bim(get).tail(&["--uid", uid, "--token", token]), b"")
    };
    assert!(with("bob", &stolen).error().contains("the token was revoked"));
    assert_eq!(with("alice", &key_of_all).code, Some(0));
    revoke(&data, &["--key", "1.1"]);
    assert!(with("alice", &key_of_all).error().contains("the token was revoked"));
    let mint = run(bim(["token", "--app", "1", "--uid", "bob", "--data-dir", &data]), b"");
    assert!(mint.error().contains("every key of the app is revoked"), "{mint:?}");
}

#[test]
fn what_can_not_be_revoked_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let refused = |tail: &[&str]| {
        let revoked =
            run(bim(["token", "revoke", "--data-dir", &server.data_dir(), "--app"]).tail(tail), b"");
        assert_eq!(revoked.code, Some(1), "{revoked:?}");
        revoked.error().to_owned()
    };
    assert!(refused(&["1", "--key", "1.7"]).contains("the app has no such key"));
    assert!(refused(&["9", "--uid", "bob"]).contains("app unknown or disabled (code 51)"));
    assert!(refused(&["1", "--jti", ""]).contains("empty or too long"));
    assert!(refused(&["1", "--uid", "bob", "--before", "2999-01-01T00:00:00Z"]).contains("future"));
}

fn revoke(data_dir: &str, tail: &[&str]) -> Ended {
    let revoked = run(bim(["token", "revoke", "--app", "1", "--data-dir", data_dir]).tail(tail), b"");
    assert_eq!(revoked.code, Some(0), "{revoked:?}");
    revoked
}

/// What tells a token from others.
fn jti_of(token: &str) -> String {
    let claims = base64url(token.split('.').nth(1).unwrap());
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}

fn base64url(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |byte| ALPHABET.iter().position(|digit| *digit == byte).unwrap() as u32;
    let bytes = text.as_bytes().chunks(4).flat_map(|chunk| {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 6 | digit(*byte)) << (6 * (4 - chunk.len()));
        bits.to_be_bytes().into_iter().skip(1).take(chunk.len() - 1)
    });
    bytes.collect()
}

fn example(language: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

fn logs_in(interpreter: &str, flag: &str, program: &str) {
    if !Command::new(interpreter).arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("there is no {interpreter} here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let made =
        run(bim(["app", "create", "--name", "two", "--json", "--data-dir"]).with(&server.data_dir()), b"");
    let made: serde_json::Value = serde_json::from_str(made.lines()[0]).unwrap();
    let [key_id, secret] = ["key_id", "secret"].map(|field| made[field].as_str().unwrap());
    let mint = |app: &str, uid: &str, more: &[&str]| {
        let arguments = [flag, program, app, key_id, secret, uid];
        let minted = Command::new(interpreter).args(arguments).args(more).output().unwrap();
        assert!(minted.status.success(), "{minted:?}");
        String::from_utf8(minted.stdout).unwrap()
    };
    let token = |app: &str, uid: &str| mint(app, uid, &[]);
    let list = |app: &str, token: &str| {
        let server = ["group", "list", "--server", &server.websocket, "--app", app, "--uid", "alice"];
        run(bim(server).tail(&["--token", token]), b"")
    };
    let listed = list("2", &token("2", "alice"));
    assert_eq!((listed.code, listed.lines().len()), (Some(0), 0), "{listed:?}");
    assert!(list("2", &token("2", "bob")).error().contains("(code 55)"));
    let create = |token: &str| {
        let create = ["group", "create", "--server", &server.websocket, "--app", "2", "--uid", "alice"];
        run(bim(create).tail(&["--token", token, "--name", "room"]), b"").lines()[0].to_owned()
    };
    let made = create(&token("2", "alice"));
    let dissolve = |token: &str| {
        let dissolve = ["group", "dissolve", "--server", &server.websocket, "--app", "2", "--uid", "backend"];
        run(bim(dissolve).tail(&["--token", token, "--group", &made]), b"").code
    };
    assert_ne!(dissolve(&token("2", "backend")), Some(0));
    assert_eq!(dissolve(&mint("2", "backend", &["server"])), Some(0));
    assert!(list("1", &token("1", "alice")).error().contains("login"), "another app's key: group {group}");
}
