//! Recordings of whole sessions: what is in them, and what a play finds.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bim_proto::recording::{Reader, block};
use bim_proto::wire::{self, recorded_entry};
use bim_proto::{ClientFrame, Hello, Request, RequestBody, RequestId, SendLive};
use bim_types::Now;
use bim_types::store::OpId;
use bim_types::{AppSecret, ConnectionId, ConversationShortId, DeviceId, ErrorCode, MessageBody, Token};
use bytes::Bytes;
use proptest::prelude::*;

use super::{EndOfRecording, MachineKind, Recording, RecordingError, RecordingSink, end_mark, play};
use crate::engine_test::world::{World, app, message, uid};
use crate::{AdminCommand, AdminReply, Engine, EngineConfig, Input, Loaded, ModerationVerdict, token};

const SECRET: [u8; 32] = *b"canary-secret-0123456789abcdef!!";
const TEXT: &str = "canary-body: the meeting is at nine";
const REWRITTEN: &str = "canary-rewritten: the meeting is at ten";
const EDITED: &str = "canary-edited: there is no meeting";
const PASSWORD: &str = "canary-password-typed-into-the-wrong-field";

/// A session with everything in it that may not be recorded. Gives the recording and the tokens.
fn session(bodies: bool) -> (Vec<u8>, Vec<Token>) {
    let config = EngineConfig { moderates: true, ..EngineConfig::default() };
    let mut world = World::recorded(config, bodies);
    let secret = AppSecret::new(SECRET.to_vec());
    let made = world.admin(AdminCommand::CreateApp { name: "demo".into(), secret: secret.clone() });
    assert!(matches!(made, Ok(AdminReply::AppCreated { .. })));
    let mut tokens = vec![world.token(app(), &uid("alice"), std::time::Duration::from_secs(60))];
    let claims = token::Claims { id: "by-hand".into(), ..by_hand(&world, "alice") };
    tokens.push(token::mint("1.1", &secret, &claims));
    tokens.push(token::mint("1.1", &AppSecret::new(vec![9; 32]), &claims));
    tokens.push(Token::from(PASSWORD));

    assert_eq!(world.refused(hello("alice", tokens[2].clone())), ErrorCode::InvalidToken);
    assert_eq!(world.refused(hello("alice", tokens[3].clone())), ErrorCode::InvalidToken);
    assert_eq!(world.refused(hello("bob", tokens[1].clone())), ErrorCode::UserIdMismatchToken);
    let alice = world.log_in_with(hello("alice", tokens[1].clone()));
    let group = world.create(alice);
    world.join(alice, group, None);
    for (id, body) in [(1, text(TEXT)), (2, MessageBody::Custom(TEXT.into())), (1, text(TEXT))] {
        say(&mut world, alice, group, id, body);
    }
    world.request(alice, RequestBody::UpdateLiveMessage(group, bim_types::Seq(1), text(EDITED)));
    judge(&mut world, ModerationVerdict::Allow);
    world.request(alice, RequestBody::RefreshToken(tokens[0].clone()));
    world.feed(Input::Frame { connection: alice, frame: truncated_refresh(&tokens[0]) });
    world.pass(std::time::Duration::from_secs(3_600));
    world.feed(Input::Tick);
    (world.replayed.bytes(), tokens)
}

fn by_hand(world: &World, name: &str) -> token::Claims {
    token::claims(app(), uid(name), world.now.wall, std::time::Duration::from_secs(4_000), 1)
}

fn hello(name: &str, token: Token) -> Hello {
    Hello { app: app(), uid: uid(name), device: DeviceId::new(1), token, sdk: "test".into() }
}

fn text(text: &str) -> MessageBody {
    MessageBody::Text(text.into())
}

/// Sends a message; the moderator changes what it says.
fn say(world: &mut World, who: ConnectionId, group: ConversationShortId, id: u128, body: MessageBody) {
    let send = SendLive { body, ..message(group, id) };
    world.request(who, RequestBody::SendLiveMessage(send));
    judge(world, ModerationVerdict::Rewrite(text(REWRITTEN)));
}

fn judge(world: &mut World, verdict: ModerationVerdict) {
    if let Some((id, _)) = world.moderated.pop_front() {
        world.feed(Input::Moderated { id, verdict });
    }
}

/// A request that presents a token and ends too early.
fn truncated_refresh(token: &Token) -> Bytes {
    let request = Request { id: RequestId(99), body: Ok(RequestBody::RefreshToken(token.clone())) };
    let whole = ClientFrame::Request(request).encode();
    whole.slice(..whole.len() - 3)
}

fn entries(recording: &[u8]) -> Vec<wire::RecordedEntry> {
    let (mut reader, _) = Reader::open(recording).unwrap();
    std::iter::from_fn(|| reader.next_entry().unwrap()).collect()
}

