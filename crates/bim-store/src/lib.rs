//! Where bim keeps things: the server's log and what a client remembers, as two small traits with
//! interchangeable back ends.
//!
//! [`ServerLog`] holds streams of numbered records and small records beside them; [`ClientStore`] holds
//! what one data directory knows. Both speak the domain words of [`bim_types::store`], not keys and values,
//! so that memory, an embedded database and a log service can keep the same promises. This crate owns
//! storage and nothing else: it never reads the bytes it is given, reads no clock, draws no random numbers
//! and knows neither the wire nor a runtime. Every call blocks; [`LogThread`] and [`LogReader`] carry calls
//! to threads of their own and call back.
//!
//! | module | back end |
//! |---|---|
//! | [`memory`] | ordered maps; gone with the process |
//! | [`redb`] (feature `redb`) | one file of an embedded database; durable when a commit returns |
//! | [`contract`] (feature `contract`) | what every back end must prove, as a list of tests |
//! | [`crash`] (feature `crash-image`) | a disk in memory whose power can be cut, to crash a store on |
//!
//! ```text
//!   machine's op ─► LogThread::submit ─► merged with what waits ─► ServerLog::commit ─► fsync ─► done(outcomes)
//!   history      ─► LogReader::read   ─────────────────────────► ServerLog::read    ─────────► done(records)
//! ```

mod client_store;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(feature = "crash-image")]
pub mod crash;
pub mod memory;
mod recording_file;
#[cfg(feature = "redb")]
pub mod redb;
mod server_log;
mod thread;

pub use client_store::{ClientStore, ClientStoreError};
pub use recording_file::{
    NotRecorded, RECORDING_BYTES_MAX, RECORDING_QUEUE_BYTES_MAX, RECORDING_QUEUE_MAX, RecordingFile,
};
pub use server_log::{LogError, ReadLimit, ServerLog};
pub use thread::{
    COMMIT_BYTES_MAX, COMMIT_OPS_MAX, CommitDone, LogReader, LogThread, LogThreadOptions, QUEUE_BYTES_MAX,
    QUEUE_OPS_MAX, READ_QUEUE_MAX, READ_THREADS_MAX, SubmitError,
};
