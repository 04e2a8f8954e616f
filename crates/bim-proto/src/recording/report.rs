//! What came of playing a recording.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_types::Now;

/// Which machine was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineKind {
    /// The engine of a server.
    Server,
    /// The machine of a client.
    Client,
}

impl MachineKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// What came of playing a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Which machine.
    pub machine: MachineKind,
    /// The version of bim that wrote it.
    pub made_by: String,
    /// Whether message bodies are in it as they were.
    pub bodies: bool,
    /// How many entries were played, the first one, where the machine is made, included.
    pub entries: u64,
    /// From the first to the last of them, by the machine's clock.
    pub span: Duration,
    /// Entries by what the machine was told.
    pub inputs: BTreeMap<&'static str, u64>,
    /// Requests by what was asked for.
    pub requests: BTreeMap<&'static str, u64>,
    /// What the machine wants done in this play, by kind.
    pub outputs: BTreeMap<&'static str, u64>,
    /// Logins: of users for a server, successful ones for a client.
    pub logins: u64,
    /// How the recording ends.
    pub end: EndOfRecording,
    /// Entries after which the machine wants something else now.
    pub differences: u64,
    /// The first of them; those that follow may be its consequences.
    pub first_difference: Option<Difference>,
}

impl Report {
    /// Whether the machine wanted the same after every entry.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.differences == 0
    }
}

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfRecording {
    /// With the machine.
    Complete,
    /// The file was as large as it may become.
    FileFull,
    /// The disk was slower than the machine.
    TooSlow,
    /// An input was larger than an entry may be.
    EntryTooLarge,
    /// Without a word: the process was killed, or still runs.
    CutOff,
}

impl EndOfRecording {
    /// In words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::FileFull => "stopped: the file was full",
            Self::TooSlow => "stopped: the disk was too slow",
            Self::EntryTooLarge => "stopped: an entry was too large",
            Self::CutOff => "cut off: the process was killed or still runs",
        }
    }
}

/// An entry after which the machine wants something else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The number of the entry, counted from 1.
    pub entry: u64,
    /// When that was.
    pub at: Now,
    /// What the machine was told.
    pub input: &'static str,
    /// The first output that differs, counted from 1; `None` when only the next deadline does, or one behind the
    /// first 64.
    pub output: Option<u64>,
    /// What was wanted when it was recorded: how many outputs, and the kinds of the first 64.
    pub expected: (u64, Vec<&'static str>),
    /// What is wanted now.
    pub found: (u64, Vec<&'static str>),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { entry, at, input, expected, found, .. } = self;
        write!(f, "entry {entry} ({input}) at {} s: ", at.mono.as_micros() as f64 / 1e6)?;
        match self.output {
            Some(output) => write!(f, "output {output} differs; ")?,
            None => write!(f, "the next deadline or a late output differs; ")?,
        }
        let list = |(count, kinds): &(u64, Vec<&'static str>)| format!("{count} [{}]", kinds.join(", "));
        write!(f, "expected {}, found {}", list(expected), list(found))
    }
}
