//! Recording an engine, and playing the recording again.
//!
//! ```text
//!   Engine::recorded ──► Tape ──► RecordingSink (a file, in a shell)
//!        │ handle(input)   ├── Curtain: stand-ins for tokens, keys, addresses and bodies
//!        └ outputs ───────►└── entry: time, input, hash of the outputs
//!   play(file) ──► Engine::new(limits, seed) ──► the same inputs ──► Report
//! ```
//!
//! *Secrets.* A key of an app is replaced by a stand-in of the same length. A token that one of the keys has signed
//! is signed again, with the stand-in and the same claims; any other token becomes letters that nobody accepts.
//! So the engine that is played accepts and refuses the same logins, and nobody can log in with what is in a
//! recording. Addresses of peers are replaced too.
//!
//! *Bodies.* Unless they are to be kept, each body is replaced by letters of the same length, equal ones by equal
//! ones. What can not be the same then is left out of the hash over outputs: the hash of a body that recognises a
//! repeated message.
//!
//! *What is in it.* Everything else: names and texts of groups, what members say about themselves, attributes,
//! uids, claims of tokens, words of moderators and operators.

mod admin;
mod curtain;
mod input;
mod limits;
mod outputs;
mod play;
#[cfg(test)]
mod recording_test;
mod records;
mod tape;
mod verdict;

pub use bim_proto::recording::{
    Difference, EndOfRecording, MachineKind, Recording, RecordingError, RecordingSink, Report, end_mark,
};
pub use play::play;
#[cfg(test)]
pub(crate) use play::{EnginePlayer, open};
pub(crate) use tape::Tape;
