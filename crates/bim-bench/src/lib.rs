//! A load generator: crowds of clients that are little more than a connection, and figures of what they cost.
//!
//! *What it is.* The parts that load programs share: clients, clocks, histograms, what a process takes of the machine.

mod client;
mod clock;
mod crowd;
mod histogram;
mod usage;

pub use client::{Client, ClientError, Ticket};
pub use clock::Clock;
pub use crowd::gather;
pub use histogram::Histogram;
pub use usage::{Machine, RssWatch, Usage};
