//! A load generator for bim servers: crowds on one core, books of every position, costs and latencies.
//!
//! *What it is.* [`run_load`] lets thousands of viewers join a live group and measures what it costs to send to them;
//! [`run_storm`] lets them join all at once; [`run_durable`] measures verdicts, which come after the disk has the message.
//! `bim bench` is these and a table.
//!
//! *What it owns.* Connections, one clock, and for each viewer the account that is compared with the senders' verdicts at
//! the end. All of it belongs to the thread that runs it, and all of it is bounded.
//!
//! *What it never does.* It trusts nothing of what it measures: frames are read by its own [`peek`], and counted by its
//! own [`books`]. It starts no server and prints nothing.
//!
//! ```text
//!   Place (address, tickets) ─┐
//!   LoadPlan ─────────────────┴─► run_load ─► CrowdFigures, or BenchError
//! ```

pub mod books;
mod client;
mod clock;
mod cores;
mod cpu;
mod crowd;
mod durable;
mod error;
mod figures;
mod group;
mod histogram;
mod load;
mod peek;
mod place;
mod plan;
mod storm;
mod usage;

pub use books::Faults;
pub use client::{Client, ClientError, Ticket};
pub use clock::{Clock, STAMP_DIGITS as BODY_BYTES_MIN};
pub use cores::{Cores, PinError, open_more_files};
pub use cpu::CpuTime;
pub use crowd::gather;
pub use durable::{DurablePlan, run_durable};
pub use error::BenchError;
pub use figures::{CrowdFigures, DurableFigures, Latency, LoadFigures, Memory, StormFigures};
pub use histogram::Histogram;
pub use load::{IN_FLIGHT_MAX, run_load};
pub use peek::{Glimpse, MessageGlimpse, peek};
pub use place::{Place, PlaceError, Trust};
pub use plan::{ClassMix, Load, LoadPlan};
pub use storm::{StormPlan, run_storm};
pub use usage::{Machine, RssWatch, Usage};

/// Is told how far a run is, in words, about twice a second.
pub type Tell<'a> = &'a dyn Fn(&str);
