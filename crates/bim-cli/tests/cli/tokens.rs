//! The examples of `docs/tokens.md`, where their language is installed.

use std::process::Command;

use crate::support::{Server, Tail, bim, run};

const DOCUMENT: &str = include_str!("../../../../docs/tokens.md");

#[test]
fn a_token_made_in_python_as_documented_logs_in() {
    let call = "print(token(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]), end='')";
    logs_in("python3", "-c", &format!("import sys\n{}{call}", example("python")));
}

#[test]
fn a_token_made_in_node_as_documented_logs_in() {
    let call =
        "const [app, ...rest] = process.argv.slice(1); process.stdout.write(token(Number(app), ...rest));";
    logs_in("node", "-e", &format!("{}{call}", example("javascript")));
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
    let token = |app: &str, uid: &str| {
        let minted =
            Command::new(interpreter).args([flag, program, app, key_id, secret, uid]).output().unwrap();
        assert!(minted.status.success(), "{minted:?}");
        String::from_utf8(minted.stdout).unwrap()
    };
    let list = |app: &str, token: &str| {
        let server = ["group", "list", "--server", &server.websocket, "--app", app, "--uid", "alice"];
        run(bim(server).tail(&["--token", token]), b"")
    };
    let listed = list("2", &token("2", "alice"));
    assert_eq!((listed.code, listed.lines().len()), (Some(0), 0), "{listed:?}");
    assert!(list("2", &token("2", "bob")).error().contains("(code 55)"));
    assert!(list("1", &token("1", "alice")).error().contains("login"), "another app's key: group {group}");
}
