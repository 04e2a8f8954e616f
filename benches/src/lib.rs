//! Shared parts of the benchmarks: where messages travel, and how results are told.
//!
//! A benchmark stops its clock when the last receiver has the last message, counts every message at every
//! receiver, and fails when one is missing. It prints messages/s and bytes/s (of bodies) together, and
//! latency percentiles where a message has one.
//!
//! `big-room` and `join-storm` are programs of their own: they drive a server in another process with thousands of
//! connections, keep books that trust nothing, and fail when a promise is broken.

pub mod big_room;
mod counts;
pub mod join_storm;
mod link;
pub mod load;
mod report;
mod verdict;

pub use bim_tests::{Arena, ClientKeeps, Link, ServerKeeps};
pub use counts::{Cost, Counts};
pub use link::{LINKS, link_name, room, run};
pub use report::{Latencies, Report};
pub use verdict::verdict;

/// Body sizes that stand for a like, a chat line, a rich message and the largest one, in bytes.
pub const BODY_SIZES: [usize; 4] = [16, 128, 1024, 65_536];
