//! The state of live groups: a simple model of each group, and everything the server does and says held against it.
//!
//! The model moves when the server has heard that a change is durable, and only by a change that somebody asked for who
//! may. What is decided, told and answered is then compared with the model as it stands at that moment.
//!
//! ```text
//!   request ─► open ─┬─ write ─► who asked for exactly this, and may they? ─► durable ─► the model moves
//!                    └─ answer, refusal, event, state, pulse, page ─► is that what the model says?
//! ```

mod answers;
mod appended;
mod asked;
mod board;
mod budget;
mod deed;
mod doors;
mod hall;
mod history;
mod landed;
mod pages;
mod people;
mod pulse;
mod refused;
mod rights;
mod room;
mod settle;
mod told;
mod writes;

#[cfg(test)]
mod live_test;

use super::{Check, Context};
use crate::plan::Plan;
use crate::sight::Sight;

use hall::Hall;

/// What is wrong: with which part of the promises, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong(&'static str, String);

/// Nothing is wrong, or something.
pub(super) type Verdict = Result<(), Wrong>;

fn wrong(part: &'static str, what: impl Into<String>) -> Verdict {
    Err(Wrong(part, what.into()))
}

/// Holds what the server does with live groups against a model of them.
#[derive(Debug)]
pub(super) struct LiveGroups {
    /// Which part of the promises was broken.
    part: &'static str,
    hall: Hall,
}

impl LiveGroups {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { part: "live-groups", hall: Hall::new(plan) }
    }

    fn note(&mut self, verdict: Verdict) -> Result<(), String> {
        verdict.map_err(|Wrong(part, what)| {
            self.part = part;
            what
        })
    }
}

impl Check for LiveGroups {
    fn name(&self) -> &'static str {
        self.part
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        let verdict = self.hall.see(context.ledger, sight);
        self.note(verdict)
    }

    fn end(&mut self, _: &Context<'_>) -> Result<(), String> {
        let verdict = self.hall.end();
        self.note(verdict)
    }
}
