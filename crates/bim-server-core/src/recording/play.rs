//! Playing the recording of an engine.

use std::io::Read;

use bim_proto::recording::{
    MachineKind, OutputsSeen, Player, Playing, Reader, RecordingError, Redaction, Report, Taken, Unplayable,
    request_name,
};
use bim_proto::wire::{RecordingKind, recorded_entry};
use bim_types::Now;

use super::curtain::Curtain;
use super::{input, limits, outputs, tape};
use crate::engine::Engine;
use crate::io::{Input, Notice, Output};

/// Tells a fresh engine what a recorded one was told, and compares what it wants.
///
/// # Errors
///
/// [`RecordingError`]: it is no recording of an engine, or can not be played to its end. One that was cut off can.
pub fn play(recording: impl Read) -> Result<Report, RecordingError> {
    open(recording)?.finish()
}

/// An engine at the beginning of its recording.
pub(crate) fn open<R: Read>(recording: R) -> Result<Playing<R, EnginePlayer>, RecordingError> {
    let (reader, header) = Reader::open(recording)?;
    if header.kind() != RecordingKind::Server {
        return Err(RecordingError::OtherKind { expected: MachineKind::Server.name() });
    }
    let config = limits::from_wire(header.limits.clone()).ok_or(RecordingError::Unplayable { entry: 0 })?;
    let curtain = Curtain::new(Redaction::playing(header.bodies));
    let player = EnginePlayer { engine: Engine::new(config, header.seed), curtain };
    Ok(Playing::new(MachineKind::Server, header, reader, player))
}

/// An engine that is played.
pub(crate) struct EnginePlayer {
    engine: Engine,
    /// Leaves out of the hash what recordings leave out.
    curtain: Curtain,
}

impl EnginePlayer {
    fn outputs(&mut self) -> (OutputsSeen, u64) {
        let wanted: Vec<Output> = std::iter::from_fn(|| self.engine.poll_output()).collect();
        let is_login = |output: &&Output| matches!(output, Output::Notice(Notice::LoggedIn { .. }));
        let logins = wanted.iter().filter(is_login).count() as u64;
        (tape::seen(&mut self.curtain, wanted.iter(), self.engine.next_deadline()), logins)
    }
}

impl Player for EnginePlayer {
    fn start(&mut self) -> OutputsSeen {
        self.outputs().0
    }

    fn tell(&mut self, now: Now, entry: recorded_entry::Input) -> Result<Taken, Unplayable> {
        let (input, name) = input::read(entry)?;
        let request = match &input {
            Input::Frame { frame, .. } => request_name(frame),
            _ => None,
        };
        self.engine.handle(now, input);
        let (outputs, logins) = self.outputs();
        Ok(Taken { input: name, request, logins, outputs })
    }

    fn output_name(&self, kind: u8) -> &'static str {
        outputs::name(kind)
    }
}
