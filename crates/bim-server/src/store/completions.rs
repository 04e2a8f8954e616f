//! Results on their way from the log's threads to the pump.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bim_server_core::{Loaded, StoreFailure};
use bim_types::store::{LogOutcome, OpId};
use tokio::sync::Notify;

/// A list that a thread fills and the pump empties. It never refuses, so that no result is lost; its bound
/// is the number of operations in flight, which the pump keeps.
#[derive(Debug, Default)]
pub(super) struct Completions {
    list: Mutex<VecDeque<Completion>>,
    arrived: Notify,
}

/// One result.
#[derive(Debug)]
pub(super) enum Completion {
    Written(OpId, Result<Vec<LogOutcome>, StoreFailure>),
    Loaded(OpId, Result<Loaded, StoreFailure>),
}

impl Completions {
    /// Adds a result. Never blocks for longer than the list is taken.
    pub(super) fn push(&self, completion: Completion) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push_back(completion);
        self.arrived.notify_one();
    }

    /// Takes everything that is there.
    pub(super) fn take(&self) -> VecDeque<Completion> {
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Resolves when something was added since the last time, or earlier.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}
