//! Every call is answered exactly once, and when everything is calm, in time.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_core::{CallId, Command};
use bim_types::Mono;

use super::{Check, Context};
use crate::plan::Mode;
use crate::sight::{ClientId, ClientSight, Sight};

/// When everything is calm, every call is answered in this time: also one whose connection was just found dead.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// Every call is answered exactly once.
#[derive(Debug)]
pub(super) struct Calls {
    mode: Mode,
    open: BTreeMap<(ClientId, CallId), (Mono, Command)>,
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

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        let Sight::Client(client, sight) = sight else { return Ok(()) };
        match sight {
            ClientSight::Asked(call, command) => {
                self.open.insert((*client, *call), (context.at, (*command).clone()));
            }
            ClientSight::Answered(call, answer) => {
                let asked = self.open.remove(&(*client, *call));
                return match asked {
                    Some(_) => Ok(()),
                    None => Err(format!("{client:?} is answered {call:?} without having asked: {answer:?}")),
                };
            }
            ClientSight::Died => self.open.retain(|(of, _), _| of != client),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        let is_late = |asked: Mono| context.at.since(asked) > ANSWERED_WITHIN;
        match self.open.iter().find(|(_, (asked, _))| is_late(*asked)) {
            Some(((client, call), (_, command))) if self.mode == Mode::Liveness => {
                Err(format!("{client:?} was never answered {call:?}: {command:?}"))
            }
            _ => Ok(()),
        }
    }
}