/// The message in a block.
fn message_of(entry: &wire::RecordedEntry) -> Vec<u8> {
    block(entry).unwrap()[12..].to_vec()
}

/// As the format says.
fn checksum(message: &[u8]) -> [u8; 8] {
    bim_proto::recording::checksum(message).to_le_bytes()
}

fn contains(recording: &[u8], wanted: &[u8]) -> bool {
    recording.windows(wanted.len()).any(|window| window == wanted)
}

/// Neither as it is, nor in hexadecimal, nor in base64 wherever it may begin.
fn assert_absent(recording: &[u8], wanted: &[u8]) {
    let hex: String = wanted.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![wanted.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for offset in 0..3 {
        let padded = [vec![0; offset], wanted.to_vec()].concat();
        for encoded in [STANDARD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            forms.push(encoded.into_bytes()[4..wanted.len()].to_vec());
        }
    }
    for form in forms {
        assert!(!contains(recording, &form), "{:?} is in the recording", String::from_utf8_lossy(&form));
    }
}

#[test]
fn no_token_no_secret_and_no_body_is_in_a_recording_in_any_encoding() {
    let (recording, tokens) = session(false);
    for text in [TEXT, REWRITTEN, EDITED, PASSWORD] {
        assert_absent(&recording, text.as_bytes());
    }
    assert_absent(&recording, &SECRET);
    for token in &tokens {
        assert_absent(&recording, token.reveal().as_bytes());
        let signature = token.reveal().rsplit('.').next().unwrap();
        assert_absent(&recording, signature.as_bytes());
    }
    assert_absent(&recording, b"10.0.0.1");
    assert!(play(recording.as_slice()).unwrap().is_same());
}

#[test]
fn bodies_are_in_a_recording_when_they_are_asked_for_and_nothing_else_is() {
    let (recording, tokens) = session(true);
    assert!(contains(&recording, TEXT.as_bytes()));
    assert_absent(&recording, &SECRET);
    assert_absent(&recording, PASSWORD.as_bytes());
    for token in &tokens {
        assert_absent(&recording, token.reveal().as_bytes());
    }
    let report = play(recording.as_slice()).unwrap();
    assert!(report.is_same() && report.bodies, "{report:?}");
}

#[test]
fn a_token_in_a_recording_lets_nobody_in() {
    let (recording, _) = session(false);
    let secret = AppSecret::new(SECRET.to_vec());
    let mut found = 0;
    for entry in entries(&recording) {
        let Some(recorded_entry::Input::Frame(frame)) = entry.input else { continue };
        if let Ok(ClientFrame::Hello(hello)) = ClientFrame::decode(frame.frame) {
            found += 1;
            assert!(token::signed_claims(&hello.token, &secret).is_err());
        }
    }
    assert_eq!(found, 4);
}

#[test]
fn a_report_says_what_happened() {
    let (recording, _) = session(false);
    let report = play(recording.as_slice()).unwrap();
    assert_eq!((report.machine, report.logins), (MachineKind::Server, 1));
    assert_eq!(report.requests.get("send"), Some(&3));
    assert_eq!(report.inputs.get("start"), Some(&1));
    assert!(report.span >= std::time::Duration::from_secs(3_600));
    assert_eq!(report.end, EndOfRecording::CutOff, "nobody said that it ends");
}

#[test]
fn an_entry_that_was_changed_is_found_by_its_number() {
    let (recording, _) = session(false);
    let header_end =
        recording.len() - entries(&recording).iter().map(|e| block(e).unwrap().len()).sum::<usize>();
    let mut changed = entries(&recording);
    let at = changed
        .iter()
        .position(|entry| matches!(entry.input, Some(recorded_entry::Input::Written(_))))
        .unwrap();
    changed[at].wall_ms += 1;
    let Some(recorded_entry::Input::Written(written)) = &mut changed[at].input else { panic!() };
    written.failure = wire::RecordedFailure::Failed.into();
    let mut file = recording[..header_end].to_vec();
    file.extend(changed.iter().flat_map(|entry| block(entry).unwrap()));
    let report = play(file.as_slice()).unwrap();
    let difference = report.first_difference.unwrap();
    assert_eq!((difference.entry, difference.input), (at as u64 + 1, "written"));
    assert_eq!(difference.output, Some(1));
}

#[test]
fn an_engine_that_decides_otherwise_is_found() {
    let (recording, _) = session(false);
    let (mut reader, mut header) = Reader::open(recording.as_slice()).unwrap();
    header.limits.insert("ping_interval".into(), 1_000_000);
    let mut file = bim_proto::recording::opening(&header).to_vec();
    while let Some(entry) = reader.next_entry().unwrap() {
        file.extend(block(&entry).unwrap());
    }
    let report = play(file.as_slice()).unwrap();
    let difference = report.first_difference.unwrap();
    assert_eq!((difference.input, difference.expected.1), ("frame", vec!["notice", "admit", "send"]));
    assert_eq!(difference.output, Some(3), "the welcome says how often to ping");
}

#[test]
fn a_limit_of_a_newer_version_is_refused() {
    let limits = [("of_tomorrow".to_owned(), 1)].into();
    let kind = wire::RecordingKind::Server.into();
    let header = wire::RecordingHeader { kind, limits, ..wire::RecordingHeader::default() };
    let file = bim_proto::recording::opening(&header);
    assert_eq!(play(file.as_ref()), Err(RecordingError::Unplayable { entry: 0 }));
}

#[test]
fn a_recording_that_is_cut_off_anywhere_is_played_up_to_there() {
    let (recording, _) = session(false);
    let whole = play(recording.as_slice()).unwrap().entries;
    let mut last = 0;
    for end in (0..recording.len()).step_by(61) {
        match play(&recording[..end]) {
            Ok(report) => {
                assert!(report.is_same() && report.end == EndOfRecording::CutOff);
                assert!((last..=whole).contains(&report.entries));
                last = report.entries;
            }
            Err(error) => {
                assert_eq!(last, 0);
                let expected = [RecordingError::CutOff, RecordingError::NotARecording];
                assert!(expected.contains(&error), "{error}");
            }
        }
    }
    assert!(last + 3 >= whole, "{last} of {whole}");
}

#[test]
fn a_byte_that_changed_is_damage_or_a_recording_of_another_time_and_never_a_panic() {
    let (recording, _) = session(false);
    let mut damaged = 0;
    for at in (0..recording.len()).step_by(37) {
        let mut changed = recording.clone();
        changed[at] ^= 0x55;
        damaged += usize::from(matches!(play(changed.as_slice()), Err(RecordingError::Damaged { .. })));
    }
    assert!(damaged > recording.len() / 37 / 2, "{damaged}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whole blocks with other bytes in them, as no disk would make them but somebody could.
    #[test]
    fn entries_that_nobody_wrote_are_played_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (recording, _) = session(false);
        let (_, header) = Reader::open(recording.as_slice()).unwrap();
        let mut blocks: Vec<Vec<u8>> = entries(&recording).iter().map(message_of).collect();
        for (which, at, byte) in changes {
            let changed = which.get_mut(&mut blocks);
            if !changed.is_empty() {
                *at.get_mut(changed) = byte;
            }
        }
        let mut file = bim_proto::recording::opening(&header).to_vec();
        for message in &blocks {
            file.extend((message.len() as u32).to_le_bytes());
            file.extend(checksum(message));
            file.extend(message);
        }
        match play(file.as_slice()) {
            Ok(report) => prop_assert!(report.entries <= blocks.len() as u64),
            Err(error) => prop_assert!(matches!(
                error,
                RecordingError::Damaged { .. } | RecordingError::Unplayable { .. }
            ), "{error}"),
        }
    }
}

/// A sink with room for so many blocks.
struct Short(usize);

impl RecordingSink for Short {
    fn write(&mut self, _: Bytes) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }

    fn too_large(&mut self) {}
}

