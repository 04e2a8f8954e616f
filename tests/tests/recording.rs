//! Recordings of real servers and real clients: what is in them, and that they can be played again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bim::recording::{EndOfRecording, MachineKind, play_file};
use bim::{Client, ErrorCode, Token};
use bim_fake_server::{RecordingError, replay};
use bim_server::admin::{AdminReply, command};
use bim_server::{Running, Server, ServerConfig, StartError, Stopped};
use bim_tests::{join, room, say};
use bim_types::AppId;
use tokio::time::timeout;

/// Versions of which there are recordings.
const VERSIONS: [&str; 1] = ["0.1.0"];

/// Said in every session: what must not be found.
const CANARY: &str = "canary: the meeting is at nine";

/// A real server on a directory, its app, and how to reach it.
struct Hall {
    server: Running,
    app: AppId,
    secret: Vec<u8>,
    endpoint: String,
}

impl Hall {
    async fn open(dir: &Path, recording: &Path, bodies: bool) -> Result<Self, StartError> {
        let mut config = ServerConfig { data_dir: dir.join("data"), workers: 1, ..ServerConfig::default() };
        config.listen.websocket = Some(([127, 0, 0, 1], 0).into());
        config.listen.quic = None;
        config.record.file = Some(recording.to_owned());
        config.record.bodies = bodies;
        let server = Server::open(config).await?;
        let endpoint = server.endpoints()[0].to_string();
        let create = command::create_app("demo").unwrap();
        let AdminReply::AppCreated { app, secret, .. } = server.admin().call(create).await.unwrap() else {
            panic!("no app was made")
        };
        Ok(Self { server, app, secret: secret.reveal().to_vec(), endpoint })
    }

    async fn token(&self, uid: &str) -> Token {
        let mint = command::mint_token(self.app, uid.try_into().unwrap(), Duration::from_secs(60)).unwrap();
        match self.server.admin().call(mint).await.unwrap() {
            AdminReply::Token { token, .. } => token,
            other => panic!("{other:?}"),
        }
    }

    async fn client(&self, uid: &str, recording: Option<(&Path, bool)>) -> (Client, Token) {
        let mut builder = Client::builder(self.app, uid).endpoint(&self.endpoint).unwrap();
        if let Some((file, bodies)) = recording {
            builder = builder.record(file).record_bodies(bodies);
        }
        let client = builder.build().await.unwrap();
        let token = self.token(uid).await;
        client.login(uid, token.clone()).await.unwrap();
        (client, token)
    }
}

/// Two clients talk; one of them is recorded. Gives what must not be found.
async fn session(hall: &Hall, recording: &Path, bodies: bool) -> Vec<Vec<u8>> {
    let (alice, of_alice) = hall.client("alice", Some((recording, bodies))).await;
    let (bob, of_bob) = hall.client("bob", None).await;
    let group = room(&alice).await;
    join([&bob], group).await;
    for client in [&alice, &bob, &alice] {
        say(client, group, CANARY).await.unwrap();
    }
    alice.live_groups().tap_live_group_counter(group, "likes", 3).unwrap();
    let refused = bob.live_groups().dissolve_live_group(group).await.unwrap_err();
    assert_eq!(refused.error_code(), ErrorCode::UserForbidden);
    alice.shutdown().await;
    bob.shutdown().await;
    let signature = |token: &Token| token.reveal().rsplit('.').next().unwrap().as_bytes().to_vec();
    vec![hall.secret.clone(), signature(&of_alice), signature(&of_bob)]
}

fn contains(file: &Path, wanted: &[u8]) -> bool {
    fs::read(file).unwrap().windows(wanted.len()).any(|window| window == wanted)
}

#[tokio::test]
async fn a_real_server_and_a_real_client_come_to_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    let files = [dir.path().join("server.bimrec"), dir.path().join("client.bimrec")];
    let hall = Hall::open(dir.path(), &files[0], false).await.unwrap();
    let hidden = session(&hall, &files[1], false).await;
    assert_eq!(timeout(Duration::from_secs(30), hall.server.drain()).await.unwrap(), Stopped::Orderly);

    let server = replay(&files[0]).unwrap();
    assert_eq!(server.first_difference, None);
    assert_eq!((server.machine, server.end), (MachineKind::Server, EndOfRecording::Complete));
    assert_eq!((server.logins, server.requests["send"], server.requests["dissolve"]), (2, 3, 1));
    let client = play_file(&files[1]).unwrap();
    assert_eq!(client.first_difference, None);
    assert_eq!((client.machine, client.end), (MachineKind::Client, EndOfRecording::Complete));
    assert_eq!((client.logins, client.requests["send"], client.requests["shutdown"]), (1, 2, 1));
    for file in &files {
        assert!(hidden.iter().all(|hidden| !contains(file, hidden)));
        assert!(!contains(file, CANARY.as_bytes()) && !contains(file, b"canary"));
    }
}

