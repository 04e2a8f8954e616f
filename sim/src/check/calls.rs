//! Every call is answered exactly once, and when everything is calm, in time.

use std::collections::BTreeMap;

use bim_core::{CallId, Command};

use super::{Check, Context};
use crate::plan::Mode;
use crate::sight::{ClientId, ClientSight, Sight};

/// Every call is answered exactly once.
#[derive(Debug)]
pub(super) struct Calls {
    mode: Mode,
    open: BTreeMap<(ClientId, CallId), Command>,
}

impl Calls {
    pub(super) fn new(mode: Mode) -> Self {
        Self { mode, open: BTreeMap::new() }
    }
}

impl Check for Calls {
    fn name(&self) -> &'static str {
        "calls"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        let Sight::Client(client, sight) = sight else { return Ok(()) };
        match sight {
            ClientSight::Asked(call, command) => {
                self.open.insert((*client, *call), (*command).clone());
            }
            ClientSight::Answered(call, answer) => {
                if self.open.remove(&(*client, *call)).is_none() {
                    return Err(format!("{client:?} is answered {call:?} without having asked: {answer:?}"));
                }
            }
            ClientSight::Died => self.open.retain(|(of, _), _| of != client),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _: &Context<'_>) -> Result<(), String> {
        match self.open.iter().next() {
            Some(((client, call), command)) if self.mode == Mode::Liveness => {
                Err(format!("{client:?} was never answered {call:?}: {command:?}"))
            }
            _ => Ok(()),
        }
    }
}
