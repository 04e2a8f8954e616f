//! What a machine that is recorded carries along.

use bim_proto::recording::{OutputsDigest, OutputsSeen, Recording, Redaction, Track};
use bim_proto::wire::{self, RecordingKind};
use bim_types::{Mono, Now};

use super::{input, outputs};
use crate::config::ClientConfig;
use crate::io::{Input, Output};

/// Writes what a machine hears and wants, until the sink has no more room.
#[derive(Debug)]
pub(crate) struct Tape {
    redaction: Redaction,
    track: Track,
}

impl Tape {
    /// A tape with its header on it.
    pub(crate) fn new(recording: Recording, config: &ClientConfig) -> Self {
        let Recording { sink, bodies, key } = recording;
        let ClientConfig { app, uid, endpoints, sdk, seed } = config;
        let header = wire::RecordingHeader {
            kind: RecordingKind::Client.into(),
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            bodies,
            seed: *seed,
            limits: [].into(),
            client: Some(wire::RecordedClient {
                app_id: app.value(),
                uid: Some(uid.clone().into()),
                endpoints: *endpoints as u64,
                sdk: sdk.clone(),
            }),
        };
        Self { redaction: Redaction::recording(key, bodies), track: Track::new(sink, &header) }
    }

    /// Takes down an input before it is acted on.
    pub(crate) fn hear(&mut self, now: Now, input: &Input) {
        self.track.hear(now, input::entry(input, &self.redaction));
    }

    /// Takes down what came of it. Returns whether the recording goes on.
    pub(crate) fn note<'a>(
        &mut self,
        outputs: impl Iterator<Item = &'a Output>,
        deadline: Option<Mono>,
    ) -> bool {
        self.track.note(seen(&self.redaction, outputs, deadline))
    }
}

/// What outputs come to, with stand-ins.
pub(super) fn seen<'a>(
    redaction: &Redaction,
    wanted: impl Iterator<Item = &'a Output>,
    deadline: Option<Mono>,
) -> OutputsSeen {
    let mut digest = OutputsDigest::default();
    for output in wanted {
        outputs::push(&mut digest, output, redaction);
    }
    digest.finish(deadline)
}
