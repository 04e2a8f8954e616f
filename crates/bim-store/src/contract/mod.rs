//! What every store must prove, as functions that take it as a trait object, and macros that make one test
//! of each.
//!
//! A back end proves itself in a test file of its own crate. A [`Place`] opens the same log again and again,
//! one at a time: for a file it is the path, for memory an `Arc`. Each check gets a fresh, empty place.
//!
//! ```
//! # use std::sync::Arc;
//! # use bim_store::ServerLog;
//! # use bim_store::memory::MemoryLog;
//! # use bim_types::Epoch;
//! fn fresh_place() -> impl Fn() -> Box<dyn ServerLog> {
//!     let log = Arc::new(MemoryLog::new(Epoch(7)));
//!     move || Box::new(Arc::clone(&log))
//! }
//!
//! bim_store::server_log_contract!(memory, fresh_place);
//! # fn main() {}
//! ```
//!
//! [`LOG_CHECKS`] and [`CLIENT_CHECKS`] are the same lists as data, for whoever wants to run them otherwise.

pub mod append;
pub mod client;
mod macros;
pub mod read;
pub mod records;
pub mod reopen;
pub mod replace;
pub mod trim;
mod words;

use crate::client_store::ClientStore;
use crate::server_log::ServerLog;

/// Where one log lives.
pub trait Place {
    /// Opens the log that lives here; the first time it is empty. The one opened before is dropped already.
    fn open(&self) -> Box<dyn ServerLog>;
}

impl<F: Fn() -> Box<dyn ServerLog>> Place for F {
    fn open(&self) -> Box<dyn ServerLog> {
        self()
    }
}

/// Where one client store lives.
pub trait ClientPlace {
    /// Opens the store that lives here; the first time it is empty. The one opened before is dropped already.
    fn open(&self) -> Box<dyn ClientStore>;
}

impl<F: Fn() -> Box<dyn ClientStore>> ClientPlace for F {
    fn open(&self) -> Box<dyn ClientStore> {
        self()
    }
}

/// One check of a log: its name, and what panics when the log is wrong.
pub type LogCheck = (&'static str, fn(&dyn Place));

/// One check of a client store: its name, and what panics when the store is wrong.
pub type ClientCheck = (&'static str, fn(&dyn ClientPlace));

/// Every check of a server log.
pub const LOG_CHECKS: &[LogCheck] = crate::__log_checks!(__check_table);

/// Every check of a client store.
pub const CLIENT_CHECKS: &[ClientCheck] = crate::__client_checks!(__check_table);
