//! A scripted engine, for tests of the shell alone.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bim_server_core::{Input, Output};
use bim_store::memory::MemoryLog;
use bim_transport::memory::{MemoryConfig, MemoryDialer, hub};
use bim_types::{Epoch, Mono, Now};

use crate::config::ServerConfig;
use crate::pump::Machine;
use crate::running::Running;
use crate::server::Server;
use crate::store::StoreMode;

/// Answers each input with what its script says.
pub(crate) struct Script<F> {
    react: F,
    outputs: VecDeque<Output>,
    pub(crate) deadline: Option<Mono>,
}

impl<F: FnMut(Input) -> Vec<Output> + Send + 'static> Script<F> {
    /// Ready at once.
    pub(crate) fn new(react: F) -> Self {
        Self { react, outputs: VecDeque::from([Output::Ready]), deadline: None }
    }
}

impl<F: FnMut(Input) -> Vec<Output> + Send + 'static> Machine for Script<F> {
    fn handle(&mut self, now: Now, input: Input) {
        if self.deadline.is_some_and(|deadline| deadline <= now.mono) {
            self.deadline = None;
        }
        self.outputs.extend((self.react)(input));
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn next_deadline(&self) -> Option<Mono> {
        self.deadline
    }
}

/// A server that runs a script, and the way to it.
pub(crate) async fn serve(
    config: ServerConfig,
    react: impl FnMut(Input) -> Vec<Output> + Send + 'static,
) -> (Running, MemoryDialer) {
    let (listener, dialer) = hub("test", MemoryConfig::default());
    let server = Server::new(config, Arc::new(MemoryLog::new(Epoch(1))))
        .store_mode(StoreMode::InPlace)
        .listener(Box::new(listener));
    (server.run_machine(Script::new(react)).await.unwrap(), dialer)
}

/// The result, or a failed test after a time that no test should take.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("this should not take so long")
}
