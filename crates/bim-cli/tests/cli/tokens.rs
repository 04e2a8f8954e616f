//! The examples of `docs/tokens.md`, where their language is installed.

use std::process::Command;

use crate::support::{Server, Tail, bim, run};

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
