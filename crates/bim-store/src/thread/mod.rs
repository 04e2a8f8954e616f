//! Threads that own the blocking calls: one that commits, merging what waits, and a few that read.
//!
//! Nothing here blocks the caller: a submission is queued, or refused when its queue is full, and its
//! callback runs on the thread that did the work. A callback must be short and must not wait for the thread
//! it runs on. No runtime is needed.
//!
//! ```text
//!   submit ─► queue (bounded by operations and bytes) ─► one commit of all that waits ─► done, in order
//! ```

mod queue;
mod reader;
mod writer;

pub use queue::SubmitError;
pub use reader::{LogReader, READ_QUEUE_MAX, READ_THREADS_MAX};
pub use writer::{
    COMMIT_BYTES_MAX, COMMIT_OPS_MAX, CommitDone, LogThread, LogThreadOptions, QUEUE_BYTES_MAX, QUEUE_OPS_MAX,
};
