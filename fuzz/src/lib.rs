//! What is fuzzed in bim: one function of bytes per target, the seeds of its corpus, and the replay of that corpus.
//!
//! *What it is.* An ordinary library without libFuzzer: a [`Target`] takes any bytes and panics when a promise is
//! broken. The programs in `fuzz/libfuzzer` feed it, and so do the tests of this package, which replay the
//! committed corpus and a few thousand mutations of it on every `cargo test`.
//!
//! *What it owns.* The targets and what they promise, the [seeds], and a small [`mutator`].
//!
//! *What it never does.* No clock, no network, no random bits but those in the bytes: the same bytes do the same.
//!
//! ```text
//!   bytes ─► decoder, parser ─────────────► value ─► bytes ─► the same value
//!   bytes ─► steps ─► machine + small world ─► every output held against a model
//! ```
//!
//! A target that carries out steps counts what it has [`Reached`], so that a test can tell a corpus that gets deep
//! from one that bounces off the door.

pub mod corpus;
pub mod mutator;
mod reached;
pub mod seeds;
mod steps;
mod target;
pub mod targets;
mod vocabulary;

pub use reached::Reached;
pub use target::{TARGETS, Target, find};
