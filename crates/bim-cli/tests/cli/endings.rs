//! How a script's chat ends when something is not as it should be: soon, and with the reason.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Lines, Server, Tail, bim, end, run, signal};

/// A chat with its input still open.
struct Chat {
    child: Child,
    stdin: ChildStdin,
    out: Lines,
}

impl Chat {
    fn start(mut command: std::process::Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let (stdin, out) = (child.stdin.take().unwrap(), Lines::of(child.stdout.take().unwrap()));
        Self { child, stdin, out }
    }

    fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::unbounded(dir.path());
    let group = server.group();
    let mut child =
        server.chat("alice", &server.websocket, &group, &[]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let lines = "all of this and more\n".repeat(50_000);
    thread::spawn(move || drop(stdin.write_all(lines.as_bytes())));
    stdout.read_exact(&mut [0; 1]).unwrap();
    drop(stdout);
    let ended = end(child);
    assert!(!ended.err.contains("error") && !ended.err.contains("panicked"), "{}", ended.err);
}

#[test]
fn input_that_is_no_text_is_refused_with_its_place_and_in_bounded_memory() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let endless = run(server.chat("alice", &server.websocket, &group, &[]), &vec![b'x'; 8 << 20]);
    assert_eq!(endless.code, Some(1));
    assert_eq!(endless.error(), "error: line 1 is too long; the limit of a message is 65536 bytes");
    let binary = run(server.chat("alice", &server.quic, &group, &[]), b"fine\n\x7fELF\x02\xff\0\xfe\n");
    assert_eq!((binary.code, binary.lines()), (Some(1), vec!["accepted 1 fine"]));
    assert_eq!(binary.error(), "error: line 2 is not UTF-8, from its byte 6 on");
}

#[test]
fn an_interrupt_says_how_many_lines_have_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let mut chat = Chat::start(server.chat("alice", &server.websocket, &group, &[]));
    chat.say("first");
    chat.out.until("accepted 1 first");
    signal(server.pid(), "STOP");
    chat.say("second");
    chat.say("third");
    // The lines are on their way when the server's kernel has them; the interrupt may come before that too.
    thread::sleep(Duration::from_millis(300));
    signal(chat.child.id(), "INT");
    let ended = end(chat.child);
    signal(server.pid(), "CONT");
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.error(), "error: stopped while 2 lines had no verdict");
}

#[test]
fn an_interrupt_with_nothing_under_way_is_a_good_end() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let mut chat = Chat::start(server.chat("alice", &server.quic, &group, &[]));
    chat.say("first");
    chat.out.until("accepted 1 first");
    signal(chat.child.id(), "INT");
    assert_eq!(end(chat.child).code, Some(0));
}

#[test]
fn an_interrupt_ends_it_also_while_nobody_reads_its_output() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::unbounded(dir.path());
    let group = server.group();
    let mut deaf = server.chat("bob", &server.websocket, &group, &["--listen"]).spawn().unwrap();
    let (unread, errors) = (deaf.stdout.take().unwrap(), Lines::of(deaf.stderr.take().unwrap()));
    errors.until("in live group");
    let lines = format!("{}\n", "x".repeat(10_000)).repeat(100);
    assert_eq!(run(server.chat("alice", &server.quic, &group, &[]), lines.as_bytes()).code, Some(0));
    signal(deaf.id(), "TERM");
    let began = Instant::now();
    let ended = end(deaf);
    assert!(began.elapsed() < Duration::from_secs(15));
    assert_eq!(ended.code, Some(1));
    errors.until("error: stopped");
    drop(unread);
}

#[test]
fn a_group_that_is_dissolved_in_the_middle_ends_it_with_that_reason() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let mut chat = Chat::start(server.chat("bob", &server.quic, &group, &[]));
    chat.say("first");
    chat.out.until("accepted 1 first");
    let token = server.token("alice");
    let dissolve = bim(["group", "dissolve", "--server", &server.websocket, "--app", "1", "--uid", "alice"])
        .tail(&["--group", &group])
        .variable("BIM_TOKEN", &token);
    assert_eq!(run(dissolve, b"").code, Some(0));
    let ended = end(chat.child);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.error(), format!("error: live group {group} was dissolved"));
    drop(chat.stdin);
}

#[test]
fn own_messages_do_not_count_as_received() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let mut chat = Chat::start(server.chat("bob", &server.quic, &group, &["--receive", "2"]));
    for line in 1..=3 {
        chat.say(&format!("own {line}"));
        chat.out.until(&format!("accepted {line} own {line}"));
    }
    let said = run(server.chat("alice", &server.websocket, &group, &[]), b"one\ntwo\nthree\n");
    assert_eq!(said.code, Some(0), "{said:?}");
    chat.out.until("alice: one");
    chat.out.until("alice: two");
    assert_eq!(end(chat.child).code, Some(0));
}

