//! Why something could not be measured, one sentence each.

use std::io;

use bim_bench::BenchError;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum RivalError {
    /// The system refused something.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The system's words.
        #[source]
        why: io::Error,
    },
    /// A server did not start.
    #[error("{program} did not start: {words}")]
    Start {
        /// Which.
        program: String,
        /// Its last words.
        words: String,
    },
    /// Somebody said what nobody expected.
    #[error("unexpected answer: {0}")]
    Answer(String),
    /// A message is missing, came twice, out of order, or changed.
    #[error("{0}")]
    Books(String),
    /// What `bim bench` says of it.
    #[error("{0}")]
    Bench(#[from] BenchError),
    /// Something that was asked for can not be done.
    #[error("{0}")]
    Options(String),
}

impl RivalError {
    /// Says what was tried when the system refused it.
    pub fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |why| Self::Io { what, why }
    }
}
