//! The vocabulary of stores: operations and records as plain data. The traits are in `bim-store`, the
//! meaning of a record's bytes is the machine's that wrote it.

mod client;
mod log;
mod record;

pub use client::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};
pub use log::{
    Append, AppendCondition, AppendEntry, AppendOutcome, IdempotencyKey, LogOp, LogOutcome, LogRecord,
    Replace, StreamHead, StreamId, Trim,
};
pub use record::{Expected, Put, PutOutcome, RecordKey, RecordRange, VersionedRecord};

/// Numbers an operation, so that its result can be matched. Unique within one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u64);
