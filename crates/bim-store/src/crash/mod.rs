//! A disk in memory whose power can be cut at any write and any sync, for tests that crash a store.
//!
//! [`CrashDisk`] is one file as a process, the system's cache and the disk below see it: what was written is
//! read back at once, but only what was synced is sure to be there after the power was cut. Of the rest,
//! chance keeps some, in another order perhaps, some of it torn. The stores of this crate open on such a disk
//! as they open a file (`RedbLog::open_on`, `RedbClientStore::open_on`); another store may, by the disk's own
//! [`read_at`](CrashDisk::read_at), [`write_at`](CrashDisk::write_at), [`set_length`](CrashDisk::set_length)
//! and [`sync`](CrashDisk::sync).
//!
//! It owns bytes and counts, nothing else: it reads no clock and no file, and draws no random number but from
//! the [`Chance`] it is given, so that a seed gives the same disk again. It never needs a real crash: a store
//! on a disk without power can be dropped like any other, because its last writes go nowhere.
//!
//! ```text
//!   CrashDisk::blank ─► open, commit, … ─► cut_power_at(Sync(k)) ─► the k-th sync fails, and everything after
//!                                                                           │
//!          CrashDisk::new(image) ◄── DiskImage ◄── crash(chance) ◄──────────┘     (again, with other chances)
//! ```
//!
//! To try every crash point of a script, run it once on a disk that is not cut, take its
//! [`counts`](CrashDisk::counts), and run it again with [`Moment::Write`] 1 to `writes` and [`Moment::Sync`]
//! 1 to `syncs`:
//!
#![cfg_attr(feature = "redb", doc = "```")]
#![cfg_attr(not(feature = "redb"), doc = "```ignore")]
//! use bim_store::crash::{Chance, CrashDisk, Moment};
//! use bim_store::redb::{RedbLog, RedbOptions};
//! # use bim_store::ServerLog;
//! # use bim_types::{AppId, Epoch};
//! # use bim_types::store::{Expected, LogOp, Put, RecordKey};
//! # let app = RecordKey::App(AppId::new(1).unwrap());
//! # let op = LogOp::Put(Put { key: app.clone(), expected: Expected::Any, value: Some("v".into()) });
//!
//! let open = |disk: &CrashDisk| RedbLog::open_on(disk, Epoch(7), RedbOptions::default());
//!
//! let whole = CrashDisk::blank();
//! open(&whole).unwrap().commit(&[op.clone()]).unwrap();
//!
//! for sync in 1..=whole.counts().syncs {
//!     let disk = CrashDisk::blank();
//!     disk.cut_power_at(Moment::Sync(sync));
//!     let acked = open(&disk).is_ok_and(|log| log.commit(&[op.clone()]).is_ok());
//!     let after = CrashDisk::new(disk.crash(&mut Chance::seeded(sync)));
//!     let log = open(&after).unwrap();
//!     assert!(!acked || log.record(&app).unwrap().is_some(), "what was acked is there");
//! }
//! ```

mod chance;
mod disk;
mod image;
mod platter;

pub use chance::Chance;
pub use disk::CrashDisk;
pub use image::DiskImage;
pub use platter::{DiskCounts, Moment};
