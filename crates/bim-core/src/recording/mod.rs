//! Recording a client's machine, and playing the recording again.
//!
//! ```text
//!   ClientMachine::recorded ──► Tape ──► RecordingSink (a file, in a shell)
//!        │ handle(input)          ├── stand-ins for tokens and bodies
//!        └ outputs ──────────────►└── entry: time, input, hash of the outputs
//!   play(file) ──► ClientMachine::new ──► the same inputs ──► Report
//! ```
//!
//! A machine never looks into a token or a body, so letters of the same length do as well. Everything else is in a
//! recording: names and texts of groups, what members say about themselves, attributes, uids, the words of dialers
//! that failed.

mod command;
mod input;
mod outputs;
mod play;
#[cfg(test)]
mod recording_test;
mod tape;

pub use bim_proto::recording::{
    Difference, EndOfRecording, MachineKind, Recording, RecordingError, RecordingSink, Report, end_mark,
};
pub use play::play;
#[cfg(test)]
pub(crate) use play::{ClientPlayer, open};
pub(crate) use tape::Tape;
