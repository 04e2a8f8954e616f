//! Wrappers around any connection: counting, and faults on purpose.
//!
//! They need no runtime and no clock, and a wrapped connection passes the same contract suite.

mod counted;
mod faulty;

pub use counted::{Counted, Counters};
pub use faulty::{Fault, FaultHandle, Faulty};
