//! Inputs of a client's machine, in entries.

use bim_proto::recording::{Redaction, Unplayable, redact_server_frame};
use bim_proto::wire::{self, recorded_entry::Input as Entry};
use bim_types::store::{DeviceRecord, OpId};
use bim_types::{DeviceId, ErrorCode, Token};

use super::command;
use crate::command::CallId;
use crate::io::{Input, LinkId, StoreFailed, TokenAskId, TokenUnavailable};

/// An input as an entry holds it.
pub(super) fn entry(input: &Input, redaction: &Redaction) -> Entry {
    match input {
        Input::Command(call, command) => Entry::Command(command::entry(*call, command, redaction)),
        Input::DeviceLoaded(op, loaded) => {
            let device = loaded.as_ref().ok().copied().flatten();
            Entry::Device(wire::RecordedDevice {
                op: op.0,
                failure: failure(loaded.as_ref().err()),
                device_id: device.map(|record| record.device.to_bytes().to_vec()).unwrap_or_default().into(),
            })
        }
        Input::Committed(op, committed) => {
            let failure = failure(committed.as_ref().err());
            Entry::Committed(wire::RecordedCommitted { op: op.0, failure })
        }
        Input::Token(ask, answer) => {
            let token = answer.as_ref().ok().map(|token| redaction.token(token.reveal()));
            Entry::Token(wire::RecordedTokenAnswer { ask: ask.0, token })
        }
        Input::Dialed(link) => Entry::Dialed(link.0),
        Input::DialFailed(link, reason) => {
            Entry::DialFailed(wire::RecordedDialFailed { link: link.0, reason: reason.clone() })
        }
        Input::Frame(link, frame) => {
            let frame = redact_server_frame(frame, redaction);
            Entry::LinkFrame(wire::RecordedFrame { connection: link.0, frame })
        }
        Input::Closed(link) => Entry::LinkClosed(link.0),
        Input::Tick => Entry::Tick(wire::RecordedTick {}),
    }
}

/// The input that an entry holds, and its name.
pub(super) fn read(entry: Entry) -> Result<(Input, &'static str), Unplayable> {
    Ok(match entry {
        Entry::Command(asked) => {
            let call = CallId(asked.call);
            (Input::Command(call, command::read(asked)?), "command")
        }
        Entry::Device(wire::RecordedDevice { op, failure, device_id }) => {
            let device = match device_id.len() {
                0 => None,
                _ => Some(DeviceRecord { device: DeviceId::from_slice(&device_id)? }),
            };
            (Input::DeviceLoaded(OpId(op), read_failure(failure).map(|()| device)), "device")
        }
        Entry::Committed(wire::RecordedCommitted { op, failure }) => {
            (Input::Committed(OpId(op), read_failure(failure)), "committed")
        }
        Entry::Token(wire::RecordedTokenAnswer { ask, token }) => {
            let answer = token.map(Token::new).ok_or(TokenUnavailable);
            (Input::Token(TokenAskId(ask), answer), "token")
        }
        Entry::Dialed(link) => (Input::Dialed(LinkId(link)), "dialed"),
        Entry::DialFailed(wire::RecordedDialFailed { link, reason }) => {
            (Input::DialFailed(LinkId(link), reason), "dial_failed")
        }
        Entry::LinkFrame(wire::RecordedFrame { connection, frame }) => {
            (Input::Frame(LinkId(connection), frame), "frame")
        }
        Entry::LinkClosed(link) => (Input::Closed(LinkId(link)), "closed"),
        Entry::Tick(_) => (Input::Tick, "tick"),
        Entry::Start(_)
        | Entry::End(_)
        | Entry::Opened(_)
        | Entry::Frame(_)
        | Entry::Closed(_)
        | Entry::TooSlow(_)
        | Entry::Written(_)
        | Entry::Loaded(_)
        | Entry::Moderated(_)
        | Entry::Remove(_)
        | Entry::Admin(_)
        | Entry::Drain(_) => return Err(Unplayable),
    })
}

/// No code is 0.
fn failure(failed: Option<&StoreFailed>) -> i32 {
    failed.map_or(0, |failed| failed.code.number())
}

fn read_failure(number: i32) -> Result<(), StoreFailed> {
    match number {
        0 => Ok(()),
        number => Err(StoreFailed { code: ErrorCode::from_number(number) }),
    }
}
