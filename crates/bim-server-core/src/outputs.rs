//! What the engine wants done, in order.

use std::collections::VecDeque;

use bim_proto::ServerFrame;
use bim_types::ConnectionId;

use crate::io::Output;

/// What the engine wants done, in order.
#[derive(Debug, Default)]
pub(crate) struct Outputs(VecDeque<Output>);

impl Outputs {
    pub(crate) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.0.pop_front()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those that wait, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Output> {
        self.0.iter()
    }

    /// Queues a frame for one connection.
    pub(crate) fn send(&mut self, connection: ConnectionId, frame: ServerFrame) {
        self.push(Output::Send { connection, frame: frame.encode() });
    }
}
