//! Stores in memory: for tests, for the fake server and for clients that want to leave no trace.
//!
//! They keep the same promises as a durable store for as long as the process lives, in ordered maps, so
//! that the same calls give the same answers in the same order. Nothing here bounds how much is kept: that
//! is what trimming is for.

mod client;
mod log;
mod stream;

pub use client::MemoryClientStore;
pub use log::MemoryLog;
