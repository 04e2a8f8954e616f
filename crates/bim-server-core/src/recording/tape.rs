//! What an engine that is recorded carries along.

use bim_proto::recording::{OutputsDigest, OutputsSeen, Recording, Redaction, Track};
use bim_proto::wire::{self, RecordingKind};
use bim_types::{Mono, Now};

use super::curtain::Curtain;
use super::{input, limits, outputs};
use crate::config::EngineConfig;
use crate::io::{Input, Output};

/// Writes what an engine hears and wants, until the sink has no more room.
#[derive(Debug)]
pub(crate) struct Tape {
    curtain: Curtain,
    track: Track,
}

impl Tape {
    /// A tape with its header on it.
    pub(crate) fn new(recording: Recording, config: &EngineConfig, seed: u64) -> Self {
        let Recording { sink, bodies, key } = recording;
        let header = wire::RecordingHeader {
            kind: RecordingKind::Server.into(),
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            bodies,
            seed,
            limits: limits::to_wire(config),
            client: None,
        };
        let curtain = Curtain::new(Redaction::recording(key, bodies));
        Self { curtain, track: Track::new(sink, &header) }
    }

    /// Takes down an input before it is acted on.
    pub(crate) fn hear(&mut self, now: Now, input: &Input) {
        let input = self.curtain.input(input);
        self.track.hear(now, input::entry(input));
    }

    /// Takes down what came of it. Returns whether the recording goes on.
    pub(crate) fn note<'a>(
        &mut self,
        outputs: impl Iterator<Item = &'a Output>,
        deadline: Option<Mono>,
    ) -> bool {
        self.track.note(seen(&mut self.curtain, outputs, deadline))
    }
}

/// What outputs come to behind a curtain.
pub(super) fn seen<'a>(
    curtain: &mut Curtain,
    wanted: impl Iterator<Item = &'a Output>,
    deadline: Option<Mono>,
) -> OutputsSeen {
    let mut digest = OutputsDigest::default();
    for output in wanted {
        outputs::push(&mut digest, &curtain.output(output));
    }
    digest.finish(deadline)
}