fn short_token(server: &Server, uid: &str, ttl: &str) -> String {
    let minted = run(
        bim(["token", "--app", "1", "--uid", uid, "--ttl", ttl, "--data-dir"]).with(&server.data_dir()),
        b"",
    );
    assert_eq!(minted.code, Some(0), "{minted:?}");
    minted.lines()[0].to_owned()
}

#[test]
fn a_token_file_that_is_refreshed_in_time_keeps_the_session_without_a_break() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let file = dir.path().join("token");
    std::fs::write(&file, short_token(&server, "bob", "3s")).unwrap();
    let path = file.display().to_string();
    let ends = Instant::now() + Duration::from_secs(4);
    let chat = server.chat("bob", &server.quic, &group, &["--json", "--token-file", &path]);
    let mut chat = Chat::start(chat);
    chat.say("before");
    chat.out.until("before");
    std::fs::write(&file, server.token("bob")).unwrap();
    thread::sleep(ends.saturating_duration_since(Instant::now()));
    chat.say("after");
    drop(chat.stdin);
    let after = chat.out.until("after");
    assert!(after.contains("\"seq\":2"), "{after}");
    let ended = end(chat.child);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.err.contains("lost"), "{}", ended.err);
}

#[test]
fn a_token_that_ends_in_the_middle_is_named_as_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let token = short_token(&server, "bob", "2s");
    let fixed = server.chat("bob", &server.quic, &group, &[]).variable("BIM_TOKEN", &token);
    let fixed = end(Chat::start(fixed).child_with_open_input());
    assert_eq!(fixed.code, Some(1));
    assert_eq!(fixed.error(), "error: the server ended the session: token expired (code 100)");

    let file = dir.path().join("token");
    std::fs::write(&file, short_token(&server, "bob", "2s")).unwrap();
    let path = file.display().to_string();
    let tail = ["--token-file", &path, "--connect-timeout", "3s"];
    let stale = end(Chat::start(server.chat("bob", &server.quic, &group, &tail)).child_with_open_input());
    assert_eq!(stale.code, Some(1));
    assert_eq!(
        stale.error(),
        "error: no connection for 3 s: the server does not accept the token: token expired (code 100)"
    );
}

impl Chat {
    /// The chat, whose input stays open for as long as the test runs.
    fn child_with_open_input(self) -> Child {
        std::mem::forget(self.stdin);
        self.child
    }
}

/// Lets one login through and then nothing any more: what follows the login is swallowed, the connection cut,
/// and every further one refused.
fn swallowing(server: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("ws://{}", listener.local_addr().unwrap());
    let server = server.replace("ws://", "");
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = TcpStream::connect(server).unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (mut from_server, mut to_client) = (server, client);
        let mut bytes = [0; 64 * 1024];
        // Upgrade and its answer, login and its answer.
        for _ in 0..2 {
            let count = from_client.read(&mut bytes).unwrap();
            to_server.write_all(&bytes[..count]).unwrap();
            let count = from_server.read(&mut bytes).unwrap();
            to_client.write_all(&bytes[..count]).unwrap();
        }
        drop(from_client.read(&mut bytes));
        drop(listener);
    });
    endpoint
}

#[test]
fn a_server_that_vanishes_after_the_login_is_not_waited_for_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let group = server.group();
    let place = swallowing(&server.websocket);
    let chat = run(server.chat("bob", &place, &group, &["--connect-timeout", "2s"]), b"");
    assert_eq!(chat.code, Some(1));
    assert!(chat.error().ends_with(": no answer for 2 s"), "{}", chat.err);
    let place = swallowing(&server.websocket);
    let list = bim(["group", "list", "--server", &place, "--app", "1", "--uid", "bob"]);
    let list = run(list.variable("BIM_TOKEN", &server.token("bob")), b"");
    assert_eq!(list.code, Some(1));
    assert!(list.error().contains("no answer for 20 s"), "{}", list.err);
}

#[test]
fn a_place_that_accepts_and_says_nothing_is_given_up_in_the_time_that_was_asked_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("ws://{}", silent.local_addr().unwrap());
    let began = Instant::now();
    let chat = bim(["chat", "--server", &place, "--app", "1", "--uid", "bob", "--group", "5"]).tail(&[
        "--token",
        "t",
        "--connect-timeout",
        "1s",
    ]);
    let chat = run(chat, b"hello\n");
    assert_eq!(chat.code, Some(1));
    assert_eq!(chat.error(), format!("error: login to {place} failed: no connection within 1 s"));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}
