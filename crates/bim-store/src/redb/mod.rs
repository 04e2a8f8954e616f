//! Stores in one file of an embedded database.
//!
//! [`RedbLog`] is the server's log, [`RedbClientStore`] what a client remembers. Both own their file: a
//! second opening, by this process or another, is refused. What a commit returned is on the disk, provided
//! the disk honours fsync. A file that is empty, foreign, cut off, damaged or of a newer format is refused
//! by name ([`OpenError`]) and left as it is; a new store is only made where there is no file, under another
//! name first, so that a store that exists is always whole.
//!
//! A panic of the database on a damaged file is caught and reported as damage. Programs built with
//! `panic = "abort"` end instead.
//!
//! # Format of a server log: 2
//!
//! A page of header, a journal, a database (`journal/mod.rs`, and beside it the bytes of header and journal). All
//! numbers are big-endian, so that keys are in order. Tables of the database:
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | `kind`, `format`, `epoch` | `server log`; u32; u64 and its complement |
//! | `meta` | `journalled` | number u64 of the last commit of the journal that the tables have |
//! | `heads` | stream (13 bytes) | first u64, last u64 |
//! | `log` | stream, seq u64 | accepted at u64 (ms), length of id u8, id, record |
//! | `ids` | stream, id | seq u64, content hash (16 bytes) |
//! | `records` | record key | version u64, value |
//!
//! The id is `IdempotencyKey::to_bytes`; it stands in the log too so that trimming finds its `ids` row.
//! `first` is one past `last` when nothing is kept. Replacing a record writes its `log` row anew and touches
//! no other table.
//!
//! # Format of a client store: 1
//!
//! A database alone, with the tables:
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | `kind`, `format` | `client store`; u32 |
//! | `client` | `device` | device id (16 bytes) |
//! | `client` | `session` | app u32, then 0 and a number i64, or 1 and UTF-8 |

mod change;
mod client;
#[cfg(feature = "crash-image")]
mod crash_backend;
mod fault;
mod file;
mod format;
mod held;
mod journal;
mod log;
mod log_file;
mod open_error;
mod shared_file;

#[cfg(test)]
mod damage_test;

pub use client::RedbClientStore;
pub use log::{CACHE_BYTES, JOURNAL_BYTES, RedbLog, RedbOptions};
pub use open_error::OpenError;
