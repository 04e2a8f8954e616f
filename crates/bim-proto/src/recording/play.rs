//! Telling a fresh machine what another one was told.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bim_types::{Mono, Now, Wall};

use crate::recording::{
    Difference, EndOfRecording, MachineKind, OutputsSeen, Reader, RecordingError, Report,
};
use crate::wire::{self, RecordingEnd, recorded_entry::Input};

/// A machine that is played: made from the header, told entry by entry.
pub trait Player {
    /// The outputs that wait before the first input.
    fn start(&mut self) -> OutputsSeen;

    /// Tells the machine, and gives what it wants then.
    ///
    /// # Errors
    ///
    /// [`Unplayable`] when the entry is no input of this machine.
    fn tell(&mut self, now: Now, input: Input) -> Result<Taken, Unplayable>;

    /// The name of a kind of output.
    fn output_name(&self, kind: u8) -> &'static str;
}

/// What came of one entry.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What the machine was told.
    pub input: &'static str,
    /// What was asked for, if it was a request.
    pub request: Option<&'static str>,
    /// Logins that succeeded with it.
    pub logins: u64,
    /// What the machine wants.
    pub outputs: OutputsSeen,
}

/// An entry is no input of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unplayable;

impl<E: std::error::Error> From<E> for Unplayable {
    fn from(_: E) -> Self {
        Self
    }
}

/// A recording that is being played.
#[derive(Debug)]
pub struct Playing<R, P> {
    reader: Reader<R>,
    player: P,
    report: Report,
    began: Option<Mono>,
}

impl<R: Read, P: Player> Playing<R, P> {
    /// One at its beginning.
    #[must_use]
    pub fn new(machine: MachineKind, header: wire::RecordingHeader, reader: Reader<R>, player: P) -> Self {
        let report = Report {
            machine,
            made_by: header.made_by,
            bodies: header.bodies,
            entries: 0,
            span: Duration::ZERO,
            inputs: [].into(),
            requests: [].into(),
            outputs: [].into(),
            logins: 0,
            end: EndOfRecording::CutOff,
            differences: 0,
            first_difference: None,
        };
        Self { reader, player, report, began: None }
    }

    /// Plays it to its end.
    ///
    /// # Errors
    ///
    /// [`RecordingError`]: it can not be played to its end. One that was cut off can.
    pub fn finish(mut self) -> Result<Report, RecordingError> {
        while self.step()? {}
        Ok(self.report)
    }

    /// Plays the next entry. Returns whether there was one; more may follow when the source has more by then.
    ///
    /// # Errors
    ///
    /// [`RecordingError`]: the entry can not be played.
    pub fn step(&mut self) -> Result<bool, RecordingError> {
        let Some(entry) = self.reader.next_entry()? else { return Ok(false) };
        let number = self.reader.number();
        let unplayable = RecordingError::Unplayable { entry: number };
        let now = Now { mono: Mono::from_micros(entry.mono_us), wall: Wall::from_millis(entry.wall_ms) };
        let taken = match entry.input.ok_or(unplayable)? {
            Input::End(end) => {
                self.report.end = end_of(end.reason).ok_or(unplayable)?;
                return Ok(false);
            }
            Input::Start(_) => {
                Taken { input: "start", request: None, logins: 0, outputs: self.player.start() }
            }
            input => {
                self.report.span = now.mono.since(*self.began.get_or_insert(now.mono));
                // A machine that panics is not asked again, so what state it is in does not matter.
                let told = catch_unwind(AssertUnwindSafe(|| self.player.tell(now, input)));
                let panicked = |_| RecordingError::Panicked { entry: number };
                told.map_err(panicked)?.map_err(|Unplayable| unplayable)?
            }
        };
        let expected = entry.outputs.unwrap_or_default().into();
        self.report.take(number, now, taken, &expected, &self.player);
        Ok(true)
    }

    /// What came of it so far.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl Report {
    fn take(&mut self, entry: u64, at: Now, taken: Taken, expected: &OutputsSeen, player: &dyn Player) {
        self.entries += 1;
        *self.inputs.entry(taken.input).or_default() += 1;
        if let Some(request) = taken.request {
            *self.requests.entry(request).or_default() += 1;
        }
        self.logins += taken.logins;
        for kind in taken.outputs.kinds() {
            *self.outputs.entry(player.output_name(*kind)).or_default() += 1;
        }
        if taken.outputs == *expected {
            return;
        }
        self.differences += 1;
        let named = |seen: &OutputsSeen| {
            (seen.count(), seen.kinds().iter().map(|kind| player.output_name(*kind)).collect())
        };
        let output = expected.first_difference(&taken.outputs).map(|at| at as u64 + 1);
        self.first_difference.get_or_insert_with(|| Difference {
            entry,
            at,
            input: taken.input,
            output,
            expected: named(expected),
            found: named(&taken.outputs),
        });
    }
}

fn end_of(reason: i32) -> Option<EndOfRecording> {
    match RecordingEnd::try_from(reason).ok()? {
        RecordingEnd::Unspecified => None,
        RecordingEnd::Complete => Some(EndOfRecording::Complete),
        RecordingEnd::FileFull => Some(EndOfRecording::FileFull),
        RecordingEnd::TooSlow => Some(EndOfRecording::TooSlow),
        RecordingEnd::EntryTooLarge => Some(EndOfRecording::EntryTooLarge),
    }
}
