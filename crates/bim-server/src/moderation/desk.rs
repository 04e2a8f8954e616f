//! Runs the hooks of a moderator, so many at once, and hands what they decide to the pump.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bim_server_core::{EngineConfig, Input, Moderated, ModerationVerdict};
use bim_types::Seq;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use super::{AfterSend, Moderator};
use crate::counters::Counters;

/// Messages that are with [`Moderator::before`] at once. What finds no place is not asked about: the fallback
/// decides at once.
pub const BEFORE_HOOKS_MAX: usize = 1_024;

/// Messages that are with [`Moderator::after`] at once. What finds no place is not shown, and stays.
pub const AFTER_HOOKS_MAX: usize = 1_024;

/// How long [`Moderator::after`] may take. After it the message stays.
pub const AFTER_TIMEOUT: Duration = Duration::from_secs(10);

/// The tasks of a moderator. Dropping it ends them all.
pub(crate) struct Desk {
    moderator: Option<Arc<dyn Moderator>>,
    before_timeout: Duration,
    /// What is decided on a message that there is no place for.
    no_place: ModerationVerdict,
    before: JoinSet<Outcome>,
    after: JoinSet<Outcome>,
    decided: VecDeque<Input>,
    counters: Arc<Counters>,
}

/// How a hook ended.
enum Outcome {
    /// The engine is to hear of it.
    Decided(Input),
    /// Everything stays as it is.
    Kept,
    /// It took too long.
    Late,
}

impl Desk {
    /// A desk with a moderator or none; the limits say how long a verdict may take, and what holds without one.
    pub(crate) fn new(
        moderator: Option<Arc<dyn Moderator>>,
        limits: &EngineConfig,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            moderator,
            before_timeout: limits.moderation_timeout,
            no_place: limits.fallback_verdict("too many messages wait for a verdict"),
            before: JoinSet::new(),
            after: JoinSet::new(),
            decided: VecDeque::new(),
            counters,
        }
    }

    /// Asks about a message that waits. Without an answer the engine decides by itself, in time. What waits here to
    /// be taken is never more than what waits for a verdict in the engine.
    pub(crate) fn moderate(&mut self, id: u64, message: Moderated) {
        let Some(moderator) = self.moderator.clone() else { return };
        if self.before.len() >= BEFORE_HOOKS_MAX {
            self.counters.count_moderation_busy();
            let verdict = self.no_place.clone();
            return self.decided.push_back(Input::Moderated { id, verdict });
        }
        let limit = self.before_timeout;
        self.before.spawn(async move {
            match timeout(limit, async { moderator.before(&message).await }).await {
                Ok(verdict) => Outcome::Decided(Input::Moderated { id, verdict }),
                Err(_) => Outcome::Late,
            }
        });
    }

    /// Shows a message that was accepted.
    pub(crate) fn review(&mut self, seq: Seq, message: Moderated) {
        let Some(moderator) = self.moderator.clone() else { return };
        if self.after.len() >= AFTER_HOOKS_MAX {
            return self.counters.count_moderation_busy();
        }
        self.after.spawn(async move {
            match timeout(AFTER_TIMEOUT, async { moderator.after(seq, &message).await }).await {
                Ok(AfterSend::Keep) => Outcome::Kept,
                Ok(AfterSend::Remove) => Outcome::Decided(Input::Remove { group: message.group, seq }),
                Err(_) => Outcome::Late,
            }
        });
    }

    /// Resolves when [`take`](Self::take) has something to give.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub(crate) async fn arrived(&mut self) {
        while self.decided.is_empty() {
            let ended = tokio::select! {
                Some(ended) = self.before.join_next() => ended,
                Some(ended) = self.after.join_next() => ended,
                else => std::future::pending().await,
            };
            self.on_ended(ended);
        }
    }

    /// The next decision, as the engine wants to hear it.
    pub(crate) fn take(&mut self) -> Option<Input> {
        while self.decided.is_empty() {
            let ended = self.before.try_join_next().or_else(|| self.after.try_join_next())?;
            self.on_ended(ended);
        }
        self.decided.pop_front()
    }

    fn on_ended(&mut self, ended: Result<Outcome, JoinError>) {
        match ended {
            Ok(Outcome::Decided(input)) => self.decided.push_back(input),
            Ok(Outcome::Kept) => {}
            Ok(Outcome::Late) => {
                self.counters.count_moderation_failed();
                tracing::debug!("a moderation hook took too long");
            }
            Err(_) => {
                self.counters.count_moderation_failed();
                tracing::error!("a moderation hook ended by a fault");
            }
        }
    }
}

#[cfg(test)]
#[path = "desk_test.rs"]
mod tests;
