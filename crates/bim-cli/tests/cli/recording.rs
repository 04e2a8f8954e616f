//! Recordings made by the command, and what `bim replay` says of them.

use std::path::Path;

use crate::support::{Server, Tail, bim, run};

const CANARY: &str = "canary: the meeting is at nine";

/// A server and a chat that were recorded, with one line said. Gives the texts of both recordings' paths.
fn recorded(dir: &Path, bodies: &[&str]) -> [String; 2] {
    let files = ["server.bimrec", "client.bimrec"].map(|name| dir.join(name).display().to_string());
    let flags = [&["--record", &files[0]][..], bodies].concat();
    let server = Server::start(dir, &flags);
    let group = server.group();
    let flags = [&["--record", &files[1]][..], bodies].concat();
    let said = run(server.chat("alice", &server.websocket, &group, &flags), CANARY.as_bytes());
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(server.terminate(), Some(0));
    files
}

fn holds(file: &str, wanted: &str) -> bool {
    std::fs::read(file).unwrap().windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

#[test]
fn a_recorded_server_and_a_recorded_chat_are_told_again_and_do_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for (file, machine) in recorded(dir.path(), &[]).iter().zip(["server", "client"]) {
        let shown = run(bim(["replay", file]), b"");
        assert_eq!(shown.code, Some(0), "{shown:?}");
        let lines = shown.lines();
        assert!(lines[0].contains(machine) && lines.last().unwrap() == &"same outputs", "{shown:?}");
        let shown = run(bim(["replay", file, "--json"]), b"");
        let report: serde_json::Value = serde_json::from_str(shown.lines()[0]).unwrap();
        assert_eq!((&report["machine"], &report["end"]), (&machine.into(), &"complete".into()));
        assert_eq!((&report["same"], &report["requests"]["send"]), (&true.into(), &1.into()));
        assert!(!holds(file, CANARY));
    }
}

#[test]
fn message_bodies_are_recorded_when_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    for file in recorded(dir.path(), &["--record-bodies"]) {
        assert!(holds(&file, CANARY));
        assert_eq!(run(bim(["replay", &file]), b"").code, Some(0));
    }
}

#[test]
fn what_can_not_be_played_is_said_in_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file").display().to_string();
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let shown = run(bim(["replay"]).tail(&[&file]), b"");
        assert_eq!(shown.code, Some(1), "{shown:?}");
        shown.error().to_owned()
    };
    assert!(refused(b"PNG").contains("not a recording"));
    assert!(refused(b"bim-rec\n\x09\0\0\0").contains("format 9"));
    assert!(refused(b"bim-rec\n\x01\0").contains("cut off"));
    let mut damaged = std::fs::read(&recorded(dir.path(), &[])[0]).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    assert!(refused(&damaged).contains("is damaged"));
    let missing = run(bim(["replay", "no-such-file"]), b"");
    assert!(missing.error().contains("can not be read"), "{missing:?}");
}

#[test]
fn a_recording_is_never_written_over_an_older_file() {
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (dir.path().join("old"), dir.path().join("data").display().to_string());
    std::fs::write(&file, "mine").unwrap();
    let file = file.display().to_string();
    let serve = ["serve", "--data-dir", &data, "--listen-websocket", "127.0.0.1:0", "--listen-quic", "off"];
    let refused = run(bim(serve).tail(&["--record", &file]), b"");
    assert_eq!(refused.code, Some(1));
    assert!(refused.error().contains("has to be a new file"), "{refused:?}");
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}