#[tokio::test]
async fn bodies_are_recorded_when_that_is_asked_for_and_secrets_never() {
    let dir = tempfile::tempdir().unwrap();
    let files = [dir.path().join("server.bimrec"), dir.path().join("client.bimrec")];
    let hall = Hall::open(dir.path(), &files[0], true).await.unwrap();
    let hidden = session(&hall, &files[1], true).await;
    assert_eq!(timeout(Duration::from_secs(30), hall.server.drain()).await.unwrap(), Stopped::Orderly);
    for file in &files {
        assert!(hidden.iter().all(|hidden| !contains(file, hidden)));
        assert!(contains(file, CANARY.as_bytes()));
    }
    assert!(replay(&files[0]).unwrap().is_same() && play_file(&files[1]).unwrap().is_same());
}

#[tokio::test]
async fn a_server_that_begins_with_groups_and_messages_records_what_it_reads() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first.bimrec"), dir.path().join("second.bimrec"));
    let hall = Hall::open(dir.path(), &first, false).await.unwrap();
    let (alice, _) = hall.client("alice", None).await;
    let group = room(&alice).await;
    say(&alice, group, CANARY).await.unwrap();
    alice.shutdown().await;
    let (app, secret) = (hall.app, hall.secret.clone());
    hall.server.drain().await;

    let hall = Hall { app, ..Hall::open(dir.path(), &second, false).await.unwrap() };
    let (alice, _) = hall.client("alice", None).await;
    join([&alice], group).await;
    say(&alice, group, "another one").await.unwrap();
    alice.shutdown().await;
    hall.server.drain().await;
    let report = replay(&second).unwrap();
    assert_eq!((report.first_difference, report.logins), (None, 1));
    assert!(!contains(&second, CANARY.as_bytes()) && !contains(&second, &secret));
}

#[tokio::test]
async fn an_older_recording_is_not_overwritten_by_a_server_or_a_client() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("old.bimrec");
    fs::write(&file, "mine").unwrap();
    let refused = Hall::open(dir.path(), &file, false).await.err().unwrap();
    assert!(matches!(refused, StartError::Recording { .. }), "{refused}");
    let builder = Client::builder(1, "alice").endpoint("ws://127.0.0.1:1").unwrap();
    let refused = builder.record(&file).build().await.unwrap_err();
    assert_eq!(refused.error_code(), ErrorCode::ParameterError);
    assert!(refused.to_string().contains("old.bimrec"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn what_is_no_recording_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let missing = replay(dir.path().join("missing")).unwrap_err();
    assert_eq!(missing, RecordingError::Unreadable { kind: std::io::ErrorKind::NotFound });
    assert_eq!(replay(file!().rsplit('/').next().map(here).unwrap()), Err(RecordingError::NotARecording));
    assert_eq!(replay(fixture("0.1.0", "client")), Err(RecordingError::OtherKind { expected: "server" }));
}

/// They are read for ever; that the same comes of them is not promised, as decisions of an engine may change. They are
/// never written again: a file of a newer version is a new fixture.
#[test]
fn recordings_of_every_released_version_can_be_played_to_their_end() {
    for version in VERSIONS {
        let server = replay(fixture(version, "server")).unwrap();
        assert_eq!((server.made_by.as_str(), server.end), (version, EndOfRecording::Complete));
        assert_eq!((server.requests["send"], server.inputs["admin"]), (3, 3));
        let client = play_file(&fixture(version, "client")).unwrap();
        assert_eq!((client.made_by.as_str(), client.end), (version, EndOfRecording::Complete));
        assert_eq!((client.requests["send"], client.requests["login"]), (2, 1));
    }
}

/// Writes recordings of this version to the directory of fixtures; refused when there are some.
#[tokio::test]
#[ignore = "writes fixtures, before a release: cargo test -p bim-tests --test recording -- --ignored"]
async fn write_fixtures_of_this_version() {
    let dir = tempfile::tempdir().unwrap();
    let hall = Hall::open(dir.path(), &fixture(bim::VERSION, "server"), false).await.unwrap();
    session(&hall, &fixture(bim::VERSION, "client"), false).await;
    hall.server.drain().await;
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn fixture(version: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings").join(format!("{version}-{name}.bimrec"))
}
