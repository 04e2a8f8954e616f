//! Shedding (L2), recomputed: a naive model of each viewer's queue takes what the engine sends, and every frame that the
//! real queue writes has to be the one that the model writes.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use bim_server_core::queue::QueueLimits;
use bim_server_core::{Input, Output};
use bim_types::{ConnectionId, GroupKey};

use super::{Check, Context};
use crate::sight::Sight;
use model::Model;

/// Predicts what is written to every connection.
#[derive(Debug)]
pub(super) struct Queue {
    limits: QueueLimits,
    queues: BTreeMap<ConnectionId, Model>,
    groups: BTreeMap<GroupKey, BTreeSet<ConnectionId>>,
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self { limits, queues: BTreeMap::new(), groups: BTreeMap::new() }
    }
}

impl Check for Queue {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Input(_, Input::Opened { connection, .. }) => {
                self.queues.insert(*connection, Model::new(self.limits));
            }
            Sight::Input(_, Input::Closed { connection }) => drop(self.queues.remove(connection)),
            Sight::Output(output) => self.on_output(output),
            Sight::Wrote(connection, frame) => {
                let Some(queue) = self.queues.get_mut(connection) else {
                    return Err(format!("something is written to {connection:?}, which is closed"));
                };
                return queue.wrote(frame).map_err(|what| format!("{connection:?}: {what}"));
            }
            Sight::Overflowed(connection) => return self.on_overflow(*connection),
            Sight::Crashed => {
                self.queues.clear();
                self.groups.clear();
            }
            _ => {}
        }
        Ok(())
    }
}

impl Queue {
    fn on_overflow(&mut self, connection: ConnectionId) -> Result<(), String> {
        if self.queues.get_mut(&connection).is_some_and(Model::take_overflow) {
            return Ok(());
        }
        Err(format!("the queue of {connection:?} overflows, and has room"))
    }

    fn on_output(&mut self, output: &Output) {
        match output {
            Output::Send { connection, frame } => {
                if let Some(queue) = self.queues.get_mut(connection) {
                    queue.push_control(frame);
                }
            }
            Output::Replay { connection, live } => {
                if let Some(queue) = self.queues.get_mut(connection) {
                    queue.push_replay(live);
                }
            }
            Output::JoinGroup { group, connection } => {
                self.groups.entry(*group).or_default().insert(*connection);
            }
            Output::LeaveGroup { group, connection } => {
                if let Some(members) = self.groups.get_mut(group) {
                    members.remove(connection);
                }
                if let Some(queue) = self.queues.get_mut(connection) {
                    queue.leave(*group);
                }
            }
            Output::Broadcast(live) => {
                for member in self.groups.get(&live.group).into_iter().flatten() {
                    if let Some(queue) = self.queues.get_mut(member) {
                        queue.push_live(live);
                    }
                }
            }
            Output::BroadcastState { group, frame } => {
                for member in self.groups.get(group).into_iter().flatten() {
                    if let Some(queue) = self.queues.get_mut(member) {
                        queue.push_control(frame);
                    }
                }
            }
            Output::Close { connection } => {
                if let Some(queue) = self.queues.get_mut(connection) {
                    queue.close();
                }
            }
            _ => {}
        }
    }
}
