//! Recordings of a bench: what is in them, and what a play finds.

use std::time::Duration;

use bim_proto::recording::{Reader, block};
use bim_proto::wire::{self, recorded_entry};
use bim_proto::{Accepted, ResponseBody};
use bim_types::{
    ClientMessageId, ConversationShortId, Epoch, MessageBody, Position, Priority, ResumeVerdict, Seq, Token,
    Wall,
};

use super::{EndOfRecording, MachineKind, RecordingError, play};
use crate::testing::{Bench, group, join, joined_at};
use crate::{Ask, Command, Credential, Input, Output, SendLive, TokenAskId};

const TOKENS: [&str; 2] = ["canary-token-one.abc.def", "canary-token-two.abc.def"];
const TEXT: &str = "canary-body: the meeting is at nine";

/// A session with a provider, a message each way, and a lost connection.
fn session(bodies: bool) -> Vec<u8> {
    let mut bench = Bench::recorded(bodies);
    let out = bench.login(Credential::Provider);
    assert_eq!(out.last(), Some(&Output::AskToken(TokenAskId(1))));
    bench.input(Input::Token(TokenAskId(1), Ok(Token::from(TOKENS[0]))));
    bench.dialed_and_welcomed();
    bench.ask(join());
    bench.answer(1, Ok(joined_at(10, ResumeVerdict::Fresh)));
    bench.ask(Ask::Send(send(group())));
    let accepted = Accepted {
        position: Position { epoch: Epoch(1), seq: Seq(11) },
        accepted_at: Wall::from_millis(5),
        only_for_sender: false,
        rewritten: Some(MessageBody::Custom(TEXT.into())),
    };
    bench.answer(2, Ok(ResponseBody::LiveMessageAccepted(accepted)));
    bench.ask(Ask::Update(group(), Seq(11), MessageBody::Text(TEXT.into())));
    bench.cut_and_redial();
    bench.advance(Duration::from_secs(700));
    bench.input(Input::Token(TokenAskId(2), Ok(Token::from(TOKENS[1]))));
    bench.command(Command::Logout);
    bench.replayed.bytes()
}

fn send(group: ConversationShortId) -> SendLive {
    SendLive {
        group,
        client_message_id: ClientMessageId::new(1),
        priority: Priority::Normal,
        body: MessageBody::Text(TEXT.into()),
        follows: None,
    }
}

fn contains(recording: &[u8], wanted: &str) -> bool {
    recording.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

#[test]
fn no_token_and_no_body_is_in_a_recording() {
    let recording = session(false);
    for token in TOKENS {
        assert!(!contains(&recording, token));
    }
    assert!(!contains(&recording, TEXT));
    assert!(!contains(&recording, "canary"));
    assert!(play(recording.as_slice()).unwrap().is_same());
}

#[test]
fn bodies_are_in_a_recording_when_they_are_asked_for_and_tokens_are_not() {
    let recording = session(true);
    assert!(contains(&recording, TEXT));
    assert!(!contains(&recording, "canary-token"));
    let report = play(recording.as_slice()).unwrap();
    assert!(report.is_same() && report.bodies);
}

#[test]
fn a_report_says_what_happened() {
    let report = play(session(false).as_slice()).unwrap();
    assert_eq!((report.machine, report.logins), (MachineKind::Client, 1));
    let requests: Vec<_> = report.requests.into_iter().collect();
    assert_eq!(requests, [("join", 1), ("login", 1), ("logout", 1), ("send", 1), ("update", 1)]);
    assert!(report.span >= Duration::from_secs(700));
    assert_eq!(report.end, EndOfRecording::CutOff, "nobody said that it ends");
}

#[test]
fn an_entry_that_was_changed_is_found_by_its_number() {
    let recording = session(false);
    let (mut reader, header) = Reader::open(recording.as_slice()).unwrap();
    let mut file = bim_proto::recording::opening(&header).to_vec();
    let mut changed = 0;
    while let Some(mut entry) = reader.next_entry().unwrap() {
        if let Some(recorded_entry::Input::Dialed(link)) = &mut entry.input {
            *link += 1;
            changed = reader.number();
        }
        file.extend(block(&entry).unwrap());
    }
    let difference = play(file.as_slice()).unwrap().first_difference.unwrap();
    assert_eq!((difference.entry, difference.input), (changed, "dialed"));
    assert_eq!(
        (difference.output, difference.expected.1, difference.found.1),
        (Some(1), vec!["send"], vec!["abort"])
    );
}

#[test]
fn a_recording_of_a_server_is_not_played_on_a_client() {
    let kind = wire::RecordingKind::Server.into();
    let file = bim_proto::recording::opening(&wire::RecordingHeader { kind, ..Default::default() });
    assert_eq!(play(file.as_ref()), Err(RecordingError::OtherKind { expected: "client" }));
}
