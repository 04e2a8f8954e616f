//! What every store must prove, as functions that take it as a trait object, and macros that make one test
//! of each.
//!
//! A back end proves itself with one line in a test file of its own crate, which needs the feature:
//!
//! ```toml
//! [dev-dependencies]
//! bim-store = { version = "0.1", default-features = false, features = ["contract"] }
//! ```
//!
//! [`server_log_contract!`](crate::server_log_contract) is for a [`ServerLog`],
//! [`client_store_contract!`](crate::client_store_contract) for a [`ClientStore`]. The first argument names a
//! module for the tests; the second is called for each of them and gives a fresh, empty [`Place`] or
//! [`ClientPlace`], which opens the same store again and again, one at a time: for a file it is the path, for
//! memory an `Arc`. Write the line once more with the store in a `Box` or an `Arc` if you hand out pointers.
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
//!
//! | what is checked | where |
//! |---|---|
//! | numbers, ids and conditions of appends | [`append`] |
//! | what is read, in which order, up to which limit, by whom | [`read`] |
//! | small records and their versions | [`records`] |
//! | what goes at the old end, and what stays | [`trim`] |
//! | other bytes in the place of a record | [`replace`] |
//! | what is there after opening again | [`reopen`] |
//! | a client store, all of it | [`client`] |
//!
//! Stores that are broken on purpose, one fault each, have to be found by these checks
//! (`tests/broken_stores`); a fault that a real store had and that passes here belongs there first. What a
//! store keeps when the power is cut is not checked here: open it on a `CrashDisk` (feature `crash-image`),
//! or on the like of it, as `tests/crash` does.

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
