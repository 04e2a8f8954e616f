//! Playing the recording of a client's machine.

use std::io::Read;

use bim_proto::recording::{
    MachineKind, OutputsSeen, Player, Playing, Reader, RecordingError, Redaction, Report, Taken, Unplayable,
    body_name, uid,
};
use bim_proto::wire::{self, RecordingKind, recorded_command, recorded_entry};
use bim_types::{AppId, ConnectStatus, Continuity, Now};

use super::{input, outputs, tape};
use crate::config::ClientConfig;
use crate::event::Event;
use crate::io::Output;
use crate::machine::ClientMachine;

/// Tells a fresh machine what a recorded one was told, and compares what it wants.
///
/// # Errors
///
/// [`RecordingError`]: it is no recording of a client, or can not be played to its end. One that was cut off can.
pub fn play(recording: impl Read) -> Result<Report, RecordingError> {
    open(recording)?.finish()
}

/// A machine at the beginning of its recording.
pub(crate) fn open<R: Read>(recording: R) -> Result<Playing<R, ClientPlayer>, RecordingError> {
    let (reader, header) = Reader::open(recording)?;
    if header.kind() != RecordingKind::Client {
        return Err(RecordingError::OtherKind { expected: MachineKind::Client.name() });
    }
    let config = config(&header).map_err(|Unplayable| RecordingError::Unplayable { entry: 0 })?;
    let redaction = Redaction::playing(header.bodies);
    let player = ClientPlayer { machine: ClientMachine::new(config), redaction };
    Ok(Playing::new(MachineKind::Client, header, reader, player))
}

fn config(header: &wire::RecordingHeader) -> Result<ClientConfig, Unplayable> {
    let client = header.client.clone().ok_or(Unplayable)?;
    Ok(ClientConfig {
        app: AppId::new(client.app_id)?,
        uid: uid(client.uid)?,
        endpoints: client.endpoints.try_into()?,
        sdk: client.sdk,
        seed: header.seed,
    })
}

/// A machine that is played.
pub(crate) struct ClientPlayer {
    machine: ClientMachine,
    redaction: Redaction,
}

impl ClientPlayer {
    fn outputs(&mut self) -> (OutputsSeen, u64) {
        let wanted: Vec<Output> = std::iter::from_fn(|| self.machine.poll_output()).collect();
        let fresh = Output::Event(Event::StatusChanged(ConnectStatus::Connected(Continuity::Fresh)));
        let logins = wanted.iter().filter(|output| **output == fresh).count() as u64;
        (tape::seen(&self.redaction, wanted.iter(), self.machine.next_deadline()), logins)
    }
}

impl Player for ClientPlayer {
    fn start(&mut self) -> OutputsSeen {
        self.outputs().0
    }

    fn tell(&mut self, now: Now, entry: recorded_entry::Input) -> Result<Taken, Unplayable> {
        let request = asked(&entry);
        let (input, name) = input::read(entry)?;
        self.machine.handle(now, input);
        let (outputs, logins) = self.outputs();
        Ok(Taken { input: name, request, logins, outputs })
    }

    fn output_name(&self, kind: u8) -> &'static str {
        outputs::name(kind)
    }
}

/// What the app asks for, if it does.
fn asked(entry: &recorded_entry::Input) -> Option<&'static str> {
    let recorded_entry::Input::Command(asked) = entry else { return None };
    Some(match asked.command.as_ref()? {
        recorded_command::Command::Login(_) => "login",
        recorded_command::Command::Logout(_) => "logout",
        recorded_command::Command::Shutdown(_) => "shutdown",
        recorded_command::Command::Ask(request) => body_name(request.body.as_ref()),
        recorded_command::Command::Tap(_) => "tap",
        recorded_command::Command::Counters(_) => "counters",
    })
}
