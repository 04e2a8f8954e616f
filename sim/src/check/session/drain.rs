//! A planned restart: what is being written is finished, everyone is told to come back, nobody is let in (S5).

use std::collections::BTreeSet;
use std::time::Duration;

use bim_proto::{Goodbye, ServerFrame};
use bim_server_core::{Input, Output};
use bim_types::store::OpId;
use bim_types::{ConnectionId, ErrorCode};

use super::super::{Check, Context};
use crate::sight::Sight;

/// Clients of a server that stops are asked to come back within this time, not all at once.
const COME_BACK: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(500)..=Duration::from_millis(2_500);

/// From the drain on nobody is welcome and no new write begins but what finishes the old; as soon as nothing is being
/// written everyone is told goodbye with a time to come back, and then the server says that it is done.
#[derive(Debug, Default)]
pub(in crate::check) struct Drains {
    is_draining: bool,
    is_drained: bool,
    /// Writes that the engine waits for.
    writes: BTreeSet<OpId>,
    open: BTreeSet<ConnectionId>,
    /// How long those who were told to come back were asked to wait.
    told: Vec<Duration>,
}

impl Check for Drains {
    fn name(&self) -> &'static str {
        "drain"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Crashed => *self = Self::default(),
            Sight::Input(_, input) => {
                if self.is_drained
                    && let Some(connection) = self.open.first()
                {
                    return Err(format!("{connection:?} came after the end and was not told so"));
                }
                if self.is_draining && !self.is_drained && self.writes.is_empty() {
                    return Err(
                        "nothing is being written, and the server does not say that it is done".into()
                    );
                }
                self.on_input(input);
            }
            Sight::Output(output) => return self.on_output(output),
            Sight::Out(connection, frame) if self.is_draining => return self.on_out(*connection, frame),
            _ => {}
        }
        Ok(())
    }
}

impl Drains {
    fn on_input(&mut self, input: &Input) {
        match input {
            Input::Opened { connection, .. } => drop(self.open.insert(*connection)),
            Input::Closed { connection } => drop(self.open.remove(connection)),
            Input::Written { op, .. } => drop(self.writes.remove(op)),
            Input::Drain => self.is_draining = true,
            _ => {}
        }
    }

    fn on_output(&mut self, output: &Output) -> Result<(), String> {
        match output {
            Output::Write { op, .. } if self.is_drained => Err(format!("{op:?} begins after the end")),
            Output::Write { op, .. } => {
                self.writes.insert(*op);
                Ok(())
            }
            Output::Close { connection } => {
                self.open.remove(connection);
                Ok(())
            }
            Output::Drained => self.on_drained(),
            _ => Ok(()),
        }
    }

    fn on_out(&mut self, connection: ConnectionId, frame: &ServerFrame) -> Result<(), String> {
        match frame {
            ServerFrame::Welcome(_) => Err(format!("{connection:?} is welcome at a server that stops")),
            ServerFrame::Goodbye(Goodbye { reason: Some(refusal) })
                if refusal.code == ErrorCode::ServerDraining =>
            {
                let after = refusal.retry_after.unwrap_or_default();
                if !COME_BACK.contains(&after) {
                    return Err(format!("{connection:?} is asked to come back in {after:?}"));
                }
                self.told.push(after);
                Ok(())
            }
            ServerFrame::Goodbye(_) => Ok(()),
            _ if self.is_drained => Err(format!("{connection:?} is sent something after the end")),
            _ => Ok(()),
        }
    }

    fn on_drained(&mut self) -> Result<(), String> {
        if !self.is_draining || std::mem::replace(&mut self.is_drained, true) {
            return Err("the server is done without having been asked, or twice".into());
        }
        if let Some(op) = self.writes.first() {
            return Err(format!("the server is done while {op:?} is being written"));
        }
        if let Some(connection) = self.open.first() {
            return Err(format!("the server is done and {connection:?} was not told goodbye"));
        }
        let same = self.told.len() >= 3 && self.told.windows(2).all(|two| two[0] == two[1]);
        if same { Err("everyone is asked to come back at the same moment".into()) } else { Ok(()) }
    }
}
