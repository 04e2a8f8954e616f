//! `bim chat` as a tool for scripts, against a real server over real sockets.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Lines, Server, end, run};

fn texts(records: &[serde_json::Value]) -> Vec<&str> {
    records.iter().map(|record| record["text"].as_str().unwrap()).collect()
}

fn numbered(count: usize, filler: &str) -> Vec<String> {
    (1..=count).map(|number| format!("{number} {filler}")).collect()
}

fn input(lines: &[String]) -> Vec<u8> {
    let mut input = lines.join("\n").into_bytes();
    input.push(b'\n');
    input
}

#[test]
fn a_file_arrives_complete_in_order_and_byte_for_byte_over_the_other_transport() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::unbounded(dir.path());
    let group = server.group();
    let lines = numbered(1_000, "群 🎉 שלום \u{202E}\t\\ \"quoted\" \u{1b}[31m\r");
    let ways = [(&server.websocket, &server.quic), (&server.quic, &server.websocket)];
    for (sends_over, hears_over) in ways {
        let listener = server.listener("bob", hears_over, &group, &["--json", "--receive", "1000"]);
        let sent = run(server.chat("alice", sends_over, &group, &["--json"]), &input(&lines));
        assert_eq!(sent.code, Some(0), "{}", sent.err);
        let heard = end(listener);
        assert_eq!(heard.code, Some(0));
        assert_eq!(texts(&heard.records("message")), lines);
        let accepted = sent.records("accepted");
        assert_eq!(texts(&accepted), lines);
        let positions = |records: &[serde_json::Value]| -> Vec<_> {
            records.iter().map(|record| record["position"].clone()).collect()
        };
        assert_eq!(positions(&accepted), positions(&heard.records("message")));
    }
}

#[test]
fn refusals_with_a_retry_time_are_waited_out_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(
        dir.path(),
        &["--set", "limits.sender_per_second=100", "--set", "limits.sender_burst=5"],
    );
    let group = server.group();
    let lines = numbered(200, "paced");
    let listener = server.listener("bob", &server.quic, &group, &["--json", "--receive", "200"]);
    let sent = run(server.chat("alice", &server.websocket, &group, &["--json"]), &input(&lines));
    assert_eq!(sent.code, Some(0), "{}", sent.err);
    assert!(!sent.records("refused").is_empty());
    assert_eq!(texts(&sent.records("accepted")), lines);
    assert_eq!(texts(&end(listener).records("message")), lines);
}

#[test]
fn a_killed_server_that_comes_back_has_everything_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::unbounded(dir.path());
    let group = server.group();
    let lines = numbered(6_000, &"x".repeat(200));
    let listener = server.listener("bob", &server.websocket, &group, &["--json", "--receive", "6000"]);
    let listened = std::thread::spawn(move || end(listener));
    let mut sender =
        server.chat("alice", &server.websocket, &group, &["--json"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = sender.stdin.take().unwrap();
    let output = Lines::of(sender.stdout.take().unwrap());
    let bytes = input(&lines);
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    for milestone in ["\"line\":500,", "\"line\":2500,", "\"line\":4500,"] {
        output.until(milestone);
        server.kill_and_restart();
    }
    output.until("\"line\":6000,");
    writer.join().unwrap();
    assert_eq!(end(sender).code, Some(0));
    let heard = listened.join().unwrap();
    assert_eq!(heard.code, Some(0));
    assert_eq!(texts(&heard.records("message")), lines);
}

#[test]
fn a_message_at_the_limit_passes_and_one_byte_more_is_refused_with_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let listener = server.listener("bob", &server.quic, &group, &["--json", "--receive", "2"]);
    let (most, more) = ("x".repeat(65_536), "x".repeat(65_537));
    let sent = run(
        server.chat("alice", &server.websocket, &group, &[]),
        format!("first\n{most}\n{more}\nnever\n").as_bytes(),
    );
    assert_eq!(sent.code, Some(1));
    assert_eq!(sent.error(), "error: line 3 is too long; the limit of a message is 65536 bytes");
    assert_eq!(texts(&end(listener).records("message")), ["first", &most]);
}

#[test]
fn text_shows_the_verdict_of_own_lines_and_who_said_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let listener = server.listener("bob", &server.quic, &group, &["--receive", "2"]);
    let sent = run(server.chat("alice", &server.websocket, &group, &[]), "hello\n\n世界 🎉".as_bytes());
    assert_eq!((sent.code, sent.lines()), (Some(0), vec!["accepted 1 hello", "accepted 2 世界 🎉"]));
    assert!(sent.err.contains("1 empty lines"), "{}", sent.err);
    assert_eq!(end(listener).lines(), ["alice: hello", "alice: 世界 🎉"]);
}

#[test]
fn a_line_refused_for_good_is_named_and_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let sent = run(server.chat("bob", &server.websocket, &group, &["--priority", "high"]), b"a\n");
    assert_eq!(sent.code, Some(1));
    assert!(
        sent.error().starts_with("error: line 1 was refused: insufficient permission (code 11)"),
        "{}",
        sent.err
    );
}

#[test]
fn listening_ends_with_the_time_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let listened = run(server.chat("bob", &server.quic, &group, &["--listen", "--timeout", "100ms"]), b"");
    assert_eq!(listened.code, Some(0), "{listened:?}");
    let waited =
        run(server.chat("bob", &server.quic, &group, &["--receive", "1", "--timeout", "100ms"]), b"");
    assert_eq!(waited.code, Some(1));
    assert_eq!(waited.error(), "error: not done within 0.1 s; 0 of 1 messages arrived");
}
