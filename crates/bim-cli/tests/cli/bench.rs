//! `bim bench` as people start it: for a moment, with a few viewers.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Lines, Server, Tail, bim, end, run, signal};

const SHORT: [&str; 6] = ["--viewers", "20", "--seconds", "200ms", "--warm-up", "0"];

fn json(words: &[&str]) -> Value {
    let ended = run(bim(["bench", "--json"]).tail(&SHORT).tail(words), b"");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.lines().len(), 1, "{ended:?}");
    serde_json::from_str(ended.lines()[0]).unwrap()
}

#[test]
fn a_server_of_its_own_is_measured_and_nothing_is_lost() {
    let report = json(&["--transport", "ws", "--transport", "quic", "--rate", "50", "--in-flight", "4"]);
    assert_eq!(report["fault"], Value::Null);
    let medians = report["medians"].as_array().unwrap();
    let transports: Vec<&str> = medians.iter().filter_map(|one| one["transport"].as_str()).collect();
    assert_eq!(transports, ["ws", "quic"]);
    for of_one in medians {
        let loads = of_one["load"]["loads"].as_array().unwrap();
        assert_eq!((loads.len(), &of_one["load"]["joined"]), (2, &Value::from(21)));
        assert!(
            loads.iter().all(|load| load["lost"] == 0 && load["deliveries_per_second"].as_f64() > Some(0.0))
        );
    }
}

#[test]
fn a_table_is_shown_to_people() {
    let ended = run(bim(["bench", "--in-flight", "4"]).tail(&SHORT), b"");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let row = ended.lines().into_iter().find(|line| line.starts_with("ws    4 in flight"));
    assert!(row.is_some(), "{ended:?}");
    assert!(ended.lines().iter().any(|line| line.contains("came to every viewer")), "{ended:?}");
}

#[test]
fn a_server_that_runs_is_measured_with_tokens_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::unbounded(dir.path());
    let (data_dir, pid) = (server.data_dir(), server.pid().to_string());
    let words =
        [server.websocket.as_str(), "--data-dir", &data_dir, "--server-pid", &pid, "--in-flight", "4"];
    let report = json(&words);
    assert_eq!(report["fault"], Value::Null);
    let tokens = dir.path().join("tokens").display().to_string();
    let all: Vec<String> = (1..=21).map(|user| server.token(&format!("user{user}"))).collect();
    std::fs::write(&tokens, all.join("\n")).unwrap();
    let report =
        json(&[&server.quic, "--trust", &server.fingerprint, "--tokens", &tokens, "--in-flight", "4"]);
    assert_eq!((&report["fault"], &report["medians"][0]["transport"]), (&Value::Null, &Value::from("quic")));
}

#[test]
fn a_server_that_refuses_is_told_with_the_setting_that_is_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let data_dir = server.data_dir();
    let bench =
        bim(["bench", &server.websocket, "--data-dir", &data_dir, "--in-flight", "40", "--seconds", "20s"]);
    let ended = run(bench.tail(&["--viewers", "2", "--warm-up", "0"]), b"");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.error().contains("limits.sender_per_second"), "{ended:?}");
}

#[test]
fn without_tokens_another_server_is_not_measured() {
    let ended = run(bim(["bench", "ws://127.0.0.1:9"]), b"");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.error().contains("no tokens") && ended.err.contains("--data-dir"), "{ended:?}");
}

#[test]
fn ctrl_c_ends_it_and_its_server_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = bim(["bench", "--viewers", "5", "--seconds", "60s"]);
    let mut child = bench.env("TMPDIR", dir.path()).stderr(Stdio::piped()).spawn().unwrap();
    Lines::of(child.stderr.take().unwrap()).until("deliveries/s");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    signal(child.id(), "INT");
    let ended = end(child);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