#[test]
fn an_engine_goes_on_when_its_recording_does_not() {
    for room in 0..4 {
        let recording = Recording { sink: Box::new(Short(room)), bodies: false, key: 1 };
        let mut recorded = Engine::recorded(EngineConfig::default(), 1, recording);
        let mut plain = Engine::new(EngineConfig::default(), 1);
        let loaded = || Input::Loaded { op: OpId(1), result: Ok(Loaded::Records(Vec::new())) };
        for input in [loaded(), Input::Tick, Input::Drain, Input::Tick] {
            recorded.handle(Now::default(), input.clone());
            plain.handle(Now::default(), input);
            let outputs =
                |engine: &mut Engine| -> Vec<_> { std::iter::from_fn(|| engine.poll_output()).collect() };
            assert_eq!(outputs(&mut recorded), outputs(&mut plain));
        }
    }
}

#[test]
fn a_recording_of_a_client_is_not_played_on_an_engine() {
    let header = wire::RecordingHeader {
        kind: wire::RecordingKind::Client.into(),
        ..wire::RecordingHeader::default()
    };
    let file = bim_proto::recording::opening(&header);
    assert_eq!(play(file.as_ref()), Err(RecordingError::OtherKind { expected: "server" }));
}

#[test]
fn an_end_mark_ends_a_recording() {
    let (mut recording, _) = session(false);
    recording.extend(end_mark(EndOfRecording::FileFull));
    recording.extend(b"left over");
    assert_eq!(play(recording.as_slice()).unwrap().end, EndOfRecording::FileFull);
}
