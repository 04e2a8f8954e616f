//! The checkers: each holds one promise against everything that is seen.

mod books;
mod bounds;
mod calls;
#[cfg(test)]
mod delivery_test;
mod device;
mod durable;
mod events;
mod live;
mod order;
mod queue;
mod resume;
mod secrets;
mod session;
#[cfg(test)]
mod stand;
mod tokens;
mod views;

use bim_types::Mono;

use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::sight::Sight;

/// Holds a promise against everything that is seen.
pub trait Check {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Something happened.
    ///
    /// # Errors
    ///
    /// The promise is broken, and how.
    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String>;

    /// The run is over.
    ///
    /// # Errors
    ///
    /// The promise is broken, and how.
    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        let _ = context;
        Ok(())
    }
}

/// What checkers may look at beside what they are shown.
#[derive(Debug)]
pub struct Context<'a> {
    /// True time since the start.
    pub at: Mono,
    /// What is durable.
    pub ledger: &'a Ledger,
}

/// Every checker, for a run of this plan.
#[must_use]
pub fn every_check(plan: &Plan) -> Vec<Box<dyn Check>> {
    vec![
        Box::new(calls::Calls::new(plan.mode)),
        Box::new(durable::Durable::default()),
        Box::new(device::Device::default()),
        Box::new(session::Status::default()),
        Box::new(session::Fencing::default()),
        Box::new(session::Silence::new(plan)),
        Box::new(session::Watched::default()),
        Box::new(session::Backoff::new(plan)),
        Box::new(session::Drains::default()),
        Box::new(tokens::Tokens::default()),
        Box::new(bounds::Bounds::new(plan)),
        Box::new(secrets::Secrets::default()),
        Box::new(books::Books::new(plan.mode)),
        Box::new(events::Events::new(plan.mode)),
        Box::new(queue::Queue::new(plan.world.queue)),
        Box::new(resume::Resume::new(&plan.world.engine)),
        Box::new(order::Order::default()),
        Box::new(live::LiveGroups::new(plan)),
        Box::new(views::Views::default()),
    ]
}
