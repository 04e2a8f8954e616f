//! Faults by name, with how often they happen, all drawn from one seed.
//!
//! [`Faults`] says how often each [`FaultKind`] happens in a minute of virtual time. [`Faults::plan`] draws from a
//! seed what happens when: a list, so that a run that fails can be repeated with fewer of them. Whoever runs the
//! server carries the list out: [`step`](crate::step) worlds in a simulation, or the fake server beside an app's test.
//!
//! ```
//! use std::time::Duration;
//! use bim_fake_server::faults::{FaultKind, Faults};
//!
//! let faults = Faults::none().per_minute(FaultKind::Cut, 6.0).per_minute(FaultKind::ServerCrash, 0.5);
//! let plan = faults.plan(42, Duration::from_secs(120));
//! assert_eq!(plan, faults.plan(42, Duration::from_secs(120)));
//! assert!(plan.iter().all(|fault| fault.at < Duration::from_secs(120)));
//! ```

mod kind;
mod plan;

pub use kind::FaultKind;
pub use plan::{Faults, PlannedFault};
