//! What the corpus begins with: real frames, records, tokens and settings, and scripts of ordinary days.
//!
//! `cargo xtask fuzz --seed-corpus` writes them into the corpus as `seed-<name>`.

mod bytes;
mod client;
mod queue;
mod server;
mod texts;

pub use bytes::{frames, messages, records};
pub use client::client_scripts;
pub use queue::queue_scripts;
pub use server::server_scripts;
pub use texts::{configs, tokens};

/// One file to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// What it is, as part of a file name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Seed {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}
